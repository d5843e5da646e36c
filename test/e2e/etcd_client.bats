#!/usr/bin/env bats
#
# The etcd client by itself (test/harness/etcd_probe.c) against each etcd version, with etcdctl as the
# second opinion.
#
# bats file_tags=few-etcds

# Variables are bats', and each test has its own.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load ../harness/cluster

setup_file() {
    local build
    build=$(dirname "${QUORATE:-$BATS_TEST_DIRNAME/../../build/dev/quorate}")
    ninja -C "$build" test/harness/etcd_probe >&2
    export PROBE=$build/test/harness/etcd_probe
}

teardown() {
    etcd_stop
}

# probe CALL [ARGUMENT...]: on all endpoints of the cluster; stdout and stderr apart.
probe() {
    run --separate-stderr with_cluster "$PROBE" "$@"
    echo "probe $*: status $status"
    echo "$output"
    echo "$stderr"
}

probe_at() {
    ETCDCTL_ENDPOINTS=$(etcd_endpoints "$1") probe "${@:2}"
}

# The error of the last probe: word and text, then the hint.
failed_with() {
    # shellcheck disable=SC2053 # the text is a pattern
    [[ $status -eq 1 && ${stderr_lines[0]} == $1 ]] && [[ $# -eq 1 || ${stderr_lines[1]-} == "$2" ]]
}

# ends_with STATUS PID: of a probe in the background.
ends_with() {
    local status=0
    wait "$2" || status=$?
    cat "$BATS_TEST_TMPDIR/err"
    [[ $status -eq $1 ]]
}

milliseconds() {
    local begin=${EPOCHREALTIME/./}
    "$@"
    elapsed_ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
    echo "took $elapsed_ms ms"
}

is_3_4() {
    [[ $(<"$(etcd_dir)/program") == */3.4.* ]]
}

member_id() {
    ctl_at "$1" endpoint status -w fields | sed -n 's/^"MemberID" : //p' | head -n 1 |
        python3 -c 'print("%x" % int(input()))'
}

leader() {
    local n
    for n in 1 2 3; do
        [[ $(ctl_at "$n" endpoint status -w json) =~ \"leader\":([0-9]+) ]]
        [[ $(printf %x "${BASH_REMATCH[1]}") != "$(member_id "$n")" ]] || echo "$n"
    done
}

@test "keys are put, got, deleted, compared and swapped" {
    etcd_start "$ETCD_VERSION"
    probe put color green
    [[ $output == "revision moves 1" ]]
    probe put color blue
    [[ ${lines[1]} == "before green" ]]
    ctl put colour red
    probe get color
    [[ $output == $'count 1\ncolor = blue' ]]
    probe get a z
    [[ $output == $'count 2\ncolor = blue\ncolour = red' ]]

    probe txn color blue yellow
    [[ $output == "done: yellow" ]]
    probe txn color blue black
    [[ $output == "not done: yellow" ]]
    [[ $(ctl get color --print-value-only) == yellow ]]

    probe del colo
    [[ $output == "deleted 2, told 2" ]]
    [[ -z $(ctl get color) ]]
}

@test "etcd's refusals keep their words and gain a remedy" {
    etcd_start "$ETCD_VERSION"
    probe put '' value
    failed_with "rpc: endpoint '$(etcd_endpoints)': key is not provided"
    ctl put color green
    probe compact 2
    [[ $status -eq 0 ]]
    probe compact 1
    failed_with "not-found: endpoint '$(etcd_endpoints)': mvcc: required revision has been compacted" \
        "this revision is gone: ask for a newer one"
    probe compact 100
    failed_with "rpc: endpoint '$(etcd_endpoints)': mvcc: required revision is a future revision" \
        "the store has not come to this revision yet"
    probe put-large big 1600000
    failed_with "limit: endpoint '$(etcd_endpoints)': request is too large; it has 160000? bytes, and --max-request-bytes is 1572864 unless it was changed" \
        "send less at once, or raise --max-request-bytes (1.5 MiB) on the servers"
    probe put-large big 2200000
    failed_with "limit: endpoint '$(etcd_endpoints)': *message larger than max (2200* vs. 2097152)" \
        "send less at once, or raise --max-request-bytes (1.5 MiB) on the servers"
    probe put-large big 1500000
    [[ $status -eq 0 ]]

    probe auth-status
    if is_3_4; then
        failed_with "rpc: endpoint '$(etcd_endpoints)': unknown method AuthStatus for service etcdserverpb.Auth" \
            "the server's version is too old for this call"
    else
        [[ $output == off ]]
    fi
}

@test "an alarm is seen, refuses writes, and is disarmed" {
    etcd_start "$ETCD_VERSION"
    local id
    id=$(member_id 1)
    probe health
    [[ $output == "1 healthy" ]]
    probe alarm activate "$id"
    [[ $output == "$id 1" ]]
    probe alarm list
    [[ $output == "$id 1" ]]
    probe health
    [[ $output == "1 no-space: endpoint '$(etcd_endpoints)': active alarms: NOSPACE" ]]
    probe status
    [[ $output == *"errors 1"* ]]
    probe put color green
    failed_with "no-space: endpoint '$(etcd_endpoints)': mvcc: database space exceeded" \
        "free space: 'compaction REVISION', then 'defrag --cluster', then 'alarm disarm'"
    probe alarm deactivate "$id"
    [[ $output == "$id 1" ]]
    probe put color green
    [[ $status -eq 0 ]]
    probe defragment 1
    [[ $status -eq 0 ]]
}

@test "three members are listed and compared, and one that is gone costs nothing" {
    etcd_start "$ETCD_VERSION" 3
    probe members
    [[ $(sort <<<"$output") == "$(ctl member list | sed 's/,[^,]*$//; s/, started//; s/, / /g; s/$/ voter/' | sort)" ]]
    probe member-lists
    [[ $output == $'1 3 members\n2 3 members\n3 3 members' ]]
    probe status
    [[ ${lines[0]} == "1 $(member_id 1) ${ETCD_VERSION%%.*}."* && ${#lines[@]} -eq 3 ]]
    probe put color green
    wait_for 5 hashes_agree

    etcd_kill 1
    milliseconds probe status
    [[ $elapsed_ms -lt 1000 ]]
    [[ ${lines[0]} == "1 connection: endpoint '$(etcd_endpoints 1)': "*"connection refused"* ]]
    [[ ${lines[1]} == "2 $(member_id 2) "* && ${lines[2]} == "3 $(member_id 3) "* ]]
    wait_for 10 cluster_answers
    milliseconds probe put color blue
    [[ $status -eq 0 && $elapsed_ms -lt 1000 ]]
    probe health
    [[ ${lines[1]} == "2 healthy" && ${lines[2]} == "3 healthy" ]]

    etcd_kill 2
    etcd_kill 3
    milliseconds probe get color
    [[ $elapsed_ms -lt 1000 ]]
    failed_with "connection: endpoints '$(etcd_endpoints 1)', '$(etcd_endpoints 2)', '$(etcd_endpoints 3)': connection refused"
}

hashes_agree() {
    probe hash-kv
    [[ ${#lines[@]} -eq 3 && ${lines[0]#1 } == "${lines[1]#2 }" && ${lines[0]#1 } == "${lines[2]#3 }" ]]
}

cluster_answers() {
    ctl_at 2 --command-timeout 1s get color >/dev/null 2>&1
}

@test "silent members cost one time-out in all, whoever they are" {
    etcd_start "$ETCD_VERSION" 3
    etcd_pause 1
    etcd_pause 2
    export PROBE_TIMEOUT_MS=1500
    milliseconds probe status
    [[ $elapsed_ms -ge 1400 && $elapsed_ms -lt 2500 ]]
    [[ ${lines[0]} == "1 timeout: endpoint '$(etcd_endpoints 1)': "* && ${lines[1]} == "2 timeout: endpoint '$(etcd_endpoints 2)': "* ]]
    [[ ${lines[2]} == "3 $(member_id 3) "* ]]
    milliseconds probe health
    [[ $elapsed_ms -lt 2500 ]]

    # Two of three stand still: the third one answers what needs no quorum, and otherwise times out,
    # or knows no leader any more.
    milliseconds probe_at 3 get color
    failed_with "@(timeout|unavailable): endpoint '$(etcd_endpoints 3)': *"
    [[ $elapsed_ms -lt 2500 ]]
    probe_at 3 member-lists
    is_3_4 || [[ $output == "1 3 members" ]]

    # A silent member comes first, a living one behind it: the call goes on to that one.
    etcd_resume 2
    etcd_wait_healthy 2 3
    export PROBE_TIMEOUT_MS=5000
    milliseconds probe put color green
    [[ $status -eq 0 && $elapsed_ms -lt 3500 ]]
}

@test "a change that was sent and not answered has an unknown outcome, and is not repeated" {
    etcd_start "$ETCD_VERSION" 3
    export PROBE_TIMEOUT_MS=1500
    mkfifo "$BATS_TEST_TMPDIR/go"
    with_cluster "$PROBE" put-again color green blue <"$BATS_TEST_TMPDIR/go" \
        >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
    probe_pid=$!
    exec 9>"$BATS_TEST_TMPDIR/go"
    wait_for 5 grep -q revision "$BATS_TEST_TMPDIR/out"
    etcd_pause 1
    echo >&9
    exec 9>&-
    ends_with 1 "$probe_pid"
    [[ $(head -n 1 "$BATS_TEST_TMPDIR/err") == "timeout: outcome unknown: endpoint '$(etcd_endpoints 1)': "* ]]
    [[ $(tail -n 1 "$BATS_TEST_TMPDIR/err") == "it may have been done all the same: look before you repeat it" ]]
}

@test "members are added, updated, refused and removed" {
    etcd_start "$ETCD_VERSION" 3
    local id
    # etcd wants to have seen all members for some seconds.
    probe member-add http://127.0.0.1:9 learner
    [[ $status -eq 0 ]] || failed_with "unavailable: endpoint '$(etcd_endpoints 1)': unhealthy cluster" \
        "etcd changes no membership while members are not connected: mend them first"
    wait_for 15 learner_added
    [[ $output =~ ^([0-9a-f]+)\ of\ 4$ ]]
    id=${BASH_REMATCH[1]}
    probe members
    [[ $output == *"$id  http://127.0.0.1:9 - learner"* ]]
    probe member-add http://127.0.0.1:9 learner
    # In the same second the id is the same too, and etcd complains of that.
    failed_with "exists: endpoint 'http://*': * already exist*"
    probe member-promote "$id"
    failed_with "conflict: endpoint 'http://*': can only promote a learner member which is in sync with leader" \
        "the learner has not caught up yet: wait, then run it again"
    probe member-promote "$(member_id 1)"
    failed_with "conflict: endpoint 'http://*': can only promote a learner member" "the member votes already"
    probe member-update "$id" http://127.0.0.1:10
    [[ $output == "4 members" ]]
    probe member-remove "$id"
    [[ $output == "3 members" ]]
    probe member-remove "$id"
    [[ $status -eq 1 ]]

    local old new
    old=$(leader)
    new=$((old % 3 + 1))
    probe move-leader "$new" "$(member_id "$new")"
    failed_with "conflict: endpoint '$(etcd_endpoints "$new")': not leader" "ask the leader's endpoint"
    probe move-leader "$old" "$(member_id "$new")"
    [[ $status -eq 0 && $(leader) == "$new" ]]
}

learner_added() {
    [[ $status -eq 0 ]] || probe member-add http://127.0.0.1:9 learner
    [[ $status -eq 0 ]]
}

# A database of some 40 MB: more than windows and socket buffers hold.
fill() {
    local n
    for n in {1..40}; do
        with_cluster "$PROBE" put-large "big/$n" 1000000
    done
}

# The hash of all that is in a snapshot; each one has a commit of its own, so the bytes differ.
content_hash() {
    local tool
    tool=$(etcd_tool "$ETCD_VERSION" etcdutl || etcd_tool "$ETCD_VERSION" etcdctl)
    "$tool" snapshot status "$1" -w fields | sed -n '/Hash/p; /Total/p; /Revision/p'
}

# A young member writes its version and attributes now and then, until it is at rest.
snapshots_agree() {
    ctl snapshot save "$BATS_TEST_TMPDIR/theirs.db"
    probe snapshot 1 "$BATS_TEST_TMPDIR/ours.db"
    [[ $status -eq 0 ]] &&
        [[ $(content_hash "$BATS_TEST_TMPDIR/ours.db") == "$(content_hash "$BATS_TEST_TMPDIR/theirs.db")" ]]
}

@test "a snapshot is what etcdctl saves" {
    etcd_start "$ETCD_VERSION"
    ctl put color green
    wait_for 10 snapshots_agree
    case $ETCD_VERSION in
        3.[45]*) [[ $output == *" version '' announced 1" ]] ;;
        *) [[ $output == *" version '${ETCD_VERSION%.*}.0' announced 1" || $output == *" version '${ETCD_VERSION}.0' announced 1" ]] ;;
    esac
    [[ $(head -c -32 "$BATS_TEST_TMPDIR/ours.db" | sha256sum | cut -d ' ' -f 1) == \
        "$(tail -c 32 "$BATS_TEST_TMPDIR/ours.db" | od -An -v -tx1 | tr -d ' \n')" ]]

    probe snapshot 1 "$BATS_TEST_TMPDIR/cut.db" 8192
    failed_with "no-space: '$BATS_TEST_TMPDIR/cut.db': no more room"
}

# Starts a snapshot into a pipe from which nobody reads more than a little yet.
snapshot_begin() {
    mkfifo "$BATS_TEST_TMPDIR/pipe"
    exec_with_cluster "$PROBE" snapshot 1 "$BATS_TEST_TMPDIR/pipe" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
    snapshot_pid=$!
    exec 9<"$BATS_TEST_TMPDIR/pipe"
    head -c 65536 <&9 >/dev/null
}

snapshot_end() {
    cat <&9 >/dev/null
    exec 9<&-
    ends_with 1 "$snapshot_pid"
}

@test "a snapshot whose server dies tells how far it came" {
    etcd_start "$ETCD_VERSION"
    fill
    snapshot_begin
    etcd_kill 1
    snapshot_end
    [[ $(head -n 1 "$BATS_TEST_TMPDIR/err") =~ ^connection:\ snapshot\ incomplete\ after\ [1-9][0-9]+\ bytes:\ endpoint\ \'http:.* ]]
}

@test "a snapshot whose server stands still ends after the stall time-out" {
    etcd_start "$ETCD_VERSION"
    fill
    snapshot_begin
    etcd_pause 1
    milliseconds snapshot_end
    [[ $elapsed_ms -ge 2900 && $elapsed_ms -lt 6000 ]]
    [[ $(head -n 1 "$BATS_TEST_TMPDIR/err") =~ ^timeout:\ snapshot\ incomplete\ after\ [1-9][0-9]+\ bytes:\ endpoint\ \'http:.*\':\ nothing\ came\ for\ 3000\ ms$ ]]
}

@test "with authentication, the right password is needed and enough" {
    etcd_start "$ETCD_VERSION" 3 --auth
    probe put color green
    [[ $status -eq 0 ]]
    probe status
    [[ ${#lines[@]} -eq 3 && $output != *auth* ]]
    probe health
    [[ $output == $'1 healthy\n2 healthy\n3 healthy' ]]
    probe hash-kv
    [[ ${#lines[@]} -eq 3 && $output != *auth* ]]
    probe snapshot 1 "$BATS_TEST_TMPDIR/ours.db"
    [[ $status -eq 0 ]]

    echo root:wrong >"$(etcd_dir)/user"
    probe get color
    failed_with "auth: authenticate as 'root': endpoint '$(etcd_endpoints 1)': authentication failed, invalid user ID or password" \
        "check the user's name and password"
    probe snapshot 1 "$BATS_TEST_TMPDIR/ours.db"
    failed_with "auth: authenticate as 'root': endpoint '$(etcd_endpoints 1)': authentication failed, invalid user ID or password"
    [[ $stderr != *wrong* ]]

    rm "$(etcd_dir)/user"
    probe get color
    failed_with "auth: endpoint '$(etcd_endpoints 1)': user name is empty" \
        "authentication is on in this cluster: give --user"
    probe snapshot 1 "$BATS_TEST_TMPDIR/ours.db"
    failed_with "auth: endpoint '$(etcd_endpoints 1)': *user name is empty" \
        "authentication is on in this cluster: give --user"

    echo root:secret >"$(etcd_dir)/user"
    ctl user add app:app
    ctl role add reader
    ctl role grant-permission reader read color
    ctl user grant-role app reader
    echo app:app >"$(etcd_dir)/user"
    probe get color
    [[ $output == $'count 1\ncolor = green' ]]
    probe get other
    failed_with "auth: endpoint '$(etcd_endpoints 1)': permission denied"
    probe health
    [[ ${lines[0]} == "1 healthy" ]]
}

@test "without authentication, a user is no hindrance" {
    etcd_start "$ETCD_VERSION"
    ctl put color green
    echo root:secret >"$(etcd_dir)/user"
    probe get color
    [[ $output == $'count 1\ncolor = green' ]]
}

@test "a token that the server lost is fetched anew" {
    etcd_start "$ETCD_VERSION" 1 --auth
    ctl put color green
    mkfifo "$BATS_TEST_TMPDIR/go"
    with_cluster "$PROBE" get-again color <"$BATS_TEST_TMPDIR/go" \
        >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
    probe_pid=$!
    exec 9>"$BATS_TEST_TMPDIR/go"
    wait_for 5 grep -q green "$BATS_TEST_TMPDIR/out"
    etcd_kill 1
    etcd_restart 1
    etcd_wait_healthy
    echo >&9
    exec 9>&-
    ends_with 0 "$probe_pid"
    cat "$BATS_TEST_TMPDIR/out"
    [[ $(grep -c green "$BATS_TEST_TMPDIR/out") -eq 2 ]]
}

@test "with TLS, each missing or wrong file is named" {
    etcd_start "$ETCD_VERSION" 3 --tls
    local endpoint tls
    endpoint=$(etcd_endpoints 1)
    tls=$(etcd_dir)/tls
    probe put color green
    [[ $status -eq 0 ]]
    probe status
    [[ ${#lines[@]} -eq 3 && $output != *tls* ]]
    probe snapshot 2 "$BATS_TEST_TMPDIR/ours.db"
    [[ $status -eq 0 ]]

    # As etcdctl: without a scheme, TLS files mean https.
    ETCDCTL_ENDPOINTS=${endpoint#https://} probe get color
    [[ $output == $'count 1\ncolor = green' ]]

    run --separate-stderr env ETCDCTL_ENDPOINTS="$endpoint" ETCDCTL_CACERT="$tls/ca.crt" "$PROBE" get color
    echo "$stderr"
    failed_with "tls: endpoint '$endpoint': *"
    [[ $stderr == *certificate* ]]

    run --separate-stderr env ETCDCTL_ENDPOINTS="$endpoint" ETCDCTL_CERT="$tls/client.crt" \
        ETCDCTL_KEY="$tls/client.key" "$PROBE" get color
    echo "$stderr"
    failed_with "tls: endpoint '$endpoint': *"

    run --separate-stderr env ETCDCTL_ENDPOINTS="http${endpoint#https}" "$PROBE" get color
    echo "$stderr"
    [[ $status -eq 1 && $stderr == *https* ]]
}
