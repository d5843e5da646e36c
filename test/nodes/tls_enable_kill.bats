#!/usr/bin/env bats
#
# kill -9 of quorate at the journal's records of 'tls enable' on real hosts, and in the middle of its steps (behind a
# command on a host), while a client of both endpoint forms writes: 'plan resume' ends with TLS, 'plan undo' with plain
# HTTP and every file as it was, there is a working cluster in between, and no acknowledged write is lost.
#
# A moment takes a minute or more. KILLS_RECORDS and KILLS_COMMANDS say that each so-manieth record, and command, is a
# moment (29 and 180); 1 is all of them. At one moment the plan is undone, at the next resumed and then undone.
#
# "Again and again" kills one plan on its way and on its way back, behind some records each time, or each record with
# KILLS_AGAIN=each; then each KILLS_FURTHER (30) commands further than the time before. KILLS_RECORDS=0 and
# KILLS_COMMANDS=0 leave the one and the other out.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2317 # bats', and hooks and counts of kills.bash
bats_require_minimum_version 1.5.0
load ../harness/nodes
load ../harness/kills

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    export NODES_KUBELET_SYNC_S=3 NODES_KUBELET_BACKOFF_S=1
    export NODES_DATA_DIR=/run/etcd-data/data NODES_WAL_DIR=/run/etcd-data/wal
    QUORATE=$(dirname "$(dirname "$QUORATE")")/failpoints/quorate
    [[ -x $QUORATE ]] || { echo "there is no '$QUORATE': build it with -Dfailpoints=true" >&2; return 1; }
    export QUORATE QUORATE_CONFIG=$BATS_FILE_TMPDIR/quorate.yaml QUORATE_STATE=$BATS_FILE_TMPDIR/state
    local name
    nodes_up 3
    _nodes_certificate client
    for name in db1 db2 db3; do
        node_etcd_version $name "${QUORATE_TEST_ETCD:-3.5.30}"
    done
    nodes_cluster debian db1 db2:config-file db3:static-pod
    with_nodes "$QUORATE" cluster discover --name prod --write --host ssh://root@db1 --host ssh://root@db2 \
        --host ssh://root@db3
    inside "$QUORATE" --cluster prod put color green
}

teardown_file() {
    nodes_down
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    tls=$(nodes_dir)/tls
    command=(--cluster prod tls enable --ca-cert "$tls/ca.crt" --ca-key "$tls/ca.key" --yes)
    before=$(files_of_etcd)
}

files_of_etcd() {
    node_sh db1 sha256sum /etc/default/etcd
    node_sh db2 sha256sum /etc/etcd/etcd.conf.yml
    node_sh db3 sha256sum /etc/kubernetes/manifests/etcd.yaml
    cat "$QUORATE_CONFIG"
}

kill_quorate() {
    inside env QUORATE_FAILPOINTS="${QUORATE_FAILPOINTS:-}" "$QUORATE" "$@"
}

# Whatever is left takes a write.
kill_left() {
    wait_for 60 kill_quorate --cluster prod put left "$SRANDOM" >/dev/null
}

speaks() {
    [[ $(kill_quorate --cluster prod member list -w json |
        jq -r '[.members[] | (.peerURLs + .clientURLs)[] | sub(":.*"; "")] | unique | join(" ")') == "$1" ]] &&
        [[ $(kill_quorate --cluster prod get color --print-value-only) == green ]]
}

kill_goal() {
    wait_for 60 speaks https
}

kill_old() {
    wait_for 60 speaks http && diff <(echo "$before") <(files_of_etcd)
}

# moments FAILPOINT STRIDE
moments() {
    local counts
    KILLS_AT=$1 KILLS_STRIDE=$2 KILLS_FIRST=$((1 + $2 / 2)) KILLS_MOST=4000
    writer_start --both-forms db1 db2 db3
    kill_sweep turns "${command[@]}"
    tell "tls enable, killed at one $1 of $2: $kills_moments moments, $kills_resumed resumed, $kills_undone undone"
    [[ $kills_moments -gt 0 ]]
    # The last time it got through.
    kill_goal
    kill_quorate plan undo latest --yes
    kill_old
    writer_stop >/dev/null
    counts=$(writer_check db1) || { echo "$counts"; return 1; }
    tell "tls enable, killed at $1, writes: $counts"
}

# chain_at FAILPOINT
chain_at() {
    local there
    KILLS_AT=$1 KILLS_STRIDE=${KILLS_FURTHER:-30}
    kill_chain "${command[@]}"
    there=$kills_moments
    kill_chain_back
    tell "tls enable, killed at $1 $there times on its way there, $kills_moments times on its way back"
    [[ $there -gt 0 && $kills_moments -gt 0 ]]
}

tell() {
    echo "# $*" >&3
    [[ -z ${QUORATE_NOTE:-} ]] || echo "$*" >>"$QUORATE_NOTE"
}

@test "tls enable on hosts, killed at its journal's records" {
    moments journal_append "${KILLS_RECORDS:-29}"
}

@test "tls enable on hosts, killed behind commands on hosts" {
    moments host_ran "${KILLS_COMMANDS:-180}"
}

@test "tls enable on hosts, killed again and again on its way and on its way back" {
    local counts
    writer_start --both-forms db1 db2 db3
    [[ ${KILLS_RECORDS:-1} == 0 ]] || chain_at journal_append
    [[ ${KILLS_COMMANDS:-1} == 0 ]] || chain_at host_ran
    writer_stop >/dev/null
    counts=$(writer_check db1) || { echo "$counts"; return 1; }
    tell "tls enable, killed again and again, writes: $counts"
}
