#!/usr/bin/env bats
#
# check perf and check datascale, beside etcdctl's. The real check perf takes a minute; here it is a
# few seconds (--duration), which says nothing about a cluster, but all about the verdict's form.

# shellcheck disable=SC2154 # stderr comes from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

setup() {
    [[ $ETCD_VERSION != 3.4* ]] || export ETCDCTL_API=3
    etcd_start "$ETCD_VERSION"
}

teardown() {
    etcd_stop
}

check() {
    with_cluster timeout 60 "$QUORATE" check "$@"
}

# Runs it; its exit code fits its last line. Whether a machine that does much else at the same time
# passes is not ours to test.
judged() {
    run --separate-stderr check "$@"
    [[ $status -eq 0 && ${lines[-1]} == PASS || $status -eq 1 && ${lines[-1]} == FAIL ]] || {
        echo "exit code $status:"
        echo "$output"
        echo "$stderr"
        return 1
    }
}

# What is left when figures are taken out; 3.4 and 3.5 draw their bar on standard output.
normal() {
    tr '\r' '\n' | grep -aE '^(PASS|FAIL|Slowest|Stddev|Start|Compact|Defrag)' |
        sed -E 's/ -?[0-9]+\.[0-9]+(s| MB)/ N\1/; s/[0-9]+ writes/N writes/; s/revision [0-9]+/revision N/'
}

nothing_is_left() {
    [[ $(ctl get --prefix /etcdctl-check --keys-only | grep -c .) -eq 0 ]]
}

@test "perf: the rate is kept, the keys are gone, the verdict has etcdctl's lines" {
    judged perf --duration 2s
    [[ $output != *ERROR* ]]
    # Never above the rate of 150, where the first second has one more.
    [[ ${lines[0]} =~ ' '([0-9]+)' writes/s'$ && ${BASH_REMATCH[1]} -le 152 ]]
    [[ $(normal <<<"$output" | verdict_neutral) == $'Throughput N writes/s\nSlowest request Ns\nStddev Ns\nend' ]]
    nothing_is_left
}

# The lines of either verdict, made one.
verdict_neutral() {
    sed -E -e 's/^(FAIL: Throughput too low:|PASS: Throughput is)/Throughput/' \
        -e 's/^(Slowest request took too long:|PASS: Slowest request took)/Slowest request/' \
        -e 's/^(Stddev too high:|PASS: Stddev is)/Stddev/' -e 's/^(PASS|FAIL)$/end/'
}

@test "perf: each connection is one, as etcdctl's are" {
    check perf --duration 3s --load medium >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    wait_for 10 connections_are 200
    wait $! || true
}

connections_are() {
    local port
    port=$(etcd_endpoints | sed 's/.*://')
    # Beside its own there is the one that looks, and etcd's own.
    [[ $(awk -v hex="$(printf ':%04X' "$port")" '$3 ~ hex"$" && $4 == "01"' /proc/net/tcp | wc -l) -ge $1 ]]
}

@test "perf: with --auto-compact and --auto-defrag" {
    judged perf --duration 1s --prefix other/ --auto-compact --auto-defrag
    [[ $(normal <<<"$output" | head -n 4) == "Compacting with revision N
Compacted with revision N
Defragmenting \"$(etcd_endpoints)\"
Defragmented \"$(etcd_endpoints)\"" ]]
    [[ $(ctl get --prefix other/ --keys-only | grep -c .) -eq 0 ]]
}

@test "perf: a member that stands still fails it" {
    check perf --duration 3s >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
    local pid=$! code=0
    wait_for 10 revision_moves
    etcd_pause 1
    sleep 0.8 # longer than a put may take
    etcd_resume 1
    wait $pid || code=$?
    [[ $code -eq 1 ]]
    grep -q '^Slowest request took too long: ' "$BATS_TEST_TMPDIR/out"
    [[ $(tail -n 1 "$BATS_TEST_TMPDIR/out") == FAIL ]]
    nothing_is_left
}

