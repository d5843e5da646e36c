#!/usr/bin/env bats
#
# All three members of a cluster move to three other hosts, one after the other, while a client writes.

bats_require_minimum_version 1.5.0
load ../harness/nodes

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export QUORATE_CONFIG=$PWD/quorate.yaml QUORATE_STATE=$BATS_TEST_TMPDIR/state
    nodes_up 6
}

teardown() {
    nodes_down
}

quorate() {
    inside "$QUORATE" --cluster prod "$@"
}

@test "three members move to three other hosts: no acknowledged write is lost, and none waits for long" {
    local name counts
    for name in db1 db2 db3 db4 db5 db6; do
        node_etcd_version "$name" "${QUORATE_TEST_ETCD:-3.5}"
    done
    nodes_cluster debian db1 db2 db3
    with_nodes "$QUORATE" cluster discover --name prod --write --host ssh://root@db1,ssh://root@db2,ssh://root@db3
    writer_start db1 db2 db3 db4 db5 db6
    quorate member move db1 db2 db3 --new db4=ssh://root@db4,db5=ssh://root@db5,db6=ssh://root@db6 --yes
    writer_stop
    [[ $(quorate member list -w json | jq -r '[.members[] | select(.isLearner != true) | .name] | sort | join(" ")') == "db4 db5 db6" ]]
    quorate endpoint health
    inside "$QUORATE" cluster check prod
    counts=$(writer_check db4)
    echo "move of three: $counts" | tee -a "${QUORATE_NOTE:-/dev/null}" >&3
    [[ $(jq '.missing == 0 and .acknowledged > 1000' <<<"$counts") == true ]]
    # Where they were, nothing runs, and nothing will.
    for name in db1 db2 db3; do
        run -0 node_sh "$name" systemctl cat etcd
        [[ $output == *held-down-by-quorate* ]]
        run node_sh "$name" pgrep -x etcd
        [[ $status -ne 0 ]]
    done
}
