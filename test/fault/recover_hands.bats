#!/usr/bin/env bats
#
# What others do to a cluster while its recovery is cut, and what a failing disk does to it: it copes,
# or refuses and says why; the old state is never lost.

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
}

teardown() {
    lab_teardown
}

# Green is saved, blue is newer.
prepare() {
    lab_up --members 1
    q put color green
    q snapshot save "$BATS_TEST_TMPDIR/green.db"
    q put color blue
}

color_is() {
    [[ $(q get color --print-value-only) == "$1" ]]
}

recover() {
    "$QUORATE" --cluster lab:t recover --file "$BATS_TEST_TMPDIR/green.db" --yes
}

# Sets plan and state: the newest.
look() {
    read -r plan state < <("$QUORATE" plan list -w json | jq -r '.plans[-1] | "\(.id) \(.state)"')
}

# A whole recovery, for its journal: kills count its records.
learn() {
    recover >/dev/null 2>&1
    look
    cp "$QUORATE_STATE/plans/$plan/journal.jsonl" "$BATS_TEST_TMPDIR/journal"
    q put color blue
}

# cut_after PATTERN: a recovery that is killed behind the first record that matches.
cut_after() {
    local n status=0
    n=$(grep -n -m 1 -e "$1" "$BATS_TEST_TMPDIR/journal" | cut -d : -f 1)
    QUORATE_FAILPOINTS=journal_append=kill@$n recover >/dev/null 2>&1 || status=$?
    [[ $status -eq 137 ]]
    look
    [[ $state == unfinished ]]
}

# Between which a hand may start the member: before its directory is moved, when it has none, when it
# has a new one, and when the plan has begun to start it.
moments=('"done".*"stop m1"' '"done".*"move-aside m1"' '"done".*"build"' '"started"')

started_by_hand() {
    "$QUORATE" lab start --name t m1
    wait_for 30 [ "$("$QUORATE" lab status --name t -w json | field state)" == running ]
}

nothing_lies_about() {
    [[ -z $(find "$(lab_dir)" -maxdepth 1 -name '.*restore-*') ]]
}

@test "a member started by hand in the middle: resume stops it and goes on" {
    prepare
    learn
    for moment in "${moments[@]}"; do
        cut_after "$moment"
        started_by_hand
        "$QUORATE" plan resume "$plan" --yes
        color_is green
        nothing_lies_about
        q put color blue
    done
}

@test "a member started by hand in the middle: undo stops it and brings the old state" {
    prepare
    learn
    for moment in "${moments[@]}"; do
        cut_after "$moment"
        started_by_hand
        "$QUORATE" plan undo "$plan" --yes
        wait_for 30 color_is blue
        nothing_lies_about
        [[ -z $(find "$(lab_dir)" -maxdepth 1 -name "*.before-$(stamp)") ]]
    done
    # It ran on a directory without the old content: that is kept, whoever may want it.
    [[ -n $(find "$(lab_dir)" -maxdepth 1 -name '*.undone-*') ]]
}

stamp() {
    head -n 1 "$QUORATE_STATE/plans/$plan/journal.jsonl" | jq -r .inputs.stamp
}

@test "killed while it builds: undo clears up, too" {
    prepare
    for ((n = 1; n < 40; n += 2)); do
        status=0
        QUORATE_FAILPOINTS=file_sync=kill@$n recover >/dev/null 2>&1 || status=$?
        [[ $status -eq 137 ]] || break
        look
        [[ $state != unfinished ]] || "$QUORATE" plan undo "$plan" --yes
        wait_for 30 color_is blue
        nothing_lies_about
    done
    [[ $n -gt 8 && $n -lt 40 ]]
    color_is green
}

@test "another file in place of the snapshot: resume names it, and the old state is back" {
    prepare
    learn
    q snapshot save "$BATS_TEST_TMPDIR/blue.db"
    cp "$BATS_TEST_TMPDIR/green.db" "$BATS_TEST_TMPDIR/kept.db"

    cut_after '"done".*"stop m1"'
    cp "$BATS_TEST_TMPDIR/blue.db" "$BATS_TEST_TMPDIR/green.db"
    run -20 "$QUORATE" plan resume "$plan" --yes
    [[ $output == *"'$BATS_TEST_TMPDIR/green.db' is not the snapshot that this plan was made for"* ]]
    [[ $output == *"Hint: bring back the file with sha256 "* ]]
    wait_for 30 color_is blue

    cp "$BATS_TEST_TMPDIR/kept.db" "$BATS_TEST_TMPDIR/green.db"
    cut_after '"done".*"move-aside m1"'
    rm "$BATS_TEST_TMPDIR/green.db"
    run -4 "$QUORATE" plan resume "$plan" --yes
    [[ $output == *"'$BATS_TEST_TMPDIR/green.db': No such file or directory"* ]]
    wait_for 30 color_is blue
    look
    [[ $state == undone ]]
}

@test "a second recovery while one runs is refused, and says which and whose" {
    prepare
    QUORATE_STATE=$QUORATE_STATE "$QUORATE" --cluster lab:t recover \
        --file "$BATS_TEST_TMPDIR/green.db" --yes >/dev/null 2>&1 3>&- &
    first=$!
    wait_for 30 holds_the_lock $first
    kill -STOP $first
    look
    [[ $state == running ]]
    for command in "--cluster lab:t recover --file $BATS_TEST_TMPDIR/green.db" "plan resume $plan" \
        "plan undo $plan"; do
        # shellcheck disable=SC2086 # words
        run -19 "$QUORATE" $command --yes
        [[ $output == *"cluster 'lab:t' is locked by plan '$plan' (process $first)"* ]]
        [[ $output == *"Hint: wait until it ends; 'quorate plan show $plan' says what it does"* ]]
    done
    kill -CONT $first
    wait $first
    color_is green
}

holds_the_lock() {
    [[ $(jq .pid "$QUORATE_STATE/locks/lab:t.lock" 2>/dev/null) == "$1" ]]
}

@test "a plan that a later one has overtaken is neither resumed nor undone" {
    prepare
    learn
    cut_after '"done".*"move-aside m1"'
    older=$plan
    recover
    q put color red
    for verb in resume undo; do
        run -18 "$QUORATE" plan $verb "$older" --yes
        [[ $output == *"plan '$older' was overtaken: the later plan '"*"' has changed cluster 'lab:t'"* ]]
    done
    color_is red
}

@test "a disk that fails at any write, sync or rename: the old cluster runs on" {
    prepare
    for point in file_write file_sync file_rename; do
        # Every third: each takes an election. All of them under a restore: restore_kill.bats.
        for ((n = 1; n < 60; n += 3)); do
            status=0
            QUORATE_FAILPOINTS=$point=fail@$n recover >"$BATS_TEST_TMPDIR/said" 2>&1 || status=$?
            [[ $status -ne 0 ]] || break
            grep -q "^Error: .*'$QUORATE_STATE/" "$BATS_TEST_TMPDIR/said"
            # Without its journal a plan stops where it is; otherwise it has undone itself.
            look
            if [[ $state == unfinished ]]; then
                [[ $status -eq 23 ]]
                "$QUORATE" plan undo "$plan" --yes
            else
                [[ $status -eq 6 || $status -eq 7 ]]
            fi
            wait_for 30 color_is blue
            nothing_lies_about
        done
        [[ $n -gt 2 && $n -lt 60 ]]
        color_is green
        q put color blue
    done
}
