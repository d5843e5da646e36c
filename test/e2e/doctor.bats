#!/usr/bin/env bats
#
# 'doctor': ills that real clusters are given, each named by its rule; and none on a healthy one.
#
# bats file_tags=few-etcds

# shellcheck disable=SC2030,SC2031,SC2154 # stderr comes from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    trace_tests_only
    export ETCD_ROOT=$BATS_TEST_TMPDIR
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    etcd_unthrottle 1
    etcd_stop
    [[ -z ${QUORATE_STATE:-} ]] || lab_teardown
}

# doctor [ARGUMENT...]: its findings as "SEVERITY RULE MEMBER" lines in 'named', and its exit code in 'status'.
doctor() {
    run --separate-stderr with_cluster "$QUORATE" doctor --over 0 -w json "$@"
    named=$(jq -r '.findings[] | "\(.severity) \(.rule) \(.member)"' <<<"$output") || return
}

# finds LINE...: exactly these, in any order. What an old release is known for is no fault of the test's.
finds() {
    diff <(printf '%s\n' "$@" | sed '/^$/d' | sort) <(grep -vE ' version-|^$' <<<"$named" | sort)
}

slow='wal-fsync-slow|backend-commit-slow|peer-round-trip-slow|heartbeats-late|slow-applies|slow-read-indexes'

# One look that what this machine does beside could not spoil.
named_but_slow() {
    grep -vE " (version-[a-z-]*|$slow) " <<<"$named"
}

put_some() {
    local n
    for n in {1..300}; do
        printf 'k%s\t%s\n' "$((n % 50))" "$n"
    done | put_lines
}

@test "a healthy cluster has nothing, idle and under a load" {
    etcd_start "$ETCD_VERSION" 3
    doctor
    [[ -z $(named_but_slow) ]]
    put_some &
    doctor --over 2s
    wait "$!" # alone, wait would wait for the test's time-out, too
    [[ -z $(named_but_slow) ]]
    [[ $(jq -r '.verdict.summary' <<<"$output") == '3 of 3 voters serve; one member may fail' ]]
    run -0 with_cluster "$QUORATE" doctor --rules
    [[ $output == *quorum-lost*histograms-missing* ]]
}

# p99 of at least 50.
slow_disk_is_told() {
    doctor
    grep -qE '^(warning|critical) wal-fsync-slow m1$' <<<"$named"
}

@test "a disk that takes few writes" {
    local why writer
    etcd_start "$ETCD_VERSION" 3
    [[ $ETCD_VERSION == 3.4* ]] || etcd_with_flag --unsafe-no-fsync=false
    why=$(etcd_throttle 1 30) || skip "$why"
    put_some &
    writer=$!
    wait_for 90 slow_disk_is_told
    run ! grep -E '(warning|critical) wal-fsync-slow m[23]$' <<<"$named"
    kill "$writer" 2>/dev/null || true
    wait "$writer" || true
}

@test "members that are killed, frozen, and too many of them" {
    etcd_start "$ETCD_VERSION" 3
    etcd_pause 3
    doctor --command-timeout 1s
    etcd_resume 3
    [[ $status -ge 1 ]]
    grep -qx 'warning member-frozen m3' <<<"$named"
    etcd_kill 3
    doctor
    [[ $status -ge 1 ]]
    grep -qx 'warning member-down m3' <<<"$named"
    etcd_kill 2
    doctor
    [[ $status -eq 2 ]]
    grep -qx 'critical quorum-lost ' <<<"$named"
    grep -qx 'warning member-down m2' <<<"$named"
    [[ $(jq -r '.findings[] | select(.rule == "quorum-lost").command' <<<"$output") == \
        'quorate member rescue m1 --dry-run --endpoints '* ]]
    wait_for 30 no_leader_is_told
}

no_leader_is_told() {
    doctor && grep -qx 'critical no-leader m1' <<<"$named"
}

@test "members that were never started, learners, even numbers" {
    etcd_start "$ETCD_VERSION" 1
    doctor
    finds
    with_cluster "$QUORATE" member add late --learner --peer-urls http://127.0.0.1:1
    doctor
    id=$(with_cluster "$QUORATE" member list | grep unstarted | cut -d , -f 1)
    finds "warning member-never-started $id"
    run -0 bash -c "$(jq -r '.findings[] | select(.rule == "member-never-started").command' <<<"$output" |
        sed "s|^quorate|$QUORATE|")"
    doctor
    finds
}

@test "a quota of which 70, 90 and more than 100 percent are taken; what was compacted is free pages" {
    local n seen=
    etcd_start "$ETCD_VERSION" 1
    etcd_with_flag --quota-backend-bytes 16000000
    # In steps so small that none of the three is jumped over, and not for ever.
    head -c 150000 /dev/urandom | base64 -w 0 >value
    for n in {1..200}; do
        with_cluster "$QUORATE" put same <value || true
        doctor
        seen+=$named$'\n'
        [[ $named != *nospace-alarm* ]] || break
    done >/dev/null 2>&1
    [[ $status -eq 2 ]]
    grep -qx 'warning quota m1' <<<"$seen"
    grep -qx 'critical quota m1' <<<"$seen"
    grep -qx 'critical nospace-alarm m1' <<<"$named"
    [[ $(jq -r '.findings[] | select(.rule == "quota").evidence' <<<"$output") == *' of 16 MB, and '* ]]
}

