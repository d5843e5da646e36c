#!/usr/bin/env bats
#
# The cluster's own lock: two operators with nothing in common but the cluster cannot change it at the
# same time; what was left by a killed or stopped one is explained, ends by itself, or is taken over.

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
    OTHER=$BATS_TEST_TMPDIR/other
}

teardown() {
    [[ -z ${HOLDER:-} ]] || kill -KILL "$HOLDER" 2>/dev/null || true
    lab_teardown
}

lock_field() {
    q get /quorate/lock --print-value-only | jq -r ".$1"
}

lock_is_free() {
    [[ -z $(q get /quorate/lock --print-value-only) ]]
}

# A file for the second operator's plan: an import of a key that is gone.
keys_export() {
    q put moved here
    q keys export --prefix moved "$BATS_TEST_TMPDIR/keys.jsonl"
    q del moved
}

# The second operator: another state directory, which knows the same lab.
other() {
    mkdir -p "$OTHER/labs"
    [[ -e $OTHER/labs/t ]] || ln -s "$(lab_dir)" "$OTHER/labs/t"
    QUORATE_STATE=$OTHER "$QUORATE" --cluster lab:t "$@" 2>"$Q_ERR"
}

# A plan of the first operator that stands still in the middle, its lock held: in $HOLDER.
holder_start() {
    "$QUORATE" --cluster lab:t member grow m2 --yes >"$BATS_TEST_TMPDIR/first" 2>&1 3>&- &
    HOLDER=$!
    wait_for 30 grep -q 'add-learner m2.*done' "$BATS_TEST_TMPDIR/first"
    kill -STOP "$HOLDER"
    plan=$(lock_field plan)
}

# holder_ends SIGNAL EXIT_CODE
holder_ends() {
    local status=0
    kill -"$1" "$HOLDER"
    wait "$HOLDER" || status=$?
    HOLDER=
    [[ $status -eq $2 ]]
}

members_are() {
    [[ $(q member list -w json | jq -r '[.members[] | select(.isLearner != true) | .name] | sort | join(" ")') == "$*" ]]
}

# bats test_tags=few-etcds
@test "the lock of a plan that runs: who, since when, which plan, how long; and it is gone afterwards" {
    lab_up --members 1
    keys_export
    holder_start
    [[ $(lock_field pid) == "$HOLDER" && $(lock_field host) == "$(uname -n)" ]]
    [[ $(lock_field user) == "$(id -un)" && $plan == *-member-grow-* ]]
    run -19 other keys import "$BATS_TEST_TMPDIR/keys.jsonl" --yes
    [[ $(<"$Q_ERR") == *"the cluster is locked (key '/quorate/lock') by plan '$plan' (grow cluster 'lab:t' from 1 to 2 voters: m2) of $(id -un) at $(uname -n), process $HOLDER, since 20"*" ago; its lease ends in "*" s unless it is renewed"* ]]
    [[ $(<"$Q_ERR") == *"Hint: wait until it ends; when process $HOLDER at "*" is certainly dead or stuck: the same command with --take-over"* ]]
    # Who only looks is not kept away, and leaves no plan behind.
    other get moved
    other keys import "$BATS_TEST_TMPDIR/keys.jsonl" --dry-run
    [[ -z $(QUORATE_STATE=$OTHER "$QUORATE" plan list -w json | jq -r '.plans[]?') ]]
    holder_ends CONT 0
    members_are m1 m2
    lock_is_free
    [[ $(q lease list -w json | jq '.leases | length') -eq 0 ]]
}

@test "two plans at once: one goes on, the other is refused" {
    lab_up --members 1
    other get moved
    # Both look, and both are free to: one of them is quicker, by the lock or by what it has done.
    q member grow m2 --yes 3>&- &
    first=$!
    other member grow m3 --yes 3>&- &
    second=$!
    a=0 b=0
    wait $first || a=$?
    wait $second || b=$?
    echo "$a $b"
    [[ $((a == 0)) -ne $((b == 0)) ]]
    [[ $(q member list -w json | jq '[.members[] | select(.isLearner != true)] | length') -eq 2 ]]
    lock_is_free
}

@test "a holder that was killed: its own operator goes on at once, another has to say so" {
    lab_up --members 1
    keys_export
    holder_start
    holder_ends KILL 137
    run -19 other keys import "$BATS_TEST_TMPDIR/keys.jsonl" --yes
    [[ $(<"$Q_ERR") == *"Hint: that process has ended: quorate plan resume $plan goes on with it; for another plan wait until the lease ends, or: the same command with --take-over"* ]]
    # The same plan needs no flag.
    q plan resume "$plan" --yes
    members_are m1 m2
    lock_is_free
}

