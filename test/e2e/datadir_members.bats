#!/usr/bin/env bats
#
# 'datadir check' on what members, versions and the v2 API leave in a directory: states that particular
# releases of etcd have made, with their bugs.

bats_require_minimum_version 1.5.0
load ../harness/datadir

setup_file() {
    datadir_setup_file
}

setup() {
    trace_tests_only
    datadir_setup
}

teardown() {
    halt
    etcd_stop
}

agrees_copy() { # DIR VERSION VERDICT [RULE]: of a copy, for etcd starting changes it
    rm -rf "$dir"
    cp -a "$1" "$dir"
    BOOT_VERSION=$2 agrees "${@:3}"
}

# A snapshot restored by 3.4: its etcdctl leaves the old members in the database.
@test "zombie members of a restore by 3.4" {
    local data=$BATS_TEST_TMPDIR/restored etcdctl
    etcdctl=$(etcd_tool 3.4 etcdctl)
    BOOT_VERSION=3.4 boots "$BATS_TEST_TMPDIR/first" && put 5
    "$QUORATE" snapshot save "$BATS_TEST_TMPDIR/x.db" --endpoints "$CLIENT"
    halt
    ETCDCTL_API=3 "$etcdctl" snapshot restore "$BATS_TEST_TMPDIR/x.db" --data-dir "$data" --name m1 \
        --initial-cluster "m1=$PEER" --initial-advertise-peer-urls "$PEER" --initial-cluster-token other
    agrees_copy "$data" 3.5 starts zombie-members
    agrees_copy "$data" 3.6 does-not-start missing-members
    agrees_copy "$data" 3.7 does-not-start zombie-members
    # Started once by an etcd that leaves them there ...
    BOOT_VERSION=3.5.16 boots "$data" --snapshot-count 5 && put 12 && halt
    agrees_copy "$data" 3.6 starts zombie-members
    agrees_copy "$data" 3.7 does-not-start zombie-members
    # ... and by one that takes them out.
    BOOT_VERSION=3.5.30 boots "$data" --snapshot-count 5 && put 12 && halt
    agrees_copy "$data" 3.6 starts
    [[ $(jq -c .findings <<<"$output") == '[]' ]]
}

@test "keys of the v2 API, in the raft snapshot and in the log" {
    local where
    for where in log snapshot; do
        BOOT_VERSION=3.5 boots "$BATS_TEST_TMPDIR/$where" --enable-v2 --snapshot-count \
            "$([[ $where == log ]] && echo 1000 || echo 5)"
        curl -s --noproxy '*' "$CLIENT/v2/keys/a" -XPUT -d value=1
        put 12
        halt
        agrees_copy "$BATS_TEST_TMPDIR/$where" 3.5 starts v2-content
        agrees_copy "$BATS_TEST_TMPDIR/$where" 3.6 does-not-start v2-content
    done
}

@test "3.5, 3.6 and 3.7 one after the other, without a raft snapshot between" {
    local data=$BATS_TEST_TMPDIR/hasty
    BOOT_VERSION=3.5 boots "$data" && put 5 && halt
    agrees_copy "$data" 3.6 starts
    BOOT_VERSION=3.6 boots "$data" && put 5
    wait_for 30 cluster_version_is 3.6.0
    halt
    agrees_copy "$data" 3.7 does-not-start v2-requests
    BOOT_VERSION=3.6 boots "$data" --snapshot-count 5 && put 12 && halt
    agrees_copy "$data" 3.7 starts
}

cluster_version_is() {
    [[ $(curl -s --noproxy '*' "$CLIENT/version") == *"\"etcdcluster\":\"$1\""* ]]
}

@test "a downgrade that 3.5 lets one enable, and does not survive" {
    local data=$BATS_TEST_TMPDIR/downgrade
    BOOT_VERSION=3.5.30 boots "$data"
    wait_for 30 cluster_version_is 3.5.0
    # quorate refuses to ask for that.
    curl -s --noproxy '*' --max-time 8 "$CLIENT/v3/maintenance/downgrade" \
        -d '{"action":"ENABLE","version":"3.4"}' || true
    put 2
    halt
    agrees_copy "$data" 3.5 does-not-start downgrade
    agrees_copy "$data" 3.4 does-not-start cluster-version
}

