#!/usr/bin/env bats
#
# 'tls renew' and 'tls rotate-ca' on real hosts, two units and a static pod, under a writer of another library: no write is
# lost, nothing is restarted for a renewal, and in the end the old authority is trusted by nobody. QUORATE_TEST_ETCD has them run
# another etcd than 3.5.30.

# shellcheck disable=SC2154 # stderr and the like are bats'
bats_require_minimum_version 1.5.0
load ../harness/nodes
load ../harness/key_traces

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    nodes_up 3
    for node in db1 db2 db3; do
        node_etcd_version $node "${QUORATE_TEST_ETCD:-3.5.30}"
    done
    nodes_cluster --tls debian db1 db2:kubespray db3:static-pod
    export QUORATE_CONFIG=$BATS_FILE_TMPDIR/quorate.yaml QUORATE_STATE=$BATS_FILE_TMPDIR/state
    with_nodes "$QUORATE" cluster discover --name prod --write --host ssh://root@db1 --host ssh://root@db2 \
        --host ssh://root@db3
    chmod 600 "$(nodes_dir)/tls/ca.key"
}

teardown_file() {
    nodes_down
}

setup() {
    export QUORATE_CONFIG=$BATS_FILE_TMPDIR/quorate.yaml QUORATE_STATE=$BATS_FILE_TMPDIR/state
    cd "$BATS_FILE_TMPDIR" || return
    tls=$(nodes_dir)/tls
}

quorate() {
    inside "$QUORATE" --cluster prod "$@"
}

pids() {
    local name
    for name in db1 db2 db3; do
        node_sh $name pgrep -x etcd
    done | xargs
}

issuers() {
    quorate tls inspect -w json |
        jq -r '.certificates[] | select(.where | startswith("https:")) | .issuer' | sort -u
}

# What an attempt under a restart comes to is told; acknowledged writes are all there.
nothing_was_lost() {
    local name counts
    writer_stop >/dev/null
    for name in db1 db2 db3; do
        counts=$(writer_check $name)
        echo "# $1 $name: $counts" >&3
        jq -e "$2" <<<"$counts" >/dev/null
    done
}

@test "keys that are read on hosts are not in its memory afterwards" {
    for name in db1 db2 db3; do
        cp "$tls/$name.key" "$name.key"
        node_sh $name sh -c 'cat /etc/etcd/tls/server.key /etc/ssl/etcd/ssl/member-*-key.pem /etc/kubernetes/pki/etcd/server.key 2>/dev/null' |
            cmp - "$name.key"
    done
    # What is looked for is found where there is some: one that is connected holds its own key.
    quorate put color green
    until_stdout_blocks quorate watch color --rev 1
    [[ -n $(key_traces "$held_below" "$tls/client.key") ]]
    kill "$held_below"
    let_go || true

    until_stdout_blocks quorate tls inspect --hosts
    traces=$(key_traces "$held_below" db1.key db2.key db3.key)
    # The bench's certificates lack ::1, so it does not end with 0.
    let_go || [[ $? -eq 1 ]]
    [[ -z $traces ]] || { echo "$traces" && false; }
    # It has compared them with their certificates.
    for name in db1:/etc/etcd/tls/server.crt db2:/etc/ssl/etcd/ssl/member-db2.pem db3:/etc/kubernetes/pki/etcd/server.crt; do
        grep -q "^$name .* yes " "$BATS_TEST_TMPDIR/held.out"
    done
}

@test "renewed under a writer: nobody is restarted" {
    before=$(pids)
    old=$(quorate tls inspect -w json | jq -r '.certificates[].fingerprint' | sort)
    writer_start db1 db2 db3
    quorate tls renew --all --ca-key "$tls/ca.key" --yes
    nothing_was_lost renew '.failed == 0 and .refused == 0 and .missing == 0'
    [[ $(pids) == "$before" ]]
    run -0 quorate tls inspect -w json
    [[ $(jq -r '.certificates[].verdict' <<<"$output" | sort -u) == good ]]
    [[ -z $(comm -12 <(echo "$old") <(jq -r '.certificates[].fingerprint' <<<"$output" | sort)) ]]
    [[ $(node_sh db1 stat -c '%U %a' /etc/etcd/tls/server.key) == "etcd 600" ]]
}

@test "another authority, in two plans, with a writer of each" {
    "$QUORATE" tls init new --name 'the new one'
    # Peers let in a certificate with names from an address among them only: these have none.
    "$QUORATE" tls issue old --client probe --ca-cert "$tls/ca.crt" --ca-key "$tls/ca.key"
    "$QUORATE" tls issue new --client probe
    # Where quorate's own files are the writer's, too.
    writer_start db1 db2 db3
    quorate tls rotate-ca new/ca.crt --keep-old --yes
    nothing_was_lost both '.missing == 0 and .longest_gap_ms < 3000'
    [[ $(issuers) == "CN=the new one" ]]
    writer_start db1 db2 db3
    quorate tls rotate-ca new/ca.crt --drop-others --yes
    nothing_was_lost new '.missing == 0 and .longest_gap_ms < 3000'
    for name in db1 db2 db3; do
        for port in 2379 2380; do
            inside curl -sS --http1.1 -o /dev/null --cacert new/ca.crt --cert new/probe.crt --key new/probe.key \
                "https://$(node_ip $name):$port/version"
            status=0
            inside curl -sS --http1.1 -o /dev/null --cacert new/ca.crt --cert old/probe.crt --key old/probe.key \
                "https://$(node_ip $name):$port/version" || status=$?
            [[ $status -ne 0 ]]
        done
    done
    [[ $(node_sh db3 sha256sum /etc/kubernetes/pki/etcd/ca.crt | cut -d' ' -f1) == "$(sha256sum new/ca.crt | cut -d' ' -f1)" ]]
}
