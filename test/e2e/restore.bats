#!/usr/bin/env bats
#
# Restored data directories on each etcd version: they boot under etcd's own verification, hold the
# snapshot's content, take writes, survive restarts and accept a member that joins.
#
# bats file_tags=each-etcd

bats_require_minimum_version 1.5.0
load ../harness/cluster

golden=$BATS_TEST_DIRNAME/../golden/snap

teardown() {
    etcd_stop
}

# Kills all members and removes their data; from now on they check themselves at start and stop.
lose_everything() {
    local n dir
    for n in "$@"; do
        etcd_kill "$n"
        dir=$(etcd_dir "$n")
        rm -rf "$dir/data" "$dir/log.old"
        grep -qz '^ETCD_VERIFY' "$dir/arguments" || {
            printf '%s\0' env ETCD_VERIFY=all | cat - "$dir/arguments" >"$dir/arguments.new"
            mv "$dir/arguments.new" "$dir/arguments"
        }
    done
}

initial_cluster() {
    tr '\0' '\n' <"$(etcd_dir 1)/arguments" | grep -A 1 -x -e --initial-cluster | tail -n 1
}

hash_kv() { # MEMBER REVISION
    ctl_at "$1" endpoint hashkv --rev "$2" -w json | jq '.[0].HashKV.hash'
}

revision() {
    ctl_at 1 get none -w json | jq .header.revision
}

restart_gently() {
    etcd_kill "$1" TERM
    etcd_restart "$1"
    etcd_wait_healthy "$1"
}

# A fourth member: a learner first, as it should be, then promoted.
join() {
    local dir ports peer id
    dir=$(etcd_dir 4)
    read -ra ports < <(_etcd_free_ports 2)
    peer=http://127.0.0.1:${ports[1]}
    mkdir "$dir"
    echo "http://127.0.0.1:${ports[0]}" >"$dir/client-url"
    # etcd refuses a change until all peers were connected for five seconds.
    wait_for 30 ctl_at 1 member add m4 --learner --peer-urls "$peer" 2>/dev/null
    printf '%s\0' "$(<"$(etcd_dir)/program")/etcd" --name m4 --data-dir "$dir/data" --logger zap \
        --listen-client-urls "http://127.0.0.1:${ports[0]}" \
        --advertise-client-urls "http://127.0.0.1:${ports[0]}" \
        --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
        --initial-cluster "$(initial_cluster),m4=$peer" --initial-cluster-state existing \
        >"$dir/arguments"
    etcd_restart 4
    id=$(ctl_at 1 member list | grep -F "$peer" | cut -d , -f 1)
    wait_for 60 ctl_at 1 member promote "$id" 2>/dev/null
    etcd_wait_healthy 4
}

@test "snapshots of 3.4 and 3.5 boot with their content and go on from there" {
    etcd_start "$ETCD_VERSION"
    for snapshot in rich-3.4.23 rich-3.5.16 rich-3.5.30; do
        lose_everything 1
        "$QUORATE" snapshot restore "$golden/$snapshot.snap" --name m1 \
            --data-dir "$(etcd_dir 1)/data" --initial-cluster "$(initial_cluster)"
        bbolt check "$(etcd_dir 1)/data/member/snap/db"
        etcd_restart 1
        etcd_wait_healthy
        # The same number on every version, and what the servers answered that made the snapshots.
        [[ $(hash_kv 1 238) -eq 2943164245 ]]
        # The snapshot's NOSPACE alarm is gone, or this would be refused.
        ctl put after restore
        restart_gently 1
        [[ $(ctl get after --print-value-only) == restore ]]
    done
}

@test "three members from one snapshot: equal content, restart, a fourth joins" {
    etcd_start "$ETCD_VERSION" 3
    for i in {1..20}; do
        printf 'key-%s\tvalue-%s\n' "$i" "$i"
    done | put_lines
    ctl del key-7
    saved_at=$(revision)
    saved=$(hash_kv 1 "$saved_at")
    ctl_at 1 snapshot save "$BATS_TEST_TMPDIR/saved.db"
    lose_everything 1 2 3

    "$QUORATE" snapshot restore "$BATS_TEST_TMPDIR/saved.db" --all \
        --output-dir "$BATS_TEST_TMPDIR/restored" --initial-cluster "$(initial_cluster)"
    for n in 1 2 3; do
        bbolt check "$BATS_TEST_TMPDIR/restored/m$n/member/snap/db"
        mv "$BATS_TEST_TMPDIR/restored/m$n" "$(etcd_dir $n)/data"
        etcd_restart $n
    done
    etcd_wait_healthy
    for n in 1 2 3; do
        [[ $(hash_kv $n "$saved_at") -eq $saved ]]
    done
    ctl put after restore
    restart_gently 2
    [[ $(ctl_at 2 get after --print-value-only) == restore ]]

    join
    [[ $(ctl_at 4 get after --print-value-only) == restore ]]
    [[ $(hash_kv 4 "$saved_at") -eq $saved ]]
    ctl_at 4 put from four
    [[ $(ctl_at 1 member list | wc -l) -eq 4 ]]
}

