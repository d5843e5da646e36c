#!/usr/bin/env bats
#
# kill -9 at any moment of 'backup now' leaves nothing that looks like a backup: 20 moments, 50 with
# QUORATE_EVERY_MOMENT=1.

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
}

teardown() {
    lab_teardown
}

# A backup that is listed is whole; what is not whole is not listed.
repository_is_sound() {
    local label
    while read -r label; do
        "$QUORATE" backup verify "$label" >/dev/null || return 1
    done < <("$QUORATE" backup list -w json | jq -r '.backups[]?.label')
    [[ $("$QUORATE" backup list -w json | jq '[.backups[]? | select(.state != "proven")] | length') -eq 0 ]]
}

@test "killed at any moment, none leaves a half backup" {
    local moments=$((${QUORATE_EVERY_MOMENT:+30} + 20))
    lab_up --members 1
    "$QUORATE" lab load --name t --keys 3000
    mkdir "$QUORATE_REPO"
    started=$(date +%s%N)
    q backup now
    whole_us=$((($(date +%s%N) - started) / 1000))
    killed=0
    for ((n = 1; n <= moments; n++)); do
        "$QUORATE" --cluster lab:t backup now >/dev/null 2>&1 &
        pid=$!
        # Spread over the time that a backup takes.
        sleep "$(printf '%d.%06d' $((whole_us * n / moments / 1000000)) $((whole_us * n / moments % 1000000)))"
        kill -9 $pid 2>/dev/null && killed=$((killed + 1))
        wait $pid 2>/dev/null || true
        repository_is_sound
    done
    [[ $killed -ge $((moments * 2 / 5)) ]]
    # The next one clears what is left.
    q backup now
    [[ -z $(find "$QUORATE_REPO" -name '.draft-*') ]]
}

@test "a disk that fails at any write or sync leaves nothing" {
    lab_up --members 1
    q put color green
    mkdir "$QUORATE_REPO"
    for point in file_write file_sync file_rename; do
        for n in {1..12}; do
            if QUORATE_FAILPOINTS=$point=fail@$n q backup now; then
                break
            fi
            repository_is_sound
            [[ -z $(find "$QUORATE_REPO" -name '.draft-*') ]]
        done
        [[ $n -gt 1 ]]
    done
}
