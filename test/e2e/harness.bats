#!/usr/bin/env bats
#
# Proves the harness itself on each etcd version, and shows how a test uses it.
#
# bats file_tags=one-etcd

bats_require_minimum_version 1.5.0
load ../harness/cluster

teardown() {
    etcd_stop
}

# The members that are voters and started, as etcdctl counts them.
started_members() {
    ctl member list | grep -c ', started, '
}

@test "one member takes and gives a key" {
    etcd_start "$ETCD_VERSION"
    ctl put color green
    [[ $(ctl get color --print-value-only) == green ]]
    [[ $(ctl version | head -n 1) == "etcdctl version: $ETCD_VERSION"* ]]
}

@test "what a member leaves on disk satisfies bbolt's own check" {
    etcd_start "$ETCD_VERSION"
    ctl put color green
    etcd_kill 1 TERM
    [[ $(bbolt check "$(etcd_dir 1)/data/member/snap/db") == OK ]]
    [[ -x $(etcd_tool "$ETCD_VERSION" etcdctl) ]]
    etcd_versions | grep -qx "$("$(etcd_tool "$ETCD_VERSION" etcd)" --version | sed -n 's/^etcd Version: //p')"
}

@test "three members survive the loss of one, and see it again" {
    etcd_start "$ETCD_VERSION" 3
    [[ $(started_members) -eq 3 ]]
    etcd_kill 2
    run ! ctl_at 2 --dial-timeout 1s --command-timeout 2s get color
    ctl_at 1 put color blue
    etcd_restart 2
    etcd_wait_healthy 2
    [[ $(ctl_at 2 get color --print-value-only) == blue ]]
}

@test "a paused member is silent until it goes on" {
    etcd_start "$ETCD_VERSION" 3
    etcd_pause 3
    run ! ctl_at 3 --dial-timeout 1s --command-timeout 1s get color
    etcd_resume 3
    etcd_wait_healthy 3
}

@test "with TLS, a client without certificate is refused" {
    etcd_start "$ETCD_VERSION" 3 --tls
    [[ $(etcd_endpoints 1) == https://127.0.0.1:* ]]
    ctl put color red
    run ! curl -sS --noproxy '*' --cacert "$(etcd_dir)/tls/ca.crt" "$(etcd_endpoints 1)/health"
}

@test "with auth, a client without password is refused" {
    etcd_start "$ETCD_VERSION" --auth
    ctl put color red
    rm "$(etcd_dir)/user"
    run ! ctl put color green
    [[ $output == *'user name is empty'* ]]
}

@test "with auth and TLS, the password counts, not the certificate" {
    etcd_start "$ETCD_VERSION" --tls --auth
    ctl put color red
    rm "$(etcd_dir)/user"
    run ! ctl put color green
}

@test "two clusters side by side, and nothing left of either" {
    etcd_start "$ETCD_VERSION"
    ETCD_CLUSTER=other etcd_start "$ETCD_VERSION"
    ctl put color green
    [[ -z $(ETCD_CLUSTER=other ctl get color) ]]
    first=$(<"$(etcd_dir 1)/pid")
    second=$(<"$(ETCD_CLUSTER=other etcd_dir 1)/pid")
    etcd_stop
    run ! kill -0 "$first"
    run ! kill -0 "$second"
}

@test "a start that fails shows the server's log, and soon" {
    broken=$BATS_TEST_TMPDIR/etcds/9.9.9
    mkdir -p "$broken"
    printf '#!/bin/sh\necho "no such luck"\nexit 1\n' >"$broken/etcd"
    chmod +x "$broken/etcd"
    QUORATE_ETCDS=$BATS_TEST_TMPDIR/etcds run ! etcd_start 9.9
    [[ $output == *'did not start'*'no such luck'* ]]
}

@test "a start whose port is taken meanwhile picks others" {
    etcd_start "$ETCD_VERSION"
    taken=$(etcd_endpoints)
    # The first answer is a port that listens already; the harness reads it in a subshell, so the
    # second is known by a file.
    eval "free_ports()$(declare -f _etcd_free_ports | tail -n +2)"
    _etcd_free_ports() {
        if [[ -e $BATS_TEST_TMPDIR/asked ]]; then
            free_ports "$@"
        else
            touch "$BATS_TEST_TMPDIR/asked"
            echo "${taken##*:} $(free_ports 1)"
        fi
    }
    ETCD_CLUSTER=other etcd_start "$ETCD_VERSION"
    [[ $(ETCD_CLUSTER=other etcd_endpoints) != "$taken" ]]
    [[ -e $BATS_TEST_TMPDIR/asked ]]
}
