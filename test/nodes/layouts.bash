# shellcheck shell=bash
#
# How etcd runs on a host, in the ways that are found in the field. Part of test/harness/nodes.bash.

node_layout() {
    local name=$1 layout=$2
    "_layout_${layout//-/_}" "$name" || return 1
    echo "$layout" >"$(nodes_dir)/$name/layout"
}

node_start() {
    node_sh "$1" systemctl enable --quiet --no-block --now etcd
}

node_stop() {
    node_sh "$1" systemctl disable --quiet --now etcd
}

# --- below: for this file only -----------------------------------------------------------------

# Debian's package: its unit, /etc/default/etcd, data in /var/lib/etcd/default as the unit says.
_layout_debian() {
    local name=$1 setting
    _layout_settings "$name" | while IFS='=' read -r setting value; do
        setting=${setting//-/_}
        echo "ETCD_${setting^^}=\"$value\""
    done | _node_write "$name" /etc/default/etcd 644
}

# A line NAME=VALUE for each setting that every layout has.
_layout_settings() {
    local name=$1 ip
    ip=$(node_ip "$name")
    cat <<SETTINGS
name=$name
listen-client-urls=http://$ip:2379,http://127.0.0.1:2379
advertise-client-urls=http://$ip:2379
listen-peer-urls=http://$ip:2380
initial-advertise-peer-urls=http://$ip:2380
initial-cluster=$(_layout_initial_cluster)
initial-cluster-token=bench
initial-cluster-state=new
SETTINGS
}

_layout_initial_cluster() {
    local name members=()
    while read -r name; do
        members+=("$name=http://$(node_ip "$name"):2380")
    done <"$(nodes_dir)/members"
    (IFS=,; echo "${members[*]}")
}

# _node_write NAME PATH MODE: a file on a host, from standard input.
_node_write() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh "$1" sh -c 'mkdir -p "$(dirname "$0")" && cat >"$0" && chmod "$1" "$0"' "$2" "$3"
}
