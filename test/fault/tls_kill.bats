#!/usr/bin/env bats
#
# kill -9 after journal records of 'tls renew' and 'tls rotate-ca': resumed, the new certificates are there and shown; undone,
# the old ones, byte for byte; and no key is left where it is not used. Every third record is tried, resumed and undone in turn;
# QUORATE_EVERY_MOMENT=1 tries all, and does both at each.

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

state_of_files() {
    (cd "$(lab_dir)/tls" && sha256sum ./* && stat -c '%n %u:%g %a %Y' ./*)
}

on_disk() {
    local m
    for m in $(q member list -w json | jq -r '.members[].name' | sort); do
        echo "$m $(openssl x509 -in "$(lab_dir)/tls/$m.crt" -outform DER | sha256sum | cut -d' ' -f1)"
    done
}

shown() {
    q tls inspect -w json |
        jq -r '.certificates[] | select(.where | startswith("https:")) | "\(.member) \(.fingerprint)"' | sort -u
}

nothing_is_left() {
    [[ ! -e $QUORATE_STATE/tls || -z $(ls "$QUORATE_STATE/tls") ]] &&
        [[ -z $(find "$(lab_dir)/tls" -name '.*' -mindepth 1) ]]
}

kill_before() {
    before=$(state_of_files)
}

kill_left() {
    wait_for 10 q put written "$SRANDOM"
}

kill_goal() {
    [[ $(state_of_files) != "$before" && $(shown) == "$(on_disk)" ]] && nothing_is_left
}

kill_old() {
    [[ $(state_of_files) == "$before" && $(shown) == "$(on_disk)" ]] && nothing_is_left
}

@test "renew, killed at its journal records" {
    lab_up --members 2 --tls
    kill_sweep "$KILLS_HOW" --cluster lab:t tls renew --all --yes
    echo "# killed at $kills_moments moments, $kills_resumed resumed, $kills_undone undone" >&3
    [[ $kills_moments -gt 3 && $kills_undone -gt 2 && $kills_resumed -gt 0 ]]
}

# Who runs with what it read when it started is no matter: that it serves is.
@test "rotate-ca, killed at its journal records" {
    lab_up --members 1 --tls
    "$QUORATE" tls init "$BATS_TEST_TMPDIR/new" --name 'the new one'
    # Its plan is three times as long.
    [[ -n ${QUORATE_EVERY_MOMENT:-} ]] || KILLS_STRIDE=4
    kill_sweep "$KILLS_HOW" --cluster lab:t tls rotate-ca "$BATS_TEST_TMPDIR/new/ca.crt" --yes
    echo "# killed at $kills_moments moments, $kills_resumed resumed, $kills_undone undone" >&3
    [[ $kills_moments -gt 5 && $kills_undone -gt 2 && $kills_resumed -gt 0 ]]
}
