#!/usr/bin/env bats
#
# 'keys show': one key of a cluster or a file, and what its value says.
#
# bats file_tags=few-etcds

# shellcheck disable=SC2154 # stderr and stderr_lines come from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

golden=$BATS_TEST_DIRNAME/../golden/kube

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
    export ETCD_ROOT=$BATS_FILE_TMPDIR
    etcd_start "$ETCD_VERSION"
    ETCDCTL_ENDPOINTS=$(etcd_endpoints)
    export ETCDCTL_ENDPOINTS
    local each
    for each in deployment secret configmap encrypted; do
        "$QUORATE" put "/registry/$each/shop/x" <"$BATS_TEST_DIRNAME/../golden/kube/$each.bin"
    done
    "$QUORATE" put /registry/widgets/shop/w1 <"$BATS_TEST_DIRNAME/../golden/kube/widget.json"
    "$QUORATE" put /registry/deployment/shop/x \
        <"$BATS_TEST_DIRNAME/../golden/kube/deployment-changed.bin"
    "$QUORATE" snapshot save "$BATS_FILE_TMPDIR/s.db" 2>/dev/null
}

teardown_file() {
    etcd_stop
}

show() {
    run -0 --separate-stderr "$QUORATE" keys show "$@"
}

@test "an object of Kubernetes: kind, owner's words, fields by name; a file says the same" {
    show /registry/deployment/shop/x
    [[ $output == *'Mod revision     7'*'Kind             Deployment'*'API version      apps/v1'* ]]
    [[ $output == *'Labels           app=web, tier=edge'*'Finalizers       example.com/hold'* ]]
    [[ $output == *'Managers         kubectl-client-side-apply: Update at 2024-05-17T08:30:00Z'* ]]
    [[ $output == *$'\n  replicas: 3\n'*'image: registry.example/web:1.5'*'maxSurge: 25%'* ]]
    local live=$output
    show /registry/deployment/shop/x --file "$BATS_FILE_TMPDIR/s.db"
    [[ ${output%%, * ago*} == "${live%%, * ago*}" ]]
    show /registry/deployment/shop/x -w json
    jq -e '.kind == "Deployment" and .value.spec.replicas == 3 and .modRevision == 7' <<<"$output"
}

@test "annotations are told by size, with --annotations as they are" {
    show /registry/deployment/shop/x --revision 2
    [[ $output == *'Annotations      deployment.kubernetes.io/revision (1 B), note (9 B)'* ]]
    show /registry/deployment/shop/x --revision 2 --annotations
    [[ $output == *'  annotations:'*'deployment.kubernetes.io/revision: 3'*$'note: |\n'* ]]
}

@test "at a revision that is kept" {
    show /registry/deployment/shop/x --revision 2
    [[ $output == *'replicas: 2'*'web:1.4'* ]]
    run -4 --separate-stderr "$QUORATE" keys show /registry/widgets/shop/w1 --revision 2
    [[ $stderr == *"there is no key '/registry/widgets/shop/w1' at revision 2"*'keys history'* ]]
}

@test "a Secret is not shown, in no form, until it is asked for" {
    local form
    for form in simple table json fields; do
        show /registry/secret/shop/x -w "$form"
        [[ $output$stderr != *hunter2* && $output$stderr != *aHVudGVy* ]]
    done
    show /registry/secret/shop/x --annotations
    [[ $output == *'password: (14 bytes, hidden)'* && $output$stderr != *hunter2* ]]
    show /registry/secret/shop/x --show-secrets
    [[ $output == *'hunter2hunter2'* || $output == *'68 75 6e 74 65 72'* ]]
    run -3 --separate-stderr "$QUORATE" keys show /registry/secret/shop/x --raw
    [[ $stderr == *"the value is a Secret's"*'--raw --show-secrets'* && -z $output ]]
    cmp "$golden/secret.bin" \
        <("$QUORATE" keys show /registry/secret/shop/x --raw --show-secrets)
}

@test "what is encrypted is said to be so; JSON and bytes come as they are" {
    show /registry/encrypted/shop/x
    [[ $output == *'Value            encrypted'*'aescbc:v1'*'key1' ]]
    show /registry/widgets/shop/w1
    [[ $output == *'Kind             Widget'*'size: 18446744073709551615'*'ratio: 1.50'* ]]
    cmp "$golden/configmap.bin" <("$QUORATE" keys show /registry/configmap/shop/x --raw)
}
