#!/usr/bin/env bats
#
# Where a recovery takes its data from, and whom it refuses.
#
# bats file_tags=one-etcd

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
}

teardown() {
    lab_teardown
}

color_is() {
    [[ $(q get color --print-value-only) == "$1" ]]
}

@test "from a member's data directory: what no backup has, and only when it is down" {
    lab_up --members 1
    q put color green
    q backup now
    q put color blue
    run -3 q recover --from-member m1 --yes
    grep -q "member 'm1' runs" "$Q_ERR"
    run -4 q recover --from-member m7 --yes
    run -2 q recover --from-member m1 --file x.db
    run -2 q recover --from-member m1 20261231
    [[ ! -e $QUORATE_STATE/taken || -z $(ls "$QUORATE_STATE/taken") ]]

    # kill -9: what it had in its log only is taken, too.
    q put color red
    "$QUORATE" lab kill --name t m1
    q recover --from-member m1 --yes
    color_is red
    [[ -f $(echo "$QUORATE_STATE"/taken/*-m1/snapshot.db) ]]
}

@test "a cluster with a member that the inventory lacks is not recovered: nobody would stop that one" {
    lab_up --members 1
    q put color green
    q backup now
    q member add stranger --learner --peer-urls http://127.0.0.1:1
    run -3 q recover --yes
    grep -q "the cluster has member .*http://127.0.0.1:1" "$Q_ERR"
    color_is green
    [[ $("$QUORATE" plan list -w json | jq '.plans | length') -eq 0 ]]
    run -2 q recover --yes --stop-clients members
}
