#!/usr/bin/env bats
#
# The data directory of a member that was killed: what its log has and its database has not is read as
# the member itself reads it when it starts again.
#
# bats file_tags=one-etcd

# shellcheck disable=SC2154 # stderr comes from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

setup() {
    trace_tests_only
    export ETCDCTL_API=3
}

teardown() {
    etcd_stop
}

# A member that does not write to its database by itself, so that all is in the log.
lazy_start() {
    local arguments
    etcd_start "$ETCD_VERSION"
    ctl put before 1
    ctl put before 2
    ctl put prefix/old 1
    etcd_kill 1 TERM
    arguments=$(etcd_dir 1)/arguments
    printf '%s\0' --backend-batch-interval 10m --backend-batch-limit 1000000 >>"$arguments"
    etcd_restart 1
    etcd_wait_healthy 1
} >&2

# Lets the member read its log again, and compares: every key with its revisions, lease and size, and all
# versions together.
compare() {
    local data
    data=$BATS_TEST_TMPDIR/data
    etcd_kill 1 KILL
    cp -r --sparse=always "$(etcd_dir 1)/data" "$data"
    "$QUORATE" keys ls -r --file "$data" -w json >"$BATS_TEST_TMPDIR/read"
    "$QUORATE" keys du --file "$data" -w json >"$BATS_TEST_TMPDIR/read.du"
    etcd_restart 1
    etcd_wait_healthy 1
    with_cluster "$QUORATE" keys ls -r -w json >"$BATS_TEST_TMPDIR/live"
    diff <(jq 'del(.source)' "$BATS_TEST_TMPDIR/read") <(jq 'del(.source)' "$BATS_TEST_TMPDIR/live")
    ctl snapshot save "$BATS_TEST_TMPDIR/after.db" >&2
    "$QUORATE" keys du --file "$BATS_TEST_TMPDIR/after.db" -w json >"$BATS_TEST_TMPDIR/after.du"
    diff <(jq '.total | [.keys, .liveBytes, .rows, .rowBytes, .tombstones]' "$BATS_TEST_TMPDIR/read.du") \
        <(jq '.total | [.keys, .liveBytes, .rows, .rowBytes, .tombstones]' "$BATS_TEST_TMPDIR/after.du")
    diff <(jq '.groups' "$BATS_TEST_TMPDIR/read.du") <(jq '.groups' "$BATS_TEST_TMPDIR/after.du")
}

# bats test_tags=few-etcds
@test "puts, deletions and transactions that only the log has" {
    local i
    lazy_start
    for i in {1..30}; do
        printf 'prefix/%s\tvalue %s\n' $((i % 12)) "$i"
    done | put_lines
    ctl put before 3 --ignore-lease
    ctl put before --ignore-value
    ctl put none --ignore-value || true
    ctl del prefix/3
    ctl del --prefix prefix/1
    ctl del prefix/4 prefix/7
    ctl del --from-key prefix/9
    ctl put prefix/old 2
    # Taken, not taken, of a range, of a key that is not there, with both in one.
    ctl txn <<<$'val("before") = "3"\n\nput t1 yes\nput t2 yes\n\nput t1 no\n\n'
    ctl txn <<<$'val("before") = "2"\n\nput t3 yes\n\nput t3 no\ndel --prefix prefix/old\n\n'
    ctl txn <<<$'ver("none") = "0"\nmod("before") > "1"\n\nput t4 yes\ndel before\nput t5 x\n\n\n'
    ctl txn <<<$'val("none") != "x"\n\nput t6 yes\n\nput t6 no\n\n'
    ctl txn <<<$'create("t1") < "1000"\nver("t1") > "1"\n\nput t7 yes\n\nput t7 no\n\n'
    ctl put last 1
    [[ $("$QUORATE" keys ls -r --file "$(etcd_dir 1)/data/member/snap/db" 2>&1) == *'is in use'* ]]
    compare >&2
    [[ $(jq .total.walEntries "$BATS_TEST_TMPDIR/read.du") -gt 30 ]]
}

