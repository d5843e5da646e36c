#!/usr/bin/env bats
#
# 'tls deliver' to real hosts, a systemd unit and a static pod: owner, mode, what the ports show at once, and the way
# back byte for byte.

# shellcheck disable=SC2154 # stderr and the like are bats'
bats_require_minimum_version 1.5.0
load ../harness/nodes

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    nodes_up 2
    node_etcd_version db1 3.5.30
    node_etcd_version db2 3.5.30
    nodes_cluster --tls debian db1 db2:static-pod
    export QUORATE_CONFIG=$BATS_FILE_TMPDIR/quorate.yaml QUORATE_STATE=$BATS_FILE_TMPDIR/state
    with_nodes "$QUORATE" cluster discover --name prod --write --host ssh://root@db1 --host ssh://root@db2
    ca=$(nodes_dir)/tls/ca
    chmod 600 "$ca.key"
    inside "$QUORATE" tls issue "$BATS_FILE_TMPDIR/new" --cluster prod --ca-cert "$ca.crt" --ca-key "$ca.key"
}

teardown_file() {
    nodes_down
}

setup() {
    export QUORATE_CONFIG=$BATS_FILE_TMPDIR/quorate.yaml QUORATE_STATE=$BATS_FILE_TMPDIR/state
    cd "$BATS_FILE_TMPDIR" || return
}

quorate() {
    inside "$QUORATE" --cluster prod "$@"
}

state_of_files() {
    node_sh db1 sh -c 'cd /etc/etcd/tls && sha256sum * && stat -c "%n %U:%G %a %Y" *'
    node_sh db2 sh -c 'cd /etc/kubernetes/pki/etcd && sha256sum * && stat -c "%n %U:%G %a %Y" *'
    node_sh db2 sha256sum /etc/kubernetes/manifests/etcd.yaml
}

fingerprint() {
    openssl x509 -in "$1" -outform DER | sha256sum | cut -d' ' -f1
}

@test "to a unit and a pod: whose the files are, what the ports show, and back" {
    before=$(state_of_files)
    quorate tls deliver new --dry-run
    quorate tls deliver new --yes
    [[ $(node_sh db1 stat -c '%U %a' /etc/etcd/tls/server.key /etc/etcd/tls/peer.key | sort -u) == "etcd 600" ]]
    [[ $(node_sh db2 stat -c '%U %a' /etc/kubernetes/pki/etcd/server.key) == "root 600" ]]
    [[ $(node_sh db1 sha256sum /etc/etcd/tls/peer.key | cut -d' ' -f1) == "$(sha256sum new/db1/peer.key | cut -d' ' -f1)" ]]
    [[ $(node_sh db1 stat -c '%U %a' /var/lib/quorate/kept) == "root 700" ]]
    run -0 --separate-stderr quorate tls inspect -w json
    [[ $(jq -r '.certificates[] | select(.where | startswith("https:")) | .fingerprint' <<<"$output" | sort) == \
        "$(for f in new/db{1,2}/{server,peer}.crt; do fingerprint "$f"; done | sort)" ]]
    [[ $(jq -r '.certificates[].verdict' <<<"$output" | sort -u) == good ]]
    quorate put color green
    run ! grep -rqF "$(sed -n 2p new/db1/server.key)" "$QUORATE_STATE/plans"
    quorate plan undo latest --yes
    [[ $(state_of_files) == "$before" ]]
    [[ -z $(node_sh db1 ls -A /var/lib/quorate/kept) && -z $(node_sh db2 ls -A /var/lib/quorate/kept) ]]
    quorate get color
}
