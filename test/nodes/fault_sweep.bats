#!/usr/bin/env bats
#
# One thing goes wrong on a host while a procedure is at one of its steps: the plan ends well all the same, or it
# says why it stopped and what to do, and has undone what it began, or goes on once the fault is gone. The first is
# told as "rode it out", the others as "undid itself" and "resumed".
#
# quorate stands still behind the record that begins the step; the fault is made; quorate goes on. Each step has
# one of its faults by turns; FAULTS_ALL=1 tries every one. FAULTS_ONLY="grow:start:cut ..." tries these.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2317 # bats', and hooks and counts of kills.bash
bats_require_minimum_version 1.5.0
load ../harness/nodes
load ../harness/kills
load procedures

patience_s=400 # until a plan has come to the step, and until it has ended, on a slow machine

setup_file() {
    PROCEDURES_DISKS="db1 db2 db3 db4" procedures_up debian
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

# Which host something happens to at a step of a procedure: that of its member, or of who joins or leaves.
target_of() {
    case $1:$2 in
        rescue:*) echo db1 ;;
        replace-gone:*) echo db4 ;;
        *' db'?) echo "${2##* }" ;;
        grow:* | move:*) echo db4 ;;
        *) echo db3 ;;
    esac
}

# What can go wrong at a step: not what nobody would notice, as a port that is taken when etcd has it.
faults_of() {
    case $1:${2%% *} in
        rescue:look | rescue:take | rescue:configure) echo cut reboot ;;
        rescue:stop) echo frozen cut reboot ;;
        rescue:build) ;; # on our own machine
        rescue:prove) echo cut reboot frozen ;;
        *:preflight | *:look) echo cut reboot leader ;;
        grow:add-learner | move:add-learner | replace-gone:add-learner) echo cut disk port leader reboot ;;
        *:add-learner) echo cut reboot leader port ;;
        grow:configure | move:configure | replace-gone:configure) echo disk cut reboot port leader ;;
        recover:configure) echo cut reboot ;;
        *:configure) echo disk cut reboot port ;;
        *:start) echo owner port cut reboot disk ;;
        *:catch-up | *:promote | *:settle | *:prove) echo frozen leader cut reboot ;;
        recover:stop) echo frozen cut reboot ;;
        *:deliver) echo disk cut reboot ;;
        recover:verify-snapshot | recover:build) ;; # on our own machine
        recover:move-aside | rescue:move-aside) echo cut reboot ;;
        recover:*) echo cut ;;
        *:move-leader | *:remove | *:remove-dead) echo leader cut frozen reboot ;;
        *:stop) echo reboot cut frozen ;;
        *:move-aside) echo reboot cut ;;
        *:forget) echo cut reboot ;;
        *) echo cut ;;
    esac
}

fault_on() {
    case $1 in
        cut) node_cut quorate "$2" ;;
        reboot) node_off "$2" ;;
        disk) node_sh "$2" mountpoint -q /var/lib/etcd && node_fill "$2" /var/lib/etcd ;;
        leader) node_kill "$(leader)" etcd ;;
        frozen) node_freeze "$2" etcd || true ;;
        owner) node_sh "$2" sh -c 'chown -R root: /var/lib/etcd/default' ;;
        port) node_take_port "$2" 2380 ;;
    esac
}

# What passes by itself has passed before the plan ends.
fault_passes() {
    case $1 in
        reboot) node_on "$2" ;;
    esac
}

fault_off() {
    case $1 in
        cut) node_uncut quorate "$2" ;;
        disk) node_unfill "$2" /var/lib/etcd ;;
        frozen) node_thaw "$2" etcd || true ;;
        owner) node_sh "$2" sh -c 'chown -R etcd: /var/lib/etcd/default 2>/dev/null' || true ;;
        port) node_free_port "$2" 2380 ;;
    esac
}

# The host of the member that leads.
leader() {
    q --cluster prod endpoint status -w json 2>/dev/null | jq -r '.[] | select(.Status.leader == .Status.header.member_id) | .Endpoint' |
        sed -n 's/.*10\.99\.0\.1\([1-9]\):.*/db\1/p' | head -n 1
}

# The journal's records that begin a step: "SEQ LABEL" on a line.
begin_records() {
    local plan
    plan=$(newest_plan | cut -d ' ' -f 1)
    jq -r 'select(.type == "begin") | "\(.seq) \(.label)"' "$QUORATE_STATE/plans/$plan/journal.jsonl"
}

quorate_pid() {
    pgrep -f -- "^$QUORATE --cluster prod"
}

stands_still() {
    local pid
    pid=$(quorate_pid) && [[ $(ps -o stat= -p "$pid") == T* ]]
}

# nsenter stops with its child, and goes on before it.
goes_on() {
    local pid
    pid=$(quorate_pid)
    kill -CONT "$pid" "$(ps -o ppid= -p "$pid" | tr -d ' ')"
}

has_ended() {
    ! kill -0 "$1" 2>/dev/null
}

# Says what is wrong with what a plan said that did not end well.
says_enough() {
    grep -q '^Error: ' "$said" || { echo "no error"; return 1; }
    grep -q '^Hint: ' "$said" || { echo "no remedy"; return 1; }
}

