#!/usr/bin/env bats
#
# watch: the same output as the etcdctl of each version, and no event lost or twice when servers die.
#
# bats file_tags=few-etcds

# shellcheck disable=SC2154,SC2034,SC2016,SC2030,SC2031 # from run --separate-stderr; input is for twins
bats_require_minimum_version 1.5.0
load ../harness/cluster
load ../harness/twins


setup() {
    compare_setup
    out=$BATS_TEST_TMPDIR/out
    err=$BATS_TEST_TMPDIR/err
}

teardown() {
    [[ -z ${watcher:-} ]] || kill "$watcher" 2>/dev/null || true
    etcd_stop
}

revision() {
    ctl get x -w json | sed -E 's/.*"revision":([0-9]+).*/\1/'
}

# Lines in $out.
lines() {
    wc -l <"$out"
}

# Begins to watch in the background; the output goes to $out.
watch_begin() {
    exec_with_cluster "$QUORATE" watch "$@" >"$out" 2>"$err" 3>&- &
    watcher=$!
}

# The same past events by both programs, which are stopped once ours has them.
same_events() {
    local expected=$1
    shift
    exec_with_cluster "$(etcd_tool "$ETCD_VERSION" etcdctl)" watch "$@" >"$BATS_TEST_TMPDIR/theirs" \
        2>/dev/null 3>&- &
    local other=$!
    watch_begin "$@"
    wait_for 10 eval "(( \$(wc -c <'$out') >= $expected ))"
    wait_for 10 eval "(( \$(wc -c <'$BATS_TEST_TMPDIR/theirs') >= $expected ))"
    kill "$watcher" "$other"
    wait "$watcher" "$other" 2>/dev/null || true
    watcher=''
    cmp "$BATS_TEST_TMPDIR/theirs" "$out"
}

@test "watch: past events in every form, beside etcdctl" {
    local lease format
    etcd_start "$ETCD_VERSION"
    lease=$(ctl lease grant 1000 | cut -d ' ' -f 2)
    ctl put k v1
    ctl put k v2
    ctl put 'k"2' $'two\nlines' --lease "$lease"
    ctl del k
    for format in simple json fields protobuf 'simple --hex' 'fields --hex'; do
        # shellcheck disable=SC2086 # a flag, perhaps
        same_events 30 k --prefix --rev 2 --prev-kv -w $format
    done
    same_events 10 k --rev 2
    same_events 10 a z --rev 2
    same_events 10 --rev 2 '' --prefix
    ETCDCTL_WATCH_KEY=k ETCDCTL_WATCH_RANGE_END=l same_events 10 --rev 3
}

@test "watch: refusals, beside etcdctl" {
    etcd_start "$ETCD_VERSION"
    ctl put k 1
    ctl put k 2
    ctl compact 3
    # What the server ended: the reason on standard error, the rest of the response, exit code 5.
    same watch k --rev 1
    same watch k --rev 1 -w json
    same watch k --rev 1 -w fields
    same watch k --rev 1 -w protobuf
    same watch k --rev 1 -w table
    run -5 --separate-stderr with_cluster "$QUORATE" watch k --rev 1
    [[ $stderr == *"watch was canceled: "*"mvcc: required revision has been compacted"* ]]
    [[ $stderr == *"revision 3"* ]]
    same watch
    same watch k l --prefix
    same watch k --
    same watch -- echo
    ETCDCTL_WATCH_RANGE_END=x same watch
    ETCDCTL_WATCH_KEY=x same watch k
    ETCDCTL_WATCH_KEY=x same watch k -- echo
    same watch k --rev 3 -- false
    same watch k --rev 3 -- no-such-command
    same watch k --rev 3 -- sh -c 'exit 3'
    # What ends by itself in both: the command fails at the first event.
    same watch k --rev 3 -- sh -c 'env | grep ^ETCD_WATCH | sort; echo "$@"; exit 1' x y z
    input=$'watch k --bad\n' same watch -i
    input=$'watch --rev 1\n' same watch -i
    input=$'watch k --\n' same watch -i
    input=$'foo\n\nwatch\n' same watch -i
    input='' same watch -i
}

@test "watch: nobody there is an error at once" {
    local started=$SECONDS
    run -1 --separate-stderr "$QUORATE" --endpoints 127.0.0.1:1,127.0.0.1:2 watch k
    (( SECONDS - started <= 2 ))
    [[ -z $output && $stderr == *'127.0.0.1:2'* && $stderr == *refused* ]]
}

@test "watch: events reach a pipe as they happen, and a closed pipe ends it quietly" {
    etcd_start "$ETCD_VERSION"
    mkfifo "$BATS_TEST_TMPDIR/pipe"
    exec_with_cluster "$QUORATE" watch k --rev 1 >"$BATS_TEST_TMPDIR/pipe" 2>"$err" 3>&- &
    watcher=$!
    exec 4<"$BATS_TEST_TMPDIR/pipe"
    ctl put k first
    read -r -t 10 -u 4 line
    [[ $line == PUT ]]
    exec 4<&-
    ends_quietly
}

# The watcher, whose output nobody reads any more: no event has to come for that.
ends_quietly() {
    local code=0
    wait_for 10 eval "! kill -0 $watcher 2>/dev/null"
    wait "$watcher" || code=$?
    watcher=''
    [[ ! -s $err ]]
    (( code == 1 ))
}

