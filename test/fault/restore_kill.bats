#!/usr/bin/env bats
#
# 'snapshot restore --all' on a disk that fails, and killed at any moment: what carries a member's name
# is whole, and a later restore into the same place works. At 10 moments; at 25 with QUORATE_EVERY_MOMENT=1.

bats_require_minimum_version 1.5.0
load ../harness/lab

moments=$((${QUORATE_EVERY_MOMENT:+15} + 10))
cluster=m1=http://127.0.0.1:12380,m2=http://127.0.0.1:22380,m3=http://127.0.0.1:32380

setup_file() {
    export QUORATE_STATE=$BATS_FILE_TMPDIR/state NO_COLOR=1 GOOD=$BATS_FILE_TMPDIR/good.db
    unset "${!ETCDCTL_@}"
    lab_up --members 1
    # Some megabytes, so that there is something to cut.
    "$QUORATE" lab load --name t --keys 3000
    "$QUORATE" --cluster lab:t snapshot save "$GOOD"
    "$QUORATE" lab down --name t
}

setup() {
    trace_tests_only
    PLACE=$BATS_TEST_TMPDIR/place
    OUT=$PLACE/out
    mkdir "$PLACE"
    all=(--all --output-dir "$OUT" --initial-cluster "$cluster")
}

teardown() {
    etcd_stop
}

restore() {
    "$QUORATE" snapshot restore "$GOOD" "${all[@]}"
}

# Every failpoint that a restore passes fails once at each passage.
fails_at_every() {
    local point=$1 n status
    for ((n = 1; n < 200; n++)); do
        status=0
        QUORATE_FAILPOINTS=$point=fail@$n restore >"$BATS_TEST_TMPDIR/said" 2>&1 || status=$?
        [[ $status -ne 0 ]] || break
        [[ $status -eq 1 ]] # as etcdutl, whatever it was
        grep "^Error: .*'$PLACE" "$BATS_TEST_TMPDIR/said"
        [[ -z $(ls -A "$PLACE") ]]
    done
    # It got through at last, so each passage had its turn.
    [[ $n -gt $2 && $n -lt 200 ]]
    all_are_whole
    rm -r "$OUT"
}

# What has a member's name is a data directory that nothing is missing from: the database passes its
# own check, the log has its segment, and the raft snapshot is there.
whole() {
    local member=$1/member
    [[ $(bbolt check "$member/snap/db") == OK ]] &&
        [[ -f $member/wal/0000000000000000-0000000000000000.wal ]] &&
        [[ -f $member/snap/0000000000000001-0000000000000003.snap ]] &&
        [[ $(find "$1" -name '*.tmp') == "" ]]
}

all_are_whole() {
    local name
    for name in m1 m2 m3; do
        whole "$OUT/$name"
    done
    [[ $(ls -A "$OUT") == $'m1\nm2\nm3' ]]
}

@test "a disk that fails at any write, sync or rename leaves nothing" {
    fails_at_every file_write 5
    fails_at_every file_sync 12
    fails_at_every file_rename 5
}

# killed_after SECONDS: whether the restore was killed before it ended.
killed_after() {
    "$QUORATE" snapshot restore "$GOOD" "${all[@]}" >/dev/null 2>&1 &
    local pid=$! status=0
    sleep "$1"
    kill -9 $pid 2>/dev/null || true
    wait $pid 2>/dev/null || status=$?
    [[ $status -eq 137 ]]
}

