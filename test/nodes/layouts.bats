#!/usr/bin/env bats
#
# Each way in which etcd runs on hosts: it starts, stops, and comes back at boot.

load ../harness/nodes

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
    export NODES_ROOT=$BATS_FILE_TMPDIR NODES_KUBELET_SYNC_S=2 NODES_KUBELET_BACKOFF_S=1
    nodes_up 3
}

teardown_file() {
    nodes_down
}

teardown() {
    nodes_clear db1 db2 db3
}

# Stops and starts a member of the cluster, and puts a key.
stops_and_starts() {
    node_stop db1
    run _node_healthy db1
    [[ $status -ne 0 ]]
    node_start db1
    nodes_wait_healthy 60 db1
    with_nodes "$(etcds path)/etcdctl" put key value
}

comes_back_at_boot() {
    node_reboot db2
    nodes_wait_healthy 60 db2
}

# The command line or the environment of the etcd that runs on db1.
etcd_arguments() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh db1 sh -c 'tr "\0" "\n" <"/proc/$(pgrep -x etcd)/cmdline"'
}

etcds() {
    "$BATS_TEST_DIRNAME/../etcds" "$@"
}

@test "Debian's package" {
    nodes_cluster debian db1 db2 db3
    stops_and_starts
    comes_back_at_boot
    [[ $(etcd_arguments) == /usr/bin/etcd ]]
    [[ $(node_sh db1 stat -c %U /var/lib/etcd/default/member/wal) == etcd ]]
}

@test "kubespray's files, with TLS" {
    nodes_cluster --tls kubespray db1 db2 db3
    stops_and_starts
    comes_back_at_boot
    [[ $(etcd_arguments) == /usr/local/bin/etcd ]]
    [[ $(node_sh db1 stat -c %U:%a /etc/ssl/etcd/ssl/member-db1-key.pem) == etcd:600 ]]
}

@test "flags in a unit, with a drop-in" {
    nodes_cluster plain db1 db2 db3
    stops_and_starts
    comes_back_at_boot
    etcd_arguments | grep -x -A 1 -e '--data-dir' | grep -x /var/lib/etcd
}

@test "a configuration file, with TLS and a log directory of its own" {
    nodes_cluster --tls config-file db1 db2 db3
    stops_and_starts
    comes_back_at_boot
    node_sh db1 sh -c 'ls /var/lib/etcd-wal/db1/*.wal && ls -d /var/lib/etcd/db1/member/snap'
}

@test "static pods, with TLS" {
    nodes_cluster --tls static-pod db1 db2 db3
    stops_and_starts
    comes_back_at_boot
    node_sh db1 sh -c 'grep -q " stderr F " /var/log/pods/kube-system_etcd-db1_*/etcd/0.log'
}

@test "bare processes" {
    nodes_cluster process db1 db2 db3
    stops_and_starts
    [[ $(node_sh db1 stat -c %U /srv/etcd/member) == root ]]
}

@test "one cluster in three ways, with data behind blanks and quotes" {
    NODES_DATA_DIR="/srv/etcd data/o'hara \"1\" 100%" nodes_cluster plain db1 db2:static-pod db3:process
    stops_and_starts
    node_sh db1 ls -d "/srv/etcd data/o'hara \"1\" 100%/member"
    node_sh db2 ls -d "/srv/etcd data/o'hara \"1\" 100%/member"
    node_sh db3 ls -d "/srv/etcd data/o'hara \"1\" 100%/member"
}

# bats test_tags=each-etcd
@test "Debian's unit with any etcd" {
    local name
    for name in db1 db2 db3; do
        node_etcd_version "$name" "$QUORATE_TEST_ETCD"
    done
    nodes_cluster debian db1 db2 db3
    node_sh db1 /usr/bin/etcd --version | grep -F "$QUORATE_TEST_ETCD"
    stops_and_starts
}
