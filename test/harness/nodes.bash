# shellcheck shell=bash
#
# Real hosts for bats tests: Debian systems booted by systemd-nspawn, on a bridge of their own.
# `load ../harness/nodes`, and `nodes_down` in teardown. test/nodes/README.md says how it is made.
#
#   nodes_up N               boots db1 to dbN, and returns when each takes ssh
#   nodes_down               ends them all
#   inside COMMAND...        runs a command where only the hosts can be reached: quorate, ssh, curl
#   node_sh NAME COMMAND...  runs a command as root on a host, without ssh
#   node_ip NAME             the host's address; `node_ip quorate` is ours
#   node_root NAME           the host's root directory, as `inside` sees it
#
#   node_etcd_version NAME VERSION     puts that etcd, etcdctl and etcdutl into the host's /usr/bin
#   nodes_cluster [--tls] LAYOUT NAME[:LAYOUT]...  lays out a cluster over these hosts, and starts it
#   node_joins NAME LAYOUT             lays out a host as one that joins that cluster; then node_start
#   node_left NAME                     says that it has left the cluster
#   node_layout NAME LAYOUT            only writes how etcd runs there; see test/nodes/layouts.bash
#   node_certificates NAME LAYOUT      puts its certificates where that layout has them, if the cluster has TLS
#   node_kubelet NAME                  gives the host a kubelet that has nothing to run yet
#   node_start NAME, node_stop NAME    starts and stops what was laid out, now and at boot
#   nodes_clear NAME...                ends etcd there and removes its files and data, also what quorate laid out
#   with_nodes COMMAND...              `inside`, with ETCDCTL_ variables for the cluster laid out last
#   nodes_wait_healthy SECONDS NAME... until each answers through a leader
#   nodes_endpoints NAME...            client URLs, with commas between
#
#   node_reboot NAME [--hard]          returns when the host takes ssh again; --hard: its power fails
#   node_off NAME, node_on NAME        the power fails, and is back
#   node_cut, node_disk, node_skew, ...: see test/nodes/faults.bash
#
#   writer_start [--both-forms] NAME...
#                            puts 200 keys/s over the endpoints of these hosts and notes each that was
#                            acknowledged, until writer_stop; NODES_WRITER names another note. --both-forms: over
#                            http and https endpoints, with the bench's certificates, whatever the cluster has, and
#                            by gRPC (test/harness/grpc_writer.c)
#   writer_stop
#   writer_check NAME [--up-to-revision R]
#                            asks that host for every acknowledged write (of a revision up to R): prints
#                            a JSON object and fails when one is not there
#   watcher_start [--both-forms] NAME..., watcher_stop, watcher_check
#                            the same for one that watches what the writer puts: prints a JSON object and fails
#                            when it lacks an acknowledged write. Stop it behind the writer
#
# A bench belongs to a test, or with `export NODES_ROOT=$BATS_FILE_TMPDIR` in setup_file to all tests
# of a file: then nodes_up goes into setup_file and nodes_down into teardown_file. It dies with the
# shell that called nodes_up, even when that is killed: call it straight, not under `run` and not in a
# subshell. Several benches at a time, of one run or of many, do not see each other.

_nodes_here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../nodes" && pwd)
_nodes_network=10.99.0
_nodes_boot_timeout_s=90

# shellcheck source=test/nodes/layouts.bash
source "$_nodes_here/layouts.bash"
# shellcheck source=test/nodes/faults.bash
source "$_nodes_here/faults.bash"

nodes_up() {
    local count=$1 bench tree n
    bench=$(nodes_dir)
    tree=$("$_nodes_here/tree" 3>&-) || return 1
    _nodes_keep "$bench" || return 1
    for ((n = 1; n <= count; n++)); do
        _node_prepare "db$n" "$n" && _node_run "db$n" "$tree" || return 1
    done
    for ((n = 1; n <= count; n++)); do
        _node_wait_ssh "db$n" || return 1
    done
}

