#!/usr/bin/env bats
#
# The gRPC layer by itself (test/harness/grpc_probe.c) against each etcd version: what is told when a
# server is stopped, killed, shut down, or spoken to in the wrong way.
#
# bats file_tags=one-etcd

# Variables are bats', and each test has its own.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load ../harness/cluster

setup_file() {
    local build
    build=$(dirname "${QUORATE:-$BATS_TEST_DIRNAME/../../build/dev/quorate}")
    ninja -C "$build" test/harness/grpc_probe >&2
    export PROBE=$build/test/harness/grpc_probe
}

teardown() {
    etcd_stop
}

# probe COMMAND...: with the settings of the cluster; stdout and stderr apart, elapsed_ms set.
probe() {
    local begin=${EPOCHREALTIME/./}
    run --separate-stderr with_cluster "$PROBE" "$@"
    elapsed_ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
    echo "probe $*: status $status, $elapsed_ms ms"
    echo "$output"
    echo "$stderr"
}

# The probe in the background; its stdin is descriptor 9, what it says in out and err.
probe_begin() {
    mkfifo "$BATS_TEST_TMPDIR/in"
    exec_with_cluster "$PROBE" "$@" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" \
        2>"$BATS_TEST_TMPDIR/err" 3>&- &
    probe_pid=$!
    exec 9>"$BATS_TEST_TMPDIR/in"
}

says() {
    grep -q "$1" "$BATS_TEST_TMPDIR/out"
}

# probe_fails TEXT: the background probe ends with this failure.
probe_fails() {
    local status=0
    wait "$probe_pid" || status=$?
    exec 9>&-
    cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err"
    # shellcheck disable=SC2053 # the text is a pattern
    [[ $status -eq 1 && $(head -n 1 "$BATS_TEST_TMPDIR/err") == $1 ]]
}

