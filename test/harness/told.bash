# shellcheck shell=bash
#
# What is told when a command fails, under both names of the program: `load ../harness/told`.
#
#   told_setup               the link etcdctl; call it in setup
#   told TEXT HINT ARGUMENT...      the command fails with EXIT_CODE (1), writes nothing to stdout, and
#                            says this on stderr within LIMIT_MS (1000); both texts are patterns
#                            TOLD_BY=FUNCTION: an exported function that runs the command
#   told_from FILE TEXT HINT ARGUMENT...            the same with this on stdin
#   as_json ARGUMENT...      the same command with -w json; `field FILTER` then picks from the error
#   within_limit COMMAND...  a command that succeeds, within LIMIT_MS

# shellcheck disable=SC2154 # status, stderr and the like are bats'

told_setup() {
    trace_tests_only
    ln -s "$QUORATE" "$BATS_TEST_TMPDIR/etcdctl"
}

told() {
    told_from /dev/null "$@"
}

told_from() {
    local file=$1 text=$2 hint=$3 name begin elapsed_ms
    shift 3
    for name in "$QUORATE" "$BATS_TEST_TMPDIR/etcdctl"; do
        begin=${EPOCHREALTIME/./}
        # shellcheck disable=SC2016,SC2086 # the inner shell's; TOLD_BY may have arguments
        run --separate-stderr bash -c '"$@" <"$0"' "$file" ${TOLD_BY:-} "$name" "$@"
        elapsed_ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
        echo "$(basename "$name") $*: status $status, $elapsed_ms ms"
        echo "$output"
        printf 'said:   %s\n' "${stderr_lines[@]}"
        printf 'wanted: %s\n' "Error: $text" "Hint: $hint"
        # shellcheck disable=SC2053 # the texts are patterns
        [[ $status -eq ${EXIT_CODE:-1} && -z $output && ${stderr_lines[0]} == "Error: "$text &&
            ${stderr_lines[1]-} == "Hint: "$hint && $elapsed_ms -lt ${LIMIT_MS:-1000} ]] || return 1
    done
}

as_json() {
    run --separate-stderr "$QUORATE" -w json "$@"
    echo "$stderr"
    [[ $status -eq ${EXIT_CODE:-1} ]]
}

field() {
    jq -r ".error | $1" <<<"$stderr"
}

within_limit() {
    local begin=${EPOCHREALTIME/./}
    "$@" && [[ $(((${EPOCHREALTIME/./} - begin) / 1000)) -lt ${LIMIT_MS:-1000} ]]
}
