#!/usr/bin/env bats
#
# 'doctor' on real hosts: units, an environment file and a static pod are given ills, and each is named; and none where
# there is none.

# shellcheck disable=SC2154 # stderr and the like are bats'
bats_require_minimum_version 1.5.0
load ../harness/nodes

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    export NODES_KUBELET_SYNC_S=3 NODES_KUBELET_BACKOFF_S=1
    nodes_up 3
    for name in db1 db2 db3; do
        node_etcd_version $name "${QUORATE_TEST_ETCD:-3.5}"
    done
}

teardown_file() {
    nodes_down
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    export QUORATE_CONFIG=$PWD/quorate.yaml QUORATE_STATE=$PWD/state
}

teardown() {
    nodes_clear db1 db2 db3
}

begins() {
    nodes_cluster "$@"
    with_nodes "$QUORATE" cluster discover --name prod --write --host ssh://root@db1 --host ssh://root@db2 \
        --host ssh://root@db3
}

# What this machine's load does, and old releases.
beside='version-with-known-loss|version-unsupported|wal-fsync-slow|backend-commit-slow|peer-round-trip-slow|heartbeats-late|slow-[a-z-]*|log-slow-[a-z]*|log-late-heartbeats|log-leader-lost|log-peer-silent|log-unpublished|disk-slow|flag-ends'

# doctor [OPTION...]: its findings as "SEVERITY RULE MEMBER" lines in 'named'.
doctor() {
    inside "$QUORATE" --cluster prod doctor --over 0 -w json "$@" >found || [[ $? -le 2 ]]
    named=$(jq -r '.findings[] | "\(.severity) \(.rule) \(.member)"' found | grep -vE " ($beside) " | sort -u) || true
}

finds() {
    diff <(printf '%s\n' "$@" | sed '/^$/d' | sort -u) <(sed '/^$/d' <<<"$named") || {
        cat found
        return 1
    }
}

@test "a package's unit, a unit with flags and a static pod, with TLS, that are well" {
    begins --tls debian db1 db2:plain db3:static-pod
    doctor --disk --cert-warning 0 --cert-critical 0
    # That unit has --quota-backend-bytes.
    finds 'warning quotas-differ '
}

# LOAD_MINUTES=60 is an hour.
@test "nothing is told of a cluster that is well, look after look, while clients write, read and watch" {
    local looks=0 unanswered=0 until_s=$((SECONDS + ${LOAD_MINUTES:-1} * 60)) compact_s=0 compact_to=1 counts
    begins --tls debian db1 db2 db3
    writer_start db1 db2 db3
    watcher_start db1 db2 db3
    while [[ $SECONDS -lt $until_s ]]; do
        # As API servers do it: what is older than some minutes is given up.
        if [[ $SECONDS -ge $compact_s ]]; then
            [[ $compact_to -eq 1 ]] || inside "$QUORATE" --cluster prod compaction "$compact_to" >/dev/null
            compact_to=$(inside "$QUORATE" --cluster prod endpoint status -w json | jq '.[0].Status.header.revision')
            compact_s=$((SECONDS + 120))
        fi
        # A read that a busy machine makes too slow is counted, too.
        inside "$QUORATE" --cluster prod get bench/ --prefix --limit 500 --keys-only >/dev/null || unanswered=$((unanswered + 1))
        doctor --over 5s --cert-warning 0 --cert-critical 0
        looks=$((looks + 1))
        finds '' || { echo "look $looks"; false; }
        # What a busy machine may do to etcd is counted, not demanded.
        jq -r '.findings[] | "\(.severity) \(.rule)"' found >>told
    done
    counts=$(writer_stop)
    watcher_stop >/dev/null
    writer_check db1
    echo "# $looks looks in ${LOAD_MINUTES:-1} minutes; told: $(sort told | uniq -c | xargs);" \
        "$unanswered reads not answered; $counts" >&3
    [[ $unanswered -le $((looks / 20)) ]]
    [[ $looks -ge $((3 * ${LOAD_MINUTES:-1})) ]]
}

