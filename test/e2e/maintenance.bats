#!/usr/bin/env bats
#
# compaction, defrag, alarm disarm, downgrade, and how endpoints are found.
#
# bats file_tags=one-etcd

# shellcheck disable=SC2154,SC2030,SC2031 # stderr comes from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

setup() {
    trace_tests_only
    export ETCDCTL_API=3
}

teardown() {
    etcd_stop
    [[ -z ${helper_pid:-} ]] || kill "$helper_pid"
}

quorate() {
    with_cluster "$QUORATE" "$@"
}

is_at_least() {
    [[ $(printf '%s\n' "$1" "$(basename "$(<"$(etcd_dir)/program")")" | sort -V | head -n 1) == "$1" ]]
}

@test "compaction without a revision, or with a future one, names the newest" {
    etcd_start "$ETCD_VERSION"
    ctl put a 1
    ctl put a 2
    run -128 --separate-stderr quorate compaction
    [[ $stderr == "Error: 'compaction' needs the revision up to which to compact"$'\n''Hint: the newest revision is 3' ]]
    run -1 --separate-stderr quorate compact 4
    [[ $stderr == *'required revision is a future revision'*$'\n''Hint: the newest revision is 3' ]]
    run -1 --separate-stderr quorate compact three
    [[ $stderr == "Error: revision: 'three' is not a whole number"* ]]
    run -0 quorate compact 2 --physical
    [[ $output == 'compacted revision 2' ]]
    run -1 --separate-stderr quorate compaction 2
    [[ $stderr == *'required revision has been compacted'* ]]
    run -128 --separate-stderr quorate compaction --endpoints 127.0.0.1:1
    [[ $stderr == *'needs the revision'* ]]
}

