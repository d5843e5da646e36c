#!/usr/bin/env bats
#
# 'member rescue' on hosts of their own: two of three are gone, and the cluster is built anew from what the third
# has on its disk.

# shellcheck disable=SC2154 # stderr and the like are bats'
bats_require_minimum_version 1.5.0
load ../harness/nodes

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    export NODES_KUBELET_SYNC_S=3 NODES_KUBELET_BACKOFF_S=1
    nodes_up 3
}

teardown_file() {
    nodes_down
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export QUORATE_CONFIG=$PWD/quorate.yaml QUORATE_STATE=$BATS_TEST_TMPDIR/state
}

teardown() {
    local name
    inside nft flush set bridge bench cuts
    node_host_key db2 known
    for name in db1 db2 db3; do
        [[ ! -e $(nodes_dir)/$name/hold ]] || node_on "$name"
    done
    nodes_clear db1 db2 db3
}

# begins LAYOUT: a cluster of db1, db2 and db3, and a quorate.yaml that knows it.
begins() {
    local name
    for name in db1 db2 db3; do
        node_etcd_version "$name" "${QUORATE_TEST_ETCD:-3.5}"
    done
    nodes_cluster "$1" db1 db2 db3
    with_nodes "$QUORATE" cluster discover --name prod --write --host ssh://root@db1,ssh://root@db2,ssh://root@db3
    sed -i 's/^clusters:/# ours\nclusters:/' quorate.yaml
}

q() {
    inside "$QUORATE" --cluster prod "$@"
}

# Two of three hosts are gone. Of the last two that had a quorum, each has all that was acknowledged.
majority_goes() {
    node_off db3
    sleep 3
    node_off db2
}

# db1 is the cluster, and the file says so.
db1_is_alone() {
    [[ $(q member list -w json | jq -r '[.members[].name] | join(" ")') == db1 ]]
    q endpoint health
    inside "$QUORATE" cluster check prod
    grep -q '^# ours' quorate.yaml
    run ! grep -q 'db[23]' quorate.yaml
}

written() {
    local counts
    counts=$(writer_check db1)
    echo "$1: $counts" | tee -a "${QUORATE_NOTE:-/dev/null}" >&3
    [[ $(jq '.missing == 0 and .acknowledged > 500' <<<"$counts") == true ]]
}

rescued_under_a_writer() {
    begins "$1"
    writer_start db1 db2 db3
    sleep 2
    majority_goes
    run --separate-stderr q member rescue db1 --yes
    echo "$output" "$stderr"
    [[ $status -eq 0 ]]
    [[ $stderr == *"gone, and not asked for anything: db2, db3"* ]]
    [[ $stderr == *"keep etcd from running on the hosts of db2, db3"* ]]
    # The writer goes on by itself.
    sleep 2
    writer_stop
    written "$1 rescue"
    db1_is_alone
}

@test "two of three hosts are gone: what the third had, to the last acknowledged write, is a cluster again, and grows" {
    node_disk db1 /srv/data 500M
    NODES_DATA_DIR=/srv/data rescued_under_a_writer debian
    # One that comes back has old data, and is told; with its data out of the way it joins.
    node_on db2
    node_sh db2 systemctl stop etcd
    run --separate-stderr q member grow db2=ssh://root@db2 --yes
    [[ $status -ne 0 && $stderr == *"'/srv/data'"* ]]
    node_sh db2 sh -c 'mv /srv/data /srv/data.old; mkdir /srv/data; chown etcd: /srv/data; chmod 700 /srv/data'
    q member grow db2=ssh://root@db2 --yes
    [[ $(q member list -w json | jq -r '[.members[].name] | sort | join(" ")') == "db1 db2" ]]
    node_sh db2 rm -rf /srv/data.old
}

@test "the same of static pods" {
    rescued_under_a_writer static-pod
    [[ $(node_sh db1 stat -c '%U:%G %a' /var/lib/etcd) == "root:root 700" ]]
    [[ $(node_sh db1 ls /etc/kubernetes/manifests) == etcd.yaml ]]
}

