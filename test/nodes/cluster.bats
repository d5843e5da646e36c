#!/usr/bin/env bats
#
# quorate.yaml from hosts: how etcd runs there, in each way that is found in the field, and where file and
# host differ.

bats_require_minimum_version 1.5.0
load ../harness/nodes

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
    export NODES_ROOT=$BATS_FILE_TMPDIR NODES_KUBELET_SYNC_S=2 NODES_KUBELET_BACKOFF_S=1
    unset "${!ETCDCTL_@}" "${!QUORATE_C@}"
    local build
    build=$(dirname "$QUORATE")
    ninja -C "$build" test/harness/service_probe >&2
    export PROBE=$build/test/harness/service_probe XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR
    nodes_up 3
}

teardown_file() {
    nodes_down
}

teardown() {
    nodes_clear db1 db2 db3
}

hosts=ssh://root@db1,ssh://root@db2,ssh://root@db3

# discovered: the cluster that was laid out last, in $BATS_TEST_TMPDIR/q.yaml.
discovered() {
    with_nodes "$QUORATE" cluster discover --name prod --host "$hosts" --write \
        --config "$BATS_TEST_TMPDIR/q.yaml"
}

# member NAME KEY: what the file says.
member() {
    "$QUORATE" cluster show prod --config "$BATS_TEST_TMPDIR/q.yaml" -w json |
        jq -r --arg name "$1" --arg key "$2" '.members[] | select(.name == $name) | .[$key]'
}

check() {
    inside "$QUORATE" cluster check prod --hosts --config "$BATS_TEST_TMPDIR/q.yaml" -w json
}

differences() {
    jq -r '[.differences[] | .what + " " + .member] | sort | join(", ")'
}

