#!/usr/bin/env bats
#
# auth, user and role where test/conformance does not look: passwords typed and piped, TLS, tokens.
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

quorate() {
    with_cluster "$QUORATE" "$@"
}

# The same input for both, and each its own user: "user add NAME", "user passwd NAME".
same_answer() {
    local typed=$1 theirs ours theirs_exit=0 ours_exit=0
    shift
    theirs=$(printf %s "$typed" | ctl "$@" theirs 2>/dev/null) || theirs_exit=$?
    ours=$(printf %s "$typed" | quorate "$@" ours 2>"$BATS_TEST_TMPDIR/stderr") || ours_exit=$?
    [[ $theirs_exit -eq $ours_exit && ${theirs//theirs/ours} == "$ours" ]] || {
        printf 'exit %s: %s\n' "$theirs_exit" "$theirs" "$ours_exit" "$ours"
        return 1
    }
}

@test "a new password is read twice from standard input, as etcdctl reads it" {
    etcd_start "$ETCD_VERSION"
    local typed
    for typed in $'one\nother\n' $'one\n' $'\n\n' ''; do
        same_answer "$typed" user add
    done
    same_answer $'first\nfirst\n' user add
    same_answer $'second\r\nsecond' user passwd
    same_answer $'  third word' user passwd --interactive=false
    # etcdctl takes nothing for the empty password.
    run -128 --separate-stderr quorate user passwd ours --interactive=false </dev/null
    [[ $stderr == "Error: empty password: standard input has none for user 'ours'"* ]]
    ctl user add root:pw
    ctl role add root
    # etcdctl fails where the role is there and only its grant is missing.
    run -0 quorate auth enable
    [[ $output == 'Authentication Enabled' ]]
    run -0 quorate --user ours:third user get ours
    run -2 quorate --user ours:second user get ours
    run -0 quorate --user ours user get ours <<<third
    [[ $output == $'Password: \nUser: ours\nRoles:' ]]
    run -0 quorate --user root:pw auth disable
}

@test "on a terminal a new password is asked for twice, and not shown" {
    etcd_start "$ETCD_VERSION"
    run -0 with_cluster python3 - "$QUORATE" <<'PYTHON'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "user", "add", "ann"])
seen = b""
for question in (b"Password of ann: ", b"Type password of ann again for confirmation: "):
    while question not in seen:
        seen += os.read(fd, 100)
    os.write(fd, b"hidden-word\n")
try:
    while more := os.read(fd, 1000):
        seen += more
except OSError:
    pass
os.waitpid(pid, 0)
print(seen.decode())
assert b"hidden-word" not in seen
assert b"User ann created" in seen
PYTHON
    ctl user get ann
}

@test "nothing is changed where the result could not be printed" {
    etcd_start "$ETCD_VERSION"
    run -4 --separate-stderr quorate -w table user add eve:pw
    [[ $stderr == 'Error: table not supported as output format'* ]]
    [[ -z $(ctl user list) ]]
}

@test "with TLS and authentication, each may do what its roles permit" {
    etcd_start "$ETCD_VERSION" --tls --auth
    quorate user add ann:pw
    quorate role add reader
    quorate role grant-permission reader read /app/ --prefix
    quorate user grant-role ann reader
    quorate put /app/a 1
    local as=(env ETCDCTL_USER= "$QUORATE" --user ann:pw)
    run -0 with_cluster "${as[@]}" get /app/a
    run -1 --separate-stderr with_cluster "${as[@]}" put /app/a 2
    [[ $stderr == *'permission denied'* ]]
    run -1 --separate-stderr with_cluster "${as[@]}" defrag
    [[ $stderr == *'permission denied'* ]]
    run -1 with_cluster "${as[@]}" member add m9 --peer-urls=http://127.0.0.1:9
    run -1 with_cluster "${as[@]}" role add more
    run -0 with_cluster "${as[@]}" user get ann --detail
    [[ $output == $'User: ann\n\nRole reader\nKV Read:\n\t[/app/, /app0) (prefix /app/)\nKV Write:' ]]
    run -2 --separate-stderr with_cluster env ETCDCTL_USER= "$QUORATE" --user ann:no user get ann
    [[ $stderr == *"authenticate as 'ann'"*'authentication failed, invalid user ID or password'* ]]
}

@test "--auth-jwt-token stands for user and password" {
    etcd_start "$ETCD_VERSION"
    local member token
    member=$(etcd_dir 1)
    openssl genrsa -out "$member/jwt.key" 2048 2>/dev/null
    openssl rsa -in "$member/jwt.key" -pubout -out "$member/jwt.pub" 2>/dev/null
    printf '%s\0' --auth-token "jwt,pub-key=$member/jwt.pub,priv-key=$member/jwt.key,sign-method=RS256" \
        >>"$member/arguments"
    etcd_kill 1
    etcd_restart 1
    etcd_wait_healthy
    ctl user add root:pw
    quorate auth enable
    token=$(curl -sS --noproxy '*' -d '{"name":"root","password":"pw"}' \
        "$(etcd_endpoints)/v3/auth/authenticate" | sed -E 's/.*"token":"([^"]*)".*/\1/')
    run -1 --separate-stderr quorate user list
    [[ $stderr == *'user name is empty'* ]]
    run -0 quorate --auth-jwt-token "$token" user list
    [[ $output == root ]]
    run -128 --separate-stderr quorate --auth-jwt-token "$token" --user root:pw user list
    [[ $stderr == *token* ]]
    ETCDCTL_AUTH_JWT_TOKEN=$token run -0 quorate auth disable
    run -0 quorate user list
}
