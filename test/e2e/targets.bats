#!/usr/bin/env bats
#
# Places that cannot be written to: full, read-only, taken, forbidden. Each command says which file and
# what to do, with the exit code of src/base/error_codes.list, and leaves nothing half-written.

bats_require_minimum_version 1.5.0
load ../harness/lab

setup_file() {
    export QUORATE_STATE=$BATS_FILE_TMPDIR/state NO_COLOR=1
    unset "${!ETCDCTL_@}" QUORATE_REPO
    lab_up --members 1
    "$QUORATE" lab load --name t --keys 200
    "$QUORATE" --cluster lab:t snapshot save "$BATS_FILE_TMPDIR/good.db"
}

teardown_file() {
    "$QUORATE" lab down --name t
}

setup() {
    trace_tests_only
    GOOD=$BATS_FILE_TMPDIR/good.db
    DISK=$BATS_TEST_TMPDIR/disk
    mkdir "$DISK"
}

teardown() {
    ! mountpoint -q "$DISK" || umount -l "$DISK"
}

# small_disk SIZE
small_disk() {
    [[ $EUID -eq 0 ]] || skip "mounting a small disk needs root"
    mount -t tmpfs -o "size=$1,mode=777" quorate-test "$DISK" || skip "no tmpfs can be mounted here"
}

# refused STATUS TEXT...: the exit status of 'run', and what was said.
refused() {
    local expected=$1 text
    shift
    [[ $status -eq $expected ]] || { echo "exit status $status: $output"; return 1; }
    for text; do
        [[ $output == *"$text"* ]] || { echo "no '$text' in: $output"; return 1; }
    done
}

save() {
    run "$QUORATE" --cluster lab:t snapshot save "$@"
}

backup() {
    run "$QUORATE" --cluster lab:t backup now --repo "$@"
}

restore() {
    run "$QUORATE" --cluster lab:t snapshot restore "$GOOD" "$@"
}

# Nothing under DISK but what is named.
only() {
    [[ $(find "$DISK" -mindepth 1 -printf '%P\n' | sort | xargs) == "$*" ]] ||
        { find "$DISK"; return 1; }
}

@test "a full disk" {
    small_disk 256k
    save "$DISK/s.db"
    refused 5 "'$DISK/s.db.part': No space left on device" "Hint: free space"
    only
    echo old >"$DISK/s.db"
    save "$DISK/s.db"
    refused 5 "s.db.part': No space left"
    [[ $(<"$DISK/s.db") == old ]]
    only s.db

    backup "$DISK/repo"
    refused 7 "snapshot.db': No space left on device" "Hint: free space"
    only repo repo/lab-t s.db
    [[ $("$QUORATE" backup list --repo "$DISK/repo" -w json | jq '.backups | length') -eq 0 ]]

    restore --all --output-dir "$DISK/out"
    refused 1 "'$DISK/out': " "bytes are needed for 1 member" "are free" "Hint: free space"
    restore --name m1 --data-dir "$DISK/d" --wal-dir "$BATS_TEST_TMPDIR/wal"
    refused 1 "'$DISK': "
    only repo repo/lab-t s.db
    [[ ! -e $BATS_TEST_TMPDIR/wal ]]
}

@test "a read-only disk" {
    small_disk 100m
    mount -o remount,ro "$DISK"
    save "$DISK/s.db"
    refused 5 "'$DISK/s.db.part': Read-only file system" "Hint: "
    backup "$DISK/repo"
    refused 8 "'$DISK/repo': Read-only file system" "Hint: "
    restore --all --output-dir "$DISK/out"
    refused 1 "$DISK/out" "Read-only file system" "Hint: "
    only
}

