#!/usr/bin/env bats
#
# salvage on what real servers left: first etcd refuses it, then what was rescued is restored, boots,
# and is compared with what was written.
#
# bats file_tags=one-etcd
# shellcheck disable=SC2030,SC2031,SC2154 # stderr comes from run --separate-stderr

bats_require_minimum_version 1.5.0
load ../harness/cluster

bats::on_failure() {
    tail -n 5 "$(etcd_dir 1)/log" 2>/dev/null || true
}

setup() {
    etcd_start "$ETCD_VERSION"
    rescued=$BATS_TEST_TMPDIR/rescued.db
}

teardown() {
    etcd_stop
}

database() {
    echo "$(etcd_dir 1)/data/member/snap/db"
}

put_many() { # COUNT: three revisions of each of COUNT/3 keys, large enough for a branch page
    local filling i
    filling=$(printf 'x%.0s' {1..1200})
    for ((i = 0; i < $1; i++)); do
        printf '/registry/pods/%s\t%s\n' $((i % ($1 / 3))) "$filling$i"
    done | put_lines
}

stop() {
    etcd_kill 1 TERM
}

refuses() { # etcd ends by itself
    etcd_restart 1
    wait_for 30 gone
}

gone() {
    ! kill -0 "$(<"$(etcd_dir 1)/pid")" 2>/dev/null
}

# What was rescued in the place of what was damaged.
restore_rescued() {
    "$QUORATE" snapshot status "$rescued"
    rm -rf "$(etcd_dir 1)/data"
    "$QUORATE" snapshot restore "$rescued" --name m1 --data-dir "$(etcd_dir 1)/data" \
        --initial-cluster "$(tr '\0' '\n' <"$(etcd_dir 1)/arguments" |
            grep -A 1 -x -e --initial-cluster | tail -n 1)"
    bbolt check "$(database)"
    etcd_restart 1
    etcd_wait_healthy
}

content() {
    ctl get --prefix '' -w json | jq -S '[.kvs[] | {key, value, version, mod_revision, create_revision}]'
}

hash_kv() {
    ctl endpoint hashkv -w json | jq '.[0].HashKV.hash'
}

page_of_kind() { # KIND NTH: the page's number
    bbolt pages "$(database)" | awk -v kind="$1" -v nth="$2" '$2 == kind && ++n == nth { print $1 }'
}

# One that begins with revisions: the leaf of "meta" has a few rows, too.
leaf_of_keys() {
    local page
    while read -r page; do
        if dd if="$(database)" bs=4096 skip="$page" count=1 status=none | grep -qa /registry/pods/; then
            echo "$page"
            return
        fi
    done < <(bbolt pages "$(database)" | awk '$2 == "leaf" && $3 < 9 && $3 > 1 { print $1 }')
    return 1
}

zero_page() {
    dd if=/dev/zero of="$(database)" bs=4096 seek="$1" count=1 conv=notrunc status=none
}

# bats test_tags=few-etcds
@test "both meta pages bad: everything comes back" {
    local before hash
    put_many 60
    before=$(content)
    hash=$(hash_kv)
    stop
    zero_page 0
    zero_page 1
    refuses
    run -0 --separate-stderr "$QUORATE" salvage --data-dir "$(etcd_dir 1)/data" \
        --output "$rescued" -w json
    [[ $(jq -r '.. | .metaPages? // empty' <<<"$output") == 'both bad' ]]
    [[ $(jq '.. | .hashKV? // empty' <<<"$output") == "$hash" ]]
    restore_rescued
    [[ $(content) == "$before" ]]
    [[ $(hash_kv) == "$hash" ]]
}

