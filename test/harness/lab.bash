# shellcheck shell=bash
#
# Labs for bats tests: `load ../harness/lab`, lab_setup in setup, lab_teardown in teardown.
#
# Each test has a state directory and a repository of its own, and its lab is called "t".
#
#   lab_up [OPTION...]    quorate lab up, of $ETCD_VERSION
#   q ARGUMENT...         quorate on that lab (--cluster lab:t) with stderr kept apart in $Q_ERR
#   field KEY             the first value of KEY in JSON on stdin
#   hashes                the HashKV of every member, each number once
#   wreck [MEMBER...]     kills members and removes their data directories; all without arguments

load ../harness/cluster

lab_setup() {
    trace_tests_only
    export QUORATE_STATE=$BATS_TEST_TMPDIR/state QUORATE_REPO=$BATS_TEST_TMPDIR/repo
    export NO_COLOR=1
    Q_ERR=$BATS_TEST_TMPDIR/stderr
    unset "${!ETCDCTL_@}"
}

lab_teardown() {
    "$QUORATE" lab down --name t >/dev/null 2>&1 || true
}

# shellcheck disable=SC2154 # _etcds is cluster.bash's
lab_up() {
    "$QUORATE" lab up --name t --etcd "$("$_etcds" path "$ETCD_VERSION")" "$@"
}

q() {
    "$QUORATE" --cluster lab:t "$@" 2>"$Q_ERR"
}

field() {
    jq -r --arg key "$1" '[.. | objects | select(has($key)) | .[$key]] | first'
}

hashes() {
    "$QUORATE" endpoint hashkv --cluster lab:t -w json | jq -r '.[].HashKV.hash' | sort -u
}

lab_dir() {
    printf '%s/labs/t' "$QUORATE_STATE"
}

wreck() {
    [[ $# -gt 0 ]] || set -- m1 m2 m3
    local member
    "$QUORATE" lab kill --name t "$@"
    for member; do
        rm -rf "$(lab_dir)/$member.etcd"
    done
}
