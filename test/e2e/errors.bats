#!/usr/bin/env bats
#
# Errors that explain, with real servers in the state that each is about: the exact text and remedy,
# the exit code, and that what is known is said within a second. Each is run under both names. What
# does not depend on etcd's version is in errors_connect.bats.
#
# bats file_tags=few-etcds

# Variables are bats', and each test has its own.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load ../harness/cluster
load ../harness/told

setup() {
    told_setup
}

teardown() {
    proxies_end
    etcd_stop
}

is_3_4() {
    [[ $(<"$(etcd_dir)/program") == */3.4.* ]]
}

knows_no_leader() {
    [[ $(_etcd_get "$1" /metrics) == *$'\netcd_server_has_leader 0'* ]]
}

@test "a lost quorum: which members, and how many are needed" {
    etcd_start "$ETCD_VERSION" 3
    local ep dead='' n
    ep=$(etcd_endpoints 1)
    ctl put color green
    for n in 2 3; do
        etcd_kill "$n"
        dead+=${dead:+, }"'m$n' ($(etcd_endpoints "$n"): connection refused)"
    done
    wait_for 20 knows_no_leader 1

    local lost="quorum is lost: 1 of 3 voting members answers, 2 are needed; no answer from $dead"
    local hint="start the members that do not answer; if they are lost for good, restore the cluster from a snapshot"
    told "endpoint '$ep': no leader; $lost" "$hint" --endpoints "$ep" get color
    told "endpoint '$ep': no leader; $lost" "$hint" --endpoints "$ep" put color red
    told "endpoint '$ep': no leader; endpoints '$(etcd_endpoints 2)', '$(etcd_endpoints 3)': connection refused; $lost" \
        "$hint" --endpoints "$(etcd_endpoints)" del color
    as_json --endpoints "$ep" get color
    [[ $(field .code) == unavailable && $(field .cause) == quorum-lost ]]
    [[ $(field '.evidence[0] | [.cause, .endpoint, .grpc_code, .server_said] | join(" ")') == "no-leader $ep 14 etcdserver: no leader" ]]
    [[ $(field '.evidence[1] | [.voters, .answering, .needed] | join(" ")') == "3 1 2" ]]
    [[ $(field '.evidence[1].silent | join(", ")') == "$dead" ]]

    # What a member answers by itself it still answers.
    [[ $("$QUORATE" --endpoints "$ep" get color --consistency s --print-value-only) == green ]]
    "$QUORATE" --endpoints "$ep" endpoint hashkv
}

@test "silent members cost a time-out of their own, and then are named" {
    etcd_start "$ETCD_VERSION" 3
    local ep
    ep=$(etcd_endpoints 1)
    etcd_pause 2
    etcd_pause 3
    wait_for 20 knows_no_leader 1
    LIMIT_MS=2500 told "endpoint '$ep': no leader; quorum is lost: 1 of 3 voting members answers, 2 are needed; no answer from 'm2' ($(etcd_endpoints 2): connected, but no HTTP/2 answer within * ms), 'm3' ($(etcd_endpoints 3): connected, but no HTTP/2 answer within * ms)" \
        "start the members that do not answer; if they are lost for good, restore the cluster from a snapshot" \
        --endpoints "$ep" get color
}

# peers_through_proxies: each member's peer URL becomes that of a proxy, by which alone the others reach it.
# proxies_end: none reaches another any more, while all go on listening to clients.
peers_through_proxies() {
    local n id port ports listen
    read -ra ports < <(_etcd_free_ports 3)
    for n in 1 2 3; do
        port=${ports[n - 1]}
        read -r id listen < <(ctl member list | awk -F', ' -v name="m$n" '$3 == name { print $1, $4 }')
        setsid socat "TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr" "TCP:${listen#http://}" 3>&- &
        disown $!
        echo $! >>"$BATS_TEST_TMPDIR/proxies"
        ctl member update "$id" --peer-urls="http://127.0.0.1:$port"
    done
    # The connections that there are go on until somebody starts anew.
    for n in 1 2 3; do
        etcd_kill "$n"
        etcd_restart "$n"
        etcd_wait_healthy
    done
}

proxies_end() {
    local group
    [[ -f $BATS_TEST_TMPDIR/proxies ]] || return 0
    while read -r group; do
        kill -KILL -- "-$group"
    done <"$BATS_TEST_TMPDIR/proxies"
    rm "$BATS_TEST_TMPDIR/proxies"
}

