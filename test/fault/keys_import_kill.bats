#!/usr/bin/env bats
#
# kill -9 before and after every journal record of 'keys import', then 'plan resume' or 'plan undo': all
# keys are there and equal, or none is.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2317 # hooks and counts are those of kills.bash
bats_require_minimum_version 1.5.0
load ../harness/cluster
load ../harness/kills

setup() {
    export QUORATE_STATE=$BATS_TEST_TMPDIR/state
    etcd_start 3.5
    export ETCDCTL_ENDPOINTS
    ETCDCTL_ENDPOINTS=$(etcd_endpoints)
    local i
    for i in {0..24}; do
        { echo; printf "put /d/$i-%s v\n" {0..99}; echo; echo; } | "$QUORATE" txn >/dev/null
    done
    "$QUORATE" keys export "$BATS_TEST_TMPDIR/x.jsonl"
    "$QUORATE" del --prefix /d/ >/dev/null
}

teardown() {
    etcd_stop
}

count() {
    "$QUORATE" get / --prefix --count-only -w fields | sed -n 's/^"Count" : //p'
}

kill_goal() {
    [[ $(count) == 2500 ]]
}

kill_old() {
    [[ $(count) == 0 ]]
}

@test "resume after a kill at every journal record writes all, and undo takes all away" {
    kill_sweep both keys import "$BATS_TEST_TMPDIR/x.jsonl" --yes
    [[ $kills_resumed -gt 10 && $kills_undone -gt 15 ]]
    kill_goal
}

@test "undo after a kill at every journal record leaves none" {
    kill_sweep undo keys import "$BATS_TEST_TMPDIR/x.jsonl" --yes
    [[ $kills_undone -gt 15 ]]
}