@test "Debian's package, kubespray's files, and a configuration file, with TLS" {
    nodes_cluster --tls debian db1 db2:kubespray db3:config-file
    discovered
    cat "$BATS_TEST_TMPDIR/q.yaml"
    [[ $(member db1 host) == ssh://root@db1 && $(member db1 runs) == systemd:etcd.service ]]
    [[ $(member db1 dataDir) == /var/lib/etcd/default && $(member db1 walDir) == '' ]]
    [[ $(member db2 runs) == systemd:etcd.service && $(member db2 dataDir) == /var/lib/etcd ]]
    [[ $(member db3 dataDir) == /var/lib/etcd/db3 && $(member db3 walDir) == /var/lib/etcd-wal/db3 ]]
    grep -x '          key_file: /etc/ssl/etcd/ssl/member-db2-key.pem' "$BATS_TEST_TMPDIR/q.yaml"
    grep -x '          cert_file: /etc/etcd/tls/peer.crt' "$BATS_TEST_TMPDIR/q.yaml"
    run -0 check
    [[ $(jq -c .differences <<<"$output") == '[]' ]]

    # Each thing that is not as the file says is named; a host that cannot be reached is told.
    sed -i -e 's#runs: systemd:etcd.service#runs: systemd:other.service#' \
        -e 's#data_dir: /var/lib/etcd$#data_dir: /srv#' -e 's#wal_dir: .*#wal_dir: /wal#' \
        -e 's#key_file: /etc/etcd/tls/peer.key#key_file: /etc/other.key#' "$BATS_TEST_TMPDIR/q.yaml"
    run -1 check
    [[ $(differences <<<"$output") == 'data-dir db2, peer-tls db1, peer-tls db3, runs db1, runs db2, runs db3, wal-dir db3' ]]
    cp "$BATS_TEST_TMPDIR/q.yaml" "$BATS_TEST_TMPDIR/before.yaml"
    inside "$QUORATE" cluster discover --cluster prod --host "$hosts" --write --config "$BATS_TEST_TMPDIR/q.yaml"
    run -0 check
    [[ $(diff "$BATS_TEST_TMPDIR/before.yaml" "$BATS_TEST_TMPDIR/q.yaml" | grep -c '^>') -eq 7 ]]
    sed -i 's#host: ssh://root@db2#host: ssh://root@db9#' "$BATS_TEST_TMPDIR/q.yaml"
    run -0 check
    jq -e ".notes[] | select(startswith(\"db2: 'ssh://root@db9' could not be looked at: \"))" <<<"$output"
    node_stop db1
    run -1 check
    [[ $(differences <<<"$output") == 'stopped db1' ]]
}

@test "a static pod, a unit and a bare process, with data behind blanks and quotes" {
    local data="/srv/etcd data/o'hara \"1\" 100%"
    NODES_DATA_DIR=$data nodes_cluster plain db1 db2:static-pod db3:process
    # One host is enough to be asked for the rest.
    run -0 inside "$QUORATE" cluster discover --name prod --host "$hosts" --write --config "$BATS_TEST_TMPDIR/q.yaml"
    [[ $(member db1 runs) == systemd:etcd.service && $(member db1 dataDir) == "$data" ]]
    [[ $(member db2 runs) == static-pod:/etc/kubernetes/manifests/etcd.yaml ]]
    [[ $(member db2 dataDir) == "$data" ]]
    [[ $(member db3 runs) == process && $(member db3 dataDir) == "$data" ]]
    run -0 check
}

@test "who may not look is told, and sudo looks" {
    nodes_cluster debian db1 db2 db3
    run ! inside "$QUORATE" cluster discover --name prod --host ssh://nobody-there@db1
    [[ $output == *'Permission denied'* ]]
    node_user db1 oscar none
    run -8 inside "$QUORATE" cluster discover --name prod --host ssh://oscar@db1
    [[ $output == *'Permission denied'* && $output == *'Hint: --become looks as root, by sudo'* ]]
    run -8 inside "$QUORATE" cluster discover --name prod --host ssh://oscar@db1 --become
    node_user db1 oscar free
    run -0 inside "$QUORATE" cluster discover --name prod --host ssh://oscar@db1 --become
    [[ $output == *'host: ssh://oscar@db1'* ]]
    # A host without any etcd: nor a unit that would start one.
    node_stop db1
    node_sh db1 sh -c 'mv /lib/systemd/system/etcd.service /etc/init.d/etcd /root/; systemctl daemon-reload'
    run -4 inside "$QUORATE" cluster discover --name prod --host ssh://root@db1
    node_sh db1 sh -c 'mv /root/etcd.service /lib/systemd/system/; mv /root/etcd /etc/init.d/; systemctl daemon-reload'
    [[ $output == *"no etcd on 'ssh://root@db1'"*"nor a unit or manifest that starts one"* ]]
}

# held NAME PLACE CALL: what quorate does to a member's service, by itself.
held() {
    inside "$PROBE" "ssh://root@$1" "$2" "$3"
}

# What the file of a cluster says of its members, but for what only the cluster itself can tell.
told_by_hosts() {
    "$QUORATE" cluster show prod --config "$1" -w json | jq -S '.members | map(del(.id)) | sort_by(.name)'
}

@test "members that do not run are found, with the same settings" {
    local manifest=/etc/kubernetes/manifests/etcd.yaml stopped="$BATS_TEST_TMPDIR/stopped.yaml"
    nodes_cluster --tls debian db1 db2:static-pod db3:config-file
    discovered

    node_sh db1 systemctl stop etcd
    run -0 discovered
    [[ $output == *"db1 does not run on 'ssh://root@db1': unit 'etcd.service' is inactive (success)"* ]]
    [[ $output == *"says all that already"* ]]
    run -1 check
    [[ $(differences <<<"$output") == 'stopped db1' ]]
    node_sh db1 systemctl start etcd

    held db2 $manifest stop
    run -0 discovered
    [[ $output == *"db2 does not run on 'ssh://root@db2': manifest '$manifest' is held down as '/etc/kubernetes/quorate-held/etcd.yaml'"* ]]
    [[ $output == *"says all that already"* ]]

    held db1 etcd stop
    held db3 etcd stop
    run -2 inside "$QUORATE" cluster discover --host "$hosts"
    [[ $output == *"a cluster that is down has no id"*"--name NAME"* ]]
    run -0 inside "$QUORATE" cluster discover --name prod --host "$hosts" --write --config "$stopped"
    [[ $output == *"db1 does not run on 'ssh://root@db1': unit 'etcd.service' is held down"* ]]
    [[ $output == *"nothing of this cluster runs"* ]]
    diff <(told_by_hosts "$BATS_TEST_TMPDIR/q.yaml") <(told_by_hosts "$stopped")
    held db1 etcd start
    held db2 $manifest start
    held db3 etcd start
}

@test "instances of a template that do not run are found, when they are enabled or held down" {
    nodes_cluster plain db1
    node_stop db1
    node_sh db1 sh -c 'cd /etc/systemd/system && mv etcd.service etcd@.service && mv etcd.service.d etcd@.service.d &&
        mv /lib/systemd/system/etcd.service /etc/init.d/etcd /root/; systemctl daemon-reload; systemctl enable etcd@main'
    enabled=$(inside "$QUORATE" cluster discover --name prod --host ssh://root@db1 2>&1)
    held db1 etcd@main.service stop
    node_sh db1 systemctl disable etcd@main
    run inside "$QUORATE" cluster discover --name prod --host ssh://root@db1
    node_sh db1 sh -c 'mv /root/etcd.service /lib/systemd/system/; mv /root/etcd /etc/init.d/; systemctl daemon-reload'
    [[ $enabled == *"db1 does not run on 'ssh://root@db1': unit 'etcd@main.service' is inactive"* ]]
    [[ $output == *"db1 does not run on 'ssh://root@db1': unit 'etcd@main.service' is held down"* ]]
}