@test "a directory that is not ours" {
    [[ $EUID -eq 0 ]] || skip "becoming somebody else needs root"
    local as endpoint
    # The program may lie where nobody else can go.
    cp "$QUORATE" "$DISK/quorate"
    cp "$GOOD" "$DISK"
    chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/.." "$DISK" "$DISK/quorate"
    chmod 644 "$DISK/good.db"
    endpoint=$("$QUORATE" --cluster lab:t member list -w json | jq -r '.members[0].clientURLs[0]')
    as=(setpriv --reuid 65534 --regid 65534 --clear-groups "$DISK/quorate" --endpoints "$endpoint")
    run "${as[@]}" snapshot save "$DISK/s.db"
    refused 5 "'$DISK/s.db.part': Permission denied" "Hint: run as a user who"
    run "${as[@]}" backup now --repo "$DISK/repo"
    refused 8 "'$DISK/repo': Permission denied" "Hint: run as a user who"
    run "${as[@]}" snapshot restore "$DISK/good.db" --name m1 --data-dir "$DISK/m1"
    refused 1 "$DISK/" "Permission denied" "Hint: run as a user who"
    chmod 600 "$DISK/good.db"
    run "${as[@]}" snapshot restore "$DISK/good.db" --name m1 --data-dir "$DISK/m1"
    refused 1 "'$DISK/good.db': Permission denied" "Hint: run as a user who"
    only good.db quorate
}

@test "a place that is taken" {
    mkdir -p "$DISK/full/member" "$DISK/wal" "$DISK/out/m1/member" "$DISK/is-a-dir.db"
    echo >"$DISK/file"
    save "$DISK/is-a-dir.db"
    refused 5 "'$DISK/is-a-dir.db': is there, and is not a plain file"
    save "$DISK/none/s.db"
    refused 5 "'$DISK/none/s.db.part': No such file or directory" "Hint: make the directory first"
    backup "$DISK/file"
    refused 5 "'$DISK/file': is there, but is not a directory"
    restore --name m1 --data-dir "$DISK/full"
    refused 1 "data-dir \"$DISK/full\" not empty or could not be read" "Hint: move the old directory"
    restore --name m1 --data-dir "$DISK/file"
    refused 1 "data-dir \"$DISK/file\" not empty or could not be read" "Hint: move the old directory"
    restore --name m1 --data-dir "$DISK/new" --wal-dir "$DISK/wal"
    refused 1 "wal-dir \"$DISK/wal\" exists" "Hint: move the old directory"
    restore --all --output-dir "$DISK/out"
    refused 1 "data-dir \"$DISK/out/m1\" not empty or could not be read" "Hint: move the old"
    only file full full/member is-a-dir.db out out/m1 out/m1/member wal
}

# The program with its state on the small disk.
on_disk() {
    QUORATE_STATE=$DISK "$QUORATE" "$@"
}

@test "a recovery without room is refused before anything is stopped" {
    # Two log segments and a database are there; a third one has no room.
    small_disk 180m
    on_disk lab up --name small --members 1 --etcd "$(etcd_tool "$ETCD_VERSION" .)"
    before=$(on_disk lab status --name small -w json | field pid)
    run on_disk recover --cluster lab:small --file "$GOOD" --yes
    after=$(on_disk lab status --name small -w json | field pid)
    state=$(on_disk plan list -w json | jq -r '.plans[0].state')
    left=$(find "$DISK/labs/small" -maxdepth 1 -name '*restore-*' -o -maxdepth 1 -name '*before-*')
    on_disk --cluster lab:small put still here
    on_disk lab down --name small
    refused 7 "'$DISK/labs/small/m1.etcd': " "bytes are needed for 1 member" "Hint: free space"
    [[ $before == "$after" && $state == undone && -z $left ]]
}

@test "a state directory that is full: no plan, nothing is done" {
    small_disk 64k
    local before
    before=$("$QUORATE" lab status --name t -w json | field pid)
    # The lab is known here by its inventory, and runs elsewhere.
    mkdir -p "$DISK/labs/t"
    find "$QUORATE_STATE/labs/t" -maxdepth 1 -type f -size -16k -exec cp {} "$DISK/labs/t" \;
    dd if=/dev/zero of="$DISK/filler" bs=1k status=none || true
    run on_disk recover --cluster lab:t --file "$GOOD" --yes
    refused 7 "'$DISK/" "No space left on device" "Hint: free space"
    [[ $("$QUORATE" lab status --name t -w json | field pid) == "$before" ]]
}
