#!/usr/bin/env bats
#
# make-mirror between two clusters: what comes over, in which pieces, beside what etcdctl's brings;
# and what happens when either end is lost, full, compacted, protected or the same as the other.

# shellcheck disable=SC2154,SC2030,SC2031 # stderr comes from run --separate-stderr; a test is a subshell
bats_require_minimum_version 1.5.0
load ../harness/cluster

setup() {
    trace_tests_only
    out=$BATS_TEST_TMPDIR/out
    err=$BATS_TEST_TMPDIR/err
    mirror=''
    [[ $ETCD_VERSION != 3.4* ]] || export ETCDCTL_API=3
}

teardown() {
    [[ -z $mirror ]] || kill -KILL "$mirror" 2>/dev/null || true
    etcd_stop
}

# A command for the other cluster.
dest() {
    ETCD_CLUSTER=dest "$@"
}

both_start() {
    etcd_start "$ETCD_VERSION"
    dest etcd_start "$ETCD_VERSION" "$@"
}

# make-mirror with these arguments, in the background; also by another program. A shell lets its
# background jobs ignore SIGINT, which is not what is tested here.
mirror_start() {
    mirror_start_by "$QUORATE" "$@"
}

mirror_start_by() {
    local program=$1
    shift
    env --default-signal=INT "$program" make-mirror --endpoints "$(etcd_endpoints)" "$@" \
        >"$out" 2>"$err" 3>&- &
    mirror=$!
}

# It ends within 20 seconds, with this exit code.
mirror_ends_with() {
    local code=0
    wait_for 20 mirror_is_gone || { cat "$err"; return 1; }
    wait "$mirror" || code=$?
    mirror=''
    [[ $code -eq $1 ]] || { echo "exit code $code, not $1:"; cat "$err"; return 1; }
}

mirror_is_gone() {
    [[ ! -d /proc/$mirror ]] || grep -q '^State:.*Z' "/proc/$mirror/status"
}

# Keys and values from a prefix on, as base64, which holds everything.
content() {
    ctl get "$1" --prefix -w json | jq -c '.kvs[]? | [.key, .value]'
}

dest_is() {
    [[ $(dest content "$2") == "$(content "$1")" ]]
}

dest_has() {
    [[ $(dest ctl get "$1" --print-value-only) == "$2" ]]
}

dest_lacks() {
    [[ -z $(dest ctl get "$1") ]]
}

# The mod revision of a key at the destination.
dest_revision() {
    dest ctl get "$1" -w json | jq '.kvs[0].mod_revision'
}

says() {
    grep -q "$1" "$err"
}

# A JSON request to the first member of a cluster, through its gateway.
gateway() {
    curl -sS --noproxy '*' --max-time 20 "$(etcd_endpoints 1)$1" -d "$2"
}

# N keys PREFIX00001, ... with values of some hundred bytes, a hundred in a transaction.
fill() {
    python3 - "$(etcd_endpoints 1)" "$1" "$2" <<'PYTHON'
import base64, json, sys, urllib.request

def b64(text):
    return base64.b64encode(text.encode()).decode()

url, prefix, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for start in range(0, count, 100):
    body = json.dumps({"success": [
        {"request_put": {"key": b64(f"{prefix}{i:05}"), "value": b64(f"value {i} " * 40)}}
        for i in range(start, min(start + 100, count))]})
    opener.open(url + "/v3/kv/txn", body.encode(), timeout=20).read()
PYTHON
}

odd_keys() {
    ctl put odd/empty ''
    ctl put $'odd/bin\x01\xff"\\' $'v\n\t<&>\xfe'
    gateway /v3/kv/put '{"key":"b2RkLwAA/w==","value":"AAEC/w=="}' # a NUL in both
    head -c 1400000 /dev/zero | tr '\0' x | ctl put odd/large
} >/dev/null

