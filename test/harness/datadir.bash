# shellcheck shell=bash disable=SC2119,SC2120
#
# Directories for `datadir check`, and etcd started on them: `load ../harness/datadir`, datadir_setup_file in
# setup_file, `datadir_setup` in setup, `halt` in teardown.
#
#   boots DIR [OPTION...]   starts etcd of $BOOT_VERSION, else of the version under test, as user $AS when that
#                           is set, and waits up to $PATIENCE seconds for its health; 1: it ended, 2: it hangs
#   halt [SIGNAL]           ends it
#   put COUNT               as many keys
#   takes_writes            whether it does
#   refuses COMMAND...      that it fails; not under `run`, whose shell etcd would die with
#   check [OPTION...]       datadir check of $dir for that version: $output, $status
#   verdict_is VERDICT      that of the check
#   rule_is RULE SEVERITY   of that
#   agrees VERDICT [RULE]   that the check of $dir gives this verdict, and etcd does what it says

load ../harness/cluster

datadir_setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
    local ports
    read -ra ports < <(_etcd_free_ports 2)
    export CLIENT=http://127.0.0.1:${ports[0]} PEER=http://127.0.0.1:${ports[1]} DIRS=$BATS_FILE_TMPDIR
}

datadir_setup() {
    dir=$BATS_TEST_TMPDIR/data
}

boots() { # DIR [OPTION...]
    local dir=$1 program deadline=$((SECONDS + ${PATIENCE:-30}))
    shift
    program=$(etcd_tool "${BOOT_VERSION:-$ETCD_VERSION}" etcd)
    # shellcheck disable=SC2086 # AS is a command
    setpriv --pdeathsig KILL ${AS-} "$program" --name m1 --data-dir "$dir" \
        --listen-client-urls "$CLIENT" --advertise-client-urls "$CLIENT" \
        --listen-peer-urls "$PEER" --initial-advertise-peer-urls "$PEER" \
        --initial-cluster "m1=$PEER" --logger zap --log-outputs stderr "$@" \
        </dev/null >"$BATS_FILE_TMPDIR/log" 2>&1 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/pid"
    while [[ $SECONDS -lt $deadline ]]; do
        kill -0 "$(<"$BATS_FILE_TMPDIR/pid")" 2>/dev/null || return 1
        [[ $(curl -s --noproxy '*' --max-time 1 "$CLIENT/health") != *'"true"'* ]] || return 0
        sleep 0.1
    done
    return 2
}

halt() { # [SIGNAL]
    [[ ! -f $BATS_FILE_TMPDIR/pid ]] || _etcd_end "$(<"$BATS_FILE_TMPDIR/pid")" "${1:-KILL}"
    rm -f "$BATS_FILE_TMPDIR/pid"
}

put() { # COUNT
    local i value
    value=$(head -c 600 /dev/zero | tr '\0' x)
    for ((i = 0; i < $1; i++)); do
        "$QUORATE" put "key-$i" "$value" --endpoints "$CLIENT" >/dev/null || return 1
    done
    sleep 0.3 # the database follows the log within a tenth of a second
}

takes_writes() {
    "$QUORATE" put after x --endpoints "$CLIENT" --command-timeout 2s >/dev/null 2>&1
}

refuses() {
    if "$@"; then
        return 1
    fi
}

# shellcheck disable=SC2154 # _etcds is cluster.bash's
minor() { # the minor release that shall start, as a number
    local version
    version=$(basename "$("$_etcds" path "${BOOT_VERSION:-$ETCD_VERSION}")")
    version=${version#3.}
    echo "${version%%.*}"
}

# shellcheck disable=SC2154 # bats sets stderr
check() { # [OPTION...]
    run --separate-stderr "$QUORATE" datadir check "$dir" --version "3.$(minor)" -w json "$@"
    [[ $output == '{'* ]] || { echo "$stderr"; return 1; }
}

rule_is() { # RULE SEVERITY
    jq -e --arg rule "$1" --arg severity "$2" \
        '[.findings[] | select(.rule == $rule and .severity == $severity)] | length > 0' <<<"$output"
}

verdict_is() { # VERDICT: without starting etcd
    check
    [[ $(jq -r .dataDir.verdict <<<"$output") == "$1" ]] || { jq . <<<"$output"; return 1; }
}

# The verdict, and that etcd does what it says.
# shellcheck disable=SC2154 # bats sets status
agrees() { # VERDICT [RULE]
    local verdict
    check
    verdict=$(jq -r .dataDir.verdict <<<"$output")
    [[ $verdict == "$1" ]] || { jq . <<<"$output"; return 1; }
    case $verdict in
        starts)
            [[ $status -eq 0 ]]
            [[ $# -eq 1 ]] || rule_is "$2" note
            boots "$dir" || { tail -n 3 "$BATS_FILE_TMPDIR/log"; return 1; }
            takes_writes
            ;;
        loses-data)
            [[ $status -eq 1 ]]
            rule_is "$2" loss
            boots "$dir"
            refuses takes_writes
            ;;
        does-not-start)
            [[ $status -eq 3 ]]
            rule_is "$2" stop
            PATIENCE=6 refuses boots "$dir"
            ;;
        *) false ;;
    esac
    halt
}
