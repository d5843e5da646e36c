#!/usr/bin/env bats
#
# Damaged backups and snapshot files: none passes as good, each is told with file, place and remedy,
# and nothing is written. The 10,000 flips and all goldens are in test/unit/format/db_snapshot_test.c,
# under the sanitizers. QUORATE_EVERY_MOMENT=1 tries four times as many here.

bats_require_minimum_version 1.5.0
load ../harness/lab

damage=$BATS_TEST_DIRNAME/../harness/damage
share=$((${QUORATE_EVERY_MOMENT:+3} + 1))

# One real backup for all tests here: some hundred revisions, a part of them compacted, in a file of
# some hundred kilobytes. Its lab stays for 'recover', and so do its plans: one test makes a plan that
# fails, and another that looked at the plans meanwhile would see it run.
setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
    export QUORATE_STATE=$BATS_FILE_TMPDIR/state QUORATE_REPO=$BATS_FILE_TMPDIR/repo NO_COLOR=1
    unset "${!ETCDCTL_@}"
    lab_up --members 1
    "$QUORATE" lab load --name t --keys 30
    fill_and_compact >"$BATS_FILE_TMPDIR/fill"
    "$QUORATE" --cluster lab:t backup now -w json >"$BATS_FILE_TMPDIR/made"
}

teardown_file() {
    "$QUORATE" lab down --name t
}

