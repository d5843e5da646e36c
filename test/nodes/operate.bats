#!/usr/bin/env bats
#
# quorate's commands on clusters whose members are on hosts of their own.

# shellcheck disable=SC2154 # stderr and the like are bats'
bats_require_minimum_version 1.5.0
load ../harness/nodes

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    nodes_up 5
}

teardown_file() {
    nodes_down
}

teardown() {
    inside nft flush set bridge bench cuts
    nodes_clear db1 db2 db3 db4 db5
}

uses_etcd() {
    local name
    for name in db1 db2 db3 db4 db5; do
        node_etcd_version "$name" "$1"
    done
}

quorate() {
    with_nodes "$QUORATE" "$@"
}

member_id() {
    quorate member list -w json --hex | jq -r ".members[] | select(.name == \"$1\" or .peerURLs[0] == \"http://$(node_ip "$1"):2380\") | .ID"
}

# etcd refuses both while it thinks that members are not connected, or not caught up.
joins_through_a_learner() {
    local name=$1
    wait_for 60 quorate member add "$name" --learner --peer-urls "http://$(node_ip "$name"):2380"
    node_joins "$name" debian
    node_start "$name"
    wait_for 60 quorate member promote "$(member_id "$name")"
    nodes_wait_healthy 30 "$name"
}

leaves() {
    wait_for 60 quorate member remove "$(member_id "$1")"
    node_left "$1"
    nodes_clear "$1"
}

# bats test_tags=each-etcd
@test "1, 3, 5, 3, 1 members by hand: no write fails on the way up, none is lost" {
    local up counts
    uses_etcd "${QUORATE_TEST_ETCD:-3.5}"
    nodes_cluster debian db1
    writer_start db1 db2 db3 db4 db5
    for name in db2 db3 db4 db5; do
        joins_through_a_learner "$name"
    done
    writer_stop
    up=$(writer_check db5)
    echo "up: $up"
    [[ $(jq '.failed == 0 and .missing == 0' <<<"$up") == true ]]

    NODES_WRITER=down writer_start db1 db2 db3 db4 db5
    # Not the leader.
    quorate move-leader "$(member_id db1)" --endpoints "$(leader_url)" || true
    for name in db5 db4 db3 db2; do
        leaves "$name"
    done
    NODES_WRITER=down writer_stop
    counts=$(NODES_WRITER=down writer_check db1)
    echo "down: $counts"
    [[ $(jq .missing <<<"$counts") -eq 0 ]]
}

leader_url() {
    quorate endpoint status -w json | jq -r '.[] | select(.Status.leader == .Status.header.member_id) | .Endpoint'
}

@test "a cluster of three kinds of members, with TLS, is discovered, checked, backed up and well" {
    uses_etcd 3.5
    nodes_cluster --tls debian db1 db2:kubespray db3:static-pod
    cd "$BATS_TEST_TMPDIR"
    export QUORATE_CONFIG=$PWD/quorate.yaml
    quorate cluster discover --name prod --write
    inside "$QUORATE" cluster check prod
    inside "$QUORATE" status --cluster prod
    quorate put key value
    inside "$QUORATE" backup now --cluster prod --repo "$PWD/repo"
    inside "$QUORATE" backup list --cluster prod --repo "$PWD/repo"
}

@test "status says in seconds which host is cut off, and which etcd is frozen" {
    local begin
    uses_etcd 3.5
    nodes_cluster debian db1 db2 db3
    node_cut quorate db2
    begin=$SECONDS
    run --separate-stderr quorate status
    echo "$output"
    [[ $((SECONDS - begin)) -lt 15 && $output == *"$(node_ip db2)"* ]]
    node_uncut quorate db2
    node_freeze db3 etcd
    begin=$SECONDS
    run --separate-stderr quorate status
    echo "$output"
    [[ $((SECONDS - begin)) -lt 15 && $output == *"$(node_ip db3)"* ]]
    node_thaw db3 etcd
}
