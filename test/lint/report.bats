#!/usr/bin/env bats
#
# The counter behind ./check: a failure must not get lost between a test program and the last line.

load ../harness/report

setup() {
    harness=$BATS_TEST_DIRNAME/../harness
}

# Feeds TAP from standard input to the counter, and prints what it counted as the last line.
count() {
    read_tap "t: "
    # shellcheck disable=SC2154 # report.bash has them
    echo "$passed $failed $skipped"
}

# Writes a log as meson does, one program: its result, exit status and standard output.
meson_log() {
    mkdir -p "$BATS_TEST_TMPDIR/meson-logs"
    python3 -c 'import json, sys
print(json.dumps({"name": "quorate / base/x", "result": sys.argv[1], "returncode": int(sys.argv[2]),
                  "stdout": sys.argv[3], "stderr": "the cause"}))' "$@" \
        >"$BATS_TEST_TMPDIR/meson-logs/testlog.json"
}

unit_results() {
    run "$harness/unit-results" "$BATS_TEST_TMPDIR"
}

@test "tap: each verdict is counted, a skip with its reason" {
    run count <<'END'
1..4
ok 1 a
ok 2 b # skip no network
not ok 3 c
# it broke
ok 4 d
END
    [[ $output == 'ok       t: a
skipped  t: b: no network
FAILED   t: c
    | it broke
ok       t: d
2 1 1' ]]
}

@test "tap: a stream that ends early, and an empty one, are failures" {
    run count <<<'1..2
ok 1 a'
    [[ ${lines[-2]} == 'FAILED   t: ran 1 of 2 planned tests' && ${lines[-1]} == '1 1 0' ]]
    run count </dev/null
    [[ ${lines[-1]} == '0 1 0' ]]
}

# flaky N: a folder of tests, the first of which passes at its Nth run only.
flaky() {
    mkdir "$BATS_TEST_TMPDIR/flaky"
    sed 's/^ test_is/@test/; s/^ //' >"$BATS_TEST_TMPDIR/flaky/a.bats" <<END
 test_is "a (first) [1+]" {
     echo >>"$BATS_TEST_TMPDIR/runs"
     [[ \$(wc -l <"$BATS_TEST_TMPDIR/runs") -ge $1 ]]
 }
 test_is "b" {
     true
 }
END
}

# Runs them as ./check does; the last line tells what was counted.
twice() {
    # This bats' own environment is not for the one within.
    # shellcheck disable=SC2016 # expanded by the shell that is started
    env -i PATH=/usr/local/bin:/usr/bin:/bin bash -c 'source "$1/report.bash" && queue_bats "t: " bats "$2" &&
        run_queue && echo "$passed $repeated $failed"' _ "$harness" "$BATS_TEST_TMPDIR/flaky" 3>&-
}

@test "second run: one that then passes is shown and told apart" {
    flaky 2
    run twice
    [[ ${lines[0]} == 'begun    t' && ${lines[1]} =~ ^"ended    t ("[0-9]+" s)"$ && ${lines[2]} == 'AGAIN    t: a (first) [1+]' ]]
    [[ ${lines[-2]} == 'ok       t: a (first) [1+]' && ${lines[-1]} == '2 1 0' ]]
    [[ $(wc -l <"$BATS_TEST_TMPDIR/runs") -eq 2 ]]
}

@test "second run: one that fails again has failed" {
    flaky 3
    run twice
    [[ ${lines[-1]} == '1 0 1' && $output == *'FAILED   t: a (first) [1+]'* ]]
    [[ $(wc -l <"$BATS_TEST_TMPDIR/runs") -eq 2 ]]
}

@test "queue: runs beside each other are all counted, and what failed in one runs again as that one" {
    mkdir "$BATS_TEST_TMPDIR/two"
    sed 's/^ test_is/@test/; s/^ //' >"$BATS_TEST_TMPDIR/two/a.bats" <<END
 test_is "a" {
     touch "$BATS_TEST_TMPDIR/\$NAME"
     # Each waits for the other, at its first run.
     for _ in {1..100}; do
         [[ ! -e $BATS_TEST_TMPDIR/one || ! -e $BATS_TEST_TMPDIR/other ]] || break
         sleep 0.1
     done
     [[ -e $BATS_TEST_TMPDIR/one && -e $BATS_TEST_TMPDIR/other ]]
     echo >>"$BATS_TEST_TMPDIR/runs.\$NAME"
     [[ \$NAME == one || \$(wc -l <"$BATS_TEST_TMPDIR/runs.\$NAME") -ge 2 ]]
 }
END
    # shellcheck disable=SC2016 # expanded by the shell that is started
    run env -i PATH=/usr/local/bin:/usr/bin:/bin bash -c 'source "$1/report.bash"
        queue_bats "one: " NAME=one bats "$2"; queue_bats "other: " NAME=other bats "$2"
        run_queue 2 && echo "$passed $repeated $failed"' _ "$harness" "$BATS_TEST_TMPDIR/two" 3>&-
    [[ ${lines[-2]} == 'ok       other: a' && ${lines[-1]} == '2 1 0' ]]
    [[ $output == *'ok       one: a'* && $output == *'AGAIN    other: a'* ]]
    [[ $(wc -l <"$BATS_TEST_TMPDIR/runs.one") -eq 1 ]]
}

@test "second run: of one that took too long, under its name alone" {
    # shellcheck disable=SC2034 # read_tap's
    may_put_off=1
    read_tap "t: " <<<'1..1
not ok 1 a # timeout after 2s'
    # shellcheck disable=SC2154 # report.bash has it
    [[ ${put_off[0]} == a && $failed -eq 0 ]]
}

@test "what a machine lacks is a skip for a person and a failure in CI" {
    CI='' cannot a 'no etcd'
    [[ $skipped -eq 1 && $failed -eq 0 ]]
    CI=true cannot a 'no etcd'
    [[ $skipped -eq 1 && $failed -eq 1 ]]
}

@test "attempt: the command's status counts, its output is shown on failure" {
    attempt good true
    [[ $passed -eq 1 ]]
    run attempt bad sh -c 'echo why; exit 3'
    [[ $output == 'FAILED   bad
    | why' ]]
}

@test "unit: cases that passed and skipped" {
    meson_log OK 0 '[==========] Running 2 test(s).
[ RUN      ] one
[       OK ] one
[ RUN      ] two
skip: no moon
[  SKIPPED ] two
[  PASSED  ] 1 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] two'
    unit_results
    [[ $output == 'ok 1 base/x: one
ok 2 base/x: two # skip no moon
1..2' ]]
}

@test "unit: a crash fails the case it came in" {
    meson_log FAIL -11 '[ RUN      ] one
[       OK ] one
[ RUN      ] two'
    unit_results
    [[ ${lines[0]} == 'ok 1 base/x: one' && ${lines[1]} == 'not ok 2 base/x: two' ]]
    [[ $output == *'# the cause'* && ${lines[-1]} == 1..2 ]]
}

@test "unit: a bad end after good cases is a failure of its own" {
    meson_log FAIL 1 '[ RUN      ] one
[       OK ] one'
    unit_results
    [[ ${lines[1]} == 'not ok 2 base/x: all cases passed, but the program ended with FAIL' ]]
}

@test "unit: a program without cases is one, a run without programs is none" {
    meson_log TIMEOUT 0 ''
    unit_results
    [[ ${lines[0]} == 'not ok 1 base/x' && ${lines[-1]} == 1..1 ]]
    rm "$BATS_TEST_TMPDIR/meson-logs/testlog.json"
    unit_results
    [[ $status -ne 0 ]]
}
