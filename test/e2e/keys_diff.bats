#!/usr/bin/env bats
#
# 'keys diff': two files, a file and a live cluster, two revisions of either.
#
# bats file_tags=few-etcds

# shellcheck disable=SC2154 # stderr and stderr_lines come from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
    export ETCD_ROOT=$BATS_FILE_TMPDIR
    local golden=$BATS_TEST_DIRNAME/../golden/kube i
    etcd_start "$ETCD_VERSION"
    ETCDCTL_ENDPOINTS=$(etcd_endpoints)
    export ETCDCTL_ENDPOINTS
    "$QUORATE" put /registry/deployments/shop/web <"$golden/deployment.bin"
    "$QUORATE" put /registry/secrets/shop/db <"$golden/secret.bin"
    for i in {1..20}; do
        "$QUORATE" put "/registry/pods/shop/p$i" "$i" >/dev/null
    done
    "$QUORATE" snapshot save "$BATS_FILE_TMPDIR/a.db" 2>/dev/null
    "$QUORATE" put /registry/deployments/shop/web <"$golden/deployment-changed.bin"
    sed 's/hunter2hunter2/HUNTER2HUNTER2/' "$golden/secret.bin" |
        "$QUORATE" put /registry/secrets/shop/db
    "$QUORATE" del /registry/pods/shop/p7
    "$QUORATE" put /registry/pods/shop/p3 3 # the same value
    "$QUORATE" put /registry/pods/shop/new "" # an empty one
    "$QUORATE" put /zz/last 1
    "$QUORATE" snapshot save "$BATS_FILE_TMPDIR/b.db" 2>/dev/null
}

teardown_file() {
    etcd_stop
}

differ() {
    run -1 --separate-stderr "$QUORATE" keys diff "$@"
}

@test "two files: added, removed, changed, with sizes; counts by resource" {
    cd "$BATS_FILE_TMPDIR" || return
    differ a.db b.db
    [[ $output == '~ /registry/deployments/shop/web  601 B -> 581 B
+ /registry/pods/shop/new  0 B
- /registry/pods/shop/p7  1 B
~ /registry/secrets/shop/db  286 B -> 286 B
+ /zz/last  1 B'* ]]
    [[ $output == *'2 added, 1 removed, 2 changed, 19 the same' ]]
    differ a.db b.db --summary -w json
    [[ $output == '{"resources":[{"resource":"/zz/","added":1,"removed":0,"changed":0},{"resource":"deployments","added":0,"removed":0,"changed":1},{"resource":"pods","added":1,"removed":1,"changed":0},{"resource":"secrets","added":0,"removed":0,"changed":1}],"added":2,"removed":1,"changed":2,"same":19}' ]]
    differ b.db a.db -w json
    [[ $(jq -c '[.added, .removed, .changed, .same]' <<<"$output") == '[1,2,2,19]' ]]
}

@test "a file and the cluster; the same ends with 0" {
    cd "$BATS_FILE_TMPDIR" || return
    differ a.db b.db
    local files=$output
    differ a.db
    [[ $output == "$files" ]]
    run -0 "$QUORATE" keys diff b.db
    [[ $output == '0 added, 0 removed, 0 changed, 23 the same' ]]
}

@test "two revisions, of the cluster and of a file" {
    cd "$BATS_FILE_TMPDIR" || return
    local revision
    differ a.db b.db
    local files=$output
    revision=$("$QUORATE" snapshot status a.db -w json | jq .revision)
    differ --revision-a "$revision"
    [[ $output == "$files" ]]
    differ b.db b.db --revision-a "$revision"
    [[ $output == "$files" ]]
    run -2 "$QUORATE" keys diff
    run -2 "$QUORATE" keys diff b.db b.db
}

@test "--values: what changed, and nothing of a Secret" {
    cd "$BATS_FILE_TMPDIR" || return
    differ a.db b.db --values
    [[ $output == *$'\n    ~ spec.replicas: 2 -> 3\n'* ]]
    [[ $output == *'~ data.password: (14 bytes, hidden) -> (14 bytes, hidden)'* ]]
    [[ ${output,,} != *hunter2* ]]
    differ a.db b.db --values -w json --prefix /registry/secrets/
    [[ ${output,,} != *hunter2* && ${output,,} != *ahvudgvy* ]]
    [[ $(jq -r '.differences[].changes[].path' <<<"$output" | paste -sd ' ') == \
        'metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"] data.password' ]]
}
