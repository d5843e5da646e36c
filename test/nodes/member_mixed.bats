#!/usr/bin/env bats
#
# Members that run in different ways join and leave one cluster, with TLS and without, while a client writes:
# systemd units, static pods, and a bare process that quorate leaves alone.

# shellcheck disable=SC2154 # stderr and the like are bats'
bats_require_minimum_version 1.5.0
load ../harness/nodes

manifest=/etc/kubernetes/manifests/etcd.yaml

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    export NODES_KUBELET_SYNC_S=3 NODES_KUBELET_BACKOFF_S=1
    nodes_up 4
}

teardown_file() {
    nodes_down
}

setup() {
    local name
    cd "$BATS_TEST_TMPDIR" || return 1
    export QUORATE_CONFIG=$PWD/quorate.yaml QUORATE_STATE=$BATS_TEST_TMPDIR/state
    for name in db1 db2 db3 db4; do
        node_etcd_version "$name" "${QUORATE_TEST_ETCD:-3.5}"
    done
}

teardown() {
    nodes_clear db1 db2 db3 db4
}

# begins HOST...: a quorate.yaml that knows the cluster which was laid out last.
begins() {
    local name hosts=()
    for name; do
        hosts+=(--host "ssh://root@$name")
    done
    with_nodes "$QUORATE" cluster discover --name prod --write "${hosts[@]}"
    if [[ -e $(nodes_dir)/https ]]; then
        export ETCDCTL_CACERT ETCDCTL_CERT ETCDCTL_KEY
        ETCDCTL_CACERT=$(nodes_dir)/tls/ca.crt ETCDCTL_CERT=$(nodes_dir)/tls/client.crt
        ETCDCTL_KEY=$(nodes_dir)/tls/client.key
    else
        unset ETCDCTL_CACERT ETCDCTL_CERT ETCDCTL_KEY
    fi
}

quorate() {
    inside "$QUORATE" --cluster prod "$@"
}

# The bench's, as 'tls init' would have made it.
authority() {
    mkdir pki
    cp "$(nodes_dir)/tls/ca.crt" "$(nodes_dir)/tls/ca.key" pki/
}

members_are() {
    local want="$*"
    [[ $(quorate member list -w json | jq -r '[.members[] | select(.isLearner != true) | .name] | sort | join(" ")') == "$want" ]]
    quorate endpoint health
    inside "$QUORATE" cluster check prod
}

written() {
    local counts
    counts=$(writer_check "$1")
    echo "$2: $counts" | tee -a "${QUORATE_NOTE:-/dev/null}" >&3
    [[ $(jq "$3" <<<"$counts") == true ]]
}

@test "with TLS, a second and a third member of Debian's package join, with certificates of their own" {
    local before
    nodes_cluster --tls debian db1
    begins db1
    before=$(<quorate.yaml)
    run --separate-stderr quorate member grow db2=ssh://root@db2 --yes
    echo "$stderr"
    [[ $status -ne 0 && $stderr == *"'/etc/etcd/tls/ca.crt' (--trusted-ca-file): there is no such file"*"tls issue"* ]]
    diff <(echo "$before") quorate.yaml
    node_certificates db2 debian
    authority
    writer_start db1 db2 db3
    quorate member grow db2=ssh://root@db2 --yes
    # Or ours are issued and brought there.
    quorate member grow db3=ssh://root@db3 --pki pki --yes
    members_are db1 db2 db3
    writer_stop
    written db3 "TLS, debian up" '.failed == 0 and .missing == 0'
    [[ $(node_sh db3 stat -c '%U %a' /etc/etcd/tls/server.key) == "etcd 600" ]]
    quorate plan undo latest --yes
    members_are db1 db2
    [[ ! -e pki/db3 ]]
    run ! node_sh db3 ls /etc/etcd/tls/server.key
}

@test "with TLS, static pods join a static pod: stacked members, each with its own certificates" {
    nodes_cluster --tls static-pod db1
    begins db1
    node_kubelet db2
    node_kubelet db3
    authority
    writer_start db1 db2 db3
    quorate member grow db2=ssh://root@db2 db3=ssh://root@db3 --pki pki --yes
    members_are db1 db2 db3
    writer_stop
    written db3 "TLS, pods up" '.failed == 0 and .missing == 0'
    [[ $(node_sh db2 ls /etc/kubernetes/manifests) == etcd.yaml ]]
}

# What a kubelet would be given, and a unit: seen once, since people will read them.
@test "a unit is joined by a static pod, and that by a unit where there is none; a process stays as it is" {
    nodes_cluster debian db1 db4:process
    begins db1 db4
    node_kubelet db2
    writer_start db1 db2 db3
    quorate member grow db2=ssh://root@db2 --runs "static-pod:$manifest" --data-dir /var/lib/etcd --yes
    members_are db1 db2 db4
    run -0 node_sh db2 cat $manifest
    echo "$output"
    [[ $output == *"image: \"registry.k8s.io/etcd:3.5"*"-0\""* && $output == *"--initial-cluster-state=existing"* ]]
    [[ $output == *"path: \"/var/lib/etcd\""* ]]

    quorate member grow db3=ssh://root@db3 --like db2 --runs systemd:etcd-main.service --yes
    members_are db1 db2 db3 db4
    run -0 node_sh db3 systemctl cat etcd-main.service
    echo "$output"
    [[ $output == *"User=etcd"* && $output == *"ExecStart=/usr/bin/etcd"* ]]
    [[ $(node_sh db3 systemctl is-enabled etcd-main.service) == enabled ]]
    writer_stop
    written db3 "mixed up" '.missing == 0 and .failed == 0'

    # Nobody starts a process again: it is the operator's.
    run --separate-stderr quorate member shrink db4 --yes
    [[ $status -eq 3 && $stderr == *"'db4' is a process that nobody starts again"* ]]
    # And back: what we laid out goes, byte for byte.
    quorate plan undo "$("$QUORATE" plan list -w json | jq -r '.plans[-1].id')" --yes
    members_are db1 db2 db4
    run node_sh db3 systemctl cat etcd-main.service
    [[ $status -ne 0 ]]
    quorate member shrink db2 --yes
    members_are db1 db4
}

@test "a static pod is joined by Debian's unit, and by a pod of a manifest that was given" {
    nodes_cluster static-pod db1
    begins db1
    quorate member grow db2=ssh://root@db2 --runs systemd:etcd.service --data-dir /var/lib/etcd/default --yes
    members_are db1 db2
    [[ $(node_sh db2 stat -c '%U' /var/lib/etcd/default) == etcd ]]
    node_kubelet db3
    node_sh db1 sed 's/name: etcd$/name: etcd-ours/; s/cpu: 100m/cpu: 200m/' $manifest >ours.yaml
    run --separate-stderr quorate member grow db3=ssh://root@db3 --runs systemd:etcd.service --manifest ours.yaml --yes
    [[ $status -eq 2 && $stderr == *"are for static pods"* ]]
    quorate member grow db3=ssh://root@db3 --manifest ours.yaml --yes
    members_are db1 db2 db3
    run -0 node_sh db3 cat $manifest
    [[ $output == *"cpu: 200m"* && $output == *"--name=db3"* ]]
}
