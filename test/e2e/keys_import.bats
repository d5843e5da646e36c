#!/usr/bin/env bats
#
# 'keys import': what was exported from one cluster is in another, once and as it was; and the way back.
#
# bats file_tags=one-etcd

# shellcheck disable=SC2154 # stderr and stderr_lines come from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

setup() {
    export QUORATE_STATE=$BATS_TEST_TMPDIR/state
    cd "$BATS_TEST_TMPDIR" || return
    etcd_start "$ETCD_VERSION"
    ETCD_CLUSTER=other etcd_start "$ETCD_VERSION"
    from=$(etcd_endpoints)
    to=$(ETCD_CLUSTER=other etcd_endpoints)
    export ETCDCTL_ENDPOINTS=$from
}

teardown() {
    etcd_stop
}

fill() {
    local i n lease
    # 300 keys in transactions of 100.
    for i in 0 1 2; do
        { echo; for ((n = 0; n < 100; n++)); do echo "put /k/$i$n \"value $n\""; done; echo; echo; } |
            "$QUORATE" txn >/dev/null
    done
    printf 'nul\0and\xff\xfe' | "$QUORATE" put /b/bytes
    "$QUORATE" put $'/b/k\xff\x01' "no UTF-8 in the key"
    "$QUORATE" put /b/empty ""
    head -c 1500000 /dev/urandom | "$QUORATE" put /b/large
    "$QUORATE" put /secrets/x <"$BATS_TEST_DIRNAME/../golden/kube/secret.bin"
    lease=$("$QUORATE" lease grant 5000 | cut -d ' ' -f 2)
    "$QUORATE" put --lease "$lease" /leased 1
    "$QUORATE" put --lease "$lease" /leased2 2
}

# What etcdctl lists: keys, values and leases, without revisions.
listing() {
    ETCDCTL_ENDPOINTS=$1 ctl get "" --from-key -w json |
        jq -c '.kvs // [] | .[] | [.key, .value // "", .lease // 0]'
}

import() {
    ETCDCTL_ENDPOINTS=$to "$QUORATE" keys import "$@"
}

plan() {
    ETCDCTL_ENDPOINTS=$to "$QUORATE" plan "$@"
}

# bats test_tags=few-etcds
@test "into another cluster: equal listings, nothing secret in the journal, undone to nothing" {
    fill
    "$QUORATE" keys export x.jsonl
    run -0 --separate-stderr import x.jsonl --dry-run
    [[ $output$stderr == *'import 305 keys (1.5 MB)'*'0 are there already, 0 with another value'*'2 more are left out'* ]]
    [[ -z $(listing "$to") ]]

    run -0 --separate-stderr import x.jsonl --yes
    [[ $stderr == *'305 keys, equal in the file and the cluster; 305 of them written now'* ]]
    diff <(listing "$from" | grep -v "$(printf '/leased' | base64 | head -c 8)") <(listing "$to")
    run -0 --separate-stderr import x.jsonl --yes --with-leases
    [[ $stderr == *'307 keys, equal in the file and the cluster; 2 of them written now'* ]]
    diff <(listing "$from") <(listing "$to")
    run grep -rqi 'hunter2\|aHVudGVy' "$QUORATE_STATE"
    [[ $status -eq 1 ]]

    plan undo latest --yes
    [[ $(listing "$to" | wc -l) == 305 ]]
    plan undo "$(plan list -w json | jq -r '.plans[0].id')" --yes
    [[ -z $(listing "$to") ]]
}

@test "another value is refused, or overwritten without a way back" {
    "$QUORATE" put /a mine
    "$QUORATE" put /b same
    "$QUORATE" keys export x.jsonl
    ETCDCTL_ENDPOINTS=$to "$QUORATE" put /a theirs
    ETCDCTL_ENDPOINTS=$to "$QUORATE" put /other 1
    run -3 --separate-stderr import x.jsonl --yes
    [[ $stderr == *"the cluster has the key '/a' with another value"*"--overwrite takes the file's values"* ]]
    [[ $(listing "$to" | wc -l) == 2 ]]
    import x.jsonl --yes --overwrite
    [[ $(ETCDCTL_ENDPOINTS=$to "$QUORATE" get /a --print-value-only) == mine ]]
    [[ $(listing "$to" | wc -l) == 3 ]]
    run -3 --separate-stderr plan undo latest --yes
    [[ $stderr == *'values of the cluster were overwritten, and are gone'* ]]
}

