#!/usr/bin/env bats
#
# 'v2 migrate' on real clusters that have the v2 API: what is copied, what is refused, and the way back.
#
# bats file_tags=each-etcd

# shellcheck disable=SC2154 # stderr and stderr_lines come from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

setup() {
    export QUORATE_STATE=$BATS_TEST_TMPDIR/state
    case $(basename "$(dirname "$(etcd_tool "$ETCD_VERSION" etcdctl)")") in
        3.4.* | 3.5.*) etcd_start "$ETCD_VERSION" --v2 ;;
        *) skip "etcd $ETCD_VERSION has no v2 API" ;;
    esac
    export ETCDCTL_ENDPOINTS
    ETCDCTL_ENDPOINTS=$(etcd_endpoints)
    url=$ETCDCTL_ENDPOINTS/v2/keys
}

teardown() {
    etcd_stop
}

v2() {
    curl -sS --noproxy '*' "$@" >/dev/null
}

# 305 keys in 4 directories, one of them with a TTL, one of 100 kB, one with every kind of letter.
fill() {
    v2 -X PUT -d value=v "$url/cfg/a[1-100]" "$url/cfg/deep/b[1-100]" "$url/c[1-100]"
    v2 -X PUT -d dir=true "$url/empty"
    v2 -X PUT -d ttl=1000 -d value=short "$url/cfg/ttl"
    head -c 100000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/large"
    v2 -X PUT --data-urlencode "value@$BATS_TEST_TMPDIR/large" "$url/large"
    v2 -X PUT --data-urlencode $'value=a\nb<&>"ä\t' "$url/cfg/letters"
    v2 -X PUT -d value= "$url/nothing"
    v2 -X PUT -d value=dots "$url/x%20y"
    v2 -X PUT -d value=1 "$url/_hidden/h"
}

count() {
    "$QUORATE" get "$1" --prefix --count-only -w fields | sed -n 's/^"Count" : //p'
}

@test "every key, once and as it was; undo deletes them all" {
    fill
    "$QUORATE" put /cfg/a1 v
    "$QUORATE" put /other mine
    run -0 --separate-stderr "$QUORATE" v2 migrate --dry-run
    [[ $output$stderr == *'copy 305 keys'*'0 are there with another value'*'1 of them with a lease'* ]]
    [[ $(count /) == 2 ]]

    run -0 --separate-stderr "$QUORATE" v2 migrate --yes
    [[ $stderr == *'305 keys, equal in v2 and v3; 304 of them written now'* ]]
    [[ $(count /) == 306 ]]
    cmp "$BATS_TEST_TMPDIR/large" <("$QUORATE" get /large --print-value-only | head -c 100000)
    [[ $("$QUORATE" get /cfg/letters --print-value-only) == $'a\nb<&>"ä\t' ]]
    [[ $("$QUORATE" get '/x y' --print-value-only) == dots ]]
    [[ $("$QUORATE" get /cfg/ttl -w json | jq '.kvs[0].lease > 0') == true ]]
    [[ -z $("$QUORATE" get /empty) && -z $("$QUORATE" get /_hidden/h) ]]
    # Again: all is there, and what is there is not written.
    run -0 --separate-stderr "$QUORATE" v2 migrate --yes
    [[ $stderr == *'305 keys, equal in v2 and v3; 0 of them written now'* ]]

    "$QUORATE" plan undo latest --yes
    [[ $(count /) == 306 ]]
    "$QUORATE" plan undo "$("$QUORATE" plan list -w json | jq -r '.plans[0].id')" --yes
    [[ $(count /) == 2 && $("$QUORATE" get /other --print-value-only) == mine ]]
    curl -s --noproxy '*' "$url/cfg/a7" | grep -q '"value":"v"'
}

@test "one directory, with directories and what is hidden" {
    fill
    run -0 --separate-stderr "$QUORATE" v2 migrate /cfg --keep-dirs --hidden /_hidden --yes
    [[ $stderr == *'204 keys, equal in v2 and v3'* ]]
    [[ $("$QUORATE" get /_hidden/h --print-value-only) == 1 ]]
    [[ $("$QUORATE" get /cfg/deep/) == /cfg/deep/* ]]
    [[ $(count /c) == 203 ]]
    "$QUORATE" plan undo latest --yes
    [[ $(count /) == 0 ]]
    run -4 --separate-stderr "$QUORATE" v2 migrate /nowhere --yes
    [[ $stderr == *'100: Key not found (/nowhere)'* ]]
    run -2 --separate-stderr "$QUORATE" v2 migrate nowhere --yes
    [[ $stderr == *"'nowhere' does not begin with '/'"* ]]
}

@test "another value in v3 is refused, or overwritten without a way back" {
    fill
    "$QUORATE" put /cfg/a1 other
    run -3 --separate-stderr "$QUORATE" v2 migrate --yes
    [[ $stderr == *"Error: step 'survey': v3 has the key '/cfg/a1' with another value"* ]]
    [[ $(count /) == 1 ]]
    "$QUORATE" put /cfg/a2 other
    run -3 --separate-stderr "$QUORATE" v2 migrate --yes
    [[ $stderr == *"v3 has 2 of the keys with another value, '/cfg/a1' first"* ]]
    "$QUORATE" v2 migrate --overwrite --yes
    [[ $("$QUORATE" get /cfg/a1 --print-value-only) == v && $(count /) == 305 ]]
    run -3 --separate-stderr "$QUORATE" plan undo latest --yes
    [[ $stderr == *'values of v3 were overwritten, and are gone'* ]]
}

@test "undo keeps what others have changed since" {
    fill
    "$QUORATE" v2 migrate --yes
    "$QUORATE" put /cfg/a5 newer
    run -3 --separate-stderr "$QUORATE" plan undo latest --yes
    [[ $stderr == *"1 of the keys were changed since in v3, '/cfg/a5' among them"* ]]
    [[ $(count /) == 305 ]]
}

@test "a plan is not resumed or undone on another cluster" {
    fill
    "$QUORATE" v2 migrate --yes
    ETCD_CLUSTER=second etcd_start "$ETCD_VERSION" --v2
    ETCDCTL_ENDPOINTS=$(ETCD_CLUSTER=second etcd_endpoints) \
        run -3 --separate-stderr "$QUORATE" plan undo latest --yes
    [[ $stderr == *', the plan is for '* ]]
    [[ $(count /) == 305 ]]
}
