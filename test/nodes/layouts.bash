# shellcheck shell=bash
#
# How etcd runs on a host, in the ways that are found in the field. Part of test/harness/nodes.bash.
#
#   debian       Debian's package: its unit, /etc/default/etcd; data in /var/lib/etcd/default
#   kubespray    /etc/systemd/system/etcd.service, /etc/etcd.env, /usr/local/bin/etcd; certificates in
#                /etc/ssl/etcd/ssl; data in /var/lib/etcd
#   plain        flags in a unit of its own, over several lines, and a drop-in; data in /var/lib/etcd
#   config-file  a unit with --config-file /etc/etcd/etcd.conf.yml; data in /var/lib/etcd/NAME, the log
#                apart in /var/lib/etcd-wal/NAME (etcd makes it beside its place, and renames it)
#   static-pod   kubeadm's manifest in /etc/kubernetes/manifests, run by a stand-in for the kubelet;
#                certificates in /etc/kubernetes/pki/etcd; data in /var/lib/etcd
#   process      a bare process of root, started by nobody in particular; data in /srv/etcd
#
# NODES_DATA_DIR puts the data elsewhere, NODES_WAL_DIR the log of config-file. With NODES_SNAPSHOT_COUNT Debian's and pods have that --snapshot-count. All settings come from one list, so that the layouts differ in
# where they write it and in nothing else.

node_layout() {
    local name=$1 layout=$2
    "_layout_${layout//-/_}" "$name" || return 1
    echo "$layout" >"$(nodes_dir)/$name/layout"
}

node_start() {
    case $(<"$(nodes_dir)/$1/layout") in
        static-pod)
            node_sh "$1" systemctl enable --quiet --no-block --now kubelet
            node_sh "$1" mv $_layout_parked $_layout_manifest
            ;;
        process) node_sh "$1" setsid -f sh /root/start-etcd ;;
        *) node_sh "$1" systemctl enable --quiet --no-block --now etcd ;;
    esac
}

node_certificates() {
    local name=$1 kubespray=/etc/ssl/etcd/ssl
    case $2 in
        static-pod)
            _layout_certificates "$name" /etc/kubernetes/pki/etcd/{ca.crt,server.crt,server.key,peer.crt,peer.key} root
            ;;
        kubespray)
            _layout_certificates "$name" $kubespray/ca.pem "$kubespray/member-$name.pem" \
                "$kubespray/member-$name-key.pem" "$kubespray/member-$name.pem" "$kubespray/member-$name-key.pem" etcd
            ;;
        process) _layout_certificates "$name" /etc/etcd/tls/{ca.crt,server.crt,server.key,peer.crt,peer.key} root ;;
        *) _layout_certificates "$name" /etc/etcd/tls/{ca.crt,server.crt,server.key,peer.crt,peer.key} etcd ;;
    esac
}

# Its etcd, as images are found there; nothing of it is in the manifests directory.
node_kubelet() {
    local name=$1
    node_layout "$name" static-pod || return 1
    node_sh "$name" rm -rf "$_layout_parked" /etc/kubernetes/pki /var/lib/etcd
    node_sh "$name" systemctl enable --quiet --no-block --now kubelet
}

# Returns when no etcd runs there, and nothing will start one.
node_stop() {
    case $(<"$(nodes_dir)/$1/layout") in
        static-pod) node_sh "$1" mv $_layout_manifest $_layout_parked ;;
        process) node_sh "$1" pkill -x etcd ;;
        *) node_sh "$1" systemctl disable --quiet --now etcd ;;
    esac
    wait_for 60 _layout_no_etcd "$1"
}

