#!/usr/bin/env bats
#
# 'keys rm' stands still between its plan and the removal, and others write meanwhile: among the keys of each
# transaction there is more that is newer than one transaction has conditions for. All of that stays, all else goes.

bats_require_minimum_version 1.5.0
load ../harness/cluster

setup() {
    trace_tests_only
    export QUORATE_STATE=$BATS_TEST_TMPDIR/state
    cd "$BATS_TEST_TMPDIR" || return
    etcd_start 3.5
    ETCDCTL_ENDPOINTS=$(etcd_endpoints)
    export ETCDCTL_ENDPOINTS
}

teardown() {
    [[ -z ${REMOVER:-} ]] || kill -KILL "$REMOVER" 2>/dev/null || true
    etcd_stop
}

# puts SUFFIX FROM TO: keys /events/NUMBER SUFFIX, a hundred in a transaction
puts() {
    local from to n
    for ((from = $2; from < $3; from += 100)); do
        to=$((from + 100 < $3 ? from + 100 : $3))
        {
            echo
            for ((n = from; n < to; n++)); do
                printf 'put /events/%05d%s value\n' "$n" "$1"
            done
            echo
            echo
        } | "$QUORATE" txn >/dev/null
    done
}

stands_still() {
    [[ $(ps -o stat= -p "$REMOVER") == T* ]]
}

count() {
    "$QUORATE" get "$1" --prefix --count-only -w json | jq '.count // 0'
}

# remove_around COMMAND...: what happens between the plan and the removal
remove_around() {
    QUORATE_FAILPOINTS=journal_append=stop@2 "$QUORATE" keys rm /events/ --yes >out 2>&1 3>&- &
    REMOVER=$!
    wait_for 20 stands_still
    "$@"
    kill -CONT "$REMOVER"
    wait "$REMOVER" || { cat out; return 1; }
    REMOVER=
}

@test "a newer key behind each old one" {
    puts '' 0 1300
    remove_around puts -new 0 1300
    grep -q 'none of the 1300 keys is left' out
    grep -q '1300 keys that were written since are left' out
    [[ $(count /events/) -eq 1300 ]]
    [[ $("$QUORATE" get /events/ --prefix --keys-only | grep -c -- -new) -eq 1300 ]]
}

@test "keys written anew, keys gone, and keys behind all" {
    puts '' 0 1300
    between() {
        puts '' 300 500
        "$QUORATE" del /events/00700 /events/00900 >/dev/null
        puts -new 1299 1400
    }
    remove_around between
    grep -q '301 keys that were written since are left' out
    [[ $(count /events/) -eq 301 && $(count /events/00) -eq 200 ]]
}

@test "another process goes on, which has not counted the keys" {
    puts '' 0 5000
    QUORATE_FAILPOINTS=journal_append=stop@2 "$QUORATE" keys rm /events/ --yes >out 2>&1 3>&- &
    REMOVER=$!
    wait_for 20 stands_still
    puts -new 2000 2100
    puts '' 3000 3050
    kill -KILL "$REMOVER"
    wait "$REMOVER" || true
    REMOVER=
    [[ $(count /events/) -eq 5100 ]]
    run -0 "$QUORATE" plan resume latest --yes
    [[ $output == *'none of the 5000 keys is left'*'150 keys that were written since are left'* ]]
    [[ $(count /events/) -eq 150 && $(count /events/03) -eq 50 ]]
}
