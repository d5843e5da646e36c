#!/usr/bin/env bats
#
# The corruption campaign (test/harness/corrupt.c) on what a server of each version has just written:
# several levels of pages, free pages with old content, a log, a compaction. CORRUPTIONS says how many
# damaged files (1000 unless told, 3000 with QUORATE_EVERY_MOMENT=1), CORRUPTION_SEED which ones.
#
# bats file_tags=few-etcds

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
    lab_up --members 1
}

teardown() {
    lab_teardown
}

# The program that was built last for tests that fail on purpose, or beside the one under test.
corrupt() {
    local build
    build=$(dirname "$QUORATE")
    ninja -C "$build" test/harness/corrupt >/dev/null
    "$build/test/harness/corrupt" "$@"
}

@test "damaged files of a live server: no crash, nothing accepted in silence, all that is intact rescued" {
    local dir=$BATS_TEST_TMPDIR/files wal revision
    mkdir "$dir"
    "$QUORATE" lab load --name t --keys 400
    revision=$("$QUORATE" --cluster lab:t get none -w json | jq .header.revision)
    "$QUORATE" --cluster lab:t snapshot save "$dir/early.db"
    "$QUORATE" --cluster lab:t compaction $((revision - 5))
    "$QUORATE" lab load --name t --keys 100 --seed 2
    "$QUORATE" --cluster lab:t lease grant 1000
    "$QUORATE" --cluster lab:t snapshot save "$dir/late.db"
    "$QUORATE" lab kill --name t m1
    cp "$(lab_dir)/m1.etcd/member/snap/db" "$dir/killed.db"
    wal=$(find "$(lab_dir)/m1.etcd/member/wal" -name '*.wal' | sort | head -n 1)
    # A segment is 64 MB, most of it not yet written.
    head -c 900000 "$wal" >"$dir/head.wal"
    run corrupt "${CORRUPTIONS:-$((${QUORATE_EVERY_MOMENT:+2000} + 1000))}" "${CORRUPTION_SEED:-1}" "$dir"/*
    echo "$output"
    [[ $status -eq 0 ]]
}
