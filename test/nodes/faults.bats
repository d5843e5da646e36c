#!/usr/bin/env bats
#
# Each fault does what test/nodes/faults.bash says of it, and goes away again.

load ../harness/nodes

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
    export NODES_ROOT=$BATS_FILE_TMPDIR
    nodes_up 3
    local name
    for name in db1 db2 db3; do
        node_etcd_version "$name" 3.5
    done
    nodes_cluster debian db1 db2 db3
}

teardown_file() {
    nodes_down
}

reaches() {
    inside ssh -o BatchMode=yes -o ConnectTimeout=1 -o ServerAliveInterval=1 -o ServerAliveCountMax=1 "$1" true
}

# From one host to another, by etcd's peer port.
host_reaches() {
    node_sh "$1" timeout 1 bash -c "exec 3<>/dev/tcp/$(node_ip "$2")/2380"
}

fails() {
    run "$@"
    [[ $status -ne 0 ]]
}

milliseconds() {
    local begin=${EPOCHREALTIME/./}
    "$@" >&2
    echo $(((${EPOCHREALTIME/./} - begin) / 1000))
}

@test "a cut between two hosts leaves the others alone" {
    node_cut db1 db2
    fails host_reaches db1 db2
    fails host_reaches db2 db1
    host_reaches db1 db3
    host_reaches db3 db2
    reaches db1
    node_uncut db1 db2
    host_reaches db1 db2
    host_reaches db2 db1
}

@test "a cut between us and a host; then one from everybody" {
    node_cut quorate db1
    fails reaches db1
    host_reaches db2 db1
    node_uncut quorate db1
    reaches db1

    node_isolate db1
    fails reaches db1
    fails host_reaches db2 db1
    host_reaches db2 db3
    node_rejoin db1
    reaches db1
    nodes_wait_healthy 30 db1
}

@test "a cut in one direction: packets come, answers do not" {
    node_sh db2 sh -c 'nstat -rsz IpInReceives >/dev/null'
    node_cut_from db2 db1
    fails host_reaches db1 db2
    [[ $(node_sh db2 ss -Htn state syn-recv "src $(node_ip db2)" | wc -l) -ge 1 ]]
    node_uncut_from db2 db1
    host_reaches db1 db2
}

@test "a delay is seen both ways, and losses too" {
    node_delay db1 100
    wait_for 20 reaches db1
    [[ $(milliseconds inside curl -sS "http://$(node_ip db1):2379/health") -ge 400 ]]
    [[ $(milliseconds host_reaches db2 db1) -ge 200 ]]
    node_undelay db1
    [[ $(milliseconds inside curl -sS "http://$(node_ip db1):2379/health") -lt 400 ]]
    node_delay db1 1 100
    fails reaches db1
    node_undelay db1
    reaches db1
    nodes_wait_healthy 30 db1
}

@test "a slow link carries what it should, no more" {
    local ms
    node_slow db1 8mbit
    ms=$(milliseconds inside sh -c 'head -c 4000000 /dev/zero | ssh db1 "cat >/dev/null"')
    echo "4 MB up in $ms ms"
    [[ $ms -ge 3000 && $ms -lt 30000 ]]
    ms=$(milliseconds inside sh -c 'ssh db1 "head -c 4000000 /dev/zero" >/dev/null')
    echo "4 MB down in $ms ms"
    [[ $ms -ge 3000 && $ms -lt 30000 ]]
    node_unslow db1
}

@test "a small disk is full, outlives a reboot, and has room again" {
    node_disk db3 /srv/small 8M
    node_sh db3 sh -c 'echo kept >/srv/small/file'
    node_fill db3 /srv/small
    run node_sh db3 sh -c 'head -c 1000000 /dev/zero >/srv/small/more'
    [[ $output == *'No space left on device'* ]]
    node_reboot db3
    [[ $(node_sh db3 cat /srv/small/file) == kept ]]
    node_unfill db3 /srv/small
    node_sh db3 sh -c 'head -c 1000000 /dev/zero >/srv/small/more'
    nodes_wait_healthy 60 db3
}

