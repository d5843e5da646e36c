#!/usr/bin/env bats
#
# The etcdctl and etcdutl lines of a usual operations guide, as such guides write them, with quorate
# under both names on PATH.
#
# bats file_tags=each-etcd

bats_require_minimum_version 1.5.0
load ../harness/cluster

setup() {
    trace_tests_only
    local tool
    cd "$BATS_TEST_TMPDIR" || return
    mkdir bin
    for tool in etcdctl etcdutl; do
        ln -s "$QUORATE" "bin/$tool"
    done
    PATH=$PWD/bin:$PATH
    unset "${!ETCDCTL_@}"
    minor=$(basename "$(dirname "$(etcd_tool "$ETCD_VERSION" etcd)")")
    minor=${minor%.*}
}

teardown() {
    etcd_stop
}

# A new cluster of several lets members be added once all its members have been connected for 5 s.
add_member() {
    wait_for 20 etcdctl member add "$@" >added
}

endpoints() {
    ETCDCTL_ENDPOINTS=$(etcd_endpoints "$@")
    export ETCDCTL_ENDPOINTS
}

@test "a cluster of three over TLS: status, health, members, defrag, a snapshot with the date" {
    local all tls
    etcd_start "$ETCD_VERSION" 3 --tls
    all=$(etcd_endpoints)
    tls=$(etcd_dir)/tls
    run -0 etcdctl --endpoints="$all" --cacert="$tls/ca.crt" --cert="$tls/client.crt" \
        --key="$tls/client.key" endpoint status -w table
    [[ ${#lines[@]} -eq 7 && $output == *'IS LEADER'* ]]
    run -0 etcdctl --endpoints "$(etcd_endpoints 1)" --cacert "$tls/ca.crt" --cert "$tls/client.crt" \
        --key "$tls/client.key" endpoint status --cluster --write-out=table
    [[ ${#lines[@]} -eq 7 ]]

    export ETCDCTL_CACERT=$tls/ca.crt ETCDCTL_CERT=$tls/client.crt ETCDCTL_KEY=$tls/client.key
    run -0 etcdctl --endpoints="$all" endpoint health
    [[ $(grep -c 'is healthy: successfully committed proposal: took = ' <<<"$output") -eq 3 ]]
    run -0 etcdctl --endpoints="$all" member list
    [[ $(grep -c ', started, m[123], https://' <<<"$output") -eq 3 ]]
    run -0 etcdctl --endpoints="$all" defrag
    [[ $(grep -c 'Finished defragmenting etcd member' <<<"$output") -eq 3 ]]
    run -0 etcdctl defrag --cluster --endpoints="$(etcd_endpoints 2)"
    [[ $(grep -c 'Finished defragmenting etcd member' <<<"$output") -eq 3 ]]

    run -0 etcdctl --endpoints="$(etcd_endpoints 1)" snapshot save "etcd-$(date +%Y%m%d-%H%M%S).db"
    run -0 etcdctl --endpoints="$all" snapshot save several.db
    run -0 etcdctl --endpoints="$all" snapshot save "$(date +%F_%H:%M)".db
    run -0 etcdutl --write-out=table snapshot status etcd-*.db
    [[ $output == *'TOTAL KEYS'* ]]
    run -0 etcdutl snapshot status several.db
}

@test "compaction at the present revision, then defrag and disarm" {
    local i rev
    etcd_start "$ETCD_VERSION"
    endpoints
    for i in 1 2 3 4 5; do
        etcdctl put key "$i"
    done
    rev=$(etcdctl endpoint status --write-out="json" | grep -E -o '"revision":[0-9]*' | grep -E -o '[0-9].*')
    run -0 etcdctl compact "$rev"
    [[ $output == "compacted revision $rev" ]]
    run -0 etcdctl defrag
    run -0 etcdctl alarm disarm
    run -0 etcdctl alarm list
    run -1 etcdctl get --rev=2 key
    [[ ${lines[0]} == *'required revision has been compacted'* ]]

    run -128 etcdctl compact
    [[ ${lines[0]} == 'Error: '*'needs the revision'* ]]
    run -1 etcdctl compact 1
    [[ ${lines[0]} == *'required revision has been compacted'* ]]
}

@test "keys with a prefix are shown and deleted" {
    etcd_start "$ETCD_VERSION"
    endpoints
    etcdctl put /registry/pods/a 1
    etcdctl put /registry/pods/b 2
    etcdctl put /registry/other 3
    run -0 etcdctl get /registry --prefix --keys-only
    [[ $output == *'/registry/pods/a'* ]]
    run -0 etcdctl del --prefix /registry/pods
    [[ $output == 2 ]]
    run -0 etcdctl get "" --prefix --keys-only --limit=5
    [[ ${lines[*]} == /registry/other ]]
}

@test "members are added, updated and removed" {
    local id
    etcd_start "$ETCD_VERSION" 3
    endpoints 1
    add_member etcd-4 --peer-urls=http://127.0.0.1:7
    grep -F 'ETCD_NAME="etcd-4"' added
    grep -F 'ETCD_INITIAL_CLUSTER_STATE="existing"' added
    id=$(etcdctl member list | awk -F', ' '$2 == "unstarted" { print $1 }')
    run -0 etcdctl member update "$id" --peer-urls=http://127.0.0.1:8
    run -0 etcdctl member list -w table
    [[ $output == *'http://127.0.0.1:8 '* ]]
    run -0 etcdctl member remove "$id"
    [[ $(etcdctl member list | wc -l) -eq 3 ]]
    run -0 etcdctl member add etcd-5 --learner --peer-urls=http://127.0.0.1:9
}

@test "the version 2 forms: member add NAME URL, rm --recursive, cluster-health" {
    [[ $minor == 3.4 || $minor == 3.5 ]] || skip "etcd $minor has no version 2 API"
    etcd_start "$ETCD_VERSION" 3 --v2
    endpoints 1
    export ETCDCTL_API=2
    run -0 etcdctl cluster-health
    [[ ${lines[-1]} == 'cluster is healthy' ]]
    etcdctl set /app/config/a 1
    etcdctl set /app/config/b 2
    run -0 etcdctl ls --recursive /app
    [[ $output == *'/app/config/b'* ]]
    run -0 etcdctl rm --recursive /app
    run ! etcdctl ls /app
    add_member etcd-4 http://127.0.0.1:7
    grep -F 'ETCD_NAME="etcd-4"' added
    id=$(etcdctl member list | sed -n 's/\[unstarted\].*//p')
    run -0 etcdctl member update "$id" http://127.0.0.1:8
    run -0 etcdctl member remove "$id"
}

# A member of the restored cluster, as a guide starts it.
start_restored() {
    setpriv --pdeathsig KILL "$(etcd_tool "$ETCD_VERSION" etcd)" --name "$1" --data-dir "$2" \
        --listen-peer-urls "$3" --initial-advertise-peer-urls "$3" \
        --listen-client-urls "$4" --advertise-client-urls "$4" --logger zap --log-outputs stderr \
        >"$1.log" 2>&1 3>&- &
    echo $! >>pids
}

@test "a snapshot is restored as three members, which serve it" {
    local ports urls=() cluster restore=etcdutl n
    etcd_start "$ETCD_VERSION"
    endpoints
    etcdctl put key value
    etcdctl snapshot save backup.db
    etcd_stop
    [[ $minor != 3.4 ]] || restore=etcdctl

    read -ra ports < <(_etcd_free_ports 6)
    for n in 0 1 2; do
        urls+=("http://127.0.0.1:${ports[n]}")
    done
    cluster=m1=${urls[0]},m2=${urls[1]},m3=${urls[2]}
    for n in 1 2 3; do
        run -0 $restore snapshot restore backup.db --name "m$n" --initial-cluster "$cluster" \
            --initial-cluster-token etcd-cluster-1 --initial-advertise-peer-urls "${urls[n - 1]}"
        start_restored "m$n" "m$n.etcd" "${urls[n - 1]}" "http://127.0.0.1:${ports[n + 2]}"
    done
    export ETCDCTL_ENDPOINTS=http://127.0.0.1:${ports[3]},http://127.0.0.1:${ports[4]},http://127.0.0.1:${ports[5]}
    wait_for 20 etcdctl endpoint health
    run -0 etcdctl get key --print-value-only
    [[ $output == value ]]
    xargs kill -9 <pids
}

@test "a database file is restored with --skip-hash-check, and not without" {
    local restore=etcdutl db
    etcd_start "$ETCD_VERSION"
    endpoints
    etcdctl put key value
    etcd_stop
    [[ $minor != 3.4 ]] || restore=etcdctl
    db=$(etcd_dir 1)/data/member/snap/db
    run -1 $restore snapshot restore "$db" --data-dir restored
    [[ ${lines[0]} == *'--skip-hash-check'* || ${lines[1]} == *'--skip-hash-check'* ]]
    [[ ! -e restored ]]
    run -0 $restore snapshot restore "$db" --data-dir restored --skip-hash-check=true
    [[ -f restored/member/snap/db ]]
}
