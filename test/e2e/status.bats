#!/usr/bin/env bats
#
# 'status --all': a line for each cluster that quorate.yaml and labs name, also for those that do not answer.
#
# bats file_tags=one-etcd

# shellcheck disable=SC2154 # stderr comes from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
    cd "$BATS_TEST_TMPDIR" || return
    export ETCD_ROOT=$BATS_TEST_TMPDIR QUORATE_CONFIG=$PWD/quorate.yaml
}

teardown() {
    etcd_stop
    lab_teardown
}

# cluster NAME ENDPOINT...: one more in quorate.yaml.
cluster() {
    [[ -f quorate.yaml ]] || printf 'format: 1\nclusters:\n' >quorate.yaml
    printf '  %s:\n    endpoints: [%s]\n' "$1" "$(printf '"%s", ' "${@:2}" | sed 's/, $//')" >>quorate.yaml
}

row() {
    jq -r --arg name "$1" '.clusters[] | select(.name == $name) | "\(.verdict) \(.voters) \(.leader) \(.summary)"' <<<"$output"
}

all() {
    run --separate-stderr "$QUORATE" status --all -w json --command-timeout 2s
}

@test "clusters of quorate.yaml and labs, of which one is ill, one hangs and one is away" {
    local endpoints n began
    etcd_start "$ETCD_VERSION" 3
    mapfile -t endpoints < <(etcd_endpoints | tr , '\n')
    for n in {1..30}; do
        cluster "c$n" "${endpoints[@]}"
    done
    lab_up --members 1
    all
    [[ $status -eq 0 && $(jq '.clusters | length' <<<"$output") -eq 31 ]]
    [[ $(row c30) == 'well 3/3 m'[123]' 3 of 3 voters serve; one member may fail' ]]
    [[ $(row lab:t) == 'well 1/1 m1 '* ]]

    cluster away http://127.0.0.1:1
    all
    [[ $status -eq 2 && $(row away) == 'critical null null '*'connection refused'* && $(row c1) == 'well '* ]]

    # All that hang together take one time-out.
    etcd_pause 1
    etcd_pause 2
    etcd_pause 3
    began=$SECONDS
    all
    etcd_resume 1
    etcd_resume 2
    etcd_resume 3
    [[ $status -eq 2 && $(row c1) == 'critical null null '* && $(row lab:t) == 'well '* ]]
    [[ $((SECONDS - began)) -lt 20 ]]
    run -2 "$QUORATE" status --all --cluster c1
    [[ $output == *'--all and --cluster exclude each other'* ]]
}

@test "no cluster is known" {
    printf 'format: 1\nclusters: {}\n' >quorate.yaml
    run -4 "$QUORATE" status --all
    [[ $output == *'no clusters are known'* ]]
}