@test "after a bump old revisions are compacted and new ones are higher" {
    etcd_start "$ETCD_VERSION"
    ctl put color green
    ctl put color blue
    before=$(revision)
    ctl snapshot save "$BATS_TEST_TMPDIR/saved.db"
    lose_everything 1
    "$QUORATE" snapshot restore "$BATS_TEST_TMPDIR/saved.db" --name m1 \
        --data-dir "$(etcd_dir 1)/data" --wal-dir "$(etcd_dir 1)/data/wal" \
        --initial-cluster "$(initial_cluster)" --bump-revision 1000000 --mark-compacted
    printf '%s\0' --wal-dir "$(etcd_dir 1)/data/wal" >>"$(etcd_dir 1)/arguments"
    etcd_restart 1
    etcd_wait_healthy
    [[ $(revision) -eq $((before + 1000000)) ]]
    [[ $(ctl get color --print-value-only) == blue ]]
    run ! ctl get color --rev "$before"
    [[ $output == *'required revision has been compacted'* ]]
    ctl put color red
    restart_gently 1
    [[ $(ctl get color --print-value-only) == red ]]
}

# A file system of 100 MB has room for one log of 64 MB, not for two.
@test "without room, on a read-only file system, without permission: nothing is left" {
    [[ $EUID -eq 0 ]] || skip "needs root for a file system of its own"
    local two=m1=http://127.0.0.1:1,m2=http://127.0.0.1:2 small=$BATS_TEST_TMPDIR/small
    mkdir "$small"
    unshare --mount bash -euo pipefail -s "$small" "$QUORATE" "$golden/rich-3.5.30.snap" $two <<'SCRIPT'
small=$1
restore() { "$2" snapshot restore "$3" --initial-cluster "$4" "${@:5}"; }
refused() { # CODE TEXT ARGUMENT...
    code=0
    said=$(restore - "${program[@]}" "${@:3}" 2>&1) || code=$?
    [[ $code -eq $1 && $said == *"$2"* ]] || { echo "exit $code: $said"; exit 1; }
    [[ -z $(ls -A "$small") ]]
}
program=("${@:2}")
mount -t tmpfs -o size=100m,mode=755 none "$small"
refused 1 'are needed for 2 members' --all --output-dir "$small/out"
mount -o remount,ro "$small"
refused 1 'Read-only file system' --name m1 --data-dir "$small/a/b"
mount -o remount,rw "$small"
# The mount point itself, empty, may become the data directory.
restore - "${program[@]}" --name m1 --data-dir "$small"
[[ $(ls -A "$small") == member ]]
SCRIPT
}

# Three members from one snapshot, on a file system of 600 MB that has room for their logs and one copy.
restores_clones() { # MKFS...
    local image=$BATS_TEST_TMPDIR/image mounted=$BATS_TEST_TMPDIR/mounted
    mkdir "$mounted"
    truncate -s 600M "$image"
    "$@" "$image" >/dev/null
    unshare --mount bash -euo pipefail -s "$image" "$mounted" "$QUORATE" \
        "$golden/rich-3.5.30.snap" <<'SCRIPT'
mount -o loop "$1" "$2"
# Grown by room that etcd took ahead, as it does.
head -c -32 "$4" >"$2/snapshot"
head -c 160M /dev/zero >>"$2/snapshot"
sha256sum "$2/snapshot" | cut -c 1-64 | xxd -r -p >>"$2/snapshot"
"$3" snapshot restore "$2/snapshot" --all --output-dir "$2/out" \
    --initial-cluster m1=http://127.0.0.1:1,m2=http://127.0.0.1:2,m3=http://127.0.0.1:3
cp "$2"/out/m1/member/snap/db "${2%/*}/m1.db"
for name in m2 m3; do
    cmp "$2/out/$name/member/snap/db" "${2%/*}/m1.db"
done
SCRIPT
    [[ $(bbolt check "$BATS_TEST_TMPDIR/m1.db") == OK ]]
}

@test "on XFS the databases are clones: no room is needed for copies" {
    [[ $EUID -eq 0 ]] || skip "needs root for a file system of its own"
    command -v mkfs.xfs >/dev/null || skip "no mkfs.xfs"
    restores_clones mkfs.xfs -q -m reflink=1
}
