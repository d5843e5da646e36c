#!/usr/bin/env bats
#
# Offline 'defrag' and 'migrate' on a disk that fails, that is full, and killed at any moment: the data
# directory has a whole database with all its rows, the old one or the new one.

bats_require_minimum_version 1.5.0
load ../harness/cluster

setup() {
    trace_tests_only
    DATA=$BATS_TEST_TMPDIR/data
    DB=$DATA/member/snap/db
    mkdir -p "$DATA/member/snap" "$DATA/member/wal"
    cp "$BATS_TEST_DIRNAME/../golden/snap/rich-3.5.30.snap" "$DB"
    cp "$BATS_TEST_DIRNAME/../golden/wal/rich-3.5.30.wal" \
        "$DATA/member/wal/0000000000000000-0000000000000000.wal"
    HASH=$("$QUORATE" hash "$DB" | tail -n 1)
}

teardown() {
    ! mountpoint -q "$BATS_TEST_TMPDIR/disk" || umount -l "$BATS_TEST_TMPDIR/disk"
}

whole() {
    [[ $(bbolt check "$DB") == OK && $("$QUORATE" hash "$DB" | tail -n 1) == "$HASH" ]]
}

# at_every ACTION STATUS COMMAND...: ACTION (fail, kill) at each passage of each failpoint in turn. After
# each there is a whole database; 'until_last' gets through, so that each passage had its turn.
at_every() {
    local action=$1 expected=$2 point n status
    shift 2
    for point in file_write file_sync file_rename; do
        for ((n = 1; n < 50; n++)); do
            status=0
            QUORATE_FAILPOINTS=$point=$action@$n "$QUORATE" "$@" >/dev/null 2>&1 || status=$?
            whole
            [[ $status -ne 0 ]] || break
            [[ $status -eq $expected ]]
        done
        [[ $status -eq 0 ]]
    done
}

@test "defrag that fails leaves the database as it was, and nothing beside it" {
    at_every fail 1 defrag --data-dir "$DATA"
    [[ $(ls "$DATA/member/snap") == db ]]
}

@test "defrag killed at any write, sync or rename leaves a whole database" {
    at_every kill 137 defrag --data-dir "$DATA"
    # Those that were killed left files, which go with the next run.
    [[ $(ls "$DATA/member/snap") == db ]]
}

@test "migrate killed at any write or sync leaves the old or the new version" {
    local point n status target version
    for target in 3.6 3.5; do
        cp "$DB" "$BATS_TEST_TMPDIR/before.db"
        for point in file_write file_sync; do
            for ((n = 1; n < 50; n++)); do
                cp "$BATS_TEST_TMPDIR/before.db" "$DB"
                status=0
                QUORATE_FAILPOINTS=$point=kill@$n "$QUORATE" migrate --data-dir "$DATA" \
                    --target-version $target >/dev/null 2>&1 || status=$?
                whole
                version=$("$QUORATE" iterate-bucket "$DB" meta | grep storageVersion || true)
                [[ $version == "" || $version == *'"3.6.0"' ]]
                [[ $status -ne 0 ]] || break
            done
            [[ $n -gt 1 && $status -eq 0 ]]
        done
        [[ $target == 3.5 || $version != "" ]]
    done
}

@test "defrag without room beside the database says so and leaves it" {
    [[ $EUID -eq 0 ]] || skip "mounting a small disk needs root"
    mkdir "$BATS_TEST_TMPDIR/disk"
    mount -t tmpfs -o size=128k quorate-test "$BATS_TEST_TMPDIR/disk" ||
        skip "no tmpfs can be mounted here"
    DATA=$BATS_TEST_TMPDIR/disk/data
    DB=$DATA/member/snap/db
    mkdir -p "$DATA/member/snap"
    cp "$BATS_TEST_DIRNAME/../golden/snap/rich-3.5.30.snap" "$DB"
    head -c 40000 /dev/zero >"$BATS_TEST_TMPDIR/disk/ballast"
    run -1 "$QUORATE" defrag --data-dir "$DATA"
    [[ $output == *"'$DB': reserving "*"No space left on device"*"Hint: free space"* ]]
    whole
    [[ $(ls "$DATA/member/snap") == db ]]
    rm "$BATS_TEST_TMPDIR/disk/ballast"
    "$QUORATE" defrag --data-dir "$DATA"
    whole
}
