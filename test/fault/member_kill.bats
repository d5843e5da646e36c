#!/usr/bin/env bats
#
# kill -9 before and after the journal records of 'member grow', 'shrink', 'replace' and 'move': then
# 'plan resume' ends with the members that were wanted, 'plan undo' with those that were there, and in
# between the cluster takes writes. Each moment takes seconds of waiting for etcd: every third is tried,
# resumed and undone in turn; QUORATE_EVERY_MOMENT=1 tries all, and does both at each.

bats_require_minimum_version 1.5.0
load ../harness/lab

STRIDE=${QUORATE_EVERY_MOMENT:-3}

setup() {
    lab_setup
}

teardown() {
    lab_teardown
}

newest_plan() {
    "$QUORATE" plan list -w json | jq -r '.plans[-1] | "\(.id) \(.state)"'
}

# Kills a command at passage N of the journal's failpoint; false when it got through.
killed_at() {
    local n=$1 status=0
    shift
    QUORATE_FAILPOINTS=journal_append=kill@$n "$QUORATE" --cluster lab:t "$@" --yes \
        >/dev/null 2>&1 || status=$?
    [[ $status -eq 137 ]]
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
    local wanted=$1 before=$2 n plan state last=
    shift 2
    for ((n = 1; n < 100; n += STRIDE)); do
        # shellcheck disable=SC2086 # a list of names
        cluster_is $before
        killed_at $n "$@" || break
        q put "w$n" "$n"
        read -r plan state < <(newest_plan)
        [[ $plan != "$last" ]] || continue
        last=$plan
        # Killed before its first record, or behind its last.
        [[ $state == unfinished || $state == "done" ]] || continue
        if [[ $state == unfinished && ($((n % 2)) -eq 0 || $STRIDE -eq 1) ]]; then
            "$QUORATE" plan resume "$plan" --yes
            # shellcheck disable=SC2086
            cluster_is $wanted
        fi
        "$QUORATE" plan undo "$plan" --yes
        [[ $(newest_plan) == "$plan undone" ]]
        q put "w$n" "$n"
    done
    # It got through at last.
    [[ $n -gt 8 && $n -lt 100 ]]
    # shellcheck disable=SC2086
    cluster_is $wanted
}

@test "grow, killed at its journal records" {
    lab_up --members 1
    q put color green
    sweep "m1 m2" m1 member grow m2
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
    for ((n = 1; n < 100; n += STRIDE)); do
        cluster_is m1 m2 m3
        wreck m2
        old_id=$(q member list -w json | jq -r '.members[] | select(.name == "m2").ID')
        wait_for 10 q put "w$n" "$n"
        killed_at $n member replace m2 || break
        wait_for 10 q put "w$n" "$n"
        read -r plan state < <(newest_plan)
        if [[ $state == unfinished ]]; then
            if ! "$QUORATE" plan undo "$plan" --yes 2>"$Q_ERR"; then
                [[ $(<"$Q_ERR") == *"cannot be undone: it passed step 'remove-dead m2'"* ]]
                "$QUORATE" plan resume "$plan" --yes
                continue
            fi
            [[ $(q member list -w json | jq -r '.members[] | select(.name == "m2").ID') == "$old_id" ]]
        fi
        q member replace m2 --yes
    done
    [[ $n -gt 8 && $n -lt 100 ]]
    cluster_is m1 m2 m3
}

# Not at records but in the middle of steps: when, nobody has chosen. Each time from the same member, and in
# the time that a growth took before.
@test "grow, killed at any moment" {
    lab_up --members 1
    q put color green
    begun=$(date +%s%3N)
    q member grow m2 --yes
    took=$(($(date +%s%3N) - begun))
    "$QUORATE" plan undo latest --yes
    killed=0 resumed=0
    for ((i = 1; i <= ${QUORATE_RANDOM_KILLS:-8}; i++)); do
        cluster_is m1
        delay=$(printf %05d $((RANDOM * took / 32768)))
        timeout -s KILL "${delay%???}.${delay: -3}" \
            "$QUORATE" --cluster lab:t member grow m2 --yes >"$BATS_TEST_TMPDIR/said" 2>&1 || killed=$((killed + 1))
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
    [[ $killed -gt 3 && $(q get k --prefix --keys-only | grep -c k) -eq $((i - 1)) ]]
}