@test "certificates that end, an endpoint of another cluster, and one that nobody has" {
    etcd_start "$ETCD_VERSION" 1 --tls
    doctor
    finds 'critical certificate-ends m1'
    doctor --cert-critical 1 --cert-warning 1
    finds
    etcd_stop
    etcd_start "$ETCD_VERSION" 1
    export ETCD_CLUSTER=other
    etcd_start "$ETCD_VERSION" 1
    other=$(etcd_endpoints)
    unset ETCD_CLUSTER
    ETCDCTL_ENDPOINTS=$(etcd_endpoints),http://127.0.0.1:1,$other doctor
    finds 'warning endpoint-silent ' 'warning endpoint-of-another-cluster '
    [[ $output == *refused* ]]
}

@test "leaders that change again and again" {
    local n
    etcd_start "$ETCD_VERSION" 3
    for n in 1 2 3 4 5 6 7 8; do
        leader_moves "$((n % 3 + 1))" || true
    done
    doctor
    grep -qx 'warning leader-changes ' <<<"$named"
}

leader_moves() {
    local id
    id=$(with_cluster "$QUORATE" endpoint status --endpoints "$(etcd_endpoints "$1")" | cut -d , -f 2)
    with_cluster "$QUORATE" move-leader "${id# }"
}

@test "two voters; one whose data were edited; too few file descriptors; many free pages" {
    local pid
    etcd_start "$ETCD_VERSION" 2
    doctor
    finds_but_slow 'warning even-voters '
    etcd_stop

    export ETCD_CLUSTER=three
    etcd_start "$ETCD_VERSION" 3
    # 3.5 writes into its log that a peer's hash differs, and raises no alarm.
    if [[ $(<"$(etcd_dir)/program") != */3.[45].* ]]; then
        ctl put color right-value >/dev/null
        etcd_edit 3 right-value wrong-value
        etcd_with_flag --corrupt-check-time 1s
        leader_moves 1
        wait_for 20 corruption_is_told
    fi
    read -r pid <"$(etcd_dir 2)/pid"
    prlimit --pid "$pid" --nofile=$(($(find "/proc/$pid/fd" -type l | wc -l) + 3)):4096
    doctor
    grep -q ' file-descriptors m2' <<<"$named"
    etcd_stop

    export ETCD_CLUSTER=one
    etcd_start "$ETCD_VERSION" 1
    head -c 750000 /dev/urandom | base64 -w 0 >value
    for _ in {1..130}; do
        printf 'big\t'
        cat value
        echo
    done | put_lines
    ctl compaction "$(ctl get big --limit 1 --keys-only -w json | jq .header.revision)"
    wait_for 20 free_pages_are_told
    unset ETCD_CLUSTER
}

# finds, but for what this machine does beside.
finds_but_slow() {
    named=$(named_but_slow) finds "$@"
}

corruption_is_told() {
    doctor && grep -qx 'critical corrupt-alarm m[1-3]' <<<"$named"
}

# Pages are free once something was written behind the compaction.
free_pages_are_told() {
    ctl put small "$SRANDOM" >/dev/null && doctor && grep -qx 'warning fragmented m1' <<<"$named"
}

@test "a lab: what its members' logs, data directories and disks tell" {
    local leader
    lab_setup
    lab_up
    lab_doctor --disk
    run ! grep -vE " (version-[a-z-]*|disk-slow|log-slow-[a-z]*|log-late-heartbeats|$slow) |^$" <<<"$named"

    chmod 0755 "$QUORATE_STATE/labs/t/m2.etcd"
    leader=$(q status -w json | jq -r '.members[] | select(.role == "leader").name')
    "$QUORATE" lab kill --name t "$leader"
    wait_for 30 leader_is_missed
    grep -qx 'warning data-directory-open m2' <<<"$named"
    lab_doctor --no-hosts
    run ! grep -E ' (data-directory-open|log-[a-z-]*) ' <<<"$named"
    run -2 "$QUORATE" doctor --disk --endpoints http://127.0.0.1:1
    [[ $output == *'--cluster NAME'* ]]
}

@test "a bundle: what was looked at, for its owner alone, and no key or value" {
    lab_setup
    export TMPDIR=$PWD
    lab_up --members 1
    q put pin-of-bank 271828182845
    lab_doctor --bundle out.tar.gz
    [[ $(jq -r .verdict.bundle found) == out.tar.gz && $(stat -c %a out.tar.gz) == 600 ]]
    [[ $(tar -tzf out.tar.gz | grep -c -E '/(about.txt|findings.json|members.json|m1-[0-9a-f]+/(metrics|settings|log).txt)$') -eq 6 ]]
    mkdir out && tar -xzf out.tar.gz -C out
    cat out/*/findings.json | jq -e '.verdict' >/dev/null
    [[ $(jq -r '.members[0].name' out/*/members.json) == m1 ]]
    grep -q 'etcd_disk_wal_fsync_duration_seconds_bucket' out/*/m1-*/metrics.txt
    grep -q -- '--initial-cluster-token=(left out)' out/*/m1-*/settings.txt
    grep -q 'starting an etcd server' out/*/m1-*/log.txt
    run ! grep -rE 'pin-of-bank|271828182845' out
    run -5 q doctor --over 0 --bundle out.tar.gz
    [[ $(find . -name 'quorate-bundle-*' | wc -l) -eq 0 ]]
}

lab_doctor() {
    q doctor --over 0 -w json "$@" >found || true
    named=$(jq -r '.findings[] | "\(.severity) \(.rule) \(.member)"' found)
}

leader_is_missed() {
    lab_doctor && grep -q ' log-leader-lost ' <<<"$named"
}