@test "no leader, though all answer: they do not reach one another" {
    etcd_start "$ETCD_VERSION" 3
    local ep text hint n
    ep=$(etcd_endpoints 1)
    peers_through_proxies
    ctl put color green
    proxies_end
    for n in 1 2 3; do
        wait_for 20 knows_no_leader "$n"
    done

    # An election may be running, so it takes the time-out to know.
    text="endpoint '$ep': no leader; none came within 2 s; no member knows a leader, though 3 of 3 voting members answer"
    hint="an election is running, or they do not reach one another's peer URLs"
    LIMIT_MS=3000 told "$text" "$hint" --endpoints "$ep" --command-timeout 2s get color
    LIMIT_MS=3000 told "outcome unknown: $text" "$hint" --endpoints "$ep" --command-timeout 2s put color red
    as_json --endpoints "$ep" --command-timeout 2s get color
    [[ $(field .code) == unavailable && $(field .cause) == no-leader ]]
}

@test "an election is waited for" {
    etcd_start "$ETCD_VERSION" 3
    # All begin anew: for a second or so none of them knows a leader.
    etcd_kill 1
    etcd_kill 2
    etcd_kill 3
    etcd_restart 1
    etcd_restart 2
    etcd_restart 3
    listening() {
        grep -q 'serving client traffic' "$(etcd_dir 1)/log"
    }
    wait_for 20 listening
    run --separate-stderr "$QUORATE" --endpoints "$(etcd_endpoints)" put color green
    echo "$stderr"
    [[ $status -eq 0 ]]
}

@test "a learner was asked: who votes" {
    etcd_start "$ETCD_VERSION"
    local ep voter port peer
    voter=$(etcd_endpoints 1)
    port=$(two_free_ports)
    ep=http://127.0.0.1:$port
    peer=http://127.0.0.1:$((port + 1))
    ctl member add m2 --learner --peer-urls "$peer"
    mkdir "$(etcd_dir)/m2"
    echo "$ep" >"$(etcd_dir)/m2/client-url"
    printf '%s\0' "$(<"$(etcd_dir)/program")/etcd" --name m2 --data-dir "$(etcd_dir)/m2/data" \
        --listen-client-urls "$ep" --advertise-client-urls "$ep" \
        --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
        --initial-cluster-state existing --initial-cluster "m1=$(peer_url 1),m2=$peer" \
        --logger zap --log-outputs stderr >"$(etcd_dir)/m2/arguments"
    etcd_restart 2
    wait_for 20 is_learner "$ep"

    # Its port for peers is the next one, as etcd's usually is: there the members are told.
    told "endpoint '$ep': rpc not supported for learner; the voting members are 'm1' ($voter)" \
        "ask a voting member: --endpoints $voter" --endpoints "$ep" get color
    as_json --endpoints "$ep" get color
    [[ $(field '[.code, .cause, .evidence[0].voters[0]] | join(" ")') == "conflict learner $voter" ]]
    # Nor does it tell the members, so nobody says how many may fail.
    run -1 "$QUORATE" --endpoints "$ep" status
    [[ $output == *'1 member answers; whether there are more is not known'*'the member list cannot be had'* ]]
    # With a voter beside it, it just works.
    "$QUORATE" --endpoints "$ep,$voter" put color green
}

is_learner() {
    [[ $("$QUORATE" --endpoints "$1" endpoint status -w json) == *'"isLearner":true'* ]]
}

# The first of two neighbours that are free.
two_free_ports() {
    local port
    for port in $(_etcd_free_ports 20); do
        ! (exec 8<>"/dev/tcp/127.0.0.1/$((port + 1))") 2>/dev/null || continue
        echo "$port"
        return
    done
}

peer_url() {
    tr '\0' '\n' <"$(etcd_dir "$1")/arguments" | sed -n '/^--listen-peer-urls$/{n;p}'
}

@test "the space is exceeded: how full, and what to do" {
    etcd_start "$ETCD_VERSION"
    local ep value revision quota=''
    ep=$(etcd_endpoints)
    etcd_with_flag --quota-backend-bytes 1000000
    value=$(head -c 300000 /dev/zero | tr '\0' x)
    # The size that is compared with the quota is the one of the last commit.
    for _ in {1..50}; do
        ctl put color <<<"$value" || break
    done >/dev/null 2>&1
    wait_for 5 alarm_is_on
    revision=$("$QUORATE" --endpoints "$ep" endpoint status -w json | jq '.[0].Status.header.revision')
    is_3_4 || [[ $(<"$(etcd_dir)/program") == */3.5.* ]] || quota=", and its quota is 1.0 MB"
    told "endpoint '$ep': mvcc: database space exceeded; the database has * (* in use)$quota" \
        "free space: 'compaction $revision', then 'defrag --cluster', then 'alarm disarm'" \
        --endpoints "$ep" put color green
    as_json --endpoints "$ep" put color green
    [[ $(field .cause) == no-space && $(field '.evidence[0].revision') == "$revision" ]]
    [[ $(field '.evidence[0].db_size') -ge $(field '.evidence[0].db_size_in_use') ]]
    [[ $(field '.evidence[0].db_size_in_use') -gt 0 ]]

    # The remedy is one.
    ctl compaction "$revision"
    ctl defrag
    "$QUORATE" --endpoints "$ep" alarm disarm
    "$QUORATE" --endpoints "$ep" put color green
}