@test "a file that was cut or changed is refused before anything is written" {
    "$QUORATE" put /a 1
    "$QUORATE" put /b 2
    "$QUORATE" keys export x.jsonl
    head -n -1 x.jsonl >cut.jsonl
    head -c -20 x.jsonl >torn.jsonl
    sed 's/"value":"2"/"value":"3"/' x.jsonl >changed.jsonl
    sed '/\/b/d' x.jsonl >fewer.jsonl
    { cat x.jsonl; echo '{}'; } >longer.jsonl
    sed '2{h;d};3{G}' x.jsonl >swapped.jsonl
    tail -n +2 x.jsonl >headless.jsonl
    refused() {
        run -"$1" --separate-stderr import "$2" --yes
        [[ $stderr == *"$3"* ]]
    }
    refused 10 cut.jsonl 'the last line is missing'
    refused 10 torn.jsonl 'it ends within a line'
    refused 10 changed.jsonl 'its SHA-256 is not the one in its last line'
    refused 10 fewer.jsonl 'its last line counts other lines'
    refused 10 longer.jsonl 'there is more behind the last line'
    refused 10 swapped.jsonl 'line 3: a key that is not behind the one before'
    refused 9 headless.jsonl 'line 1: no first line of an export'
    refused 9 /etc/hostname 'line 1: '
    [[ -z $(listing "$to") ]]
}

@test "kill -9 in the middle, then resume; undo after another kill leaves nothing" {
    local pid id
    python3 - >x.raw <<'PYTHON'
import hashlib, json
lines = [json.dumps({"format": "quorate-keys", "formatVersion": 1, "revision": 2, "prefix": ""}, separators=(",", ":"))]
total = 0
for i in range(20000):
    key, value = "/k/%06d" % i, "v" * 200
    total += len(key) + len(value)
    lines.append(json.dumps({"key": key, "value": value, "createRevision": 2, "modRevision": 2, "version": 1}, separators=(",", ":")))
body = "".join(line + "\n" for line in lines)
print(body, end="")
print(json.dumps({"keys": 20000, "leases": 0, "bytes": total, "sha256": hashlib.sha256(body.encode()).hexdigest()}))
PYTHON
    ETCDCTL_ENDPOINTS=$to "$QUORATE" put /k/mine 1
    killed() {
        import x.raw --yes 2>/dev/null 3>&- &
        pid=$!
        wait_for 20 some_written
        kill -9 "$(pgrep -P $pid || echo $pid)"
        wait $pid || true
    }
    some_written() {
        [[ $(ETCDCTL_ENDPOINTS=$to "$QUORATE" get --prefix /k/00 --count-only -w fields |
            sed -n 's/^"Count" : //p') -gt 500 ]]
    }
    killed
    [[ $(listing "$to" | wc -l) -lt 20001 ]]
    id=$(plan list -w json | jq -r '.plans[-1] | select(.state == "unfinished").id')
    [[ -n $id ]]
    run -0 --separate-stderr plan resume "$id" --yes
    [[ $stderr == *'20000 keys, equal in the file and the cluster; 20000 of them written now'* ]]
    [[ $(listing "$to" | wc -l) == 20001 ]]
    plan undo "$id" --yes
    [[ $(listing "$to" | wc -l) == 1 ]]

    killed
    id=$(plan list -w json | jq -r '.plans[-1].id')
    plan undo "$id" --yes
    [[ $(listing "$to" | wc -l) == 1 ]]
}

@test "undo keeps what others have changed since; another file is not resumed with" {
    "$QUORATE" put /a 1
    "$QUORATE" put /b 2
    "$QUORATE" keys export x.jsonl
    import x.jsonl --yes
    ETCDCTL_ENDPOINTS=$to "$QUORATE" put /a changed
    run -3 --separate-stderr plan undo latest --yes
    [[ $stderr == *"1 of the keys were changed since in the cluster, '/a' among them"* ]]
    "$QUORATE" put /c 3
    "$QUORATE" keys export x.jsonl
    run -18 --separate-stderr plan undo latest --yes
    [[ $stderr == *'is another export than when the plan was made'* ]]
}
