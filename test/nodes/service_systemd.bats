#!/usr/bin/env bats
#
# A host over ssh as an operator reaches it, and the etcd of Debian's package on it (test/harness/host_probe.c and
# service_probe.c).

# shellcheck disable=SC2030,SC2031 # bats' output and status
bats_require_minimum_version 1.5.0

load ../harness/nodes

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    local build
    build=$(dirname "$QUORATE")
    ninja -C "$build" test/harness/{host,service}_probe >&2
    export PROBE=$build/test/harness
    export XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR
    nodes_up 1
    nodes_cluster debian db1
}

teardown_file() {
    nodes_down
}

probe() {
    inside "$PROBE/service_probe" "$@"
}

# host URL CALL [ARGUMENT...]
host() {
    PROBE_HOST=$1 inside "$PROBE/host_probe" "${@:2}"
}

# Each file that systemd reads for its units, with its hash.
units() {
    node_sh db1 sh -c 'find /etc/systemd /etc/default -type f -exec sha256sum {} + | sort; find /etc/systemd -type d'
}

@test "root sees what the host is" {
    run -0 host ssh://root@db1 facts
    [[ $output == *"user root"*"hostname db1"*"port 22"*"port 2379"* ]]
    # The host's clock is ours: the kernel is.
    [[ $output =~ clock\ (-?[0-9]+)\ \+-\ ([0-9]+)\ ms ]]
    [[ ${BASH_REMATCH[1]#-} -le ${BASH_REMATCH[2]} ]]
}

@test "a user becomes root by sudo, or is told why not" {
    node_sh db1 useradd --create-home --shell /bin/bash op
    export PROBE_BECOME=yes
    run -1 host ssh://op@db1 run id -un
    [[ $output == *"permission sudo-"*": db1: sudo "*"'op'"* ]]
    [[ $output == *sudoers* || $output == *"sudo -l"* ]]

    node_sh db1 sh -c 'echo "op ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/op'
    run -0 host ssh://op@db1 run id -un
    [[ $output == $'root\nexit 0' ]]
    run -0 host ssh://op@db1 run sh -c "echo \"\$1\"; exit 255" sh "it's \$HOME"
    [[ $output == "it's \$HOME"$'\n''exit 255' ]]

    # His files print whatever he likes.
    # shellcheck disable=SC2016 # that shell's
    node_sh db1 sh -c 'echo "echo Welcome, \$USER; echo noise >&2" >/home/op/.bashrc'
    run -0 host ssh://op@db1 run cat /etc/hostname
    [[ $output == $'db1\nexit 0' ]]

    node_sh db1 useradd --create-home --shell /usr/sbin/nologin locked-out
    run -1 host ssh://locked-out@db1 run true
    [[ $output == *"login-shell: db1: the login shell of user 'locked-out'"*"not available"* ]]
}

@test "who may not log in, and a host that is off, are named" {
    run -1 host ssh://nobody-here@db1 run true
    [[ $output == *"auth permission-denied: db1: user 'nobody-here' may not log in"* ]]
    [[ $output == *"offered: "*"ssh/id ED25519"* ]]
    run -1 host ssh://root@db9 run true
    [[ $output == *"connection unreachable: db9: ssh: connect to host 10.99.0.19"* ]]
}

@test "a unit is stopped, held down through a boot, and started again as it was" {
    local before
    before=$(units)
    run -0 probe ssh://root@db1 etcd state
    [[ $output == running ]]
    run -0 probe ssh://root@db1 etcd log 5
    [[ ${#lines[@]} -eq 5 ]]

    run -0 probe ssh://root@db1 etcd stop
    run -0 probe ssh://root@db1 etcd.service state
    [[ $output == stopped ]]
    run ! node_sh db1 pidof etcd
    run -0 probe ssh://root@db1 etcd stop

    # Nobody starts it by the way.
    run ! node_sh db1 systemctl start etcd
    node_reboot db1
    sleep 3
    run ! node_sh db1 pidof etcd
    run -0 probe ssh://root@db1 etcd state
    [[ $output == stopped ]]
    run node_sh db1 systemctl is-enabled etcd
    [[ $output == enabled ]]

    run -0 probe ssh://root@db1 etcd start
    run -0 probe ssh://root@db1 etcd state
    [[ $output == running ]]
    run -0 probe ssh://root@db1 etcd start
    nodes_wait_healthy 30 db1
    [[ $(units) == "$before" ]]
}

@test "a unit that somebody has stopped is not held down" {
    local before
    before=$(units)
    node_sh db1 systemctl stop etcd
    run -0 probe ssh://root@db1 etcd state
    [[ $output == idle ]]
    run -0 probe ssh://root@db1 etcd stop
    run -0 probe ssh://root@db1 etcd state
    [[ $output == stopped ]]
    # Let go, it is what it was.
    run -0 probe ssh://root@db1 etcd release
    run -0 probe ssh://root@db1 etcd state
    [[ $output == idle && $(units) == "$before" ]]
    run -0 probe ssh://root@db1 etcd release
    run -0 probe ssh://root@db1 etcd start
    nodes_wait_healthy 30 db1
}

@test "letting a unit go that was cut on its way is ended by the next" {
    local before
    before=$(units)
    run -0 probe ssh://root@db1 etcd stop
    # All of it is done but that systemd reads its files anew.
    node_sh db1 rm -r /etc/systemd/system/etcd.service.d
    run -0 probe ssh://root@db1 etcd start
    nodes_wait_healthy 30 db1
    [[ $(units) == "$before" ]]
}

# Whether its process is gone before the first look is a matter of the machine.
start_says_why() {
    run probe ssh://root@db1 etcd start
    [[ $status -eq 1 && $output == *"[unit-failed]: db1: unit 'etcd.service' did not start ("*"journalctl -u etcd.service"* ]]
}

@test "a unit that cannot run, is masked or is not there says so" {
    run -0 probe ssh://root@db1 etcd stop
    node_sh db1 sh -c 'echo ETCD_LISTEN_CLIENT_URLS=nonsense >>/etc/default/etcd'
    wait_for 30 start_says_why
    run -0 probe ssh://root@db1 etcd stop
    node_sh db1 sed -i /nonsense/d /etc/default/etcd
    run -0 probe ssh://root@db1 etcd start

    node_sh db1 systemctl mask --now etcd
    run -0 probe ssh://root@db1 etcd state
    [[ $output == stopped ]]
    run -1 probe ssh://root@db1 etcd start
    [[ $output == *"unit 'etcd.service' is masked"*"systemctl unmask"* ]]
    node_sh db1 systemctl unmask etcd

    run -0 probe ssh://root@db1 no-such state
    [[ $output == absent ]]
    run -1 probe ssh://root@db1 no-such start
    [[ $output == *"db1: there is no unit 'no-such'"* ]]
    run -0 probe ssh://root@db1 no-such stop
}
