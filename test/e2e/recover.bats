#!/usr/bin/env bats
#
# The main job on each etcd version: a cluster of three is backed up, lost, recovered, proven.
#
# bats file_tags=one-etcd

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
}

teardown() {
    lab_teardown
}

# bats test_tags=each-etcd
@test "all three members lost: the cluster comes back with the backup's content" {
    lab_up
    "$QUORATE" lab load --name t --keys 2000
    q backup now -w json >"$BATS_TEST_TMPDIR/made"
    saved=$(field hashKv <"$BATS_TEST_TMPDIR/made")
    # The manifest tells how each member was started.
    jq -e '[.members[].flags | index("--initial-cluster-token")] | length == 3 and all' \
        "$(field folder <"$BATS_TEST_TMPDIR/made")/manifest.json"
    old_id=$(q status -w json | jq -r '.members[0].id')
    wreck
    q recover --yes
    [[ $(hashes) == "$saved" ]]
    [[ $(q get '' --prefix --count-only -w json | jq .count) -eq 1800 ]]
    # A fresh token: nobody has an old id.
    [[ $(q status -w json | jq -r '.members[].id') != *"$old_id"* ]]
    [[ $(q put after recovery) == OK ]]
    q status
    "$QUORATE" plan list -w json | jq -e '.plans[0].state == "done"'
}

@test "the plan is shown and nothing is done with --dry-run" {
    lab_up
    q put color green
    q backup now
    q recover --dry-run >"$BATS_TEST_TMPDIR/plan"
    grep -q 'stop member m1' "$BATS_TEST_TMPDIR/plan"
    [[ $(q get color --print-value-only) == green ]]
    [[ $("$QUORATE" plan list -w json | jq '.plans | length') -eq 0 ]]
}

# bats test_tags=few-etcds
@test "a recovery can be undone, until the new cluster took writes" {
    lab_up
    q put color green
    q backup now
    q put color blue
    q recover --yes
    [[ $(q get color --print-value-only) == green ]]
    plan=$("$QUORATE" plan list -w json | jq -r '.plans[0].id')
    "$QUORATE" plan undo "$plan" --yes
    wait_for 30 reads_blue

    q recover --yes
    plan=$("$QUORATE" plan list -w json | jq -r '.plans[-1].id')
    q put color red
    run -3 "$QUORATE" plan undo "$plan" --yes
    [[ $output == *"the new cluster took writes"* ]]
    [[ $(q get color --print-value-only) == red ]]
}

@test "one that had lost its data begins no empty cluster when its recovery is undone" {
    lab_up --members 1
    q put color green
    q backup now
    dir=$("$QUORATE" lab status --name t -w json | jq -r '.members[0].dataDir')
    rm -rf "$dir"
    q recover --yes
    [[ $(q get color --print-value-only) == green ]]
    "$QUORATE" plan undo latest --yes
    [[ ! -e $dir ]]
    "$QUORATE" lab status --name t -w json | jq -e '.members[0].state == "down"'
}

reads_blue() {
    [[ $(q get color --print-value-only) == blue ]]
}

# bats test_tags=few-etcds
@test "a bump lifts the revision, and an inherited alarm is cleared" {
    lab_up --members 1
    q put color green
    id=$(q member list -w json | jq '.members[0].ID')
    endpoint=$(q member list -w json | jq -r '.members[0].clientURLs[0]')
    curl -s -X POST -d "{\"action\":\"ACTIVATE\",\"memberID\":\"$id\",\"alarm\":\"NOSPACE\"}" \
        "$endpoint/v3/maintenance/alarm" >/dev/null
    run ! q put refused now
    run q backup now -w json
    revision=$("$QUORATE" backup show -w json | field revision)
    q recover --bump-revision 1000 --yes
    grep -q 'cleared the alarm NOSPACE' "$Q_ERR"
    [[ $(q get color -w json | jq .header.revision) -eq $((revision + 1000)) ]]
    [[ $(q put color blue) == OK ]]
}

@test "a damaged backup is refused before anything is stopped" {
    lab_up --members 1
    q put color green
    q backup now -w json >"$BATS_TEST_TMPDIR/made"
    file=$(field folder <"$BATS_TEST_TMPDIR/made")/snapshot.db
    printf X | dd of="$file" bs=1 seek=9000 conv=notrunc status=none
    run ! q recover --yes
    [[ $(q get color --print-value-only) == green ]]
    [[ -d $(lab_dir)/m1.etcd ]]
    run ! "$QUORATE" backup verify
}

@test "a snapshot file is recovered from, whatever the usual repository is" {
    lab_up --members 1
    q put color green
    q snapshot save "$BATS_TEST_TMPDIR/saved.db"
    q put color blue
    run -2 "$QUORATE" --cluster lab:t recover --repo "$QUORATE_REPO" --file "$BATS_TEST_TMPDIR/saved.db" --yes
    [[ $output == *"name either a backup's repository or a snapshot file"* ]]
    q recover --file "$BATS_TEST_TMPDIR/saved.db" --yes
    [[ $(q get color --print-value-only) == green ]]
}

@test "'latest' is the newest plan, of the cluster that is named" {
    run -4 "$QUORATE" plan show latest
    [[ $output == *"no plan yet in '$QUORATE_STATE'"* ]]
    lab_up --members 1
    q put color green
    q snapshot save "$BATS_TEST_TMPDIR/saved.db"
    q recover --file "$BATS_TEST_TMPDIR/saved.db" --yes
    first=$(q plan show latest -w json | jq -r .plan.id)
    q recover --file "$BATS_TEST_TMPDIR/saved.db" --yes
    [[ $(q plan show latest -w json | jq -r .plan.id) != "$first" ]]
    q plan undo latest --yes
    [[ $("$QUORATE" plan show latest -w json | jq -r .plan.state) == undone ]]
    [[ $("$QUORATE" plan show "$first" -w json | jq -r .plan.state) == "done" ]]
}
