#!/usr/bin/env bats
#
# 'quota recover' and 'quota raise': a cluster that refuses writes takes them again, and says why when it cannot.
#
# bats file_tags=one-etcd

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
    export QUORATE_CLUSTER=lab:t
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    lab_teardown
}

# One large value again and again, or small ones under ever new keys, until there is no space.
fill() {
    local key=same bytes=700000 n
    [[ $1 == same ]] || bytes=30000
    head -c "$bytes" /dev/urandom | base64 -w 0 >value
    for n in {1..400}; do
        [[ $1 == same ]] || key=/registry/events/e$n
        "$QUORATE" put "$key" <value >/dev/null 2>&1 || break
    done
    wait_for 10 alarm_is_on
    run ! "$QUORATE" put x y
}

alarm_is_on() {
    [[ $("$QUORATE" alarm list) == *NOSPACE* ]]
}

members_of() {
    jq -r ".members[] | [.member, .quotaBytes, .takenPerMille > 700, .dbSizeBytes - .dbSizeInUseBytes == .dbSizeFreeBytes, .diskFreeBytes > 0, .setBy] | join(\" \")" <<<"$1" | sort
}

# bats test_tags=few-etcds
@test "what is taken of the quota, who set it, and what to do" {
    lab_up --members 3 --quota-backend-bytes 20000000
    run -0 --separate-stderr "$QUORATE" quota show -w json
    diff <(members_of "$output") <(printf 'm%s 20000000 false true true its command line\n' 1 2 3)
    [[ $(jq '.notes // [] | length' <<<"$output") -eq 0 ]]
    # A small database with large free pages: these count.
    head -c 700000 /dev/urandom | base64 -w 0 >value
    while "$QUORATE" quota show -w json | jq -e 'any(.members[]; .takenPerMille <= 700)'; do
        "$QUORATE" put same <value
    done >/dev/null
    "$QUORATE" compaction --physical "$(revision)"
    wait_for 20 most_is_free
    # Files grow by leaps: some may be over 90 percent.
    run --separate-stderr "$QUORATE" quota show -w json
    [[ $status -eq 1 || $status -eq 2 ]]
    [[ $(members_of "$output" | grep -c ' 20000000 true true true ') -eq 3 ]]
    [[ $(jq -r '.notes[]' <<<"$output") == *': the database of member m1 '*'$ quorate maintain defrag'* ]]
    # By endpoints alone nobody knows who set it; one that does not answer is told.
    run env -u QUORATE_CLUSTER "$QUORATE" quota show --endpoints "$("$QUORATE" endpoint status -w json | jq -r '.[0].Endpoint')"
    [[ $status -ge 1 && $output == *'m1 '*' 20 MB '* && $output != *'its command line'* ]]
    "$QUORATE" lab stop m3 --name t
    run "$QUORATE" quota show
    [[ $output == *'m3 '*refused* ]]
}

# A member counts its free pages anew when it commits something.
most_is_free() {
    "$QUORATE" put small x >/dev/null
    { "$QUORATE" quota show -w json || true; } | jq -e 'all(.members[]; .dbSizeInUseBytes < .dbSizeBytes / 2)' >/dev/null
}

revision() {
    "$QUORATE" endpoint status -w json | jq '.[0].Status.header.revision'
}

# bats test_tags=few-etcds
@test "history filled it: compacted, defragmented, disarmed, and writes are taken" {
    lab_up --members 3 --quota-backend-bytes 12000000
    run -3 --separate-stderr "$QUORATE" quota recover --yes
    # shellcheck disable=SC2154 # run's
    [[ $stderr == *'has a NOSPACE alarm'* ]]
    "$QUORATE" put kept me
    fill same
    run -0 "$QUORATE" quota recover --dry-run
    [[ $output == *'it is filled by'*'give up all history'*'defragment m'*'disarm NOSPACE'* ]]
    alarm_is_on
    run -0 "$QUORATE" quota recover --yes
    [[ $(grep -c 'took a write' <<<"$output") -eq 3 && $output == *'3 of 3 members have nothing older than revision'* ]]
    [[ -z $("$QUORATE" alarm list) ]]
    "$QUORATE" put x y
    [[ $("$QUORATE" get kept --print-value-only) == me ]]
    [[ -z $("$QUORATE" get /quorate/ --prefix --keys-only) ]]
}