@test "defrag goes from member to member, and stops where one may still be at it" {
    local urls
    etcd_start "$ETCD_VERSION" 3
    urls=$(etcd_endpoints)
    run -0 quorate defrag --cluster
    [[ ${#lines[@]} -eq 3 && ${lines[0]} == 'Finished defragmenting etcd member['*'. took '* ]]
    QUORATE_COMPAT=3.5 run -0 quorate defrag
    [[ ${lines[0]} == "Finished defragmenting etcd member[${urls%%,*}]" ]]
    # One that is not there delays nobody.
    run -1 --separate-stderr quorate defrag --endpoints "127.0.0.1:1,$(etcd_endpoints 1)"
    [[ $output == "Finished defragmenting etcd member[$(etcd_endpoints 1)]. took "* ]]
    [[ $stderr == 'Failed to defragment etcd member[127.0.0.1:1]. took '*'connection refused)' ]]
    # One that does not answer may be at it.
    etcd_pause 2
    run -1 --separate-stderr quorate defrag --command-timeout 1s --endpoints "$(etcd_endpoints 2 3)"
    etcd_resume 2
    [[ -z $output ]]
    [[ $stderr == *$'\n'"Not begun: 1 more; member[$(etcd_endpoints 2)] may still be defragmenting" ]]
}

@test "alarm disarm disarms each alarm, and says which" {
    local id
    etcd_start "$ETCD_VERSION"
    id=$(ctl -w fields endpoint status | sed -n 's/^"MemberID" : //p')
    run -0 quorate alarm disarm
    [[ -z $output ]]
    curl -sS --noproxy '*' -d "{\"action\":1,\"memberID\":\"$id\",\"alarm\":1}" \
        "$(etcd_endpoints)/v3/maintenance/alarm" >/dev/null
    run -1 --separate-stderr quorate put a 1
    [[ $stderr == *'database space exceeded'* ]]
    run -0 quorate alarm disarm
    [[ $output == "memberID:$id alarm:NOSPACE" ]]
    run -0 quorate put a 1
    run -0 quorate alarm list
    [[ -z $output ]]
    run -0 quorate alarm disarm -w json
    [[ $output == '{}' ]]
}

@test "downgrade: refused before 3.6, and on its way since" {
    local minor below
    etcd_start "$ETCD_VERSION"
    minor=$(basename "$(<"$(etcd_dir)/program")")
    minor=${minor%.*}
    below=3.$((${minor#3.} - 1))
    if is_at_least 3.5; then
        run -0 quorate downgrade validate "$below"
        [[ $output == "Downgrade validate success, cluster version $minor"* ]]
        run -1 --separate-stderr quorate downgrade validate 3.1
        [[ $stderr == *'invalid downgrade target version'* ]]
    else
        run -1 --separate-stderr quorate downgrade validate "$below"
        [[ $stderr == *'unknown method Downgrade'* ]]
    fi
    if ! is_at_least 3.6; then
        run -1 --separate-stderr quorate downgrade enable "$below"
        [[ $stderr == "Error: endpoint '$(etcd_endpoints)' runs etcd $minor."*': before 3.6 a downgrade that is enabled only stops members from starting again'* ]]
        # Nothing was applied: the member starts again.
        etcd_kill 1 TERM
        etcd_restart 1
        etcd_wait_healthy
        return
    fi
    run -0 quorate downgrade enable "$below"
    [[ $output == "Downgrade enable success, cluster version $minor"* ]]
    run -0 quorate endpoint status -w fields
    [[ $output == *"\"DowngradeTargetVersion\" : \"$below.0\""* && $output == *'"DowngradeEnabled" : true'* ]]
    run -1 --separate-stderr quorate downgrade enable "$below"
    [[ $stderr == *'cluster has a downgrade job in progress'* ]]
    run -0 quorate downgrade cancel
    [[ $output == 'Downgrade cancel success, cluster version '* ]]
}

# A name server of our own on another loopback address, and a mount namespace whose resolv.conf names
# it: $QUORATE and etcdctl ask it without knowing.
start_dns() {
    local records=() record
    [[ $(id -u) -eq 0 ]] || skip "port 53 and a resolv.conf of our own need root"
    command -v dnsmasq >/dev/null || skip "dnsmasq is not installed"
    unshare -m true 2>/dev/null || skip "no mount namespaces here"
    for record; do
        records+=("--srv-host=$record")
    done
    echo 'nameserver 127.0.53.53' >"$BATS_TEST_TMPDIR/resolv.conf"
    dnsmasq --keep-in-foreground --no-resolv --no-hosts --no-daemon --bind-interfaces --conf-file=/dev/null \
        --listen-address=127.0.53.53 --address=/etcd.test/127.0.0.1 --local=/test/ "${records[@]}" \
        >"$BATS_TEST_TMPDIR/dns.log" 2>&1 3>&- &
    helper_pid=$!
    wait_for 5 grep -q 'started' "$BATS_TEST_TMPDIR/dns.log" || skip "dnsmasq: $(tail -n 1 "$BATS_TEST_TMPDIR/dns.log")"
}

with_dns() {
    # shellcheck disable=SC2016 # expanded inside
    unshare -m sh -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$BATS_TEST_TMPDIR/resolv.conf" \
        env -u ETCDCTL_ENDPOINTS "$@"
}

# bats test_tags=once
@test "--discovery-srv takes the endpoints from DNS" {
    local url etcdctl
    etcd_start "$ETCD_VERSION" 2
    etcdctl=$(<"$(etcd_dir)/program")/etcdctl
    url=$(etcd_endpoints 1)
    # Two records of one service, the second with the better priority, and one of another service.
    start_dns "_etcd-client._tcp.etcd.test,a.etcd.test,1,20" \
        "_etcd-client._tcp.etcd.test,b.etcd.test,${url##*:},10" \
        "_etcd-client-main._tcp.etcd.test,c.etcd.test,${url##*:},10"
    run -0 --separate-stderr with_dns "$QUORATE" --discovery-srv etcd.test member list
    [[ -n $output && $output == "$(with_dns "$etcdctl" --discovery-srv etcd.test member list)" ]]
    run -0 with_dns "$QUORATE" -d etcd.test --discovery-srv-name main endpoint status -w json
    [[ $output == *"http://c.etcd.test:${url##*:}"* ]]
    ETCDCTL_DISCOVERY_SRV=etcd.test run -0 with_dns "$QUORATE" get nothing
    run -1 --separate-stderr with_dns "$QUORATE" -d none.test member list
    [[ $stderr == "Error: --discovery-srv 'none.test': no DNS record '_etcd-client._tcp.none.test'"* ]]
    run -1 --separate-stderr with_dns "$QUORATE" -d etcd.test --insecure-discovery=false member list
    [[ $stderr == *'ignoring discovered insecure endpoint "http://b.etcd.test:'* ]]
    [[ $stderr == *"Error: --discovery-srv 'etcd.test': only endpoints without TLS"* ]]
}

@test "IPv6, unix sockets, no scheme, and limits of the client's own" {
    local url socket
    etcd_start "$ETCD_VERSION"
    url=$(etcd_endpoints)
    socket=$BATS_TEST_TMPDIR/etcd.sock
    python3 - "$socket" "${url##*:}" <<'PYTHON' 3>&- &
import socket, sys, threading
def pump(a, b):
    while data := a.recv(65536):
        b.sendall(data)
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
while True:
    near = listener.accept()[0]
    far = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    for pair in ((near, far), (far, near)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
PYTHON
    helper_pid=$!
    run -0 quorate --endpoints "${url#http://}" put k "$(head -c 2000 /dev/zero | tr '\0' x)"
    wait_for 5 test -S "$socket"
    run -0 quorate --endpoints "unix://$socket" member list
    run -1 --separate-stderr quorate --endpoints '[::1]:1' member list
    [[ $stderr == *"'http://[::1]:1'"* ]]
    run -1 --separate-stderr quorate get k --max-recv-bytes 1000
    [[ $stderr == *'above the limit of 1000'* ]]
    run -1 --separate-stderr quorate put k "$(head -c 2000 /dev/zero | tr '\0' x)" --max-request-bytes 1000
    [[ $stderr == *'trying to send message larger than max ('*' vs. 1000)'* ]]
    run -128 --separate-stderr quorate --cert '' get k
    [[ $stderr == 'Error: empty string is passed to --cert option'* ]]
    run -128 quorate --cacert /no/such get k
}
