#!/usr/bin/env bats
#
# kill -9 before and after every journal record of 'v2 migrate', then 'plan resume' or 'plan undo': all
# keys are in v3 and equal, or none is.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2317 # hooks and counts are those of kills.bash
bats_require_minimum_version 1.5.0
load ../harness/cluster
load ../harness/kills

setup() {
    export QUORATE_STATE=$BATS_TEST_TMPDIR/state
    etcd_start 3.5 --v2
    export ETCDCTL_ENDPOINTS
    ETCDCTL_ENDPOINTS=$(etcd_endpoints)
    curl -sS --noproxy '*' -X PUT -d value=v "$ETCDCTL_ENDPOINTS/v2/keys/d/[1-2450]" >/dev/null
}

teardown() {
    etcd_stop
}

count() {
    "$QUORATE" get / --prefix --count-only -w fields | sed -n 's/^"Count" : //p'
}

kill_goal() {
    [[ $(count) == 2450 ]]
}

kill_old() {
    [[ $(count) == 0 ]]
}

@test "resume after a kill at every journal record copies all, and undo takes all away" {
    kill_sweep both v2 migrate --yes
    [[ $kills_resumed -gt 10 && $kills_undone -gt 15 ]]
    kill_goal
}

@test "undo after a kill at every journal record leaves none" {
    kill_sweep undo v2 migrate --yes
    [[ $kills_undone -gt 15 ]]
}
