#!/usr/bin/env bats
#
# 'tls enable' and 'tls disable' on real hosts under a writer and a watcher of another library, which are given endpoints
# of both forms: no write fails, nothing is missed, plain connections are refused afterwards, and all of it comes back.

# shellcheck disable=SC2030,SC2031,SC2154 # stderr and the like are bats'
bats_require_minimum_version 1.5.0
load ../harness/nodes
load ../harness/tls_nodes
load ../harness/certs

setup_file() {
    tls_nodes_up
}

teardown_file() {
    nodes_down
}

setup() {
    tls_nodes_setup
}

teardown() {
    tls_nodes_clear
}

@test "units with environment files go to TLS and back under a writer, and undo half-way is byte-identical" {
    begins 3.5.30 debian db1 db2 db3
    before=$(files_of_etcd)
    clients_start
    quorate tls enable "${issuer[@]}" --yes
    clients_saw "3.5.30 debian enable" https
    all_speak https http
    [[ $(node_sh db1 stat -c '%U %a' /etc/etcd/pki/server.key /etc/etcd/pki/peer.key | sort -u) == "etcd 600" ]]
    run -0 quorate tls inspect -w json
    [[ $(jq -r '.certificates[].verdict' <<<"$output" | sort -u) == good ]]
    # No key is in the state, the journal, or a log.
    run ! grep -rq "PRIVATE KEY" "$QUORATE_STATE"
    clients_start
    quorate tls disable --yes
    clients_saw "3.5.30 debian disable" http
    all_speak http https
    diff <(echo "$before") <(files_of_etcd)

    # Half-way: by a failing step, and the plan takes back what it did.
    quorate tls enable "${issuer[@]}" --yes
    quorate plan undo latest --yes
    all_speak http https
    diff <(echo "$before") <(files_of_etcd)
}

@test "flags, a configuration file of etcd's own, kubespray: to TLS and back under a writer" {
    begins 3.5.30 plain db1 db2:config-file db3:kubespray
    before=$(files_of_etcd)
    clients_start
    quorate tls enable "${issuer[@]}" --client-cert-auth --yes
    clients_saw "3.5.30 plain, config-file, kubespray enable" https
    all_speak https http
    run ! inside curl -sS --max-time 5 --cacert "$tls/ca.crt" "https://$(node_ip db2):2379/health"
    clients_start
    quorate tls disable --yes
    clients_saw "3.5.30 plain, config-file, kubespray disable" http
    all_speak http https
    # What was in a drop-in in between is gone with it.
    diff <(echo "$before") <(files_of_etcd)
}

# --- static pods and API servers ---

# An API server as far as a manifest, a process and a port go; of host NAME, with its folder of certificates or without.
api_server() {
    local name=$1 volumes=$2 image
    # shellcheck disable=SC2016 # the host's shell's
    node_sh "$name" sh -c 'cd /opt/images/etcd:* && cat >kube-apiserver && chmod 755 kube-apiserver' <<'PROGRAM'
#!/usr/bin/python3
import socket
import sys
import time

port = dict(word[2:].split("=", 1) for word in sys.argv[1:])["secure-port"]
time.sleep(0.5)
server = socket.create_server(("0.0.0.0", int(port)))
while True:
    server.accept()[0].close()
PROGRAM
    image=registry.k8s.io/$(node_sh "$name" sh -c 'basename /opt/images/etcd:*')
    {
        cat <<MANIFEST
# by hand
apiVersion: v1
kind: Pod
metadata:
  name: kube-apiserver
  namespace: kube-system
spec:
  containers:
  - command:
    - kube-apiserver
    - --etcd-servers=http://127.0.0.1:2379
    - --secure-port=6443
    image: $image
    name: kube-apiserver
MANIFEST
        [[ -z $volumes ]] || printf '    volumeMounts:\n    - mountPath: %s\n      name: k8s-certs\n      readOnly: true\n' "$volumes"
        echo '  hostNetwork: true'
        [[ -z $volumes ]] || printf '  volumes:\n  - hostPath:\n      path: %s\n      type: DirectoryOrCreate\n    name: k8s-certs\n' "$volumes"
    } | node_sh "$name" sh -c 'cat >/etc/kubernetes/api.yaml && mv /etc/kubernetes/api.yaml /etc/kubernetes/manifests/kube-apiserver.yaml'
    wait_for 60 api_listens "$name"
}

