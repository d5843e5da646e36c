#!/usr/bin/env bats
#
# 'status --watch' on real terminals: tmux is the terminal, its panes are read as text.
#
# bats file_tags=one-etcd

# shellcheck disable=SC2154 # stderr comes from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
    export LC_ALL=C.UTF-8 COLORTERM='' TERM=xterm
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    [[ -n ${BATS_TEST_COMPLETED-} ]] || screen -e 2>/dev/null || true
    tm kill-server 2>/dev/null || true
    lab_signal CONT 2>/dev/null || true
    lab_teardown
}

# A server of this test alone. bats waits for whoever holds its descriptor 3.
tm() {
    tmux -f /dev/null -S "$BATS_TEST_TMPDIR/tmux" "$@" 3>&-
}

# terminal COLUMNS LINES: a shell in a terminal of this size.
terminal() {
    tm new-session -d -x "$1" -y "$2" 'exec bash --norc --noprofile'
    type_line "PS1='ready> '"
    wait_for 10 screen_has_line 'ready>'
}

keys() {
    tm send-keys "$@"
}

type_line() {
    keys -l "$1"
    keys Enter
}

# watch [OPTION...]: begun in the terminal, and seen.
watch() {
    type_line "$QUORATE status --watch --cluster lab:t $*; echo code \$?"
    wait_for 10 screen_has 'voters serve'
}

screen() {
    tm capture-pane -p "$@"
}

screen_has() {
    [[ $(screen) == *"$1"* ]]
}

screen_lacks() {
    ! screen_has "$1"
}

screen_has_line() {
    screen | grep -qxF -- "$1"
}

# row MEMBER: its line.
row() {
    screen | grep -E "^$1 "
}

row_has() {
    [[ $(row "$1") == *"$2"* ]]
}

