#!/usr/bin/env bats
#
# What quorate does with a host over ssh (test/harness/host_probe.c), on hosts that do not make it easy.

# shellcheck disable=SC2154 # stderr and the like are bats'
bats_require_minimum_version 1.5.0
load ../harness/nodes

setup_file() {
    local build
    build=$(dirname "$QUORATE")
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
    ninja -C "$build" test/harness/host_probe >&2
    export PROBE=$build/test/harness/host_probe
    export NODES_ROOT=$BATS_FILE_TMPDIR
    nodes_up 2
    node_user db1 asks password
}

teardown_file() {
    nodes_down
}

# probe URL CALL [ARGUMENT...]: stdout and stderr apart.
probe() {
    PROBE_HOST=$1 run --separate-stderr inside "$PROBE" "${@:2}"
    echo "probe $*: status $status"
    echo "$output"
    echo "$stderr"
}

as_root() {
    PROBE_BECOME=yes probe "$@"
}

# The first line of the last error starts so, and its hint says how to go on.
refused() {
    [[ $status -eq 1 && -z $output && ${stderr_lines[0]} == "$1"* && -n ${stderr_lines[1]} ]]
}

milliseconds_of() {
    local begin=${EPOCHREALTIME/./}
    "$@"
    elapsed_ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
}

@test "a host key that is not known, or has changed, is refused, and never written down" {
    local known
    node_host_key db2 unknown
    known=$(<"$(nodes_dir)/ssh/known_hosts")
    probe ssh://root@db2 facts
    refused 'auth host-key-unknown: db2: '
    [[ $(<"$(nodes_dir)/ssh/known_hosts") == "$known" ]]
    node_host_key db2 changed
    known=$(<"$(nodes_dir)/ssh/known_hosts")
    probe ssh://root@db2 facts
    refused 'auth host-key-changed: db2: '
    [[ $(<"$(nodes_dir)/ssh/known_hosts") == "$known" ]]
    node_host_key db2 known
    probe ssh://root@db2 facts
    [[ $status -eq 0 ]]
}

@test "a user that is not there, sudo that is not allowed, sudo that wants a password" {
    probe ssh://nobody-there@db1 facts
    refused 'auth permission-denied: db1: '
    as_root ssh://guest@db1 facts
    [[ ${stderr_lines[0]} == 'permission sudo-'* ]]
    refused 'permission '
    as_root ssh://asks@db1 facts
    refused 'permission sudo-password: db1: '
    as_root ssh://admin@db1 run id -un
    [[ $output == $'root\nexit 0' ]]
    probe ssh://admin@db1 run id -un
    [[ $output == $'admin\nexit 0' ]]
}

@test "a hostile shell changes nothing: not what commands say, not what files hold" {
    node_prompt db1 admin
    probe ssh://admin@db1 run cat /etc/hostname
    [[ $status -eq 0 && $output == $'db1\nexit 0' ]]
    as_root ssh://admin@db1 replace /etc/new-file $'one\ntwo \x01 three'
    [[ $status -ne 0 ]]
    PROBE_OWNER=/etc/shadow as_root ssh://admin@db1 replace /etc/new-file $'one\ntwo \x01 three'
    [[ $status -eq 0 ]]
    [[ $(node_sh db1 cat /etc/new-file) == $'one\ntwo \x01 three' ]]
    [[ $(node_sh db1 stat -c '%U:%G %a' /etc/new-file) == $(node_sh db1 stat -c '%U:%G %a' /etc/shadow) ]]
    as_root ssh://admin@db1 cat /etc/new-file
    [[ $output == $'one\ntwo \x01 three' ]]
    node_sh db1 sh -c 'rm -f /home/admin/.bash*'
}

@test "paths with blanks, quotes, dollars and newlines are paths" {
    local path
    node_sh db1 mkdir -p "/srv/etcd data/o'hara \"1\" \$HOME \`id\` *"
    for path in "o'hara \"1\" \$HOME \`id\` *" $'two\nlines' '-rf' "end\\"; do
        path="/srv/etcd data/$path/file"
        node_sh db1 mkdir -p "$(dirname "$path")"
        PROBE_OWNER=/etc/hostname probe ssh://root@db1 replace "$path" here
        [[ $status -eq 0 && $(node_sh db1 cat "$path") == here ]]
        probe ssh://root@db1 look "$path"
        [[ $output == 'file root:root 644 4' ]]
    done
}

@test "a command whose time is over is ended on the host, too" {
    PROBE_TIMEOUT_MS=1000 probe ssh://root@db1 run sleep 4711
    [[ ${stderr_lines[0]} == 'timeout command-timeout: db1: '* ]]
    wait_for 10 none_sleeps
}

none_sleeps() {
    ! node_sh db1 pgrep -f 'sleep 4711' >/dev/null
}