revision_moves() {
    [[ $(ctl get --prefix /etcdctl-check-perf/ --limit 1 --keys-only | grep -c .) -gt 0 ]]
}

@test "perf: errors are counted by their text" {
    local id
    id=$(ctl member list -w json | jq '.members[0].ID')
    curl -sS --noproxy '*' "$(etcd_endpoints)/v3/maintenance/alarm" \
        -d "{\"action\":\"ACTIVATE\",\"memberID\":\"$id\",\"alarm\":\"NOSPACE\"}"
    judged perf --duration 1s
    [[ $output =~ 'FAIL: too many errors'.*'FAIL: ERROR('.*'database space exceeded'.*') -> '[0-9]+ ]]
    [[ $output == *'FAIL: Throughput too low: 1 writes/s'* ]]
    [[ $output == *$'PASS: Stddev is NaNs\nFAIL' ]]
}

@test "perf: an interrupt ends it early, with a verdict and without a rest" {
    env --default-signal=INT "$QUORATE" check perf --endpoints "$(etcd_endpoints)" \
        >"$BATS_TEST_TMPDIR/out" 2>/dev/null 3>&- &
    local pid=$!
    wait_for 10 revision_moves
    kill -INT $pid
    wait $pid || [[ $? -eq 1 ]]
    [[ $(normal <"$BATS_TEST_TMPDIR/out" | verdict_neutral | head -n 1) == 'Throughput N writes/s' ]]
    nothing_is_left
}

# bats test_tags=one-etcd
@test "wrong words and keys that are there end as etcdctl's do" {
    ctl put /etcdctl-check-perf/x mine
    ctl put /etcdctl-check-datascale/x mine
    local words
    for words in 'perf --load huge' 'perf' 'datascale' 'datascale --load XL' 'perf --nosuch'; do
        read -ra words <<<"$words"
        run with_cluster timeout 20 "$(etcd_tool "$ETCD_VERSION" etcdctl)" check "${words[@]}"
        theirs=$status
        run check "${words[@]}"
        [[ $status -eq $theirs ]] || { echo "check ${words[*]}: $status, not $theirs"; return 1; }
    done
    [[ $(ctl get /etcdctl-check-perf/x --print-value-only) == mine ]]
    run -3 --separate-stderr check perf
    [[ $stderr == *"prefix '/etcdctl-check-perf/' has keys"* ]]
    run -4 --separate-stderr check perf --load huge
    [[ $stderr == *"unknown load option 'huge'"* ]]
}

# bats test_tags=one-etcd
@test "datascale: 10000 keys, the memory they take, the lines of etcdctl" {
    run -0 --separate-stderr check datascale
    [[ ${lines[0]} == 'Start data scale check for work load [10000 key-value pairs, 1024 bytes per key-value, 50 concurrent clients].' ]]
    [[ ${lines[1]} =~ ^'PASS: Approximate system memory used : '[0-9]+'.'[0-9][0-9]' MB.'$ ]]
    [[ $(ctl get -w json nothing | jq .header.revision) -eq 10002 ]]
    nothing_is_left
}

@test "nobody there is told at once" {
    run -1 --separate-stderr timeout 2 "$QUORATE" check perf --endpoints 127.0.0.1:1
    [[ $stderr == *refused* ]]
    run -1 --separate-stderr timeout 2 "$QUORATE" check datascale --endpoints 127.0.0.1:1
    [[ $stderr == *refused* ]]
}

@test "over TLS, with a user" {
    etcd_stop
    ETCD_CLUSTER=tls etcd_start "$ETCD_VERSION" --tls --auth
    ETCD_CLUSTER=tls judged perf --duration 1s --dial-timeout 20s
    [[ $output != *ERROR* ]]
    ETCD_CLUSTER=tls run -0 --separate-stderr check datascale --dial-timeout 20s
    [[ ${lines[1]} == PASS* ]]
}