nodes_down() {
    local bench
    bench=$(nodes_dir)
    [[ -f $bench/keeper ]] || return 0
    kill -KILL "$(<"$bench/keeper")" 2>/dev/null || true
    wait_for 30 _nodes_all_gone "$bench"
    _nodes_remove_cgroups "$bench"
    rm -rf "$bench"
}

inside() {
    (_nodes_exec "$@")
}

node_sh() {
    local leader
    leader=$(_node_leader "$1") || return 1
    shift
    nsenter -t "$leader" -m -u -i -n -p -C \
        env -i -C / PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"
}

node_ip() {
    if [[ $1 == quorate ]]; then
        echo $_nodes_network.1
    else
        echo "$_nodes_network.$((10 + ${1#db}))"
    fi
}

node_root() {
    echo "$(nodes_dir)/$1/root"
}

nodes_dir() {
    echo "${NODES_ROOT:-$BATS_TEST_TMPDIR}/bench"
}

node_reboot() {
    local host
    host=$(nodes_dir)/$1
    if [[ ${2:-} == --hard ]]; then
        node_off "$1" && node_on "$1"
        return
    fi
    local before
    before=$(_node_leader "$1")
    node_sh "$1" systemctl reboot --no-block
    wait_for 60 _nodes_is_gone "$before" && _node_wait_ssh "$1"
}

node_off() {
    local host leader
    host=$(nodes_dir)/$1
    leader=$(_node_leader "$1") || return 1
    : >"$host/hold"
    kill -KILL "$leader"
    kill -KILL "$(<"$host/launcher")" 2>/dev/null
    wait_for 30 _nodes_is_gone "$leader"
}

node_on() {
    local host
    host=$(nodes_dir)/$1
    rm -f "$host/hold"
    _node_run "$1" "$("$_nodes_here/tree" path)" && _node_wait_ssh "$1"
}

node_etcd_version() {
    local from root tool
    from=$("$_nodes_here/../etcds" path "$2") || return 1
    root=$(node_root "$1")
    for tool in etcd etcdctl etcdutl; do
        [[ ! -x $from/$tool ]] || inside install -m 755 "$from/$tool" "$root/usr/bin/$tool" || return 1
    done
    echo "$2" >"$(nodes_dir)/$1/version"
}

nodes_cluster() {
    local layout each name names=()
    rm -f "$(nodes_dir)/https"
    if [[ $1 == --tls ]]; then
        : >"$(nodes_dir)/https"
        shift
    fi
    layout=$1
    shift
    names=("${@%%:*}")
    printf '%s\n' "${names[@]}" >"$(nodes_dir)/members"
    for each; do
        name=${each%%:*}
        [[ $each == *:* ]] || each=$name:$layout
        node_layout "$name" "${each#*:}" || return 1
    done
    for name in "${names[@]}"; do
        node_start "$name" || return 1
    done
    nodes_wait_healthy 60 "${names[@]}"
}

# The cluster's list of members must have it already, as a learner or not.
node_joins() {
    echo "$1" >>"$(nodes_dir)/members"
    _nodes_initial_state=existing node_layout "$1" "$2"
}

# After a member has left.
node_left() {
    sed -i "/^$1\$/d" "$(nodes_dir)/members"
}

with_nodes() {
    local members settings=()
    mapfile -t members <"$(nodes_dir)/members"
    settings=("ETCDCTL_ENDPOINTS=${ETCDCTL_ENDPOINTS:-$(nodes_endpoints "${members[@]}")}")
    if [[ $(_nodes_scheme) == https ]]; then
        local tls
        tls=$(nodes_dir)/tls
        settings+=("ETCDCTL_CACERT=$tls/ca.crt" "ETCDCTL_CERT=$tls/client.crt" "ETCDCTL_KEY=$tls/client.key")
    fi
    inside env "${settings[@]}" "$@"
}

