#!/usr/bin/env bats
#
# lock and elect: quorate and the etcdctl of each version stand in one line, print the same, and end
# the same way; also while the leader stands still.
#
# bats file_tags=one-etcd

# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034 # read by twins; programs of others
bats_require_minimum_version 1.5.0
load ../harness/cluster
load ../harness/twins

setup() {
    compare_setup
    out=$BATS_TEST_TMPDIR/out
    pids=()
}

teardown() {
    kill "${pids[@]}" 2>/dev/null || true
    etcd_stop
}

# A program in the background; what it writes goes to FILE and FILE.err.
begin() {
    local file=$1
    shift
    "$@" >"$file" 2>"$file.err" 3>&- &
    pids+=($!)
}

ours() {
    exec env "ETCDCTL_ENDPOINTS=$(etcd_endpoints)" "$QUORATE" "$@"
}

theirs() {
    exec env "ETCDCTL_ENDPOINTS=$(etcd_endpoints)" "$(etcd_tool "$ETCD_VERSION" etcdctl)" "$@"
}

# Its end: the exit code in $code.
ended() {
    code=0
    wait "$1" || code=$?
}

# The same, with lease ids and revisions taken out.
masked() {
    sed -E -e 's,/[0-9a-f]+,/LEASE,' -e 's/("key":"|lease":|revision":)[^,}]*/\1N/g' \
        -e 's/("(Revision|CreateRevision|ModRevision|Lease)" :).*/\1 N/' "$@"
}

keys_of() {
    ctl get "$1/" --prefix --keys-only | grep -c . || true
}

@test "lock: with a command, beside etcdctl" {
    etcd_start "$ETCD_VERSION"
    COMPARE_MASK='s,n/[0-9a-f]+,n/LEASE,; s/REV=[0-9]+/REV=N/'
    same lock n -- sh -c 'env | grep ^ETCD_LOCK; echo "$@"' a b c
    same lock n true
    same lock n -- sh -c 'exit 3'
    same lock n -- sh -c 'kill -9 $$'
    same lock n no-such-command
    same lock
    same lock t -w table # where etcdctl's key stays until its lease runs out
    same elect n
    same elect n proposal -l
    [[ $(keys_of n) == 0 ]]
    # Given back, not left to run out: etcdctl leaves its leases behind.
    ctl lease list >"$out"
    with_cluster "$QUORATE" lock n true
    diff "$out" <(ctl lease list)
}

@test "lock: held until a signal, in every form, beside etcdctl" {
    local format tool
    etcd_start "$ETCD_VERSION"
    for format in simple json fields; do
        for tool in ours theirs; do
            begin "$out.$tool.$format" $tool lock n -w $format
            wait_for 10 test -s "$out.$tool.$format"
            kill -TERM "${pids[-1]}"
            ended "${pids[-1]}"
            [[ $code == 0 ]] || { echo "$tool $format: $code"; cat "$out.$tool.$format.err"; false; }
            [[ $(keys_of n) == 0 ]]
        done
        diff <(masked "$out.ours.$format") <(masked "$out.theirs.$format")
    done
}

@test "lock: one line for both programs, first come, first served" {
    local n tool
    etcd_start "$ETCD_VERSION"
    begin "$out.1" ours lock n
    wait_for 10 test -s "$out.1"
    for n in 2 3 4; do
        tool=$( ((n % 2 == 0)) && echo theirs || echo ours)
        begin "$out.$n" "$tool" lock n
        wait_for 10 eval "(( \$(keys_of n) == $n ))"
    done
    # One gives up while it waits; nobody else gets the lock by that.
    kill -TERM "${pids[2]}"
    ended "${pids[2]}"
    [[ $code == 1 && ! -s $out.3 && ! -s $out.2 ]]
    kill -TERM "${pids[0]}"
    wait_for 10 test -s "$out.2"
    [[ ! -s $out.4 ]]
    kill -TERM "${pids[1]}"
    wait_for 10 test -s "$out.4"
    kill -TERM "${pids[3]}"
    ended "${pids[3]}"
    [[ $code == 0 && $(keys_of n) == 0 ]]
}