api_listens() {
    inside bash -c "exec 3<>/dev/tcp/$(node_ip "$1")/6443" 2>/dev/null
}

# Notes each moment at which neither API server listens, until 'enough' is there.
api_watch() {
    (
        while [[ ! -e $BATS_TEST_TMPDIR/enough ]]; do
            api_listens db2 || api_listens db3 || date +%s.%N >>"$BATS_TEST_TMPDIR/api-down"
            sleep 0.2
        done
    ) 3>&- &
}

# What etcd's manifest of db3 is without what kubeadm writes: no volume of certificates, asked at the client port.
pod_by_hand() {
    node_stop db3
    node_sh db3 sed -i -e '/listen-metrics-urls/d' -e 's/port: 2381/port: 2379/' \
        -e '/mountPath: .*pki/,/name: etcd-certs/d' -e '/- hostPath:/{N;/pki/{N;N;d}}' /etc/kubernetes/etcd.yaml
    node_sh db3 sh -c '! grep -q pki /etc/kubernetes/etcd.yaml'
    node_start db3
    nodes_wait_healthy 60 db3
}

api_words() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh "$1" sh -c 'tr "\0" "\n" <"/proc/$(pgrep -x kube-apiserver)/cmdline"'
}

# kubeadm's config map with this ClusterConfiguration, from standard input, behind the API server of a host.
kubeadm_map() {
    node_sh "$1" sh -c 'cat >/usr/local/bin/kubectl && chmod 755 /usr/local/bin/kubectl' <"$BATS_TEST_DIRNAME/kubectl"
    jq -Rs '{apiVersion: "v1", data: {ClusterConfiguration: .}, kind: "ConfigMap", metadata: {name: "kubeadm-config",
        namespace: "kube-system", resourceVersion: "41"}}' |
        node_sh "$1" sh -c 'mkdir -p /var/lib/kubectl-stand-in && cat >/var/lib/kubectl-stand-in/kubeadm-config.json'
    node_sh "$1" touch /etc/kubernetes/admin.conf
}

# What the map of a host says now.
kubeadm_says() {
    node_sh "$1" cat /var/lib/kubectl-stand-in/kubeadm-config.json | jq -j .data.ClusterConfiguration
}

