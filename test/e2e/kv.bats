#!/usr/bin/env bats
#
# get, put and del beside etcdctl, on every version: keys and values of any bytes, ranges that take many
# pages, and what must not happen by accident.
#
# bats file_tags=few-etcds

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

at_least() {
    [[ $(printf '%s\n' "$1" "$minor" | sort -V | head -n 1) == "$1" ]]
}

ours() {
    with_cluster "$QUORATE" "$@"
}

# Standard output and exit code of both, whatever bytes they are.
same() {
    local theirs=0 us=0
    ctl "$@" >"$BATS_TEST_TMPDIR/theirs" 2>/dev/null || theirs=$?
    ours "$@" >"$BATS_TEST_TMPDIR/ours" 2>"$BATS_TEST_TMPDIR/stderr" || us=$?
    if [[ $theirs != "$us" ]] || ! cmp "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours"; then
        echo "differs ($theirs, $us): $*"
        cat "$BATS_TEST_TMPDIR/stderr"
        return 1
    fi
}

# Large ranges come as pages up to 3.6, as a stream from 3.7 on: one version of each will do.
pages_and_stream() {
    [[ $minor == 3.[57] ]] || skip "as on 3.5 or 3.7"
}

in_every_form() {
    local w
    for w in simple json fields protobuf table; do
        same -w "$w" "$@"
    done
    same --hex "$@"
}

# fill COUNT BYTES: so many keys in some directories, in transactions of up to 50 and 1 MB.
fill() {
    local i per=$((1000000 / $2))
    ((per <= 50)) || per=50
    for ((i = 0; i < $1; i += per)); do
        {
            echo
            seq "$i" $((i + per - 1)) | awk -v size="$2" '
                BEGIN { for (v = "v"; length(v) < size; v = v v); v = substr(v, 1, size) }
                {
                printf "put /dir-%d/sub%d/key-%x \"%s\"\n", $1 % 3, $1 % 70, $1 * 2654435761 % 4294967296, v }'
            printf '\n\n'
        } | ours txn >/dev/null
    done
}

@test "keys and values of any bytes, in every form" {
    local lease
    lease=$(ctl lease grant 1000 | awk '{print $2}')
    printf 'nul\0 and \xff\xfe \x01\x1b[1m\r\n"quoted\\"' | ours put binary --lease="$lease"
    ours put $'line\nend' $'two\nlines'
    ours put $'\x80\xff' 'a key that is no UTF-8'
    ours put empty ''
    ours put -- -dash -value
    ours put 'größe <&> 漢字' $'\xe2\x80\xa8\xee\x80\x80\xcc\x81'
    # every byte there is, again and again; characters that only newer versions print are not among them
    local i byte all=''
    for ((i = 0; i < 256; i++)); do
        printf -v byte '\\x%02x' "$i"
        all+=$byte
    done
    for ((i = 0; i < 5800; i++)); do
        # shellcheck disable=SC2059 # its escapes are what is wanted
        printf "$all"
    done | ours put large
    in_every_form get binary
    in_every_form get large
    in_every_form get '' --prefix
    in_every_form get '' --from-key --keys-only
    same get large --print-value-only
    # whatever the locale is
    LC_ALL=C same -w fields get '' --prefix
    # the other way round, too
    head -c 1500000 /dev/urandom >"$BATS_TEST_TMPDIR/value"
    ctl put large <"$BATS_TEST_TMPDIR/value"
    ours get large --print-value-only | head -c 1500000 | cmp - "$BATS_TEST_TMPDIR/value"
}

@test "what etcdctl refuses is refused with its exit code" {
    local refused=(
        'get' 'get --prefix --from-key a' 'get a b --prefix' 'get a --print-value-only -w json' 'get a --order UP' 'get a --sort-by SIZE'
        'get a --consistency x' 'get a --rev 99999' 'put' 'put a' 'put a --lease zz b'
        'put a b --ignore-value' 'put a b --lease 1234' 'put a --ignore-value' 'put a b --ignore-lease'
        'put a b --ignore-lease --lease 12' 'del' 'del a b c' 'del --prefix --from-key a' 'del a b --prefix'
        'get a -w table' 'put a b -w table' 'put --prev-kv'
    )
    at_least 3.5 && refused+=('get a --keys-only --count-only' 'get a --count-only')
    at_least 3.6 && refused+=('get a --min-mod-rev 5 --max-mod-rev 4'
        'get a --min-create-rev 5 --max-create-rev 4')
    local line words
    for line in "${refused[@]}"; do
        read -ra words <<<"$line"
        same "${words[@]}" </dev/null
    done
    same get ''
    same put '' value
    same del ''
    # an empty value is written, but no value is not
    same put a ''
    same put b </dev/null
}

