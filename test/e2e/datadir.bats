#!/usr/bin/env bats
#
# 'datadir check' against etcd itself: each state is made from a real member's directory, judged, and
# then etcd is started on it. What the check says has to be what etcd does.
#
# bats file_tags=few-etcds

bats_require_minimum_version 1.5.0
load ../harness/datadir

damage=$BATS_TEST_DIRNAME/../harness/damage

# Directories of a member that was killed: "plain" has never made a raft snapshot, "snaps" has made
# several, and "early" is what "snaps" was some time before.
setup_file() {
    datadir_setup_file
    boots "$DIRS/plain" && put 5 && halt
    boots "$DIRS/snaps" --snapshot-count 10 && put 20 && halt TERM
    cp -a "$DIRS/snaps" "$DIRS/early"
    boots "$DIRS/snaps" --snapshot-count 10 && put 60 && halt
}

setup() {
    trace_tests_only
    datadir_setup
}

teardown() {
    halt
}

# shellcheck disable=SC2154 # datadir_setup sets dir
take() { # KIND: a copy of it in $dir
    rm -rf "$dir"
    cp -a "$DIRS/$1" "$dir"
    db=$dir/member/snap/db
    segment=$(find "$dir/member/wal" -name '*.wal' | sort | tail -n 1)
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

@test "folders beside etcd's own: a disk's lost+found, and data that was moved aside on that disk" {
    take snaps
    mkdir "$dir/lost+found"
    cp -a "$dir/member" "$dir/member.before-20261126T000000Z"
    agrees starts
    # etcd tells of them, and goes on.
    [[ $(grep -c 'found invalid file.* under data directory' "$BATS_FILE_TMPDIR/log") -eq 2 ]]
}

@test "each release on the data of this one" {
    local version verdict want
    for version in 3.4 3.5 3.6 3.7; do
        take snaps
        want=starts
        ((${version#3.} >= $(minor))) || want=does-not-start
        BOOT_VERSION=$version verdict_is $want
        BOOT_VERSION=$version boots "$dir" && verdict=starts || verdict=does-not-start
        halt
        [[ $verdict == "$want" ]] || { echo "etcd $version: $verdict"; return 1; }
    done
}

@test "each release on the data of this one, all of it still in the log" {
    local version verdict want
    for version in 3.5 3.6 3.7; do
        take plain
        want=starts
        ((${version#3.} >= $(minor))) || want=does-not-start
        # 3.7 cannot decode what members up to 3.5 write about themselves, and to 3.6 the health checks of
        # 3.4 are requests of the v2 API.
        case $(minor)-$version in
            4-3.6 | [45]-3.7) want=does-not-start ;;
        esac
        BOOT_VERSION=$version verdict_is $want
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
    "$damage" meta "$db" older
    agrees starts meta-page
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
    # shellcheck disable=SC2034 # boots reads it
    AS='--reuid 65534 --regid 65534 --clear-groups'

    take snaps
    chown -R 65534:65534 "$dir"
    chmod 700 "$dir"
    agrees starts
    take snaps
    chown -R 65534:65534 "$dir"
    chown 0:0 "$db"
    check --user 65534
    [[ $status -eq 3 ]]
    rule_is permission stop
    refuses boots "$dir"
    halt
    take snaps
    chown -R 65534:65534 "$dir"
    chmod 500 "$dir/member/wal"
    check
    [[ $status -eq 3 ]]
    rule_is permission stop
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
