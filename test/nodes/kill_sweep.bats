#!/usr/bin/env bats
#
# kill -9 of quorate at the journal records of each procedure, and in the middle of its steps (behind a command
# on a host, behind an answer of etcd's), on real hosts, while a client writes: 'plan resume' ends in the goal,
# 'plan undo' in the old state, there are never fewer voters than announced, and no acknowledged write is lost.
#
# A moment takes half a minute. KILLS_RECORDS and KILLS_COMMANDS say which records, and commands, are moments: 9 is
# each ninth, 9@2 each ninth from the second on, 1 all of them, 0 none (9 and 23). At one moment the plan is undone, at
# the next resumed and then undone; the undo is killed at one of its first KILLS_UNDO records (10) or commands (60), and
# asked for again. A moment that fails is told; then the cluster is laid out anew, and others follow.
#
# "Again and again" kills one plan on its way and on its way back: behind records, then each KILLS_FURTHER (12) commands
# further than the time before. KILLS_RECORDS=0 and KILLS_COMMANDS=0 leave the one and the other out; with KILLS_AGAIN=each
# each record of the plan is once the last before a kill.

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

# What a test that failed has left is laid out anew.
teardown() {
    [[ -n $BATS_TEST_COMPLETED ]] || rm -f "$BATS_FILE_TMPDIR/layout"
}

kill_quorate() {
    q "$@"
}

# What has no way back ends its cluster. Who writes to a lost majority has no answer, and what the rescued took could not
# be undone: its writer ends before.
kill_before() {
    procedures_clean
    [[ $procedure != replace-gone || $(_procedure_voters) != *db4* ]] || procedure_back "$procedure" || return 1
    [[ $procedure != rescue ]] || writes_are_there || return 1
    writing_begins || return 1
    [[ $procedure != rescue ]] || { sleep 3 && writer_stop >/dev/null; } || return 1
    procedure_before "$procedure"
}

# A writer would not let a recovery be undone.
kill_left() {
    [[ $procedure == @(recover|rescue) ]] || {
        wait_for 20 q --cluster prod put left "$SRANDOM" >/dev/null &&
            [[ $(_procedure_voters | wc -w) -ge $(procedure_voters "$procedure") ]]
    }
}

kill_goal() {
    procedure_goal "$procedure" && { [[ $procedure != @(replace-gone|rescue) ]] || writes_are_there; }
}

kill_old() {
    procedure_old "$procedure"
}

kill_may_refuse() {
    ! procedure_can_be_undone "$procedure"
}

kill_told() {
    note "$procedure on ${PROCEDURES_LAYOUT}: $KILLS_AT $1: $2, $((SECONDS - began)) s"
    began=$SECONDS
}

kill_failed() {
    {
        "$QUORATE" plan show latest
        q --cluster prod member list
        tail -n 30 "$BATS_TEST_TMPDIR/killed"
    } >&2
    writing_ends
    procedures_anew
}

writing_begins() {
    [[ $procedure == recover || -n $writing ]] || { writer_start db1 db2 db3 && writing=yes; }
}

# That of a rescue has ended already.
writing_ends() {
    [[ -z $writing ]] || { writing='' && { [[ $procedure == rescue ]] || writer_stop >/dev/null; }; }
}

writes_are_there() {
    local counts
    [[ -n $writing ]] || return 0
    writing_ends
    counts=$(writer_check db1) || { note "$procedure: writes are missing: $counts"; return 1; }
    acknowledged=$((acknowledged + $(jq .acknowledged <<<"$counts")))
}

# sweep PROCEDURE [LAYOUT]: at records, then in the middle of steps.
sweep() {
    local writing='' acknowledged=0 failures=0 began=$SECONDS
    procedure=$1
    procedures_on "${2:-debian}"
    procedure_command "$procedure"
    moments journal_append "${KILLS_RECORDS:-9}"
    moments host_ran "${KILLS_COMMANDS:-23}"
    writes_are_there
    tell "$procedure on $PROCEDURES_LAYOUT: $acknowledged writes acknowledged, all there"
    [[ $failures -eq 0 ]]
}

