#!/usr/bin/env bats
#
# A static pod laid out for a member that joins, like another's (test/harness/service_probe.c): it joins, and all of it
# is taken back.

bats_require_minimum_version 1.5.0

load ../harness/nodes

manifests=/etc/kubernetes/manifests
manifest=$manifests/etcd.yaml
kept=/var/lib/quorate/kept/2.json

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    export NODES_KUBELET_SYNC_S=3 NODES_KUBELET_BACKOFF_S=1
    local build
    build=$(dirname "$QUORATE")
    ninja -C "$build" test/harness/service_probe >&2
    export PROBE=$build/test/harness/service_probe
    export XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR
    nodes_up 2
}

teardown() {
    nodes_clear db1 db2
}

teardown_file() {
    nodes_down
}

probe() {
    inside "$PROBE" "$@"
}

# A host with a kubelet that has nothing to run yet, and this host's certificates.
kubelet_on() {
    node_layout "$1" static-pod
    node_sh "$1" rm /etc/kubernetes/etcd.yaml
    node_sh "$1" rm -rf /var/lib/etcd
    node_sh "$1" systemctl enable --quiet --no-block --now kubelet
}

# Each file and directory below these, with owner, mode and hash.
files() {
    node_sh db2 sh -c 'find /etc/kubernetes /var/lib/etcd* -printf "%p %u:%g %m\n" | sort
        find /etc/kubernetes /var/lib/etcd* -type f -exec sha256sum {} + | sort' 2>/dev/null
}

# What the kubelet could see at any time, until the file "seen.stop" is there: a line for each look that differs.
watch_manifests() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh db2 sh -c 'before=-; while [ ! -e /run/seen.stop ]; do
        now=$(ls -A "$0" | tr "\n" " "); [ "$now" = "$before" ] || echo "[$now]"; before=$now; sleep 0.05; done' $manifests \
        >"$BATS_TEST_TMPDIR/seen" 3>&- &
}

own_settings() {
    local scheme=$1
    printf '%s\n' name=db2 \
        "listen-client-urls=$scheme://10.99.0.12:2379,$scheme://127.0.0.1:2379" \
        "advertise-client-urls=$scheme://10.99.0.12:2379" \
        "listen-peer-urls=$scheme://10.99.0.12:2380" \
        "initial-advertise-peer-urls=$scheme://10.99.0.12:2380" \
        "initial-cluster=db1=$scheme://10.99.0.11:2380,db2=$scheme://10.99.0.12:2380" \
        initial-cluster-state=existing
}

lay_out() {
    local own
    mapfile -t own < <(own_settings "$1")
    probe ssh://root@db2 $manifest lay-out "${2:-ssh://root@db1}" "${3:-$manifest}" $kept "${own[@]}"
}

@test "a pod with TLS joins, with its own settings and nothing else; and is taken back" {
    local before
    nodes_cluster --tls static-pod db1
    kubelet_on db2
    before=$(files)
    watch_manifests
    with_nodes "$QUORATE" member add db2 --peer-urls=https://10.99.0.12:2380
    lay_out https
    run -0 probe ssh://root@db2 $manifest state
    [[ $output == stopped ]]
    [[ $(node_sh db2 stat -c '%U:%G %a' /var/lib/etcd) == 'root:root 700' ]]
    [[ $(node_sh db2 stat -c '%U:%G %a' /etc/kubernetes/quorate-held/etcd.yaml) == 'root:root 600' ]]
    # Eight lines: name, URLs, the cluster and its state; the annotation.
    run -1 diff <(node_sh db1 cat $manifest) <(node_sh db2 cat /etc/kubernetes/quorate-held/etcd.yaml)
    [[ $(grep -c '^>' <<<"$output") -eq 8 && $(grep -c '^<' <<<"$output") -eq 8 ]]

    probe ssh://root@db2 $manifest start
    nodes_wait_healthy 60 db1 db2
    run -0 with_nodes "$QUORATE" member list
    [[ $output == *"started, db1"*"started, db2"* || $output == *"started, db2"*"started, db1"* ]]

    probe ssh://root@db2 $manifest stop
    node_sh db2 rm -rf /var/lib/etcd/member
    probe ssh://root@db2 $manifest put-back $kept
    run -0 probe ssh://root@db2 $manifest state
    [[ $output == absent ]]
    diff <(echo "$before") <(files)
    node_sh db2 touch /run/seen.stop
    wait_for 20 test ! -e /proc/$!
    [[ $(<"$BATS_TEST_TMPDIR/seen") == $'[]\n[etcd.yaml ]\n[]' ]]
    node_sh db2 rm /run/seen.stop
}

@test "certificates that are not there are named, and nothing is written" {
    local before
    nodes_cluster --tls static-pod db1
    kubelet_on db2
    node_sh db2 rm /etc/kubernetes/pki/etcd/server.key /etc/kubernetes/pki/etcd/peer.crt
    before=$(files)
    run -1 lay_out https
    [[ $output == *"not-found"*"db2: what the manifest needs is not there: "*"/etc/kubernetes/pki/etcd/server.key'"* ]]
    [[ $output == *"'/etc/kubernetes/pki/etcd/peer.crt'"* ]]
    [[ $(files) == "$before" ]]
    run -1 node_sh db2 test -e $kept
}

@test "a pod joins a cluster of units when a manifest is given" {
    nodes_cluster debian db1
    kubelet_on db2
    run -1 lay_out http ssh://root@db1 etcd.service
    [[ $output == *"refused"*"db2: '$manifest' (static-pod) cannot be laid out like 'etcd.service' (systemd) on db1"* ]]
    [[ $output == *"or give a manifest"* ]]

    _layout_settings db1 data-dir=/var/lib/etcd | _layout_pod db1 "$(_layout_image db2)" /var/lib/etcd \
        /etc/kubernetes/pki/etcd >"$BATS_TEST_TMPDIR/given.yaml"
    inside "$QUORATE" --endpoints "$(nodes_endpoints db1)" member add db2 --peer-urls=http://10.99.0.12:2380
    lay_out http local: "$BATS_TEST_TMPDIR/given.yaml"
    probe ssh://root@db2 $manifest start
    nodes_wait_healthy 60 db1 db2
    # It leaves again, and its manifest is kept beside.
    probe ssh://root@db2 $manifest stop
    probe ssh://root@db2 $manifest uninstall
    run -0 probe ssh://root@db2 $manifest state
    [[ $output == absent ]]
    [[ $(node_sh db2 ls /etc/kubernetes/quorate-held) == etcd.yaml.removed-* ]]
    [[ -z $(node_sh db2 ls -A $manifests) ]]
}