# bats test_tags=few-etcds
@test "all keys come over, then every change, transactions as transactions" {
    both_start
    fill k/ 700
    odd_keys
    ctl put before/gone x
    ctl del before/gone
    mirror_start "$(dest etcd_endpoints)"
    wait_for 20 dest_is '' ''
    # 704 keys in a few transactions, not one each.
    [[ $(dest_revision k/00000) -lt 40 ]]

    ctl put later one
    ctl put later two
    ctl del k/00001
    ctl del --prefix k/0001
    ctl txn <<<$'\nput t/a 1\nput t/b 2\ndel k/00002\n\n\n'
    wait_for 10 dest_has t/b 2
    wait_for 10 dest_is '' ''
    [[ $(dest_revision t/a) == "$(dest_revision t/b)" ]]
    # Each change of the source was one here: the two puts are two versions.
    [[ $(dest ctl get later -w json | jq '.kvs[0].version') -eq 2 ]]

    kill -INT "$mirror"
    mirror_ends_with 130
    says 'has all changes up to revision'
}

# bats test_tags=few-etcds
@test "prefixes are mapped as etcdctl maps them" {
    local words
    both_start
    fill k/ 30
    fill k/k/ 3
    fill another/ 3
    for words in '--prefix k/' '--prefix k/ --dest-prefix d/' '--prefix k/ --no-dest-prefix' '--dest-prefix d/'; do
        read -ra words <<<"$words"
        mirror_start_by "$(etcd_tool "$ETCD_VERSION" etcdctl)" "${words[@]}" "$(dest etcd_endpoints)"
        ctl put k/zz/last x >/dev/null
        wait_for 10 last_is_there
        kill "$mirror"
        wait "$mirror" || true
        dest content '' >"$BATS_TEST_TMPDIR/theirs"
        dest ctl del --prefix '' >/dev/null
        mirror_start "${words[@]}" "$(dest etcd_endpoints)"
        wait_for 10 last_is_there
        dest content '' | diff "$BATS_TEST_TMPDIR/theirs" - || { echo "differs: ${words[*]}"; return 1; }
        kill "$mirror"
        wait "$mirror" || true
        dest ctl del --prefix '' >/dev/null
        ctl del k/zz/last >/dev/null
    done
}

# The key that was put last has come, and all before it: the last in the order of keys too, as it may be put
# while the first copy runs, and etcdctl's copy puts one key at a time.
last_is_there() {
    dest ctl get --prefix '' --keys-only | grep -q 'last$'
}

# bats test_tags=few-etcds
@test "wrong words end as etcdctl's do" {
    both_start
    local etcdctl words
    etcdctl=$(etcd_tool "$ETCD_VERSION" etcdctl)
    for words in '' 'a:1 b:2' "--nosuch $(dest etcd_endpoints)"; do
        read -ra words <<<"$words"
        run with_cluster timeout 20 "$etcdctl" make-mirror "${words[@]}"
        theirs=$status
        run with_cluster timeout 20 "$QUORATE" make-mirror "${words[@]}"
        [[ $status -eq $theirs ]] || { echo "make-mirror ${words[*]}: $status, not $theirs"; return 1; }
    done
    run with_cluster "$QUORATE" make-mirror --prefix a --dest-prefix b --no-dest-prefix "$(dest etcd_endpoints)"
    [[ $status -eq 128 && $output == *'--dest-prefix and --no-dest-prefix exclude each other'* ]]
}

@test "--rev copies nothing, follows from there, and drops the prefix as etcdctl does" {
    both_start
    ctl put k/one 1
    ctl put k/two 2
    ctl put k/three 3
    mirror_start --prefix k/ --rev 3 "$(dest etcd_endpoints)"
    wait_for 10 dest_has three 3
    dest_has two 2
    dest_lacks one
    says "Warning: with --rev the prefix 'k/' is dropped at the destination"
    kill "$mirror"
    mirror_ends_with 143

    mirror_start --prefix k/ --rev 4 --dest-prefix k/ "$(dest etcd_endpoints)"
    wait_for 10 dest_has k/three 3
    dest_lacks k/two
    run ! says Warning
}

