#!/usr/bin/env bats
#
# kill -9 before and after the journal records of 'member rescue': 'plan resume' ends in a cluster of one
# that has everything, 'plan undo' in what was there before, byte for byte of the inventory. Each third moment
# is tried, resumed and undone in turn; QUORATE_EVERY_MOMENT=1 tries all, and does both at each.

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

kill_goal() {
    wait_for 30 rescued
}

kill_old() {
    wait_for 30 old_state_is_back
}

@test "a rescue, killed at its journal records, is resumed and undone" {
    majority_lost
    kill_sweep "$KILLS_HOW" --cluster lab:t member rescue m1 --yes
    echo "# rescue: killed at $kills_moments moments, $kills_resumed resumed, $kills_undone undone" >&3
    [[ $kills_moments -gt $((15 / KILLS_STRIDE)) && $kills_resumed -gt 2 && $kills_undone -gt 4 ]]
    wait_for 30 rescued
}
