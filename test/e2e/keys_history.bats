#!/usr/bin/env bats
#
# 'keys history': the versions of keys that are kept, of a cluster and of a file.
#
# bats file_tags=few-etcds

# shellcheck disable=SC2154 # stderr and stderr_lines come from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
    export ETCD_ROOT=$BATS_FILE_TMPDIR
    local golden=$BATS_TEST_DIRNAME/../golden/kube
    etcd_start "$ETCD_VERSION"
    ETCDCTL_ENDPOINTS=$(etcd_endpoints)
    export ETCDCTL_ENDPOINTS
    "$QUORATE" put /d/x <"$golden/deployment.bin"
    "$QUORATE" put /secrets/x <"$golden/secret.bin"
    "$QUORATE" put /d/x <"$golden/deployment-changed.bin"
    sed 's/hunter2hunter2/HUNTER2HUNTER2/' "$golden/secret.bin" | "$QUORATE" put /secrets/x
    printf 'a\nb\nc\n' | "$QUORATE" put /text
    printf 'a\nB\nc\n' | "$QUORATE" put /text
    "$QUORATE" del /text
    "$QUORATE" put /text again
    "$QUORATE" snapshot save "$BATS_FILE_TMPDIR/s.db" 2>/dev/null
}

teardown_file() {
    etcd_stop
}

history() {
    run -0 --separate-stderr "$QUORATE" keys history "$@"
}

# shape: REVISION WHAT VERSION, a line each.
shape() {
    jq -r '.history[] | "\(.revision) \(.what) \(.version // "-")"' <<<"$output" | paste -sd,
}

@test "created, changed, deleted, created anew; a file tells the same" {
    history /text -w json
    [[ $(shape) == '6 created 1,7 changed 2,8 deleted -,9 created 1' ]]
    local live=$output
    history /text -w json --file "$BATS_FILE_TMPDIR/s.db"
    [[ $output == "$live" ]]
    history --prefix / -w json
    live=$output
    [[ $(jq '.history | length' <<<"$output") == 8 ]]
    history --prefix / -w json --file "$BATS_FILE_TMPDIR/s.db"
    [[ $output == "$live" ]]
    run -4 "$QUORATE" keys history /nothing
    run -2 "$QUORATE" keys history
}

@test "--diff: objects of Kubernetes by field, with the manager; text by line" {
    history /d/x --diff
    [[ $output == *'by kubectl-client-side-apply'* ]]
    [[ $output == *'~ spec.replicas: 2 -> 3'* ]]
    [[ $output == *'~ spec.template.spec.containers[name=web].image: registry.example/web:1.4 -> registry.example/web:1.5'* ]]
    [[ $output == *'- metadata.annotations.note: two\nlines'* && $output != *managedFields* ]]
    history /text --diff
    [[ $output == *$'~ value:\n      - b\n      + B\n'* ]]
}

@test "--diff of many: each key's versions together, from a file too" {
    history --prefix / --diff
    [[ $(grep -c '/d/x\|/secrets/x\|/text' <<<"$output") == 8 ]]
    local live=$output
    history --prefix / --diff --file "$BATS_FILE_TMPDIR/s.db"
    [[ $output == "$live" ]]
    history --prefix /d --diff -w json
    jq -e '.history[1].changes | map(select(.path == "spec.replicas")) == [{"path":"spec.replicas","before":2,"after":3}]' <<<"$output"
}

@test "a Secret's change is told, what it holds is not" {
    history /secrets/x --diff
    [[ $output == *'data.password: (14 bytes, hidden) -> (14 bytes, hidden)'* ]]
    [[ ${output,,} != *hunter2* ]]
    history /secrets/x --diff -w json
    [[ ${output,,} != *hunter2* && ${output,,} != *ahvudgvy* && $output == *'"path":"data.password"'* ]]
    history /secrets/x --diff --show-secrets -w json
    [[ $output == *aHVudGVy* ]]
}

@test "what was compacted is said to be gone" {
    "$QUORATE" compaction 7 --physical
    history /text -w json
    [[ $(shape) == '7 changed 2,8 deleted -,9 created 1' ]]
    history /text
    [[ $stderr == *'What was before revision 7 is compacted away.'* ]]
}
