#!/usr/bin/env bats
#
# Members come and go on hosts of their own, by the plans of 'member grow', 'shrink', 'replace' and 'move',
# while a client writes.

# shellcheck disable=SC2154,SC2030,SC2031 # stderr and the like are bats'
bats_require_minimum_version 1.5.0
load ../harness/nodes

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    nodes_up 5
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
    for name in db1 db2 db3 db4 db5; do
        [[ ! -e $(nodes_dir)/$name/hold ]] || node_on "$name"
    done
    nodes_clear db1 db2 db3 db4 db5
}

uses_etcd() {
    local name
    for name in db1 db2 db3 db4 db5; do
        node_etcd_version "$name" "$1"
    done
}

# begins LAYOUT NAME...: a cluster over these hosts, and a quorate.yaml that knows it and how it runs.
begins() {
    local layout=$1 name hosts=()
    shift
    nodes_cluster "$layout" "$@"
    for name; do
        hosts+=(--host "ssh://root@$name")
    done
    with_nodes "$QUORATE" cluster discover --name prod --write "${hosts[@]}"
    sed -i 's/^clusters:/# ours\nclusters:/' quorate.yaml
}

quorate() {
    inside "$QUORATE" --cluster prod "$@"
}

# The cluster has these voters, all serve, the file says the same, and the hosts too.
cluster_is_now() {
    local want="$*"
    [[ $(quorate member list -w json | jq -r '[.members[] | select(.isLearner != true) | .name] | sort | join(" ")') == "$want" ]]
    quorate endpoint health
    inside "$QUORATE" cluster check prod
    grep -q '^# ours' quorate.yaml
}

written() {
    local counts
    counts=$(writer_check "$1")
    echo "$2: $counts" | tee -a "${QUORATE_NOTE:-/dev/null}"
    [[ $(jq "$3" <<<"$counts") == true ]]
}

# What an operator sees of the files of etcd on a host.
files() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh "$1" sh -c '
        find /etc/systemd /etc/default /etc/etcd* -type f -exec stat -c "%n %u:%g %a" {} + | sort
        find /etc/systemd /etc/default /etc/etcd* -type f -exec sha256sum {} + | sort
        find /etc/systemd -type l | sort' 2>/dev/null
}

up_and_down() {
    local layout=$1
    begins "$layout" db1
    writer_start db1 db2 db3 db4 db5
    quorate member grow db2=ssh://root@db2 db3=ssh://root@db3 --yes
    cluster_is_now db1 db2 db3
    quorate member grow db4=ssh://root@db4 db5=ssh://root@db5 --yes
    cluster_is_now db1 db2 db3 db4 db5
    writer_stop
    written db5 "$layout up" '.failed == 0 and .missing == 0'

    NODES_WRITER=down writer_start db1 db2 db3 db4 db5
    quorate member shrink db4 db5 --yes
    cluster_is_now db1 db2 db3
    quorate member shrink --to 1 --yes
    NODES_WRITER=down writer_stop
    NODES_WRITER=down written "$(quorate member list -w json | jq -r '.members[0].name')" "$layout down" '.missing == 0'
}

# bats test_tags=each-etcd
@test "1, 3, 5, 3, 1 members of Debian's package: no write fails on the way up, none is lost" {
    uses_etcd "${QUORATE_TEST_ETCD:-3.5}"
    up_and_down debian
}

@test "1, 3, 5, 3, 1 members of a unit of kubespray's, which the new hosts do not have" {
    local name
    uses_etcd 3.6
    for name in db2 db3 db4 db5; do
        node_sh "$name" cp /usr/bin/etcd /usr/local/bin/etcd
    done
    up_and_down kubespray
}

@test "a member whose data is lost is replaced on its host, and one whose host is gone by another" {
    uses_etcd "${QUORATE_TEST_ETCD:-3.5}"
    begins debian db1 db2 db3
    writer_start db1 db2 db3
    node_sh db3 sh -c 'rm -rf /var/lib/etcd/default; systemctl kill -s KILL etcd; sleep 1; systemctl stop etcd'
    quorate member replace db3 --yes
    cluster_is_now db1 db2 db3

    node_off db2
    quorate member replace db2 --new db4=ssh://root@db4 --yes
    writer_stop
    written db4 replace '.missing == 0'
    cluster_is_now db1 db3 db4
    node_on db2
}

@test "the only member of a cluster moves to another host, and no acknowledged write is lost" {
    uses_etcd 3.5
    begins plain db1
    quorate put key value
    writer_start db1 db2
    quorate member move db1 --new db2=ssh://root@db2 --yes
    writer_stop
    written db2 move '.missing == 0'
    cluster_is_now db2
    # Where it was, its unit stays, held down, and its data beside its place.
    run -0 node_sh db1 systemctl cat etcd
    [[ $output == *held-down-by-quorate* ]]
    run -0 node_sh db1 ls /var/lib
    [[ $output == *etcd.removed-* ]]
}

@test "a growth that is undone leaves hosts and quorate.yaml byte for byte as they were" {
    local before db2 db3
    uses_etcd 3.5
    begins debian db1
    before=$(<quorate.yaml)
    db2=$(files db2)
    db3=$(files db3)
    quorate member grow db2=ssh://root@db2 db3=ssh://root@db3 --yes
    inside "$QUORATE" plan undo latest --yes
    cluster_is_now db1
    diff <(echo "$before") quorate.yaml
    diff <(echo "$db2") <(files db2)
    diff <(echo "$db3") <(files db3)
}