@test "settings: what stands in units, environment files and manifests for the next start" {
    begins debian db1 db2:plain db3:static-pod
    doctor
    finds 'warning open-without-tls db'{1,2,3} 'warning quotas-differ '
    [[ $(jq -r '.findings[] | select(.rule == "open-without-tls" and .member == "db1").evidence' found) == \
        *'(/etc/default/etcd:'* ]]

    node_sh db1 sh -c 'printf "%s\n" ETCD_UNSAFE_NO_FSYNC=true ETCD_SNAPSHOT_COUNT=10 ETCD_FORCE_NEW_CLUSTER=true \
        ETCD_STRICT_RECONFIG_CHECK=false ETCD_ELECTION_TIMEOUT=3000 ETCD_PRE_VOTE=false ETCD_PEER_AUTO_TLS=true >>/etc/default/etcd'
    node_sh db2 sh -c 'mkdir -p /etc/systemd/system/etcd.service.d
        printf "%s\n" "[Service]" Environment=ETCD_NAME=db2 >/etc/systemd/system/etcd.service.d/90-name.conf
        systemctl daemon-reload'
    node_sh db3 sed -i 's/- --name=db3/- --name=db3\n    - --no-such-flag=1/' /etc/kubernetes/manifests/etcd.yaml
    doctor
    finds 'warning open-without-tls db'{1,2,3} 'critical unsafe-no-fsync db1' 'warning snapshot-count db1' \
        'critical force-new-cluster-left db1' 'warning reconfig-check-off db1' 'warning timeouts-differ db1' \
        'note pre-vote-off db1' 'warning self-made-certificates db1' \
        'critical will-not-start db2' 'critical flag-unknown db3' 'warning quotas-differ '
}

@test "hosts: data that others may read, a full disk, a second manifest, probes, and who knocks without TLS" {
    begins --tls debian db1 db2:plain db3:static-pod
    node_sh db1 chmod 0755 /var/lib/etcd/default
    node_sh db2 sh -c 'echo "* * * * * root curl -s http://127.0.0.1:2379/health" >/etc/cron.d/check'
    for _ in {1..12}; do
        inside curl -s -m 1 "http://$(node_ip db2):2379/health" || true
    done
    # It would start the copy.
    node_sh db3 systemctl stop kubelet
    node_sh db3 sh -c 'cd /etc/kubernetes/manifests && cp etcd.yaml etcd.yaml.bak &&
        sed -i "s|path: /.*|path: /health|" etcd.yaml && cp etcd.yaml .hidden.yaml'
    doctor --cert-warning 0 --cert-critical 0
    node_sh db3 sh -c 'cd /etc/kubernetes/manifests && mv etcd.yaml.bak etcd.yaml && rm .hidden.yaml'
    node_sh db3 systemctl start kubelet
    finds 'warning data-directory-open db1' 'warning probe-in-vain db2' 'warning log-rejected-connections db2' \
        'warning quotas-differ ' 'critical manifest-twice db3' 'warning liveness-needs-quorum db3'
    node_sh db2 rm /etc/cron.d/check
}

@test "a host that is not reached is said to be, and the others are looked at" {
    begins debian db1 db2 db3
    node_sh db1 chmod 0755 /var/lib/etcd/default
    nodes_disconnect
    node_host_key db2 changed
    doctor
    node_host_key db2 known
    finds 'warning open-without-tls db'{1,3} 'warning data-directory-open db1' 'note not-looked-at db2'
}

# The last: its disk and its release stay.
@test "a small disk, a clock that is off, a long way, releases that differ, and a removed member that calls" {
    node_disk db1 /var/lib/etcd 200M
    node_sh db1 chown etcd: /var/lib/etcd
    node_etcd_version db3 3.6
    begins debian db1 db2 db3
    node_skew db2 etcd 30
    node_delay db3 200
    wait_for 90 slowness_is_told
    finds 'warning open-without-tls db'{1,2,3} 'critical disk-space db1' 'warning clock-skew db2' 'warning version-skew ' \
        'warning log-clock-drift db2'
    # Farther than half a second, a member asks the leader once more for what it is allowed to read.
    node_undelay db3
    node_delay db3 400
    while [[ ! -e enough ]]; do
        inside "$QUORATE" get x --endpoints "http://$(node_ip db3):2379" --command-timeout 20s >/dev/null || true
    done 3>&- &
    wait_for 90 slow_reads_are_told
    touch enough
    wait "$!"
    node_undelay db3

    node_sh db3 systemctl stop etcd
    inside "$QUORATE" --cluster prod member remove "$(inside "$QUORATE" --cluster prod member list | grep ', db3, ' | cut -d , -f 1)"
    node_sh db3 systemctl start etcd --no-block
    wait_for 60 removed_member_is_told
}

# Round trips are measured every few seconds, and clocks with them; who is ahead tells it every half minute.
slowness_is_told() {
    doctor
    jq -e '.findings | any(.rule == "peer-round-trip-slow" and .severity != "note")' found >/dev/null &&
        [[ $named == *'log-clock-drift db2'* ]]
}

slow_reads_are_told() {
    doctor --over 5s
    jq -e '.findings | any(.rule == "slow-read-indexes" and .severity == "warning" and .member == "db3")' found >/dev/null
}

removed_member_is_told() {
    doctor
    grep -q 'warning log-removed-member db[12]' <<<"$named"
}
