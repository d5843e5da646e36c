#!/usr/bin/env bats
# bats file_tags=one-etcd
#
# 'tls init', 'issue', 'inspect': what openssl says of the certificates, what etcd does with them, and
# that each mistake is seen on files and on ports.

# shellcheck disable=SC2154 # stderr is bats'

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    [[ -z ${SERVER:-} ]] || kill "$SERVER" 2>/dev/null || true
    lab_teardown
}

# An inventory of one member that nothing runs yet.
inventory() {
    cat >quorate.yaml <<EOF
format: 1
clusters:
  prod:
    endpoints: [https://etcd.example.com:2379]
    members:
      m1:
        client_urls: [https://127.0.0.1:$1]
        peer_urls: ["https://127.0.0.1:$2", "https://[fd00::1]:2380"]
EOF
}

verdicts() {
    jq -r '.certificates[] | "\(.where | split("/")[-1]) \(.verdict)"'
}

extension() {
    openssl x509 -in "$1" -noout -ext "$2" | tail -n +2 | tr -d '\n' | tr -s ' ' | sed 's/^ //'
}

@test "an authority and its certificates: openssl takes them, names and usages are the members'" {
    inventory 2379 2380
    run -0 "$QUORATE" tls init pki --name 'etcd of prod'
    [[ $(stat -c %a pki/ca.key pki/ca.crt | xargs) == "600 644" ]]
    [[ $(openssl x509 -in pki/ca.crt -noout -subject) == "subject=CN = etcd of prod" ]]
    [[ $(extension pki/ca.crt basicConstraints) == "CA:TRUE" ]]
    run -0 "$QUORATE" tls issue pki --cluster prod --client root --host db1.example.com
    for use in sslserver sslclient; do
        openssl verify -x509_strict -purpose $use -CAfile pki/ca.crt pki/m1/server.crt pki/m1/peer.crt
    done
    openssl verify -x509_strict -purpose sslclient -CAfile pki/ca.crt pki/root.crt
    run ! openssl verify -x509_strict -purpose sslserver -CAfile pki/ca.crt pki/root.crt
    [[ $(extension pki/m1/server.crt subjectAltName) == "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:FD00:0:0:0:0:0:0:1, DNS:etcd.example.com, DNS:db1.example.com" ]]
    [[ $(extension pki/m1/peer.crt extendedKeyUsage) == "TLS Web Server Authentication, TLS Web Client Authentication" ]]
    cmp pki/ca.crt pki/m1/ca.crt
    [[ -z $(find pki -name '*.key' ! -perm 600) ]]
    openssl x509 -in pki/m1/server.crt -noout -text | grep -q 'ASN1 OID: prime256v1'
    run -0 "$QUORATE" tls inspect pki
    [[ $output != *certificate-* ]]
}

@test "nothing is written over, and an authority that cannot sign issues nothing" {
    inventory 2379 2380
    "$QUORATE" tls init pki
    before=$(sha256sum pki/*)
    run -5 --separate-stderr "$QUORATE" tls init pki
    [[ $stderr == *"'pki/ca.crt' is there already"* ]]
    mkdir -p pki/m1 && touch pki/m1/peer.key
    run -5 "$QUORATE" tls issue pki --cluster prod
    [[ $(sha256sum pki/*.*) == "$before" && $(ls pki/m1) == peer.key ]]
    rm pki/m1/peer.key
    chmod 640 pki/ca.key
    run -8 --separate-stderr "$QUORATE" tls issue pki --cluster prod
    [[ $stderr == *"mode 0640, and an authority's key is its owner's alone"* ]]
    chmod 600 pki/ca.key
    "$QUORATE" tls init other
    run -14 --separate-stderr "$QUORATE" tls issue pki --cluster prod --ca-key other/ca.key
    [[ $stderr == *"does not belong to certificate 'pki/ca.crt'"* ]]
    "$QUORATE" tls issue pki --client root
    run -14 --separate-stderr "$QUORATE" tls issue new --client x --ca-cert pki/root.crt --ca-key pki/root.key
    [[ $stderr == *"which is no authority"* && ! -e new/x.crt ]]
    run -4 "$QUORATE" tls issue pki --cluster prod --member m9
    run -2 "$QUORATE" tls issue pki --cluster prod --host 'a,DNS:b c'
    run -2 "$QUORATE" tls issue pki
    run -2 "$QUORATE" tls init x --days 0
    [[ ! -e pki/m1/server.crt && ! -e x ]]
}

@test "kubeadm's layout, and RSA" {
    inventory 2379 2380
    "$QUORATE" tls init ca --key-type rsa2048 --ca-key safe/etcd.key
    "$QUORATE" tls issue k8s --cluster prod --layout kubeadm --key-type rsa2048 --ca-cert ca/ca.crt --ca-key safe/etcd.key
    [[ $(cd k8s/m1 && find . -type f | sort | xargs) == "./apiserver-etcd-client.crt ./apiserver-etcd-client.key ./etcd/ca.crt ./etcd/healthcheck-client.crt ./etcd/healthcheck-client.key ./etcd/peer.crt ./etcd/peer.key ./etcd/server.crt ./etcd/server.key" ]]
    openssl verify -x509_strict -CAfile ca/ca.crt k8s/m1/*.crt k8s/m1/etcd/{server,peer,healthcheck-client}.crt
    [[ $(openssl x509 -in k8s/m1/apiserver-etcd-client.crt -noout -subject) == "subject=CN = kube-apiserver-etcd-client" ]]
    [[ $(extension k8s/m1/etcd/server.crt subjectAltName) == *"DNS:m1"* ]]
    [[ $(extension k8s/m1/etcd/server.crt keyUsage) == "Digital Signature, Key Encipherment" ]]
}

@test "inspect sees each mistake in files" {
    inventory 2379 2380
    "$QUORATE" tls init pki
    "$QUORATE" tls issue pki --cluster prod --client root
    cd pki/m1
    good="ca.crt good peer.crt good server.crt good"
    [[ $("$QUORATE" tls inspect . -w json | verdicts | xargs) == "$good" ]]
    run -1 "$QUORATE" tls inspect . --days 367
    [[ $output == *certificate-ends-soon* ]]
    # As monitoring has it: a warning, critical.
    run -1 "$QUORATE" tls inspect server.crt --days 367 --critical-days 300
    run -2 "$QUORATE" tls inspect server.crt --days 10 --critical-days 367
    [[ $output == *certificate-ends-soon* ]]
    run -0 "$QUORATE" tls inspect server.crt --critical-days 300
    run -1 --separate-stderr "$QUORATE" tls inspect server.crt --host 10.1.1.1 -w json
    [[ $(verdicts <<<"$output") == "server.crt certificate-name-missing" && $output == *"lack 10.1.1.1"* ]]
    # The pair torn apart, a key for all to read, another authority, a client as server.
    cp peer.key server.key
    run -1 "$QUORATE" tls inspect server.crt
    [[ $output == *certificate-key-mismatch* ]]
    chmod 644 peer.key
    run -1 "$QUORATE" tls inspect peer.crt
    [[ $output == *key-readable*"chmod 600"* ]]
    "$QUORATE" tls init ../other
    run -1 "$QUORATE" tls inspect peer.crt --cacert ../other/ca.crt
    [[ $output == *certificate-wrong-ca* ]]
    mkdir wrong && cp ../root.crt wrong/server.crt
    run -1 "$QUORATE" tls inspect wrong
    [[ $output == *certificate-no-server-usage* ]]
    # Not one of these is a certificate.
    head -c 200 server.crt >cut.crt
    run -1 "$QUORATE" tls inspect cut.crt nothing.crt
    [[ $output == *"cut.crt': certificate 1 in it is damaged"*"nothing.crt': No such file"* ]]
}

@test "a chain is followed, and expired and future certificates are told" {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.crt -subj /CN=root -days 30 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -keyout mid.key -out mid.csr -subj /CN=mid 2>/dev/null
    printf 'basicConstraints=critical,CA:TRUE\n' >ca.ext
    openssl x509 -req -in mid.csr -CA root.crt -CAkey root.key -CAcreateserial -extfile ca.ext -out mid.crt -days 20 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=leaf 2>/dev/null
    openssl x509 -req -in leaf.csr -CA mid.crt -CAkey mid.key -CAcreateserial -out leaf.crt -days 10 2>/dev/null
    cat leaf.crt mid.crt >chain.crt
    cp leaf.key chain.key
    run -0 --separate-stderr "$QUORATE" tls inspect chain.crt --cacert root.crt -w json
    [[ $(jq -r '.certificates[] | "\(.place) \(.subject) \(.verdict) \(.keyFits)"' <<<"$output" | xargs) == "0 CN=leaf good true 1 CN=mid good null" ]]
    run -1 "$QUORATE" tls inspect leaf.crt --cacert root.crt
    [[ $output == *certificate-wrong-ca* ]]
    run -1 "$QUORATE" tls inspect chain.crt --cacert root.crt --days 15
    [[ $output =~ it\ ends\ in\ (9|10)\ days && ! $output =~ it\ ends\ in\ (19|20)\ days ]]
}

@test "etcd serves with them, clients and the gateway too, and inspect sees what its ports present" {
    local client peer six=
    read -r client peer < <(_etcd_free_ports 2)
    # Where the machine has it.
    ! grep -q '^0\{31\}1 ' /proc/net/if_inet6 || six=",https://[::1]:$client"
    client=127.0.0.1:$client peer=127.0.0.1:$peer
    inventory "${client#*:}" "${peer#*:}"
    sed -i 's/, "https:\/\/\[fd00::1\]:2380"//; s/endpoints: .*/endpoints: [https:\/\/'"$client"']/' quorate.yaml
    "$QUORATE" tls init pki
    "$QUORATE" tls issue pki --cluster prod --client root
    "$(etcd_tool "$ETCD_VERSION" etcd)" --name m1 --data-dir data --listen-client-urls "https://$client$six" \
        --advertise-client-urls "https://$client" --listen-peer-urls "https://$peer" \
        --initial-advertise-peer-urls "https://$peer" --initial-cluster "m1=https://$peer" --client-cert-auth \
        --trusted-ca-file pki/m1/ca.crt --cert-file pki/m1/server.crt --key-file pki/m1/server.key \
        --peer-client-cert-auth --peer-trusted-ca-file pki/m1/ca.crt --peer-cert-file pki/m1/peer.crt \
        --peer-key-file pki/m1/peer.key --logger zap >etcd.log 2>&1 3>&- &
    SERVER=$!
    local tls=(--cacert pki/ca.crt --cert pki/root.crt --key pki/root.key)
    wait_for 60 "$QUORATE" --endpoints "https://$client" "${tls[@]}" put color green 2>/dev/null || {
        tail -n 20 etcd.log
        false
    }
    # The gateway dials etcd's own port with the server's certificate.
    [[ $(curl -sS "${tls[@]}" "https://$client/v3/kv/range" -d '{"key":"Y29sb3I="}' | jq -r '.kvs[0].value | @base64d') == green ]]
    [[ $(ETCDCTL_API=3 "$(etcd_tool "$ETCD_VERSION" etcdctl)" --endpoints "https://$client" "${tls[@]}" get color --print-value-only) == green ]]
    run -0 --separate-stderr "$QUORATE" tls inspect "$client" "$peer" --cluster prod "${tls[@]}" -w json
    [[ $(jq -r '.certificates[] | "\(.member) \(.subject) \(.version) \(.verdict)"' <<<"$output" | sort -u) == "m1 CN=m1 TLSv1.3 good" ]]
    [[ $(jq -r '.certificates[0].fingerprint' <<<"$output") == "$(openssl x509 -in pki/m1/server.crt -outform DER | sha256sum | cut -d' ' -f1)" ]]
    # The same on the other loopback address, which is among its names.
    if [[ -n $six ]]; then
        run -0 --separate-stderr "$QUORATE" tls inspect "[::1]:${client#*:}" "${tls[@]}" -w json
        [[ $(jq -r '.certificates[] | "\(.subject) \(.verdict)"' <<<"$output") == "CN=m1 good" ]]
    fi
    # And in the screen that says how the cluster is.
    run -0 "$QUORATE" status --endpoints "https://$client" "${tls[@]}" -w json
    [[ $(jq -r '.members[0].certificateEnds' <<<"$output") == "$(date -u -d "$(openssl x509 -in pki/m1/server.crt -noout -enddate | cut -d= -f2)" +%FT%TZ)" ]]
    run -1 "$QUORATE" status --endpoints "https://$client" "${tls[@]}" --cert-warning 367
    [[ $output == *"warning: the certificate of member m1 ends in 36"[45]" days"* ]]
    run -2 "$QUORATE" status --endpoints "https://$client" "${tls[@]}" --cert-critical 367
    # Without a certificate of ours, under another name, with another authority: seen all the same.
    run -1 "$QUORATE" tls inspect "localhost:${client#*:}" --host db9 --cacert pki/root.crt
    [[ $output == *certificate-wrong-ca,certificate-name-missing* ]]
    # Files are re-read at each handshake: what a port presents changes with them. One by hand, without localhost and
    # ::1, is good: the member is dialled by neither.
    openssl req -newkey rsa:2048 -nodes -keyout hand.key -out hand.csr -subj /CN=m1 2>/dev/null
    printf 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' >hand.ext
    openssl x509 -req -in hand.csr -CA pki/ca.crt -CAkey pki/ca.key -CAcreateserial -extfile hand.ext -out hand.crt -days 10 2>/dev/null
    cat hand.crt >pki/m1/server.crt
    cat hand.key >pki/m1/server.key
    run -0 "$QUORATE" tls inspect "$client" --cluster prod "${tls[@]}"
    [[ $output == *"IP:127.0.0.1 "* && $output != *localhost* ]]
    "$QUORATE" tls issue anew --client m1 --ca-cert pki/ca.crt --ca-key pki/ca.key
    cp anew/m1.crt pki/m1/server.crt
    cp anew/m1.key pki/m1/server.key
    run -1 "$QUORATE" tls inspect "$client" --cluster prod "${tls[@]}"
    [[ $output == *certificate-no-server-usage,certificate-name-missing* ]]
}

@test "ports that present nothing say why, at once" {
    port=$(_etcd_free_ports 1)
    python3 -m http.server --bind 127.0.0.1 "$port" >/dev/null 2>&1 3>&- &
    SERVER=$!
    wait_for 10 curl -s -o /dev/null "http://127.0.0.1:$port"
    run -1 "$QUORATE" tls inspect "127.0.0.1:$port" 127.0.0.1:1 http://127.0.0.1:2
    [[ $output == *"the server speaks no TLS"* || $output == *"TLS"* ]]
    [[ $output == *"127.0.0.1:1"*"connection refused"* && $output == *"it is http: no certificate is shown there"* ]]
    run -2 "$QUORATE" tls inspect
}

@test "a look at certificates asks for no password, whoever the cluster's user is" {
    inventory 2379 2380
    sed -i '/endpoints:/i\    user: {name: root}' quorate.yaml
    "$QUORATE" tls init pki
    "$QUORATE" tls issue pki --cluster prod --client root
    run -1 --separate-stderr "$QUORATE" tls inspect --cluster prod --timeout 100ms </dev/null
    [[ $stderr != *password* && $output == *not-seen* ]]
    run -2 "$QUORATE" tls inspect --hosts pki
}

# The kernel gives the files of a process that may not be dumped to root.
is_guarded() {
    [[ $(readlink "/proc/$1/exe") == "$(readlink -f "$QUORATE")" && $(stat -c %u "/proc/$1/maps") -eq 0 ]]
}

@test "a process that holds a key cannot be dumped, nor looked into by its own user" {
    [[ $EUID -eq 0 ]] || skip "root alone can run it as somebody else"
    install -d -o 65534 own
    setpriv --reuid 65534 --clear-groups "$QUORATE" tls init own/pki --key-type rsa8192 >/dev/null 2>&1 3>&- &
    SERVER=$!
    wait_for 20 is_guarded $SERVER
}