nodes_wait_healthy() {
    local seconds=$1 name
    shift
    for name; do
        wait_for "$seconds" _node_healthy "$name" || {
            echo "etcd on $name is not healthy after $seconds s:" >&2
            _node_etcd_log "$name" >&2
            return 1
        }
    done
}

nodes_endpoints() {
    local name urls=()
    for name; do
        urls+=("$(_nodes_scheme)://$(node_ip "$name"):2379")
    done
    (IFS=,; echo "${urls[*]}")
}

writer_start() {
    local note
    note=$(_nodes_writer_note)
    _nodes_client put "$note" "$@"
    wait_for 20 test -s "$note" || { cat "$note.log" >&2; return 1; }
}

# It notes what is still under way before it ends.
writer_stop() {
    local note pid
    note=$(_nodes_writer_note)
    pid=$(<"$note.pid")
    : >"$note.stop"
    wait_for 60 _nodes_is_gone "$pid"
    rm "$note.stop"
    cat "$note.log"
}

writer_check() {
    local name=$1 tls=()
    shift
    [[ $(_nodes_scheme) == http ]] || mapfile -t tls < <(_nodes_client_tls)
    inside "$_nodes_here/writer" check --endpoints "$(nodes_endpoints "$name")" \
        --note "$(_nodes_writer_note)" "${tls[@]}" "$@"
}

watcher_start() {
    _nodes_client watch "$(_nodes_writer_note).events" "$@"
}

watcher_stop() {
    local note
    note=$(_nodes_writer_note).events
    : >"$note.stop"
    wait_for 60 _nodes_is_gone "$(<"$note.pid")"
    rm "$note.stop"
    cat "$note.log"
}

watcher_check() {
    "$_nodes_here/writer" compare --note "$(_nodes_writer_note)"
}

wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [[ $SECONDS -lt $deadline ]] || return 1
        sleep 0.1
    done
}

# --- below: for this file only -----------------------------------------------------------------

_nodes_keep() {
    local bench=$1
    mkdir -p "$bench/ssh/empty"
    chmod 755 "$bench"
    node_ip quorate >"$bench/address"
    ssh-keygen -q -t ed25519 -N '' -C bench -f "$bench/ssh/id" || return 1
    : >"$bench/ssh/known_hosts"
    _nodes_ssh_config "$bench/ssh" >"$bench/ssh/config"
    _nodes_hosts >"$bench/hosts"
    # bats waits for whoever holds its descriptor 3.
    setpriv --pdeathsig KILL unshare -n -m -p --fork --kill-child --mount-proc \
        "$_nodes_here/keeper" "$bench" </dev/null >"$bench/keeper.log" 2>&1 3>&- &
    local outer=$!
    disown $outer
    if ! wait_for 20 test -e "$bench/ready"; then
        cat "$bench/keeper.log" >&2
        return 1
    fi
    pgrep -P $outer >"$bench/keeper"
}

# Becomes the command: so that its pid is $! when it is started in the background. It dies with the
# process that entered for it. Sockets and journals are the bench's own.
_nodes_exec() {
    local bench
    bench=$(nodes_dir)
    exec nsenter -t "$(<"$bench/keeper")" -n -m -p env -C "$PWD" XDG_RUNTIME_DIR=/run/bench \
        QUORATE_STATE="${QUORATE_STATE:-$bench/state}" setpriv --pdeathsig KILL "$@"
}

_nodes_ssh_config() {
    local n
    for n in {1..9}; do
        printf 'Host db%d\n    HostName %s\n' "$n" "$(node_ip "db$n")"
    done
    cat <<CONFIG
Host *
    IdentityFile $1/id
    IdentitiesOnly yes
    UserKnownHostsFile $1/known_hosts
    GlobalKnownHostsFile /dev/null
CONFIG
}

_nodes_hosts() {
    local n
    echo '127.0.0.1 localhost'
    echo "$(node_ip quorate) quorate"
    for n in {1..9}; do
        echo "$(node_ip "db$n") db$n"
    done
}

