#!/usr/bin/env bats
# bats file_tags=one-etcd
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
    echo $(((until - from) / 3600))
}

gencert() {
    ./cfssl gencert -ca=ca.pem -ca-key=ca-key.pem -config=ca-config.json "$@"
}

@test "the guides' JSON gives their certificates: subject, names, usages, lifetime, files" {
    ./cfssl gencert -initca ca-csr.json | ./cfssljson -bare ca
    [[ $(openssl x509 -in ca.pem -noout -subject) == "subject=C = CN, ST = Beijing, L = Haidian, O = k8s, OU = System, CN = etcd CA" ]]
    [[ $(lives_hours ca.pem) == 87600 && $(stat -c %a ca-key.pem) == 600 ]]
    openssl req -in ca.csr -noout -verify
    grep -q 'BEGIN RSA PRIVATE KEY' ca-key.pem
    gencert -profile=etcd server.json | ./cfssljson -bare server
    gencert --profile client client.json | "$QUORATE" cfssljson -bare client
    [[ $(openssl x509 -in server.pem -noout -subject) == "subject=L = Berlin, O = k8s + O = ops, CN = etcd" ]]
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

# As it is dated, and what is to be in it: NAME HOURS SUBJECT NAMES
described() {
    openssl verify -x509_strict -CAfile ca.pem "$1.pem"
    [[ $(lives_hours "$1.pem") == "$2" ]]
    [[ $(openssl x509 -in "$1.pem" -noout -subject) == "subject=$3" ]]
    [[ $(openssl x509 -in "$1.pem" -noout -ext subjectAltName | tail -n 1 | xargs) == "$4" ]]
}

usages() {
    openssl x509 -in "$1.pem" -noout -ext keyUsage,extendedKeyUsage | grep '^ ' | xargs
}

@test "etcd's own hack/tls-setup: a default profile, a hundred years, an authority that lives as long" {
    cat >ca-config.json <<'EOF'
{"signing": {"default": {"usages": ["signing", "key encipherment", "server auth", "client auth"], "expiry": "876000h"}}}
EOF
    cat >ca-csr.json <<'EOF'
{"CN": "Autogenerated CA", "key": {"algo": "rsa", "size": 2048},
 "names": [{"O": "Honest", "OU": "Hasty", "L": "San Francisco", "ST": "California", "C": "US"}], "ca": {"expiry": "876000h"}}
EOF
    cat >req-csr.json <<'EOF'
{"CN": "etcd", "hosts": ["localhost", "127.0.0.1", "9.145.89.120"], "key": {"algo": "rsa", "size": 2048},
 "names": [{"O": "autogenerated", "OU": "etcd cluster", "L": "the internet"}]}
EOF
    mkdir certs
    ./cfssl gencert -initca ca-csr.json | ./cfssljson -bare certs/ca
    ./cfssl gencert -ca certs/ca.pem -ca-key certs/ca-key.pem -config ca-config.json req-csr.json | ./cfssljson -bare certs/infra0
    cd certs
    [[ $(find . -type f -printf "%f\n" | sort | xargs) == "ca-key.pem ca.csr ca.pem infra0-key.pem infra0.csr infra0.pem" && $(lives_hours ca.pem) == 876000 ]]
    described infra0 876000 "L = the internet, O = autogenerated, OU = etcd cluster, CN = etcd" \
        "DNS:localhost, IP Address:127.0.0.1, IP Address:9.145.89.120"
    [[ $(usages infra0) == "Digital Signature, Key Encipherment TLS Web Server Authentication, TLS Web Client Authentication" ]]
}

@test "CoreOS' guide: the authority has five years by default, hosts come from -hostname, requests from a pipe" {
    cat >ca-config.json <<'EOF'
{"signing": {"default": {"expiry": "43800h"}, "profiles": {
  "server": {"expiry": "43800h", "usages": ["signing", "key encipherment", "server auth"]},
  "client": {"expiry": "43800h", "usages": ["signing", "key encipherment", "client auth"]},
  "peer": {"expiry": "43800h", "usages": ["signing", "key encipherment", "server auth", "client auth"]}}}}
EOF
    cat >ca-csr.json <<'EOF'
{"CN": "My own CA", "key": {"algo": "rsa", "size": 2048},
 "names": [{"C": "US", "L": "CA", "O": "My Company Name", "ST": "San Francisco", "OU": "Org Unit 1", "OU": "Org Unit 2"}]}
EOF
    ./cfssl gencert -initca ca-csr.json | ./cfssljson -bare ca -
    [[ $(lives_hours ca.pem) == 43800 ]]
    echo '{"CN":"member1","hosts":[""],"key":{"algo":"ecdsa","size":256}}' |
        ./cfssl gencert -config=ca-config.json -profile=peer -ca=ca.pem -ca-key=ca-key.pem -hostname="192.168.122.101,member1.local,member1" - |
        ./cfssljson -bare member1
    described member1 43800 "CN = member1" "IP Address:192.168.122.101, DNS:member1.local, DNS:member1"
    echo '{"CN":"client","hosts":[""],"key":{"algo":"ecdsa","size":256}}' |
        gencert -profile=client - 2>err | ./cfssljson -bare client
    [[ ! -s err && $(usages client) == "Digital Signature, Key Encipherment TLS Web Client Authentication" ]]
    # A server's alone, which the guide makes too: etcd's gateway and peers need both; who looks is told.
    run "$QUORATE" tls inspect member1.pem --host member1
    [[ $status -eq 0 ]]
}

@test "Kubernetes' page: what is to be filled in is refused by name, then it is as described" {
    cat >ca-config.json <<'EOF'
{"signing": {"default": {"expiry": "8760h"}, "profiles": {"kubernetes": {
  "usages": ["signing", "key encipherment", "server auth", "client auth"], "expiry": "8760h"}}}}
EOF
    cat >ca-csr.json <<'EOF'
{"CN": "kubernetes", "key": {"algo": "rsa", "size": 2048},
 "names": [{"C": "<country>", "ST": "<state>", "L": "<city>", "O": "<organization>", "OU": "<organization unit>"}]}
EOF
    run -2 ./cfssl gencert -initca ca-csr.json
    [[ $output == *"'C' of a name is '<country>', which was not filled in"* ]]
    sed -i 's/<country>/DE/; s/"<[^"]*>"/"x"/g' ca-csr.json
    ./cfssl gencert -initca ca-csr.json | ./cfssljson -bare ca
    cat >server-csr.json <<'EOF'
{"CN": "kubernetes", "hosts": ["127.0.0.1", "<MASTER_IP>", "<MASTER_CLUSTER_IP>", "kubernetes", "kubernetes.default",
  "kubernetes.default.svc", "kubernetes.default.svc.cluster", "kubernetes.default.svc.cluster.local"],
 "key": {"algo": "rsa", "size": 2048}, "names": [{"C": "DE", "ST": "x", "L": "x", "O": "x", "OU": "x"}]}
EOF
    run -2 gencert --profile=kubernetes server-csr.json
    [[ $output == *"host '<MASTER_IP>' was not filled in"* ]]
    sed -i 's/<MASTER_IP>/10.0.0.1/; s/<MASTER_CLUSTER_IP>/10.96.0.1/' server-csr.json
    gencert --profile=kubernetes server-csr.json | ./cfssljson -bare server
    described server 8760 "C = DE, ST = x, L = x, O = x, OU = x, CN = kubernetes" \
        "IP Address:127.0.0.1, IP Address:10.0.0.1, IP Address:10.96.0.1, DNS:kubernetes, DNS:kubernetes.default, DNS:kubernetes.default.svc, DNS:kubernetes.default.svc.cluster, DNS:kubernetes.default.svc.cluster.local"
}

@test "an authority's key that exists, its renewal, one below it; requests that are signed elsewhere" {
    ./cfssl gencert -initca ca-csr.json | ./cfssljson -bare ca
    gencert -profile=etcd server.json | ./cfssljson -bare server
    ./cfssl gencert -initca -ca-key ca-key.pem ca-csr.json >again.json
    [[ $(jq -r 'keys | join(",")' again.json) == cert,csr ]]
    ./cfssljson -f again.json -bare again
    openssl verify -CAfile again.pem server.pem
    [[ ! -e again-key.pem ]]
    ./cfssl gencert -renewca -ca ca.pem -ca-key ca-key.pem | ./cfssljson -bare renewed
    openssl verify -x509_strict -CAfile renewed.pem server.pem
    [[ $(lives_hours renewed.pem) == 87600 && $(openssl x509 -in renewed.pem -noout -serial) != "$(openssl x509 -in ca.pem -noout -serial)" ]]
    [[ $(openssl x509 -in renewed.pem -noout -subject -ext basicConstraints,keyUsage) == "$(openssl x509 -in ca.pem -noout -subject -ext basicConstraints,keyUsage)" ]]
    run -2 ./cfssl gencert -renewca -ca ca.pem -ca-key ca-key.pem ca-csr.json
    run -14 ./cfssl gencert -renewca -ca server.pem -ca-key server-key.pem
    # A key that stays where it was made.
    ./cfssl genkey server.json | ./cfssljson -bare far
    [[ ! -e far.pem && $(stat -c %a far-key.pem) == 600 ]]
    [[ $(./cfssl certinfo -csr far.csr | jq -c '[.Subject.CommonName, .Subject.Organization, .DNSNames, .IPAddresses]') == '["etcd",["k8s","ops"],["etcd.example.com"],["127.0.0.1","10.0.0.1"]]' ]]
    ./cfssl sign -ca ca.pem -ca-key ca-key.pem -config ca-config.json -profile etcd far.csr | ./cfssljson -bare far
    described far 8760 "L = Berlin, O = k8s + O = ops, CN = etcd" "IP Address:127.0.0.1, IP Address:10.0.0.1, DNS:etcd.example.com"
    openssl pkey -in far-key.pem -pubout | cmp - <(openssl x509 -in far.pem -noout -pubkey)
    sed 's/^MII../MIIC/' far.csr >torn.csr
    run ! ./cfssl sign -ca ca.pem -ca-key ca-key.pem torn.csr
    # An authority below.
    gencert -profile=sub client.json | ./cfssljson -bare sub
    ./cfssl gencert -ca sub.pem -ca-key sub-key.pem -config ca-config.json -profile client client.json | ./cfssljson -bare below
    openssl verify -x509_strict -CAfile ca.pem -untrusted sub.pem below.pem
    ./cfssl selfsign db1 client.json 2>/dev/null | ./cfssljson -bare self
    openssl verify -CAfile self.pem self.pem
    [[ $(lives_hours self.pem) == 2190 ]]
}

@test "every kind of key: openssl and etcd's TLS take it" {
    for key in '"ecdsa", "size": 521' '"ecdsa", "size": 384' '"ed25519"' '"rsa", "size": 3072'; do
        ./cfssl gencert -initca ca-csr.json | ./cfssljson -bare ca
        echo "{\"CN\": \"k\", \"hosts\": [\"localhost\"], \"key\": {\"algo\": $key}}" | gencert -profile=etcd - | ./cfssljson -bare k
        openssl verify -x509_strict -CAfile ca.pem k.pem
        "$QUORATE" tls inspect k.pem
    done
}

@test "certinfo of what a port presents, and of a request; the old name of the program" {
    ln -s "$QUORATE" cfssl-certinfo
    lab_up --members 1 --tls
    url=$("$QUORATE" lab status --name t -w json | jq -r '.members[0].clientUrl')
    [[ $(./cfssl certinfo -domain "${url#https://}" | jq -r .subject.common_name) == m1 ]]
    [[ $(./cfssl-certinfo -cert "$(lab_dir)/tls/m1.crt" | jq -r .serial_number) == "$(./cfssl certinfo -domain "${url#https://}" | jq -r .serial_number)" ]]
    run -2 ./cfssl certinfo
    run -14 ./cfssl certinfo -csr ca-csr.json
    run ! ./cfssl certinfo -domain 127.0.0.1:1
}

# All of it but numbers that are drawn: what is signed for whom, how long, by what, and the key's kind. Names mean the same in
# any order: cfssl has DNS names first.
fields_of() {
    _fields_of "$1" | while IFS= read -r line; do
        [[ $line != *'IP Address:'* ]] || line=$(sed 's/, */\n/g; s/^ *//' <<<"$line" | sort | xargs)
        echo "$line"
    done
}

_fields_of() {
    openssl x509 -in "$1.pem" -noout -text -certopt no_serial,no_pubkey,no_sigdump,no_validity |
        sed '/Key Identifier/{N;d}; s/ *$//'
    echo "$(lives_hours "$1.pem") h"
    openssl x509 -in "$1.pem" -noout -pubkey | openssl pkey -pubin -noout -text | grep -E 'Public-Key|OID'
    openssl req -in "$1.csr" -noout -verify -text -reqopt no_pubkey,no_sigdump 2>&1 | sed 's/ *$//'
    head -n 1 "$1-key.pem"
    openssl x509 -in "$1.pem" -noout -ext subjectKeyIdentifier,authorityKeyIdentifier | grep -c Identifier
}

# By the program at $1, into the folder of that name.
guide_run() {
    local name program=$1
    mkdir "$2"
    "$program/cfssl" gencert -initca ca-csr.json 2>/dev/null | "$program/cfssljson" -bare "$2/ca"
    for name in etcd:server client:client peer:peer; do
        "$program/cfssl" gencert -ca "$2/ca.pem" -ca-key "$2/ca-key.pem" -config ca-config.json -profile "${name%:*}" \
            "${name#*:}.json" 2>/dev/null | "$program/cfssljson" -bare "$2/${name#*:}"
    done
}

@test "cfssl itself makes the same of the same JSON, field by field" {
    local peer key file
    peer=$(type -P cfssl) || skip "there is no cfssl here (Debian: golang-cfssl)"
    jq '.signing.profiles.peer = {"usages": ["signing", "key encipherment", "server auth", "client auth"], "expiry": "43800h"}' \
        ca-config.json >more.json
    mv more.json ca-config.json
    # Of a host "" cfssl makes a name without letters.
    jq 'del(.hosts)' client.json >more.json
    mv more.json client.json
    for key in '{"algo": "rsa", "size": 2048}' '{"algo": "ecdsa", "size": 384}' '{"algo": "ecdsa", "size": 521}'; do
        jq --argjson k "$key" '.key = $k | .CN = "peer" | .hosts = ["10.0.0.1", "db1.example.com", "localhost"]' server.json >peer.json
        guide_run . ours
        guide_run "${peer%/*}" theirs
        for file in ca server client peer; do
            echo "$key $file"
            diff <(cd theirs && fields_of $file) <(cd ours && fields_of $file)
        done
        [[ $(cd ours && find . -printf '%f %m\n' | sort) == "$(cd theirs && find . -printf '%f %m\n' | sort)" ]]
        # Each takes the other's authority, and its key.
        ./cfssl gencert -ca theirs/ca.pem -ca-key theirs/ca-key.pem -config ca-config.json -profile peer peer.json |
            ./cfssljson -bare ours/of-theirs
        openssl verify -CAfile theirs/ca.pem ours/of-theirs.pem
        "$peer" gencert -ca ours/ca.pem -ca-key ours/ca-key.pem -config ca-config.json -profile peer peer.json 2>/dev/null |
            "$peer"json -bare theirs/of-ours
        openssl verify -CAfile ours/ca.pem theirs/of-ours.pem
        rm -r ours theirs
    done
}
