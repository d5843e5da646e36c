# shellcheck shell=bash
#
# Clusters on hosts that go from plain HTTP to TLS and back under clients: `load ../harness/tls_nodes` behind nodes. Three
# hosts, db1 to db3; data is in their memory: what a write waits for is the procedure then, and not this machine's disk.
#
#   tls_nodes_up, tls_nodes_setup, tls_nodes_clear
#                             for setup_file, setup and teardown; the last one also between two clusters of a test.
#                             $tls is the folder of the bench's certificates, "${issuer[@]}" has its authority issue more
#   quorate WORD...           on that cluster
#   begins VERSION LAYOUT NAME[:LAYOUT]...
#                             a cluster with plain HTTP, and a quorate.yaml that knows it
#   files_of_etcd             what etcd is started with on each host: hash, owner and mode of all files that say it
#   put NAME PATH FILE [MODE] a file of etcd's own on a host
#   clients_start             a writer and a watcher that are given endpoints of both forms
#   clients_saw WHAT SCHEME   ends them: no write failed, none is lost on any member, the longest time without an
#                             acknowledgement is that of the issue, and the watcher got all; tells the figures ($seen)
#   all_speak SCHEME OTHER    member list, every member with etcd's own client, curl; and the other scheme is refused
#   etcdctl_on SCHEME NAME WORD...
#   tell TEXT                 for who runs the tests, and a line of the file QUORATE_NOTE, when there is one

# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # bats', and what tests read

tls_nodes_up() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    export NODES_KUBELET_SYNC_S=3 NODES_KUBELET_BACKOFF_S=1
    export NODES_DATA_DIR=/run/etcd-data/data NODES_WAL_DIR=/run/etcd-data/wal
    nodes_up 3
    _nodes_certificate client
}

tls_nodes_setup() {
    cd "$BATS_TEST_TMPDIR" || return
    export QUORATE_CONFIG=$PWD/quorate.yaml QUORATE_STATE=$PWD/state
    tls=$(nodes_dir)/tls
    issuer=(--ca-cert "$tls/ca.crt" --ca-key "$tls/ca.key")
}

tls_nodes_clear() {
    local name
    clients_end
    nodes_clear db1 db2 db3
    for name in db1 db2 db3; do
        node_sh $name rm -rf /run/etcd-data
    done
}

quorate() {
    inside "$QUORATE" --cluster prod "$@"
}

begins() {
    local version=$1 name
    shift
    for name in db1 db2 db3; do
        node_etcd_version $name "$version"
    done
    nodes_cluster "$@"
    with_nodes "$QUORATE" cluster discover --name prod --write --host ssh://root@db1 --host ssh://root@db2 \
        --host ssh://root@db3
    quorate put color green
}

files_of_etcd() {
    local name
    for name in db1 db2 db3; do
        # shellcheck disable=SC2016 # the host's shell's
        node_sh $name sh -c 'cd / && find etc/default/etcd etc/etcd* etc/systemd/system/etcd* etc/kubernetes \
            -type f ! -name "*.key" ! -name "*.crt" -exec sha256sum {} + -exec stat -c "%n %U:%G %a" {} + 2>/dev/null |
            sort'
    done
    cat quorate.yaml
}

# Those of a test that has failed would write in the next one.
clients_end() {
    local note
    for note in "$(nodes_dir)"/writer{,.events}.pid; do
        [[ ! -e $note ]] || kill -KILL "$(<"$note")" 2>/dev/null || true
        rm -f "$note"
    done
}

clients_start() {
    writer_start --both-forms db1 db2 db3
    watcher_start --both-forms db1 db2 db3
}

clients_saw() {
    local name counts
    seen=$(writer_stop)
    watcher_stop
    tell "$1: $(jq -c 'del(.reasons)' <<<"$seen"), load $(cut -d ' ' -f 1 /proc/loadavg)"
    jq -r '.reasons | to_entries[] | "\(.value) \(.key)"' <<<"$seen"
    jq -e '.lost == 0 and .longest_gap_ms <= 1000' <<<"$seen" >/dev/null
    counts=$(watcher_check) || { echo "$counts"; return 1; }
    tell "$1, watcher: $counts"
    for name in db1 db2 db3; do
        wrote "$2" $name | jq -e '.missing == 0'
    done
}

# wrote SCHEME NAME
wrote() {
    inside "$BATS_TEST_DIRNAME/writer" check --endpoints "$1://$(node_ip "$2"):2379" \
        --note "$(nodes_dir)/writer" --cacert "$tls/ca.crt" --cert "$tls/client.crt" --key "$tls/client.key"
}

tell() {
    echo "# $*" >&3
    [[ -z ${QUORATE_NOTE:-} ]] || echo "$*" >>"$QUORATE_NOTE"
}

etcdctl_on() {
    local scheme=$1 name=$2 shown=()
    shift 2
    [[ $scheme == http ]] || shown=(--cacert "$tls/ca.crt" --cert "$tls/client.crt" --key "$tls/client.key")
    inside "$(node_root "$name")/usr/bin/etcdctl" --endpoints "$scheme://$(node_ip "$name"):2379" "${shown[@]}" "$@"
}

all_speak() {
    local scheme=$1 other=$2 name
    [[ $(quorate member list -w json | jq -r '[.members[] | (.peerURLs + .clientURLs)[] | sub(":.*"; "")] | unique | join(" ")') == "$scheme" ]]
    for name in db1 db2 db3; do
        etcdctl_on "$scheme" $name endpoint status
        inside curl -sS --max-time 5 --cacert "$tls/ca.crt" --cert "$tls/client.crt" --key "$tls/client.key" \
            "$scheme://$(node_ip $name):2379/health" | grep -q '"health":"true"'
        run ! inside curl -sS --max-time 5 -k -o "$BATS_TEST_TMPDIR/got" "$other://$(node_ip $name):2379/health"
        run ! inside curl -sS --max-time 5 -k -o "$BATS_TEST_TMPDIR/got" "$other://$(node_ip $name):2380/version"
    done
    [[ $(quorate get color --print-value-only) == green ]]
    inside "$QUORATE" cluster check prod
}

put() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh "$1" sh -c 'mkdir -p "$(dirname "$0")" && cat >"$0" && chmod "$1" "$0" && chown etcd: "$0"' "$2" "${4:-644}" <"$3"
}
