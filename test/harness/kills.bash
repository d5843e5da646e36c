# shellcheck shell=bash
#
# kill -9 of quorate while it carries out a plan: `load ../harness/kills` beside the harness of the servers. The
# program is built with failpoints.
#
#   killed_at N COMMAND...   runs quorate with this command; it is killed at passage N of the failpoint $KILLS_AT
#                            (journal_append: behind the journal's record N). False when it got through: with status
#                            1, or 2 when it failed, and its words are told
#   newest_plan              "ID STATE" of the newest plan
#   kill_sweep HOW COMMAND...
#                            kills the command at passages KILLS_FIRST (1), then each KILLS_STRIDE-th (1), until it
#                            gets through. What it left unfinished is resumed (HOW is "resume"), undone ("undo"),
#                            resumed and then undone ("both"), or at every other moment the one and the other
#                            ("turns": each is undone in the end)
#                            With KILLS_BACK each undo is killed, too, at a passage up to that number, another one
#                            each time, and then asked for once more
#   kill_chain COMMAND...    kills it behind its first record, then each resumption behind KILLS_AGAIN (3) records or
#                            up to two more, until one ends. KILLS_AGAIN=each: behind the first record that none
#                            before it has written, so that each record is once the last. At other failpoints: each
#                            KILLS_STRIDE passages further than the one before
#   kill_chain_back          undoes the newest plan in the same way
#
# A test says what is to be seen by defining
#
#   kill_before              before each moment, from where the command begins (nothing)
#   kill_left                after each kill, whatever is left (nothing)
#   kill_goal                after each resumption (has to be defined)
#   kill_old                 after each undo (has to be defined)
#   kill_back                makes the old state out of the goal, where HOW is "resume" (nothing)
#   kill_quorate ARGUMENT... how quorate is run
#   kill_may_refuse PLAN     whether a plan that says that it cannot be undone is right; then it is resumed
#   kill_told N WHAT         what came of each moment: undone, resumed and so on, or FAILED (nothing)
#   kill_failed N            after a moment that failed; the sweep goes on when it is true (false)
#
# and reads kills_moments, kills_resumed, kills_undone, kills_refused, kills_back (undos killed) and
# kills_failed afterwards.

KILLS_AT=journal_append
KILLS_FIRST=1
KILLS_STRIDE=1
KILLS_BACK=
KILLS_AGAIN=${KILLS_AGAIN:-3}
KILLS_MOST=400 # an end for what never gets through

kill_before() { :; }
kill_left() { :; }
kill_back() { :; }
kill_may_refuse() { false; }
kill_told() { :; }
kill_failed() { false; }
kill_quorate() { "$QUORATE" "$@"; }

newest_plan() {
    "$QUORATE" plan list -w json | jq -r '.plans[-1] | "\(.id) \(.state)"'
}

killed_at() {
    local n=$1 status=0
    shift
    QUORATE_FAILPOINTS=$KILLS_AT=kill@$n kill_quorate "$@" >"$BATS_TEST_TMPDIR/killed" 2>&1 || status=$?
    case $status in
        137) return 0 ;;
        0) return 1 ;;
    esac
    cat "$BATS_TEST_TMPDIR/killed" >&2
    return 2
}

kill_sweep() {
    local how=$1 n status
    shift
    kills_moments=0 kills_resumed=0 kills_undone=0 kills_refused=0 kills_back=0 kills_failed=0
    for ((n = KILLS_FIRST; n < KILLS_MOST; n += KILLS_STRIDE)); do
        status=0
        _kill_moment "$n" "$how" "$@" || status=$?
        [[ $status -ne 1 ]] || break
        kills_moments=$((kills_moments + 1))
        [[ $status -eq 0 ]] || _kill_goes_on "$n" "$@" || return 1
    done
    # It got through at last, so all moments have had their turn.
    [[ $n -lt $KILLS_MOST && $kills_failed -eq 0 ]]
}

kill_chain() {
    kill_before && _kill_chain "done" "$@" && kill_goal
}

kill_chain_back() {
    _kill_chain undone plan undo latest --yes && kill_old
}

# --- below: for this file only -----------------------------------------------------------------