@test "--single-puts gives each key a revision, --max-txn-ops limits a transaction" {
    both_start
    fill k/ 300
    mirror_start --single-puts --max-txn-ops 2 "$(dest etcd_endpoints)"
    wait_for 20 dest_is '' ''
    [[ $(dest content '' | wc -l) -eq 300 ]]
    [[ $(dest ctl get --prefix k/ -w json | jq '[.kvs[].mod_revision] | unique | length') -eq 300 ]]
    fill t/ 5
    wait_for 10 dest_is '' ''
    [[ $(dest ctl get --prefix t/ -w json | jq '[.kvs[].mod_revision] | unique | length') -eq 3 ]]
}

@test "a destination with lower limits gets smaller transactions" {
    both_start
    printf '%s\0' --max-txn-ops 10 --max-request-bytes 5000 >>"$(dest etcd_dir 1)/arguments"
    dest etcd_kill 1
    dest etcd_restart 1
    dest etcd_wait_healthy
    fill k/ 300
    mirror_start "$(dest etcd_endpoints)"
    wait_for 20 dest_is '' ''
    fill later/ 100
    wait_for 20 dest_is '' ''
}

@test "the count is printed now and then" {
    both_start
    fill k/ 10
    mirror_start --count-every 50ms "$(dest etcd_endpoints)"
    wait_for 10 grep -qx 10 "$out"
    ctl put more x
    wait_for 10 grep -qx 11 "$out"
    # Whoever reads it may leave: then it ends, as etcdctl does.
    with_cluster timeout 20 "$QUORATE" make-mirror --count-every 50ms "$(dest etcd_endpoints)" | head -n 1
}

@test "a destination that comes back in time is waited for" {
    both_start
    fill k/ 10
    mirror_start "$(dest etcd_endpoints)"
    wait_for 10 dest_is '' ''
    dest etcd_kill 1
    ctl put while/away 1
    ctl put while/away 2
    wait_for 10 says 'destination: .*trying again for 30'
    dest etcd_restart 1
    wait_for 20 dest_has while/away 2
    says 'destination: it answers again'
    dest_is '' ''
}

@test "a destination that stays away ends it" {
    both_start
    fill k/ 10
    mirror_start --retry 500ms "$(dest etcd_endpoints)"
    wait_for 10 dest_is '' ''
    dest etcd_kill 1
    ctl put while/away 1
    mirror_ends_with 1
    says '^Error: destination: '
    says 'has all changes up to revision'
}

@test "a destination that was never there is told at once" {
    etcd_start "$ETCD_VERSION"
    run -1 --separate-stderr with_cluster timeout 2 "$QUORATE" make-mirror 127.0.0.1:1
    [[ $stderr == *'Error: destination: '*refused* ]]
    ETCD_CLUSTER=etcd run -1 --separate-stderr timeout 2 "$QUORATE" make-mirror --endpoints 127.0.0.1:1 "$(etcd_endpoints)"
    [[ $stderr == *'Error: source: '*refused* ]]
}

@test "a source that is killed: in the copy it is waited for, and the watch goes on" {
    both_start
    mirror_in_mid_copy
    etcd_kill 1
    wait_for 20 says 'source: .*trying again for 30'
    etcd_restart 1
    etcd_wait_healthy
    wait_for 60 dest_has_all
    dest_is k/ k/
    says 'source: it answers again'
    etcd_kill 1
    etcd_restart 1
    etcd_wait_healthy
    ctl put after/restart 1
    wait_for 20 dest_has after/restart 1
    dest_is '' ''
}

@test "a source that stays away in the copy ends it" {
    both_start
    mirror_in_mid_copy --retry 300ms
    etcd_kill 1
    mirror_ends_with 1
    says '^Error: source: '
    run ! says 'has all changes'
}

# A mirror that has copied something, but by far not all, nor read it in advance (8 MiB): one put after the
# other, 50000 of them.
mirror_in_mid_copy() {
    fill k/ 20000
    mirror_start --single-puts "$@" "$(dest etcd_endpoints)"
    wait_for 10 dest_has_some
}

dest_has_all() {
    [[ $(dest ctl get --prefix k/ --keys-only | grep -c .) -eq 20000 ]]
}

