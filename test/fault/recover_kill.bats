#!/usr/bin/env bats
#
# kill -9 before and after every journal record of 'recover', then 'plan resume' or, at every other one,
# 'plan undo': always the proven or the old state. QUORATE_EVERY_MOMENT=1 does both at each.

bats_require_minimum_version 1.5.0
load ../harness/lab

STRIDE=${QUORATE_EVERY_MOMENT:-2}

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

newest_plan() {
    "$QUORATE" plan list -w json | jq -r '.plans[-1] | "\(.id) \(.state)"'
}

# Kills a recovery at passage N of the journal's failpoint; false when it got through.
killed_at() {
    local status=0
    QUORATE_FAILPOINTS=journal_append=kill@$1 "$QUORATE" --cluster lab:t recover --yes \
        >/dev/null 2>&1 || status=$?
    [[ $status -eq 137 ]]
}

# Starts over from the old state for the next moment.
back_to_blue() {
    q put color blue
}

@test "resume after a kill at journal records ends in the proven state" {
    prepare
    for ((n = 1; n < 200; n += STRIDE)); do
        killed_at $n || break
        read -r plan state < <(newest_plan)
        if [[ $state == unfinished ]]; then
            "$QUORATE" plan resume "$plan" --yes
            color_is green
            read -r _ state < <(newest_plan)
            [[ "$state" == "done" ]]
        fi
        [[ -z $(find "$(lab_dir)" -maxdepth 1 -name '*.restore-*') ]]
        back_to_blue
    done
    # It got through at last, so every record had its turn.
    [[ $n -gt 15 && $n -lt 200 ]]
    color_is green
}

@test "undo after a kill at journal records ends in the old state" {
    prepare
    for ((n = STRIDE; n < 200; n += STRIDE)); do
        killed_at $n || break
        read -r plan state < <(newest_plan)
        if [[ $state == unfinished || $state == "done" ]]; then
            "$QUORATE" plan undo "$plan" --yes || [[ $state == unfinished && $? -eq 3 ]]
        fi
        wait_for 30 color_is blue
        [[ -z $(find "$(lab_dir)" -maxdepth 1 -name '*.before-*') ]]
    done
    [[ $n -gt 15 && $n -lt 200 ]]
}