@test "watch: a closed pipe ends an interactive one, too, and who looks on at an election" {
    etcd_start "$ETCD_VERSION"
    mkfifo "$BATS_TEST_TMPDIR/pipe" "$BATS_TEST_TMPDIR/lines"
    exec_with_cluster "$QUORATE" watch -i <"$BATS_TEST_TMPDIR/lines" >"$BATS_TEST_TMPDIR/pipe" 2>"$err" 3>&- &
    watcher=$!
    exec 5>"$BATS_TEST_TMPDIR/lines" 4<"$BATS_TEST_TMPDIR/pipe"
    echo 'watch k' >&5
    line=
    # A server does not answer it while it still makes the watch.
    for _ in {1..10}; do
        echo progress >&5
        ! read -r -t 1 -u 4 line || break
    done
    [[ $line == 'progress notify: '* ]]
    exec 4<&-
    ends_quietly
    exec 5>&-

    exec_with_cluster "$QUORATE" elect -l e >"$BATS_TEST_TMPDIR/pipe" 2>"$err" 3>&- &
    watcher=$!
    exec 4<"$BATS_TEST_TMPDIR/pipe"
    ctl put e/1 first
    read -r -t 10 -u 4 line
    [[ $line == e/1 ]]
    exec 4<&-
    ends_quietly
}

@test "watch: a command for each event, with the event in its environment" {
    etcd_start "$ETCD_VERSION"
    watch_begin k --rev 1 -- sh -c 'echo "$ETCD_WATCH_EVENT_TYPE $ETCD_WATCH_KEY $ETCD_WATCH_VALUE"'
    ctl put k 'a "b"'
    ctl del k
    wait_for 10 grep -q '^"DELETE" "k" ""$' "$out"
    grep -qx '"PUT" "k" "a \\"b\\""' "$out"
}

@test "watch: interactively, several on one stream, and progress" {
    etcd_start "$ETCD_VERSION"
    ctl put k 1
    ctl put 'a b' 2
    mkfifo "$BATS_TEST_TMPDIR/lines"
    exec_with_cluster "$QUORATE" watch -i <"$BATS_TEST_TMPDIR/lines" >"$out" 2>"$err" 3>&- &
    watcher=$!
    exec 4>"$BATS_TEST_TMPDIR/lines"
    echo 'watch k --rev 1' >&4
    wait_for 10 grep -qx k "$out"
    echo 'watch "a b" --rev=1' >&4
    wait_for 10 grep -qx 'a b' "$out"
    echo nonsense >&4
    echo "watch 'k2' -- echo ran" >&4
    echo progress >&4
    wait_for 10 eval "(( \$(grep -cx 'progress notify: 3' '$out') >= 2 ))"
    ctl put k2 3
    wait_for 10 grep -qx ran "$out"
    ctl compact 4
    echo 'watch k --rev 1' >&4
    wait_for 10 grep -q 'required revision has been compacted' "$err"
    ctl put k 9
    wait_for 10 grep -qx 9 "$out"
    grep -q "Invalid command: 'nonsense'" "$err"
    exec 4>&-
    local code=0
    wait "$watcher" || code=$?
    watcher=''
    (( code == 3 ))
}

@test "watch: goes on at another endpoint when its server is killed: nothing lost, nothing twice" {
    local i others
    etcd_start "$ETCD_VERSION" 3
    others=$(etcd_endpoints 2 3)
    watch_begin n --rev 1
    for ((i = 1; i <= 100; i++)); do
        ((i != 40)) || etcd_kill 1
        # A put whose answer was lost may have been done all the same; the value tells.
        until with_cluster "$QUORATE" --endpoints "$others" put n "value-$i" >/dev/null 2>&1 ||
            [[ $(with_cluster "$QUORATE" --endpoints "$others" get n --print-value-only 2>/dev/null) == "value-$i" ]]; do
            :
        done
    done
    wait_for 30 grep -qx value-100 "$out"
    kill "$watcher"
    diff <(grep -x 'value-.*' "$out") <(seq -f 'value-%.0f' 100)
    grep -q 'the watch goes on' "$err"
}

# The peak of its memory, in KiB.
peak() {
    sed -nE 's/^VmHWM:\s+([0-9]+) kB/\1/p' "/proc/$1/status"
}

# 10,000 keys in 100 revisions.
fill() {
    local batch
    for batch in {100..199}; do
        { echo; seq -f "put key-$batch%02.0f \"$(printf 'v%.0s' {1..90})\"" 0 99; echo; echo; } |
            with_cluster "$QUORATE" txn >/dev/null
    done
}

@test "watch: 100,000 events take no more memory than 10,000" {
    local first i
    etcd_start "$ETCD_VERSION"
    fill
    mkfifo "$BATS_TEST_TMPDIR/lines"
    exec_with_cluster "$QUORATE" watch -i <"$BATS_TEST_TMPDIR/lines" >"$out" 2>"$err" 3>&- &
    watcher=$!
    exec 4>"$BATS_TEST_TMPDIR/lines"
    echo 'watch key- --prefix --rev 1' >&4
    wait_for 30 eval "(( \$(wc -l <'$out') >= 30000 ))"
    first=$(peak "$watcher")
    for i in {2..10}; do
        echo 'watch key- --prefix --rev 1' >&4
    done
    wait_for 60 eval "(( \$(wc -l <'$out') >= 300000 ))"
    [[ $(lines) == 300000 ]]
    (( $(peak "$watcher") < first + 1024 ))
    exec 4>&-
}