@test "taken over: the first plan notices before its next step, and stops; nothing is undone" {
    lab_up --members 1
    keys_export
    holder_start
    run -0 other keys import "$BATS_TEST_TMPDIR/keys.jsonl" --take-over --yes
    [[ $(<"$Q_ERR") == *"Warning: the cluster's lock was taken from plan '$plan' (grow"* ]]
    holder_ends CONT 23
    grep -q "plan '$plan' is unfinished: nothing more is done, since the lock of cluster 'lab:t' is not ours any more: " "$BATS_TEST_TMPDIR/first"
    [[ $(q member list -w json | jq '.members | length') -eq 2 ]]
    q plan resume "$plan" --yes
    members_are m1 m2
}

@test "a holder that stood still until its lease ended: another may, and it stops when it wakes up" {
    lab_up --members 1
    holder_start
    wait_for 60 lock_is_free
    holder_ends CONT 23
    grep -q "since the lock of cluster 'lab:t' is not ours any more: its lease ended [0-9]* s after it was last renewed" "$BATS_TEST_TMPDIR/first"
    q plan undo "$plan" --yes
    members_are m1
    lock_is_free
}

# The leader is the one that is moved first; the endpoints of the start are all gone at the end.
@test "the lock outlives the leader, and every member that was there when it was taken" {
    lab_up --members 3
    run -0 q member move m1 m2 m3 --yes
    members_are m4 m5 m6
    [[ $(<"$Q_ERR") != *"not ours any more"* ]]
    lock_is_free
}

@test "a cluster without quorum has this host's lock only, and the operator is told" {
    lab_up
    q snapshot save "$BATS_TEST_TMPDIR/backup.db"
    "$QUORATE" lab kill --name t m1 m2
    run -0 q recover --file "$BATS_TEST_TMPDIR/backup.db" --yes
    [[ $(<"$Q_ERR") == *"Warning: the cluster's own lock cannot be had, only this host's keeps a second operator away: "* ]]
}

@test "a recovery is kept away by a lock, too, and leaves none in the new cluster" {
    lab_up --members 1
    q snapshot save "$BATS_TEST_TMPDIR/backup.db"
    holder_start
    run -19 other recover --file "$BATS_TEST_TMPDIR/backup.db" --yes
    holder_ends CONT 0
    run -0 q recover --file "$BATS_TEST_TMPDIR/backup.db" --yes
    lock_is_free
    # Nothing was written, not even a lock: the old cluster can come back.
    q plan undo latest --yes
    wait_for 30 members_are m1 m2
}

# A directory has all that was in the cluster, its lock as well.
@test "a lock that a recovered directory brought along, and whose lease then ends, is nobody's write" {
    lab_up --members 1
    q put color green
    read -r _ lease _ < <(q lease grant 5)
    q put /quorate/lock '{"hello":1}' --lease "$lease"
    "$QUORATE" lab kill --name t m1
    q recover --from-member m1 --yes
    wait_for 30 lock_is_free
    # It is down, as it was.
    q plan undo latest --yes

    q recover --from-member m1 --yes
    wait_for 30 lock_is_free
    q put color blue
    run -3 q plan undo latest --yes
    [[ $(<"$Q_ERR") == *"the new cluster took writes"* ]]
}

# What other plans ask of the cluster needs root itself.
@test "a user who has no right to the key is told the right" {
    lab_up --members 1
    q snapshot save "$BATS_TEST_TMPDIR/backup.db"
    q role add app
    q user add app:secret
    q user grant-role app app
    q user add root:secret
    q user grant-role root root
    q auth enable
    run q --user app:secret recover --file "$BATS_TEST_TMPDIR/backup.db" --yes
    [[ $(<"$Q_ERR") == *"Warning: the cluster's own lock cannot be had, only this host's keeps a second operator away: "*"permission denied (to let 'app' have it: quorate role grant-permission ROLE readwrite /quorate/lock)"* ]]
}

@test "a lock without a lease, as an import of old keys may bring one, is explained" {
    lab_up --members 1
    q put /quorate/lock '{"hello":1}'
    run -19 q member grow --yes
    [[ $(<"$Q_ERR") == *"by somebody who is not quorate, or a newer one; it has no lease and never ends by itself"* ]]
    q member grow --yes --take-over
    lock_is_free
}

@test "an import is found by its cluster's name, and keeps no growth from being undone" {
    lab_up --members 1
    keys_export
    q member grow m2 --yes
    q keys import "$BATS_TEST_TMPDIR/keys.jsonl" --yes
    [[ $(q plan list -w json | jq -r '[.plans[].id | capture("Z-(?<kind>.*)-").kind] | join(" ")') == "member-grow keys-import" ]]
    [[ $(q get moved --print-value-only) == here ]]
    q plan undo "$(q plan list -w json | jq -r '.plans[0].id')" --yes
    members_are m1
    # Where the cluster is the journal knows.
    "$QUORATE" plan undo latest --yes
    [[ -z $(q get moved) ]]
    [[ $(q plan list -w json | jq -r '.plans[-1].state') == undone ]]
}
