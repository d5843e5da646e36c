#!/usr/bin/env bats
#
# kill -9 of quorate at the journal records of each procedure, and in the middle of its steps (behind a command
# on a host, behind an answer of etcd's), on real hosts, while a client writes: 'plan resume' ends in the goal,
# 'plan undo' in the old state, there are never fewer voters than announced, and no acknowledged write is lost.
#
# A moment takes half a minute. KILLS_RECORDS and KILLS_COMMANDS say that each so-manieth record, and command, is
# a moment (9 and 23); 1 is all of them. At one moment the plan is undone, at the next resumed and then undone.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2317 # bats', and hooks and counts of kills.bash
bats_require_minimum_version 1.5.0
load ../harness/nodes
load ../harness/kills
load procedures

setup_file() {
    procedures_up debian
}

teardown_file() {
    nodes_down
}

setup() {
    procedures_setup
}

kill_quorate() {
    q "$@"
}

kill_before() {
    procedures_clean
    procedure_before "$procedure"
}

# A writer would not let a recovery be undone.
kill_left() {
    [[ $procedure == recover ]] || {
        wait_for 20 q --cluster prod put left "$SRANDOM" >/dev/null &&
            [[ $(_procedure_voters | wc -w) -ge $(procedure_voters "$procedure") ]]
    }
}

kill_goal() {
    procedure_goal "$procedure"
}

kill_old() {
    procedure_old "$procedure"
}

kill_may_refuse() {
    [[ $procedure == replace ]]
}

# sweep PROCEDURE: at records, then in the middle of steps.
sweep() {
    procedure=$1
    procedure_command "$procedure"
    [[ $procedure == recover ]] || writer_start db1 db2 db3
    moments journal_append "${KILLS_RECORDS:-9}"
    moments host_ran "${KILLS_COMMANDS:-23}"
    [[ $procedure == recover ]] || writes_are_there
}

# moments FAILPOINT STRIDE
moments() {
    KILLS_AT=$1 KILLS_STRIDE=$2 KILLS_FIRST=$((1 + $2 / 2))
    kill_sweep turns "${command[@]}"
    tell "$procedure, killed at one $1 of $2: $kills_moments moments, $kills_resumed resumed," \
        "$kills_undone undone, $kills_refused with no way back, all survived"
    [[ $kills_moments -gt 0 ]]
    # The last time it got through.
    if [[ $procedure == replace ]]; then
        procedure_goal replace
    else
        q plan undo latest --yes
        procedure_old "$procedure"
    fi
}

writes_are_there() {
    local counts
    writer_stop
    counts=$(writer_check db1)
    tell "$procedure, writes: $counts"
    [[ $(jq .missing <<<"$counts") -eq 0 ]]
}

tell() {
    echo "# $*" >&3
    [[ -z ${QUORATE_NOTE:-} ]] || echo "$*" >>"$QUORATE_NOTE"
}

@test "grow, killed" {
    sweep grow
}

@test "shrink, killed" {
    sweep shrink
}

@test "move, killed" {
    sweep move
}

@test "replace, killed" {
    sweep replace
}

@test "recover, killed" {
    sweep recover
}

@test "each procedure, killed again and again on its way, and resumed each time" {
    local records
    for procedure in $(procedure_names); do
        procedure_command "$procedure"
        kill_chain "${command[@]}"
        records=$(wc -l <"$QUORATE_STATE/plans/$(newest_plan | cut -d ' ' -f 1)/journal.jsonl")
        tell "$procedure: killed $kills_moments times on the way to $records records, and done"
        if [[ $procedure != replace ]]; then
            q plan undo latest --yes
            procedure_old "$procedure"
        fi
        procedures_clean
    done
}