# _kill_chain STATE COMMAND...: the state in which it ends. kills_moments are the kills behind which there was a plan.
_kill_chain() {
    local n at plan state='' words end=$1
    shift
    kills_moments=0
    for ((n = 1; n < KILLS_MOST; n++)); do
        words=("$@") at=1
        [[ $state != unfinished ]] || words=(plan resume "$plan" --yes)
        # The first record of a resumption says that it is one, the second perhaps that a step begins once more.
        [[ $state != unfinished ]] || at=$(_kill_again "$plan" "$n")
        # What is not counted in records comes a little further each time.
        [[ $KILLS_AT == journal_append ]] || at=$((n * KILLS_STRIDE))
        killed_at "$at" "${words[@]}" || break
        kill_left || return 1
        read -r plan state < <(newest_plan)
        [[ $state != "$end" && $state != unfinished ]] || kills_moments=$((kills_moments + 1))
        # Behind the record of its end.
        [[ $state != "$end" ]] || break
    done
    read -r _ state < <(newest_plan)
    [[ $n -lt $KILLS_MOST && $state == "$end" ]]
}

# Behind how many of its own records resumption N is killed. A step that is begun anew writes its beginning and its
# marks again. What ended behind a record that was there before is let go one further: some steps, as proofs, are done
# again by each process.
_kill_again() {
    if [[ $KILLS_AGAIN != each ]]; then
        echo $((KILLS_AGAIN + $2 % 3))
        return
    fi
    jq -rs 'map(del(.seq, .at, .crc)) as $all
        | ($all | map(.type == "resume") | rindex(true) // 0) as $mine
        | if $all[-1].type != "resume" and any($all[:-1][]; . == $all[-1]) then ($all | length) - $mine + 1
          else reduce $all[].type as $type (0;
              if $type == "begin" or $type == "undoing" then 1
              elif $type == "mark" then . + 1
              elif $type == "resume" then .
              else 0 end) | . + 2
          end' "$QUORATE_STATE/plans/$1/journal.jsonl"
}

# Killed there, and what is left carried out: 1 when it got through, 2 when it is not as it should be.
_kill_moment() {
    local n=$1 how=$2 last
    shift 2
    [[ $how != turns ]] || how=$([[ $((kills_moments % 2)) -eq 0 ]] && echo undo || echo both)
    kill_before || return 2
    last=$(newest_plan)
    killed_at "$n" "$@" || return
    kill_left || return 2
    kills_came=()
    [[ $(newest_plan) == "$last" ]] || _kill_carry_out "$how" || return 2
    kill_told "$n" "${kills_came[*]:-nothing was begun}"
}

_kill_goes_on() {
    echo "killed at $KILLS_AT $1: ${*:2}" >&2
    kills_failed=$((kills_failed + 1))
    kill_told "$1" FAILED
    kill_failed "$1"
}

_kill_carry_out() {
    local how=$1 plan state
    read -r plan state < <(newest_plan)
    [[ $state == unfinished || $state == "done" ]] || return 0
    [[ $how == undo || $state == "done" ]] || _kill_resume "$plan" || return 1
    case $how in
        resume) kill_back ;;
        *) _kill_undo "$plan" ;;
    esac
}

_kill_resume() {
    kill_quorate plan resume "$1" --yes && [[ $(newest_plan) == "$1 done" ]] && kill_goal || return 1
    kills_resumed=$((kills_resumed + 1))
    kills_came+=(resumed)
}

_kill_undo() {
    local said=$BATS_TEST_TMPDIR/undone
    _kill_undo_killed "$1" || return 1
    if [[ $(newest_plan) != "$1 undone" ]] && ! kill_quorate plan undo "$1" --yes >"$said" 2>&1; then
        cat "$said" >&2
        grep -q 'cannot be undone: it passed step' "$said" && kill_may_refuse "$1" || return 1
        kills_refused=$((kills_refused + 1))
        kills_came+=("no way back")
        [[ $(newest_plan) == *' done' ]] || _kill_resume "$1"
        return
    fi
    [[ $(newest_plan) == "$1 undone" ]] && kill_old || return 1
    kills_undone=$((kills_undone + 1))
    kills_came+=(undone)
}

# 11 has no divisor among the numbers that are likely.
_kill_undo_killed() {
    local status=0
    [[ -n $KILLS_BACK ]] || return 0
    killed_at $((1 + kills_moments * 11 % KILLS_BACK)) plan undo "$1" --yes || status=$?
    [[ $status -eq 0 ]] || return 0
    kills_back=$((kills_back + 1))
    kills_came+=("undo killed")
    kill_left
}
