#!/usr/bin/env bats
#
# Backups of real clusters: what is in them, from whom they are taken, and what refuses to be one.
#
# bats file_tags=each-etcd

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
}

teardown() {
    lab_teardown
    etcd_stop
}

@test "a backup holds what etcdctl and etcdutl see" {
    etcd_start "$ETCD_VERSION"
    for n in 1 2 3 4 5; do ctl put "key$n" "value$n" >/dev/null; done
    ctl del key3 >/dev/null
    with_cluster "$QUORATE" backup now --as one -w json >"$BATS_TEST_TMPDIR/made"
    [[ $(field keys <"$BATS_TEST_TMPDIR/made") -eq 4 ]]
    [[ $(field revision <"$BATS_TEST_TMPDIR/made") -eq 7 ]]
    server=$(ctl endpoint hashkv -w json | jq '.[0].HashKV.hash')
    [[ $(field hashKv <"$BATS_TEST_TMPDIR/made") == "$server" ]]
    [[ $("$QUORATE" backup show -w json | field proof) == *"equals the member's" ]]

    # The second opinion: etcd's own tool, and the database's own check.
    file=$QUORATE_REPO/one/$(field label <"$BATS_TEST_TMPDIR/made")/snapshot.db
    tool=$(etcd_tool "$ETCD_VERSION" etcdutl || etcd_tool "$ETCD_VERSION" etcdctl)
    [[ $("$tool" snapshot status "$file" -w json 2>/dev/null | jq .revision) -eq 7 ]]
    [[ $(bbolt check "$file") == OK ]]
    "$QUORATE" backup verify
}

@test "a compacted history is compared too" {
    etcd_start "$ETCD_VERSION"
    for n in 1 2 3 4 5 6; do ctl put key "value$n" >/dev/null; ctl put "k$n" x >/dev/null; done
    ctl del k2 >/dev/null
    ctl compact 9 >/dev/null
    wait_for 10 compaction_is_done
    ctl put after compaction >/dev/null
    run -0 --separate-stderr with_cluster "$QUORATE" backup now -w json
    [[ $(field compactRevision <<<"$output") -eq 9 ]]
    [[ $(field proof <<<"$output") == *"equals the member's" ]]
    [[ ${stderr:-} != *Warning* ]]
}

compaction_is_done() {
    [[ $(with_cluster "$QUORATE" endpoint hashkv -w json | jq '.[0].HashKV.compact_revision') -eq 9 ]]
}

@test "a follower gives the backup, and the next member when one is gone" {
    etcd_start "$ETCD_VERSION" 3
    ctl put color green >/dev/null
    leader=$(ctl endpoint status -w json |
        jq -r '.[] | select(.Status.leader == .Status.header.member_id) | .Endpoint')
    with_cluster "$QUORATE" backup now --as x -w json >"$BATS_TEST_TMPDIR/made"
    [[ $(field sourceEndpoint <"$BATS_TEST_TMPDIR/made") != "${leader#http://}" ]]
    etcd_kill 1
    with_cluster "$QUORATE" backup now --as x -w json >"$BATS_TEST_TMPDIR/made"
    [[ $("$QUORATE" backup list -w json | jq '.backups | length') -eq 2 ]]
}

@test "without any member there is no backup, and the reason is said at once" {
    etcd_start "$ETCD_VERSION"
    etcd_kill 1
    SECONDS=0
    run -12 with_cluster "$QUORATE" backup now --as gone
    [[ $SECONDS -lt 2 ]]
    [[ $output == *"connection refused"* ]]
    [[ -z $(find "$QUORATE_REPO" -name manifest.json 2>/dev/null) ]]
}

@test "snapshot save writes what etcdctl writes, and replaces only by a proven file" {
    etcd_start "$ETCD_VERSION"
    ctl put color green >/dev/null
    with_cluster "$QUORATE" snapshot save "$BATS_TEST_TMPDIR/s.db" >"$BATS_TEST_TMPDIR/out"
    head -n 1 "$BATS_TEST_TMPDIR/out" | grep -qx "Snapshot saved at $BATS_TEST_TMPDIR/s.db"
    [[ $(stat -c %a "$BATS_TEST_TMPDIR/s.db") == 600 ]]
    [[ $(($(stat -c %s "$BATS_TEST_TMPDIR/s.db") % 512)) -eq 32 ]]
    before=$(sha256sum <"$BATS_TEST_TMPDIR/s.db")
    etcd_kill 1
    run ! with_cluster "$QUORATE" snapshot save "$BATS_TEST_TMPDIR/s.db"
    [[ $(sha256sum <"$BATS_TEST_TMPDIR/s.db") == "$before" ]]
    [[ ! -e $BATS_TEST_TMPDIR/s.db.part ]]
}
