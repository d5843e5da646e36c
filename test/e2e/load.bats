#!/usr/bin/env bats
#
# Data sets: the same numbers give the same keys, values and revisions, in a lab and in a file that was
# written without a server.
#
# bats file_tags=one-etcd

bats_require_minimum_version 1.5.0
load ../harness/lab

setup_file() {
    local build
    build=$(dirname "$QUORATE")
    ninja -C "$build" bench/bench_db >&2
    export BENCH_DB=$build/bench/bench_db
}

setup() {
    lab_setup
}

teardown() {
    lab_teardown
    "$QUORATE" lab down --name u >/dev/null 2>&1 || true
}

hash_of() { # LAB
    "$QUORATE" endpoint hashkv --cluster "lab:$1" -w json | jq '.[0].HashKV.hash'
}

@test "two loads of one seed give one HashKV, another seed another" {
    local etcd
    lab_up --members 1 >/dev/null
    etcd=$(etcd_tool "$ETCD_VERSION" etcd)
    "$QUORATE" lab up --name u --etcd "$etcd" --members 1 >/dev/null
    "$QUORATE" lab load --name t --keys 4000 --seed 7 --rewrites 3 --event-leases >/dev/null
    "$QUORATE" lab load --name u --keys 4000 --seed 7 --rewrites 3 --event-leases >/dev/null
    [[ $(hash_of t) == "$(hash_of u)" ]]
    # Events are on leases, about 500 to one.
    [[ $("$QUORATE" lease list --cluster lab:t -w json | jq '.leases | length') -eq 3 ]]
    "$QUORATE" lab down --name u
    "$QUORATE" lab up --name u --etcd "$etcd" --members 1 >/dev/null
    "$QUORATE" lab load --name u --keys 4000 --seed 8 --rewrites 3 --event-leases >/dev/null
    [[ $(hash_of t) != "$(hash_of u)" ]]
}

@test "what a load makes, and a file with the same" {
    local loaded live
    lab_up --members 1 >/dev/null
    loaded=$("$QUORATE" lab load --name t --keys 1010 --seed 5 --rewrites 2 --txn-ops 30 -w json)
    [[ $(jq -c '.load | [.created, .rewritten, .deleted, .leases]' <<<"$loaded") == '[1010,506,101,0]' ]]
    # 34 transactions make the keys, 9 each rewrite, 4 delete; a fresh store is at 1.
    [[ $(jq .load.revision <<<"$loaded") -eq 57 ]]
    live=$("$QUORATE" get --prefix /registry/ --count-only -w json --cluster lab:t | jq .count)
    [[ $live -eq 909 ]]
    "$BENCH_DB" "$BATS_TEST_TMPDIR/x.db" 1010 5 2 30
    [[ $("$QUORATE" hashkv "$BATS_TEST_TMPDIR/x.db" -w json | jq .hash) == "$(hash_of t)" ]]
    "$QUORATE" snapshot verify "$BATS_TEST_TMPDIR/x.db"
    [[ $(bbolt check "$BATS_TEST_TMPDIR/x.db") == OK ]]
    [[ -z $(etcd_tool "$ETCD_VERSION" etcdutl) ]] ||
        "$(etcd_tool "$ETCD_VERSION" etcdutl)" snapshot restore "$BATS_TEST_TMPDIR/x.db" \
            --data-dir "$BATS_TEST_TMPDIR/restored"
    # The same again is the same file.
    "$BENCH_DB" "$BATS_TEST_TMPDIR/y.db" 1010 5 2 30
    cmp "$BATS_TEST_TMPDIR/x.db" "$BATS_TEST_TMPDIR/y.db"
}

@test "limits of a load" {
    lab_up --members 1 >/dev/null
    run "$QUORATE" lab load --name t --txn-ops 129
    [[ $status -eq 2 && $output == *'129 changes in a transaction: 1 to 128 are possible'* ]]
    run "$QUORATE" lab load --name t --keys 0
    [[ $status -eq 2 && $output == *'0 keys: 1 to 10000000 can be loaded'* ]]
    run "$QUORATE" lab load --name t --rewrites 1001
    [[ $status -eq 2 && $output == *'1001 rewrites: 1000 are possible at most'* ]]
}

@test "a quota of the lab's own, kept when it is started again" {
    lab_up --members 1 --quota-backend-bytes 20000000 >/dev/null
    run "$QUORATE" lab load --name t --keys 20000
    [[ $status -ne 0 && $output == *'database space exceeded'* ]]
    q alarm disarm
    "$QUORATE" lab down --name t --keep-data
    lab_up --members 1 >/dev/null
    run "$QUORATE" lab load --name t --keys 20000
    [[ $status -ne 0 && $output == *'database space exceeded'* ]]
    [[ $(jq .quota_bytes "$(lab_dir)/lab.json") -eq 20000000 ]]
}
