#!/usr/bin/env bats
#
# etcd as a static pod on a host over ssh: stopped, started and changed by files alone (test/harness/service_probe.c).

bats_require_minimum_version 1.5.0

load ../harness/nodes

manifests=/etc/kubernetes/manifests
manifest=$manifests/etcd.yaml
kept=/var/lib/quorate/kept/7.json

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    export NODES_KUBELET_SYNC_S=3 NODES_KUBELET_BACKOFF_S=1
    local build
    build=$(dirname "$QUORATE")
    ninja -C "$build" test/harness/service_probe >&2
    export PROBE=$build/test/harness/service_probe
    export XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR
    nodes_up 1
    nodes_cluster static-pod db1
}

teardown_file() {
    nodes_down
}

probe() {
    inside "$PROBE" ssh://root@db1 "$manifest" "$@"
}

# Each file below /etc/kubernetes but certificates, with hash, owner and mode.
files() {
    node_sh db1 sh -c 'cd /etc/kubernetes && find . -path ./pki -prune -o -printf "%p %u:%g %m\n" | sort
        find . -path ./pki -prune -o -type f -exec sha256sum {} + | sort'
}

runs_with() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh db1 sh -c 'tr "\0" "\n" <"/proc/$(pgrep -x etcd)/cmdline"' | grep -qx -e "$1"
}

only_the_manifest() {
    [[ $(node_sh db1 ls -A $manifests) == etcd.yaml ]]
}

@test "a pod is stopped, held down, and started again as it was" {
    local before
    before=$(files)
    run -0 probe state
    [[ $output == running ]]
    run -0 probe log 5
    [[ ${#lines[@]} -eq 5 && ${lines[0]} == '{"level"'* || ${lines[0]} == 20*" | "* ]]

    run -0 probe stop
    run ! node_sh db1 pidof etcd
    run -0 probe state
    [[ $output == stopped ]]
    [[ -z $(node_sh db1 ls -A $manifests) ]]
    run -0 probe stop
    node_sh db1 systemctl restart kubelet
    sleep 4
    run ! node_sh db1 pidof etcd

    run -0 probe start
    run -0 probe state
    [[ $output == running ]]
    run -0 probe start
    nodes_wait_healthy 40 db1
    [[ $(files) == "$before" ]]
}

@test "flags are changed by a rename from outside, and the original comes back byte for byte" {
    local before
    before=$(files)
    run -0 probe set "$kept" snapshot-count=5000
    wait_for 60 runs_with --snapshot-count=5000
    only_the_manifest
    run -0 probe set "$kept" metrics=extensive
    wait_for 60 runs_with --metrics=extensive
    run -0 probe mount extra /srv/extra "$kept"
    only_the_manifest
    nodes_wait_healthy 60 db1

    run -0 probe put-back "$kept"
    [[ $(files) == "$before" ]]
    wait_for 60 runs_with --snapshot-count=10000
    nodes_wait_healthy 60 db1
    node_sh db1 rm "$kept"
    run -1 probe put-back "$kept"
}

@test "a held manifest is changed where it is held" {
    local before
    before=$(files)
    run -0 probe stop
    run -0 probe set "$kept" snapshot-count=7000
    [[ -z $(node_sh db1 ls -A $manifests) ]]
    run -0 probe start
    runs_with --snapshot-count=7000
    run -0 probe put-back "$kept"
    [[ $(files) == "$before" ]]
    nodes_wait_healthy 60 db1
}

@test "a copy beside the manifest, or a second manifest, is named and nothing is moved" {
    local before
    node_sh db1 cp $manifest $manifests/etcd.yaml.bak
    before=$(files)
    run -1 probe stop
    [[ $output == *"db1: '$manifests/etcd.yaml.bak' is the same pod as '$manifest'"* ]]
    [[ $(files) == "$before" ]]
    node_sh db1 rm $manifests/etcd.yaml.bak

    node_sh db1 sh -c "mkdir /etc/kubernetes/quorate-held && cp $manifest /etc/kubernetes/quorate-held/"
    run -1 probe state
    [[ $output == *"is there, and held down as '/etc/kubernetes/quorate-held/etcd.yaml' as well"* ]]
    node_sh db1 rm -r /etc/kubernetes/quorate-held
}

@test "what is no manifest of etcd is told by file, line and column" {
    run -0 inside "$PROBE" ssh://root@db1 $manifests/none.yaml state
    [[ $output == absent ]]
    run -1 inside "$PROBE" ssh://root@db1 $manifests/none.yaml start
    [[ $output == *"db1: there is no manifest '$manifests/none.yaml'"* ]]
    node_sh db1 sh -c 'printf "kind: Pod\nspec:\n  containers: 7\n" >/srv/x.yaml'
    run -1 inside "$PROBE" ssh://root@db1 /srv/x.yaml state
    [[ $output == *"db1: /srv/x.yaml:3:15: 'containers' is a single value, a list belongs here"* ]]
}
