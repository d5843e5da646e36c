#!/usr/bin/env bats
#
# 'datadir check' against etcd itself: each state is made from a real member's directory, judged, and
# then etcd is started on it. What the check says has to be what etcd does.
#
# bats file_tags=each-etcd

bats_require_minimum_version 1.5.0
load ../harness/cluster

damage=$BATS_TEST_DIRNAME/../harness/damage

# Directories of a member that was killed: "plain" has never made a raft snapshot, "snaps" has made
# several, and "early" is what "snaps" was some time before.
setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
    local ports
    read -ra ports < <(_etcd_free_ports 2)
    export CLIENT=http://127.0.0.1:${ports[0]} PEER=http://127.0.0.1:${ports[1]}
    DIRS=$BATS_FILE_TMPDIR
    export DIRS

    boots "$DIRS/plain" && put 5 && halt
    boots "$DIRS/snaps" --snapshot-count 10 && put 20 && halt TERM
    cp -a "$DIRS/snaps" "$DIRS/early"
    boots "$DIRS/snaps" --snapshot-count 10 && put 60 && halt
}

setup() {
    dir=$BATS_TEST_TMPDIR/data
}

teardown() {
    halt
}

# Starts etcd of the given version (else the one under test) and waits for health or its end.
boots() { # DIR [OPTION...]
    local dir=$1 program deadline=$((SECONDS + ${PATIENCE:-30}))
    shift
    program=$(etcd_tool "${BOOT_VERSION:-$ETCD_VERSION}" etcd)
    # shellcheck disable=SC2086 # AS is a command
    setpriv --pdeathsig KILL ${AS-} "$program" --name m1 --data-dir "$dir" \
        --listen-client-urls "$CLIENT" --advertise-client-urls "$CLIENT" \
        --listen-peer-urls "$PEER" --initial-advertise-peer-urls "$PEER" \
        --initial-cluster "m1=$PEER" --logger zap --log-outputs stderr "$@" \
        </dev/null >"$BATS_FILE_TMPDIR/log" 2>&1 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/pid"
    while [[ $SECONDS -lt $deadline ]]; do
        kill -0 "$(<"$BATS_FILE_TMPDIR/pid")" 2>/dev/null || return 1
        [[ $(curl -s --noproxy '*' --max-time 1 "$CLIENT/health") != *'"true"'* ]] || return 0
        sleep 0.1
    done
    return 2
}

halt() { # [SIGNAL]
    [[ ! -f $BATS_FILE_TMPDIR/pid ]] || _etcd_end "$(<"$BATS_FILE_TMPDIR/pid")" "${1:-KILL}"
    rm -f "$BATS_FILE_TMPDIR/pid"
}

put() { # COUNT
    local i value
    value=$(head -c 600 /dev/zero | tr '\0' x)
    for ((i = 0; i < $1; i++)); do
        "$QUORATE" put "key-$i" "$value" --endpoints "$CLIENT" >/dev/null || return 1
    done
    sleep 0.3 # the database follows the log within a tenth of a second
}

takes_writes() {
    "$QUORATE" put after x --endpoints "$CLIENT" --command-timeout 2s >/dev/null 2>&1
}

refuses() { # COMMAND...: not under "run", whose shell etcd would die with
    if "$@"; then
        return 1
    fi
}

take() { # KIND: a copy of it in $dir
    rm -rf "$dir"
    cp -a "$DIRS/$1" "$dir"
    db=$dir/member/snap/db
    segment=$(find "$dir/member/wal" -name '*.wal' | sort | tail -n 1)
}