# A learner that joins the cluster of this test and is promoted: m$1.
learner_promoted() {
    local n=$1 ports id member
    read -ra ports < <(_etcd_free_ports 2)
    member=$(etcd_dir "$n")
    mkdir "$member"
    echo "http://127.0.0.1:${ports[0]}" >"$member/client-url"
    wait_for 30 ctl_at 1 member add "m$n" --learner --peer-urls "http://127.0.0.1:${ports[1]}"
    initial+=",m$n=http://127.0.0.1:${ports[1]}"
    printf '%s\0' "$(<"$(etcd_dir)/program")/etcd" --name "m$n" --data-dir "$member/data" --logger zap \
        --listen-client-urls "http://127.0.0.1:${ports[0]}" --initial-cluster-state existing \
        --advertise-client-urls "http://127.0.0.1:${ports[0]}" \
        --listen-peer-urls "http://127.0.0.1:${ports[1]}" --initial-cluster "$initial" \
        --initial-advertise-peer-urls "http://127.0.0.1:${ports[1]}" >"$member/arguments"
    etcd_restart "$n"
    id=$(ctl_at 1 member list | grep "127.0.0.1:${ports[1]}" | cut -d , -f 1)
    wait_for 30 ctl_at 1 member promote "$id"
    etcd_wait_healthy 1 "$n"
} >&2

# shellcheck disable=SC2030 # each test has its own
@test "promotions that 3.5.16 stored in one place only" {
    local initial
    etcd_start 3.5.16
    initial=$(tr '\0' '\n' <"$(etcd_dir 1)/arguments" | grep -A 1 -x -e --initial-cluster | tail -n 1)
    learner_promoted 2
    learner_promoted 3
    etcd_kill 1 && etcd_kill 2 && etcd_kill 3
    dir=$(etcd_dir 1)/data
    BOOT_VERSION=3.5 check
    [[ $status -eq 0 ]]
    rule_is half-promoted note
    # All of it is in the log still: 3.6 counts two learners, 3.7 as well.
    BOOT_VERSION=3.6 check
    [[ $status -eq 3 ]]
    rule_is learners stop
    BOOT_VERSION=3.6 refuses boots "$dir"
    grep -q 'too many learner members in cluster' "$BATS_FILE_TMPDIR/log"
    BOOT_VERSION=3.7 check
    [[ $status -eq 3 ]]
    rule_is learners stop
}

# shellcheck disable=SC2031 # run by a test, which has its own
# Removes m3 of a new cluster, waits until it has ended by itself, and checks its directory. False when it
# ended because the others, who were faster, no longer talk to it: then the removal is not committed in
# its own log, and it would start.
m3_learns_of_its_removal() {
    local id
    etcd_start "$1" 3
    id=$(ctl member list | grep ', m3,' | cut -d , -f 1)
    wait_for 30 ctl_at 1 member remove "$id" 2>/dev/null
    wait_for 30 _etcd_is_gone "$(<"$(etcd_dir 3)/pid")"
    dir=$(etcd_dir 3)/data
    BOOT_VERSION=$1 check
    [[ $(jq .dataDir.lastIndex <<<"$output") == "$(jq .dataDir.consistentIndex <<<"$output")" ]]
}

# shellcheck disable=SC2030 # each test has its own
@test "a member that was removed" {
    local version
    for version in 3.5 3.7; do
        until m3_learns_of_its_removal $version; do
            etcd_stop
            rm -rf "$(etcd_dir)"
        done
        BOOT_VERSION=$version verdict_is does-not-start
        rule_is removed stop
        etcd_restart 3
        wait_for 30 _etcd_is_gone "$(<"$(etcd_dir 3)/pid")"
        # The others are sound.
        etcd_kill 1
        dir=$(etcd_dir 1)/data
        BOOT_VERSION=$version check
        [[ $status -eq 0 && $(jq -c .findings <<<"$output") == '[]' ]]
        etcd_stop
        rm -rf "$(etcd_dir)"
    done
}

# shellcheck disable=SC2031 # each test has its own
@test "alarms and the quota" {
    BOOT_VERSION=3.6 boots "$dir" --quota-backend-bytes 100000
    put 200 || sleep 0.5
    halt
    BOOT_VERSION=3.6 check --quota-backend-bytes 100000
    [[ $status -eq 0 ]]
    rule_is alarm note
    rule_is quota note
    [[ $(jq -r '.findings[] | select(.rule == "alarm").text' <<<"$output") == 'alarm NOSPACE of member '* ]]
}
