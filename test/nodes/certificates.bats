#!/usr/bin/env bats
#
# Certificates that would keep a member from serving are refused while its old process still runs.

# shellcheck disable=SC2154,SC2016 # stderr and the like are bats'; what is in quotes, the host's shell's
bats_require_minimum_version 1.5.0
load ../harness/nodes
load ../harness/certs

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    nodes_up 2
}

teardown_file() {
    nodes_down
}

setup() {
    export QUORATE_STATE=$BATS_TEST_TMPDIR/state QUORATE_CONFIG=$BATS_TEST_TMPDIR/quorate.yaml
    export QUORATE_REPO=$BATS_TEST_TMPDIR/repo
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    nodes_clear db1 db2
}

q() {
    inside "$QUORATE" --cluster prod "$@"
}

tls=/etc/etcd/tls

# FILE ON THE HOST, FROM WHERE, [MODE]
put() {
    node_sh db1 sh -c 'cat >"$0" && chmod "$1" "$0"' "$tls/$1" "${3:-644}" <"$2"
}

# The pair is the member's as peer.
put_pair() {
    put peer.crt "$1.crt"
    put peer.key "$1.key" 600
    node_sh db1 chown etcd: $tls/peer.crt $tls/peer.key
}

good_again() {
    node_sh db1 sh -c 'rm -rf "$0" && cp -a /root/good "$0"' $tls
}

link_of() {
    node_sh "$1" ip -o -4 address show to 10.99.0.0/24 | awk '{ print $2; exit }'
}

# FILE CAUSE TEXT: refused, with the file, what is wrong and the next thing to do; nothing was touched.
refused() {
    local refusal
    run q recover --yes -w json
    [[ $status -ne 0 ]]
    refusal=$(grep '^{"error"' <<<"$output" | jq -c .error)
    [[ $(jq -r .cause <<<"$refusal") == "$2" ]] || { echo "$output" && return 1; }
    [[ $(jq -r .text <<<"$refusal") == *"'$tls/$1' (--"*"$3"* ]] || { echo "$output" && return 1; }
    [[ -n $(jq -r .hint <<<"$refusal") && $(jq -r '.evidence[0].file' <<<"$refusal") == "$tls/$1" ]]
    [[ $(node_sh db1 pgrep -x etcd) == "$process" ]]
    good_again
}

