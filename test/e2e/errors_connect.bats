#!/usr/bin/env bats
#
# Errors that explain, before the first call is answered: connections, TLS, certificates, clocks. Each
# with a real server (or network) in that state, exact text and remedy, exit code 1, and within a
# second unless the server is truly silent. What depends on etcd's version is in errors.bats.

# Variables are bats', and each test has its own.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load ../harness/cluster
load ../harness/told

setup() {
    told_setup
}

teardown() {
    etcd_stop
}

# in_network COMMAND...: in a network of its own, where nobody is but a name server on 127.0.0.1, which
# never answers for "silent.example" and says of all others that there is no such name.
in_network() {
    # shellcheck disable=SC2016 # the inner shell's
    unshare --net --mount bash -euc '
        ip link set lo up
        echo nameserver 127.0.0.1 >"$BATS_TEST_TMPDIR/resolv.conf"
        mount --bind "$BATS_TEST_TMPDIR/resolv.conf" /etc/resolv.conf
        rm -f "$BATS_TEST_TMPDIR/names"
        python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((\"127.0.0.1\", 53))
print(\"ready\", flush=True)
while True:
    q, peer = s.recvfrom(512)
    if b\"silent\" not in q:
        s.sendto(q[:2] + b\"\x81\x83\" + q[4:6] + b\"\0\0\0\0\0\0\" + q[12:], peer)
" >"$BATS_TEST_TMPDIR/names" 3>&- &
        trap "kill $!" EXIT
        until grep -qs ready "$BATS_TEST_TMPDIR/names"; do sleep 0.05; done
        "$@"' bash "$@"
}

# A port that takes no connection, as behind a firewall that drops packets: nobody accepts, and its
# queue is full. Its number in $full_port; ends with the test's shell.
full_port() {
    coproc FULL { exec python3 -c '
import socket, sys
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(0)
waiting = []
for _ in range(3):
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(listener.getsockname())
    waiting.append(one)
print(listener.getsockname()[1], flush=True)
sys.stdin.read()' 3>&-; }
    read -r full_port <&"${FULL[0]}"
}

needs_network() {
    unshare --net --mount true 2>/dev/null || skip "no network namespaces here (unshare)"
}

@test "refused, unreachable, no such name, a blackhole, a silent name server" {
    told "endpoint 'http://127.0.0.1:1': connection refused" \
        "is etcd running there, and is this its client port?" --endpoints http://127.0.0.1:1 get color
    as_json --endpoints http://127.0.0.1:1 get color
    [[ $(field '[.code, .cause, .evidence[0].endpoint, .evidence[0].errno] | join(" ")') == "connection refused http://127.0.0.1:1 ECONNREFUSED" ]]

    full_port
    LIMIT_MS=2500 told "endpoint 'http://127.0.0.1:$full_port': no connection within 1 s" \
        "the host is down, or a firewall drops the packets" \
        --endpoints "http://127.0.0.1:$full_port" --dial-timeout 1s get color

    needs_network
    export -f in_network
    # To make the network takes time, too: the command itself gets its second.
    TOLD_BY="in_network timeout 1" LIMIT_MS=9000 told "endpoint 'http://10.1.2.3:2379': cannot connect: Network is unreachable" \
        "check the address, routes and firewalls" --endpoints http://10.1.2.3:2379 get color
    TOLD_BY="in_network timeout 1" LIMIT_MS=9000 told "endpoint 'http://etcd.example:2379': the name 'etcd.example' has no address: Name or service not known" \
        "check the spelling, or use an address" --endpoints http://etcd.example:2379 get color
    TOLD_BY="in_network timeout 2" LIMIT_MS=9000 told "endpoint 'http://silent.example:2379': no answer from the name server within 1 s" \
        "the name server does not answer; use an address" \
        --endpoints http://silent.example:2379 --dial-timeout 1s get color
}

@test "hung after the connection, hung in the handshake" {
    etcd_start "$ETCD_VERSION"
    local ep
    ep=$(etcd_endpoints)
    etcd_pause 1
    LIMIT_MS=2000 told "endpoint '$ep': connected, but no HTTP/2 answer within 1 s" \
        "the process may be stopped or starved; look at its host" --endpoints "$ep" --dial-timeout 1s get color
    ep=${ep/http/https}
    LIMIT_MS=2000 told "endpoint '$ep': connected, but no answer in the TLS handshake within 1 s" \
        "the process may be stopped or starved; look at its host" --endpoints "$ep" --dial-timeout 1s get color
}

@test "one of several endpoints hangs, is refused, speaks TLS: another one answers" {
    etcd_start "$ETCD_VERSION"
    local ep other
    ep=$(etcd_endpoints)
    within_limit "$QUORATE" --endpoints "http://127.0.0.1:1,https://${ep#http://},$ep" put color green
    export ETCD_CLUSTER=other
    etcd_start "$ETCD_VERSION"
    other=$(etcd_endpoints)
    etcd_pause 1
    LIMIT_MS=2500 within_limit "$QUORATE" --endpoints "$other,$ep" --dial-timeout 1s get color
}

@test "plain http to a TLS port, TLS to a plain port" {
    etcd_start "$ETCD_VERSION"
    local ep
    ep=$(etcd_endpoints)
    told "endpoint '${ep/http/https}': the server does not speak TLS" \
        "the server speaks no TLS here: use http://" --endpoints "${ep/http/https}" get color
    export ETCD_CLUSTER=secure
    etcd_start "$ETCD_VERSION" 1 --tls
    ep=$(etcd_endpoints)
    told "endpoint '${ep/https/http}': the server speaks TLS, not plain HTTP/2" \
        "the server speaks TLS here: use https://" --endpoints "${ep/https/http}" get color
}

# signed DIR NAME SUBJECT USAGE BEGIN END: a key pair that the authority in DIR signs; dates as
# 20261126010203Z.
signed() {
    local dir=$1
    [[ -f $dir/db ]] || { touch "$dir/db"; echo 1000 >"$dir/serial"; }
    cat >"$dir/ca.cnf" <<CONFIG
[ca]
default_ca = this
[this]
dir = $dir
database = $dir/db
new_certs_dir = $dir
serial = $dir/serial
certificate = $dir/ca.crt
private_key = $dir/ca.key
default_md = sha256
policy = any
unique_subject = no
x509_extensions = ext
[any]
commonName = supplied
[ext]
extendedKeyUsage = $4
subjectAltName = IP:127.0.0.1,DNS:db1.example
CONFIG
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$3" \
        -keyout "$dir/$2.key" -out "$dir/$2.csr" 2>/dev/null
    openssl ca -batch -notext -config "$dir/ca.cnf" -in "$dir/$2.csr" -out "$dir/$2.crt" \
        -startdate "$5" -enddate "$6" 2>"$dir/ca.log"
}

authority() {
    mkdir -p "$1"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 \
        -subj "/CN=$2" -keyout "$1/ca.key" -out "$1/ca.crt" 2>/dev/null
}

date_at() {
    date -u -d "$1" +%Y%m%d%H%M%SZ
}

@test "client certificates: none, a stranger's, not for clients, ended, the wrong key" {
    etcd_start "$ETCD_VERSION" 1 --tls
    local ep tls other=$BATS_TEST_TMPDIR/other clock='20??-??-??T??:??:??Z'
    ep=$(etcd_endpoints)
    tls=$(etcd_dir)/tls
    told "endpoint '$ep': the server requires a client certificate (*)" \
        "give a client certificate with --cert and --key" --endpoints "$ep" --cacert "$tls/ca.crt" get color
    as_json --endpoints "$ep" --cacert "$tls/ca.crt" get color
    [[ $(field '[.code, .cause] | join(" ")') == "tls tls-client-required" ]]

    authority "$other" "other CA"
    signed "$other" client stranger clientAuth "$(date_at -1hour)" "$(date_at +1hour)"
    told "endpoint '$ep': the server does not trust the client certificate 'CN=stranger', issued by 'CN=other CA' (*)" \
        "use a client certificate that the server's --trusted-ca-file has signed" \
        --endpoints "$ep" --cacert "$tls/ca.crt" --cert "$other/client.crt" --key "$other/client.key" get color
    # As etcdctl, which takes its files for arguments.
    EXIT_CODE=128 told "key file '$tls/client.key' does not belong to certificate '$other/client.crt': key values mismatch" \
        "give the key that the certificate was requested with (--key)" \
        --endpoints "$ep" --cacert "$tls/ca.crt" --cert "$other/client.crt" --key "$tls/client.key" get color
    EXIT_CODE=128 as_json --endpoints "$ep" --cacert "$tls/ca.crt" --cert "$other/client.crt" --key "$tls/client.key" get color
    [[ $(field '[.code, .cause, .evidence[0].key_file] | join(" ")') == "tls tls-key-mismatch $tls/client.key" ]]

    signed "$tls" serving "db1" serverAuth "$(date_at -1hour)" "$(date_at +1hour)"
    told "endpoint '$ep': the client certificate 'CN=db1' is not for clients: its extended key usage lacks clientAuth (*)" \
        "issue a client certificate with the extended key usage clientAuth" \
        --endpoints "$ep" --cacert "$tls/ca.crt" --cert "$tls/serving.crt" --key "$tls/serving.key" get color

    signed "$tls" ended "me" clientAuth 20200101000000Z 20200201000000Z
    told "endpoint '$ep': the client certificate 'CN=me' is valid from 2020-01-01T00:00:00Z to 2020-02-01T00:00:00Z; our clock says $clock (*)" \
        "renew the client certificate, or mend the clock that is wrong" \
        --endpoints "$ep" --cacert "$tls/ca.crt" --cert "$tls/ended.crt" --key "$tls/ended.key" get color
    as_json --endpoints "$ep" --cacert "$tls/ca.crt" --cert "$tls/ended.crt" --key "$tls/ended.key" get color
    [[ $(field '[.cause, .evidence[0].certificate, .evidence[0].subject, .evidence[0].not_after] | join(" ")') == "tls-client-expired client CN=me 2020-02-01T00:00:00Z" ]]
}

serves_with() {
    etcd_kill 1
    cp "$1.crt" "$(etcd_dir)/tls/server.crt"
    cp "$1.key" "$(etcd_dir)/tls/server.key"
    etcd_restart 1
    wait_for 20 is_serving
}

is_serving() {
    grep -q 'serving client traffic' "$(etcd_dir 1)/log"
}

@test "server certificates: another authority, another name, ended, not begun, with both clocks" {
    etcd_start "$ETCD_VERSION" 1 --tls
    local ep tls other=$BATS_TEST_TMPDIR/other clock='20??-??-??T??:??:??Z' begin flags
    ep=$(etcd_endpoints)
    tls=$(etcd_dir)/tls
    flags=(--endpoints "$ep" --cacert "$tls/ca.crt" --cert "$tls/client.crt" --key "$tls/client.key")
    authority "$other" "other CA"
    told "endpoint '$ep': certificate verify failed: unable to get local issuer certificate: issued by 'CN=quorate test CA', which CA file '$other/ca.crt' does not hold" \
        "give the authority that signed the server's certificate with --cacert" \
        --endpoints "$ep" --cacert "$other/ca.crt" get color

    told "endpoint '$ep': certificate verify failed: hostname mismatch: 'db2.example' is not among IP:127.0.0.1, IP:::1, DNS:localhost" \
        "use an endpoint that the certificate names, or reissue it with this name" \
        "${flags[@]}" --tls-server-name db2.example get color
    as_json "${flags[@]}" --tls-server-name db2.example get color
    [[ $(field '[.cause, .evidence[0].expected_name, (.evidence[0].names | join(" "))] | join(" ")') == "tls-name-mismatch db2.example IP:127.0.0.1 IP:::1 DNS:localhost" ]]

    signed "$tls" ended db1 serverAuth,clientAuth 20200101000000Z 20200201000000Z
    serves_with "$tls/ended"
    told "endpoint '$ep': certificate verify failed: certificate has expired: 'CN=db1' ended at 2020-02-01T00:00:00Z; our clock says $clock; the server's clock says $clock" \
        "renew the server's certificate: both clocks agree that it has ended" "${flags[@]}" get color
    as_json "${flags[@]}" get color
    [[ $(field '[.cause, .evidence[0].certificate, .evidence[0].not_before, .evidence[0].not_after] | join(" ")') == "tls-expired server 2020-01-01T00:00:00Z 2020-02-01T00:00:00Z" ]]
    # shellcheck disable=SC2053 # a pattern
    [[ $(field '.evidence[0].our_clock') == $clock && $(field '.evidence[0].server_clock') == $clock ]]

    begin=$(date -u -d +1hour +%Y-%m-%dT%H:%M:%SZ)
    signed "$tls" coming db1 serverAuth,clientAuth "$(date_at "$begin")" "$(date_at +2hours)"
    serves_with "$tls/coming"
    told "endpoint '$ep': certificate verify failed: certificate is not yet valid: 'CN=db1' begins at $begin; our clock says $clock; the server's clock says $clock" \
        "wait, or issue it anew: both clocks agree that it has not begun" "${flags[@]}" get color
}
