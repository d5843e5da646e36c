#!/usr/bin/env bats
#
# 'recover' of a cluster whose members are on hosts of their own, whatever runs them there.

# shellcheck disable=SC2154 # stderr and the like are bats'
bats_require_minimum_version 1.5.0
load ../harness/nodes

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    nodes_up 3
}

teardown_file() {
    nodes_down
}

setup() {
    export QUORATE_STATE=$BATS_TEST_TMPDIR/state QUORATE_CONFIG=$BATS_TEST_TMPDIR/quorate.yaml
    export QUORATE_REPO=$BATS_TEST_TMPDIR/repo
}

teardown() {
    inside nft flush set bridge bench cuts
    nodes_clear db1 db2 db3
}

# A cluster whose backup and whose state can be told apart: green is saved, blue is newer.
# prepare LAYOUT [NAME:LAYOUT]...: of db1 to db3.
prepare() {
    local name
    for name in db1 db2 db3; do
        node_etcd_version "$name" "${QUORATE_TEST_ETCD:-3.5}"
    done
    nodes_cluster "$@"
    inside "$QUORATE" cluster discover --name prod --write --host ssh://root@db1,ssh://root@db2,ssh://root@db3
    q put color green
    q backup now
    q put color blue
}

q() {
    inside "$QUORATE" --cluster prod "$@"
}

color_is() {
    [[ $(q get color --print-value-only) == "$1" ]]
}

hashes() {
    q endpoint hashkv -w json | jq -r '.[].HashKV.hash' | sort -u
}

newest_plan() {
    "$QUORATE" plan list -w json | jq -r '.plans[-1] | "\(.id) \(.state)"'
}

owner_of() {
    node_sh "$1" stat -c '%U:%G %a' "$2"
}

@test "three members, by systemd and by the kubelet, one with its log apart: all of them are back, and equal" {
    local place
    prepare debian db1 db2:config-file db3:static-pod
    q recover --yes --bump-revision 1000
    color_is green
    [[ $(hashes | wc -l) -eq 1 ]]
    [[ $(owner_of db1 /var/lib/etcd/default) == "etcd:etcd 700" ]]
    [[ $(owner_of db2 /var/lib/etcd-wal/db2) == "etcd:etcd 700" ]]
    [[ $(owner_of db3 /var/lib/etcd) == "root:root 700" ]]
    # The old directories are beside the new ones, and nothing else is.
    for place in db1:/var/lib/etcd/default db2:/var/lib/etcd/db2 db2:/var/lib/etcd-wal/db2 db3:/var/lib/etcd; do
        [[ $(node_sh "${place%%:*}" sh -c "ls -d ${place#*:}.before-* | wc -l") -eq 1 ]]
    done
    [[ -z $(ls "$QUORATE_STATE/recover") ]]
    # Members start after a boot, too.
    node_reboot db1
    nodes_wait_healthy 60 db1

    read -r plan _ < <(newest_plan)
    inside "$QUORATE" plan undo "$plan" --yes
    wait_for 60 color_is blue
}

# In the background, until its journal has the record.
recover_until() {
    q recover --yes >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
    recovery=$!
    wait_for 120 journal_has "$1"
}

journal_has() {
    local journals=("$QUORATE_STATE"/plans/*/journal.jsonl)
    grep -q -e "$1" "${journals[-1]}" 2>/dev/null
}

said() {
    cat "$BATS_TEST_TMPDIR/said"
    grep -q -e "$1" "$BATS_TEST_TMPDIR/said"
}

@test "cut, full, killed in the middle: it says why, and goes on or back" {
    local recovery status plan state
    NODES_DATA_DIR=/srv/data/etcd node_disk db2 /srv/data 260M
    NODES_DATA_DIR=/srv/data/etcd prepare debian db1 db2 db3

    # The disk fills up on the way: the old cluster is back by itself.
    recover_until '"begin".*"deliver db2"'
    node_fill db2 /srv/data
    status=0
    wait $recovery || status=$?
    said "^Error: .*db2.*No space left"
    [[ $status -eq 7 ]]
    node_unfill db2 /srv/data
    wait_for 60 color_is blue
    [[ -z $(node_sh db2 sh -c 'ls -A /srv/data | grep -v -e ^etcd$ -e lost') ]]
    read -r plan state < <(newest_plan)
    [[ $state == undone ]]

    # No room from the beginning: nothing is stopped.
    node_fill db2 /srv/data
    run q recover --yes
    node_unfill db2 /srv/data
    [[ $status -eq 7 && $output == *"db2: '/srv/data"*"bytes are needed"* ]]
    color_is blue

    # kill -9 while it sends.
    recover_until '"begin".*"deliver db3"'
    kill -KILL "$(pgrep -f -- "recover --yes")"
    wait $recovery || true
    read -r plan state < <(newest_plan)
    [[ $state == unfinished ]]
    inside "$QUORATE" plan resume "$plan" --yes
    color_is green
    [[ $(hashes | wc -l) -eq 1 ]]

    # The way to a host is cut while it sends: what was begun there is undone once the host is back.
    q put color blue
    recover_until '"begin".*"deliver db3"'
    node_cut quorate db3
    wait $recovery || true
    said "^Error: .*db3"
    read -r plan state < <(newest_plan)
    [[ $state == unfinished ]]
    node_uncut quorate db3
    inside "$QUORATE" plan undo "$plan" --yes
    wait_for 60 color_is blue
}
