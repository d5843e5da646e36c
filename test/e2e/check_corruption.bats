#!/usr/bin/env bats
#
# 'check corruption': members whose file was edited are named, and when there is no majority that is said.
#
# bats file_tags=one-etcd

# shellcheck disable=SC2154 # stderr comes from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

teardown() {
    etcd_stop
}

start() {
    local i
    etcd_start "$ETCD_VERSION" "$1"
    ETCDCTL_ENDPOINTS=$(etcd_endpoints)
    export ETCDCTL_ENDPOINTS
    for i in 1 2 3 4 5; do
        ctl put "key$i" right-value
    done >/dev/null
    ctl put key1 right-value-again >/dev/null
}

check() {
    run "-$1" --separate-stderr "$QUORATE" check corruption
}

@test "members with the same data, with a writer beside them, and one that is down" {
    start 3
    check 0
    [[ $(grep -c ' same$' <<<"$output") -eq 3 && $output == *'3 of 3 members have the same keys'* ]]
    # shellcheck disable=SC2016 # the inner shell's
    timeout 60 bash -c 'while "$0" put busy "$SRANDOM"; do "$0" compaction "$(($("$0" get busy -w json | jq .header.revision) - 3))"; done' \
        "$QUORATE" >/dev/null 2>&1 3>&- &
    for _ in 1 2 3; do
        check 0
    done
    kill $!
    etcd_kill 3
    check 1
    [[ $output == *'2 of 3 members have the same keys'*'m3 is not known: '* ]]
    check 1
    "$QUORATE" check corruption -w json | jq -e '(.members | length) == 3 and .verdict.word == "warning"'
}

@test "one of three, then another" {
    start 3
    etcd_edit 2 right-value wrong-value
    check 2
    [[ $(grep ' differs$' <<<"$output") == m2* && $(grep -c ' same$' <<<"$output") -eq 2 ]]
    [[ $output == *'m2 has other data than 2 of 3 voters'* && $output == *'member replace --cluster NAME m2'* ]]
    etcd_edit 3 right-value worse-value
    check 2
    [[ $output == *'who is right cannot be told'* && $output != *'differs'* && $output != *'member replace'* ]]
}

@test "one of five" {
    start 5
    etcd_edit 4 right-value wrong-value
    check 2
    [[ $(grep ' differs$' <<<"$output") == m4* && $(grep -c ' same$' <<<"$output") -eq 4 ]]
}
