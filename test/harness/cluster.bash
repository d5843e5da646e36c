# shellcheck shell=bash
#
# Real etcd clusters on loopback for bats tests: `load ../harness/cluster`, and `etcd_stop` in teardown.
#
#   etcd_start VERSION [MEMBERS] [--tls] [--auth] [--v2]
#                            1 member unless told; returns when all are healthy; --v2: with the v2 API
#   etcd_stop                                       ends every member of every cluster of this test
#   etcd_kill N [SIGNAL]     ends member N (1, 2, ...), with SIGKILL unless told, and waits for its end
#   etcd_restart N           starts it again, as it was
#   etcd_pause N, etcd_resume N                     SIGSTOP and SIGCONT
#   etcd_throttle N WRITES   member N's disk takes so many writes a second from it; false, with the reason, where this
#                            machine cannot do that. etcd_unthrottle N, for teardown, too
#   etcd_wait_healthy [N...]                        members that answer through a leader
#   etcd_endpoints [N...]    client URLs, with commas between
#   etcd_dir [N]             directory of the cluster (tls/ in it), or of a member (data/ and log in it)
#   ctl ARGUMENT...          etcdctl of the same version; ctl_at N ARGUMENT... asks member N only
#   with_cluster COMMAND...  any command that understands the ETCDCTL_ variables, quorate among them
#   exec_with_cluster COMMAND...    the same in place of the shell: behind `exec_with_cluster COMMAND &`
#                            $! is the command itself, which a kill then reaches
#   etcd_edit N OLD NEW      member N's database gets another text of the same length, behind everybody's back
#   put_lines                puts what standard input says, KEY TAB VALUE, one after the other by one process; TLS not
#   wait_for SECONDS COMMAND...                     polls until the command succeeds
#   etcd_versions            every version at hand, one a line, the oldest first
#   etcd_tool VERSION NAME   path of etcd, etcdctl or etcdutl (3.4 has no etcdutl) of any version
#   bbolt ARGUMENT...        the database library's own tool: `bbolt check FILE`
#   trace_tests_only         makes a test cheap: for its setup; etcd_start, lab_setup, compare_setup and
#                            told_setup do it, too
#
# The program under test is "$QUORATE"; `with_cluster "$QUORATE" endpoint status` shows it the cluster.
#
# VERSION is a prefix of what `test/etcds list` shows. A test that should hold on every version starts
# "$ETCD_VERSION" and has the tag each-etcd: ./check runs it once per version. By hand:
# `QUORATE_TEST_ETCD=3.6 bats test/e2e/FILE.bats`. A second cluster in a test is another directory:
# set ETCD_CLUSTER to its name around the calls. Tests that only look can share a cluster: with
# `export ETCD_ROOT=$BATS_FILE_TMPDIR` in setup_file, it is started there and ended in teardown_file.
#
# Members die with the shell that started them, even when it is killed. So call etcd_start and
# etcd_restart straight from setup or the test, not under `run` and not in a subshell.

# The version under test, for the tests that run on each.
# shellcheck disable=SC2034 # used by the tests
ETCD_VERSION=${QUORATE_TEST_ETCD:-3.5}

_etcds=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/etcds
_etcd_cache=${QUORATE_ETCDS:-${_etcds%/test/etcds}/.cache/etcds}
_etcd_start_timeout_s=60
_etcd_start_tries=3
_etcd_password=secret

# Before each command of every function bats notes where it stands, which takes more processor time than most
# commands: 0.4 ms. From now on it does that in the test itself, in setup and in teardown (of a file, too) only. When a function
# that they call fails, the line that called it is told.
trace_tests_only() {
    # shellcheck disable=SC2016 # for each command
    trap 'case ${FUNCNAME-} in
            "${BATS_TEST_NAME-}" | setup | teardown | setup_file | teardown_file) bats_debug_trap "$BASH_SOURCE" ;;
          esac' DEBUG
}

# Of a file that has none of its own.
setup() {
    trace_tests_only
}

etcd_start() {
    trace_tests_only
    local program members=1 tls='' auth='' v2='' argument try
    _etcd_path program "$1" || return 1
    shift
    for argument; do
        case $argument in
            --tls) tls=yes ;;
            --auth) auth=yes ;;
            --v2) v2=yes ;;
            [1-9]) members=$argument ;;
            *) echo "etcd_start: what is '$argument'?" >&2; return 1 ;;
        esac
    done

    # A port that was free may be taken by the time etcd binds it: then all starts over with others.
    for ((try = 1; try <= _etcd_start_tries; try++)); do
        _etcd_prepare "$program" "$members" "$tls" "$v2" || return 1
        local n
        for ((n = 1; n <= members; n++)); do
            etcd_restart "$n"
        done
        # shellcheck disable=SC2119 # all members, not our arguments
        if etcd_wait_healthy && _etcd_wait_cluster_version; then
            [[ -z $auth ]] || _etcd_enable_auth
            return
        fi
        _etcd_end_all "$(etcd_dir)"
        grep -q 'address already in use' "$(etcd_dir)"/*/log || break
    done
    echo "etcd $program did not start:" >&2
    tail -n 15 "$(etcd_dir)"/*/log >&2
    return 1
}