# The host's part of the root directory: name, address, and the key that lets us in.
_node_prepare() {
    local name=$1 host upper
    host=$(nodes_dir)/$name
    upper=$host/upper
    mkdir -p "$upper/etc/systemd/network" "$upper/etc/systemd/system/multi-user.target.wants" \
        "$upper/etc/ssh" "$host/work" "$host/root"
    : >"$host/disks"
    cp "$(nodes_dir)/hosts" "$upper/etc/hosts"
    echo "$name" >"$upper/etc/hostname"
    ln -s /lib/systemd/system/systemd-networkd.service "$upper/etc/systemd/system/multi-user.target.wants/"
    printf '[Match]\nName=host0\n[Network]\nAddress=%s/24\nLinkLocalAddressing=no\n' "$(node_ip "$name")" \
        >"$upper/etc/systemd/network/10-host0.network"
    ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$upper/etc/ssh/ssh_host_ed25519_key" || return 1
    _node_host_key_line "$name" >>"$(nodes_dir)/ssh/known_hosts"
    # One file for all users: the bench has one key.
    mkdir -p "$upper/etc/ssh/sshd_config.d"
    printf 'AuthorizedKeysFile /etc/ssh/bench_keys\nHostKey /etc/ssh/ssh_host_ed25519_key\n' \
        >"$upper/etc/ssh/sshd_config.d/keys.conf"
    cp "$(nodes_dir)/ssh/id.pub" "$upper/etc/ssh/bench_keys"
}

_node_host_key_line() {
    echo "$1,$(node_ip "$1") $(<"$(nodes_dir)/$1/upper/etc/ssh/ssh_host_ed25519_key.pub")"
}

# Starts the launcher; the host boots on its own.
_node_run() {
    local name=$1 tree=$2 host controller cgroups=()
    host=$(nodes_dir)/$name
    for controller in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
        [[ ! -f $controller/cgroup.procs ]] || cgroups+=("$controller/$(_nodes_cgroup)-$name")
    done
    _nodes_exec "$_nodes_here/host" "$host" "$tree" "${cgroups[@]}" </dev/null >>"$host/console" 2>&1 3>&- &
    echo $! >"$host/launcher"
    disown $!
}

_node_wait_ssh() {
    wait_for "$_nodes_boot_timeout_s" _node_takes_ssh "$1" || {
        echo "$1 did not boot in $_nodes_boot_timeout_s s:" >&2
        tail -n 20 "$(nodes_dir)/$1/console" >&2
        return 1
    }
}

_node_takes_ssh() {
    inside ssh -o BatchMode=yes -o ConnectTimeout=2 "root@$1" true </dev/null 2>"$(nodes_dir)/$1/ssh.log"
}

# The pid, as we see it, of the host's init: nspawn's only child once it is up.
_node_leader() {
    local nspawn
    nspawn=$(pgrep -f -- "^systemd-nspawn .*--directory=$(nodes_dir)/$1/root ") &&
        pgrep -P "$nspawn"
}

_nodes_is_gone() {
    ! kill -0 "$1" 2>/dev/null
}

_nodes_cgroup() {
    echo "quorate-bench-$(<"$(nodes_dir)/keeper")"
}

_nodes_all_gone() {
    ! kill -0 "$(<"$1/keeper")" 2>/dev/null && ! pgrep -f -- "^systemd-nspawn .*--directory=$1/" >/dev/null
}

