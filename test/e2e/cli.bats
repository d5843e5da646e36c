#!/usr/bin/env bats
#
# The command line itself, without any cluster: exit codes, what goes to stdout and what to stderr,
# completion in a real bash, fresh documents.

# shellcheck disable=SC2154 # stderr and stderr_lines come from run --separate-stderr
bats_require_minimum_version 1.5.0

setup() {
    unset "${!ETCDCTL_@}" "${!QUORATE_@}" 2>/dev/null || true
    export LC_ALL=C.UTF-8
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
}

@test "version, in text and JSON" {
    run -0 --separate-stderr "$QUORATE" version
    [[ ${lines[0]} == 'quorate version: '[0-9]* && ${lines[1]} == 'API version: '3.* ]]
    [[ -z $stderr ]]
    run -0 "$QUORATE" version -w json
    python3 -c 'import json, sys; assert set(json.loads(sys.argv[1])) == {"version", "apiVersion"}' "$output"
}

@test "version needs no locale, no state and no home" {
    run -0 env -i "$QUORATE" version
}

@test "without a command there is help, and it is no error" {
    run -0 --separate-stderr "$QUORATE"
    [[ $output == *'Usage: quorate COMMAND'* && -z $stderr ]]
    run -0 "$QUORATE" --help
    run -0 "$QUORATE" get --help
    [[ $output == *'Usage: quorate get [OPTIONS] KEY [RANGE_END]'* ]]
}

@test "usage errors say what was meant, on stderr only; etcd's words exit as etcdctl does" {
    run -2 --separate-stderr "$QUORATE" gte
    [[ -z $output ]]
    [[ ${stderr_lines[0]} == "Error: unknown command 'gte'" ]]
    [[ ${stderr_lines[1]} == "Hint: did you mean 'quorate get'?" ]]
    run -1 --separate-stderr "$QUORATE" get a --end x -w json
    [[ -z $output ]]
    [[ $stderr == '{"error":{"code":"usage","text":"unknown flag '\''--end'\'' for '\''get'\''","hint":"did you mean '\''--endpoints'\''?"}}' ]]
}

@test "get checks its flags before it asks anybody" {
    local flags
    for flags in '--prefix --from-key' '--keys-only --count-only' '--count-only' \
        '--print-value-only -w json' '-w table'; do
        # shellcheck disable=SC2086 # words
        run ! "$QUORATE" --endpoints 127.0.0.1:1 get a $flags
        [[ $output != *refused* ]]
    done
    run -128 "$QUORATE" get a b --prefix
    [[ ${lines[0]} == "Error: a RANGE_END ('b') cannot go with --prefix or --from-key" ]]
    run -128 "$QUORATE" put a b --ignore-value
}

@test "nobody listens: told at once, with the exit code for it" {
    run -1 timeout 2 "$QUORATE" --endpoints 127.0.0.1:1 get a
    [[ ${lines[0]} == 'Error: '*127.0.0.1:1* ]]
    run -12 timeout 2 "$QUORATE" --endpoints 127.0.0.1:1 status
    [[ ${lines[0]} == 'Error: '*127.0.0.1:1* ]]
}

@test "a full stdout is an error, a reader that leaves is none to talk about" {
    # shellcheck disable=SC2016 # for the inner shell
    run -7 bash -c '"$0" __manual markdown >/dev/full' "$QUORATE"
    [[ ${lines[0]} == 'Error: standard output: No space left on device' ]]
    # shellcheck disable=SC2016 # for the inner shell
    run --separate-stderr bash -c '"$0" help | true' "$QUORATE"
    [[ -z $stderr ]]
}

@test "a cluster that is not known" {
    run -4 env QUORATE_STATE="$BATS_TEST_TMPDIR" "$QUORATE" status --cluster prod
    [[ ${lines[0]} == "Error: cluster 'prod' is not known" ]]
    run -4 env QUORATE_STATE="$BATS_TEST_TMPDIR" "$QUORATE" status --cluster lab:none
}

@test "a user without password is asked on the terminal, where there is one" {
    run -1 setsid -w "$QUORATE" --user root --endpoints 127.0.0.1:1 get a </dev/null
    [[ $output == *"Error: user 'root' needs a password, and there is nobody to ask"* ]]
    [[ $output == *'Hint: set ETCDCTL_PASSWORD, or give --user NAME:PASSWORD'* ]]
    # On a pseudo terminal: the question is shown, what is typed is not.
    run python3 - "$QUORATE" <<'PYTHON'
import os, pty, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "--user", "root", "--endpoints", "127.0.0.1:1", "get", "a"])
seen = b""
while b"Password of root: " not in seen:
    seen += os.read(fd, 100)
os.write(fd, b"hidden-word\n")
try:
    while True:
        more = os.read(fd, 1000)
        if not more:
            break
        seen += more
except OSError:
    pass
os.waitpid(pid, 0)
print(seen.decode())
assert b"hidden-word" not in seen
assert b"127.0.0.1:1" in seen
PYTHON
    [[ $status -eq 0 ]]
}