nodes_clear() {
    local name
    for name; do
        [[ -d $(nodes_dir)/$name ]] || continue
        # shellcheck disable=SC2016 # the host's shell's
        node_sh "$name" sh -c '
            systemctl disable --quiet --now etcd kubelet
            pkill -KILL -f "stand-in (run|shim)"
            pkill -KILL -x etcd
            while pgrep -x etcd >/dev/null; do sleep 0.1; done
            rm -rf /var/lib/etcd/* /var/lib/etcd.* /var/lib/etcd-wal /srv/etcd* /etc/etcd* /etc/ssl/etcd /etc/kubernetes \
                /etc/systemd/system/etcd*.service* /etc/systemd/system/*.wants/etcd*.service /run/kubelet-stand-in \
                /var/log/pods /var/log/containers /var/lib/quorate /usr/local/bin/kubectl /var/lib/kubectl-stand-in
            : >/etc/default/etcd
            mkdir -p /var/lib/etcd
            chown etcd: /var/lib/etcd
            systemctl daemon-reload
            systemctl reset-failed' 2>/dev/null || true
        rm -f "$(nodes_dir)/$name/layout"
    done
}

# --- below: for this file only -----------------------------------------------------------------

_layout_manifest=/etc/kubernetes/manifests/etcd.yaml
_layout_parked=/etc/kubernetes/etcd.yaml

_layout_no_etcd() {
    ! node_sh "$1" pgrep -x etcd >/dev/null
}

_layout_debian() {
    local name=$1
    [[ -z ${NODES_DATA_DIR:-} ]] || _layout_data_dir "$name" "$NODES_DATA_DIR" etcd
    node_certificates "$name" debian
    _layout_settings "$name" ${NODES_DATA_DIR:+"data-dir=$NODES_DATA_DIR"} \
        ${NODES_SNAPSHOT_COUNT:+"snapshot-count=$NODES_SNAPSHOT_COUNT"} | _layout_environment |
        _node_write "$name" /etc/default/etcd
}

_layout_kubespray() {
    local name=$1 data=${NODES_DATA_DIR:-/var/lib/etcd}
    _layout_data_dir "$name" "$data" etcd
    node_certificates "$name" kubespray
    node_sh "$name" cp /usr/bin/etcd /usr/local/bin/etcd
    {
        echo "# Environment file for etcd"
        _layout_settings "$name" "data-dir=$data" metrics=basic election-timeout=5000 \
            heartbeat-interval=250 auto-compaction-retention=8 snapshot-count=10000 | _layout_environment
    } | _node_write "$name" /etc/etcd.env
    _node_write "$name" /etc/systemd/system/etcd.service <<'UNIT'
[Unit]
Description=etcd
After=network.target

[Service]
Type=notify
User=etcd
EnvironmentFile=/etc/etcd.env
ExecStart=/usr/local/bin/etcd
NotifyAccess=all
Restart=always
RestartSec=10s
LimitNOFILE=40000

[Install]
WantedBy=multi-user.target
UNIT
    node_sh "$name" systemctl daemon-reload
}

_layout_plain() {
    local name=$1 data=${NODES_DATA_DIR:-/var/lib/etcd}
    _layout_data_dir "$name" "$data" etcd
    node_certificates "$name" plain
    {
        printf '[Unit]\nDescription=etcd\nAfter=network-online.target\n\n'
        printf '[Service]\nType=notify\nUser=etcd\nRestart=on-failure\nRestartSec=5\nLimitNOFILE=40000\n'
        printf 'ExecStart=/usr/bin/etcd'
        _layout_settings "$name" "data-dir=$data" | _layout_unit_words
        printf '\n\n[Install]\nWantedBy=multi-user.target\n'
    } | _node_write "$name" /etc/systemd/system/etcd.service
    printf '[Service]\n# quota of this site\nEnvironment="ETCD_QUOTA_BACKEND_BYTES=4294967296"\n' |
        _node_write "$name" /etc/systemd/system/etcd.service.d/10-quota.conf
    node_sh "$name" systemctl daemon-reload
}

_layout_config_file() {
    local name=$1 data=${NODES_DATA_DIR:-/var/lib/etcd/$1} wal=${NODES_WAL_DIR:-/var/lib/etcd-wal}
    _layout_data_dir "$name" "$data" etcd
    _layout_data_dir "$name" "$wal" etcd
    node_certificates "$name" config-file
    {
        printf '# etcd of %s\n' "$name"
        _layout_settings "$name" "data-dir=$data" "wal-dir=$wal/$name" | _layout_yaml
    } | _node_write "$name" /etc/etcd/etcd.conf.yml
    _node_write "$name" /etc/systemd/system/etcd.service <<'UNIT'
[Unit]
Description=etcd
After=network-online.target

[Service]
Type=notify
User=etcd
ExecStart=/usr/bin/etcd --config-file /etc/etcd/etcd.conf.yml
Restart=on-failure
RestartSec=5
LimitNOFILE=40000

[Install]
WantedBy=multi-user.target
UNIT
    node_sh "$name" systemctl daemon-reload
}

_layout_static_pod() {
    local name=$1 pki=/etc/kubernetes/pki/etcd data=${NODES_DATA_DIR:-/var/lib/etcd} image
    _layout_data_dir "$name" "$data" root
    node_certificates "$name" static-pod
    image=$(_layout_image "$name") || return 1
    _layout_settings "$name" "data-dir=$data" "snapshot-count=${NODES_SNAPSHOT_COUNT:-10000}" \
        listen-metrics-urls=http://127.0.0.1:2381 | _layout_pod "$name" "$image" "$data" "$pki" |
        _node_write "$name" $_layout_parked 600
    # shellcheck disable=SC2154 # set by our user
    inside install -m 755 "$_nodes_here/kubelet" "$(node_root "$name")/usr/local/bin/kubelet-stand-in"
    printf 'KUBELET_SYNC_S=%s\nKUBELET_BACKOFF_S=%s\n' "${NODES_KUBELET_SYNC_S:-20}" \
        "${NODES_KUBELET_BACKOFF_S:-10}" | _node_write "$name" /etc/default/kubelet
    _node_write "$name" /etc/systemd/system/kubelet.service <<'UNIT'
[Unit]
Description=Stand-in for the kubelet: static pods only
After=network-online.target

[Service]
EnvironmentFile=/etc/default/kubelet
ExecStart=/usr/local/bin/kubelet-stand-in run
Restart=always
# Containers outlive a restart of the kubelet.
KillMode=process

[Install]
WantedBy=multi-user.target
UNIT
    node_sh "$name" mkdir -p /etc/kubernetes/manifests
    node_sh "$name" systemctl daemon-reload
}

_layout_process() {
    local name=$1 data=${NODES_DATA_DIR:-/srv/etcd}
    _layout_data_dir "$name" "$data" root
    node_certificates "$name" process
    {
        printf 'exec /usr/bin/etcd'
        _layout_settings "$name" "data-dir=$data" | while IFS='=' read -r setting value; do
            printf ' --%s%s%q' "$setting" "$(_layout_between "$value")" "$value"
        done
        printf ' >>/var/log/etcd.log 2>&1 </dev/null\n'
    } | _node_write "$name" /root/start-etcd
}

# --- the list, and how each place writes it ----------------------------------------------------

# A line NAME=VALUE for each setting that every layout has, then those given.
_layout_settings() {
    local name=$1 ip scheme tls
    ip=$(node_ip "$name")
    scheme=$(_nodes_scheme)
    tls=$(nodes_dir)/$name/tls
    shift
    cat <<SETTINGS
name=$name
listen-client-urls=$scheme://$ip:2379,$scheme://127.0.0.1:2379
advertise-client-urls=$scheme://$ip:2379
listen-peer-urls=$scheme://$ip:2380
initial-advertise-peer-urls=$scheme://$ip:2380
initial-cluster=$(_layout_initial_cluster "$scheme")
initial-cluster-token=bench
initial-cluster-state=${_nodes_initial_state:-new}
SETTINGS
    [[ $scheme == http ]] || cat "$tls"
    [[ $# -eq 0 ]] || printf '%s\n' "$@"
}

_layout_initial_cluster() {
    local scheme=$1 name members=()
    while read -r name; do
        members+=("$name=$scheme://$(node_ip "$name"):2380")
    done <"$(nodes_dir)/members"
    (IFS=,; echo "${members[*]}")
}

# An environment file, as systemd reads it.
_layout_environment() {
    local setting value
    while IFS='=' read -r setting value; do
        setting=${setting//-/_}
        value=${value//\\/\\\\}
        value=${value//\"/\\\"}
        echo "ETCD_${setting^^}=\"$value\""
    done
}

# A boolean has its value behind '=': as a word of its own etcd refuses it.
_layout_between() {
    case $1 in
        true | false) echo '=' ;;
        *) echo ' ' ;;
    esac
}

# Words of an ExecStart, each on a line of its own.
_layout_unit_words() {
    local setting value
    while IFS='=' read -r setting value; do
        value=${value//\\/\\\\}
        value=${value//\"/\\\"}
        value=${value//%/%%}
        value=${value//\$/\$\$}
        [[ $value != *[[:space:]\'\"\\]* ]] || value="\"$value\""
        printf " \\\\\n  --%s%s%s" "$setting" "$(_layout_between "$value")" "$value"
    done
}

# etcd's own file: TLS settings stand under two keys, and what is a list on the command line is text.
_layout_yaml() {
    local setting value lines
    lines=$(cat)
    while IFS='=' read -r setting value; do
        printf '%s: %s\n' "$setting" "$(_layout_quoted "$value")"
    done < <(grep -vE '^(peer-)?(cert|key|trusted-ca)-file=|client-cert-auth=' <<<"$lines")
    _layout_yaml_tls client-transport-security '' "$lines"
    _layout_yaml_tls peer-transport-security peer- "$lines"
}

_layout_yaml_tls() {
    local key=$1 prefix=$2 lines=$3 setting value
    lines=$(grep -E "^$prefix(cert-file|key-file|trusted-ca-file|client-cert-auth)=" <<<"$lines") || return 0
    printf '%s:\n' "$key"
    while IFS='=' read -r setting value; do
        [[ $setting == *client-cert-auth ]] || value=$(_layout_quoted "$value")
        printf '  %s: %s\n' "${setting#"$prefix"}" "$value"
    done <<<"$lines"
}

# kubeadm's manifest.
_layout_pod() {
    local name=$1 image=$2 data=$3 pki=$4 ip setting value
    ip=$(node_ip "$name")
    cat <<MANIFEST
apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubeadm.kubernetes.io/etcd.advertise-client-urls: $(_nodes_scheme)://$ip:2379
  labels:
    component: etcd
    tier: control-plane
  name: etcd
  namespace: kube-system
spec:
  containers:
  - command:
    - etcd
MANIFEST
    while IFS='=' read -r setting value; do
        value=--$setting=$value
        [[ $value != *[[:space:]\'\"\\]* ]] || value=$(_layout_quoted "$value")
        echo "    - $value"
    done
    cat <<MANIFEST
    image: $image
    imagePullPolicy: IfNotPresent
    livenessProbe:
      failureThreshold: 8
      httpGet:
        host: 127.0.0.1
        path: /health?exclude=NOSPACE&serializable=true
        port: 2381
        scheme: HTTP
      initialDelaySeconds: 10
      periodSeconds: 10
      timeoutSeconds: 15
    name: etcd
    resources:
      requests:
        cpu: 100m
        memory: 100Mi
    volumeMounts:
    - mountPath: $(_layout_quoted "$data")
      name: etcd-data
    - mountPath: $pki
      name: etcd-certs
  hostNetwork: true
  priority: 2000001000
  priorityClassName: system-node-critical
  volumes:
  - hostPath:
      path: $pki
      type: DirectoryOrCreate
    name: etcd-certs
  - hostPath:
      path: $(_layout_quoted "$data")
      type: DirectoryOrCreate
    name: etcd-data
status: {}
MANIFEST
}

# Plain where YAML allows it, as kubeadm and people write it.
_layout_quoted() {
    if [[ $1 =~ ^[A-Za-z/][A-Za-z0-9_./:=,-]*$ ]]; then
        echo "$1"
    else
        jq -n --arg text "$1" '$text'
    fi
}

# The host's etcd as the stand-in finds images.
_layout_image() {
    local version image
    version=$(node_sh "$1" /usr/bin/etcd --version | sed -n 's/^etcd Version: *//p')
    image=/opt/images/etcd:$version-0
    # shellcheck disable=SC2016 # the host's shell's
    node_sh "$1" sh -c 'mkdir -p "$0" && cp /usr/bin/etcd* "$0/"' "$image" || return 1
    echo "registry.k8s.io/etcd:$version-0"
}

