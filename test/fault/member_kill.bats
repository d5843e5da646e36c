#!/usr/bin/env bats
#
# kill -9 before and after the journal records of 'member grow', 'shrink', 'replace' and 'move': then
# 'plan resume' ends with the members that were wanted, 'plan undo' with those that were there, and in
# between the cluster takes writes. Each moment takes seconds of waiting for etcd: every third is tried,
# resumed and undone in turn; QUORATE_EVERY_MOMENT=1 tries all, and does both at each.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2317 # hooks and counts are those of kills.bash
bats_require_minimum_version 1.5.0
load ../harness/lab
load ../harness/kills

KILLS_STRIDE=${QUORATE_EVERY_MOMENT:-3}
KILLS_HOW=${QUORATE_EVERY_MOMENT:+both}
KILLS_HOW=${KILLS_HOW:-turns}

setup() {
    lab_setup
}

teardown() {
    lab_teardown
}

names() {
    q member list -w json | jq -r '[.members[] | select(.isLearner != true) | .name] | sort | join(" ")'
}

# All members are voters of these names, all run and serve, and the data is there and equal.
cluster_is_now() {
    [[ $(names) == "$*" && $(q member list -w json | jq '.members | length') -eq $# ]] &&
        [[ $("$QUORATE" lab status --name t -w json | jq '[.members[] | select(.healthy)] | length') -eq $# ]] &&
        [[ $(q get color --print-value-only) == green && $(hashes | wc -l) -eq 1 ]]
}

# Followers hear of the last change a moment later.
cluster_is() {
    wait_for 10 cluster_is_now "$@"
}

# sweep WANTED BEFORE COMMAND...: the two states as lists of names.
sweep() {
    wanted=$1 before=$2
    shift 2
    kill_sweep "$KILLS_HOW" --cluster lab:t "$@" --yes
    echo "# ${*:1:2}: killed at $kills_moments moments, $kills_resumed resumed, $kills_undone undone" >&3
    [[ $kills_moments -gt $((8 / KILLS_STRIDE)) && $kills_undone -gt 2 && $kills_resumed -gt 0 ]]
    # shellcheck disable=SC2086
    cluster_is $wanted
}

kill_before() {
    # shellcheck disable=SC2086 # a list of names
    cluster_is $before
}

# In whatever state: it takes writes.
kill_left() {
    wait_for 10 q put written "$SRANDOM"
}

kill_goal() {
    # shellcheck disable=SC2086
    cluster_is $wanted
}

kill_old() {
    kill_before
}

@test "grow, killed at its journal records" {
    lab_up --members 1
    q put color green
    sweep "m1 m2" m1 member grow m2
}

@test "grow, killed again and again on its way and on its way back" {
    lab_up --members 1
    q put color green
    wanted="m1 m2" before=m1
    kill_chain --cluster lab:t member grow m2 --yes
    [[ $kills_moments -gt 4 ]]
    kill_chain_back
    [[ $kills_moments -gt 3 ]]
}

# The answer of etcd to the learner's addition, and to its promotion.
@test "grow, killed when etcd has changed and nobody knows" {
    lab_up --members 1
    q put color green
    KILLS_AT=member_change KILLS_STRIDE=1 KILLS_HOW=both
    wanted="m1 m2" before=m1
    kill_sweep both --cluster lab:t member grow m2 --yes
    [[ $kills_moments -eq 2 && $kills_resumed -eq 2 && $kills_undone -eq 2 ]]
}

@test "an answer of etcd's that is lost is no failure: what it was for is looked for" {
    lab_up --members 1
    q put color green
    QUORATE_FAILPOINTS=member_change=fail@1 run -0 "$QUORATE" --cluster lab:t member grow m2 --yes
    [[ $output == *"the answer was lost"*"looking again"* ]]
    cluster_is m1 m2
    QUORATE_FAILPOINTS=member_change=fail@1 run -0 "$QUORATE" --cluster lab:t member shrink m2 --yes
    cluster_is m1
}

@test "shrink, killed at its journal records" {
    lab_up --members 2
    q put color green
    sweep m1 "m1 m2" member shrink m2
}

@test "move, killed at its journal records" {
    lab_up --members 1
    q put color green
    sweep m2 m1 member move m1
}

# There is no way back behind the removal of the lost member: then undo says so, and resume goes on.
@test "replace, killed at its journal records" {
    lab_up
    q put color green
    wanted="m1 m2 m3" before=$wanted
    kill_before() {
        cluster_is m1 m2 m3
        wreck m2
        old_id=$(id_of m2)
        wait_for 10 q put written "$SRANDOM"
    }
    kill_may_refuse() {
        grep -q "passed step 'remove-dead m2'" "$BATS_TEST_TMPDIR/undone"
    }
    kill_old() {
        [[ $(id_of m2) == "$old_id" ]] && q member replace m2 --yes
    }
    kill_sweep "$KILLS_HOW" --cluster lab:t member replace m2 --yes
    [[ $kills_moments -gt $((8 / KILLS_STRIDE)) && $kills_undone -gt 0 && $kills_refused -gt 1 ]]
    cluster_is m1 m2 m3
}

id_of() {
    q member list -w json | jq -r ".members[] | select(.name == \"$1\").ID"
}

# Not at records but in the middle of steps: when, nobody has chosen. Each time from the same member, and in the time
# that the last growth took that came to its end: some get through, more when the machine has less to do than before.
@test "grow, killed at any moment" {
    lab_up --members 1
    q put color green
    begun=$(date +%s%3N)
    q member grow m2 --yes
    took=$(($(date +%s%3N) - begun))
    "$QUORATE" plan undo latest --yes
    killed=0 resumed=0
    for ((i = 1; killed < ${QUORATE_RANDOM_KILLS:-5}; i++)); do
        [[ $i -le $((6 * ${QUORATE_RANDOM_KILLS:-5})) ]]
        cluster_is m1
        delay=$(printf %05d $((RANDOM * took / 32768)))
        begun=$(date +%s%3N)
        if timeout -s KILL "${delay%???}.${delay: -3}" \
            "$QUORATE" --cluster lab:t member grow m2 --yes >"$BATS_TEST_TMPDIR/said" 2>&1; then
            took=$(($(date +%s%3N) - begun))
        else
            killed=$((killed + 1))
        fi
        q put "k$i" "$i"
        read -r plan state < <(newest_plan)
        echo "# killed after $delay of $took ms: $state; $(tail -n 1 "$BATS_TEST_TMPDIR/said")" >&3
        [[ $state == unfinished || $state == "done" ]] || continue
        if [[ $state == unfinished && $((i % 2)) -eq 0 ]]; then
            "$QUORATE" plan resume "$plan" --yes
            cluster_is m1 m2
            resumed=$((resumed + 1))
        fi
        "$QUORATE" plan undo "$plan" --yes
        [[ $(newest_plan) == "$plan undone" ]]
    done
    cluster_is m1
    echo "# $killed killed, $resumed resumed" >&3
    [[ $(q get k --prefix --keys-only | grep -c k) -eq $((i - 1)) ]]
}