@test "a unit and two pods with API servers: volumes, probes, flags and kubeadm's map change, the API stays up, and back" {
    begins 3.5.30 debian db1 db2:static-pod db3:static-pod
    pod_by_hand
    api_server db2 /etc/kubernetes/pki
    api_server db3 ''
    kubeadm_map db2 <<'CONFIGURATION'
apiServer:
  extraArgs:
    etcd-servers: http://127.0.0.1:2379,http://events.example:2379
apiVersion: kubeadm.k8s.io/v1beta3
clusterName: kubernetes
etcd:
  local:
    dataDir: /var/lib/etcd
    extraArgs:
      listen-client-urls: "http://0.0.0.0:2379" # 'any' address
      listen-metrics-urls: http://127.0.0.1:2381
      listen-peer-urls: http://0.0.0.0:2380
kind: ClusterConfiguration
kubernetesVersion: v1.28.4
CONFIGURATION
    kubeadm_says db2 >map-plain
    sed -e 's,http://127.0.0.1:2379,https://127.0.0.1:2379,' -e 's,http://0.0.0.0,https://0.0.0.0,' map-plain >map-tls
    before=$(files_of_etcd)
    clients_start
    api_watch
    quorate tls enable "${issuer[@]}" --client-cert-auth --yes >said 2>&1
    grep -q "have kubeadm's config map say https for etcd, by the API server on the host of db2" said
    run ! grep -q 'kubectl -n kube-system edit' said
    cmp map-tls <(kubeadm_says db2)
    touch enough
    clients_saw "3.5.30 a unit and two pods enable" https
    [[ ! -e api-down ]] || { echo "no API: $(wc -l <api-down) times"; false; }
    all_speak https http
    node_sh db3 grep -A12 livenessProbe /etc/kubernetes/manifests/etcd.yaml | grep -q 'port: 2381'
    for name in db2 db3; do
        [[ $(api_words $name | grep etcd-) == *"--etcd-servers=https://127.0.0.1:2379"*"--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt"* ]]
        [[ $(node_sh $name ls /etc/kubernetes/manifests | xargs) == "etcd.yaml kube-apiserver.yaml" ]]
        # Its certificate opens etcd.
        pki=$(node_root $name)/etc/kubernetes/pki
        inside curl -sS --cacert "$pki/etcd/ca.crt" --cert "$pki/apiserver-etcd-client.crt" \
            --key "$pki/apiserver-etcd-client.key" "https://$(node_ip $name):2379/health" | grep -q '"health":"true"'
    done
    # The probe has had time to fail.
    [[ $(node_sh db3 journalctl -u kubelet -o cat | grep -c 'liveness probe failed, 8') -eq 0 ]]
    # Nothing is undone over what somebody else has written there.
    kubeadm_map db2 <<<"another"
    run -18 quorate plan undo latest --yes
    [[ $output == *"db2: ClusterConfiguration of the config map kubeadm-config was changed by somebody else"* ]]
    kubeadm_map db2 <map-tls
    quorate plan undo latest --yes
    all_speak http https
    diff <(echo "$before") <(files_of_etcd)
    wait_for 60 api_listens db3
    cmp map-plain <(kubeadm_says db2)

    # And back by the other way, on which volumes and probes stay.
    quorate tls enable "${issuer[@]}" --client-cert-auth --yes
    cmp map-tls <(kubeadm_says db2)
    clients_start
    quorate tls disable --yes
    cmp map-plain <(kubeadm_says db2)
    clients_saw "3.5.30 a unit and two pods disable" http
    all_speak http https
    for name in db2 db3; do
        wait_for 60 api_listens $name
        [[ $(api_words $name | grep etcd-) == --etcd-servers=http://127.0.0.1:2379 ]]
    done
}

# goes_there_and_back VERSION: units with environment files.
goes_there_and_back() {
    begins "$1" debian db1 db2 db3
    before=$(files_of_etcd)
    clients_start
    quorate tls enable "${issuer[@]}" --yes
    clients_saw "$1 debian enable" https
    all_speak https http
    clients_start
    quorate tls disable --yes
    clients_saw "$1 debian disable" http
    all_speak http https
    diff <(echo "$before") <(files_of_etcd)
}

@test "another version: 3.4.23, whose client port changes at once" {
    goes_there_and_back 3.4.23
}

@test "another version: 3.6.16" {
    goes_there_and_back 3.6.16
}

@test "another version: 3.7.3" {
    goes_there_and_back 3.7.3
}

# --- what passes between peers ---

# overhear NAME: what passes at its peer port, from a write on, and while it is started anew.
overhear() {
    rm -f overheard*
    inside "$BATS_TEST_DIRNAME/overhear" "vb-$1" "$PWD/overheard" 2380 3>&- &
    wait_for 20 test -e overheard
    node_sh "$1" systemctl restart etcd
    wait_for 60 etcdctl_on "$2" "$1" endpoint health
    etcdctl_on "$2" "$1" put secret "overheard by $2"
    touch overheard.stop
    wait_for 20 test -s overheard.json
    tell "peers by $2: $(<overheard.json)"
}

# A member that starts dials others where they were listed at its last snapshot, until it has read its log: by http, which
# they do not take any more.
@test "peers talk TLS afterwards: nothing of a write is overheard, and plain HTTP is not answered" {
    begins 3.5.30 debian db1 db2:config-file db3:static-pod
    overhear db1 http
    grep -aq "overheard by http" overheard
    grep -aq "HTTP/1.1 200" overheard
    jq -e '.connections > 0 and .tls == 0' overheard.json
    quorate tls enable "${issuer[@]}" --yes
    overhear db1 https
    jq -e '.tls >= 8' overheard.json
    jq -e '.others | all(endswith("'"b'GET /raft/stream/message'"'") or endswith("'"b'GET /raft/stream/msgapp/'"'"))' overheard.json
    run ! grep -aqE "overheard by|HTTP/1.1 200|POST /raft" overheard
    # It was sent.
    [[ $(etcdctl_on https db2 get secret --print-value-only) == "overheard by https" ]]
}

# --- what is refused before any restart ---

# put_pair NAME WHICH FILES: server or peer.
put_pair() {
    put "$1" "/etc/etcd/pki/$2.crt" "$3.crt"
    put "$1" "/etc/etcd/pki/$2.key" "$3.key" 600
}

put_good() {
    put "$1" /etc/etcd/pki/ca.crt ca.crt
    node_sh "$1" chown root: /etc/etcd/pki
    node_sh "$1" chmod 755 /etc/etcd/pki
    put_pair "$1" server "good-$1"
    put_pair "$1" peer "good-$1"
}

# refused CAUSE TEXT: with the file, what is wrong and the mend; nobody was restarted.
refused() {
    local refusal
    run quorate --cacert ca.crt --cert client.crt --key client.key tls enable --client-cert-auth --yes -w json
    [[ $status -ne 0 ]]
    refusal=$(grep '^{"error"' <<<"$output" | jq -c .error)
    [[ $(jq -r .cause <<<"$refusal") == "$1" ]] || { echo "$output" && return 1; }
    [[ $(jq -r .text <<<"$refusal") == *"db2: '/etc/etcd/pki/"*"$2"* ]] || { echo "$output" && return 1; }
    [[ -n $(jq -r .hint <<<"$refusal") && $(pids) == "$process" ]]
    put_good db2
}

pids() {
    local name
    for name in db1 db2 db3; do
        node_sh $name pgrep -x etcd
    done | xargs
}

@test "each mistake in certificates that were brought by hand is refused before any restart; good ones are taken" {
    local process names name
    begins 3.5.30 debian db1 db2 db3
    before=$(files_of_etcd)
    process=$(pids)
    certs_authority ca
    certs_leaf client ca DNS:client clientAuth
    for name in db1 db2 db3; do
        certs_leaf "good-$name" ca "IP:$(node_ip $name),DNS:$name,IP:127.0.0.1,DNS:localhost"
        put_good $name
    done
    names=IP:$(node_ip db2),DNS:db2,IP:127.0.0.1,DNS:localhost

    certs_leaf expired ca "$names" '' '-2 days' '-1 hour'
    put_pair db2 server expired
    refused certificate-expired "it ended at"
    certs_leaf future ca "$names" '' '1 hour' '2 hours'
    put_pair db2 server future
    refused certificate-not-yet-valid "it begins at"
    certs_leaf server ca "$names" serverAuth
    put_pair db2 peer server
    refused certificate-no-client-usage "(clientAuth)"
    certs_leaf onlyclient ca "$names" clientAuth
    put_pair db2 peer onlyclient
    refused certificate-no-server-usage "(serverAuth)"
    certs_leaf elsewhere ca IP:10.0.0.1,DNS:db9
    put_pair db2 server elsewhere
    refused certificate-name-missing "lack"
    put db2 /etc/etcd/pki/peer.key good-db1.key 600
    refused certificate-key-mismatch "the key beside it is another's"
    certs_authority stranger
    certs_leaf strange stranger "$names"
    put_pair db2 peer strange
    refused certificate-wrong-ca "'CN=stranger' issued it"
    node_sh db2 chown root: /etc/etcd/pki/server.key
    refused file-unreadable "user 'etcd', as whom etcd runs, cannot read it"
    node_sh db2 sh -c 'chown root: /etc/etcd/pki && chmod 700 /etc/etcd/pki'
    refused file-unreadable "is in the way"
    node_sh db2 rm /etc/etcd/pki/peer.crt
    refused file-missing "there is no such file"
    head -c 200 ca.crt >torn
    put db2 /etc/etcd/pki/server.crt torn
    refused file-damaged "is damaged"

    # Nor by a port that somebody has, or a firewall closes.
    node_take_port db3 2390
    run quorate --cacert ca.crt tls enable --spare-peer-port 2390 --yes
    [[ $status -ne 0 && $output == *"port 2390 of 'db3' is taken on its host"* ]] || { echo "$output"; false; }
    node_free_port db3 2390
    inside nft add chain bridge bench wall '{ type filter hook forward priority 1; }'
    inside nft add rule bridge bench wall ip daddr "$(node_ip db1)" tcp dport 2391 drop
    run quorate --cacert ca.crt tls enable --spare-peer-port 2391 --yes
    [[ $status -ne 0 && $output == *"does not reach https://10.99.0.11:2391"* ]] || { echo "$output"; false; }
    inside nft flush chain bridge bench wall
    [[ $(pids) == "$process" ]]
    diff <(echo "$before") <(files_of_etcd)

    # And good ones are taken as they are, without an authority's key.
    quorate --cacert ca.crt --cert client.crt --key client.key tls enable --client-cert-auth --yes
    [[ $(node_sh db2 sha256sum /etc/etcd/pki/server.crt | cut -d' ' -f1) == "$(sha256sum good-db2.crt | cut -d' ' -f1)" ]]
    [[ $(quorate get color --print-value-only) == green ]]
}