setup() {
    trace_tests_only
    REPO=$BATS_TEST_TMPDIR/repo
    cp -r "$QUORATE_REPO" "$REPO"
    FILE=$(echo "$REPO"/lab-t/*/snapshot.db)
    MANIFEST=$(dirname "$FILE")/manifest.json
    OUT=$BATS_TEST_TMPDIR/out
}

fill_and_compact() {
    local n endpoint
    endpoint=$("$QUORATE" --cluster lab:t member list -w json | jq -r '.members[0].clientURLs[0]')
    for n in {1..200}; do
        printf '{"key":"%s","value":"%s"}\n' "$(base64 <<<"key$((n % 120))")" "$(base64 <<<"value $n")"
    done >"$BATS_FILE_TMPDIR/puts"
    # One connection for all of them.
    while read -r put; do
        printf 'next\nsilent\nurl = %s/v3/kv/put\ndata = "%s"\n' "$endpoint" "${put//\"/\\\"}"
    done <"$BATS_FILE_TMPDIR/puts" | tail -n +2 | curl --noproxy '*' -K -
    curl -s --noproxy '*' -d '{"revision":"80","physical":true}' "$endpoint/v3/kv/compaction"
}

verify() {
    "$QUORATE" backup verify --repo "$REPO" "$@"
}

# refuses STATUS TEXT... : a command's exit status, and what its output has to say.
refuses() {
    local expected=$1 text
    shift
    [[ $status -eq $expected ]] || { echo "exit status $status: $output"; return 1; }
    for text; do
        [[ $output == *"$text"* ]] || { echo "no '$text' in: $output"; return 1; }
    done
}

# The four commands that read a snapshot, each with the same verdict on FILE, and nothing written.
all_refuse() {
    run verify
    refuses 10 "snapshot.db" "Verdict  bad" "Remedy   " "$@"
    run "$QUORATE" snapshot verify "$FILE"
    refuses 10 "snapshot.db" "Verdict  bad" "Remedy   " "$@"
    run "$QUORATE" snapshot restore "$FILE" --all --output-dir "$OUT"
    refuses 1 "snapshot.db" "Hint: "
    run "$QUORATE" recover --file "$FILE" --cluster lab:t --dry-run
    refuses 10 "snapshot.db" "Hint: " "$@"
    nothing_is_written
}

nothing_is_written() {
    [[ $(ls -A "$BATS_TEST_TMPDIR") == repo ]]
    [[ $(ls -A "$(dirname "$FILE")") == $'manifest.json\nsnapshot.db' ]]
    [[ $("$QUORATE" plan list -w json | jq '[.plans[] | select(.state != "failed")] | length') -eq 0 ]]
}

@test "the backup is good as it was made, and holds a compacted history" {
    run -0 verify
    [[ $output =~ Verdict\ +good ]]
    [[ $("$QUORATE" backup show -w json --repo "$REPO" | field compactRevision) -eq 80 ]]
    [[ $(bbolt check "$FILE") == OK ]]
}

@test "cut anywhere: 'backup verify' says where it ends" {
    count=$("$damage" sweep cuts:$((2048 / share)) "$FILE" "$QUORATE" backup verify --repo "$REPO")
    [[ $count -gt 50 ]]
    run -0 verify
    nothing_is_written
}

@test "cut anywhere: 'snapshot restore' builds nothing, hash check or not" {
    "$damage" sweep cuts:4096 "$FILE" "$QUORATE" snapshot restore "$FILE" --all --output-dir "$OUT"
    nothing_is_written
    # All but the trailer is what --skip-hash-check is for; one page less is not.
    truncate -s -$((32 + 4096)) "$FILE"
    run "$QUORATE" snapshot restore "$FILE" --all --output-dir "$OUT" --skip-hash-check
    refuses 1 "cut short" "Hint: "
    nothing_is_written
}

@test "cut anywhere: 'recover' refuses before it plans" {
    "$damage" sweep cuts:4096 "$FILE" "$QUORATE" recover --file "$FILE" --cluster lab:t --dry-run
    nothing_is_written
}

@test "random flips: none passes" {
    [[ $("$damage" sweep flips:$((150 * share)):1 "$FILE" "$QUORATE" backup verify --repo "$REPO") -eq $((150 * share)) ]]
    [[ $("$damage" sweep flips:$((100 * share)):4 "$FILE" "$QUORATE" snapshot verify "$FILE") -eq $((100 * share)) ]]
    [[ $("$damage" sweep flips:40:2 "$FILE" \
        "$QUORATE" snapshot restore "$FILE" --all --output-dir "$OUT") -eq 40 ]]
    [[ $("$damage" sweep flips:40:3 "$FILE" \
        "$QUORATE" recover --file "$FILE" --cluster lab:t --dry-run) -eq 40 ]]
    run -0 verify
    nothing_is_written
}

@test "a file without its trailer is refused, and taken by restore only when told so" {
    truncate -s -32 "$FILE"
    size=$(stat -c %s "$FILE")
    run verify
    refuses 3 "byte $size: there is no SHA-256 at the end" "--skip-hash-check"
    run "$QUORATE" snapshot verify "$FILE"
    refuses 3 "byte $size: there is no SHA-256 at the end" "--skip-hash-check"
    run -0 "$QUORATE" snapshot verify "$FILE" --skip-hash-check
    refuses 0 "unproven" "no-trailer"
    run "$QUORATE" recover --file "$FILE" --cluster lab:t --dry-run
    refuses 3 "byte $size: there is no SHA-256 at the end" "--skip-hash-check"
    run "$QUORATE" snapshot restore "$FILE" --all --output-dir "$OUT"
    refuses 1 "snapshot missing hash but --skip-hash-check=false" "without the last writes"
    nothing_is_written
    run -0 "$QUORATE" snapshot restore "$FILE" --all --output-dir "$OUT" --skip-hash-check
    [[ $output == *"no digest, so nothing proves that it is whole"* ]]
}

@test "bytes behind the end are told, with the command that cuts them off" {
    size=$(stat -c %s "$FILE")
    for extra in 1 480 512 4096; do
        head -c "$extra" /dev/urandom >>"$FILE"
        all_refuse "byte $size: $extra bytes stand behind the end" "truncate -s $size"
        run "$QUORATE" snapshot restore "$FILE" --all --output-dir "$OUT"
        refuses 1 "truncate -s $size"
        truncate -s "$size" "$FILE"
    done
    run -0 verify
}

@test "both meta pages bad" {
    "$damage" meta "$FILE" 0
    "$damage" meta "$FILE" 1
    all_refuse "page 0, byte"
}

@test "one meta page bad, under a right digest" {
    for number in 0 1; do
        cp "$FILE" "$BATS_FILE_TMPDIR/whole.$number"
        "$damage" meta "$FILE" $number
        run verify
        refuses 10 "page $number, byte $((4096 * number)): meta page $number is damaged" \
            "no other backup"
        mv "$BATS_FILE_TMPDIR/whole.$number" "$FILE"
    done
    run -0 verify
}

@test "a loop, a page twice or out of range, under a right digest" {
    for kind in loop beyond meta twice; do
        cp "$FILE" "$BATS_FILE_TMPDIR/whole.$kind"
        "$damage" tree "$FILE" $kind
        all_refuse "page " "byte "
        mv "$BATS_FILE_TMPDIR/whole.$kind" "$FILE"
    done
    run -0 verify
}

@test "a file that is no snapshot at all, an empty one, and none" {
    head -c 100032 /dev/urandom >"$FILE"
    all_refuse "page 0, byte 16: invalid database"
    : >"$FILE"
    all_refuse "0 bytes are too few"
    rm "$FILE"
    run verify
    refuses 4 "snapshot.db': No such file or directory"
}

# manifest JQ: changes the manifest.
manifest() {
    jq "$1" "$MANIFEST" >"$MANIFEST.new" &&
        mv "$MANIFEST.new" "$MANIFEST"
}

@test "a manifest that is not the file's" {
    cp "$MANIFEST" "$BATS_FILE_TMPDIR/manifest"
    while IFS='#' read -r change text; do
        manifest "$change"
        run verify
        refuses 20 "snapshot.db'" "$text" "Remedy   the file or its manifest was changed"
        cp "$BATS_FILE_TMPDIR/manifest" "$MANIFEST"
    done <<'END'
.snapshot.sha256 = .snapshot.sha256[2:] + "00"#the sha256 is not the manifest's
.snapshot.sizeBytes += 512#the manifest says
.snapshot.revision += 1#revision is
.snapshot.compactRevision = 7#compact revision is 80, the manifest says 7
.snapshot.hashKv = 1#HashKV is
.snapshot.keys = 1#number of keys is
END
    # 'recover' finds out in its first step, before it stops anything.
    manifest '.snapshot.hashKv = 1'
    run "$QUORATE" recover --repo "$REPO" --cluster lab:t --yes
    refuses 20 "snapshot.db' is not the snapshot that this plan was made for" "Hint: "
    "$QUORATE" --cluster lab:t get '' --prefix --count-only -w json
    [[ $("$QUORATE" lab status --name t -w json | field restarts) -eq 0 ]]
}

@test "a manifest that cannot be read is named, and no older backup taken in its place" {
    older=$(dirname "$(dirname "$FILE")")/20200101T000000Z-r1
    cp -r "$(dirname "$FILE")" "$older"
    while IFS='|' read -r code change text; do
        cp "$older/manifest.json" "$MANIFEST"
        # shellcheck disable=SC2294 # the table's own words
        eval "$change"
        for command in 'verify' 'show'; do
            run "$QUORATE" backup $command --repo "$REPO"
            refuses "$code" "manifest.json'" "$text"
        done
        run "$QUORATE" recover --repo "$REPO" --cluster lab:t --dry-run
        refuses "$code" "manifest.json'" "$text" "Hint: "
        "$QUORATE" backup list --repo "$REPO" -w json >"$BATS_FILE_TMPDIR/list"
        [[ $(jq -r '.backups[-1].state' "$BATS_FILE_TMPDIR/list") == unreadable ]]
        [[ $(jq -r '.backups[0].state' "$BATS_FILE_TMPDIR/list") == proven ]]
    done <<'END'
9|truncate -s 100 "$MANIFEST"|line
9|echo nonsense >"$MANIFEST"|line 1, column
9|: >"$MANIFEST"|manifest.json
9|manifest 'del(.snapshot.sha256)'|sha256
9|manifest '.snapshot.file = "../../other/snapshot.db"'|'file' is not a plain file name
9|manifest '.snapshot.file = "/etc/shadow"'|'file' is not a plain file name
9|manifest '.snapshot.file = ".."'|'file' is not a plain file name
11|manifest '.format = 2'|format 2, newest known is 1
END
    [[ $(find "$BATS_TEST_TMPDIR" -name out) == "" ]]
}