# cut_at RECORDS COMMAND...: killed when the journal has so many.
cut_at() {
    local records=$1 pid
    shift
    # Not by `inside`: its subshell would be killed, and quorate live on.
    _nodes_exec "$@" </dev/null >/dev/null 2>&1 3>&- &
    pid=$!
    until [[ $(cat "$QUORATE_STATE"/plans/*/journal.jsonl 2>/dev/null | wc -l) -ge $records ]] ||
        ! kill -0 $pid 2>/dev/null; do
        sleep 0.05
    done
    kill -KILL $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    sleep 1
}

@test "a growth that is killed again and again goes on, and back, from whatever folder" {
    local records
    uses_etcd 3.5
    begins debian db1
    cut_at 5 "$QUORATE" --cluster prod member grow db2=ssh://root@db2 db3=ssh://root@db3 --yes
    unset QUORATE_CONFIG
    cd /
    for records in 7 8 12 17 21; do
        cut_at $records "$QUORATE" plan resume latest --yes
    done
    inside "$QUORATE" plan resume latest --yes
    cd "$BATS_TEST_TMPDIR"
    export QUORATE_CONFIG=$PWD/quorate.yaml
    cluster_is_now db1 db2 db3
    records=$(cat "$QUORATE_STATE"/plans/*/journal.jsonl | wc -l)
    cut_at $((records + 9)) "$QUORATE" plan undo latest --yes
    inside "$QUORATE" plan resume latest --yes
    cluster_is_now db1
}

@test "data on a disk of its own stays there when its member leaves" {
    uses_etcd 3.5
    node_sh db2 sh -c 'mkdir -p /var/lib/etcd/default && mount -t tmpfs -o mode=700 none /var/lib/etcd/default &&
        mkdir /var/lib/etcd/default/lost+found && chown etcd: /var/lib/etcd/default'
    begins debian db1
    quorate member grow db2=ssh://root@db2 --yes
    cluster_is_now db1 db2
    quorate member shrink db2 --yes
    run -0 node_sh db2 ls /var/lib/etcd/default
    [[ $output == *lost+found*member.removed-* ]]
    quorate member grow db2=ssh://root@db2 --yes
    cluster_is_now db1 db2
    node_sh db2 sh -c 'systemctl stop etcd; umount /var/lib/etcd/default'
}

# refused WHAT...: with all of these words in the reason, and nothing is changed anywhere.
refused() {
    local what
    echo "$stderr"
    [[ $status -ne 0 ]]
    for what; do
        [[ $stderr == *"$what"* ]]
    done
    diff <(echo "$before") quorate.yaml
    diff <(echo "$db2") <(files db2)
    diff <(echo "$db3") <(files db3)
}

# The wrong ways of which the field tells, on hosts: stale data, a wrong name, state new, a URL that leads elsewhere,
# and a second voter that was added by hand.
@test "what cannot be is refused with the reason before anything is changed" {
    local before db2 db3
    uses_etcd 3.5
    begins debian db1
    before=$(<quorate.yaml)
    db2=$(files db2)
    db3=$(files db3)
    run --separate-stderr quorate member grow db2 --yes
    refused "on which host is 'db2' to run" "db2=ssh://root@HOST"
    node_sh db2 mkdir -p /var/lib/etcd/default/member
    run --separate-stderr quorate member grow db2=ssh://root@db2 --yes
    refused "/var/lib/etcd/default" "not empty"
    node_sh db2 rm -r /var/lib/etcd/default

    run --separate-stderr quorate member grow db1=ssh://root@db3 --yes
    refused "has a member 'db1' already"
    run --separate-stderr quorate member grow a,b=ssh://root@db3 --yes
    refused "cannot name a member"

    # By hand, with the state that a tutorial has: a cluster of its own.
    node_sh db2 sh -c 'systemd-run --quiet --unit etcd-by-hand --uid etcd etcd --name db2 --data-dir /var/lib/etcd/default \
        --initial-cluster db2=http://10.99.0.12:2380 --initial-advertise-peer-urls http://10.99.0.12:2380 \
        --listen-peer-urls http://10.99.0.12:2380 --initial-cluster-state new \
        --listen-client-urls http://10.99.0.12:2379 --advertise-client-urls http://10.99.0.12:2379'
    nodes_wait_healthy 60 db2
    run --separate-stderr quorate member grow db2=ssh://root@db2 --yes
    refused "db2"
    node_sh db2 systemctl stop etcd-by-hand
    run --separate-stderr quorate member grow db2=ssh://root@db2 --yes
    refused "/var/lib/etcd/default" "not empty"
    node_sh db2 rm -r /var/lib/etcd/default

    run --separate-stderr quorate member grow db3=ssh://root@db3 --peer-url http://10.99.0.12:2380 --yes
    refused "leads to 10.99.0.12" "not an address of its host"
    # A name that the members' hosts know otherwise than the joiner's does.
    node_sh db1 sh -c 'cp /etc/hosts /etc/hosts.was; sed "s/.* db3$/10.99.0.12 db3/" /etc/hosts.was >/etc/hosts'
    run --separate-stderr quorate member grow db3=ssh://root@db3 --peer-url http://db3:2380 --yes
    node_sh db1 sh -c 'cp /etc/hosts.was /etc/hosts'
    refused "on the host of 'db1' peer URL http://db3:2380 of 'db3' leads to 10.99.0.12"
    [[ $(quorate member list -w json | jq '.members | length') -eq 1 ]]

    # By hand, without a learner: the quorum of two is gone with the call.
    inside "$("$BATS_TEST_DIRNAME/../etcds" path 3.5)/etcdctl" --endpoints http://10.99.0.11:2379 \
        member add db2 --peer-urls http://10.99.0.12:2380
    run --separate-stderr quorate member grow db3=ssh://root@db3 --yes
    refused "quorum is lost" "http://10.99.0.12:2380) was added as a voter, which counts at once, and has not started"
    quorate member rescue db1 --yes
    cluster_is_now db1
}