# cell SEQ LABEL FAULT: prints what came of it; false when it is not as it should be.
cell() {
    local seq=$1 label=$2 fault=$3 target pid state plan status=0 begin=$SECONDS
    said=$BATS_TEST_TMPDIR/said
    : >"$said"
    target=$(target_of "$procedure" "$label")
    # Without a quorum no write would come to its end, and what the rescued took could not be undone.
    [[ $procedure != rescue ]] || { sleep 3 && writing_ends; }
    procedure_before "$procedure" || { echo "not prepared"; return 1; }
    QUORATE_FAILPOINTS=journal_append=stop@$seq _nodes_exec "$QUORATE" "${command[@]}" </dev/null >"$said" 2>&1 3>&- &
    pid=$!
    wait_for $patience_s stands_still || { echo "did not come to the step"; return 1; }
    fault_on "$fault" "$target" || { echo "no fault"; return 1; }
    goes_on
    sleep 2
    fault_passes "$fault" "$target" || { echo "the host did not come back"; return 1; }
    wait_for $patience_s has_ended $pid || { echo "hangs"; kill -KILL "$(quorate_pid)"; return 1; }
    wait $pid || status=$?
    took=$((SECONDS - begin))
    fault_off "$fault" "$target"
    read -r plan state < <(newest_plan)
    if [[ $state == "done" ]]; then
        outcome="rode it out"
    else
        says_enough || return 1
        outcome="undid itself"
        if [[ $state == unfinished ]]; then
            q plan resume "$plan" --yes >>"$said" 2>&1 || { echo "resume fails"; return 1; }
            outcome=resumed
            [[ $(newest_plan) == "$plan done" ]] || outcome="went back when resumed"
        fi
    fi
    back_again "$plan"
}

# The goal, where the plan came to it; then the old state. All that was acknowledged is there in both.
back_again() {
    if [[ $(newest_plan) == *" done" ]]; then
        procedure_goal "$procedure" || { echo "not the goal"; return 1; }
        writing_ends && writes_are_there || return 1
        procedure_can_be_undone "$procedure" || { procedure_back "$procedure"; return; }
        q plan undo "$1" --yes >>"$said" 2>&1 || { echo "undo fails"; return 1; }
    fi
    procedure_old "$procedure" || { echo "not the old state"; return 1; }
    writing_ends && writes_are_there
}

writing_begins() {
    written=
    [[ $procedure == recover ]] || { writer_start db1 db2 db3 && writes=yes; }
}

# A second time it has ended already.
writing_ends() {
    [[ -n $writes ]] || return 0
    writes=
    writer_stop >/dev/null
}

writes_are_there() {
    [[ $procedure != recover ]] || return 0
    written=$(writer_check db1) || { echo "writes are missing: $written"; return 1; }
}

tell() {
    echo "# $*" >&3
    [[ -z ${QUORATE_NOTE:-} ]] || echo "$*" >>"$QUORATE_NOTE"
}

# sweep PROCEDURE
sweep() {
    local seq label fault faults host turn=0 tried=0 failed=0 why outcome='' took=0 writes='' written='' acknowledged=0
    procedure=$1
    procedure_command "$procedure"
    procedure_before "$procedure"
    q "${command[@]}"
    mapfile -t begins < <(begin_records)
    if procedure_can_be_undone "$procedure"; then
        q plan undo latest --yes
        procedure_old "$procedure"
    else
        procedure_back "$procedure"
    fi
    for each in "${begins[@]}"; do
        read -r seq label <<<"$each"
        read -ra faults < <(faults_of "$procedure" "$label") || true # none
        [[ ${#faults[@]} -gt 0 ]] || continue
        [[ -n ${FAULTS_ALL:-}${FAULTS_ONLY:-} ]] || faults=("${faults[turn++ % ${#faults[@]}]}")
        for fault in "${faults[@]}"; do
            [[ -z ${FAULTS_ONLY:-} || " $FAULTS_ONLY " == *" $procedure:${label// /_}:$fault "* ]] || continue
            tried=$((tried + 1))
            procedures_clean
            writing_begins
            # Not in a subshell: what it sets is told.
            if cell "$seq" "$label" "$fault" >"$BATS_TEST_TMPDIR/why"; then
                tell "$procedure | $label | $fault | $outcome | $took s"
                acknowledged=$((acknowledged + $(jq '.acknowledged // 0' <<<"${written:-null}")))
            else
                failed=$((failed + 1))
                why=$(<"$BATS_TEST_TMPDIR/why")
                tell "$procedure | $label | $fault | FAILED: $why | $took s"
                sed 's/^/    /' "$said" | tail -n 30 >&2
                writing_ends || true
                for host in db1 db3 db4; do
                    fault_off "$fault" "$host" 2>/dev/null || true
                done
                procedures_anew
            fi
        done
    done
    tell "$procedure: $tried faults, $((tried - failed)) survived, $failed not; $acknowledged writes acknowledged, all there"
    [[ $failed -eq 0 ]]
}

@test "grow, and something goes wrong" {
    sweep grow
}

@test "shrink, and something goes wrong" {
    sweep shrink
}

@test "move, and something goes wrong" {
    sweep move
}

@test "replace, and something goes wrong" {
    sweep replace
}

@test "replace-gone, and something goes wrong" {
    sweep replace-gone
}

@test "rescue, and something goes wrong" {
    sweep rescue
}

@test "recover, and something goes wrong" {
    sweep recover
}