@test "a broken branch page: the leaves below it are found" {
    local before branch
    put_many 60
    before=$(content)
    stop
    branch=$(page_of_kind branch 1)
    zero_page "$branch"
    run -24 --separate-stderr "$QUORATE" salvage --data-dir "$(etcd_dir 1)/data" \
        --output "$rescued" -w json
    [[ $(jq '.. | .revisionsRescued? // empty' <<<"$output") == 60 ]]
    [[ $(jq '.. | .revisionsExpected? // empty' <<<"$output") == 60 ]]
    [[ $output == *"page $branch"* || $output == *"\"page\":$branch"* ]]
    restore_rescued
    [[ $(content) == "$before" ]]
}

@test "a broken leaf: its revisions are named as lost, all others come back" {
    local leaf lost first last
    put_many 60
    stop
    # A free page may have an earlier copy of it, with which nothing is lost.
    for leaf in $(bbolt pages "$(database)" | awk '$2 == "free" { print $1 }'); do
        zero_page "$leaf"
    done
    leaf=$(leaf_of_keys)
    zero_page "$leaf"
    run -24 --separate-stderr "$QUORATE" salvage --data-dir "$(etcd_dir 1)/data" \
        --output "$rescued" -w json
    first=$(jq '.lostRevisions[0].first' <<<"$output")
    last=$(jq '.lostRevisions[0].last' <<<"$output")
    lost=$((last - first + 1))
    [[ $lost -gt 0 && $(jq '.. | .revisionsRescued? // empty' <<<"$output") == $((60 - lost)) ]]
    restore_rescued
    for ((i = 2; i <= 61; i++)); do
        if [[ $i -ge $first && $i -le $last ]]; then continue; fi
        [[ $(ctl get --rev "$i" --prefix '' --sort-by modify --order descend --limit 1 -w json |
            jq '.kvs[0].mod_revision') == "$i" ]]
    done
}

# Changes a byte of the last place where the log has this text.
damage_log() {
    python3 - "$(segment)" "$1" <<'PYTHON'
import sys
path, text = sys.argv[1], sys.argv[2].encode()
content = bytearray(open(path, "rb").read())
content[content.rindex(text)] ^= 1
open(path, "wb").write(content)
PYTHON
}

@test "what the database has not got comes from its log, up to a wrong checksum in it" {
    local before hash data
    data=$(etcd_dir 1)/data
    put_many 30
    stop
    cp "$(database)" "$BATS_TEST_TMPDIR/older.db"
    etcd_restart 1
    etcd_wait_healthy
    ctl put last one
    ctl put leased x --lease "$(ctl lease grant 1000 | cut -d ' ' -f 2)"
    ctl del /registry/pods/1
    ctl put last the-very-last
    before=$(content)
    hash=$(hash_kv)
    etcd_kill 1
    cp "$BATS_TEST_TMPDIR/older.db" "$(database)"
    zero_page 0
    zero_page 1
    refuses
    run -0 "$QUORATE" salvage --data-dir "$data" --output "$rescued"
    [[ $output == *'ENTRIES OF THE LOG'* ]]
    cp -r "$data" "$BATS_TEST_TMPDIR/data"
    restore_rescued
    [[ $(content) == "$before" ]]
    [[ $(hash_kv) == "$hash" ]]
    [[ $(ctl lease list | tail -n +2 | wc -l) == 1 ]]

    etcd_kill 1
    rm -rf "$data" "$rescued"
    cp -r "$BATS_TEST_TMPDIR/data" "$data"
    cp "$BATS_TEST_TMPDIR/older.db" "$(database)"
    damage_log the-very-last
    refuses
    run -24 "$QUORATE" salvage --data-dir "$data" --output "$rescued"
    [[ $output == *'crc mismatch'* ]]
    restore_rescued
    [[ $(ctl get last --print-value-only) == one ]]
    [[ $(ctl get /registry/pods/1) == '' ]]
}