# moments FAILPOINT STRIDE[@FIRST]
moments() {
    [[ $2 != 0 ]] || return 0
    KILLS_AT=$1 KILLS_STRIDE=${2%@*} KILLS_FIRST=$((1 + ${2%@*} / 2))
    [[ $2 != *@* ]] || KILLS_FIRST=${2#*@}
    KILLS_BACK=$([[ $1 == journal_append ]] && echo "${KILLS_UNDO:-10}" || echo "${KILLS_UNDO:-60}")
    kill_sweep turns "${command[@]}" || failures=$((failures + 1))
    tell "$procedure on $PROCEDURES_LAYOUT, killed at $1 $2: $kills_moments moments, $kills_resumed resumed," \
        "$kills_undone undone ($kills_back of these undos killed, too), $kills_refused with no way back, $((kills_moments - kills_failed)) survived, $kills_failed not"
    [[ $kills_moments -gt 0 ]]
    back_again
}

# The last time it got through.
back_again() {
    procedure_goal "$procedure"
    if procedure_can_be_undone "$procedure"; then
        q plan undo latest --yes
        procedure_old "$procedure"
    else
        writes_are_there
        procedure_back "$procedure"
    fi
}

tell() {
    echo "# $*" >&3
    note "$*"
}

note() {
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

@test "replace by another host, killed" {
    sweep replace-gone
}

@test "recover, killed" {
    sweep recover
}

@test "grow by static pods, killed" {
    sweep grow static-pod
}

@test "recover of static pods, killed" {
    sweep recover static-pod
}

@test "grow with TLS, killed" {
    sweep grow debian+tls
}

# chain PROCEDURE [LAYOUT]: on its way there, and on its way back, behind records; then behind commands.
chain() {
    local writing='' acknowledged=0
    procedure=$1
    procedures_on "${2:-debian}"
    procedure_command "$procedure"
    # Each resumption verifies the snapshot anew.
    [[ $procedure != recover || $KILLS_AGAIN == each ]] || KILLS_AGAIN=5
    [[ ${KILLS_RECORDS:-1} == 0 ]] || chain_at journal_append
    [[ ${KILLS_COMMANDS:-1} == 0 ]] || KILLS_STRIDE=${KILLS_FURTHER:-12} chain_at host_ran
    writes_are_there
    tell "$procedure on $PROCEDURES_LAYOUT: $acknowledged writes acknowledged, all there"
    # Its cluster has other hosts now.
    [[ $procedure != replace-gone ]] || rm "$BATS_FILE_TMPDIR/layout"
}

chain_at() {
    local records
    KILLS_AT=$1
    kill_chain "${command[@]}"
    records=$(journal | wc -l)
    tell "$procedure on $PROCEDURES_LAYOUT: killed at $KILLS_AT $kills_moments times on the way to $records records, and done"
    procedure_can_be_undone "$procedure" || return 0
    kill_chain_back
    tell "$procedure on $PROCEDURES_LAYOUT: killed at $KILLS_AT $kills_moments times on the way back, of" \
        "$(($(journal | wc -l) - records)) records, and undone"
}

journal() {
    cat "$QUORATE_STATE/plans/$(newest_plan | cut -d ' ' -f 1)/journal.jsonl"
}

@test "grow, killed again and again on its way and on its way back" {
    chain grow
}

@test "shrink, killed again and again" {
    chain shrink
}

@test "replace, killed again and again" {
    chain replace
}

@test "replace by another host, killed again and again" {
    chain replace-gone
}

@test "move, killed again and again" {
    chain move
}

@test "rescue, killed again and again" {
    chain rescue
}

@test "recover, killed again and again" {
    chain recover
}

@test "grow by static pods, killed again and again" {
    chain grow static-pod
}

@test "recover of static pods, killed again and again" {
    chain recover static-pod
}

@test "grow with TLS, killed again and again" {
    chain grow debian+tls
}
