#!/usr/bin/env bats
#
# Going to TLS by hand on real hosts, in the order of the usual guides: what it costs beside 'tls enable', in one run, and
# what 'tls enable' makes of it where somebody stopped half-way.

# shellcheck disable=SC2154 # the harness' variables
bats_require_minimum_version 1.5.0
load ../harness/nodes
load ../harness/tls_nodes

setup_file() {
    tls_nodes_up
}

teardown_file() {
    nodes_down
}

setup() {
    tls_nodes_setup
}

teardown() {
    tls_nodes_clear
}

# Where peers dial it.
listed_by_hand() {
    local id
    id=$(etcdctl_on http "$2" member list | sed -n "s/, started, $1, .*//p")
    etcdctl_on http "$2" member update "$id" --peer-urls "https://$(node_ip "$1"):2380"
}

# https for http in its environment file, and certificates.
set_by_hand() {
    _nodes_certificate "$1" >/dev/null
    put "$1" /etc/etcd/tls/ca.crt "$tls/ca.crt"
    put "$1" /etc/etcd/tls/etcd.crt "$tls/$1.crt"
    put "$1" /etc/etcd/tls/etcd.key "$tls/$1.key" 600
    node_sh "$1" sh -c 'sed -i s/http:/https:/g /etc/default/etcd && cat >>/etc/default/etcd' <<'SETTINGS'
ETCD_CERT_FILE=/etc/etcd/tls/etcd.crt
ETCD_KEY_FILE=/etc/etcd/tls/etcd.key
ETCD_PEER_CERT_FILE=/etc/etcd/tls/etcd.crt
ETCD_PEER_KEY_FILE=/etc/etcd/tls/etcd.key
ETCD_PEER_TRUSTED_CA_FILE=/etc/etcd/tls/ca.crt
SETTINGS
}

# 'systemctl restart' would wait for what the first one cannot have: peers that it can dial.
restarted_by_hand() {
    node_sh "$1" systemctl restart --no-block etcd
    sleep "${2:-5}"
}

@test "the order of the usual guides and that of tls enable, in one run and under the same writer: both gaps" {
    local usual
    begins 3.5.30 debian db1 db2 db3
    writer_start --both-forms db1 db2 db3
    for name in db1 db2 db3; do
        listed_by_hand $name db1
        set_by_hand $name
    done
    for name in db1 db2 db3; do
        restarted_by_hand $name
    done
    wait_for 60 etcdctl_on https db1 put last write
    usual=$(writer_stop)
    tell "3.5.30 debian, the order of the usual guides: $(jq -c 'del(.reasons)' <<<"$usual")"
    tls_nodes_clear
    rm quorate.yaml
    begins 3.5.30 debian db1 db2 db3
    clients_start
    quorate tls enable "${issuer[@]}" --yes
    clients_saw "3.5.30 debian enable behind it" https
    tell "longest gaps: $(jq .longest_gap_ms <<<"$usual") ms by the order of the usual guides," \
        "$(jq .longest_gap_ms <<<"$seen") ms by tls enable"
}

# goes_on WHAT: from there to TLS everywhere, under the clients.
goes_on() {
    inside rm -f quorate.yaml
    inside "$QUORATE" --cacert "$tls/ca.crt" --endpoints "$2" cluster discover --name prod --write --host ssh://root@db1 \
        --host ssh://root@db2 --host ssh://root@db3
    clients_start
    quorate tls enable "${issuer[@]}" --yes
    clients_saw "3.5.30 debian $1" https
    all_speak https http
}

@test "a way that was begun by hand is gone on with: one member is done" {
    begins 3.5.30 debian db1 db2 db3
    listed_by_hand db3 db1
    set_by_hand db3
    restarted_by_hand db3
    goes_on "one member by hand" "http://$(node_ip db1):2379,https://$(node_ip db3):2379"
}

@test "a way that was begun by hand is gone on with: all are listed by https, and the first one that was restarted is cut off" {
    begins 3.5.30 debian db1 db2 db3
    for name in db1 db2 db3; do
        listed_by_hand $name db1
    done
    set_by_hand db3
    restarted_by_hand db3
    before=$(files_of_etcd)
    # By an inventory that is of before the certificates, it could not be asked.
    run -3 quorate tls enable "${issuer[@]}" --yes
    [[ $output == *"'db3' was taken to TLS and is cut off by it, and '$QUORATE_CONFIG' does not say"* ]]
    diff <(echo "$before") <(files_of_etcd)
    goes_on "listed by hand" "http://$(node_ip db1):2379"
    # Nobody wants to be cut off again: it has TLS as before, and is dialled by none, but knows where the others are.
    quorate plan undo latest --yes
    etcdctl_on http db1 endpoint health
    etcdctl_on http db2 endpoint health
    etcdctl_on https db3 endpoint health
    diff <(grep -E '(^| )etc/' <<<"$before") <(files_of_etcd | grep -E '(^| )etc/')
}

