# shellcheck shell=bash
#
# quorate beside etcdctl of the same version. `load ../harness/cluster` first.
#
#   compare_setup            as the version under test prints: QUORATE_COMPAT and the rest; sets minor
#   twins_start [OPTION...]  two clusters as etcd_start makes them: "theirs" and "ours"
#   same ARGUMENT...         a command that changes nothing, by both on the cluster of the test
#   both ARGUMENT...         a command by etcdctl on "theirs" and by quorate on "ours"
#   on_both ARGUMENT...      the same preparation on both, by etcdctl
#   at_least VERSION         is the version under test this one or newer?
#
# `same` and `both` compare standard output (the second with ids masked), the exit code, and whether
# there is something on standard error; what the server itself said must be in quorate's text too.
# Both programs get $input on standard input. COMPARE_MASK is a sed script of the test's own.
#
# etcdctl's log lines and what its stty says do not count.

compare_setup() {
    trace_tests_only
    _etcd_path minor "$ETCD_VERSION"
    minor=${minor##*/}
    minor=${minor%.*}
    export QUORATE_COMPAT=$minor
    # Newer versions warn of a variable that they do not know any more.
    [[ $minor != 3.4 ]] || export ETCDCTL_API=3
    unset LC_ALL
    export LANG=C.UTF-8
    input=''
    COMPARE_MASK=''
}

# Of minor versions of etcd 3.
at_least() {
    (( ${minor#3.} >= ${1#3.} ))
}

twins_start() {
    ETCD_CLUSTER=theirs etcd_start "$ETCD_VERSION" "$@" && ETCD_CLUSTER=ours etcd_start "$ETCD_VERSION" "$@"
}

on_both() {
    ETCD_CLUSTER=theirs ctl "$@" && ETCD_CLUSTER=ours ctl "$@"
} >/dev/null

same() {
    local cluster=${ETCD_CLUSTER:-etcd}
    _compare "$cluster" "$cluster" '' "$@"
}

both() {
    _compare theirs ours ids "$@"
}

# --- below: for this file only -----------------------------------------------------------------

_compare() {
    local theirs=$1 ours=$2 ids=$3 dir=$BATS_TEST_TMPDIR said their_rc=0 our_rc=0
    shift 3
    printf %s "$input" >"$dir/in"
    ETCD_CLUSTER=$theirs ctl "$@" <"$dir/in" >"$dir/theirs.out" 2>"$dir/theirs.err" || their_rc=$?
    ETCD_CLUSTER=$ours with_cluster "$QUORATE" "$@" <"$dir/in" >"$dir/ours.out" 2>"$dir/ours.err" || our_rc=$?
    # Most are the same to the byte, and what follows takes a dozen processes.
    [[ $their_rc -ne $our_rc || -s $dir/theirs.err || -s $dir/ours.err ]] ||
        ! cmp -s "$dir/theirs.out" "$dir/ours.out" || return 0
    said=$(sed -nE 's/^Error: etcdserver: //p' "$dir/theirs.err" | tail -n 1)
    if ! diff -a <(_masked "$ids" <"$dir/theirs.out"; echo "exit $their_rc"; _something <"$dir/theirs.err") \
        <(_masked "$ids" <"$dir/ours.out"; echo "exit $our_rc"; _something <"$dir/ours.err") ||
        { [[ -n $said ]] && ! grep -qF -e "$said" "$dir/ours.err"; }; then
        echo "differs: $*"
        [[ -z $said ]] || echo "the server said: $said"
        head "$dir/theirs.err" "$dir/ours.err"
        return 1
    fi
}

# Times out; with ids, also what two clusters cannot share. Borders in ASCII: Debian's newest build of
# 3.5 draws as 3.7 does, its first one as upstream.
_masked() {
    local ids=()
    [[ -z $1 ]] || ids=(-e 's/\b[0-9]{15,20}\b/N/g; s/ +[0-9a-f]{13,16}\b/ ID/g; s/\b[0-9a-f]{13,16}\b/ID/g'
                        -e "s/127\.0\.0\.1:[0-9]+/HOST:PORT/g")
    sed -E -e 's/[┌┬┐├┼┤└┴┘]/+/g; s/─/-/g; s/│/|/g' \
        -e 's/\b[0-9.]+(ns|µs|ms|s)\b/T/g' "${ids[@]}" -e "$COMPARE_MASK"
}

# Nothing, or "text on stderr".
_something() {
    if grep -aqv -e '^{"level":"warn"' -e '^stty: ' -e '^$'; then
        echo 'text on stderr'
    fi
}
