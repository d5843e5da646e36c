#!/usr/bin/env bats
#
# One program, three names: as etcdctl and etcdutl it has that tool's commands, help, usage errors and
# exit codes. test/conformance compares all of it with the real tools; here is what a person sees.

# shellcheck disable=SC2154 # stderr and stderr_lines come from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

setup_file() {
    export ETCD_ROOT=$BATS_FILE_TMPDIR
    etcd_start "$ETCD_VERSION"
}

teardown_file() {
    etcd_stop
}

setup() {
    trace_tests_only
    local tool
    unset "${!ETCDCTL_@}" "${!QUORATE_@}" 2>/dev/null || true
    mkdir "$BATS_TEST_TMPDIR/bin"
    for tool in etcdctl etcdutl; do
        ln -s "$QUORATE" "$BATS_TEST_TMPDIR/bin/$tool"
    done
    PATH=$BATS_TEST_TMPDIR/bin:$PATH
    here=$(etcd_endpoints)
}

@test "without a command each tool shows its help, on standard output" {
    run -0 --separate-stderr etcdctl
    [[ ${lines[1]} == Usage: && ${lines[2]} == '  etcdctl [command]' && -z $stderr ]]
    [[ $output == *$'\n  put '* && $output != *$'\n  recover '* && $output != *$'\n  lab '* ]]
    run -0 --separate-stderr etcdutl --help
    [[ ${lines[2]} == '  etcdutl [command]' && $output != *$'\n  put '* && -z $stderr ]]
    run -0 etcdctl member
    [[ $output == *$'\n  list '* ]]
    run -0 etcdctl help endpoint status
    [[ $output == *'etcdctl endpoint status'* && $output != *quorate* ]]
    run -0 etcdctl endpoint status --help
    [[ $output == *'etcdctl endpoint status'* ]]
}

@test "each has its own commands, and not quorate's" {
    local word
    for word in status 'lab up' 'backup now' recover 'plan list'; do
        # shellcheck disable=SC2086 # words
        run -1 --separate-stderr etcdctl $word
        [[ -z $output && ${stderr_lines[0]} == "Error: unknown command '${word%% *}'"* ]]
    done
    run -1 --separate-stderr etcdutl get a
    [[ ${stderr_lines[*]} == "Error: unknown command 'get' Hint: see 'etcdutl help'" ]]
}

@test "a wrong flag: usage on standard error, exit 1; a wrong operand: exit 128; a wrong form: 4" {
    run -1 --separate-stderr etcdctl get a --nonsense
    [[ -z $output && ${stderr_lines[0]} == "Error: unknown flag '--nonsense' for 'get'" ]]
    [[ ${stderr_lines[1]} == "Hint: see 'etcdctl help get'" && ${stderr_lines[2]} == Usage: ]]
    run -128 --separate-stderr etcdctl get
    [[ -z $output && ${stderr_lines[1]} == 'Hint: usage: etcdctl get KEY [RANGE_END]' ]]
    run -4 --separate-stderr etcdctl --endpoints "$here" get a -w nonsense
    [[ -z $output && ${stderr_lines[1]} == "Hint: see 'etcdctl help get'" ]]
    run -1 --separate-stderr etcdctl get a --limit x
    [[ ${stderr_lines[0]} == *"'x'"* ]]
    # The same word under quorate's own name has etcdctl's exit codes, too.
    run -128 "$QUORATE" get
    run -2 "$QUORATE" lab up --nonsense
}

@test "command words may be shortened while they are unique" {
    run -0 etcdctl --endpoints "$here" mem li
    [[ $output == *', started, m1, '* ]]
    run -0 etcdctl --endpoints "$here" end health
    run -1 --separate-stderr etcdctl --endpoints "$here" xyzzy
    run -1 etcdutl snap stat /no/such/file
}

@test "flags stand anywhere; what follows -- is none" {
    etcdctl --endpoints "$here" put k v
    run -0 etcdctl -w json --endpoints "$here" get k
    run -0 etcdctl get k --endpoints "$here" -w json
    run -0 etcdctl get --endpoints="$here" -wjson k
    [[ $output == *'"count":1}' ]]
    run -0 etcdctl --endpoints "$here" put -- --key --value
    run -0 etcdctl --endpoints "$here" get --print-value-only -- --key
    [[ $output == --value ]]
}

@test "ETCDCTL_ variables count where there is no flag" {
    etcdctl --endpoints "$here" put k v
    ETCDCTL_ENDPOINTS=$here ETCDCTL_WRITE_OUT=json run -0 etcdctl get k
    [[ $output == '{"header":'* ]]
    ETCDCTL_ENDPOINTS=127.0.0.1:1 ETCDCTL_WRITE_OUT=json run -0 etcdctl --endpoints "$here" get k -w simple
    [[ ${lines[*]} == 'k v' ]]
    ETCDCTL_ENDPOINTS=127.0.0.1:1 run -1 --separate-stderr etcdctl get k
    [[ ${stderr_lines[0]} == "Error: endpoint 'http://127.0.0.1:1': connection refused" ]]
    ETCDCTL_HEX=true run -0 etcdctl --endpoints "$here" get k
    [[ ${lines[0]} == '\x6b' ]]
    # A variable that nobody knows is none of ours.
    ETCDCTL_NONSENSE=1 run -0 etcdctl --endpoints "$here" get k
}

@test "version says whose output it is, and by whom" {
    run -0 etcdctl version
    [[ ${lines[0]} == 'etcdctl version: 3.7.0' && ${lines[1]} == 'API version: 3.7' ]]
    [[ ${lines[2]} == 'quorate version: '* ]]
    QUORATE_COMPAT=3.5 run -0 etcdutl version
    [[ ${lines[0]} == 'etcdutl version: 3.5.0' && ${lines[1]} == 'API version: 3.5' ]]
}

@test "any path and any link chain lead to the tool; another name is quorate" {
    run -0 "$BATS_TEST_TMPDIR/bin/etcdctl" version
    [[ ${lines[0]} == etcdctl* ]]
    ln -s etcdctl "$BATS_TEST_TMPDIR/bin/other"
    run -0 other version
    [[ ${lines[0]} == 'quorate version: '* ]]
}
