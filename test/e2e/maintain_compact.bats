#!/usr/bin/env bats
#
# 'maintain compact' on labs of real etcd: what can be read afterwards on each member, and what is refused.
#
# bats file_tags=one-etcd

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
    export QUORATE_CLUSTER=lab:t
}

teardown() {
    lab_teardown
}

revision() {
    "$QUORATE" endpoint status -w json | jq '.[0].Status.header.revision'
}

puts() {
    for ((i = 0; i < $1; i++)); do
        "$QUORATE" put k "v$i"
    done
} >/dev/null

# Whether each member can be read at that revision.
readable_at() {
    local url
    for url in $("$QUORATE" status -w json | jq -r '.members[].endpoint'); do
        "$QUORATE" get k --rev "$1" --consistency s --endpoints "$url" >/dev/null 2>&1 || return 1
    done
}

# bats test_tags=few-etcds
@test "to a revision, so many behind the newest, and all but the newest" {
    local oldest
    lab_up --members 3
    puts 30
    run -0 "$QUORATE" maintain compact --dry-run
    [[ $output == *'give up no history'* ]]
    run -0 "$QUORATE" maintain compact 10 --yes
    [[ $output == *'3 of 3 members have nothing older than revision 10'* && $output == *'were in use'* ]]
    readable_at 10
    run ! readable_at 9
    # There is nothing left to do of it, and it says so.
    run -0 "$QUORATE" maintain compact 10 --yes
    [[ $output == *'nothing is older than revision 10'* ]]
    # The locks of plans take revisions, too.
    oldest=$(($(revision) - 5))
    run -0 "$QUORATE" maintain compact --keep-revisions 5 --yes
    [[ $output == *"from before revision $oldest,"* && $output == *"nothing older than revision $oldest"* ]]
    readable_at "$oldest"
    run ! readable_at $((oldest - 1))
    run -0 "$QUORATE" maintain compact --now --dry-run
    [[ $output == *"from before revision $(revision),"* && $output == *'old revisions do not come back'* ]]
    oldest=$(revision)
    run -0 "$QUORATE" maintain compact --now --yes
    readable_at "$oldest"
    run ! readable_at $((oldest - 1))
    [[ $("$QUORATE" get k --print-value-only) == v29 ]]
}

@test "a time is kept, also by a plan that was killed while it waited" {
    local noted plan
    lab_up --members 1
    puts 5
    noted=$(revision)
    "$QUORATE" maintain compact --keep 6s --yes >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    plan=$!
    wait_for 10 grep -q 'the newest revision is' "$BATS_TEST_TMPDIR/out"
    kill -KILL "$plan"
    wait "$plan" || true
    puts 5
    readable_at 2
    run -0 "$QUORATE" plan resume latest --yes
    [[ $output == *"nothing older than revision "* ]]
    # The plan's own lock is written, too.
    noted=$(grep -o 'the newest revision is [0-9]*' "$BATS_TEST_TMPDIR/out" | grep -o '[0-9]*$')
    readable_at "$noted"
    run ! readable_at $((noted - 1))
}

@test "what is refused" {
    lab_up --members 1
    puts 3
    run -3 --separate-stderr "$QUORATE" maintain compact 1000 --yes
    # shellcheck disable=SC2154 # run's
    [[ $stderr == *'revision 1000 is not there yet: the newest is '* ]]
    run -2 "$QUORATE" maintain compact 3 --now
    run -2 "$QUORATE" maintain compact --keep-revisions 9223372036854775808
    run -2 "$QUORATE" maintain compact --keep 0s
    run -2 "$QUORATE" maintain compact -- -3
    run -2 "$QUORATE" maintain compact three
    readable_at 2
}
