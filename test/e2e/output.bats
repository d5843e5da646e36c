#!/usr/bin/env bats
#
# quorate prints what the etcdctl of each version prints, to the byte: the same command by both, on
# the same cluster, is compared after nothing but times (and, where both write, revisions) has been
# taken out. QUORATE_COMPAT names the version to imitate.
#
# bats file_tags=one-etcd

# shellcheck disable=SC2154 # stderr and stderr_lines come from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

formats=(simple json fields table)

setup() {
    etcd_start "$ETCD_VERSION"
    minor=$(etcd_tool "$ETCD_VERSION" etcdctl)
    minor=$(basename "$(dirname "$minor")")
    minor=${minor%.*}
    export QUORATE_COMPAT=$minor
    [[ $minor != 3.4 ]] || export ETCDCTL_API=3
    unset LC_ALL
    export LANG=C.UTF-8
}

teardown() {
    etcd_stop
}

at_least() {
    [[ $(printf '%s\n' "$1" "$minor" | sort -V | head -n 1) == "$1" ]]
}

# Table borders to ASCII (Debian's newest build of 3.5 draws as 3.7 does, its first one as upstream); times out; with --revisions, what two writes in a row cannot share.
normal() {
    local revisions=()
    [[ ${1:-} != --revisions ]] ||
        revisions=(-e 's/(revision|version)":[0-9]+/\1":N/g' -e 's/(Revision|Version)" : [0-9]+/\1" : N/')
    sed -E -e 's/[┌┬┐├┼┤└┴┘]/+/g; s/─/-/g; s/│/|/g' \
        -e 's/took = [0-9.]+(ns|µs|ms|s)/took = T/; s/"took":"[^"]*"/"took":"T"/' \
        -e 's/"Took" : .*/"Took" : T/' "${revisions[@]}"
}

# Both programs get the same words; their results must be the same.
same() {
    local filter=()
    if [[ $1 == --revisions ]]; then
        filter=(--revisions)
        shift
    fi
    diff -a <(ctl "$@" 2>/dev/null | normal "${filter[@]}"; echo "${PIPESTATUS[0]}") \
        <(with_cluster "$QUORATE" "$@" 2>"$BATS_TEST_TMPDIR/stderr" | normal "${filter[@]}"
          echo "${PIPESTATUS[0]}") || {
        echo "differs: $*"
        cat "$BATS_TEST_TMPDIR/stderr"
        return 1
    }
}

# Both refuse, whatever their words and their exit codes are.
both_refuse() {
    run ! ctl "$@"
    run ! with_cluster "$QUORATE" "$@"
}

fill() {
    local lease
    lease=$(ctl lease grant 1000 | awk '{print $2}')
    ctl put plain value
    ctl put plain changed
    ctl put leased 'with a lease' --lease="$lease"
    ctl put empty ''
    ctl put $'bin\x01\xff"\\' $'v\n\t<&>\xe2\x80\xa8\xfe'
    printf 'a\0b' | ctl put nul
    ctl put 'größe' '漢字'
    ctl put plain again
} >/dev/null

@test "get" {
    fill
    local w
    for w in simple json fields; do
        same -w "$w" get plain
        same -w "$w" get nothing
        same -w "$w" get --prefix ''
        same -w "$w" --hex get --prefix ''
        same -w "$w" get --prefix '' --keys-only
        same -w "$w" get --prefix '' --limit 2
        same -w "$w" get --prefix '' --rev 3
        same -w "$w" get b n
        same -w "$w" get --from-key leased --order DESCEND
        same -w "$w" get --prefix '' --sort-by MODIFY --order descend
        same -w "$w" get --prefix '' --sort-by create
        same -w "$w" get --prefix '' --sort-by VALUE --order=ASCEND --consistency=s
    done
    same get --prefix p --print-value-only
    at_least 3.5 || return 0
    same -w fields get --prefix '' --count-only
    at_least 3.6 || return 0
    same -w json get --prefix '' --min-mod-rev 3 --max-create-rev 5
    same -w json get --prefix '' --max-mod-rev 4 --min-create-rev 2
    at_least 3.7 || return 0
    same -w json get --prefix '' --stream
}

@test "put and del" {
    local w
    for w in simple json fields; do
        same --revisions -w "$w" put a same
        same --revisions -w "$w" put a same --prev-kv
        same --revisions -w "$w" put a --ignore-value --prev-kv
        same --revisions -w "$w" del nothing
        ctl put b 1 && ctl del b >/dev/null
        ctl put c1 1 && ctl put c2 2
        ctl -w "$w" del c --prefix --prev-kv | normal --revisions >"$BATS_TEST_TMPDIR/theirs"
        ctl put c1 1 && ctl put c2 2
        with_cluster "$QUORATE" -w "$w" del c --prefix --prev-kv | normal --revisions |
            diff "$BATS_TEST_TMPDIR/theirs" -
    done
}

@test "put reads standard input to the last byte" {
    printf 'x\0y\n\n' | with_cluster "$QUORATE" put from-stdin
    [[ $(ctl get from-stdin -w json) == *"\"value\":\"$(printf 'x\0y\n\n' | base64)\""* ]]
}