@test "each broken certificate is refused before anything is stopped, with file, field and mend" {
    local process bench names
    nodes_cluster --tls debian db1
    with_nodes "$QUORATE" cluster discover --name prod --write --host ssh://root@db1
    q put color green
    q backup now
    node_sh db1 cp -a $tls /root/good
    process=$(node_sh db1 pgrep -x etcd)
    bench=$(nodes_dir)/tls
    cp "$bench/ca.crt" "$bench/ca.key" .
    names=IP:$(node_ip db1),DNS:db1,IP:127.0.0.1,DNS:localhost

    certs_leaf expired ca "$names" '' '-2 days' '-1 hour'
    put_pair expired
    refused peer.crt certificate-expired "it ended at"
    certs_leaf future ca "$names" '' '1 hour' '2 hours'
    put_pair future
    refused peer.crt certificate-not-yet-valid "it begins at"
    certs_leaf server ca "$names" serverAuth
    put_pair server
    refused peer.crt certificate-no-client-usage "(clientAuth)"
    certs_leaf client ca "$names" clientAuth
    put_pair client
    refused peer.crt certificate-no-server-usage "(serverAuth)"
    certs_leaf elsewhere ca IP:10.0.0.1,DNS:db2
    put_pair elsewhere
    refused peer.crt certificate-name-missing "lack $(node_ip db1)"
    put peer.key server.key 600
    refused peer.crt certificate-key-mismatch "the key beside it is another's"
    certs_authority stranger
    certs_leaf strange stranger "$names"
    put_pair strange
    refused peer.crt certificate-wrong-ca "'CN=stranger' issued it"
    CERTS_KEY=rsa:1024 certs_leaf weak ca "$names"
    put_pair weak
    refused peer.crt certificate-weak-key "RSA 1024"
    CERTS_DIGEST=sha1 certs_leaf sha1 ca "$names"
    put_pair sha1
    refused peer.crt certificate-weak-signature SHA1
    node_sh db1 sh -c 'chown root: "$0" && chmod 600 "$0"' $tls/peer.key
    refused peer.key file-unreadable "user 'etcd', as whom etcd runs, cannot read it: $tls/peer.key (-rw-------"
    node_sh db1 sh -c 'chown root: "$0" && chmod 700 "$0"' $tls
    refused ca.crt file-unreadable "$tls (drwx------ root:root) is in the way"
    node_sh db1 rm $tls/peer.crt
    refused peer.crt file-missing "there is no such file"
    head -c 200 "$bench/ca.crt" >torn
    put peer.crt torn
    refused peer.crt file-damaged "is damaged"
    openssl ec -in expired.key -aes128 -passout pass:x -out sealed 2>>certs.log
    put peer.key sealed 600
    node_sh db1 chown etcd: $tls/peer.key
    refused peer.key file-damaged "the key is encrypted"

    # The authority itself; the members' own certificates are its.
    certs_authority none basicConstraints=critical,CA:FALSE
    certs_leaf below none "$names"
    node_sh db1 sed -i '/PEER_TRUSTED/s/ca.crt/peer-ca.crt/' /etc/default/etcd
    put peer-ca.crt none.crt
    put_pair below
    refused peer.crt authority-is-none "'CN=none' signed it and is no authority"
    certs_authority old basicConstraints=critical,CA:TRUE '-2 days' '-1 hour'
    certs_leaf late old "$names"
    put peer-ca.crt old.crt
    put_pair late
    refused peer.crt authority-expired "its authority 'CN=old' ended at"

    # And good ones are taken.
    node_sh db1 sed -i '/PEER_TRUSTED/s/peer-ca.crt/ca.crt/' /etc/default/etcd
    q recover --yes
    [[ $(q get color --print-value-only) == green ]]
}

@test "a certificate that its own host trusts, and its peers do not, is refused; so is an address that is none of its names" {
    nodes_cluster --tls debian db1 db2
    with_nodes "$QUORATE" cluster discover --name prod --write --host ssh://root@db1,ssh://root@db2
    q put color green
    q backup now
    node_sh db1 cp -a $tls /root/good
    cp "$(nodes_dir)/tls/ca.crt" "$(nodes_dir)/tls/ca.key" .
    process=$(node_sh db1 pgrep -x etcd)
    names=IP:$(node_ip db1),DNS:db1,IP:127.0.0.1,DNS:localhost
    # Of an authority of its own, which it trusts besides the others'.
    certs_authority own
    certs_leaf self own "$names"
    node_sh db1 sed -i '/PEER_TRUSTED/s/ca.crt/peer-ca.crt/' /etc/default/etcd
    cat ca.crt own.crt >both
    put peer-ca.crt both
    put_pair self
    refused peer.crt certificate-wrong-ca "'db2' would refuse it: 'CN=own' issued it"
    # db2 would take it by now, but not be taken.
    node_sh db2 sh -c 'cat >"$0/ca.crt"' $tls <both
    put peer-ca.crt own.crt
    put_pair self
    refused peer-ca.crt certificate-wrong-ca "with it 'db2' would be refused"
    node_sh db1 sed -i '/PEER_TRUSTED/s/peer-ca.crt/ca.crt/' /etc/default/etcd
    # It comes from an address that is not in its certificate.
    certs_leaf named ca "IP:$(node_ip db1),DNS:db1"
    put_pair named
    node_sh db1 sh -c 'ip address add 10.99.0.91/24 dev "$0" && ip route replace 10.99.0.12 dev "$0" src 10.99.0.91' "$(link_of db1)"
    refused peer.crt certificate-other-address "peers see it come from 10.99.0.91"
    node_sh db1 sh -c 'ip route del 10.99.0.12 && ip address del 10.99.0.91/24 dev "$0"' "$(link_of db1)"
}