# Whatever is there after a kill: hidden, or whole under its name.
only_whole_or_hidden() {
    local entry
    [[ -d $OUT ]] || return 0
    for entry in "$OUT"/*; do
        [[ ! -e $entry ]] || whole "$entry"
    done
    [[ -z $(find "$OUT" -mindepth 1 -maxdepth 1 -name '.*' ! -name '.m[123].restore-*') ]]
}

# A share of the time that a restore has just taken: some get through, more when the machine has less to do meanwhile.
@test "killed at any moment: whole or hidden, and the next restore works and clears up" {
    killed=0
    for ((n = 1; n <= moments || killed < moments * 2 / 5; n++)); do
        [[ $n -le $((4 * moments)) ]]
        started=$(date +%s%N)
        restore >/dev/null
        whole_us=$((($(date +%s%N) - started) / 1000))
        rm -r "$OUT"
        if killed_after "$(seconds $((whole_us * ((n - 1) % moments + 1) / moments)))"; then
            killed=$((killed + 1))
        fi
        only_whole_or_hidden
        # What has its name is in the way of the next one, and is said to be.
        if compgen -G "$OUT/m*" >/dev/null; then
            run -1 restore
            [[ $output == *"not empty or could not be read"*"move the old directory aside"* ]]
            rm -r "$OUT"/m*
        fi
        restore >/dev/null
        all_are_whole
        rm -r "$OUT"
    done
}

# Of microseconds.
seconds() {
    printf '%d.%06d' $(($1 / 1000000)) $(($1 % 1000000))
}

@test "interrupted at any moment: nothing is left, or all of it, and the process ends by the signal" {
    local started whole_us interrupted=0 n pid status
    started=$(date +%s%N)
    restore
    whole_us=$((($(date +%s%N) - started) / 1000))
    rm -r "$OUT"
    for ((n = 1; n <= moments; n++)); do
        # Whoever starts something in the background has it ignore SIGINT.
        env --default-signal=INT "$QUORATE" snapshot restore "$GOOD" "${all[@]}" >/dev/null 2>&1 &
        pid=$! status=0
        sleep "$(seconds $((20000 + whole_us * n / moments)))"
        kill -INT $pid 2>/dev/null || true
        wait $pid 2>/dev/null || status=$?
        [[ $status -eq 0 || $status -eq 130 ]]
        # It was done, though perhaps it had not said so yet.
        if [[ $status -eq 0 || -e $OUT ]]; then
            all_are_whole
            rm -r "$OUT"
            continue
        fi
        [[ -z $(ls -A "$PLACE") ]]
        interrupted=$((interrupted + 1))
    done
    [[ $interrupted -ge $((moments / 5)) ]]
}

# The moment between two names: by failpoint, because it is short.
@test "killed between two members: those that have names boot, the others are hidden" {
    for n in {1..20}; do
        status=0
        QUORATE_FAILPOINTS=file_rename=kill@$n restore >/dev/null 2>&1 || status=$?
        [[ $status -eq 137 ]] || break
        only_whole_or_hidden
        named=$(find "$OUT" -maxdepth 1 -name 'm[123]' | wc -l)
        hidden=$(find "$OUT" -maxdepth 1 -name '.m[123].restore-*' | wc -l)
        [[ $((named + hidden)) -eq 3 ]]
        [[ $named -ne 1 ]] || boots "$OUT/m1"
        rm -rf "$OUT"/m*
        restore >/dev/null
        all_are_whole
        rm -r "$OUT"
    done
    [[ $n -gt 5 && $n -lt 20 ]]
    all_are_whole
}

# A member of three, alone: it reads all it has, checks it, and looks for the others.
boots() {
    local log=$BATS_TEST_TMPDIR/etcd.log etcd pid
    etcd=$(etcd_tool "$ETCD_VERSION" etcd)
    ETCD_VERIFY=all "$etcd" --name m1 --data-dir "$1" --logger zap --log-outputs stderr \
        --listen-client-urls "unix://$BATS_TEST_TMPDIR/c:1" \
        --advertise-client-urls http://127.0.0.1:12379 \
        --listen-peer-urls "unix://$BATS_TEST_TMPDIR/p:1" \
        --initial-advertise-peer-urls http://127.0.0.1:12380 --initial-cluster "$cluster" \
        >"$log" 2>&1 3>&- &
    pid=$!
    wait_for 20 grep -q 'became pre-candidate\|became candidate' "$log"
    kill -9 $pid
    wait $pid 2>/dev/null || true
}

@test "a restore that runs is not a leftover" {
    mkdir -p "$OUT/.m1.restore-0badcafe" "$OUT/.m1.restore-0badcafe.old" "$OUT/.m9.restore-0badcafe"
    mkdir "$OUT/.m2.restore-0badcafe"
    exec 9<"$OUT/.m2.restore-0badcafe"
    flock -n 9
    restore
    exec 9<&-
    [[ ! -e $OUT/.m1.restore-0badcafe && -e $OUT/.m1.restore-0badcafe.old ]]
    [[ -e $OUT/.m2.restore-0badcafe && -e $OUT/.m9.restore-0badcafe ]]
}

@test "an empty data directory that was there: killed inside it, it is filled by the next" {
    mkdir "$PLACE/data"
    one=("$QUORATE" snapshot restore "$GOOD" --name m1 --data-dir "$PLACE/data"
        --wal-dir "$PLACE/data/wal" --initial-cluster "$cluster")
    for n in {1..20}; do
        status=0
        QUORATE_FAILPOINTS=file_rename=kill@$n "${one[@]}" >/dev/null 2>&1 || status=$?
        [[ $status -eq 137 ]] || break
        # Without 'member' etcd takes it for empty; with it, all is there.
        if [[ -d $PLACE/data/member ]]; then
            [[ -f $PLACE/data/wal/0000000000000000-0000000000000000.wal ]]
        fi
        rm -rf "$PLACE/data/wal" "$PLACE/data/member"
        "${one[@]}"
        [[ $(ls -A "$PLACE/data") == $'member\nwal' ]]
        rm -r "$PLACE/data/wal" "$PLACE/data/member"
    done
    [[ $n -gt 2 && $n -lt 20 ]]
    [[ $(bbolt check "$PLACE/data/member/snap/db") == OK ]]
}

@test "a log elsewhere: what a kill leaves of it goes with the next restore" {
    one=("$QUORATE" snapshot restore "$GOOD" --name m1 --data-dir "$PLACE/data"
        --wal-dir "$PLACE/log" --initial-cluster "$cluster")
    for point in file_sync file_rename; do
        for n in {1..40}; do
            status=0
            QUORATE_FAILPOINTS=$point=kill@$n "${one[@]}" >/dev/null 2>&1 || status=$?
            [[ $status -eq 137 ]] || break
            # The log gets its name first: a database without one would boot.
            [[ ! -d $PLACE/data || -d $PLACE/log ]]
            rm -rf "$PLACE/log" "$PLACE/data"
            "${one[@]}"
            [[ $(ls -A "$PLACE") == $'data\nlog' ]]
            rm -r "$PLACE/log" "$PLACE/data"
        done
        [[ $n -gt 2 && $n -lt 40 ]]
        rm -rf "$PLACE/log" "$PLACE/data"
    done
}
