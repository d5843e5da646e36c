#!/usr/bin/env bats
#
# Settings of units on real hosts, read, changed where they stand, put back, and laid out for a member that
# joins (test/harness/service_probe.c).

# shellcheck disable=SC2030,SC2031 # 'run' sets output anew each time

bats_require_minimum_version 1.5.0

load ../harness/nodes

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    local build
    build=$(dirname "$QUORATE")
    ninja -C "$build" test/harness/service_probe >&2
    export PROBE=$build/test/harness/service_probe
    export XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR
    nodes_up 2
}

teardown() {
    nodes_clear db1 db2
}

teardown_file() {
    nodes_down
}

probe() {
    inside "$PROBE" "$@"
}

# Each file that etcd's settings may stand in: its place, owner, mode and bytes.
files() {
    # shellcheck disable=SC2016 # the host's shell's
    node_sh "$1" sh -c '
        find /etc/systemd /etc/default /etc/etcd* -type f -exec stat -c "%n %u:%g %a" {} + | sort
        find /etc/systemd /etc/default /etc/etcd* -type f -exec sha256sum {} + | sort
        find /etc/systemd /etc/etcd* -type d | sort
        find /etc/systemd -type l | sort' 2>/dev/null
}

# The lines in force of both kinds, of a copy and of what is there now, but for comments.
lines_that_differ() {
    node_sh db1 sh -c 'rm -rf /tmp/now && mkdir /tmp/now && cp -r /etc/systemd/system /etc/default /etc/etcd* /tmp/now/ 2>/dev/null
        diff -rN -U0 /tmp/before /tmp/now | grep "^[-+]" | grep -v "^\(---\|+++\)"'
}

change_and_put_back() {
    local layout=$1 before
    nodes_cluster "$layout" db1
    before=$(files db1)
    node_sh db1 sh -c 'rm -rf /tmp/before && mkdir /tmp/before && cp -r /etc/systemd/system /etc/default /etc/etcd* /tmp/before/ 2>/dev/null; true'

    run -0 probe ssh://root@db1 etcd settings
    [[ $output == *"name=db1 /etc/"*"listen-peer-urls=http://10.99.0.11:2380 /etc/"* ]]

    probe ssh://root@db1 etcd stop
    probe ssh://root@db1 etcd set /var/lib/quorate/kept/1.json \
        initial-cluster-state=existing initial-cluster-token
    run lines_that_differ
    echo "$output"
    # A line is another, a line is gone; and, where flags are, the hold is beside them.
    [[ $output == *existing* ]]
    [[ $(grep -vc -e quorate -e AssertPath -e 'Unit\]' -e 'Without this' <<<"$output") -le 3 ]]
    run -0 probe ssh://root@db1 etcd settings
    [[ $output == *"initial-cluster-state=existing "* && $output != *initial-cluster-token* ]]

    probe ssh://root@db1 etcd start
    nodes_wait_healthy 30 db1
    probe ssh://root@db1 etcd put-back /var/lib/quorate/kept/1.json
    diff <(echo "$before") <(files db1)
    run -0 node_sh db1 stat -c '%u %a' /var/lib/quorate/kept /var/lib/quorate/kept/1.json
    [[ $output == $'0 700\n0 600' ]]
    node_sh db1 rm -r /var/lib/quorate
}

@test "settings of Debian's package are changed and put back" {
    change_and_put_back debian
}

@test "settings of kubespray's layout are changed and put back" {
    change_and_put_back kubespray
}

@test "settings among the words of a unit are changed and put back" {
    change_and_put_back plain
}

@test "settings of etcd's configuration file are changed and put back" {
    change_and_put_back config-file
}

# joins FILES-BEFORE: db2 is laid out like db1, joins, and is taken back.
joins() {
    local before=$1
    inside "$QUORATE" --endpoints "$(nodes_endpoints db1)" member add db2 --peer-urls=http://10.99.0.12:2380
    probe ssh://root@db2 etcd lay-out ssh://root@db1 etcd /var/lib/quorate/kept/2.json \
        name=db2 \
        listen-client-urls=http://10.99.0.12:2379,http://127.0.0.1:2379 \
        advertise-client-urls=http://10.99.0.12:2379 \
        listen-peer-urls=http://10.99.0.12:2380 \
        initial-advertise-peer-urls=http://10.99.0.12:2380 \
        initial-cluster=db1=http://10.99.0.11:2380,db2=http://10.99.0.12:2380 \
        initial-cluster-state=existing
    run -0 probe ssh://root@db2 etcd state
    [[ $output == stopped ]]
    probe ssh://root@db2 etcd start
    nodes_wait_healthy 60 db1 db2
    run -0 inside "$QUORATE" --endpoints "$(nodes_endpoints db2)" member list
    [[ $output == *started,\ db1*started,\ db2* || $output == *started,\ db2*started,\ db1* ]]

    probe ssh://root@db2 etcd stop
    probe ssh://root@db2 etcd put-back /var/lib/quorate/kept/2.json
    if [[ $(probe ssh://root@db2 etcd state) != absent ]]; then
        probe ssh://root@db2 etcd start || true
        node_sh db2 systemctl disable --now etcd
    fi
    diff <(echo "$before") <(files db2)
}

@test "a host with Debian's package joins like another" {
    local before
    nodes_cluster debian db1
    before=$(files db2)
    run -1 probe ssh://root@db2 etcd lay-out ssh://root@db1 etcd /var/lib/quorate/kept/2.json name=db2
    [[ $output == *"conflict"*"unit 'etcd.service' is idle, and not held down"* ]]
    probe ssh://root@db2 etcd stop
    joins "$before"
}

@test "a host without any unit is given the other's" {
    local before
    nodes_cluster kubespray db1
    node_sh db2 sh -c 'mv /lib/systemd/system/etcd.service /etc/init.d/etcd /root/; cp /usr/bin/etcd /usr/local/bin; systemctl daemon-reload
        install -d -o etcd -m 700 /var/lib/etcd'
    before=$(files db2)
    run -0 probe ssh://root@db2 etcd state
    [[ $output == absent ]]
    joins "$before"
    run -0 probe ssh://root@db2 etcd state
    [[ $output == absent ]]
    node_sh db2 sh -c 'mv /root/etcd.service /lib/systemd/system/; mv /root/etcd /etc/init.d/; systemctl daemon-reload'
}

@test "a unit of a package that is not there is named" {
    nodes_cluster debian db1
    node_sh db2 sh -c 'mv /lib/systemd/system/etcd.service /etc/init.d/etcd /root/; systemctl daemon-reload'
    run -1 probe ssh://root@db2 etcd lay-out ssh://root@db1 etcd /var/lib/quorate/kept/2.json name=db2
    node_sh db2 sh -c 'mv /root/etcd.service /lib/systemd/system/; mv /root/etcd /etc/init.d/; systemctl daemon-reload'
    [[ $output == *"not-found"*"db2: there is no unit 'etcd', which a package has brought to db1"*"install the same package"* ]]
}
