#!/usr/bin/env bats
#
# kill -9 before and after the journal records of 'member rescue': 'plan resume' ends in a cluster of one
# that has everything, 'plan undo' in what was there before, byte for byte of the inventory. Each third moment
# is tried, resumed and undone in turn; QUORATE_EVERY_MOMENT=1 tries all, and does both at each.

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

# m1 is left of three; the inventory of then is kept.
majority_lost() {
    lab_up
    q put color green
    wreck m2 m3
    cp "$(lab_dir)/lab.json" "$BATS_TEST_TMPDIR/before.json"
}

# A member that was started without quorum answers nobody: that its data is the old one the next rescue
# shows.
old_state_is_back() {
    cmp -s "$(lab_dir)/lab.json" "$BATS_TEST_TMPDIR/before.json" &&
        [[ -z $(find "$(lab_dir)" -maxdepth 1 \( -name '*.before-*' -o -name '.*.restore-*' -o -name '*.draft' \)) ]] &&
        [[ -d $(lab_dir)/m1.etcd/member/wal ]] &&
        [[ $("$QUORATE" lab status --name t -w json | jq -r '[.members[].state] | join(" ")') == "running down down" ]]
}

rescued() {
    [[ $(q get color --print-value-only) == green ]] &&
        [[ $(q member list -w json | jq -r '[.members[].name] | join(" ")') == m1 ]] &&
        [[ $("$QUORATE" lab status --name t -w json | jq '.members | length') -eq 1 ]]
}

@test "a rescue, killed at its journal records, is resumed and undone" {
    majority_lost
    resumed=0 undone=0
    for ((n = 1; n < 100; n += STRIDE)); do
        status=0
        QUORATE_FAILPOINTS=journal_append=kill@$n "$QUORATE" --cluster lab:t member rescue m1 --yes \
            >"$BATS_TEST_TMPDIR/said" 2>&1 || status=$?
        [[ $status -eq 137 ]] || break
        read -r plan state < <(newest_plan)
        # Killed before its first record: there is no plan, or behind its last.
        if [[ $state == unfinished && ($((n % 2)) -eq 0 || $STRIDE -eq 1) ]]; then
            "$QUORATE" plan resume "$plan" --yes
            wait_for 30 rescued
            resumed=$((resumed + 1))
            state="done"
        fi
        if [[ $state == unfinished || $state == "done" ]]; then
            "$QUORATE" plan undo "$plan" --yes
            [[ $(newest_plan) == "$plan undone" ]]
            undone=$((undone + 1))
        fi
        wait_for 30 old_state_is_back
    done
    echo "# rescue: $((n / STRIDE)) moments, $resumed resumed, $undone undone" >&3
    # It got through at last.
    [[ $status -eq 0 && $n -gt 15 && $resumed -gt 2 && $undone -gt 5 ]]
    wait_for 30 rescued
}