# etcd_with_flag FLAG...: stops member 1, and starts it again with these flags of etcd.
etcd_with_flag() {
    printf '%s\0' "$@" >>"$(etcd_dir 1)/arguments"
    etcd_kill 1
    etcd_restart 1
    wait_for "$_etcd_start_timeout_s" etcd_knows_a_leader 1
}

etcd_knows_a_leader() {
    [[ $(_etcd_get "$1" /metrics) == *$'\netcd_server_has_leader 1'* ]]
}

etcd_stop() {
    _etcd_end_all "$(_etcd_root)"
}

etcd_kill() {
    local pid
    read -r pid <"$(etcd_dir "$1")/pid" || return 1
    _etcd_end "$pid" "${2:-KILL}"
}

# etcd_edit N OLD NEW: member N's database gets another text of the same length, behind everybody's back.
etcd_edit() {
    etcd_kill "$1" TERM
    python3 - "$(etcd_dir "$1")/data/member/snap/db" "$2" "$3" <<'PYTHON' || return 1
import sys

path, old, new = sys.argv[1:]
assert len(old) == len(new)
with open(path, "rb") as file:
    content = file.read()
assert content.count(old.encode()) > 0
with open(path, "r+b") as file:
    file.write(content.replace(old.encode(), new.encode()))
PYTHON
    etcd_restart "$1"
    etcd_wait_healthy
}

etcd_pause() {
    local pid
    pid=$(<"$(etcd_dir "$1")/pid")
    kill -STOP "$pid"
    wait_for 5 _etcd_stands_still "$pid"
}

etcd_resume() {
    kill -CONT "$(<"$(etcd_dir "$1")/pid")"
}

etcd_throttle() {
    local group disk
    group=$(_etcd_throttle_group "$1")
    disk=$(stat -c %Hd:%Ld "$(etcd_dir "$1")")
    # Whole disks only are throttled.
    [[ ! -e /sys/dev/block/$disk/partition ]] || disk=$(<"/sys/dev/block/$disk/../dev")
    if [[ ! -e /sys/dev/block/$disk ]] || ! mkdir "$group" 2>/dev/null || [[ ! -w $group/blkio.throttle.write_iops_device ]]; then
        echo "no disk is throttled here: that takes root, a disk below $(etcd_dir "$1") and the blkio controller of cgroup v1"
        return 1
    fi
    echo "$disk $2" >"$group/blkio.throttle.write_iops_device" && cat "$(etcd_dir "$1")/pid" >"$group/cgroup.procs"
}

etcd_unthrottle() {
    local group
    group=$(_etcd_throttle_group "$1")
    [[ -d $group ]] || return 0
    ! kill -0 "$(<"$(etcd_dir "$1")/pid")" 2>/dev/null || cat "$(etcd_dir "$1")/pid" >"${group%/*}/cgroup.procs"
    wait_for 10 rmdir "$group"
}

_etcd_throttle_group() {
    echo "/sys/fs/cgroup/blkio/quorate-$(etcd_dir "$1" | sha256sum | cut -c 1-12)"
}

etcd_restart() {
    local dir arguments
    dir=$(etcd_dir "$1")
    mapfile -d '' arguments <"$dir/arguments"
    [[ ! -f $dir/log ]] || cat "$dir/log" >>"$dir/log.old"
    # bats waits for whoever holds its descriptor 3.
    env -i PATH="$PATH" setpriv --pdeathsig KILL "${arguments[@]}" </dev/null >"$dir/log" 2>&1 3>&- &
    echo $! >"$dir/pid"
    disown $!
}

etcd_endpoints() {
    local urls
    _etcd_urls urls "$@"
    echo "$urls"
}

etcd_dir() {
    echo "${ETCD_ROOT:-$BATS_TEST_TMPDIR}/${ETCD_CLUSTER:-etcd}${1:+/m$1}"
}

ctl() {
    local program
    read -r program <"${ETCD_ROOT:-$BATS_TEST_TMPDIR}/${ETCD_CLUSTER:-etcd}/program"
    with_cluster "$program/etcdctl" "$@"
}

ctl_at() {
    local n=$1
    shift
    ETCDCTL_ENDPOINTS=$(etcd_endpoints "$n") ctl "$@"
}

with_cluster() {
    local settings
    _etcd_settings
    env "${settings[@]}" "$@"
}

