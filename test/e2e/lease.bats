#!/usr/bin/env bats
#
# lease: what quorate prints and does is what the etcdctl of each version prints and does; and a lease
# lives on when members die or stand still.
#
# bats file_tags=one-etcd

# shellcheck disable=SC2154,SC2034 # stderr comes from run --separate-stderr; COMPARE_MASK is read by twins
bats_require_minimum_version 1.5.0
load ../harness/cluster
load ../harness/twins

setup() {
    compare_setup
    # The seconds that are left, when the clock ticks between the two.
    COMPARE_MASK='s/remaining\([0-9]+s\)/remaining(Ns)/; s/"ttl":[0-9]+/"ttl":N/; s/"TTL" : 9[0-9]+/"TTL" : N/'
}

teardown() {
    etcd_stop
}

# The id of a new lease.
grant() {
    ctl lease grant "$1" | cut -d ' ' -f 2
}

@test "leases: every command in every form, beside etcdctl" {
    local id format command
    etcd_start "$ETCD_VERSION"
    same lease list -w json
    id=$(grant 1000)
    with_cluster "$QUORATE" put a 1 --lease "$id"
    with_cluster "$QUORATE" put 'b c' 2 --lease "$id"
    for format in simple json fields protobuf 'fields --hex'; do
        # shellcheck disable=SC2086 # a flag, perhaps
        for command in "timetolive $id" 'timetolive 1234 --keys' list "keep-alive --once $id" \
            'keep-alive --once 1234' 'keep-alive 1234'; do
            same lease $command -w $format
        done
    done
    same lease timetolive "$id" -w table
    same lease keep-alive "$id" -w table
    # In which order a server names the keys changes from call to call.
    run with_cluster "$QUORATE" lease timetolive "$id" --keys
    [[ $output == *'attached keys([a b c])' || $output == *'attached keys([b c a])' ]]
    same lease grant
    same lease grant x
    same lease grant 99999999999
    same lease grant 10 -w table
    same lease revoke
    same lease revoke xyz
    same lease revoke 0x12
    same lease revoke ffffffffffffffff
    same lease revoke -- -5
    same lease timetolive xyz
    same lease keep-alive

    run with_cluster "$QUORATE" lease revoke "$id"
    [[ $output == "lease $id revoked" ]]
    [[ -z $(ctl get a) ]]
}

@test "leases: granting and revoking print the same, ids aside" {
    twins_start
    both lease grant 1000
    both lease grant 1000 -w json
    both lease grant 1000 -w fields
    both lease grant -- -5
    local format theirs ours
    for format in simple json fields; do
        theirs=$(ETCD_CLUSTER=theirs grant 1000)
        ours=$(ETCD_CLUSTER=ours grant 1000)
        diff <(ETCD_CLUSTER=theirs ctl lease revoke "$theirs" -w "$format" | _masked ids) \
            <(ETCD_CLUSTER=ours with_cluster "$QUORATE" lease revoke "$ours" -w "$format" | _masked ids)
    done
}

@test "leases: a keep-alive goes on when its member is killed, and ends with the lease" {
    local id keeper
    etcd_start "$ETCD_VERSION" 3
    id=$(grant 5)
    exec_with_cluster "$QUORATE" lease keep-alive "$id" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
    keeper=$!
    wait_for 10 grep -q "lease $id keepalived with TTL(5)" "$BATS_TEST_TMPDIR/out"
    etcd_kill 1
    etcd_wait_healthy 2 3
    # Longer than the lease lives by itself: it takes seven renewals.
    wait_for 30 eval "(( \$(grep -c keepalived '$BATS_TEST_TMPDIR/out') >= 7 ))"
    ctl_at 2 lease timetolive "$id" | grep -q 'granted with TTL(5s)'
    ctl_at 2 lease revoke "$id"
    wait "$keeper"
    [[ $(tail -n 1 "$BATS_TEST_TMPDIR/out") == "lease $id expired or revoked." ]]
}

@test "leases: nobody to renew it is an error at once" {
    local started=$SECONDS
    run -2 --separate-stderr "$QUORATE" --endpoints 127.0.0.1:1,127.0.0.1:2 lease keep-alive 1234
    (( SECONDS - started <= 2 ))
    [[ -z $output && $stderr == *'127.0.0.1:2'* && $stderr == *refused* ]]
    run -2 "$QUORATE" --endpoints 127.0.0.1:1 lease keep-alive --once 1234
    run -2 "$QUORATE" --endpoints 127.0.0.1:1 lease timetolive 1234
    run -2 "$QUORATE" --endpoints 127.0.0.1:1 lease list
    run -1 "$QUORATE" --endpoints 127.0.0.1:1 lease grant 5
}