@test "a secret is never in an error" {
    run "$QUORATE" --user root:very-secret --password also-secret --endpoints 127.0.0.1:1 get a --debug
    [[ $output != *very-secret* && $output != *also-secret* ]]
}

# What bash would offer for a line, as it would type it.
completions() {
    bash -c '
        PATH=$(dirname "$0"):$PATH
        source <("$0" completion bash)
        COMP_LINE=$1 COMP_POINT=${#1}
        # As readline splits: at blanks and at the characters of COMP_WORDBREAKS.
        mapfile -t COMP_WORDS < <(python3 -c "
import re, sys
words = [w for w in re.split(r\"(\s+|[=:])\", sys.argv[1]) if w.strip()]
if sys.argv[1][-1:].isspace():
    words.append(\"\")
print(*words, sep=\"\n\")" "$1")
        COMP_WORDS[0]=$0
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        compopt() { :; }
        _quorate
        printf "%s\n" "${COMPREPLY[@]}"
    ' "$QUORATE" "$1"
}

@test "bash completes commands, flags, values and files" {
    "$QUORATE" completion bash | bash -n
    [[ $(completions 'quorate mem') == member ]]
    [[ $(completions 'quorate endpoint ') == $'status\nhealth\nhashkv' ]]
    [[ $(completions 'quorate get k --lim') == --limit ]]
    [[ $(completions 'quorate get k --write-out=j') == json ]]
    [[ $(completions 'quorate get k -w ') == $'simple\ntable\njson\nfields\nprotobuf' ]]
    cd "$BATS_TEST_TMPDIR"
    touch snapshot-1.db
    [[ $(completions 'quorate snapshot status snap') == snapshot-1.db ]]
    mkdir -p state/labs/demo
    [[ $(QUORATE_STATE=state completions 'quorate get k --cluster lab:d') == demo ]]
}

@test "zsh and fish read their scripts" {
    local shell tried=
    for shell in zsh fish; do
        "$QUORATE" completion $shell >"$BATS_TEST_TMPDIR/$shell"
        [[ -s $BATS_TEST_TMPDIR/$shell ]]
        ! command -v $shell >/dev/null || { $shell -n "$BATS_TEST_TMPDIR/$shell"; tried=yes; }
    done
    run -128 "$QUORATE" completion tcsh
    [[ -n $tried ]] || skip 'neither zsh nor fish is installed'
}

@test "the generated documents are fresh" {
    "$root/tools/make-docs" --check "$QUORATE"
}

@test "the manual page is what scdoc understands" {
    command -v scdoc >/dev/null || skip 'scdoc is not installed'
    "$QUORATE" __manual scdoc | scdoc | grep -q '^\.TH "quorate" "1"'
}

@test "help as JSON describes every command of the help" {
    "$QUORATE" help -w json | python3 -c '
import json, subprocess, sys
table = json.load(sys.stdin)
overview = subprocess.run([sys.argv[1], "help"], capture_output=True, text=True, check=True).stdout
assert len(table["commands"]) > 10
for command in table["commands"]:
    if "quorate" not in command["tools"]:
        continue
    assert "\n  " + command["name"] + " " in overview, command["name"]
' "$QUORATE"
}