@test "a range of many pages is what etcdctl's one answer is" {
    fill 3000 1500
    ours put /dir-1/zzz "$(head -c 100000 /dev/zero | tr '\0' z)"
    local w
    for w in simple json fields protobuf; do
        same -w "$w" get / --prefix
    done
    same get / --prefix --keys-only
    same -w json get / --prefix --limit 2000
    same -w json get /dir-0/sub3 /dir-2/sub5
    same -w fields get / --prefix --rev 40
    same -w json get / --prefix --sort-by MODIFY --order DESCEND
    same -w json get / --prefix --consistency s
    at_least 3.6 && same -w json get / --prefix --min-mod-rev 50
    at_least 3.7 && same -w json get / --prefix --stream
    ours get / --prefix --stream | cmp - <(ctl get / --prefix)
}

@test "60 MB take little memory" {
    pages_and_stream
    fill 1000 20000
    fill 100 400000
    local bytes
    bytes=$(ctl get / --prefix --command-timeout 60s | cksum)
    # 32 MiB for all that is written to in memory
    [[ $(ulimit -d 32768 && ours get / --prefix | cksum) == "$bytes" ]]
    [[ $(ulimit -d 32768 && ours get / --prefix -w json | cksum) == \
        $(ctl get / --prefix -w json --command-timeout 60s | cksum) ]]
}

@test "a reader that is slow gets all of it, unless its revision is compacted" {
    pages_and_stream
    fill 3000 4000
    local all fifo=$BATS_TEST_TMPDIR/pipe rc=0 end
    all=$(ctl get / --prefix | cksum)
    mkfifo "$fifo"
    ours --command-timeout 500ms get / --prefix >"$fifo" 2>"$BATS_TEST_TMPDIR/stderr" &
    exec {end}<"$fifo"
    head -c 1000 <&"$end" >"$BATS_TEST_TMPDIR/first"
    # longer than a call may take
    run ! timeout 0.8 tail -f /dev/null
    [[ $(cat "$BATS_TEST_TMPDIR/first" - <&"$end" | cksum) == "$all" ]]
    exec {end}<&-
    wait $!

    ours get / --prefix >"$fifo" 2>"$BATS_TEST_TMPDIR/stderr" &
    local program=$!
    exec {end}<"$fifo"
    head -c 1000 <&"$end" >/dev/null
    ctl put /dir-0/new x >/dev/null
    ctl compact "$(ctl get x -w json | grep -o '"revision":[0-9]*' | cut -d: -f2)" --physical >/dev/null
    cat <&"$end" >/dev/null
    exec {end}<&-
    wait $program || rc=$?
    [[ $rc == 1 ]]
    grep -qE '^Error: revision [0-9]+ went away after [0-9]+ of 3000 keys: ' "$BATS_TEST_TMPDIR/stderr"
}

@test "another endpoint takes over when the server goes" {
    pages_and_stream
    etcd_stop
    ETCD_CLUSTER=three etcd_start "$ETCD_VERSION" 3
    export ETCD_CLUSTER=three
    fill 1500 4000
    local all fifo=$BATS_TEST_TMPDIR/pipe end
    all=$(ctl get / --prefix | cksum)
    mkfifo "$fifo"
    ours get / --prefix --endpoints "$(etcd_endpoints 1),$(etcd_endpoints 2)" >"$fifo" &
    exec {end}<"$fifo"
    head -c 1000 <&"$end" >"$BATS_TEST_TMPDIR/first"
    etcd_kill 1
    [[ $(cat "$BATS_TEST_TMPDIR/first" - <&"$end" | cksum) == "$all" ]]
    exec {end}<&-
    wait $!
}

@test "del of everything asks on a terminal, and nobody else" {
    ours put a 1
    ours put b 2
    on_terminal() { # ANSWER WORD...
        local answer=$1
        shift
        # shellcheck disable=SC2016 # expanded by the inner shell
        run with_cluster script -qec '"$QUORATE" '"$*" /dev/null <<<"$answer"
    }
    on_terminal n "del '' --prefix"
    [[ $output == *'This deletes all 2 keys of the cluster. Go on? [y/N]'* ]]
    [[ $output == *'not confirmed, nothing was changed'* && $status == 5 ]]
    on_terminal n "del '' --from-key"
    [[ $status == 5 ]]
    [[ $(ctl get '' --prefix --keys-only | grep -c .) == 2 ]]
    on_terminal y "del '' --prefix"
    [[ $status == 0 && $output == *2* ]]
    ours put a 1
    on_terminal n "del '' --prefix --yes"
    [[ $status == 0 && $output != *'Go on?'* ]]
    ours put a 1
    on_terminal n "del a --prefix"
    [[ $status == 0 && $output != *'Go on?'* ]]
    # a script is not asked
    ours put a 1
    [[ $(ours del '' --prefix) == 1 ]]
    ours put a 1
    [[ $(ours del '' --from-key </dev/null) == 1 ]]
}