exec_with_cluster() {
    local settings
    _etcd_settings
    exec env "${settings[@]}" "$@"
}

put_lines() {
    python3 -c '
import base64, http.client, json, sys
connection = http.client.HTTPConnection(sys.argv[1].split("//")[1], timeout=30)
for line in sys.stdin.buffer:
    key, value = (base64.b64encode(part).decode() for part in line.rstrip(b"\n").split(b"\t", 1))
    connection.request("POST", "/v3/kv/put", json.dumps({"key": key, "value": value}))
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    answer.read()
' "$(etcd_endpoints 1)"
}

wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [[ $SECONDS -lt $deadline ]] || return 1
        sleep 0.1
    done
}

etcd_versions() {
    "$_etcds" list | cut -f 1
}

etcd_tool() {
    local dir
    _etcd_path dir "$1" && [[ -x $dir/$2 ]] && echo "$dir/$2"
}

bbolt() {
    "$("$_etcds" dir)/bin/bbolt" "$@"
}

# shellcheck disable=SC2120 # the tests name members
etcd_wait_healthy() {
    local n members
    _etcd_members "$@"
    for n in "${members[@]}"; do
        wait_for "$_etcd_start_timeout_s" _etcd_healthy_or_gone "$n" && _etcd_healthy "$n" || return 1
    done
}

# --- below: for this file only -----------------------------------------------------------------

_etcd_root() {
    echo "${ETCD_ROOT:-$BATS_TEST_TMPDIR}"
}