# Those of this bench, and of any whose keeper was killed with the test.
_nodes_remove_cgroups() {
    local cgroup keeper
    for cgroup in /sys/fs/cgroup/{,unified/,systemd/}quorate-bench-*-db*; do
        keeper=${cgroup##*/quorate-bench-}
        [[ -d $cgroup ]] || continue
        ! kill -0 "${keeper%-db*}" 2>/dev/null || continue
        find "$cgroup" -depth -type d -exec rmdir {} \; 2>/dev/null
    done
    return 0
}

_node_healthy() {
    local tls=()
    [[ $(_nodes_scheme) == http ]] || mapfile -t tls < <(_nodes_client_tls)
    [[ $(inside curl -sS --max-time 2 "${tls[@]}" "$(nodes_endpoints "$1")/health" 2>/dev/null) == \
        *'"health":"true"'* ]]
}

_node_etcd_log() {
    case $(<"$(nodes_dir)/$1/layout") in
        static-pod)
            node_sh "$1" journalctl --no-pager -n 20 -u kubelet
            node_sh "$1" sh -c 'tail -n 20 /var/log/pods/*/etcd/*.log'
            ;;
        process) node_sh "$1" tail -n 20 /var/log/etcd.log ;;
        *) node_sh "$1" journalctl --no-pager -n 20 -u etcd ;;
    esac
}

_nodes_scheme() {
    if [[ -e $(nodes_dir)/https ]]; then
        echo https
    else
        echo http
    fi
}

# Words of curl and of the writer, a line each.
_nodes_client_tls() {
    local tls
    tls=$(nodes_dir)/tls
    printf '%s\n' --cacert "$tls/ca.crt" --cert "$tls/client.crt" --key "$tls/client.key"
}

# Makes the certificate of a host, or of "client", and the bench's authority before the first; prints
# its path without the ending.
_nodes_certificate() {
    local name=$1 tls names
    tls=$(nodes_dir)/tls
    mkdir -p "$tls"
    [[ -e $tls/ca.crt ]] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 \
        -subj '/CN=bench CA' -keyout "$tls/ca.key" -out "$tls/ca.crt" 2>"$tls/log" || return 1
    [[ $name == client || -e $tls/client.crt ]] || _nodes_certificate client >/dev/null || return 1
    if [[ ! -e $tls/$name.crt ]]; then
        names=IP:127.0.0.1,DNS:localhost
        [[ $name == client ]] || names+=,IP:$(node_ip "$name"),DNS:$name
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$name" \
            -keyout "$tls/$name.key" -out "$tls/$name.csr" 2>>"$tls/log" &&
            openssl x509 -req -in "$tls/$name.csr" -days 2 -CA "$tls/ca.crt" -CAkey "$tls/ca.key" \
                -out "$tls/$name.crt" 2>>"$tls/log" \
                -extfile <(printf 'extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=%s\n' "$names") ||
            return 1
    fi
    echo "$tls/$name"
}

# _nodes_client WHAT NOTE [--both-forms] NAME...: starts a writer or watcher.
_nodes_client() {
    local what=$1 note=$2 endpoints options=()
    shift 2
    rm -f "$note"
    if [[ $1 == --both-forms ]]; then
        shift
        _nodes_certificate client >/dev/null || return 1
        endpoints=$(nodes_endpoints "$@")
        endpoints=${endpoints//https:/http:},${endpoints//http:/https:}
        mapfile -t options < <(_nodes_client_tls)
        [[ $what != put ]] || options+=(--program "$(_nodes_grpc_writer)")
    else
        endpoints=$(nodes_endpoints "$@")
        [[ $(_nodes_scheme) == http ]] || mapfile -t options < <(_nodes_client_tls)
    fi
    _nodes_exec "$_nodes_here/writer" "$what" --endpoints "$endpoints" --note "$note" "${options[@]}" \
        </dev/null >"$note.log" 2>&1 3>&- &
    echo $! >"$note.pid"
    disown $!
}

_nodes_grpc_writer() {
    local build
    build=$(dirname "$QUORATE")
    ninja -C "$build" test/harness/grpc_writer >&2 || return 1
    echo "$build/test/harness/grpc_writer"
}

_nodes_writer_note() {
    echo "$(nodes_dir)/${NODES_WRITER:-writer}"
}