_layout_data_dir() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh "$1" sh -c 'mkdir -p "$0" && chown "$1": "$0" && chmod 700 "$0"' "$2" "$3"
}

# _layout_certificates NAME CA SERVER SERVER-KEY PEER PEER-KEY OWNER: puts the host's certificates there,
# and notes the settings that name them. One for both usages, as etcd's gateway needs it.
_layout_certificates() {
    local name=$1 ca=$2 server=$3 server_key=$4 peer=$5 peer_key=$6 owner=$7 from path
    [[ $(_nodes_scheme) == https ]] || return 0
    from=$(_nodes_certificate "$name") || return 1
    _node_write "$name" "$ca" <"$(nodes_dir)/tls/ca.crt"
    for path in "$server" "$peer"; do
        _node_write "$name" "$path" <"$from.crt"
    done
    for path in "$server_key" "$peer_key"; do
        _node_write "$name" "$path" 600 <"$from.key"
        node_sh "$name" chown "$owner": "$path"
    done
    cat >"$(nodes_dir)/$name/tls" <<SETTINGS
trusted-ca-file=$ca
cert-file=$server
key-file=$server_key
client-cert-auth=true
peer-trusted-ca-file=$ca
peer-cert-file=$peer
peer-key-file=$peer_key
peer-client-cert-auth=true
SETTINGS
}

# _node_write NAME PATH [MODE]: a file on a host, from standard input.
_node_write() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh "$1" sh -c 'mkdir -p "$(dirname "$0")" && cat >"$0" && chmod "$1" "$0"' "$2" "${3:-644}"
}
