#!/usr/bin/env bats
#
# quorate lab: real clusters under the supervisor, on each etcd version, with etcdctl as the second
# opinion.
#
# bats file_tags=few-etcds

# shellcheck disable=SC2154 # output is bats'

bats_require_minimum_version 1.5.0
load ../harness/cluster

setup() {
    trace_tests_only
    QUORATE=${QUORATE:-$BATS_TEST_DIRNAME/../../build/dev/quorate}
    export QUORATE_STATE=$BATS_TEST_TMPDIR/state
    program=$(etcd_tool "$ETCD_VERSION" etcd)
}

teardown() {
    local dir
    for dir in "$QUORATE_STATE"/labs/*; do
        [[ ! -e $dir ]] || "$QUORATE" lab down --name "${dir##*/}"
    done
}

lab() {
    "$QUORATE" lab "$@"
}

inventory() {
    jq -r "$2" "$QUORATE_STATE/labs/$1/lab.json"
}

# etcdctl on the lab's members.
lab_ctl() {
    local name=$1 tls=()
    shift
    if [[ $(inventory "$name" '.tls.ca_file // empty') ]]; then
        tls=(--cacert "$(inventory "$name" .tls.ca_file)" --cert "$(inventory "$name" .tls.cert_file)"
            --key "$(inventory "$name" .tls.key_file)")
    fi
    ETCDCTL_API=3 "$(etcd_tool "$ETCD_VERSION" etcdctl)" "${tls[@]}" \
        --endpoints "$(inventory "$name" '[.members[].client_urls[]] | join(",")')" "$@"
}

@test "a lab comes up, serves etcdctl, loses a member and gets it back, and goes" {
    lab up --name a --etcd "$program"
    [[ $(lab_ctl a member list | grep -c ', started, ') -eq 3 ]]
    lab_ctl a put color green
    lab status --name a

    lab kill m2 --name a
    run ! lab status --name a
    [[ $output == *down* ]]
    [[ $(lab_ctl a get color --print-value-only) == green ]]
    lab start m2 --name a
    wait_for 20 lab status --name a

    lab down --name a
    [[ ! -e $QUORATE_STATE/labs/a ]]
    run ! lab status --name a
    [[ $output == *"there is no lab 'a'"* ]]
}

@test "with TLS, and beside another lab" {
    lab up --name plain --members 1 --etcd "$program"
    lab up --name tls --members 3 --tls --etcd "$program"
    lab_ctl tls put color red
    [[ $(lab_ctl tls get color --print-value-only) == red ]]
    [[ -z $(lab_ctl plain get color --print-value-only) ]]
    run ! curl -sS --noproxy '*' --cacert "$(inventory tls .tls.ca_file)" \
        "$(inventory tls '.members[0].client_urls[0]')/health"
    [[ $(stat -c %a "$(inventory tls .tls.key_file)") == 600 ]]
}

@test "data outlives down --keep-data, and the command that brought the lab up" {
    lab up --name k --members 1 --etcd "$program"
    lab_ctl k put color blue
    lab down --name k --keep-data
    run ! lab status --name k
    lab up --name k --members 1 --etcd "$program"
    [[ $(lab_ctl k get color --print-value-only) == blue ]]
}

@test "etcd's variables do not reach the members" {
    ETCD_NAME=other ETCD_DATA_DIR=$BATS_TEST_TMPDIR/other lab up --name v --members 1 --etcd "$program"
    [[ ! -e $BATS_TEST_TMPDIR/other ]]
    [[ $(lab_ctl v member list) == *', m1, '* ]]
}