@test "a host that is cut off is said so in seconds, and works again afterwards" {
    node_cut quorate db2
    milliseconds_of probe ssh://root@db2 facts
    refused 'connection '
    [[ $elapsed_ms -lt 30000 ]]
    node_uncut quorate db2
    probe ssh://root@db2 facts
    [[ $status -eq 0 ]]
    # sshd is not there, but the host is.
    node_sh db2 systemctl stop ssh
    nodes_disconnect
    probe ssh://root@db2 facts
    refused 'connection refused: db2: '
    node_sh db2 systemctl start ssh
}

@test "the clock of a host is known to within the round trip" {
    local offset
    node_clock db2 -3600
    nodes_disconnect
    probe ssh://root@db2 facts
    offset=$(sed -n 's/^clock \(-*[0-9]*\) .*/\1/p' <<<"$output")
    [[ $offset -gt -3605000 && $offset -lt -3595000 ]]
    node_clock db2 0
    nodes_disconnect
    probe ssh://root@db2 facts
    offset=$(sed -n 's/^clock \(-*[0-9]*\) .*/\1/p' <<<"$output")
    [[ $offset -gt -3000 && $offset -lt 3000 ]]
}

@test "no room on the target: the file that was there is untouched, and nothing is left beside it" {
    node_disk db2 /srv/small 16M
    node_sh db2 sh -c 'echo before >/srv/small/file; chown etcd: /srv/small/file; chmod 600 /srv/small/file'
    head -c 20000000 /dev/urandom >"$BATS_TEST_TMPDIR/big"
    probe ssh://root@db2 send "$BATS_TEST_TMPDIR/big" /srv/small/file
    [[ $status -eq 1 && $stderr == *'no-space'* ]]
    [[ $(node_sh db2 cat /srv/small/file) == before ]]
    [[ $(node_sh db2 ls -A /srv/small) == file ]]
    node_fill db2 /srv/small
    probe ssh://root@db2 replace /srv/small/file after
    [[ $status -eq 1 && $(node_sh db2 cat /srv/small/file) == before ]]
    node_unfill db2 /srv/small
    probe ssh://root@db2 replace /srv/small/file after
    [[ $status -eq 0 && $(node_sh db2 cat /srv/small/file) == after ]]
    [[ $(node_sh db2 stat -c '%U %a' /srv/small/file) == 'etcd 600' ]]
}

@test "the host reboots while a file is on its way: the old file is there, and the next try works" {
    head -c 30000000 /dev/urandom >"$BATS_TEST_TMPDIR/big"
    node_sh db2 sh -c 'echo before >/srv/file'
    node_slow db2 20mbit
    PROBE_HOST=ssh://root@db2 inside "$PROBE" send "$BATS_TEST_TMPDIR/big" /srv/file >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
    local pid=$!
    wait_for 30 grep -q progress "$BATS_TEST_TMPDIR/log"
    node_reboot db2 --hard
    status=0
    wait "$pid" || status=$?
    cat "$BATS_TEST_TMPDIR/log"
    [[ $status -eq 1 ]]
    grep '^connection ' "$BATS_TEST_TMPDIR/log"
    [[ $(node_sh db2 cat /srv/file) == before ]]
    probe ssh://root@db2 send "$BATS_TEST_TMPDIR/big" /srv/file
    [[ $status -eq 0 ]]
    inside cmp "$BATS_TEST_TMPDIR/big" "$(node_root db2)/srv/file"
}

@test "a directory of 2 GB over a slow link, with progress, bit for bit" {
    local dir=$BATS_TEST_TMPDIR/data
    mkdir -p "$dir/member/snap" "$dir/member/wal"
    truncate -s 1900M "$dir/member/snap/db"
    head -c 60000000 /dev/urandom | dd of="$dir/member/snap/db" bs=1M seek=700 conv=notrunc status=none
    head -c 64000000 /dev/urandom >"$dir/member/wal/0.wal"
    node_slow db2 400mbit
    PROBE_OWNER=/etc/hostname probe ssh://root@db2 send-tree "$dir" "/srv/new data"
    node_unslow db2
    [[ $status -eq 0 ]]
    [[ $(grep -c ^progress <<<"$stderr") -gt 20 ]]
    [[ $(tail -n 1 <<<"$stderr") =~ ([0-9]+)\ of\ ([0-9]+) && ${BASH_REMATCH[1]} -eq ${BASH_REMATCH[2]} ]]
    inside cmp "$dir/member/snap/db" "$(node_root db2)/srv/new data/member/snap/db"
    inside cmp "$dir/member/wal/0.wal" "$(node_root db2)/srv/new data/member/wal/0.wal"
    node_sh db2 rm -rf '/srv/new data'
}
