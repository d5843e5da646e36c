#!/usr/bin/env bats
#
# txn: the same lines to quorate and to etcdctl give the same, on every version; lines that are wrong
# name their place.
#
# bats file_tags=one-etcd

# shellcheck disable=SC2154 # stderr comes from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

setup() {
    etcd_start "$ETCD_VERSION"
    minor=$(basename "$(dirname "$(etcd_tool "$ETCD_VERSION" etcdctl)")")
    minor=${minor%.*}
    export QUORATE_COMPAT=$minor
    [[ $minor != 3.4 ]] || export ETCDCTL_API=3
}

teardown() {
    etcd_stop
}

# Both programs get the lines, in no order: what they change has to be the same both times.
same_txn() {
    local lines=$1 rc
    shift
    printf '%b' "$lines" >"$BATS_TEST_TMPDIR/lines"
    mask() { sed -E -e 's/(revision|version)":[0-9]+/\1":N/g; s/(Revision|Version)" : [0-9]+/\1" : N/'; }
    diff -a <(ctl txn "$@" <"$BATS_TEST_TMPDIR/lines" 2>/dev/null | mask; echo "${PIPESTATUS[0]}") \
        <(with_cluster "$QUORATE" txn "$@" <"$BATS_TEST_TMPDIR/lines" 2>"$BATS_TEST_TMPDIR/stderr" |
            mask; echo "${PIPESTATUS[0]}") || {
        printf 'differs: %s\n' "$*"
        cat "$BATS_TEST_TMPDIR/lines" "$BATS_TEST_TMPDIR/stderr"
        return 1
    }
}

# Ours alone, with these lines.
ours() {
    run --separate-stderr with_cluster "$QUORATE" txn < <(printf '%b' "$1")
}

@test "all compares and requests, in every form" {
    local lease w
    lease=$(ctl lease grant 1000 | awk '{print $2}')
    ctl put 'key 1' 'value 1' >/dev/null
    ctl put leased x --lease="$lease" >/dev/null
    ctl put bin $'\x01\xff\n"' >/dev/null
    ctl put a 'b é' >/dev/null
    for w in simple json fields; do
        same_txn '\n\n\n' -w "$w"
        same_txn 'mod("key 1") > "0"\nver("key 1") = "1"\n\nget "key 1"\nget none\n\nput no no\n\n' -w "$w"
        same_txn 'm("none") > "0"\n\nput no no\n\nget leased\nget bin\ndel none --prev-kv\n\n' -w "$w"
        same_txn 'val("key 1") = "value 1"\nc("key 1") != "1"\ncreate("key 1") < "99"\n\nget "" --prefix --limit 2\nget k l --keys-only\n\n\n' -w "$w"
        same_txn 'value("bin") = "\\x01\\xff\\n\\""\nversion("none") = "0"\n\nput a "b \\u00e9" --prev-kv\nput b '"'c d'"' -- \ndel a0 --prefix\n\n\n' -w "$w"
        same_txn '\nget "" --from-key --count-only\nget bin --hex-is-no-flag\n\n\n' -w "$w"
    done
    same_txn '\nget bin\n\n\n' --hex
    same_txn '\nget leased\n\n\n' --hex -w json
    same_txn '\nget leased\n\n\n' --hex -w fields
    same_txn '\nget leased\n\n\n' -i
    same_txn '\nget leased\n\n\n' -w table
    # protobuf: the same but for the bytes of the term and the revision, which do not change here
    diff <(printf '\nget leased\n\n\n' | ctl txn -w protobuf) \
        <(printf '\nget leased\n\n\n' | with_cluster "$QUORATE" txn -w protobuf)
}

