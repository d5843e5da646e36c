#!/usr/bin/env bats
# bats file_tags=one-etcd
#
# kill -9 before and after the journal records of 'tls enable': then 'plan resume' ends with TLS, 'plan undo'
# with plain HTTP, and in between the cluster takes writes. Every fifth record is tried, resumed and undone in
# turn; QUORATE_EVERY_MOMENT=1 tries all, and does both at each.

bats_require_minimum_version 1.5.0
load ../harness/lab

STRIDE=${QUORATE_EVERY_MOMENT:-5}

setup() {
    lab_setup
}

teardown() {
    lab_teardown
}

newest_plan() {
    "$QUORATE" plan list -w json | jq -r '.plans[-1] | "\(.id) \(.state)"'
}

killed_at() {
    local n=$1 status=0
    shift
    QUORATE_FAILPOINTS=journal_append=kill@$n "$QUORATE" --cluster lab:t "$@" --yes \
        >/dev/null 2>&1 || status=$?
    [[ $status -eq 137 ]]
}

# All URLs are of this scheme, all members run and serve, and the data is there.
speaks_now() {
    [[ $(q member list -w json | jq -r '[.members[] | (.peerURLs + .clientURLs)[] | sub(":.*"; "")] | unique | join(" ")') == "$1" ]] &&
        [[ $("$QUORATE" lab status --name t -w json | jq '[.members[] | select(.healthy)] | length') -eq $MEMBERS ]] &&
        [[ $(q get color --print-value-only) == green ]]
}

speaks() {
    wait_for 10 speaks_now "$1"
}

sweep() {
    local n plan state last=
    for ((n = 1; n < 200; n += STRIDE)); do
        speaks http
        killed_at $n tls enable || break
        # The member that was being restarted may be down: of one, nothing is written then.
        [[ $MEMBERS -eq 1 ]] || wait_for 10 q put "w$n" "$n"
        read -r plan state < <(newest_plan)
        [[ $plan != "$last" ]] || continue
        last=$plan
        [[ $state == unfinished || $state == "done" ]] || continue
        if [[ $state == unfinished && ($((n % 2)) -eq 0 || $STRIDE -eq 1) ]]; then
            "$QUORATE" plan resume "$plan" --yes
            speaks https
        fi
        "$QUORATE" plan undo "$plan" --yes
        [[ $(newest_plan) == "$plan undone" ]]
    done
    # It got through at last.
    [[ $n -gt 8 && $n -lt 200 ]]
    speaks https
    echo "# $MEMBERS members: killed at records 1 to $((n - 1)), every $STRIDE" >&3
}

@test "tls enable, killed at its journal records: one member" {
    MEMBERS=1
    lab_up --members 1
    q put color green
    sweep
}

@test "tls enable, killed at its journal records: three members" {
    MEMBERS=3 STRIDE=${QUORATE_EVERY_MOMENT:-23}
    lab_up
    q put color green
    sweep
}

@test "what was cut is gone on with by tls enable itself, and by nobody twice" {
    MEMBERS=1
    lab_up --members 1
    q put color green
    killed_at 20 tls enable
    "$QUORATE" --cluster lab:t tls enable --yes >"$BATS_TEST_TMPDIR/said" 2>&1
    grep -q 'both m1: was done already' "$BATS_TEST_TMPDIR/said"
    grep -q 'only m1: done' "$BATS_TEST_TMPDIR/said"
    speaks https
}