@test "member list" {
    local w
    for w in "${formats[@]}"; do
        same -w "$w" member list
        same -w "$w" --hex member list
    done
    # A learner that was never started: no name, no client URLs.
    wait_for 20 ctl member add --learner never --peer-urls=http://127.0.0.1:1
    for w in "${formats[@]}"; do
        same -w "$w" member list
        same -w "$w" --hex member list
    done
}

# A young member still commits what it writes about itself: its sizes change between two questions.
# Twice the backend's batch interval of 100 ms without a change is rest.
at_rest() {
    local before
    before=$(ctl -w fields endpoint status)
    sleep 0.3
    [[ $(ctl -w fields endpoint status) == "$before" ]]
}

@test "endpoint status, health and hashkv" {
    fill
    local w
    wait_for 15 at_rest
    for w in "${formats[@]}"; do
        same -w "$w" endpoint status
        same -w "$w" --hex endpoint status
        same -w "$w" endpoint status --cluster
        same -w "$w" endpoint hashkv
        same -w "$w" --hex endpoint hashkv
        same -w "$w" endpoint --cluster hashkv --rev 3
    done
    for w in simple json fields; do
        same -w "$w" endpoint health
        same -w "$w" endpoint health --cluster
    done
    # The width of the table goes with the time that it took.
    diff <(ctl -w table endpoint health | normal | sed -E 's/[0-9.]+(ms|µs)/T/' | tr -s ' -') \
        <(with_cluster "$QUORATE" -w table endpoint health | normal | sed -E 's/[0-9.]+(ms|µs)/T/' |
            tr -s ' -')
}

@test "alarms, and what they do to status and health" {
    local w id text
    for w in simple json; do
        same -w "$w" alarm list
    done
    [[ $minor == 3.4 ]] || same -w fields alarm list
    id=$(ctl -w fields endpoint status | sed -n 's/^"MemberID" : //p')
    curl -sS --noproxy '*' -d "{\"action\":1,\"memberID\":\"$id\",\"alarm\":1}" \
        "$(etcd_endpoints 1)/v3/maintenance/alarm" >/dev/null
    for w in simple json fields; do
        # 3.7 prints Google's text form, whose blanks differ from build to build on purpose.
        [[ $w == fields && $minor == 3.4 ]] ||
            diff <(ctl -w "$w" alarm list | tr -s ' ' | sed 's/ $//') \
                <(with_cluster "$QUORATE" -w "$w" alarm list | tr -s ' ' | sed 's/ $//')
        same -w "$w" endpoint status
    done
    # Debian's build of 3.5 breaks no lines in tables.
    text=$(ctl -w table endpoint status)
    [[ $text == *┌* && $minor == 3.5 ]] || same -w table endpoint status
    # 3.4 does not look at alarms when it is asked for health.
    for w in json fields; do
        [[ $minor == 3.4 ]] || diff <(ctl -w "$w" endpoint health 2>/dev/null | normal) \
            <(with_cluster "$QUORATE" -w "$w" endpoint health 2>/dev/null | normal)
    done
    run -1 --separate-stderr with_cluster "$QUORATE" endpoint health
    [[ -z $output ]]
    [[ ${stderr_lines[0]} == *' is unhealthy: failed to commit proposal: Active Alarm(s): NOSPACE ' ]]
    [[ ${stderr_lines[1]} == 'Error: unhealthy cluster' ]]
}

@test "snapshot status" {
    fill
    local w tool file=$BATS_TEST_TMPDIR/snapshot.db
    ctl snapshot save "$file" >/dev/null 2>&1
    tool=$(etcd_tool "$ETCD_VERSION" etcdutl || etcd_tool "$ETCD_VERSION" etcdctl)
    for w in "${formats[@]}"; do
        diff <("$tool" -w "$w" snapshot status "$file" 2>/dev/null | normal) \
            <("$QUORATE" -w "$w" snapshot status "$file" | normal)
    done
}

@test "what etcdctl refuses, quorate refuses" {
    both_refuse get
    both_refuse put
    both_refuse get a --prefix b
    both_refuse get a --prefix --from-key
    both_refuse get a --order X
    both_refuse get a --sort-by X
    both_refuse get a --consistency x
    both_refuse get a --print-value-only -w json
    both_refuse get a --nosuch
    both_refuse get '' # etcd's own answer: key is not provided
    both_refuse put a b --lease zz
    both_refuse put a b --lease 12345
    both_refuse put a b --ignore-value
    both_refuse nosuch
    both_refuse -w bogus get a
    both_refuse get a --rev 1000
}

@test "an endpoint that is down is told at once, and the others answer" {
    local started=$SECONDS
    ETCDCTL_ENDPOINTS=127.0.0.1:1,$(etcd_endpoints 1) \
        run -1 --separate-stderr with_cluster "$QUORATE" endpoint status
    [[ $((SECONDS - started)) -le 2 ]]
    [[ ${#lines[@]} -eq 1 && $output == "$(etcd_endpoints 1), "* ]]
    [[ $stderr == 'Failed to get the status of endpoint 127.0.0.1:1 ('*')' ]]
}
