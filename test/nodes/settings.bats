#!/usr/bin/env bats
#
# What quorate reads of a host's files is what etcd went by when it started: the command line and the environment of its
# process, and what its own log says (test/harness/service_probe.c).

bats_require_minimum_version 1.5.0

load ../harness/nodes

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    export NODES_KUBELET_SYNC_S=3 NODES_KUBELET_BACKOFF_S=1
    local build
    build=$(dirname "$QUORATE")
    ninja -C "$build" test/harness/service_probe >&2
    export PROBE=$build/test/harness/service_probe XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR
    nodes_up 1
    # Since 3.5 the log of the start is JSON, and names each variable.
    node_etcd_version db1 3.5.30
}

teardown_file() {
    nodes_down
}

teardown() {
    nodes_clear db1
}

# told UNIT: NAME=VALUE for each setting that quorate has in force.
told() {
    inside "$PROBE" ssh://root@db1 "$1" settings | sed 's/ [^ ]*:[0-9]*$//' | sort
}

# Of the process that runs: NAME=VALUE for each flag and variable.
process_settings() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh db1 sh -c 'tr "\0" "\n" <"/proc/$(pgrep -x etcd)/cmdline"' | sed 1d |
        awk '/^--[^=]*=/ { sub("^--", ""); print; next } /^--/ { sub("^--", ""); name = $0; getline; print name "=" $0 }'
    # shellcheck disable=SC2016 # the host's shell's
    node_sh db1 sh -c 'tr "\0" "\n" <"/proc/$(pgrep -x etcd)/environ"' | grep '^ETCD_' | variables
}

# ETCD_SOME_NAME=VALUE as some-name=VALUE.
variables() {
    awk '{ at = index($0, "="); name = tolower(substr($0, 6, at - 6)); gsub("_", "-", name)
        print name "=" substr($0, at + 1) }'
}

# The lines of JSON that etcd wrote since it was started last.
etcd_log() {
    if [[ $1 == /* ]]; then
        node_sh db1 sh -c 'cat /var/log/pods/*/etcd/*.log' | sed 's/^[^{]*//'
    else
        # shellcheck disable=SC2016 # the host's shell's
        node_sh db1 sh -c 'journalctl --no-pager -o cat "_SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID etcd)"'
    fi | grep '^{'
}

# server_says LOG: NAME=VALUE of what the server took up, as flags write it, and nothing that is empty.
server_says() {
    jq -r 'def list: map(tostring) | sort | join(",");
        def ms: if test("^[0-9]+ms$") then rtrimstr("ms") else (rtrimstr("s") | tonumber * 1000 | tostring) end;
        def tls($prefix): .["tls-info"] | split(", ") | map(split(" = ") | select(length == 2 and .[1] != "")
            | {"cert": "cert-file", "key": "key-file", "trusted-ca": "trusted-ca-file",
               "client-cert-auth": "client-cert-auth"}[.[0]] as $flag
            | select($flag != null and .[1] != "false") | $prefix + $flag + "=" + .[1]) | .[];
        if .msg == "starting an etcd server" then
            (["name", "data-dir", "initial-cluster", "initial-cluster-state", "initial-cluster-token"][] as $key
                | $key + "=" + .[$key]),
            "wal-dir=" + .["wal-dir-dedicated"],
            (["listen-peer-urls", "listen-client-urls", "listen-metrics-urls", "advertise-client-urls",
              "initial-advertise-peer-urls"][] as $key | $key + "=" + (.[$key] | list)),
            (["snapshot-count", "quota-backend-bytes"][] as $key | $key + "=" + (.[$key] | tostring)),
            (["heartbeat-interval", "election-timeout"][] as $key | $key + "=" + (.[$key] | ms))
        elif .msg == "starting with peer TLS" then tls("peer-")
        elif .msg == "starting with client TLS" then tls("")
        else empty end | select(endswith("=") | not)' <<<"$1" | sort -u
}

# Lists in one order.
in_order() {
    while IFS='=' read -r name value; do
        if [[ $name == *-urls ]]; then
            value=$(tr ',' '\n' <<<"$value" | sort | paste -sd,)
        fi
        echo "$name=$value"
    done
}

# agrees UNIT: the server's log has each setting that it tells of as quorate has it, or as a default.
agrees() {
    local told says name names
    told=$(told "$1" | in_order)
    says=$(server_says "$(etcd_log "$1")")
    [[ $(wc -l <<<"$says") -ge 10 ]]
    mapfile -t names < <(cut -d= -f1 <<<"$says")
    for name in "${names[@]}"; do
        if grep -q "^$name=" <<<"$told"; then
            diff <(grep "^$name=" <<<"$told") <(grep "^$name=" <<<"$says")
        else
            # What nobody has set: etcd's own defaults.
            [[ $name =~ ^(snapshot-count|quota-backend-bytes|heartbeat-interval|election-timeout)$ ]]
        fi
    done
}

# The variables that etcd says it took up.
agrees_variables() {
    diff <(told etcd) <(etcd_log etcd | jq -r 'select(.msg == "recognized and used environment variable")
        | .["variable-name"] + "=" + .["variable-value"]' | variables | sort)
}

@test "Debian's package: environment of the unit and of /etc/default/etcd" {
    nodes_cluster --tls debian db1
    diff <(told etcd) <(process_settings | sort)
    agrees_variables
    agrees etcd
}

@test "kubespray's /etc/etcd.env" {
    nodes_cluster --tls kubespray db1
    diff <(told etcd) <(process_settings | sort)
    agrees_variables
    agrees etcd
    told etcd | grep -x election-timeout=5000
}

@test "flags of a unit over several lines, with blanks and quotes, and a drop-in" {
    NODES_DATA_DIR="/srv/etcd data/o'hara \"1\" 100%" nodes_cluster --tls plain db1
    diff <(told etcd) <(process_settings | sort)
    agrees etcd
    told etcd | grep -x quota-backend-bytes=4294967296
}

@test "etcd's own configuration file" {
    nodes_cluster --tls config-file db1
    agrees etcd
    told etcd | grep -x wal-dir=/var/lib/etcd-wal/db1
}

@test "a static pod's manifest" {
    nodes_cluster --tls static-pod db1
    diff <(told /etc/kubernetes/manifests/etcd.yaml) <(process_settings | sort)
    agrees /etc/kubernetes/manifests/etcd.yaml
}