# shellcheck disable=SC2154 # _etcds is cluster.bash's
minor() { # the minor release under test, as a number
    local version
    version=$(basename "$("$_etcds" path "$ETCD_VERSION")")
    version=${version#3.}
    echo "${version%%.*}"
}

# shellcheck disable=SC2154 # bats sets stderr
check() { # [OPTION...]
    run --separate-stderr "$QUORATE" datadir check "$dir" --version "3.$(minor)" -w json "$@"
    [[ $output == '{'* ]] || { echo "$stderr"; return 1; }
}

rule_is() { # RULE SEVERITY
    jq -e --arg rule "$1" --arg severity "$2" \
        '[.findings[] | select(.rule == $rule and .severity == $severity)] | length > 0' <<<"$output"
}

# The verdict, and that etcd does what it says.
# shellcheck disable=SC2154 # bats sets status
agrees() { # VERDICT [RULE]
    local verdict
    check
    verdict=$(jq -r .dataDir.verdict <<<"$output")
    [[ $verdict == "$1" ]] || { jq . <<<"$output"; return 1; }
    case $verdict in
        starts)
            [[ $status -eq 0 ]]
            [[ $# -eq 1 ]] || rule_is "$2" note
            boots "$dir" || { tail -n 3 "$BATS_FILE_TMPDIR/log"; return 1; }
            takes_writes
            ;;
        loses-data)
            [[ $status -eq 1 ]]
            rule_is "$2" loss
            boots "$dir"
            refuses takes_writes
            ;;
        does-not-start)
            [[ $status -eq 3 ]]
            rule_is "$2" stop
            PATIENCE=6 refuses boots "$dir"
            ;;
        *) false ;;
    esac
    halt
}

@test "sound directories" {
    take plain
    agrees starts
    take snaps
    agrees starts
    [[ $(jq .dataDir.consistentIndex <<<"$output") -eq $(jq .dataDir.lastIndex <<<"$output") ]]
    [[ $(jq -c .findings <<<"$output") == '[]' ]]
}

@test "an empty directory, and one that is none" {
    mkdir -m 700 "$dir"
    agrees starts new
    run ! "$QUORATE" datadir check "$BATS_TEST_TMPDIR/nothing"
    [[ $status -eq 4 && $output == *"'$BATS_TEST_TMPDIR/nothing"* ]]
    take snaps
    run ! "$QUORATE" datadir check "$dir/member"
    [[ $status -eq 4 && $output == *"the directory that holds 'member': $dir"* ]]
}

