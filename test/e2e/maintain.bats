#!/usr/bin/env bats
#
# 'maintain defrag' on labs of real etcd: who is chosen, in which order, and that a writer beside it fails nowhere.
#
# bats file_tags=one-etcd

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
    export QUORATE_CLUSTER=lab:t
}

teardown() {
    [[ -z ${WRITER:-} ]] || kill "$WRITER" 2>/dev/null || true
    lab_teardown
}

# All members have some MB of free pages.
fragment() {
    "$QUORATE" lab load --name t --keys 3000 --rewrites 2
    "$QUORATE" keys rm /registry/ --force --yes --cluster lab:t
    "$QUORATE" compaction --physical "$("$QUORATE" endpoint status -w json | jq '.[0].Status.header.revision')"
    wait_for 20 all_have_free_pages
} >/dev/null

free_of() {
    "$QUORATE" status -w json | jq --arg name "$1" '.members[] | select(.name == $name) | .dbSizeBytes - .dbSizeInUseBytes'
}

all_have_free_pages() {
    [[ $(free_of m1) -gt 2000000 && $(free_of m2) -gt 2000000 && $(free_of m3) -gt 2000000 ]]
}

# Puts through all endpoints until the file "enough" appears; notes how many, and those that failed.
writer_start() {
    (
        local n=0
        while [[ ! -e $BATS_TEST_TMPDIR/enough ]]; do
            "$QUORATE" put "w$((++n % 50))" "v$n" >/dev/null 2>>"$BATS_TEST_TMPDIR/reasons" || echo "$n" >>"$BATS_TEST_TMPDIR/failed"
            echo "$n" >"$BATS_TEST_TMPDIR/written"
        done
    ) 3>&- &
    WRITER=$!
}

writer_ends_well() {
    touch "$BATS_TEST_TMPDIR/enough"
    wait "$WRITER"
    WRITER=''
    cat "$BATS_TEST_TMPDIR/reasons"
    [[ $(<"$BATS_TEST_TMPDIR/written") -gt 5 && ! -e $BATS_TEST_TMPDIR/failed ]]
}

leader() {
    "$QUORATE" status -w json | jq -r '.members[] | select(.role == "leader").name'
}

@test "all members, the leader last, with a writer beside them" {
    local first
    lab_up --members 3
    run -0 "$QUORATE" maintain defrag --dry-run
    [[ $output == *'defragment no member'*'holds for none'* ]]
    fragment
    first=$(leader)
    run -0 "$QUORATE" maintain defrag --when 'free > 2MB' --dry-run
    [[ $output == *'defragment 3 members'* && $output == *"3. defragment $first,"* ]]
    writer_start
    run -0 "$QUORATE" maintain defrag --when 'free > 2MB' --yes
    writer_ends_well
    [[ $(grep -c 'it answered nothing for' <<<"$output") -eq 3 && $(leader) != "$first" ]]
    for name in m1 m2 m3; do
        [[ $(free_of "$name") -lt 1000000 ]]
    done
    run -0 "$QUORATE" maintain defrag --when 'free > 2MB' --yes
    [[ $output == *'defragment no member'* ]]
}

@test "only who is named, and nobody while one is down" {
    local plan
    lab_up --members 3
    fragment
    run -0 "$QUORATE" maintain defrag m2 --when 'free > 2MB' --yes
    [[ $(free_of m2) -lt 1000000 && $(free_of m1) -gt 2000000 ]]
    run --separate-stderr "$QUORATE" maintain defrag m9
    # shellcheck disable=SC2154 # run's
    [[ $status -ne 0 && $stderr == *"no member 'm9'"* ]]
    run -2 --separate-stderr "$QUORATE" maintain defrag --when 'fre > 1'
    [[ $stderr == *'at character 1'* ]]
    "$QUORATE" lab stop m3 --name t
    run -3 --separate-stderr "$QUORATE" maintain defrag --when 'free > 2MB' --yes
    [[ $stderr == *'2 of 3 voters serve'* ]]
    # Killed behind its first member, it goes on with the other one.
    "$QUORATE" lab start m3 --name t
    wait_for 30 "$QUORATE" status
    "$QUORATE" maintain defrag --when 'free > 2MB' --yes >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    plan=$!
    wait_for 30 grep -q 'done$' "$BATS_TEST_TMPDIR/out"
    kill -KILL "$plan"
    wait "$plan" || true
    run -0 "$QUORATE" plan resume latest --yes
    [[ $(free_of m1) -lt 1000000 && $(free_of m3) -lt 1000000 ]]
}
