#!/usr/bin/env bats
#
# What the first step of 'member grow' finds wrong on real hosts, each time before anything is changed: the
# member list, the files of both hosts and the inventory are what they were.

# shellcheck disable=SC2154 # stderr and the like are bats'
bats_require_minimum_version 1.5.0
load ../harness/nodes

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    nodes_up 2
    node_disk db2 /var/lib/etcd 200M
    node_etcd_version db1 3.5
    node_etcd_version db2 3.5
    nodes_cluster debian db1
    export QUORATE_CONFIG=$BATS_FILE_TMPDIR/quorate.yaml QUORATE_STATE=$BATS_FILE_TMPDIR/state
    with_nodes "$QUORATE" cluster discover --name prod --write --host ssh://root@db1
    node_sh db2 systemctl stop etcd || true
}

teardown_file() {
    nodes_down
}

setup() {
    export QUORATE_CONFIG=$BATS_FILE_TMPDIR/quorate.yaml QUORATE_STATE=$BATS_FILE_TMPDIR/state
    remember
}

teardown() {
    inside nft flush set bridge bench cuts
}

quorate() {
    inside "$QUORATE" --cluster prod "$@"
}

# Members, files of etcd, inventory.
all_that_may_change() {
    local name
    quorate member list
    cat "$QUORATE_CONFIG"
    for name in db1 db2; do
        # shellcheck disable=SC2016 # the host's shell's
        node_sh "$name" sh -c '
            find /etc/systemd /etc/default /etc/etcd* -type f -exec sha256sum {} + | sort
            find /var/lib/etcd -mindepth 1 -maxdepth 3 | grep -v "\.wal\|\.tmp" | sort' 2>/dev/null
    done
}

remember() {
    before=$(all_that_may_change)
}

# refused EXIT_CODE TEXT [OPTION...]: growing by db2 ends so, and nothing was changed.
refused() {
    local code=$1 text=$2
    shift 2
    run -"$code" quorate member grow db2=ssh://root@db2 "$@" --yes
    echo "$output"
    [[ $output == *"$text"* ]]
    [[ $before == "$(all_that_may_change)" ]]
    [[ $(quorate get /quorate/lock) == '' ]]
    # Nor was it for a while.
    run ! grep -q '"begin".*add-learner' "$QUORATE_STATE"/plans/*/journal.jsonl
}

@test "the ways between peers are cut, in either direction" {
    node_cut_from db1 db2
    refused 3 "peer URL of 'db"
    inside nft flush set bridge bench cuts
    node_cut db2 db1
    refused 3 "the host of 'db2' does not reach http://10.99.0.11:2380, peer URL of 'db1': no answer"
}

@test "a name that the members do not know, and one that leads elsewhere" {
    refused 3 "the host of 'db1' does not know the name in http://joiner.example:2380, peer URL of 'db2'" \
        --peer-url http://joiner.example:2380
    node_sh db1 sh -c 'echo "10.99.0.11 joiner.example" >>/etc/hosts'
    refused 3 "on the host of 'db1' peer URL http://joiner.example:2380 of 'db2' leads to 10.99.0.11, which is not an address of its host" \
        --peer-url http://joiner.example:2380
    node_sh db1 sed -i /joiner.example/d /etc/hosts
}

@test "the port is taken" {
    node_take_port db2 2380
    refused 18 "peer port 2380 of 'db2' is taken on its host"
    node_free_port db2 2380
}

@test "a clock two seconds off" {
    node_clock db2 2
    nodes_disconnect
    refused 3 "the clock of the host of 'db2' is "
    node_clock db2 0
    nodes_disconnect
}

@test "the disk is full" {
    node_fill db2 /var/lib/etcd
    remember
    refused 3 "free, and "
    node_unfill db2 /var/lib/etcd
}

@test "stale data: another member's directory" {
    node_sh db2 mkdir -p /var/lib/etcd/default/member/wal
    remember
    refused 3 "not empty: a member that joins starts without data"
    node_sh db2 rm -rf /var/lib/etcd/default
}

@test "another version than the members run" {
    node_etcd_version db2 3.6
    refused 18 "'db2' would run etcd 3.6."
    node_etcd_version db2 3.5
}

@test "what its unit or its manifest needs of the host: etcd, the kubelet's directory, host paths" {
    local pod=static-pod:/etc/kubernetes/manifests/etcd.yaml given=$BATS_TEST_TMPDIR/given.yaml
    node_sh db2 mv /usr/bin/etcd /usr/bin/etcd.away
    refused 4 "db2: '/usr/bin/etcd', which unit 'etcd.service' is to start, is not there"
    node_sh db2 mv /usr/bin/etcd.away /usr/bin/etcd

    refused 4 "db2: there is no manifests directory '/etc/kubernetes/manifests'" --runs "$pod" --data-dir /srv/pod
    node_sh db2 mkdir -p /etc/kubernetes/manifests
    _layout_settings db1 data-dir=/srv/pod | _layout_pod db1 etcd:3.5 /srv/pod /etc/pods/pki |
        sed '/pods.pki/{n;s/DirectoryOrCreate/Directory/}' >"$given"
    refused 4 "db2: what the manifest needs is not there: '/etc/pods/pki'" --runs "$pod" --manifest "$given"
    node_sh db2 rm -r /etc/kubernetes
}

@test "names and URLs that are a member's" {
    run -18 quorate member grow db1=ssh://root@db2 --yes
    [[ $output == *"'db1'"* ]]
    refused 18 "peer URL http://10.99.0.11:2380 is member 'db1' already" --peer-url http://10.99.0.11:2380
}

@test "with all that set right it joins" {
    run -0 quorate member grow db2=ssh://root@db2 --yes
    [[ $(quorate member list -w json | jq '[.members[] | select(.isLearner != true)] | length') -eq 2 ]]
}