@test "a frozen program stands still and goes on; a killed one is gone" {
    local before
    before=$(node_sh db2 pgrep -x etcd)
    node_freeze db2 etcd
    fails _node_healthy db2
    node_thaw db2 etcd
    nodes_wait_healthy 30 db2
    [[ $(node_sh db2 pgrep -x etcd) == "$before" ]]
    node_kill db2 etcd
    # Debian's unit starts again what was killed.
    nodes_wait_healthy 30 db2
    [[ $(node_sh db2 pgrep -x etcd) != "$before" ]]
}

@test "one program has another clock" {
    local drift
    node_skew db2 etcd 7200
    # It has something to say when a peer is silent.
    node_freeze db1 etcd
    sleep 2
    node_thaw db1 etcd
    wait_for 30 logs_of_the_future
    drift=$(node_sh db2 date +%s)
    [[ $((drift - $(date +%s))) -lt 5 ]]
    node_kill db2 etcd
    nodes_wait_healthy 30 db2
}

# Whether etcd on db2 wrote its last line two hours ahead.
logs_of_the_future() {
    local said
    said=$(node_sh db2 journalctl -u etcd -o cat -n 1 | jq -r .ts)
    [[ $(($(date -d "$said" +%s) - $(date +%s))) -gt 7100 ]]
}

@test "a host's commands have another clock" {
    local there
    node_clock db2 -86400
    there=$(inside ssh db2 date +%s)
    [[ $(($(date +%s) - there)) -ge 86390 && $(($(date +%s) - there)) -le 86410 ]]
    there=$(inside ssh admin@db2 sudo date +%s)
    [[ $(($(date +%s) - there)) -ge 86390 ]]
    node_clock db2 0
    there=$(inside ssh db2 date +%s)
    [[ $(($(date +%s) - there)) -lt 10 ]]
}

@test "a port is taken" {
    node_take_port db1 12379
    [[ $(inside curl -sS -o /dev/null -w '%{http_code}' "http://$(node_ip db1):12379/") == 200 ]]
    node_free_port db1 12379
    fails inside curl -sS "http://$(node_ip db1):12379/"
}

@test "users: with sudo, with sudo and a password, without, unknown" {
    node_user db1 asks password
    [[ $(inside ssh -o BatchMode=yes admin@db1 sudo -n id -u) == 0 ]]
    run inside ssh -o BatchMode=yes asks@db1 sudo -n id -u
    [[ $output == *'a password is required'* ]]
    run inside ssh -o BatchMode=yes guest@db1 sudo -n id -u
    [[ $status -ne 0 && $output != 0 ]]
    run inside ssh -o BatchMode=yes nobody-there@db1 true
    [[ $status -eq 255 && $output == *'Permission denied'* ]]
}

@test "start files of a hostile shell are read by commands over ssh" {
    node_prompt db1 admin
    run inside ssh -o BatchMode=yes admin@db1 'umask; pwd'
    [[ $output == *Welcome*0077*/tmp*goodbye* ]]
}

@test "a host key that is not known, changed, and known again" {
    node_host_key db1 unknown
    run inside ssh -o BatchMode=yes db1 true
    [[ $status -eq 255 && $output == *'Host key verification failed'* ]]
    node_host_key db1 changed
    run inside ssh -o BatchMode=yes db1 true
    [[ $status -eq 255 && $output == *'REMOTE HOST IDENTIFICATION HAS CHANGED'* ]]
    node_host_key db1 known
    inside ssh -o BatchMode=yes db1 true
}

@test "the power fails: what was synced is there, the machine is another boot" {
    local before
    before=$(node_sh db1 systemd-id128 boot-id)
    node_off db1
    fails reaches db1
    nodes_wait_healthy 30 db2
    node_on db1
    nodes_wait_healthy 60 db1
    [[ $(node_sh db1 uptime -s) != "$before" ]]
}