dest_has_some() {
    [[ -n $(dest ctl get --prefix k/ --limit 1 --keys-only) ]]
}

@test "a destination without space ends it with the cause" {
    both_start
    fill k/ 10
    local id
    id=$(dest ctl member list -w json | jq '.members[0].ID')
    dest gateway /v3/maintenance/alarm "{\"action\":\"ACTIVATE\",\"memberID\":\"$id\",\"alarm\":\"NOSPACE\"}"
    run -1 --separate-stderr with_cluster timeout 20 "$QUORATE" make-mirror "$(dest etcd_endpoints)"
    [[ $stderr == *'Error: destination: '*'database space exceeded'* ]]
}

@test "a compaction that takes what was to come is told" {
    both_start
    fill k/ 500
    ctl compact 4
    run -1 --separate-stderr with_cluster timeout 20 "$QUORATE" make-mirror --rev 2 "$(dest etcd_endpoints)"
    [[ $stderr == *'Error: source: '*'required revision has been compacted'* ]]
    [[ $stderr == *'changes from revision 2 to 3 are lost'* ]]
}

@test "a cluster is not mirrored into itself, unless the names lead away" {
    etcd_start "$ETCD_VERSION"
    ctl put k/one 1
    local words
    for words in '' '--prefix k/' '--prefix k/ --dest-prefix k/copy/' '--dest-prefix k/'; do
        read -ra words <<<"$words"
        run -1 --separate-stderr with_cluster timeout 5 "$QUORATE" make-mirror "${words[@]}" "$(etcd_endpoints)"
        [[ $stderr == *'source and destination are the same cluster'* ]]
    done
    mirror_start --prefix k/ --dest-prefix copy/ "$(etcd_endpoints)"
    wait_for 10 here_has copy/one 1
}

@test "two clusters of one id are two clusters" {
    both_start
    # What a cluster's id is made of: its members' peer URLs and its token.
    local file
    file=$(dest etcd_dir 1)/arguments
    dest etcd_kill 1
    rm -r "$(dest etcd_dir 1)/data"
    python3 - "$(etcd_dir 1)/arguments" "$file" <<'PYTHON'
import sys

source, dest = (open(path, "rb").read().split(b"\0") for path in sys.argv[1:])
for flag in (b"--initial-advertise-peer-urls", b"--initial-cluster", b"--initial-cluster-token"):
    dest[dest.index(flag) + 1] = source[source.index(flag) + 1]
open(sys.argv[2], "wb").write(b"\0".join(dest))
PYTHON
    dest etcd_restart 1
    dest etcd_wait_healthy
    [[ $(cluster_id) == "$(dest cluster_id)" ]]
    ctl put k/one 1
    mirror_start "$(dest etcd_endpoints)"
    wait_for 10 dest_has k/one 1
    [[ -z $(dest ctl lease list | tail -n +2) ]]
}

cluster_id() {
    ctl member list -w json | jq .header.cluster_id
}

here_has() {
    [[ $(ctl get "$1" --print-value-only) == "$2" ]]
}

@test "a destination with TLS and users" {
    both_start --tls --auth
    fill k/ 10
    local tls
    tls=$(dest etcd_dir)/tls
    mirror_start --dest-cacert "$tls/ca.crt" --dest-cert "$tls/client.crt" --dest-key "$tls/client.key" \
        --dest-user root:secret "$(dest etcd_endpoints)"
    wait_for 20 dest_is '' ''
    kill "$mirror"
    mirror_ends_with 143
    run -2 --separate-stderr with_cluster timeout 20 "$QUORATE" make-mirror --dial-timeout 10s --dest-cacert "$tls/ca.crt" \
        --dest-cert "$tls/client.crt" --dest-key "$tls/client.key" --dest-user root --dest-password wrong \
        "$(dest etcd_endpoints)"
    [[ $stderr == *'Error: destination: '*'invalid user ID or password'* ]]
    run -1 --separate-stderr with_cluster timeout 5 "$QUORATE" make-mirror "$(dest etcd_endpoints)"
    [[ $stderr == *'Error: destination: '* ]]
}