@test "a database that is behind the raft snapshot, without the one that was sent: the log has the rest" {
    local before hash data
    data=$(etcd_dir 1)/data
    stop
    printf '%s\0' --snapshot-count 10 >>"$(etcd_dir 1)/arguments"
    etcd_restart 1
    etcd_wait_healthy
    put_many 6
    stop
    cp "$(database)" "$BATS_TEST_TMPDIR/older.db"
    etcd_restart 1
    etcd_wait_healthy
    put_many 60
    before=$(content)
    hash=$(hash_kv)
    stop
    cp "$BATS_TEST_TMPDIR/older.db" "$(database)"
    refuses
    run "$QUORATE" salvage --data-dir "$data" --output "$rescued" -w json
    [[ $(jq '.. | .hashKV? // empty' <<<"$output") == "$hash" ]]
    [[ $(jq '.. | .logEntries? // empty' <<<"$output") -ge 60 ]]
    [[ $(jq -r '.directory[].severity' <<<"$output") == *stop* ]]
    restore_rescued
    [[ $(content) == "$before" ]]
}

@test "only the database that a leader sent is there" {
    local before
    put_many 30
    before=$(content)
    stop
    mv "$(database)" "$(dirname "$(database)")/00000000000000aa.snap.db"
    run "$QUORATE" salvage --data-dir "$(etcd_dir 1)/data" --output "$rescued"
    [[ $output == *00000000000000aa.snap.db* ]]
    restore_rescued
    [[ $(content) == "$before" ]]
}

# A member with raft snapshots, the last of which is newer than older.db.
with_raft_snapshots() {
    put_many 6
    stop
    cp "$(database)" "$BATS_TEST_TMPDIR/older.db"
    printf '%s\0' --snapshot-count 10 >>"$(etcd_dir 1)/arguments"
    etcd_restart 1
    etcd_wait_healthy
    put_many 60
    before=$(content)
    hash=$(hash_kv)
    stop
    cp -a "$(etcd_dir 1)/data" "$BATS_TEST_TMPDIR/whole"
}

take_whole() {
    rm -rf "$(etcd_dir 1)/data" "$rescued"
    cp -a "$BATS_TEST_TMPDIR/whole" "$(etcd_dir 1)/data"
}

# What salvage makes of the directory is all that was there.
rescues_all() {
    run "$QUORATE" salvage --data-dir "$(etcd_dir 1)/data" --output "$rescued" -w json
    [[ $(jq '.. | .hashKV? // empty' <<<"$output") == "$hash" ]]
}

