#!/usr/bin/env bats
#
# A member that is a unit of systemd (node/service_systemd.c), as Debian, kubespray and people lay it out.

# shellcheck disable=SC2154 # stderr and the like are bats'
bats_require_minimum_version 1.5.0
load ../harness/nodes

setup_file() {
    local build
    build=$(dirname "$QUORATE")
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
    ninja -C "$build" test/harness/service_probe >&2
    export PROBE=$build/test/harness/service_probe
    export NODES_ROOT=$BATS_FILE_TMPDIR
    nodes_up 1
}

teardown_file() {
    nodes_down
}

teardown() {
    nodes_clear db1
}

# unit CALL [ARGUMENT...]: by a user with sudo.
unit() {
    PROBE_BECOME=yes run --separate-stderr inside "$PROBE" ssh://admin@db1 "${2:-etcd.service}" "$1" "${@:3}"
    echo "unit $*: status $status"
    echo "$output"
    echo "$stderr"
}

state_is() {
    unit state "${2:-etcd.service}"
    [[ $status -eq 0 && $output == "$1" ]]
}

# All that systemd is told about services there.
units() {
    node_sh db1 sh -c 'cd /etc/systemd/system && find . | sort && find . -type f -exec sha256sum {} + | sort
        systemctl is-enabled etcd'
}

# Held down, whoever starts it and whatever boots; then as it was, to the byte.
holds_and_lets_go() {
    local before
    nodes_cluster "$1" db1
    state_is running
    before=$(units)
    unit stop
    [[ $status -eq 0 ]]
    _layout_no_etcd db1
    state_is stopped
    run node_sh db1 systemctl start etcd
    [[ $status -ne 0 ]]
    _layout_no_etcd db1
    node_reboot db1
    sleep 1
    _layout_no_etcd db1
    state_is stopped
    unit stop
    [[ $status -eq 0 ]]
    unit start
    [[ $status -eq 0 ]]
    nodes_wait_healthy 30 db1
    state_is running
    [[ $(units) == "$before" ]]
    node_reboot db1
    nodes_wait_healthy 30 db1
}

@test "Debian's unit is held down, over a reboot, and let go" {
    holds_and_lets_go debian
}

@test "kubespray's unit, which restarts always" {
    holds_and_lets_go kubespray
}

@test "a unit with a drop-in" {
    holds_and_lets_go plain
}

@test "a unit that was killed and waits for its restart is stopped for good" {
    nodes_cluster kubespray db1
    node_kill db1 etcd
    wait_for 10 state_is failed
    unit stop
    [[ $status -eq 0 ]]
    # RestartSec is 10.
    sleep 12
    _layout_no_etcd db1
    state_is stopped
}

@test "a frozen etcd is stopped, too" {
    nodes_cluster plain db1
    node_freeze db1 etcd
    unit stop
    [[ $status -eq 0 ]]
    _layout_no_etcd db1
}

@test "stopped by hand it is idle: nothing holds it" {
    nodes_cluster debian db1
    node_sh db1 systemctl stop etcd
    state_is idle
    unit start
    nodes_wait_healthy 30 db1
}

@test "a unit that is not there, an alias, and the log" {
    nodes_cluster debian db1
    state_is absent nowhere.service
    unit start nowhere.service
    [[ $status -eq 1 && $stderr == 'not-found'* ]]
    unit stop nowhere.service
    [[ $status -eq 0 ]]
    state_is running etcd2.service
    unit log etcd.service 3
    [[ ${#lines[@]} -eq 3 ]]
    unit log etcd.service 500
    [[ $output == *'etcd Version: '* ]]
}

@test "a user without sudo changes nothing" {
    nodes_cluster debian db1
    run --separate-stderr inside "$PROBE" ssh://guest@db1 etcd.service stop
    echo "$stderr"
    [[ $status -eq 1 && $stderr == 'permission'* ]]
    _node_healthy db1
}
