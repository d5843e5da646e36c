#!/usr/bin/env bats
#
# The kubelet's stand-in has the habits for which it is here. See the top of test/nodes/kubelet.

load ../harness/nodes

manifests=/etc/kubernetes/manifests

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
    export NODES_ROOT=$BATS_FILE_TMPDIR NODES_KUBELET_SYNC_S=3 NODES_KUBELET_BACKOFF_S=1
    nodes_up 1
}

teardown_file() {
    nodes_down
}

setup() {
    nodes_cluster static-pod db1
}

teardown() {
    node_sh db1 journalctl -u kubelet -n 30 -o cat
    nodes_clear db1
}

etcd_pid() {
    node_sh db1 pgrep -x etcd
}

runs_with() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh db1 sh -c 'tr "\0" "\n" <"/proc/$(pgrep -x etcd)/cmdline"' | grep -qx -e "$1"
}

# Whether the running etcd is another one than PID.
is_another() {
    local now
    now=$(etcd_pid) && [[ $now != "$1" ]]
}

# edit FILE FROM TO: as sed does it in place, with a temporary file whose name no glob of theirs sees.
edit() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh db1 sed "s/$2/$3/" "$manifests/etcd.yaml" | node_sh db1 sh -c 'cat >"$0/.new" && mv "$0/.new" "$1"' \
        "$manifests" "$manifests/$1"
}

@test "a changed manifest is another pod; the old pod's logs go with it" {
    local before logs
    before=$(etcd_pid)
    logs=$(node_sh db1 ls /var/log/pods)
    edit etcd.yaml snapshot-count=10000 snapshot-count=5000
    wait_for 40 is_another "$before"
    runs_with --snapshot-count=5000
    [[ $(node_sh db1 ls /var/log/pods) != "$logs" ]]
    [[ $(node_sh db1 ls /var/log/pods | wc -l) -eq 1 ]]
}

@test "a backup copy beside the manifest takes its place; a dot file does not" {
    edit .etcd.yaml.orig snapshot-count=10000 snapshot-count=1111
    edit etcd.yaml.bak snapshot-count=10000 snapshot-count=2222
    wait_for 40 runs_with --snapshot-count=2222
    node_sh db1 rm $manifests/etcd.yaml.bak
    wait_for 40 runs_with --snapshot-count=10000
}

@test "a manifest that cannot be read ends the pod at the next listing" {
    node_sh db1 sh -c "echo '  broken: [' >>$manifests/etcd.yaml"
    wait_for 40 _layout_no_etcd db1
}

@test "a container that dies is started again, with a log of its own" {
    local before
    before=$(etcd_pid)
    node_sh db1 kill -KILL "$before"
    wait_for 40 is_another "$before"
    node_sh db1 sh -c 'ls /var/log/pods/*/etcd/0.log /var/log/pods/*/etcd/1.log'
}

@test "a restart of the kubelet leaves containers alone" {
    local before
    before=$(etcd_pid)
    node_sh db1 systemctl restart kubelet
    sleep 3
    [[ $(etcd_pid) == "$before" ]]
    node_sh db1 mv $manifests/etcd.yaml /etc/kubernetes/
    wait_for 40 _layout_no_etcd db1
}

@test "a path without a volume is not there" {
    node_sh db1 sh -c "mkdir -p /srv/wal && chmod 700 /srv/wal"
    edit etcd.yaml '    - --name=db1' '    - --name=db1\n    - --wal-dir=\/srv\/wal'
    wait_for 40 runs_with --wal-dir=/srv/wal
    nodes_wait_healthy 40 db1 || true
    [[ -z $(node_sh db1 ls /srv/wal) ]]
}

@test "a hostPath that must exist, and does not, keeps the container from starting" {
    edit etcd.yaml 'path: \/var\/lib\/etcd$' 'path: \/srv\/none'
    edit etcd.yaml 'type: DirectoryOrCreate' 'type: Directory'
    wait_for 40 _layout_no_etcd db1
    sleep 3
    _layout_no_etcd db1
    node_sh db1 journalctl -u kubelet -o cat | grep -F "hostPath '/srv/none' is not there"
}