# lab_signal SIGNAL [MEMBER...]
lab_signal() {
    local member pids
    pids=$("$QUORATE" lab status --name t -w json || true) # that one is frozen is no failure here
    for member in "${@:2}"; do
        kill "-$1" "$(jq --arg name "$member" '.members[] | select(.name == $name) | .pid' <<<"$pids")"
    done
    [[ $# -gt 1 ]] || jq '.members[].pid' <<<"$pids" | xargs -r kill "-$1"
}

# within MILLISECONDS COMMAND...: as wait_for, to the tenth of a second.
within() {
    local began=${EPOCHREALTIME/./} limit_us=$(($1 * 1000))
    shift
    until "$@"; do
        [[ $((${EPOCHREALTIME/./} - began)) -lt $limit_us ]] || return 1
        sleep 0.02
    done
}

# The exit code that the shell told.
code() {
    screen | sed -n 's/^code \([0-9][0-9]*\)$/\1/p' | tail -n 1
}

code_is_seen() {
    [[ -n $(code) ]]
}

screen_is_cleared() {
    screen_lacks 'code ' && screen_has_line marked
}

writes_are_seen() {
    q put k v >/dev/null
    [[ $(screen) =~ writes\ ([1-9][0-9]*|0\.[1-9])(\.[0-9])?/s.*[▂▃▄▅▆▇█] ]]
}

# The columns before the last one of a cluster without TLS: times of the disk.
disk_is_seen() {
    q put k v >/dev/null
    [[ $(row m1) =~ [0-9]\ m?s\ +[0-9.]+\ m?s\ +-$ ]]
}

# bats test_tags=few-etcds
@test "80, 120 and 200 columns, resized while it runs, with rates that are real" {
    local url
    lab_up --members 3 --timeout 2m
    terminal 80 24
    watch --interval 500ms
    screen_has 'WELL  3 of 3 voters serve; one member may fail'
    [[ $(screen | grep -c -E '^m[123] +(leader|follower) +well +[0-9.]+ ') -eq 3 ]]
    [[ $(screen | grep -c -E '^m[123] +leader ') -eq 1 ]]
    screen_has 'LATENCY'
    screen_lacks 'ALARMS'
    screen_has 'q quit'
    wait_for 10 writes_are_seen

    tm resize-window -x 120 -y 30
    wait_for 10 screen_has 'LATENCY, SO FAR'
    screen_has 'ALARMS'
    screen_lacks 'ENDPOINT'
    tm resize-window -x 200 -y 24
    wait_for 10 screen_has 'APPLIED, SO FAR'
    # Two readings of the members' figures, 5 s apart, with writes in between.
    wait_for 20 disk_is_seen
    tm resize-window -x 240 -y 24
    wait_for 10 screen_has 'ENDPOINT'
    for url in $("$QUORATE" lab status --name t -w json | jq -r '.members[].clientUrl'); do
        screen_has "$url"
    done
    tm resize-window -x 80 -y 10
    wait_for 10 screen_lacks 'ALARMS'
    wait_for 10 screen_has 'm3 '
    # Too small for anything is no reason to end.
    tm resize-window -x 10 -y 2
    wait_for 10 screen_lacks 'm3 '
    tm resize-window -x 80 -y 24
    wait_for 10 row_has m3 'well'
}

@test "keys: select, a member's details, sort, turn, pause, interval, help, end" {
    local clock
    lab_up --members 3 --timeout 2m
    terminal 120 40
    watch
    screen_has 'every 1s'
    screen_has 'MEMBER^'
    keys Down
    keys Enter
    wait_for 10 screen_has 'Raft index'
    screen_has_line m2
    keys Escape
    wait_for 10 screen_lacks 'Raft index'
    keys j
    keys Enter
    wait_for 10 screen_has_line m3
    keys Enter
    wait_for 10 screen_has 'MEMBER^'
    keys r
    wait_for 10 screen_has 'MEMBERv'
    [[ $(screen | grep -oE '^m[123] ' | tr -d ' \n') == m3m2m1 ]]
    keys s
    wait_for 10 screen_lacks 'MEMBERv'
    keys '?'
    wait_for 10 screen_has 'a longer, a shorter interval'
    keys q
    wait_for 10 screen_has 'LATENCY'
    keys w
    wait_for 10 screen_has_line Why
    keys w
    keys +
    wait_for 10 screen_has 'every 2s'
    keys - -
    wait_for 10 screen_has 'every 500ms'
    keys p
    wait_for 10 screen_has PAUSED
    # A look that was under way may still come in; from then on the clock stands.
    sleep 0.5
    clock=$(screen | grep -oE '[0-9:]{8}Z')
    q put k v >/dev/null
    sleep 1.2
    screen_has "$clock"
    keys Space
    wait_for 10 screen_lacks "$clock"
    keys q
    wait_for 10 screen_has_line 'code 0'
}

@test "a frozen member is seen within seconds, and no key waits for it; one that is killed comes back" {
    lab_up --members 3 --timeout 2m
    terminal 80 24
    watch --command-timeout 5s
    lab_signal STOP m2
    within 20000 row_has m2 'no answer'
    # A new leader is needed when it was the old one's turn.
    within 20000 row_has m1 well
    within 20000 row_has m3 well
    within 20000 screen_has 'WARNING  2 of 3 voters serve; no further member may fail'
    # In the middle of a look that waits for it, for some 4 s more.
    within 20000 screen_has 'waiting for answers, 1 s'
    keys '?'
    within 3000 screen_has 'a longer, a shorter interval'
    keys q
    within 3000 screen_lacks 'a longer, a shorter interval'
    keys Down
    keys Enter
    within 3000 screen_has 'Because'
    screen_has 'no complete answer within'
    keys q
    lab_signal CONT m2
    within 20000 row_has m2 well

    "$QUORATE" lab kill --name t m1 3>&-
    within 20000 row_has m1 'no answer'
    "$QUORATE" lab start --name t m1 3>&-
    within 20000 row_has m1 well
    lab_signal STOP m2
    within 20000 screen_has 'waiting for answers, 1 s'
    keys q
    within 3000 screen_has_line 'code 0'
}

@test "when nobody answers any more, it says so, keeps the names, and goes on" {
    lab_up --members 3 --timeout 2m
    terminal 80 24
    watch --interval 500ms
    "$QUORATE" lab kill --name t m1 m2 m3 3>&-
    wait_for 20 screen_has 'NO ANSWER'
    screen_has 'CRITICAL  0 of 3 voters serve'
    row_has m1 'no answer'
    row_has m3 'no answer'
    "$QUORATE" lab start --name t m1 m2 m3 3>&-
    wait_for 20 screen_has 'WELL  3 of 3 voters serve'
    row_has m1 well
    keys q
    wait_for 10 screen_has_line 'code 0'

    # From the start on.
    "$QUORATE" lab kill --name t m1 m2 m3 3>&-
    type_line "clear; $QUORATE status --watch --cluster lab:t"
    wait_for 20 screen_has 'NO ANSWER'
    screen_has 'connection refused'
    keys q
}

@test "the terminal is given back: after q, Ctrl-C, SIGTERM, SIGHUP, and while it is stopped" {
    local ending codes=''
    lab_up --members 1 --timeout 2m
    terminal 80 24
    type_line 'stty -a >before; echo marked'
    for ending in q C-c TERM HUP; do
        watch
        screen_lacks marked
        case $ending in
            q | C-c) keys $ending ;;
            *) pkill "-$ending" -P "$(tm display-message -p '#{pane_pid}')" ;;
        esac
        wait_for 10 screen_has_line marked
        # With Ctrl-C the shell gives the whole line up.
        [[ $ending != C-c ]] || type_line "echo code \$?"
        wait_for 10 code_is_seen
        codes+="$(code) "
        type_line 'stty -a >after'
        wait_for 10 test -s after
        wait_for 10 cmp -s before after
        rm after
        type_line "clear; echo marked"
        wait_for 10 screen_is_cleared
    done
    [[ $codes == '0 130 143 129 ' ]]

    watch
    keys C-z
    wait_for 10 screen_has Stopped
    screen_has marked
    type_line 'stty -a >after'
    wait_for 10 cmp -s before after
    type_line fg
    wait_for 10 screen_lacks Stopped
    screen_has 'voters serve'
    keys '?'
    wait_for 10 screen_has 'a longer, a shorter interval'
    keys q q
    wait_for 10 screen_has marked
}

