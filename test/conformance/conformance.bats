#!/usr/bin/env bats
#
# quorate against the real etcdctl and etcdutl of each version, command by command: README.md here
# says how the tables in cases/ are read and what is compared.
#
# bats file_tags=each-etcd

load ../harness/cluster

setup() {
    export PYTHONDONTWRITEBYTECODE=1
    # shellcheck disable=SC2154 # cluster.bash's
    etcd=$("$_etcds" path "$ETCD_VERSION")
    cases=$BATS_TEST_DIRNAME/cases
}

engine() {
    python3 "$BATS_TEST_DIRNAME/engine/main.py" "$@"
}

same() {
    engine run "$etcd" "$QUORATE" "$cases/$1.cases"
}

@test "no command and no flag of the real tools is missing" {
    engine missing "$etcd" "$QUORATE" "$cases"
}

@test "each command and each flag of the real tools has a case" {
    engine untried "$etcd" "$cases"
}

@test "kv" {
    same kv
}

@test "txn" {
    same txn
}

@test "watch" {
    same watch
}

@test "lease" {
    same lease
}

@test "lock" {
    same lock
}

@test "auth" {
    same auth
}

@test "maintenance" {
    same maintenance
}

@test "members" {
    same members
}

@test "words" {
    same words
}

@test "tls" {
    same tls
}

@test "v2" {
    same v2
}

@test "etcdutl" {
    same etcdutl
}

@test "utilities" {
    same utilities
}

@test "etcdctl_files" {
    same etcdctl_files
}