@test "lock: lost with its lease" {
    local key
    etcd_start "$ETCD_VERSION"
    begin "$out" ours lock n --ttl 3
    wait_for 10 test -s "$out"
    key=$(head -n 1 "$out")
    ctl lease revoke "${key#n/}"
    ended "${pids[0]}"
    [[ $code == 1 ]]
    grep -q 'session expired' "$out.err"
}

@test "elect: one leader after the other, and those who look on" {
    etcd_start "$ETCD_VERSION"
    local tool
    for tool in ours theirs; do
        begin "$out.look.$tool" $tool elect -l e -w json
    done
    begin "$out.1" ours elect e first
    wait_for 10 grep -q first "$out.1"
    begin "$out.2" theirs elect e second
    wait_for 10 eval '(( $(keys_of e) == 2 ))'
    wait_for 10 test -s "$out.look.ours"
    kill -TERM "${pids[2]}"
    ended "${pids[2]}"
    [[ $code == 0 ]]
    wait_for 10 grep -q second "$out.2"
    # A new proposal of the same leader.
    ctl put "$(head -n 1 "$out.2")" third
    for tool in ours theirs; do
        wait_for 10 eval "(( \$(wc -l <'$out.look.$tool') == 3 ))"
    done
    cmp "$out.look.ours" "$out.look.theirs"
    kill -TERM "${pids[0]}"
    ended "${pids[0]}"
    [[ $code == 0 ]]
}

# The number of the leader.
leader() {
    local n
    for n in 1 2 3; do
        if [[ $(ctl_at "$n" endpoint status -w fields | sed -nE 's/^"(MemberID|Leader)" : //p' | uniq | wc -l) == 1 ]]; then
            echo "$n"
        fi
    done
}

@test "lock and lease: kept while the leader stands still, as etcdctl keeps them" {
    local leader lease n tool
    etcd_start "$ETCD_VERSION" 3
    leader=$(leader)
    lease=$(ctl lease grant 6 | cut -d ' ' -f 2)
    # Both talk to the others; the leader is what they wait for.
    etcd_endpoints() { _others; }
    _others() { for n in 1 2 3; do ((n == leader)) || printf '%s,' "$(<"$(etcd_dir "$n")/client-url")"; done | sed 's/,$//'; }
    begin "$out.keep" ours lease keep-alive "$lease"
    for tool in ours theirs; do
        begin "$out.$tool" $tool lock "n-$tool" --ttl 6
        wait_for 10 test -s "$out.$tool"
    done
    wait_for 10 test -s "$out.keep"
    etcd_pause "$leader"
    # An election, and then more than a lease's life.
    n=$(grep -c keepalived "$out.keep")
    wait_for 30 eval "(( \$(grep -c keepalived '$out.keep') >= $n + 4 ))"
    kill -0 "${pids[@]}"
    for tool in ours theirs; do
        [[ $(keys_of "n-$tool") == 1 ]]
        # Somebody else waits, and gets it in time.
        begin "$out.$tool.next" ours lock "n-$tool"
        wait_for 10 eval "(( \$(keys_of n-$tool) == 2 ))"
    done
    kill -TERM "${pids[1]}" "${pids[2]}"
    for tool in ours theirs; do
        wait_for 10 test -s "$out.$tool.next"
    done
    etcd_resume "$leader"
    ended "${pids[1]}"
    [[ $code == 0 ]]
}

@test "lock: its own server stands still: another endpoint keeps it" {
    local leader
    etcd_start "$ETCD_VERSION" 3
    begin "$out" ours lock n --ttl 6
    wait_for 10 test -s "$out"
    # The first endpoint is the one it talks to.
    etcd_pause 1
    for _ in 1 2 3 4 5 6 7 8 9; do
        sleep 1
        kill -0 "${pids[0]}"
    done
    [[ $(ctl_at 2 get n/ --prefix --keys-only | grep -c .) == 1 ]]
    etcd_resume 1
    kill -TERM "${pids[0]}"
    ended "${pids[0]}"
    [[ $code == 0 ]]
}