# told WORD TEXT [HINT]: the last probe failed with this.
told() {
    echo "$stderr"
    # shellcheck disable=SC2053 # the text is a pattern
    [[ $status -eq 1 && ${stderr_lines[0]} == "$1: endpoint '"*"': "$2 ]] || return 1
    [[ $# -lt 3 || ${stderr_lines[1]} == "$3" ]]
}

# fill MEGABYTES
fill() {
    local n value
    value=$(head -c 750000 /dev/urandom | base64 -w 0)
    for ((n = 0; n < $1; n++)); do
        ctl put "big$n" <<<"$value" >/dev/null
    done
}

# These versions may close before their GOAWAY is out (3.4.23 always, 3.5.16 mostly); later ones say
# it, and close when the last stream has gone.
may_close_without_goaway() {
    [[ $(<"$(etcd_dir)/program") == */3.4.* || $(<"$(etcd_dir)/program") == */3.5.16 ]]
}

@test "all members are asked at once, and a stopped one delays nobody" {
    etcd_start "$ETCD_VERSION" 3
    probe status
    [[ $status -eq 0 && ${#lines[@]} -eq 3 && $elapsed_ms -lt 1000 ]]

    etcd_pause 1
    etcd_kill 2
    export GRPC_PROBE_DEADLINE_MS=1500
    probe status
    [[ $status -eq 1 && $elapsed_ms -ge 1500 && $elapsed_ms -lt 2500 ]]
    # Refused at once, answered, and only then the deadline.
    [[ ${lines[*]} == *"$(etcd_endpoints 1) no-answer 0 "* ]]
    [[ ${lines[2]} == "$(etcd_endpoints 1) no-answer"* ]]
    [[ $output == *"$(etcd_endpoints 2) refused 0 "* && $output == *"$(etcd_endpoints 3) ok "* ]]
    [[ $stderr == *"no-answer: endpoint '$(etcd_endpoints 1)': connected, but no HTTP/2 answer within 1.5 s"* ]]
    [[ $stderr == *"refused: endpoint '$(etcd_endpoints 2)': connection refused"* ]]
}

@test "a stopped server with TLS is found out in the handshake" {
    etcd_start "$ETCD_VERSION" 1 --tls
    etcd_pause 1
    export GRPC_PROBE_DEADLINE_MS=1000
    probe status
    told tls-timeout "connected, but no answer in the TLS handshake within 1 s" \
        "the process may be stopped or starved; look at its host"
    [[ $elapsed_ms -lt 2000 ]]
}

@test "a server that stops in mid-stream is noticed by the keep-alive" {
    etcd_start "$ETCD_VERSION"
    export GRPC_PROBE_KEEPALIVE_MS=6000
    probe_begin watch
    wait_for 5 says watching
    etcd_pause 1
    # 6 s of silence, 6 s for the answer.
    probe_fails "keepalive: endpoint '$(etcd_endpoints)': no answer to the keep-alive ping within 6000 ms after * bytes of the answer"
}

@test "a server killed in mid-snapshot: so many bytes, and no success" {
    etcd_start "$ETCD_VERSION"
    fill 12
    probe_begin snapshot-paused
    wait_for 5 says paused
    etcd_kill 1
    probe_fails "closed: endpoint '$(etcd_endpoints)': connection * by the server after * bytes of the answer"
    says '^[0-9]* bytes'
}

@test "a snapshot comes whole, with a slow reader too" {
    etcd_start "$ETCD_VERSION"
    fill 12
    ctl snapshot save "$BATS_TEST_TMPDIR/reference.db"
    local size
    size=$(stat -c %s "$BATS_TEST_TMPDIR/reference.db")
    probe snapshot
    # Protobuf and the sizes of what is left around the data, for each 32 KiB.
    [[ $status -eq 0 && ${output%% *} -gt $size && ${output%% *} -lt $((size + size / 500)) ]]

    local whole=${output%% *}
    probe_begin snapshot-paused
    wait_for 5 says paused
    echo >&9
    wait "$probe_pid"
    exec 9>&-
    says "^$whole bytes"
}

@test "thirty snapshots that nobody reads do not keep a status waiting" {
    etcd_start "$ETCD_VERSION"
    fill 4
    probe crowd 30
    [[ $status -eq 0 && $(grep -c ' ok ' <<<"$output") -eq 3 ]]
    # What it must not take is the deadline of 5 s; the server is busy filling 30 windows.
    [[ $(tail -n 1 <<<"$output") =~ \ ([0-9]+)$ && ${BASH_REMATCH[1]} -lt 2000 ]]
}

@test "a server that shuts down is not held up by our watch" {
    etcd_start "$ETCD_VERSION"
    probe_begin watch
    wait_for 5 says watching
    SECONDS=0
    etcd_kill 1 TERM
    # An open watch would hold it for 7 s.
    [[ $SECONDS -lt 5 ]]
    if may_close_without_goaway; then
        probe_fails "@(closed|shutting-down): endpoint '$(etcd_endpoints)': * after * bytes of the answer"
    else
        probe_fails "shutting-down: endpoint '$(etcd_endpoints)': the server is shutting down (graceful_stop) after * bytes of the answer"
    fi
}

@test "too many pings are said to be that" {
    etcd_start "$ETCD_VERSION"
    export GRPC_PROBE_KEEPALIVE_MS=300
    probe watch
    told too-many-pings "the server ended the connection: too many keep-alive pings*" \
        "use a keep-alive interval of at least the server's --grpc-keepalive-min-time"
    [[ $elapsed_ms -lt 10000 ]]
}

@test "plaintext to a TLS port, and TLS to a plaintext port" {
    etcd_start "$ETCD_VERSION"
    ETCDCTL_ENDPOINTS=https${ETCDCTL_ENDPOINTS:-$(etcd_endpoints)}
    export ETCDCTL_ENDPOINTS=${ETCDCTL_ENDPOINTS/httpshttp/https}
    probe status
    told tls-to-plaintext "the server does not speak TLS" \
        "the server speaks no TLS here: use http://"
    # Loading the system's authorities takes the sanitizers a second; the deadline would be five.
    [[ $elapsed_ms -lt 3000 ]]
    unset ETCDCTL_ENDPOINTS

    export ETCD_CLUSTER=secure
    etcd_start "$ETCD_VERSION" 1 --tls
    ETCDCTL_ENDPOINTS=$(etcd_endpoints)
    export ETCDCTL_ENDPOINTS=${ETCDCTL_ENDPOINTS/https/http}
    probe status
    told plaintext-to-tls "the server speaks TLS, not plain HTTP/2" \
        "the server speaks TLS here: use https://"
    [[ $elapsed_ms -lt 1000 ]]
}

# other_authority DIR: another CA, and a client certificate of it.
other_authority() {
    mkdir "$1"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 \
        -subj '/CN=other CA' -keyout "$1/ca.key" -out "$1/ca.crt"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj '/CN=stranger' \
        -keyout "$1/client.key" -out "$1/client.csr"
    openssl x509 -req -in "$1/client.csr" -days 2 -CA "$1/ca.crt" -CAkey "$1/ca.key" \
        -CAcreateserial -extfile <(echo extendedKeyUsage=clientAuth) -out "$1/client.crt"
} 2>/dev/null

@test "certificates: unknown authority, another name, none, a stranger's" {
    etcd_start "$ETCD_VERSION" 1 --tls
    local url other=$BATS_TEST_TMPDIR/other tls
    url=$(etcd_endpoints)
    tls=$(etcd_dir)/tls
    other_authority "$other"

    probe status
    [[ $status -eq 0 ]]
    GRPC_PROBE_SERVER_NAME=localhost probe status
    [[ $status -eq 0 ]]
    GRPC_PROBE_SERVER_NAME=db1.example probe status
    told tls-name-mismatch "certificate verify failed: hostname mismatch: 'db1.example' is not among IP:127.0.0.1, IP:::1, DNS:localhost"

    export ETCDCTL_ENDPOINTS=$url
    run --separate-stderr env ETCDCTL_CACERT="$other/ca.crt" "$PROBE" status
    told tls-unknown-ca "certificate verify failed: unable to get local issuer certificate: issued by 'CN=quorate test CA', which CA file '$other/ca.crt' does not hold"
    run --separate-stderr env ETCDCTL_CACERT="$tls/ca.crt" "$PROBE" status
    told tls-client-required "the server requires a client certificate (*)" \
        "give a client certificate with --cert and --key"
    # The server's alert races with our first request: ten times.
    for _ in {1..10}; do
        run --separate-stderr env ETCDCTL_CACERT="$tls/ca.crt" ETCDCTL_CERT="$other/client.crt" \
            ETCDCTL_KEY="$other/client.key" "$PROBE" status
        told tls-client-refused "the server does not trust the client certificate 'CN=stranger', issued by 'CN=other CA' (*)"
    done
}

@test "a server that was restarted is found again" {
    etcd_start "$ETCD_VERSION"
    etcd_kill 1
    probe status
    told refused "connection refused" "is etcd running there, and is this its client port?"
    etcd_restart 1
    etcd_wait_healthy
    probe status
    [[ $status -eq 0 ]]
}
