#!/usr/bin/env bats
#
# 'quota raise' on real hosts: a package's unit, a unit with flags and a static pod, beside a writer; and back.

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

q() {
    inside "$QUORATE" --cluster prod "$@"
}

# The hosts' configuration: every line of every file, with owner and mode.
configuration() {
    local name
    for name in db1 db2 db3; do
        # shellcheck disable=SC2016 # the host's shell's
        node_sh "$name" sh -c 'cd /etc && find default/etcd systemd/system kubernetes/manifests etcd* -type f 2>/dev/null |
            sort | xargs stat -c "%n %U:%G %a"; cd /etc && grep -rs "" default/etcd systemd/system kubernetes/manifests etcd* | sort' |
            sed "s/^/$name /"
    done
}

quotas() {
    local name
    for name in db1 db2 db3; do
        inside curl -s "http://$(node_ip "$name"):2379/metrics" | awk '$1 == "etcd_server_quota_backend_bytes" { printf "%.0f\n", $2 }'
    done
}

differs() {
    q doctor --over 0 -w json | jq -e '.findings[] | select(.rule == "quotas-differ") | .command' -r
}

@test "members of three kinds get one quota, beside a writer; undo gives each its own back, byte for byte" {
    local was counts
    nodes_cluster debian db1 db2:plain db3:static-pod
    with_nodes "$QUORATE" cluster discover --name prod --write --host ssh://root@db1,ssh://root@db2,ssh://root@db3
    configuration >before
    was=$(quotas)
    [[ $(differs) == *"quota raise 4294967296 --dry-run"* ]]
    writer_start db1 db2 db3
    q quota raise 6GiB --yes
    [[ $(quotas | sort -u) == 6442450944 ]]
    run ! differs
    configuration >after
    # In each one line comes, or another takes its place; nothing else changes.
    diff before after >changes || true
    [[ $(grep -c '^>' changes) -eq 3 && $(grep '^[<>]' changes | grep -vic 'quota.backend.bytes') -eq 0 ]]
    q plan undo latest --yes
    writer_stop
    counts=$(writer_check db1)
    [[ -z ${QUORATE_NOTE:-} ]] || echo "quota raised and back: $counts" >>"$QUORATE_NOTE"
    [[ $(jq '.failed' <<<"$counts") -eq 0 ]]
    configuration | diff before -
    [[ $(quotas) == "$was" ]]
}