@test "a host that only we cannot reach is not gone, nor is one that says no, nor a quorum that only sleeps" {
    begins debian
    node_cut quorate db2
    node_stop db3
    run --separate-stderr q member rescue db1 --yes
    echo "$stderr"
    [[ $status -eq 3 && $stderr == *"'db2' is not gone"*"port 2380 answers"* ]]
    node_uncut quorate db2
    nodes_disconnect
    node_stop db2
    run --separate-stderr q member rescue db1 --yes
    echo "$stderr"
    [[ $status -eq 3 && $stderr == *"3 of 3 members have their data"* ]]
    # A key that changed may be anybody's.
    nodes_disconnect
    node_host_key db2 changed
    run --separate-stderr q member rescue db1 --yes
    echo "$stderr"
    [[ $status -ne 0 && $stderr == *"whether 'db2' is gone"*"host key"* ]]
    [[ ! -d $QUORATE_STATE/rescue ]]
}

# What an operator sees of db1, but for what a member has run on, which an undo keeps.
db1_files() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh db1 sh -c 'find /etc/systemd /etc/etcd -type f -exec sha256sum {} + | sort
        rm -rf /var/lib/etcd*/*.undone-*; ls -d /var/lib/etcd*/*
        systemctl is-active etcd; stat -c "%U:%G %a" /var/lib/etcd/db1 /var/lib/etcd-wal/db1' 2>/dev/null
}

old_state_is_back() {
    diff "$BATS_TEST_TMPDIR/before.yaml" quorate.yaml && diff "$BATS_TEST_TMPDIR/before" <(db1_files) &&
        [[ -z $(ls "$QUORATE_STATE/rescue" 2>/dev/null) ]]
}

# cut_at RECORDS COMMAND...: killed when the newest journal has so many, or it has come to its end.
cut_at() {
    local records=$1 pid
    shift
    # Not by `inside`: its subshell would be killed, and quorate live on.
    _nodes_exec "$@" </dev/null >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
    pid=$!
    until [[ $(newest_journal | wc -l) -ge $records ]] || ! kill -0 $pid 2>/dev/null; do
        sleep 0.02
    done
    kill -KILL $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
}

newest_journal() {
    local journals=("$QUORATE_STATE"/plans/*/journal.jsonl)
    [[ ! -e ${journals[-1]} || ${#journals[@]} -le $plans ]] || cat "${journals[-1]}"
}

newest_plan() {
    "$QUORATE" plan list -w json | jq -r '.plans[-1] | "\(.id) \(.state)"'
}

# Killed at these records; QUORATE_EVERY_MOMENT=1 takes each.
@test "a rescue that is killed at its records is resumed, and undone, and each time all is as it is to be" {
    local records plan state resumed=0 undone=0 plans step=${QUORATE_EVERY_MOMENT:-3}
    begins config-file
    q put color green
    majority_goes
    # Without a quorum it neither serves nor ends: systemd has it as activating.
    node_sh db1 systemctl kill -s KILL etcd
    wait_for 30 db1_is_alone_and_waits
    cp quorate.yaml "$BATS_TEST_TMPDIR/before.yaml"
    db1_files >"$BATS_TEST_TMPDIR/before"
    for ((records = 2; records < 60; records += step)); do
        plans=$("$QUORATE" plan list -w json | jq '.plans | length')
        cut_at $records "$QUORATE" --cluster prod member rescue db1 --yes
        read -r plan state < <(newest_plan)
        [[ $state != unfinished ]] || ((records / step % 2)) || {
            inside "$QUORATE" plan resume "$plan" --yes
            db1_is_alone
            [[ $(q get color --print-value-only) == green ]]
            resumed=$((resumed + 1))
        }
        inside "$QUORATE" plan undo "$plan" --yes
        [[ $(newest_plan) == "$plan undone" ]]
        wait_for 30 old_state_is_back || { old_state_is_back; false; }
        undone=$((undone + 1))
        [[ $state == unfinished ]] || break
    done
    echo "# rescue on hosts: $undone moments, $resumed resumed, $undone undone" >&3
    [[ $resumed -gt 2 && $undone -gt 5 && $state == "done" ]]
    q member rescue db1 --yes
    db1_is_alone
    [[ $(q get color --print-value-only) == green ]]
    q put color blue
    run --separate-stderr inside "$QUORATE" plan undo latest --yes
    [[ $status -eq 3 && $stderr == *"the new cluster took writes"* ]]
}

db1_is_alone_and_waits() {
    [[ $(node_sh db1 systemctl is-active etcd) == activating ]] && node_sh db1 pgrep -x etcd >/dev/null
}
