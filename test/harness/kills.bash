# shellcheck shell=bash
#
# kill -9 of quorate while it carries out a plan: `load ../harness/kills` beside the harness of the servers. The
# program is built with failpoints.
#
#   killed_at N COMMAND...   runs quorate with this command; it is killed at passage N of the failpoint $KILLS_AT
#                            (journal_append: behind the journal's record N). False when it got through
#   newest_plan              "ID STATE" of the newest plan
#   kill_sweep HOW COMMAND...
#                            kills the command at passages KILLS_FIRST (1), then each KILLS_STRIDE-th (1), until it
#                            gets through. What it left unfinished is resumed (HOW is "resume"), undone ("undo"),
#                            resumed and then undone ("both"), or at every other moment the one and the other
#                            ("turns": each is undone in the end)
#   kill_chain COMMAND...    kills it behind its first record, then each resumption a few records further, until one ends
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
#
# and reads kills_moments, kills_resumed, kills_undone and kills_refused afterwards.

KILLS_AT=journal_append
KILLS_FIRST=1
KILLS_STRIDE=1
KILLS_MOST=400 # an end for what never gets through

kill_before() { :; }
kill_left() { :; }
kill_back() { :; }
kill_may_refuse() { false; }
kill_quorate() { "$QUORATE" "$@"; }

newest_plan() {
    "$QUORATE" plan list -w json | jq -r '.plans[-1] | "\(.id) \(.state)"'
}

killed_at() {
    local n=$1 status=0
    shift
    QUORATE_FAILPOINTS=$KILLS_AT=kill@$n kill_quorate "$@" >"$BATS_TEST_TMPDIR/killed" 2>&1 || status=$?
    [[ $status -eq 137 || $status -eq 0 ]] || { cat "$BATS_TEST_TMPDIR/killed" >&2; exit 1; }
    [[ $status -eq 137 ]]
}

kill_sweep() {
    local how=$1 n
    shift
    kills_moments=0 kills_resumed=0 kills_undone=0 kills_refused=0
    for ((n = KILLS_FIRST; n < KILLS_MOST; n += KILLS_STRIDE)); do
        kill_before || return 1
        killed_at "$n" "$@" || break
        kill_left || return 1
        _kill_moment "$how" || { echo "killed at $KILLS_AT $n: $*" >&2; return 1; }
        kills_moments=$((kills_moments + 1))
    done
    # It got through at last, so all moments have had their turn.
    [[ $n -lt $KILLS_MOST ]]
}

kill_chain() {
    local n plan state
    kills_moments=0
    kill_before || return 1
    killed_at 1 "$@" || return 1
    for ((n = 1; n < KILLS_MOST; n++)); do
        kills_moments=$n
        kill_left || return 1
        read -r plan state < <(newest_plan)
        [[ $state == unfinished ]] || break
        # The first record of a resumption says that it is one, the second perhaps that a step begins once more.
        killed_at $((3 + n % 3)) plan resume "$plan" --yes || break
    done
    read -r _ state < <(newest_plan)
    [[ $n -lt $KILLS_MOST && $state == "done" ]] && kill_goal
}

# --- below: for this file only -----------------------------------------------------------------

_kill_moment() {
    local how=$1 plan state
    read -r plan state < <(newest_plan)
    [[ $how != turns ]] || how=$([[ $((kills_moments % 2)) -eq 0 ]] && echo undo || echo both)
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
}

_kill_undo() {
    local said=$BATS_TEST_TMPDIR/undone
    if ! kill_quorate plan undo "$1" --yes >"$said" 2>&1; then
        cat "$said" >&2
        grep -q 'cannot be undone: it passed step' "$said" && kill_may_refuse "$1" || return 1
        kills_refused=$((kills_refused + 1))
        [[ $(newest_plan) == *' done' ]] || _kill_resume "$1"
        return
    fi
    [[ $(newest_plan) == "$1 undone" ]] && kill_old || return 1
    kills_undone=$((kills_undone + 1))
}
