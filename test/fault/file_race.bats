#!/usr/bin/env bats
#
# A file that somebody cuts, lets grow or writes to while it is read. The reader stands still at a
# failpoint, behind the opening of the file or in the middle of it, until that was done: it says so,
# leaves nothing that was made of it, and does not crash.
#
# bats file_tags=one-etcd

bats_require_minimum_version 1.5.0

setup_file() {
    local build
    build=$(dirname "$QUORATE")
    export GOOD=$BATS_FILE_TMPDIR/good.db NO_COLOR=1
    ninja -C "$build" bench/bench_db >/dev/null
    # Some megabytes, so that there is a middle.
    "$build/bench/bench_db" "$GOOD" 3000 1 3
    SIZE=$(stat -c %s "$GOOD")
    export SIZE
}

setup() {
    PLACE=$BATS_TEST_TMPDIR/place
    FILE=$PLACE/file.db
    SAID=$BATS_TEST_TMPDIR/said
}

teardown() {
    [[ -z ${READER:-} ]] || kill -KILL "$READER" 2>/dev/null || true
}

cut_() {
    truncate -s $((SIZE / 2 / 4096 * 4096)) "$1"
}

grow_() {
    head -c 8192 /dev/zero >>"$1"
}

write_() {
    printf 'x' | dd of="$1" bs=1 seek=$((SIZE / 2)) conv=notrunc status=none
}

# Everything at once: nothing but the first pages is left.
empty_() {
    truncate -s 8192 "$1"
}

stands_still() {
    [[ $(ps -o stat= -p "$READER") == T* ]]
}

# changes HOW FILE FAILPOINT COMMAND...: STATUS and $SAID are the command's.
changes() {
    local how=$1 file=$2 point=$3 deadline=$((SECONDS + 60))
    shift 3
    STATUS=0
    QUORATE_FAILPOINTS=$point "$QUORATE" "$@" >"$SAID" 2>&1 3>&- &
    READER=$!
    until stands_still; do
        [[ $SECONDS -lt $deadline && $(ps -o stat= -p "$READER") == [A-Y]* ]] || return 1
        sleep 0.02
    done
    "$how" "$file"
    kill -CONT "$READER"
    wait "$READER" || STATUS=$?
    READER=
    cat "$SAID"
}

# says_so HOW STATUS: a word about the file by name, and no word about damage in it.
says_so() {
    [[ $STATUS -eq $2 ]]
    case $1 in
    cut_ | empty_) grep -q "'.*' was cut from .* to .* bytes while it was read" "$SAID" ;;
    *) grep -q "'.*' was changed while it was read" "$SAID" ;;
    esac
    grep -q "wait until nobody writes to the file" "$SAID"
}

fresh() {
    rm -rf "$PLACE"
    mkdir "$PLACE"
    cp "$GOOD" "$FILE"
}

@test "snapshot status and verify, hashkv, keys du and keys ls" {
    local how
    for how in cut_ grow_ write_ empty_; do
        fresh
        # The first look is whether a server has it.
        changes $how "$FILE" file_map=stop@2 snapshot status "$FILE"
        says_so $how 1
        fresh
        changes $how "$FILE" file_map=stop snapshot verify "$FILE"
        says_so $how 18
        fresh
        changes $how "$FILE" file_map=stop hashkv "$FILE"
        says_so $how 1
        fresh
        changes $how "$FILE" file_map=stop keys du --file "$FILE"
        says_so $how 18
        fresh
        changes $how "$FILE" file_map=stop keys ls --file "$FILE"
        says_so $how 18
    done
}

@test "snapshot restore: no directory, with and without the snapshot's checksum" {
    local how members=m1=http://127.0.0.1:1,m2=http://127.0.0.1:2
    for how in cut_ grow_ write_ empty_; do
        fresh
        changes $how "$FILE" file_read=stop@4 snapshot restore "$FILE" --data-dir "$PLACE/data"
        says_so $how 1
        [[ $(ls -A "$PLACE") == file.db ]]
        fresh
        changes $how "$FILE" file_read=stop@4 snapshot restore "$FILE" --all \
            --output-dir "$PLACE/out" --initial-cluster "$members"
        says_so $how 1
        [[ $(ls -A "$PLACE") == file.db ]]
        fresh
        truncate -s -32 "$FILE"
        changes $how "$FILE" file_read=stop@4 snapshot restore "$FILE" --skip-hash-check \
            --data-dir "$PLACE/data"
        says_so $how 1
        [[ $(ls -A "$PLACE") == file.db ]]
    done
}

@test "defrag of a data directory: the changed file keeps its name, and nothing is beside it" {
    local how db data
    for how in cut_ grow_ write_ empty_; do
        fresh
        data=$PLACE/data
        db=$data/member/snap/db
        mkdir -p "$data/member/snap" "$data/member/wal"
        head -c -32 "$FILE" >"$db"
        changes $how "$db" file_map=stop defrag --data-dir "$data"
        says_so $how 1
        cp "$FILE" "$PLACE/expected"
        truncate -s -32 "$PLACE/expected"
        $how "$PLACE/expected"
        cmp "$db" "$PLACE/expected"
        [[ $(ls -A "$data/member/snap") == db ]]
    done
}

@test "salvage takes what is there, and says what is lost" {
    local how
    for how in cut_ empty_; do
        fresh
        changes $how "$FILE" file_write=stop salvage --file "$FILE" --output "$PLACE/rescued.db"
        [[ $STATUS -lt 100 ]]
        [[ ! -e $PLACE/rescued.db ]] || "$QUORATE" snapshot verify "$PLACE/rescued.db"
    done
}
