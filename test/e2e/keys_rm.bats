#!/usr/bin/env bats
#
# 'keys rm': many keys go, those and no others; what is written meanwhile stays; and the way back from the file.
#
# bats file_tags=one-etcd

# shellcheck disable=SC2154 # stderr comes from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

setup() {
    export QUORATE_STATE=$BATS_TEST_TMPDIR/state
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    etcd_stop
}

# start [MEMBERS]
start() {
    etcd_start "$ETCD_VERSION" "${1:-1}"
    ETCDCTL_ENDPOINTS=$(etcd_endpoints)
    export ETCDCTL_ENDPOINTS
}

# N events in three namespaces, with a lease, and some other keys.
fill() {
    local i n lease
    lease=$("$QUORATE" lease grant 5000 | cut -d ' ' -f 2)
    for ((i = 0; i < $1; i += 100)); do
        {
            echo
            for ((n = i; n < i + 100; n++)); do
                echo "put --lease $lease /registry/events/team-$((n % 3))/event-$n \"value $n\""
            done
            echo
            echo
        } | "$QUORATE" txn >/dev/null
    done
    for i in 0 1 2; do
        "$QUORATE" put "/registry/namespaces/team-$i" x
        "$QUORATE" put "/registry/configmaps/team-$i/c" x
    done
    "$QUORATE" put /registry/eventz y
} >/dev/null

# Keys, values and leases, without revisions.
listing() {
    ctl get "${1:-}" --prefix -w json | jq -c '.kvs // [] | .[] | [.key, .value // "", .lease // 0]'
}

count() {
    ctl get "$1" --prefix --keys-only -w json | jq '.count // 0'
}

some_are_gone() {
    [[ $(count /registry/events/) -lt 550 ]]
}

rm_plan_id() {
    "$QUORATE" plan list -w json | jq -r '[.plans[] | select(.id | contains("keys-rm"))][-1].id'
}

# bats test_tags=few-etcds
@test "events go, and nothing else; from the file they come back as they were" {
    local bytes about
    start
    fill 900
    listing >before
    run -0 "$QUORATE" keys rm /registry/events/ --save events.jsonl --dry-run
    [[ $output == *'delete 900 keys (about '*'no way back from here'* && ! -e events.jsonl ]]
    # Of many keys some are asked for their size, of few all.
    bytes=$(ctl get /registry/events/ --prefix -w json | jq '[.kvs[] | (.key, .value) | @base64d | length] | add')
    about=$(sed -n 's/^Plan: .*(about \([0-9]*\) kB).*/\1/p' <<<"$output")
    [[ $((about * 1000)) -gt $((bytes * 9 / 10)) && $((about * 1000)) -lt $((bytes * 11 / 10)) ]]
    bytes=$(ctl get /registry/events/team-2/ --prefix -w json | jq '[.kvs[] | (.key, .value) | @base64d | length] | add')
    run -0 "$QUORATE" keys rm /registry/events/team-2/ --dry-run
    [[ $output == *" keys ($((bytes / 1000)) kB) "* ]]
    run -0 --separate-stderr "$QUORATE" keys rm /registry/events/ --save events.jsonl --yes
    [[ $output$stderr == *"900 keys are in '$PWD/events.jsonl'; read again: whole"*'none of the 900 keys is left'* ]]
    [[ $(stat -c %a events.jsonl) == 600 ]]
    grep -v "$(printf /registry/events/ | base64 | cut -c 1-22)" before | diff - <(listing)
    # shellcheck disable=SC2314 # the last command of its line
    run ! grep -rq 'value 7\|event-7' state
    "$QUORATE" keys import events.jsonl --with-leases --yes
    listing | diff before -
    run -5 --separate-stderr "$QUORATE" keys rm /registry/events/ --save events.jsonl --yes
    [[ $stderr == *'is there already'* ]]
}

@test "from one key to another" {
    start
    fill 300
    run -0 "$QUORATE" keys rm /registry/events/team-1/ --to /registry/events/team-2/event-2 --yes
    [[ $(count /registry/events/team-0/) -eq 100 && $(count /registry/events/team-1/) -eq 0 ]]
    # event-101 up to event-2, which stays with those behind it
    ctl get /registry/events/team-2/event-2 --print-value-only | grep -qx 'value 2'
    [[ $(count /registry/events/team-2/) -eq $(seq 2 3 299 | sed 's/^/event-/' | LC_ALL=C sort | LC_ALL=C awk '$0 >= "event-2"' | wc -l) ]]
    run -2 --separate-stderr "$QUORATE" keys rm /b --to /a
    [[ $stderr == *"there is nothing from '/b' up to it"* ]]
}