@test "each release on the data of this one" {
    local version verdict want
    for version in 3.4 3.5 3.6 3.7; do
        take snaps
        want=starts
        ((${version#3.} >= $(minor))) || want=does-not-start
        verdict=$("$QUORATE" datadir check "$dir" --version $version -w json | jq -r .dataDir.verdict)
        [[ $verdict == "$want" ]]
        BOOT_VERSION=$version boots "$dir" && verdict=starts || verdict=does-not-start
        halt
        [[ $verdict == "$want" ]] || { echo "etcd $version: $verdict"; return 1; }
    done
}

@test "the database is gone" {
    take plain
    rm "$db"
    agrees starts db-rebuilt
    take plain
    : >"$db"
    agrees starts db-rebuilt
    take snaps
    rm "$db"
    agrees does-not-start db-behind-log
}

@test "a database older than the log, without and with what the leader sent" {
    local newest
    take snaps
    newest=$(check && jq -r '.findings | length' <<<"$output")
    [[ $newest -eq 0 ]]
    cp "$DIRS/early/member/snap/db" "$db"
    agrees does-not-start db-behind-log
    newest=$(jq -r '.findings[0].text | capture("(?<name>[0-9a-f]{16}.snap.db)").name' <<<"$output")
    take snaps
    mv "$db" "$dir/member/snap/$newest"
    cp "$DIRS/early/member/snap/db" "$db"
    agrees starts db-received
}

@test "a database ahead of the log, and one without a log" {
    local verdict=loses-data
    (($(minor) < 6)) || verdict=does-not-start
    take early
    cp "$DIRS/snaps/member/snap/db" "$db"
    agrees $verdict db-ahead-of-log
    take snaps
    rm "$dir"/member/wal/*.wal
    agrees $verdict log-absent
    take snaps
    rm -r "$dir/member/wal"
    agrees $verdict log-absent
}

@test "a log that is torn, damaged, or cut in half" {
    take snaps
    "$damage" wal "$segment" torn
    agrees starts log-torn
    take snaps
    "$damage" wal "$segment" crc
    agrees does-not-start log-damaged
}

@test "a segment is missing" {
    take snaps
    cp "$segment" "$dir/member/wal/0000000000000002-0000000000000200.wal"
    agrees does-not-start log-unreadable
    take snaps
    mv "$segment" "$dir/member/wal/0000000000000001-0000000000000200.wal"
    agrees does-not-start log-begins-late
}

@test "broken raft snapshots" {
    local snap
    take snaps
    snap=$(find "$dir/member/snap" -name '*.snap' | sort | tail -n 1)
    [[ -n $snap ]] || skip "etcd 3.$(minor) makes no .snap files"
    printf x | dd of="$snap" bs=1 seek=200 conv=notrunc status=none
    agrees starts snap-broken
    take snaps
    for snap in "$dir"/member/snap/*.snap; do
        truncate -s 100 "$snap"
    done
    agrees starts snap-broken
    # Without any, the log has to reach back to the beginning.
    take snaps
    for snap in "$dir"/member/snap/*.snap; do
        truncate -s 100 "$snap"
    done
    mv "$segment" "$dir/member/wal/0000000000000001-0000000000000005.wal"
    if (($(minor) < 7)); then
        agrees does-not-start log-begins-late
    else
        agrees starts
    fi
}

@test "a damaged database" {
    take snaps
    "$damage" meta "$db" 0
    agrees starts meta-page
    "$damage" meta "$db" 0
    take snaps
    "$damage" meta "$db" 0
    "$damage" meta "$db" 1
    agrees does-not-start db-unreadable
    take snaps
    truncate -s 8192 "$db"
    agrees does-not-start db-unreadable
    take snaps
    "$damage" tree "$db" beyond
    agrees does-not-start db-damaged
    take snaps
    "$damage" tree "$db" twice
    agrees does-not-start db-damaged
}

@test "in use" {
    take snaps
    boots "$dir"
    check
    [[ $status -eq 19 ]]
    rule_is db-locked stop
    [[ $(jq -r '.findings[0].text' <<<"$output") == "the database is in use by etcd (pid $(<"$BATS_FILE_TMPDIR/pid"))" ]]
    halt
}

@test "owner and permissions" {
    [[ $EUID -eq 0 ]] || skip "needs root"
    take snaps
    chmod 755 "$dir"
    agrees starts mode
    # As a user who cannot reach the program either, etcd would say nothing about the directory.
    local copy=$BATS_TEST_TMPDIR/etcd
    chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
    run setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$BATS_TEST_TMPDIR"
    [[ $status -eq 0 ]] || skip "TMPDIR is closed to other users"
    cp "$(etcd_tool "$ETCD_VERSION" etcd)" "$copy"
    etcd_tool() { echo "$copy"; }
    AS='--reuid 65534 --regid 65534 --clear-groups'

    take snaps
    chown -R 65534:65534 "$dir"
    chmod 700 "$dir"
    agrees starts
    take snaps
    chown -R 65534:65534 "$dir"
    chown 0:0 "$db"
    check --user 65534
    [[ $status -eq 3 ]] && rule_is permission stop
    refuses boots "$dir"
    halt
    take snaps
    chown -R 65534:65534 "$dir"
    chmod 500 "$dir/member/wal"
    check
    [[ $status -eq 3 ]] && rule_is permission stop
    refuses boots "$dir"
}

@test "leftovers are told, and left alone" {
    take snaps
    touch "$dir/member/snap/db.tmp.123" "$dir/member/snap/tmp77" "$dir/member/wal/x.wal.broken" \
        "$dir/member/snap/db.bak" "$dir/.restore-00ff00ff"
    check
    [[ $status -eq 0 ]]
    [[ $(jq '[.findings[] | select(.rule == "leftover")] | length' <<<"$output") -eq 5 ]]
    [[ -e $dir/member/snap/db.tmp.123 && -e $dir/.restore-00ff00ff ]]
    agrees starts leftover
}

@test "the check changes nothing" {
    local before
    take snaps
    before=$(cd "$dir" && find . -printf '%p %s %T@ %C@\n' | sort)
    check
    [[ $(cd "$dir" && find . -printf '%p %s %T@ %C@\n' | sort) == "$before" ]]
}
