#!/usr/bin/env bats
#
# kill -9 before and after every journal record of 'keys import', then 'plan resume' or 'plan undo': all
# keys are there and equal, or none is.

bats_require_minimum_version 1.5.0
load ../harness/cluster

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

newest_plan() {
    "$QUORATE" plan list -w json | jq -r '.plans[-1] | "\(.id) \(.state)"'
}

killed_at() {
    local status=0
    QUORATE_FAILPOINTS=journal_append=kill@$1 "$QUORATE" keys import "$BATS_TEST_TMPDIR/x.jsonl" \
        --yes >/dev/null 2>&1 || status=$?
    [[ $status -eq 137 ]]
}

@test "resume after a kill at every journal record writes all, and undo takes all away" {
    local n plan state
    for ((n = 1; n < 200; n++)); do
        killed_at $n || break
        read -r plan state < <(newest_plan)
        [[ $state == unfinished ]] || continue
        "$QUORATE" plan resume "$plan" --yes
        [[ $(count) == 2500 ]]
        "$QUORATE" plan undo "$plan" --yes
        [[ $(count) == 0 ]]
    done
    [[ $n -gt 15 && $n -lt 200 ]]
    [[ $(count) == 2500 ]]
}

@test "undo after a kill at every journal record leaves none" {
    local n plan state
    for ((n = 1; n < 200; n++)); do
        killed_at $n || break
        read -r plan state < <(newest_plan)
        [[ $state == unfinished || $state == "done" ]] || continue
        "$QUORATE" plan undo "$plan" --yes || [[ $? -eq 3 ]]
        [[ $(count) == 0 ]]
    done
    [[ $n -gt 15 && $n -lt 200 ]]
}