# In members: those that are named, or all of the cluster. No process for what every call needs: where a
# test's shell forks, that is a millisecond.
_etcd_members() {
    local dir=${ETCD_ROOT:-$BATS_TEST_TMPDIR}/${ETCD_CLUSTER:-etcd}
    members=("$@")
    [[ $# -gt 0 ]] || members=("$dir"/m[1-9])
    members=("${members[@]#"$dir/m"}")
}

# _etcd_urls VARIABLE [N...]: client URLs, with commas between.
_etcd_urls() {
    local dir=${ETCD_ROOT:-$BATS_TEST_TMPDIR}/${ETCD_CLUSTER:-etcd} n url all members
    _etcd_members "${@:2}"
    for n in "${members[@]}"; do
        read -r url <"$dir/m$n/client-url" || return 1
        all+=${all:+,}$url
    done
    printf -v "$1" %s "$all"
}

# In settings: the variables that show a client the cluster.
_etcd_settings() {
    local dir=${ETCD_ROOT:-$BATS_TEST_TMPDIR}/${ETCD_CLUSTER:-etcd} endpoints=${ETCDCTL_ENDPOINTS-} user
    [[ -n $endpoints ]] || _etcd_urls endpoints
    settings=("ETCDCTL_ENDPOINTS=$endpoints")
    [[ ! -d $dir/tls ]] || settings+=("ETCDCTL_CACERT=$dir/tls/ca.crt"
                                      "ETCDCTL_CERT=$dir/tls/client.crt"
                                      "ETCDCTL_KEY=$dir/tls/client.key")
    [[ ! -f $dir/user ]] || { read -r user <"$dir/user" && settings+=("ETCDCTL_USER=$user"); }
}

# _etcd_path VARIABLE VERSION: its directory; by test/etcds unless the version is whole.
_etcd_path() {
    if [[ $2 == *.*.* && -x $_etcd_cache/$2/etcd ]]; then
        printf -v "$1" %s "$_etcd_cache/$2"
    else
        printf -v "$1" %s "$("$_etcds" path "$2")" && [[ -n ${!1} ]]
    fi
}

# Lays out a fresh cluster: directories, certificates, and each member's command line.
_etcd_prepare() {
    local program=$1 members=$2 tls=$3 v2=$4 dir scheme=http initial='' n ports common=()
    dir=$(etcd_dir)
    rm -rf "$dir"
    mkdir -p "$dir"
    echo "$program" >"$dir/program"
    read -ra ports < <(_etcd_free_ports $((2 * members)))

    # Passwords are hashed as cheaply as etcd can: a login takes 1 ms instead of 100.
    common=(--logger zap --log-outputs stderr --bcrypt-cost 4)
    # Durability across power loss is nothing that a test on this machine could see.
    [[ $program == */3.4.* ]] || common+=(--unsafe-no-fsync)
    [[ -z $v2 ]] || common+=(--enable-v2)
    if [[ -n $tls ]]; then
        scheme=https
        _etcd_certificates "$dir/tls" || return 1
        common+=(--trusted-ca-file "$dir/tls/ca.crt" --client-cert-auth
                 --cert-file "$dir/tls/server.crt" --key-file "$dir/tls/server.key"
                 --peer-trusted-ca-file "$dir/tls/ca.crt" --peer-client-cert-auth
                 --peer-cert-file "$dir/tls/server.crt" --peer-key-file "$dir/tls/server.key")
    fi
    for ((n = 1; n <= members; n++)); do
        initial+=${initial:+,}m$n=$scheme://127.0.0.1:${ports[2 * n - 1]}
    done
    for ((n = 1; n <= members; n++)); do
        local client=$scheme://127.0.0.1:${ports[2 * n - 2]} peer=$scheme://127.0.0.1:${ports[2 * n - 1]}
        mkdir "$dir/m$n"
        echo "$client" >"$dir/m$n/client-url"
        printf '%s\0' "$program/etcd" --name "m$n" --data-dir "$dir/m$n/data" \
            --listen-client-urls "$client" --advertise-client-urls "$client" \
            --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
            --initial-cluster "$initial" --initial-cluster-token "$dir" "${common[@]}" \
            >"$dir/m$n/arguments"
    done
}

# Ports that no socket has at either end, below the range from which the kernel serves outgoing connections, so that a
# member that is down for a while finds its own free again.
_etcd_free_ports() {
    local used ports=() port hex
    used=$(cat /proc/net/tcp /proc/net/tcp6)
    while [[ ${#ports[@]} -lt $1 ]]; do
        port=$((10000 + SRANDOM % 22000))
        printf -v hex '%04X' "$port"
        [[ $used == *":$hex "* || " ${ports[*]} " == *" $port "* ]] || ports+=("$port")
    done
    echo "${ports[*]}"
}

# A CA, one certificate for all servers, with both usages because a member is also its peers' client,
# and one for clients.
_etcd_certificates() {
    local dir=$1 name usage
    mkdir -p "$dir"
    (
        cd "$dir" || exit 1
        exec >openssl.log 2>&1
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 \
            -subj '/CN=quorate test CA' -keyout ca.key -out ca.crt || exit 1
        for name in server client; do
            usage=clientAuth
            [[ $name == client ]] || usage=serverAuth,clientAuth
            openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
                -subj "/CN=quorate test $name" -keyout $name.key -out $name.csr &&
                openssl x509 -req -in $name.csr -days 2 -CA ca.crt -CAkey ca.key -out $name.crt \
                    -extfile <(printf 'extendedKeyUsage=%s\n' $usage
                               echo 'subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost') || exit 1
        done
    ) || { tail "$dir/openssl.log" >&2; return 1; }
}

# What a member's client URL answers to a GET of this path.
_etcd_get() {
    local dir=${ETCD_ROOT:-$BATS_TEST_TMPDIR}/${ETCD_CLUSTER:-etcd} tls=() url
    [[ ! -d $dir/tls ]] ||
        tls=(--cacert "$dir/tls/ca.crt" --cert "$dir/tls/client.crt" --key "$dir/tls/client.key")
    read -r url <"$dir/m$1/client-url"
    curl -sS --noproxy '*' --max-time 5 "${tls[@]}" "$url$2" 2>/dev/null
}

# That it has come past its listeners is asked first: if it has not, the answer may be from another
# etcd, which has its port.
_etcd_healthy() {
    grep -q 'serving client traffic' "$(etcd_dir "$1")/log" &&
        [[ $(_etcd_get "$1" /health) == *'"health":"true"'* ]]
}

# A member that has exited will not become healthy; no use in waiting for the time-out.
_etcd_healthy_or_gone() {
    _etcd_healthy "$1" || ! kill -0 "$(<"$(etcd_dir "$1")/pid")" 2>/dev/null
}

# Features such as learners wait for the cluster version, which is settled some time after health.
_etcd_wait_cluster_version() {
    local version
    version=$(basename "$(<"$(etcd_dir)/program")")
    wait_for "$_etcd_start_timeout_s" _etcd_cluster_version_is "${version%.*}.0"
}

_etcd_cluster_version_is() {
    [[ $(_etcd_get 1 /version) == *"\"etcdcluster\":\"$1\""* ]]
}

_etcd_enable_auth() {
    ctl role add root && ctl user add "root:$_etcd_password" && ctl user grant-role root root &&
        ctl auth enable || return 1
    echo "root:$_etcd_password" >"$(etcd_dir)/user"
} >&2

_etcd_end_all() {
    local file
    for file in "$1"/m[1-9]/pid "$1"/*/m[1-9]/pid; do
        [[ ! -f $file ]] || _etcd_end "$(<"$file")" KILL
    done
}

_etcd_end() {
    kill "-$2" "$1" 2>/dev/null || return 0
    wait_for 30 _etcd_is_gone "$1"
}

# A thread on a busy machine may still finish what it is at.
_etcd_stands_still() {
    ! grep -h '^State:' "/proc/$1/task"/*/status | grep -qv 'T (stopped)'
}

_etcd_is_gone() {
    ! kill -0 "$1" 2>/dev/null
}