@test "inspect looks on hosts as well: what settings name, by the host's clock and for etcd's user" {
    nodes_cluster --tls static-pod db1 db2:debian
    with_nodes "$QUORATE" cluster discover --name prod --write --host ssh://root@db1,ssh://root@db2
    q tls inspect --hosts -w json >seen || [[ $? -eq 1 ]]
    [[ $(jq -r '.certificates[] | select(.where | startswith("db1:")) | "\(.setting) \(.verdict)"' seen) == 'cert-file good
peer-cert-file good' && $(jq -r '[.certificates[] | select(.where | startswith("db2:/etc/etcd/tls/"))] | length' seen) == 2 ]]
    # A path of the container's, which the host has elsewhere, and one that no volume leads to.
    node_sh db1 mv /etc/kubernetes/pki/etcd/peer.key /root/peer.key
    run -1 q tls inspect --hosts
    [[ $output == *"'/etc/kubernetes/pki/etcd/peer.key' (--peer-key-file): there is no such file"* ]]
    node_sh db1 mv /root/peer.key /etc/kubernetes/pki/etcd/peer.key
    node_sh db2 chmod 700 /etc/etcd/tls
    node_sh db2 chown root: /etc/etcd/tls
    run -1 q tls inspect --hosts
    [[ $output == *"user 'etcd', as whom etcd runs, cannot read it: /etc/etcd/tls (drwx------ root:root)"* ]]
}

@test "checks that speak plain HTTP to a TLS port are found, with their line and the mend" {
    local found
    nodes_cluster --tls static-pod db1 db2:debian
    with_nodes "$QUORATE" cluster discover --name prod --write --host ssh://root@db1,ssh://root@db2
    run q tls probes
    [[ $status -eq 0 && $output == *"nobody is found"* ]] || { echo "$output" && return 1; }
    node_sh db2 sh -c 'mkdir -p /etc/systemd/system/etcd.service.d && cat >/etc/systemd/system/etcd.service.d/check.conf' <<'CONF'
[Service]
# curl http://127.0.0.1:2379/health
ExecStartPost=-/usr/bin/curl -s http://127.0.0.1:2379/health
CONF
    node_sh db2 sh -c 'echo "* * * * * root wget -q http://db2:2379/health" >/etc/cron.d/etcd-check'
    # A load balancer's check, and a plain one, as etcd sees them.
    node_sh db2 bash -c 'for i in 1 2 3; do exec 3<>/dev/tcp/127.0.0.1/2379; exec 3>&-; done
        exec 3<>/dev/tcp/127.0.0.1/2379; printf "GET /health HTTP/1.0\r\n\r\n" >&3; timeout 3 cat <&3; true'
    # Written elsewhere first: the kubelet runs whatever it finds beside a manifest.
    node_sh db1 sh -c 'sed "/livenessProbe/,/scheme/s/port: 2381/port: 2379/" /etc/kubernetes/manifests/etcd.yaml >/root/etcd.yaml &&
        cat /root/etcd.yaml >/etc/kubernetes/manifests/etcd.yaml'
    q tls probes -w json >seen || [[ $? -eq 1 ]]
    found=$(jq -r '.probes[] | "\(.where) \(.verdict) \(.asks)"' seen)
    [[ $found == *"db2:/etc/systemd/system/etcd.service.d/check.conf:3 probe-plain-http http://127.0.0.1:2379/health"* ]]
    [[ $found == *"db2:/etc/cron.d/etcd-check:1 probe-plain-http http://db2:2379/health"* ]]
    [[ $found == *"db1:/etc/kubernetes/manifests/etcd.yaml:"*" probe-plain-http http://127.0.0.1:2379/health"* ]]
    [[ $(jq -r '.probes[] | select(.member == "db1" and .verdict == "probe-plain-http") | .remedy' seen) == *"ask http://127.0.0.1:2381/livez"* ]]
    [[ $found == *"db2: log of "*" log-rejected 127.0.0.1"* && $found != *check.conf:2* ]]
    [[ $(jq -r '[.probes[] | select(.member == "db2")][0].remedy' seen) == *"--listen-metrics-urls=http://127.0.0.1:2381"* ]]
    [[ $(jq -r '[.probes[] | select(.verdict == "log-rejected" and (.text | contains("TLS handshake")))] | length' seen) -ge 1 ]]
}
