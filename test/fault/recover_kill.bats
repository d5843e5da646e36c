#!/usr/bin/env bats
#
# kill -9 before and after every journal record of 'recover', then 'plan resume' or, at every other one,
# 'plan undo': always the proven or the old state. QUORATE_EVERY_MOMENT=1 does both at each.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2317 # hooks and counts are those of kills.bash
bats_require_minimum_version 1.5.0
load ../harness/lab
load ../harness/kills

KILLS_STRIDE=${QUORATE_EVERY_MOMENT:-2}

setup_file() {
    export BATS_TEST_TIMEOUT=300 # many recoveries, one after the other
}

setup() {
    lab_setup
}

teardown() {
    lab_teardown
}

# A cluster whose old state and whose backup can be told apart: green is saved, blue is newer.
prepare() {
    lab_up --members 1
    q put color green
    q backup now
    q put color blue
}

color_is() {
    [[ $(q get color --print-value-only) == "$1" ]]
}

kill_goal() {
    color_is green && nothing_left '*.restore-*'
}

kill_old() {
    wait_for 30 color_is blue && nothing_left '*.before-*'
}

# Starts over from the old state for the next moment.
kill_back() {
    q put color blue
}

nothing_left() {
    [[ -z $(find "$(lab_dir)" -maxdepth 1 -name "$1") ]]
}

@test "resume after a kill at journal records ends in the proven state" {
    prepare
    kill_sweep resume --cluster lab:t recover --yes
    [[ $kills_resumed -gt $((15 / KILLS_STRIDE)) ]]
    color_is green
}

@test "undo after a kill at journal records ends in the old state" {
    prepare
    KILLS_FIRST=$KILLS_STRIDE
    kill_sweep undo --cluster lab:t recover --yes
    [[ $kills_undone -gt $((15 / KILLS_STRIDE)) ]]
}