@test "what is written meanwhile stays, and is told" {
    local i
    start
    fill 600
    "$QUORATE" keys rm /registry/events/ --rate 150 --yes >out 2>&1 3>&- &
    wait_for 20 some_are_gone
    # An old key anew, and others between those that are to go.
    ctl put /registry/events/team-2/event-98 anew
    for i in 1 2 3 4 5 6 7 8; do
        ctl put "/registry/events/team-2/event-9$i-new" new
    done
    wait $! || { cat out; return 1; }
    [[ $(count /registry/events/) -eq 9 && $(count /registry/events/team-2/event-9) -eq 9 ]]
    [[ $(ctl get /registry/events/team-2/event-98 --print-value-only) == anew ]]
    grep -q '9 keys that were written since are left' out
}

@test "killed in the middle, it is gone on with; the file has all" {
    start
    fill 600
    listing /registry/events/ >before
    "$QUORATE" keys rm /registry/events/ --save kept.jsonl --rate 100 --yes >out 2>&1 3>&- &
    wait_for 20 some_are_gone
    kill -KILL $!
    wait $! || true
    [[ $(count /registry/events/) -gt 0 ]]
    # Another file in its place: nothing is deleted.
    mv kept.jsonl away
    "$QUORATE" keys export kept.jsonl --prefix /registry/events/
    run -23 --separate-stderr "$QUORATE" plan resume "$(rm_plan_id)" --yes
    [[ $output$stderr == *'nothing is deleted without what was saved'* ]]
    mv away kept.jsonl
    run -0 "$QUORATE" plan resume "$(rm_plan_id)" --yes
    [[ $(count /registry/events/) -eq 0 ]]
    "$QUORATE" keys import kept.jsonl --with-leases --yes
    listing /registry/events/ | diff before -
}

@test "the leader dies in the middle" {
    start 3
    fill 600
    "$QUORATE" keys rm /registry/events/ --rate 200 --yes >out 2>&1 3>&- &
    wait_for 20 some_are_gone
    etcd_kill "$("$QUORATE" status -w json | jq -r '.members[] | select(.role == "leader").name[1:]')"
    wait $! || { cat out; return 1; }
    grep -q 'none of the 600 keys is left' out
    [[ $(count /registry/) -eq 7 ]]
}

@test "what is refused, and what is not there" {
    start
    fill 100
    run -3 --separate-stderr "$QUORATE" keys rm '' --yes
    [[ $stderr == *'all keys that the cluster has'*--force* ]]
    run -3 --separate-stderr "$QUORATE" keys rm /registry/ --yes
    [[ $stderr == *finalizers*--force* ]]
    run -3 --separate-stderr "$QUORATE" keys rm /registry/masterleases/ --yes
    [[ $stderr == *'API servers'* ]]
    run --separate-stderr "$QUORATE" keys rm /registry/events/team-9 --yes
    [[ $status -ne 0 && $stderr == *'no such keys'* ]]
    run -2 --separate-stderr "$QUORATE" keys rm /registry/events/ --rate 0
    [[ $(count /registry/) -eq 107 ]]
    run -0 "$QUORATE" keys rm /registry/configmaps/ --force --yes
    [[ $(count /registry/) -eq 104 ]]
    run -0 "$QUORATE" keys rm '' --force --yes
    [[ $(count '') -eq 0 ]]
}

@test "when the cluster has no space left" {
    local i
    start
    etcd_with_flag --quota-backend-bytes 3000000
    fill 300
    for i in {1..10}; do
        head -c 400000 /dev/urandom | base64 | "$QUORATE" put "/large$i" || break
    done
    run ! "$QUORATE" put x y
    run -0 --separate-stderr "$QUORATE" keys rm /registry/events/ --yes
    [[ $(count /registry/events/) -eq 0 && $(count /registry/namespaces/) -eq 3 ]]
} 2>/dev/null