@test "raft snapshots that are damaged or missing, and a log that begins behind them" {
    local data before hash snap segment
    data=$(etcd_dir 1)/data
    with_raft_snapshots
    for snap in "$data"/member/snap/*.snap; do
        truncate -s 100 "$snap"
    done
    rescues_all
    take_whole
    rm -f "$data"/member/snap/*.snap
    rescues_all
    take_whole
    # The first entries are gone, and what would stand for them is, too.
    rm -f "$data"/member/snap/*.snap
    segment=$(segment)
    mv "$segment" "$(dirname "$segment")/0000000000000001-0000000000000005.wal"
    rescues_all
    # 3.7 starts from the database's own index then, and has no need of them.
    [[ $ETCD_VERSION == 3.7.* || $(jq -r '.directory[].rule' <<<"$output") == *log-begins-late* ]]
    restore_rescued
    [[ $(content) == "$before" ]]
}

@test "the database that belongs to the newest raft snapshot is missing" {
    local data before hash
    data=$(etcd_dir 1)/data
    with_raft_snapshots
    cp "$BATS_TEST_TMPDIR/older.db" "$(database)"
    [[ -z $(find "$data" -name '*.snap.db') ]]
    refuses
    rescues_all
    [[ $(jq -r '.directory[].severity' <<<"$output") == *stop* ]]
    restore_rescued
    [[ $(content) == "$before" ]]
}

@test "an interrupted or impossible salvage leaves nothing behind" {
    local dir=$BATS_TEST_TMPDIR/out
    mkdir "$dir"
    put_many 6
    stop
    truncate -s 300M "$(database)"
    timeout --signal=INT 0.1 "$QUORATE" salvage --data-dir "$(etcd_dir 1)/data" \
        --output "$dir/rescued.db" || [[ $? -eq 124 ]]
    [[ -e $dir/rescued.db || $(ls -A "$dir") == '' ]]
    truncate -s 100G "$(database)"
    run -7 --separate-stderr "$QUORATE" salvage --data-dir "$(etcd_dir 1)/data" \
        --output "$dir/other.db"
    [[ $stderr == *'are needed'* && ! -e $dir/other.db ]]
}

@test "the source is not touched, the output not replaced, a running member left alone" {
    local before
    put_many 6
    run -19 --separate-stderr "$QUORATE" salvage --data-dir "$(etcd_dir 1)/data" --output "$rescued"
    [[ $stderr == *'is in use by etcd'* && ! -e $rescued ]]
    stop
    before=$(sha256sum "$(database)")
    "$QUORATE" salvage --data-dir "$(etcd_dir 1)/data" --output "$rescued"
    [[ $(sha256sum "$(database)") == "$before" ]]
    run -5 --separate-stderr "$QUORATE" salvage --data-dir "$(etcd_dir 1)/data" --output "$rescued"
    [[ $stderr == *"'$rescued' exists"* ]]
    run -2 "$QUORATE" salvage --output "$rescued.2"
    [[ $(find "$BATS_TEST_TMPDIR" -maxdepth 1 -name '.quorate-*') == '' ]]
}

# The last record is cut in its middle, as by a crash. Entries are padded to eight bytes.
tear_log() {
    local wal size
    wal=$(segment)
    size=$(used "$wal")
    truncate -s $((size - 11)) "$wal"
}

segment() {
    find "$(etcd_dir 1)/data/member/wal" -name '*.wal' | sort | tail -n 1
}

# How far a segment is written: the zeros behind it are room.
used() {
    python3 - "$1" <<'PYTHON'
import sys
content = open(sys.argv[1], "rb").read().rstrip(b"\0")
print((len(content) + 7) // 8 * 8)
PYTHON
}

@test "a torn log is cut where etcd would cut it, and kept; a damaged one is refused" {
    local wal before kept
    put_many 6
    stop
    wal=$(segment)
    run -0 "$QUORATE" salvage --repair-wal --data-dir "$(etcd_dir 1)/data"
    [[ $output == *'nothing to repair'* ]]
    tear_log
    before=$(sha256sum <"$wal")
    run -0 "$QUORATE" salvage --repair-wal --data-dir "$(etcd_dir 1)/data" --dry-run -w json
    [[ $(sha256sum <"$wal") == "$before" && $output == *'"torn":true'* ]]
    run -0 "$QUORATE" salvage --repair-wal --data-dir "$(etcd_dir 1)/data" -w json
    kept=$(jq -r '.. | .copy? // empty' <<<"$output")
    [[ $kept == "$wal.broken" && $(sha256sum <"$kept") == "$before" ]]
    [[ $(stat -c %s "$wal") == $(jq -r '.. | .cutAt? // empty' <<<"$output") ]]
    etcd_restart 1
    etcd_wait_healthy
    [[ $(ctl get --prefix '' --keys-only | grep -c pods) == 2 ]]
    stop
    wal=$(segment)
    printf '\xff' | dd of="$wal" bs=1 seek=300 conv=notrunc status=none
    refuses
    run -3 --separate-stderr "$QUORATE" salvage --repair-wal --data-dir "$(etcd_dir 1)/data"
    [[ $stderr == *'no torn end'* && $stderr == *'salvage --data-dir'* ]]
    run -24 "$QUORATE" salvage --data-dir "$(etcd_dir 1)/data" --output "$rescued"
    restore_rescued
    [[ $(ctl get --prefix '' --keys-only | grep -c pods) == 2 ]]
}