@test "keys and values of any bytes" {
    same_txn '\nput "nul\\x00key" "v\\x00\\n"\nget "nul\\x00key"\n\n\n' -w fields ||
        same_txn '\nput "nul\\x00key" "v\\x00\\n"\n\n\n' -w fields
    [[ $(ctl get --prefix nul -w fields) == *'"nul\x00key"'* ]]
    same_txn 'val("nul\\x00key") = "v\\x00\\n"\n\nget "nul\\x00key"\n\n\n' -w json
    # a key with a line end, and a value of half a megabyte
    { printf '\nput "line\\nend" "'; head -c 500000 /dev/zero | tr '\0' x; printf '"\n\n\n'; } |
        with_cluster "$QUORATE" txn
    [[ $(ctl get $'line\nend' --print-value-only | wc -c) == 500001 ]]
}

@test "what etcdctl refuses is refused with its exit code" {
    local wrong=('' '\n' '\n\n' '\n\nput a b' 'mod("k") > "0"' 'get k\n\n\n\n' 'foo("k") = "0"\n\n\n\n'
        'mod("k") > 0\n\n\n\n' 'mod(k) > "0"\n\n\n\n' 'mod("k") > "x"\n\n\n\n'
        'mod("k") > "9223372036854775808"\n\n\n\n' '\nget\n\n\n' '\nfoo k\n\n\n' '\nget --prefix\n\n\n'
        '\nput k\n\n\n' '\nput k v --lease=zz\n\n\n' '\nget k --nonsense\n\n\n' '\nget k --limit=x\n\n\n'
        '\nget k --order=UP\n\n\n' '\nget k --prefix --from-key\n\n\n' '\nput k v --ignore-value\n\n\n'
        '\ndel a b c\n\n\n' '\nput "a\\q" v\n\n\n' '\nput d 1\nput d 2\n\n\n' '\nget ""\n\n\n'
        '\nput k v --lease=1234\n\n\n')
    for w in "${wrong[@]}"; do
        same_txn "$w"
    done
    [[ $(ctl get --prefix '' --keys-only) == '' ]]
}

@test "a mistake is told with line and column, and nothing is done" {
    ours 'mod("k") > "0"\nver("k") >= "1"\n\nput k v\n\n\n'
    [[ $status == 3 && -z $output ]]
    [[ $stderr == "Error: line 2: column 10: '>=' is no operator: it is one of = != > <"* ]]
    ours '\nput k v\nput k2 hello world\n\n\n'
    [[ $status == 128 && $stderr == "Error: line 3: 'put': KEY and VALUE are all that put takes"* ]]
    ours '\nput k v\n\n'
    [[ $status == 3 && $stderr == "Error: line 4: standard input ended in the failure requests"* ]]
    [[ $(ctl get k) == '' ]]
}

@test "a lease is compared; etcdctl panics there" {
    local lease
    lease=$(ctl lease grant 1000 | awk '{print $2}')
    ctl put leased x --lease="$lease" >/dev/null
    ours "lease(\"leased\") = \"$lease\"\n\nget leased\n\n\n"
    [[ $status == 0 && $output == $'SUCCESS\n\nleased\nx' ]]
    ours 'lease("leased") = "0"\n\nget leased\n\n\n'
    [[ $status == 0 && $output == FAILURE ]]
}

@test "a prompt comes before each part, and a bad line ends it at once" {
    mkfifo "$BATS_TEST_TMPDIR/typed"
    exec_with_cluster "$QUORATE" txn -i <"$BATS_TEST_TMPDIR/typed" >"$BATS_TEST_TMPDIR/shown" 2>&1 &
    local program=$! typed
    exec {typed}>"$BATS_TEST_TMPDIR/typed"
    wait_for 10 grep -qx 'compares:' "$BATS_TEST_TMPDIR/shown"
    printf '\n' >&$typed
    wait_for 10 grep -qx 'success requests (get, put, del):' "$BATS_TEST_TMPDIR/shown"
    printf 'nonsense here\n' >&$typed
    local rc=0
    wait $program || rc=$?
    exec {typed}>&-
    [[ $rc == 3 ]]
    grep -qx "Error: line 2: 'nonsense' is no request: get, put or del" "$BATS_TEST_TMPDIR/shown"
}

@test "the server is gone: nothing was done, and the cause is told" {
    etcd_kill 1
    ours '\nput k v\n\n\n'
    [[ $status == 1 && $stderr == *'connection refused'* ]]
}
