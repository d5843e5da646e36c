#!/usr/bin/env bats
#
# auth, user and role: what quorate prints and does is what the etcdctl of each version prints and does.
#
# bats file_tags=each-etcd

# stderr comes from run --separate-stderr, $input goes to both tools, and no test sees another's ETCD_CLUSTER.
# shellcheck disable=SC2154,SC2034,SC2030,SC2031
bats_require_minimum_version 1.5.0
load ../harness/cluster
load ../harness/twins

setup() {
    compare_setup
}

teardown() {
    etcd_stop
}

@test "users and roles: every command, and the same state behind it" {
    twins_start
    both user add ann:pw
    both user add ann:pw
    both user add bob --no-password
    both user add carol:pw --no-password
    both user add dave:p:w --new-user-password other
    both user add ''
    both role add r
    both role add r
    both role grant-permission r readwrite a b
    both role grant-permission r read /app/ --prefix
    both role grant-permission r WRITE zoo --from-key
    both role grant-permission r Write one
    both role grant-permission r read '' --prefix
    both role grant-permission r write ''
    both user grant-role ann r
    both user grant-role ann nosuch
    both role add root
    both role get root
    both user list
    both user get ann --detail
    both role get r
    both role revoke-permission r a b
    both role revoke-permission r /app/ --prefix
    both role revoke-permission r zoo --from-key
    both role revoke-permission r '' --prefix
    both role revoke-permission r one
    both role revoke-permission r one
    both role get r
    both user revoke-role ann r
    both user revoke-role ann r
    both user delete ann
    both user delete ann
    both role delete r
    both role delete r
}

@test "users and roles in the other forms" {
    local w
    twins_start
    for w in json fields; do
        both -w "$w" user add "u-$w:pw"
        both -w "$w" role add "r-$w"
        both -w "$w" role grant-permission "r-$w" readwrite a b
        both -w "$w" user grant-role "u-$w" "r-$w"
        input=word both -w "$w" user passwd "u-$w" --interactive=false
        both -w "$w" user get "u-$w" --detail
    done
    ETCD_CLUSTER=ours
    for w in json fields protobuf; do
        [[ $w == fields ]] || same -w "$w" user list
        [[ $w == fields ]] || same -w "$w" user get u-json
        [[ $w == fields || $minor == 3.4 ]] || same -w "$w" auth status
        same -w "$w" role list
        same -w "$w" --hex role get r-json
    done
    [[ $minor == 3.4 ]] || same auth status
    unset ETCD_CLUSTER
    for w in json fields; do
        both -w "$w" role revoke-permission "r-$w" a b
        both -w "$w" user revoke-role "u-$w" "r-$w"
        both -w "$w" user delete "u-$w"
        both -w "$w" role delete "r-$w"
    done
}

@test "what etcdctl refuses before it asks, quorate refuses with the same exit code" {
    etcd_start "$ETCD_VERSION"
    same user add
    same user add a b
    same user delete
    same user get
    same user list extra
    same user passwd
    same user grant-role a
    same user revoke-role a
    same role add
    same role get
    same role list extra
    same role grant-permission a
    same role grant-permission a read
    same role grant-permission a bogus k
    same role grant-permission a read k --prefix --from-key
    same role grant-permission a read '' --prefix --from-key
    same role grant-permission a read k e --prefix
    same role revoke-permission a
    same role revoke-permission a k e --from-key
    same auth enable extra
    same -w table user list
    same -w table role list
    same -w fields user list
    same -w bogus user list
    # Not even the first half is done where the result could not be printed.
    run -4 with_cluster "$QUORATE" -w table user add eve:pw
    [[ -z $(ctl user list) ]]
}

@test "passwords are read twice from standard input, or once as a word" {
    twins_start
    input=$'secret\nsecret\n' both user add ann
    input=$'secret\nsecret' both user add ben
    input=$'secret\r\nsecret\n' both user add cid
    input=$'secret\nother\n' both user add eva
    input=$'secret\n' both user add eva
    input=$'\n\n' both user add eva
    input='' both user add eva
    input=$'word and more\n' both user add fay --interactive=false
    input=$'new\nnew\n' both user passwd ann
    input=$'  newer' both user passwd ann --interactive=false
    both user list
    # etcdctl takes nothing for the empty password.
    export ETCD_CLUSTER=ours
    run -128 --separate-stderr with_cluster "$QUORATE" user add gus --interactive=false </dev/null
    [[ $stderr == "Error: empty password: standard input has none for user 'gus'"* ]]
    # What was set is what lets in.
    ctl user add root:pw >/dev/null
    ctl auth enable >/dev/null
    run -0 with_cluster "$QUORATE" --user root:pw user get fay
    run -0 with_cluster "$QUORATE" --user fay:word user get fay
    run -0 with_cluster "$QUORATE" --user ann:newer user get ann
    run -2 with_cluster "$QUORATE" --user ann:secret user get ann
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
}

@test "auth is switched on and off as etcdctl does it, over TLS" {
    twins_start --tls
    both auth enable
    on_both user add root:pw
    both auth enable
    for ETCD_CLUSTER in theirs ours; do
        echo root:pw >"$(etcd_dir)/user"
    done
    unset ETCD_CLUSTER
    both user get root --detail
    [[ $minor == 3.4 ]] || both auth status
    on_both user add ann:pw
    on_both role add reader
    on_both role grant-permission reader read /app/ --prefix
    on_both user grant-role ann reader
    for ETCD_CLUSTER in theirs ours; do
        echo ann:pw >"$(etcd_dir)/user"
    done
    unset ETCD_CLUSTER
    both user list
    both user get ann
    both user get root
    both role get reader
    both role add more
    both put /app/a 1
    both get /app/a
    both get /other
    both member add m9 --peer-urls=http://127.0.0.1:9
    both compaction 1
    both alarm disarm
    both defrag
    for ETCD_CLUSTER in theirs ours; do
        echo ann:wrong >"$(etcd_dir)/user"
    done
    unset ETCD_CLUSTER
    both user get ann
    for ETCD_CLUSTER in theirs ours; do
        echo root >"$(etcd_dir)/user"
    done
    unset ETCD_CLUSTER
    input=$'pw\n' both user list
    input=$'wrong\n' both user list
    both --password pw user list
    for ETCD_CLUSTER in theirs ours; do
        echo root:pw >"$(etcd_dir)/user"
    done
    unset ETCD_CLUSTER
    both auth disable -w json
    both auth disable
}

@test "auth enable goes on where a role root is there and only its grant is missing" {
    etcd_start "$ETCD_VERSION"
    ctl user add root:pw
    ctl role add root
    run -0 with_cluster "$QUORATE" auth enable
    [[ $output == 'Authentication Enabled' ]]
    run -1 --separate-stderr with_cluster "$QUORATE" user list
    [[ $stderr == *'user name is empty'* ]]
    run -0 with_cluster "$QUORATE" --user root:pw user list
}