alarm_is_on() {
    [[ $("$QUORATE" --endpoints "$(etcd_endpoints)" alarm list) == *NOSPACE* ]]
}

@test "compacted, future, too large: which revision, which size" {
    etcd_start "$ETCD_VERSION"
    local ep
    ep=$(etcd_endpoints)
    for n in 1 2 3 4; do
        ctl put color "green$n" >/dev/null
    done
    ctl compaction 4
    told "endpoint '$ep': mvcc: required revision has been compacted; the first revision still there is 4" \
        "this revision is gone: ask for a newer one" --endpoints "$ep" get color --rev 3
    [[ $("$QUORATE" --endpoints "$ep" get color --rev 4 --print-value-only) == green3 ]]
    as_json --endpoints "$ep" get color --rev 3
    [[ $(field '[.code, .cause, .evidence[0].first_revision] | join(" ")') == "not-found compacted 4" ]]
    told "endpoint '$ep': mvcc: required revision has been compacted; the first revision still there is 4" \
        "the newest revision is 5" --endpoints "$ep" compaction 3
    told "endpoint '$ep': mvcc: required revision is a future revision" \
        "the store has not come to this revision yet" --endpoints "$ep" get color --rev 99

    head -c 1600000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/large"
    told_from "$BATS_TEST_TMPDIR/large" "endpoint '$ep': request is too large; it has 1600011 bytes, and --max-request-bytes is 1572864 unless it was changed" \
        "send less at once, or raise --max-request-bytes (1.5 MiB) on the servers" \
        --endpoints "$ep" put color
    head -c 2200000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/large"
    told_from "$BATS_TEST_TMPDIR/large" "endpoint '$ep': *message larger than max (2200012 vs. 2097152)" \
        "send less at once, or raise --max-request-bytes (1.5 MiB) on the servers" \
        --endpoints "$ep" put color
}

@test "too many requests at once" {
    etcd_start "$ETCD_VERSION"
    local probe build
    build=$(dirname "$QUORATE")
    ninja -C "$build" test/harness/etcd_probe >&2
    probe=$build/test/harness/etcd_probe
    # etcd takes no more when 5000 that are committed have not been applied.
    run --separate-stderr with_cluster "$probe" flood 7000
    echo "$stderr"
    [[ $status -eq 1 && ${stderr_lines[0]} == "unavailable: endpoint '$(etcd_endpoints)': too many requests" &&
        ${stderr_lines[1]} == "the member is behind with applying: ask less at once" ]]
}

@test "who may not: no user, a wrong password, a permission that is lacking" {
    etcd_start "$ETCD_VERSION" 1 --auth
    local ep
    ep=$(etcd_endpoints)
    told "endpoint '$ep': user name is empty" "authentication is on in this cluster: give --user" \
        --endpoints "$ep" get color
    # As etcdctl, which comes by its token before the command: 2.
    EXIT_CODE=2 told "authenticate as 'root': endpoint '$ep': authentication failed, invalid user ID or password" \
        "check the user's name and password" --endpoints "$ep" --user root:wrong get color
    [[ $stderr != *wrong* ]]
    EXIT_CODE=2 as_json --endpoints "$ep" --user root:wrong get color
    [[ $(field '[.code, .cause, .evidence[0].endpoint] | join(" ")') == "auth wrong-password $ep" ]]

    ctl user add app:app
    ctl role add reader
    ctl role grant-permission reader read color
    ctl role grant-permission reader --prefix readwrite /app/
    ctl user grant-role app reader
    "$QUORATE" --endpoints "$ep" --user app:app get color
    told "endpoint '$ep': permission denied; user 'app' lacks write on key 'color'; it has read and write on prefix '/app/', read on key 'color'" \
        "as root: role grant-permission reader write 'color'" \
        --endpoints "$ep" --user app:app put color red
    told "endpoint '$ep': permission denied; user 'app' lacks read on all keys; it has read and write on prefix '/app/', read on key 'color'" \
        "as root: role grant-permission reader read --prefix ''" \
        --endpoints "$ep" --user app:app get --prefix ''
    told "endpoint '$ep': permission denied; user 'app' needs the role root for UserList" \
        "run it as a user with the role root" --endpoints "$ep" --user app:app user list
    EXIT_CODE=5 told "watch was canceled: endpoint '$ep': permission denied; user 'app' lacks read on prefix 'secret'; it has *" \
        "as root: role grant-permission reader read --prefix 'secret'" \
        --endpoints "$ep" --user app:app watch --prefix secret
    as_json --endpoints "$ep" --user app:app put color red
    [[ $(field '[.code, .cause, .evidence[0].user, .evidence[0].lacking[0]] | join(" ")') == "auth permission-denied app write on key 'color'" ]]
}

