#!/usr/bin/env bats
#
# etcdctl's words of the v2 API (ETCDCTL_API=2) do what etcdctl's do: the same words by both, one after
# the other on the same cluster, with the same results and exit codes. Where there is no v2 API the
# v3 command is told.
#
# bats file_tags=each-etcd

# shellcheck disable=SC2154 # stderr and stderr_lines come from run --separate-stderr
# shellcheck disable=SC2030,SC2031 # each test is a shell of its own, and means its own endpoints
bats_require_minimum_version 1.5.0
load ../harness/cluster

setup() {
    trace_tests_only
    minor=$(etcd_tool "$ETCD_VERSION" etcdctl)
    minor=$(basename "$(dirname "$minor")")
    minor=${minor%.*}
    mkdir -p "$BATS_TEST_TMPDIR/bin"
    ln -s "$QUORATE" "$BATS_TEST_TMPDIR/bin/etcdctl"
    ours=$BATS_TEST_TMPDIR/bin/etcdctl
    export ETCDCTL_API=2 QUORATE_COMPAT=$minor
}

teardown() {
    etcd_stop
}

has_v2() {
    [[ $minor == 3.4 || $minor == 3.5 ]]
}

needs_v2() {
    has_v2 || skip "etcd $minor has no v2 API"
    # The harness asks with v3 words.
    ETCDCTL_API=3 etcd_start "$ETCD_VERSION" --v2 "$@"
    theirs=$(<"$(etcd_dir)/program")/etcdctl
    export ETCDCTL_ENDPOINTS
    ETCDCTL_ENDPOINTS=$(etcd_endpoints)
}

# Times and indexes out, which two writes in a row cannot share.
normal() {
    sed -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g; s/(Created-Index|Modified-Index|Index): [0-9]+/\1: N/
            s/"(createdIndex|modifiedIndex)":[0-9]+/"\1":N/g; s#/0000000[0-9]+#/SEQUENCE#g'
}

# Each line of standard input is a command's words; TOOL runs them all, from the same state.
transcript() {
    local tool=$1 words line
    "$theirs" rm --recursive /t >/dev/null 2>&1 || true
    "$theirs" set /t/seed v >/dev/null
    while read -r line; do
        read -ra words <<<"$line"
        "$tool" "${words[@]}" 2>>"$BATS_TEST_TMPDIR/stderr" </dev/null | normal
        echo "$line: ${PIPESTATUS[0]}"
    done
}

same() {
    local script
    script=$(cat)
    transcript "$theirs" <<<"$script" >"$BATS_TEST_TMPDIR/theirs"
    transcript "$ours" <<<"$script" >"$BATS_TEST_TMPDIR/ours"
    diff -a "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours"
}

@test "keys, directories and conditions in each format, as etcdctl" {
    needs_v2
    for format in simple extended json; do
        same <<END
-o $format set /t/a 1
-o $format get /t/a
-o $format set /t/a 2 --ttl 100
-o $format update /t/a 3
-o $format update /t/none 3
-o $format get --quorum --sort /t/a
-o $format rm /t/a
-o $format get /t/a
-o $format mk /t/m <&>ä
-o $format mk /t/m 1
-o $format mk --in-order /t/q x
-o $format ls /t/m
-o $format ls --sort /t
-o $format ls -r -p --sort /t
-o $format ls /none
-o $format get /t
-o $format mkdir /t/d
-o $format mkdir /t/d
-o $format setdir /t/d --ttl 50
-o $format updatedir /t/d --ttl 60
-o $format updatedir /t/e
-o $format rmdir /t/d
-o $format rmdir /t/d
-o $format set /t/c 1
-o $format set --swap-with-value 2 /t/c 3
-o $format set --swap-with-value 1 /t/c 3
-o $format set --swap-with-index 1 /t/c 4
-o $format rm --with-value 9 /t/c
-o $format rm --with-index 1 /t/c
-o $format rm --with-value 3 /t/c
-o $format rm /t
-o $format rm --dir /t
-o $format rm -r /t
-o $format rm /
-o $format set t//x/./y/../z 1
-o $format get /t/x/z
END
    done
}

