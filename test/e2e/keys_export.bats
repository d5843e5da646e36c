#!/usr/bin/env bats
#
# 'keys export': loss-free, the same from a cluster and from a file, whole or not there.
#
# bats file_tags=few-etcds

# shellcheck disable=SC2154 # stderr and stderr_lines come from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
    export ETCD_ROOT=$BATS_FILE_TMPDIR
    etcd_start "$ETCD_VERSION"
    ETCDCTL_ENDPOINTS=$(etcd_endpoints)
    export ETCDCTL_ENDPOINTS
    local i lease
    for i in {1..50}; do
        "$QUORATE" put "/a/$i" "value $i" >/dev/null
    done
    printf 'nul\0and\xff\xfe' | "$QUORATE" put /b/bytes
    "$QUORATE" put $'/b/k\xff\x01' "no UTF-8 in the key"
    "$QUORATE" put /b/empty ""
    head -c 1500000 /dev/urandom | "$QUORATE" put /b/large
    "$QUORATE" put /b/text $'a\n"<&>\\ \xe2\x80\xa8'
    lease=$("$QUORATE" lease grant 5000 | cut -d ' ' -f 2)
    "$QUORATE" put --lease "$lease" /b/leased 1
    "$QUORATE" put --lease "$lease" /b/leased2 2
    "$QUORATE" put /b/text again
    "$QUORATE" del /a/7
    "$QUORATE" snapshot save "$BATS_FILE_TMPDIR/s.db" 2>/dev/null
}

teardown_file() {
    etcd_stop
}

@test "a cluster and a file give the same bytes, now and at an earlier revision" {
    cd "$BATS_TEST_TMPDIR" || return
    local revision
    "$QUORATE" keys export live.jsonl
    "$QUORATE" keys export file.jsonl --file "$BATS_FILE_TMPDIR/s.db"
    cmp live.jsonl file.jsonl
    "$QUORATE" keys export >stdout.jsonl
    cmp live.jsonl stdout.jsonl
    [[ $(stat -c %a live.jsonl) == 600 ]]
    revision=$(($(head -1 live.jsonl | jq .revision) - 3))
    "$QUORATE" keys export live.jsonl --revision $revision --prefix /b/
    "$QUORATE" keys export file.jsonl --revision $revision --prefix /b/ --file "$BATS_FILE_TMPDIR/s.db"
    cmp live.jsonl file.jsonl
    [[ $(head -1 live.jsonl | jq -c '[.revision, .prefix]') == "[$revision,\"/b/\"]" ]]
}

@test "nothing is lost: every key and value as etcdctl has it" {
    cd "$BATS_TEST_TMPDIR" || return
    "$QUORATE" keys export x.jsonl
    ctl get "" --from-key -w json >all.json
    jq -c '.kvs[] | [.key, .value // "", .create_revision, .mod_revision, .version]' all.json >theirs
    jq -c 'select(has("version") and has("modRevision"))
           | [.keyBase64 // (.key | @base64), .valueBase64 // (.value | @base64),
              .createRevision, .modRevision, .version]' x.jsonl >ours
    cmp ours theirs
    [[ $(jq -r 'select(.key == "/b/leased").lease' x.jsonl) == "$(jq -r 'select(.leaseId).leaseId' x.jsonl)" ]]
    [[ $(jq -c 'select(.leaseId).ttlSeconds' x.jsonl) == 5000 ]]
}

@test "the last line counts and hashes the others" {
    cd "$BATS_TEST_TMPDIR" || return
    "$QUORATE" keys export x.jsonl
    [[ $(tail -1 x.jsonl | jq -r .sha256) == "$(head -n -1 x.jsonl | sha256sum | cut -d ' ' -f 1)" ]]
    [[ $(tail -1 x.jsonl | jq .keys) == "$(grep -c modRevision x.jsonl)" ]]
}

@test "the name comes last: what fails or is killed leaves nothing, and the older file" {
    local exporter ended
    cd "$BATS_TEST_TMPDIR" || return
    echo old >x.jsonl
    run -4 "$QUORATE" keys export x.jsonl --file nowhere.db
    run -3 "$QUORATE" keys export x.jsonl --revision 100000
    [[ $(ls) == x.jsonl && $(<x.jsonl) == old ]]
    etcd_pause 1
    "$QUORATE" keys export x.jsonl 3>&- &
    exporter=$!
    sleep 0.3
    # What bash starts in the background ignores SIGINT.
    kill -TERM "$exporter"
    ended=0
    wait "$exporter" || ended=$?
    [[ $ended -eq $((128 + 15)) ]]
    etcd_resume 1
    [[ $(ls) == x.jsonl && $(<x.jsonl) == old ]]
}