@test "a token that is refused even when it was fetched just now" {
    etcd_start "$ETCD_VERSION" 1 --auth
    local ep dir
    ep=$(etcd_endpoints)
    dir=$(etcd_dir)
    openssl genrsa -out "$dir/jwt.key" 2048
    openssl rsa -in "$dir/jwt.key" -pubout -out "$dir/jwt.pub"
    # Expired as soon as it is there, also for the server's own question whether it is healthy.
    etcd_with_flag --auth-token "jwt,pub-key=$dir/jwt.pub,priv-key=$dir/jwt.key,sign-method=RS256,ttl=1ns"
    told "endpoint '$ep': invalid auth token; a token that was fetched just now is refused, too" \
        "compare --auth-token and the clocks of all members" --endpoints "$ep" --user root:secret get color
    as_json --endpoints "$ep" --user root:secret get color
    [[ $(field '[.code, .cause] | join(" ")') == "auth token-expired" ]]
}

@test "the port for peers is told from the one for clients" {
    etcd_start "$ETCD_VERSION"
    local ep peer tls
    ep=$(etcd_endpoints)
    peer=$(peer_url 1)
    # Up to 3.5, and without TLS, it serves clients as well.
    if is_3_4 || [[ $(<"$(etcd_dir)/program") == */3.5.* ]]; then
        "$QUORATE" --endpoints "$peer" get color
    else
        told "endpoint '$peer': an HTTP/1 server answered: 'HTTP/1.1 400 Bad Request'; this is etcd's port for peers, not for clients" \
            "use the client port: --endpoints $ep" --endpoints "$peer" get color
        as_json --endpoints "$peer" get color
        [[ $(field '[.cause, .evidence[1].client_url] | join(" ")') == "peer-port $ep" ]]
    fi

    export ETCD_CLUSTER=secure
    etcd_start "$ETCD_VERSION" 1 --tls
    tls=$(etcd_dir)/tls
    told "endpoint '$(peer_url 1)': *; this is etcd's port for peers, not for clients" \
        "use the client port: --endpoints $(etcd_endpoints)" --endpoints "$(peer_url 1)" \
        --cacert "$tls/ca.crt" --cert "$tls/client.crt" --key "$tls/client.key" get color
}

@test "several endpoints, several reasons; and one that works is enough" {
    etcd_start "$ETCD_VERSION"
    local ep=http://127.0.0.1:1,http://127.0.0.1:2,https://${ETCD_HOST:-127.0.0.1}:3
    told "endpoints 'http://127.0.0.1:1', 'http://127.0.0.1:2', 'https://127.0.0.1:3': connection refused" \
        "is etcd running there, and is this its client port?" --endpoints "$ep" get color
    told "endpoint 'http://127.0.0.1:1': connection refused; endpoint '${tls:=https://${ep_plain:=$(etcd_endpoints | sed 's,.*//,,')}}': the server does not speak TLS" \
        "is etcd running there, and is this its client port?" --endpoints "http://127.0.0.1:1,$tls" get color
    as_json --endpoints "http://127.0.0.1:1,$tls" get color
    [[ $(field '[.evidence[].cause] | join(" ")') == "refused tls-to-plaintext" ]]
    within_limit "$QUORATE" --endpoints "$ep,$(etcd_endpoints)" put color green
}

@test "a server that lacks the call: its version, and since when" {
    etcd_start "$ETCD_VERSION"
    is_3_4 || skip "this etcd has all calls"
    local ep
    ep=$(etcd_endpoints)
    told "endpoint '$ep': unknown method AuthStatus for service etcdserverpb.Auth; the server is etcd $(basename "$(<"$(etcd_dir)/program")")" \
        "this needs etcd 3.5 or newer" --endpoints "$ep" auth status
}
