# shellcheck shell=bash
#
# The one counter over all suites, and the only place that prints verdicts. A result is a test case
# that passed, failed or was skipped for a reason; suites whose runner speaks TAP hand that over whole.

passed=0
failed=0
skipped=0
repeated=0       # of those that passed: at their second run only
may_put_off=0    # how many failures read_tap may leave to a second run
put_off=()       # the names of those
MOST_PUT_OFF=3   # of one run; more are no accident
queue=()         # command lines of runs of bats
queue_prefix=()  # and what their results are printed under

pass() {
    passed=$((passed + 1))
    printf 'ok       %s\n' "$1"
}

# fail NAME [LOG]: shows the end of the log, where the cause is.
fail() {
    failed=$((failed + 1))
    printf 'FAILED   %s\n' "$1"
    [[ ! -s ${2:-} ]] || tail -n "${LOG_LINES:-60}" "$2" | sed 's/^/    | /'
}

skip() {
    skipped=$((skipped + 1))
    printf 'skipped  %s: %s\n' "$1" "$2"
}

# What this machine cannot do is a skip for a person, and a failure in CI, which must do all.
cannot() {
    if [[ ${CI:-} == true ]]; then
        fail "$1: $2" "${3:-}"
    else
        skip "$1" "$2"
    fi
}

# attempt NAME COMMAND...: one result from one command, whose output is shown when it fails.
attempt() {
    local name=$1 log
    shift
    log=$(mktemp)
    if "$@" >"$log" 2>&1 </dev/null; then
        pass "$name"
    else
        fail "$name" "$log"
    fi
    rm -f "$log"
}

# Reads TAP from standard input: counts and prints each result under PREFIX, and the remarks that
# belong to a failure. A stream that ends before its plan is fulfilled is a failure of its own.
read_tap() {
    local prefix=$1 line planned=0 seen=0 show=
    while IFS= read -r line; do
        if [[ $line =~ ^1\.\.([0-9]+) ]]; then
            planned=${BASH_REMATCH[1]}
        elif [[ $line =~ ^ok\ [0-9]+\ (.*)\ #\ [sS][kK][iI][pP]\ ?(.*)$ ]]; then
            skip "$prefix${BASH_REMATCH[1]}" "${BASH_REMATCH[2]:-no reason given}"
            seen=$((seen + 1)) show=
        elif [[ $line =~ ^ok\ [0-9]+\ (.*)$ ]]; then
            pass "$prefix${BASH_REMATCH[1]}"
            seen=$((seen + 1)) show=
        elif [[ $line =~ ^not\ ok\ [0-9]+\ (.*)$ ]]; then
            if [[ ${#put_off[@]} -lt $may_put_off ]]; then
                put_off+=("${BASH_REMATCH[1]% # timeout after *}")
                printf 'AGAIN    %s\n' "$prefix${BASH_REMATCH[1]}"
            else
                fail "$prefix${BASH_REMATCH[1]}"
            fi
            seen=$((seen + 1)) show=yes
        elif [[ -n $show || $line != '#'* ]]; then
            printf '    | %s\n' "${line#\# }"
        fi
    done
    [[ $planned -eq $seen && $seen -gt 0 ]] ||
        fail "${prefix}ran $seen of $planned planned tests"
}

# queue_bats PREFIX [NAME=VALUE...] bats OPTION...: a run for run_queue.
queue_bats() {
    queue_prefix+=("$1")
    shift
    queue+=("$(printf '%q ' env "$@" --formatter tap)")
}

queue_last_first() {
    queue=("${queue[-1]}" "${queue[@]:0:${#queue[@]}-1}")
    queue_prefix=("${queue_prefix[-1]}" "${queue_prefix[@]:0:${#queue_prefix[@]}-1}")
}

# run_queue [LANES]: the runs in the queue, so many beside each other, so that processors have work while one comes to
# its end; each is printed and counted when it has ended. A test that fails is shown and runs once more at the end, with
# nothing beside it, and that verdict counts: a real server on a busy machine can miss any time limit once.
run_queue() {
    local lanes=${1:-1} next=0 n pid out running=() began=() again_of=() again=() before
    out=$(mktemp -d)
    while [[ $next -lt ${#queue[@]} || ${#running[@]} -gt 0 ]]; do
        if [[ $next -lt ${#queue[@]} && ${#running[@]} -lt $lanes ]]; then
            printf 'begun    %s\n' "${queue_prefix[next]%: }"
            eval "exec ${queue[next]}" >"$out/$next" 2>&1 </dev/null &
            running[$!]=$next began[next]=$SECONDS next=$((next + 1))
            continue
        fi
        pid=
        wait -n -p pid "${!running[@]}"
        n=${running[pid]}
        unset "running[pid]"
        printf 'ended    %s (%d s)\n' "${queue_prefix[n]%: }" $((SECONDS - began[n]))
        put_off=() may_put_off=$MOST_PUT_OFF
        read_tap "${queue_prefix[n]}" <"$out/$n"
        again+=("${put_off[@]}")
        while [[ ${#again_of[@]} -lt ${#again[@]} ]]; do
            again_of+=("$n")
        done
    done
    may_put_off=0
    before=$passed
    for n in "${!again[@]}"; do
        read_tap "${queue_prefix[again_of[n]]}" \
            < <(eval "${queue[again_of[n]]} --filter $(printf %q "$(literally "${again[n]}")")" 2>&1 </dev/null)
    done
    repeated=$((repeated + passed - before))
    rm -rf "$out"
    queue=() queue_prefix=()
}

# literally TEXT: a regular expression for this text and nothing else.
literally() {
    # shellcheck disable=SC2001 # which has no references to what matched
    printf '^%s$' "$(sed 's/[]().*+?{}|^$[\\]/\\&/g' <<<"$1")"
}