@test "transactions in transactions, and comparisons of ranges" {
    local url
    lazy_start
    url=$(etcd_endpoints)/v3/kv/txn
    ctl put n/1 a
    ctl put n/2 b
    # b64: n/1 bi8x, n/ bi8=, n0 bjA=, x/1 eC8x, x/2 eC8y, x/3 eC8z, a YQ==
    curl -sSf --noproxy '*' "$url" -d '{"compare":[{"target":"CREATE","result":"GREATER","createRevision":"1",
        "key":"bi8=","rangeEnd":"bjA="}],"success":[{"requestPut":{"key":"eC8x","value":"YQ=="}},
        {"requestTxn":{"compare":[{"target":"VALUE","result":"EQUAL","value":"YQ==","key":"eC8x"}],
        "success":[{"requestPut":{"key":"eC8y","value":"YQ=="}}],
        "failure":[{"requestPut":{"key":"eC8z","value":"YQ=="}},
                   {"requestDeleteRange":{"key":"bi8x"}}]}}]}'
    curl -sSf --noproxy '*' "$url" -d '{"compare":[{"target":"VALUE","result":"EQUAL","value":"YQ==",
        "key":"bi8=","rangeEnd":"bjA="}],"success":[{"requestPut":{"key":"YQ==","value":"YQ=="}}]}'
    compare >&2
    [[ $(jq -c '[.entries[].name]' "$BATS_TEST_TMPDIR/read") == *'"x/1","x/3"]' ]]
}

@test "leases that the log grants and revokes" {
    local first second
    lazy_start
    first=$(ctl lease grant 1000 | cut -d ' ' -f 2)
    second=$(ctl lease grant 1000 | cut -d ' ' -f 2)
    ctl put b/held 1 --lease "$first"
    ctl put a/held 2 --lease "$first"
    ctl put c/moved 3 --lease "$first"
    ctl put c/moved 4 --lease "$second"
    ctl put before 5 --lease "$first"
    ctl put before 6
    ctl put kept 7 --lease "$second"
    ctl put kept 8 --ignore-lease
    ctl lease revoke "$first"
    ctl put late 9 --lease "$first" || true
    compare >&2
    [[ $(jq -r '.entries[] | select(.lease != "0") | .name' "$BATS_TEST_TMPDIR/read" | tr '\n' ' ') == 'c/moved kept ' ]]
}

@test "an alarm makes the log's tail a matter for etcd" {
    local id
    lazy_start
    ctl put a 1
    id=$(ctl -w fields endpoint status | sed -n 's/^"MemberID" : //p')
    ctl alarm list
    curl -sS --noproxy '*' -d "{\"action\":1,\"memberID\":\"$id\",\"alarm\":1}" \
        "$(etcd_endpoints)/v3/maintenance/alarm"
    ctl put a 2 || true
    etcd_kill 1 KILL
    run -3 --separate-stderr "$QUORATE" keys ls --file "$(etcd_dir 1)/data"
    [[ $stderr == *'the log has entries that are not in the database, and one sets an alarm'*'Hint: start the member once'* ]]
    run -0 "$QUORATE" keys ls --file "$(etcd_dir 1)/data/member/snap/db"
}

@test "damage in the log is told" {
    local wal
    lazy_start
    ctl put a 1
    ctl put b 1
    etcd_kill 1 KILL
    wal=$(echo "$(etcd_dir 1)"/data/member/wal/*.wal)
    python3 - "$wal" <<'PYTHON'
import sys
data = open(sys.argv[1], "rb").read()
at = data.index(b"before")
with open(sys.argv[1], "r+b") as wal:
    wal.seek(at)
    wal.write(b"BEFORE")
PYTHON
    run -10 --separate-stderr "$QUORATE" keys ls --file "$(etcd_dir 1)/data"
    [[ $stderr == *'crc mismatch'* ]]
}
