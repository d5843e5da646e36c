#!/usr/bin/env bats
#
# cfssl's words: the JSON of the usual guides gives the certificates that the guides describe.

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
    cd "$BATS_TEST_TMPDIR" || return
    ln -s "$QUORATE" cfssl
    ln -s "$QUORATE" cfssljson
    # As kubernetes guides have them.
    cat >ca-csr.json <<'EOF'
{"CN": "etcd CA", "key": {"algo": "rsa", "size": 2048},
 "names": [{"C": "CN", "ST": "Beijing", "L": "Haidian", "O": "k8s", "OU": "System"}],
 "ca": {"expiry": "87600h"}}
EOF
    cat >ca-config.json <<'EOF'
{"signing": {"default": {"expiry": "8760h"},
 "profiles": {"etcd": {"usages": ["signing", "key encipherment", "server auth", "client auth"], "expiry": "8760h"},
              "client": {"usages": ["signing", "key encipherment", "client auth"], "expiry": "240h"},
              "sub": {"usages": ["cert sign"], "expiry": "240h", "ca_constraint": {"is_ca": true}}}}}
EOF
    cat >server.json <<'EOF'
{"CN": "etcd", "hosts": ["127.0.0.1", "10.0.0.1", "etcd.example.com"], "key": {"algo": "ecdsa", "size": 256},
 "names": [{"O": "k8s"}, {"O": "ops", "L": "Berlin"}]}
EOF
    cat >client.json <<'EOF'
{"CN": "root", "hosts": [""], "key": {"algo": "ecdsa", "size": 256}}
EOF
}

teardown() {
    lab_teardown
}

lives_hours() {
    local from until
    from=$(date -d "$(openssl x509 -in "$1" -noout -startdate | cut -d= -f2)" +%s)
    until=$(date -d "$(openssl x509 -in "$1" -noout -enddate | cut -d= -f2)" +%s)
    echo $(((until - from - 300) / 3600))
}

gencert() {
    ./cfssl gencert -ca=ca.pem -ca-key=ca-key.pem -config=ca-config.json "$@"
}

@test "the guides' JSON gives their certificates: subject, names, usages, lifetime, files" {
    ./cfssl gencert -initca ca-csr.json | ./cfssljson -bare ca
    [[ $(openssl x509 -in ca.pem -noout -subject) == "subject=C = CN, O = k8s, OU = System, L = Haidian, ST = Beijing, CN = etcd CA" ]]
    [[ $(lives_hours ca.pem) == 87600 && $(stat -c %a ca-key.pem) == 600 ]]
    openssl req -in ca.csr -noout -verify
    grep -q 'BEGIN RSA PRIVATE KEY' ca-key.pem
    gencert -profile=etcd server.json | ./cfssljson -bare server
    gencert --profile client client.json | "$QUORATE" cfssljson -bare client
    [[ $(openssl x509 -in server.pem -noout -subject) == "subject=O = k8s + O = ops, L = Berlin, CN = etcd" ]]
    [[ $(openssl x509 -in server.pem -noout -ext subjectAltName) == *"IP Address:127.0.0.1, IP Address:10.0.0.1, DNS:etcd.example.com"* ]]
    for use in sslserver sslclient; do
        openssl verify -x509_strict -purpose $use -CAfile ca.pem server.pem
    done
    openssl verify -x509_strict -purpose sslclient -CAfile ca.pem client.pem
    run ! openssl verify -x509_strict -purpose sslserver -CAfile ca.pem client.pem
    [[ $(lives_hours server.pem) == 8760 && $(lives_hours client.pem) == 240 ]]
    gencert -profile=etcd -hostname=10.9.9.9,db9 server.json | ./cfssljson -bare other
    [[ $(openssl x509 -in other.pem -noout -ext subjectAltName) == *"IP Address:10.9.9.9, DNS:db9"* ]]
    # Without a policy: a year, as server and client.
    ./cfssl gencert -ca ca.pem -ca-key ca-key.pem - <server.json | ./cfssljson -bare plain
    openssl verify -x509_strict -purpose sslserver -CAfile ca.pem plain.pem
    "$QUORATE" tls inspect ca.pem server.pem client.pem
}

@test "certinfo says what openssl says" {
    ./cfssl gencert -initca ca-csr.json | ./cfssljson -bare ca
    ./cfssl certinfo -cert ca.pem >info
    [[ $(jq -r '[.subject.common_name, .issuer.organization, .sigalg, .not_after] | join("|")' info) == "etcd CA|k8s|SHA256WithRSA|$(date -u -d "$(openssl x509 -in ca.pem -noout -enddate | cut -d= -f2)" +%FT%TZ)" ]]
    [[ $(jq -r .pem info | openssl x509 -noout -fingerprint) == "$(openssl x509 -in ca.pem -noout -fingerprint)" ]]
    [[ $(jq -r .serial_number info) == "$(echo "ibase=16; $(openssl x509 -in ca.pem -noout -serial | cut -d= -f2)" | BC_LINE_LENGTH=0 bc)" ]] ||
        ! command -v bc
}

@test "what cfssl lets pass is refused by name" {
    ./cfssl gencert -initca ca-csr.json | ./cfssljson -bare ca
    # shellcheck disable=SC2016 # as a template has it
    for host in '<node ip>' '${NODE_IP}' '$IP' NODE_1 HOST2 'a b'; do
        jq --arg h "$host" '.hosts = ["127.0.0.1", $h]' server.json >left.json
        run -2 gencert -profile=etcd left.json
        [[ $output == *"host '$host' was not filled in"* ]]
    done
    run -4 gencert -profile=ectd server.json
    [[ $output == *"the policy has no profile 'ectd'"* ]]
    run -2 gencert server.json
    [[ $output == *"profile 'default': it has no usages"* ]]
    run -2 gencert -profile=sub server.json
    [[ $output == *"makes authorities below this one"* ]]
    run -2 gencert -profile=etcd ca-csr.json
    [[ $output == *"'ca' is for -initca only"* ]]
    jq '.key.size = 1024 | .key.algo = "rsa"' server.json >weak.json
    run -2 gencert -profile=etcd weak.json
    [[ $output == *"a key of 'rsa' with size 1024 is not offered"* ]]
    run -2 ./cfssl gencert server.json
    run -2 gencert -profile=etcd -hostname='db1,<x>' server.json
    echo '{' >broken.json
    run -9 gencert -profile=etcd broken.json
    run -9 ./cfssljson -bare x <<<'{"result": {}}'
    [[ ! -e x.pem ]]
    "$QUORATE" cfssl print-defaults csr >csr.json
    run -2 gencert -profile=etcd csr.json
    [[ $output == *"was not filled in"* ]]
    "$QUORATE" cfssl print-defaults config >ca-config.json
    gencert -profile=peer server.json | ./cfssljson -bare server
    openssl verify -purpose sslclient -CAfile ca.pem server.pem
    chmod 644 ca-key.pem
    run -8 gencert -profile=peer server.json
}