@test "keys fill it: it stops before the alarm and says by how much; with --rm it goes through" {
    lab_up --members 1 --quota-backend-bytes 12000000
    "$QUORATE" put kept me
    fill new
    run --separate-stderr "$QUORATE" quota recover --yes
    [[ $status -ne 0 && $output$stderr == *'are still in its database, and its quota is 12 MB'* ]]
    alarm_is_on
    run -0 "$QUORATE" quota recover --rm /registry/events/ --save kept.jsonl --yes
    [[ $output == *"are in '$PWD/kept.jsonl'; read again: whole"*'none of the '*' keys is left'*'m1 took a write'* ]]
    [[ -z $("$QUORATE" alarm list) && $("$QUORATE" get kept --print-value-only) == me ]]
    [[ $(grep -c '"key"' kept.jsonl) -gt 100 ]]
    run -2 --separate-stderr "$QUORATE" quota recover --save x.jsonl
    [[ $stderr == *'which is not given'* ]]
}

quotas_are() {
    local url
    for url in $("$QUORATE" endpoint status -w json | jq -r '.[].Endpoint'); do
        [[ $(curl -s "$url/metrics" | awk '$1 == "etcd_server_quota_backend_bytes" { printf "%.0f", $2 }') == "$1" ]] ||
            return 1
    done
}

@test "nothing can be deleted: the quota is raised, member by member, and writes are taken" {
    lab_up --members 3 --quota-backend-bytes 12000000
    "$QUORATE" put kept me
    fill new
    run -3 --separate-stderr "$QUORATE" quota raise 10MB --yes
    [[ $stderr == *'more than 10000000'* ]]
    run -3 --separate-stderr "$QUORATE" quota raise 13MB --yes
    [[ $stderr == *'that is no room for long'* ]]
    run -3 --separate-stderr "$QUORATE" quota raise 9GiB --yes
    [[ $stderr == *'etcd suggests 8 GiB as the most'*--force* ]]
    quotas_are 12000000
    run -0 "$QUORATE" quota raise 64MiB --dry-run
    [[ $(grep -c 'with a quota of 67108864 bytes; it has 12000000' <<<"$output") -eq 3 && $output == *'disarm NOSPACE'* ]]
    run -0 "$QUORATE" quota raise 64MiB --yes
    [[ $(grep -c 'took a write' <<<"$output") -eq 3 ]]
    quotas_are 67108864
    [[ -z $("$QUORATE" alarm list) && $("$QUORATE" get kept --print-value-only) == me ]]
    "$QUORATE" put x y
    run -0 "$QUORATE" quota raise 64MiB --yes
    [[ $output == *'all members have 67 MB'* ]]
}

@test "a quota that was raised is taken back, and a member that starts anew has it" {
    lab_up --members 3 --quota-backend-bytes 12000000
    cp "$QUORATE_STATE/labs/t/lab.json" before
    "$QUORATE" quota raise 64MiB --yes
    quotas_are 67108864
    run -0 "$QUORATE" lab down --name t --keep-data
    run -0 "$QUORATE" lab up --name t
    quotas_are 67108864
    "$QUORATE" plan undo latest --yes
    quotas_are 12000000
    diff before "$QUORATE_STATE/labs/t/lab.json"
}

serves() {
    [[ $("$QUORATE" status) == *'3 of 3 voters serve'* ]]
}

@test "members that die in the middle of it are waited for" {
    local n
    lab_up --members 3 --quota-backend-bytes 12000000
    fill same
    "$QUORATE" quota recover --yes >out 2>&1 3>&- &
    wait_for 60 grep -q '^\[1/.*done$' out
    for n in m1 m2 m3; do
        "$QUORATE" lab kill --name t "$n"
        sleep 0.5
        "$QUORATE" lab start --name t "$n"
    done
    # One that was down when it was looked at ends the plan, which says so; then it is gone on with.
    wait $! || { cat out; wait_for 30 serves; "$QUORATE" plan resume latest --yes; }
    [[ -z $("$QUORATE" alarm list) ]]
    "$QUORATE" put x y
}