@test "wrong words, as etcdctl: results and exit codes" {
    needs_v2
    same <<END
get
set
mk
rm
mkdir
exec-watch /t
member add
member add m2
member remove
member update 1
member remove 123
member remove m1
member update 1 http://127.0.0.1:9
member add x 127.0.0.1:9
END
    run -1 --separate-stderr "$ours" set /t/a --ttl x 1
    run -3 --separate-stderr "$ours" nonsense
    run -3 --separate-stderr "$ours" member nonsense
    run -1 --separate-stderr "$ours" get --nonsense /a
    run -0 "$ours" --version
    [[ ${lines[1]} == 'API version: 2' ]]
    # A value from standard input, whole; nothing is none.
    printf 'a\nb\n' | "$ours" set /t/v
    [[ $("$theirs" get /t/v; echo .) == $'a\nb\n\n.' ]]
    run "$ours" set /t/v </dev/null
    [[ $status == "$([[ $minor == 3.4 ]] && echo 1 || echo 128)" ]]
    [[ $output == 'Error: there is neither a VALUE nor one on standard input'* ]]
}

@test "endpoints, their older names and variables, synchronized or not" {
    needs_v2
    local url=$ETCDCTL_ENDPOINTS
    unset ETCDCTL_ENDPOINTS
    "$theirs" --endpoints "$url" set /t v
    for flags in "--endpoints $url" "--endpoint $url" "--peers $url" "-C $url" "-endpoints $url" \
            "--endpoints http://127.0.0.1:1,$url" "--no-sync -C $url" "--endpoints $url/" \
            "--endpoints ${url#http://}"; do
        # shellcheck disable=SC2086
        [[ $("$ours" $flags get /t) == v ]]
    done
    for name in ENDPOINTS ENDPOINT PEERS; do
        [[ $(env ETCDCTL_$name="$url" "$ours" get /t) == v ]]
    done
    # A flag of a lesser name does not win over a variable of a better one.
    [[ $(env ETCDCTL_ENDPOINTS="$url" "$ours" -C http://127.0.0.1:1 get /t) == v ]]
    run -0 --separate-stderr "$ours" --debug --endpoints "$url" set /t 'a "b"'
    [[ $output == 'a "b"' ]]
    [[ $stderr == *"cURL Command: curl -X PUT $url/v2/keys/t -d \"value=a+%22b%22\""* ]]
}

@test "nobody there: at once, and with etcdctl's exit codes" {
    needs_v2
    export ETCDCTL_ENDPOINTS=http://127.0.0.1:1
    for words in 'get /a' 'ls' 'set /a 1' 'member list' 'cluster-health' '--no-sync get /a' \
            '--no-sync member list'; do
        # shellcheck disable=SC2086
        diff -a <("$theirs" $words 2>/dev/null; echo "$words: $?") \
            <("$ours" $words 2>/dev/null; echo "$words: $?")
    done
    run -2 --separate-stderr "$ours" get /a
    [[ $stderr == "Error: endpoint 'http://127.0.0.1:1': connection refused"* ]]
    run -1 --separate-stderr "$ours" --ca-file /nonsense get /a
    # A server that does not answer takes its time-out and no more.
    export ETCDCTL_ENDPOINTS
    ETCDCTL_ENDPOINTS=$(etcd_endpoints)
    etcd_pause 1
    local begin=$EPOCHREALTIME
    run -4 --separate-stderr "$ours" --timeout 300ms get /a
    [[ $stderr == *'no complete answer within 300 ms'* ]]
    ((${EPOCHREALTIME/./} - ${begin/./} < 1500000))
    etcd_resume 1
}

@test "watch: one change, all of them, from an index; exec-watch" {
    needs_v2
    "$theirs" set /t/a 1
    local index
    index=$("$theirs" -o extended get /t/a | sed -n 's/^Modified-Index: //p')
    "$theirs" set /t/a 2
    same <<END
watch --after-index $((index - 1)) /t/a
watch --after-index $index /t/a
-o json watch --after-index $index /t/a
watch -r --after-index $index /t
END
    "$ours" watch --forever --recursive /t >"$BATS_TEST_TMPDIR/seen" 3>&- &
    local watcher=$!
    # shellcheck disable=SC2016 # for the inner shell
    "$ours" exec-watch --recursive /t -- \
        sh -c 'echo $ETCD_WATCH_ACTION $ETCD_WATCH_KEY $ETCD_WATCH_VALUE' >"$BATS_TEST_TMPDIR/ran" 3>&- &
    local runner=$!
    changes_seen() {
        "$theirs" set /t/b 5 >/dev/null
        grep -q '^\[set\] /t/b' "$BATS_TEST_TMPDIR/seen" && grep -q '^set /t/b 5' "$BATS_TEST_TMPDIR/ran"
    }
    wait_for 10 changes_seen
    "$theirs" rm /t/b
    wait_for 10 grep -q '^PrevNode.Value: 5' "$BATS_TEST_TMPDIR/seen"
    wait_for 10 grep -q '^delete /t/b' "$BATS_TEST_TMPDIR/ran"
    kill -INT $watcher $runner
    # Ctrl-C ends both well. A shell without job control lets its background commands ignore SIGINT;
    # they have taken it back.
    wait $watcher
    wait $runner
    run -1 --separate-stderr "$ours" exec-watch --after-index "$index" /t/a -- /nonsense
    # What etcd has forgotten is told.
    curl -s --noproxy '*' -X PUT -d value=1 "$ETCDCTL_ENDPOINTS/v2/keys/t/n?[1-1010]" >/dev/null
    run -4 --separate-stderr "$ours" watch --after-index "$index" /t/a
    [[ $stderr == 'Error: 401: The event in requested index is outdated and cleared'* ]]
}

@test "members of three: list, health, add, update, remove; a watch survives its server" {
    needs_v2 3
    member_of() {
        "$theirs" member list | sed -n "s/:.* clientURLs=$(etcd_endpoints "$1" | sed 's#/#.#g') .*//p"
    }
    diff <("$theirs" member list | sort) <("$ours" member list | sort)
    diff <("$theirs" cluster-health) <("$ours" cluster-health)

    # Just started, members are not taken for healthy yet, and changes are refused.
    added() {
        run "$ours" member add m4 http://127.0.0.1:9
        [[ $status == 0 ]]
    }
    wait_for 20 added
    [[ ${lines[0]} =~ ^'Added member named m4 with ID '([0-9a-f]+)' to cluster'$ ]]
    local id=${BASH_REMATCH[1]}
    [[ ${lines[1]} == 'ETCD_NAME="m4"' && ${lines[2]} == ETCD_INITIAL_CLUSTER=*m4=http://127.0.0.1:9* ]]
    [[ ${lines[3]} == 'ETCD_INITIAL_CLUSTER_STATE="existing"' ]]
    diff <("$theirs" member list | sort) <("$ours" member list | sort)
    run -5 "$ours" cluster-health
    [[ $output == *"member $id is unreachable: no available published client urls"*'cluster is degraded' ]]
    run -0 "$ours" member update "$id" http://127.0.0.1:8,http://127.0.0.1:7
    [[ $output == "Updated member with ID $id in cluster" ]]
    run -0 "$ours" member remove "$id"
    [[ $output == "Removed member $id from cluster" ]]
    run -1 --separate-stderr "$ours" member add m5 "$("$theirs" member list | sed -n 's/.*peerURLs=\([^ ]*\).*/\1/p' | head -n 1)"
    [[ $stderr == *'peerURL exists'* ]]
    run -1 --separate-stderr "$ours" member remove m1
    [[ $stderr == *"it is a name: 'member remove $(member_of 1)'"* ]]

    ETCDCTL_ENDPOINTS=$(etcd_endpoints 1) "$ours" watch --forever /t >"$BATS_TEST_TMPDIR/seen" 3>&- &
    local watcher=$!
    first_seen() {
        "$theirs" set /t one >/dev/null
        grep -q one "$BATS_TEST_TMPDIR/seen"
    }
    wait_for 10 first_seen
    etcd_kill 1
    export ETCDCTL_ENDPOINTS
    ETCDCTL_ENDPOINTS=$(etcd_endpoints 2 3)
    wait_for 20 "$theirs" set /t two
    wait_for 10 grep -q two "$BATS_TEST_TMPDIR/seen"
    kill -INT $watcher
    run -5 "$ours" cluster-health
    [[ $output == *'cluster is degraded' ]]
}

@test "over TLS, with etcdctl's files" {
    needs_v2 --tls
    local tls
    tls=$(etcd_dir)/tls
    "$ours" --ca-file "$tls/ca.crt" --cert-file "$tls/client.crt" --key-file "$tls/client.key" set /t 1
    export ETCDCTL_CA_FILE=$tls/ca.crt ETCDCTL_CERT_FILE=$tls/client.crt ETCDCTL_KEY_FILE=$tls/client.key
    [[ $("$ours" get /t) == 1 ]]
    diff <("$theirs" member list) <("$ours" member list)
    diff <("$theirs" cluster-health) <("$ours" cluster-health)
    run -4 --separate-stderr env -u ETCDCTL_CERT_FILE -u ETCDCTL_KEY_FILE "$ours" get /t
    [[ $stderr == *'give a client certificate with --cert'* ]]
}

@test "a user and a password, in a flag or a variable" {
    needs_v2
    "$theirs" user add root:pw
    "$theirs" auth enable
    same_as_root() {
        diff -a <("$theirs" -u "$1" "${@:2}" 2>/dev/null; echo $?) <("$ours" -u "$1" "${@:2}" 2>/dev/null; echo $?)
    }
    "$theirs" role revoke guest --path '/*' --readwrite -u root:pw 2>/dev/null ||
        "$theirs" -u root:pw role revoke guest --path '/*' --readwrite
    same_as_root root:pw set /t 1
    same_as_root root:pw get /t
    same_as_root root:wrong get /t
    same_as_root root:wrong member list
    [[ $(ETCDCTL_USERNAME=root:pw "$ours" get /t) == 1 ]]
    run -4 --separate-stderr "$ours" get /t
    [[ $stderr == *'Insufficient credentials'*'-u USER:PASSWORD'* && $stderr != *pw* ]]
    run -0 --separate-stderr "$ours" --debug -u root:pw get /t
    [[ $stderr == *'curl -X GET'* && $stderr != *pw* ]]
}

@test "without the v2 API the error says why, and shows the v3 command" {
    ETCDCTL_API=3 etcd_start "$ETCD_VERSION"
    export ETCDCTL_ENDPOINTS
    ETCDCTL_ENDPOINTS=$(etcd_endpoints)
    local version why
    version=$(basename "$(<"$(etcd_dir)/program")")
    why="endpoint '$ETCDCTL_ENDPOINTS': etcd $version has no v2 API any more"
    ! has_v2 ||
        why="endpoint '$ETCDCTL_ENDPOINTS' does not serve the v2 API: its etcd $version runs without --enable-v2"
    run -4 --separate-stderr "$ours" rm --recursive /registry
    [[ ${stderr_lines[0]} == "Error: $why" ]]
    [[ ${stderr_lines[1]} == "Hint: with the v3 API: ETCDCTL_API=3 etcdctl --endpoints=$ETCDCTL_ENDPOINTS del /registry/ --prefix" ]]
    run -1 --separate-stderr "$QUORATE" member add m2 http://127.0.0.1:9
    [[ ${stderr_lines[1]} == *"ETCDCTL_API=3 quorate --endpoints=$ETCDCTL_ENDPOINTS member add m2 --peer-urls=http://127.0.0.1:9" ]]
    run -4 --separate-stderr "$QUORATE" cluster-health
    [[ $output == 'cluster may be unhealthy: failed to list members' ]]
    [[ ${stderr_lines[1]} == *'endpoint health --cluster' ]]
}