@test "colours only where they are wanted, and plain ASCII where the locale knows no more" {
    lab_up --members 1 --timeout 2m
    terminal 120 24
    watch --interval 200ms
    run ! grep -qE $'\e\\[3[0-7]m' <(screen -e)
    wait_for 10 screen_has '▁'
    keys q
    wait_for 10 screen_has 'code 0'
    type_line clear
    type_line "export NO_COLOR= TERM=xterm"
    watch --interval 200ms
    grep -qE $'\e\\[(1;)?32m' <(screen -e)
    keys q
    wait_for 10 screen_has 'code 0'
    type_line clear
    type_line 'export LC_ALL=C TERM=vt100'
    watch --interval 200ms
    wait_for 10 screen_has '__'
    run ! grep -qP '[^\x00-\x7f]' <(screen)
    run ! grep -qE $'\e\\[3[0-7]m' <(screen -e)
    keys q
    wait_for 10 screen_has 'code 0'
    type_line clear
    type_line "TERM=dumb $QUORATE status --watch --cluster lab:t"
    wait_for 10 screen_has "Error: the terminal 'dumb' cannot show a screen"
}

@test "without a terminal: what to do instead; -w json is an object for each look" {
    lab_up --members 1 --timeout 2m
    run -2 "$QUORATE" status --watch --cluster lab:t
    [[ $output == *'--watch shows a screen, and standard output is no terminal'* ]]
    [[ $output == *'--watch -w json prints a line for each look'* ]]

    q status --watch -w json --interval 200ms | head -n 3 >lines
    [[ $(wc -l <lines) -eq 3 && ! -s $Q_ERR ]]
    [[ $(jq -r '.members[0].name + " " + .verdict.word' lines | sort -u) == 'm1 well' ]]
    [[ $(jq -r '.look.writesPerSecond' lines | paste -sd ' ') == 'null 0 0' ]]
    [[ $(jq -r '.look.at' lines | head -n 1) == 20*Z ]]

    "$QUORATE" lab kill --name t m1 3>&-
    q status --watch -w json --interval 200ms | head -n 2 >lines
    [[ $(jq -r '.error.code' lines | sort -u) == connection ]]
}

@test "what is not meant together" {
    run -2 "$QUORATE" status --interval 2s
    [[ $output == *'--interval says how often --watch looks'* ]]
    run -2 "$QUORATE" status --watch --all
    [[ $output == *'--watch and --all exclude each other'* ]]
    run -2 "$QUORATE" status --watch --interval 100ms
    [[ $output == *'--interval: 200ms to 1h are possible'* ]]
    run -2 "$QUORATE" status --watch --interval 2h
    run -2 "$QUORATE" status --watch -w fields
    [[ $output == *'--watch shows a screen or, with -w json, a line for each look'* ]]
    run -2 "$QUORATE" status --watch --cert-warning 99999999
    [[ $output == *'days are possible'* ]]
}
