#!/usr/bin/env bats
#
# Members come, learn, vote, lead and go.
#
# bats file_tags=few-etcds

# shellcheck disable=SC2154 # stderr comes from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

setup() {
    trace_tests_only
    export ETCDCTL_API=3
}

teardown() {
    etcd_stop
}

quorate() {
    with_cluster "$QUORATE" "$@"
}

# A member that is started with nothing but what 'member add' printed, and its own addresses.
start_added() {
    local n=$1 settings=$2 client=$3 peer=$4 dir line
    dir=$(etcd_dir "$n")
    mkdir -p "$dir"
    echo "$client" >"$dir/client-url"
    printf '%s\0' env >"$dir/arguments"
    while read -r line; do
        [[ $line == ETCD_* ]] && eval "printf '%s\0' $line" >>"$dir/arguments"
    done <<<"$settings"
    printf '%s\0' "$(<"$(etcd_dir)/program")/etcd" --data-dir "$dir/data" --logger zap \
        --log-outputs stderr --listen-client-urls "$client" --advertise-client-urls "$client" \
        --listen-peer-urls "$peer" >>"$dir/arguments"
    etcd_restart "$n"
}

started_members() {
    ctl member list | grep -c ', started, '
}

has_started() {
    [[ $(started_members) -eq $1 ]]
}

# etcd takes no more members while young connections have not proven themselves.
add() {
    wait_for 20 add_once "$@"
}

add_once() {
    quorate member add "$@" >"$BATS_TEST_TMPDIR/settings" 2>"$BATS_TEST_TMPDIR/stderr" && return
    grep -q 'unhealthy cluster' "$BATS_TEST_TMPDIR/stderr" || cat "$BATS_TEST_TMPDIR/stderr"
    return 1
}

@test "one grows to three with the lines that 'member add' prints; learners are healthy" {
    local ports id
    etcd_start "$ETCD_VERSION"
    read -ra ports < <(_etcd_free_ports 4)

    add m2 --peer-urls "http://127.0.0.1:${ports[0]}"
    [[ $(head -n 1 "$BATS_TEST_TMPDIR/settings") == 'Member '*' added to cluster '* ]]
    start_added 2 "$(<"$BATS_TEST_TMPDIR/settings")" "http://127.0.0.1:${ports[1]}" \
        "http://127.0.0.1:${ports[0]}"
    etcd_wait_healthy 2

    add m3 --learner --peer-urls "http://127.0.0.1:${ports[2]}"
    id=$(quorate member list | sed -n 's/, unstarted, .*//p')
    start_added 3 "$(<"$BATS_TEST_TMPDIR/settings")" "http://127.0.0.1:${ports[3]}" \
        "http://127.0.0.1:${ports[2]}"
    ETCDCTL_ENDPOINTS=$(etcd_endpoints 1) wait_for 20 has_started 3

    # etcdctl calls every learner unhealthy.
    wait_for 20 quorate endpoint health --endpoints "$(etcd_endpoints 3)"
    run -0 --separate-stderr quorate endpoint health --cluster
    [[ ${#lines[@]} -eq 3 && -z $stderr ]]
    run ! ctl_at 3 endpoint health

    wait_for 20 quorate member promote "$id" --endpoints "$(etcd_endpoints 1)"
    [[ $(quorate member list) == "$(ctl member list)" && $(quorate member list) != *true* ]]
    run -1 --separate-stderr quorate member promote "$id"
    [[ $stderr == *'can only promote a learner member'* ]]

    # The new peer URL is the old one: a change that needs nothing of the member.
    run -0 quorate member update "$id" --peer-urls "http://127.0.0.1:${ports[2]}"
    [[ $output =~ ^Member\ +"$id"\ updated\ in\ cluster\ +[0-9a-f]+$ ]]
}

@test "an unstarted member has no name, and 'member add' says so" {
    local id
    etcd_start "$ETCD_VERSION" 3
    wait_for 20 add_once m4 --learner --peer-urls http://127.0.0.1:1
    run -1 --separate-stderr quorate member add m5 --learner --peer-urls http://127.0.0.1:2
    [[ $stderr == *'too many learner members in cluster'* ]]
    wait_for 20 add_once m5 --peer-urls http://127.0.0.1:2
    grep -q '^Warning: member [0-9a-f]* was never started and has no name' "$BATS_TEST_TMPDIR/stderr"
    id=$(quorate member list | sed -n 's/, unstarted, , http:..127.0.0.1:2, .*//p')
    run -0 quorate member remove "$id"
    [[ $output =~ ^Member\ +"$id"\ removed\ from\ cluster\ +[0-9a-f]+$ ]]
    run -1 --separate-stderr quorate member remove "$id"
    [[ $stderr == *'member not found'* ]]
    run -128 --separate-stderr quorate member add m6 http://127.0.0.1:3
    [[ $stderr == *"usage: quorate member add NAME --peer-urls URL[,URL...]"* ]]
}

@test "move-leader finds the leader, in the member list if need be" {
    local leader target follower n status
    etcd_start "$ETCD_VERSION" 3
    for n in 1 2 3; do
        status=$(ctl_at "$n" -w fields endpoint status)
        if [[ $(sed -n 's/^"MemberID" : //p' <<<"$status") == $(sed -n 's/^"Leader" : //p' <<<"$status") ]]; then
            leader=$(ctl_at "$n" endpoint status | cut -d, -f2 | tr -d ' ')
        else
            follower=$n
            target=$(ctl_at "$n" endpoint status | cut -d, -f2 | tr -d ' ')
        fi
    done
    # Only a follower is given: etcdctl says that no leader endpoint was.
    run -128 ctl_at "$follower" move-leader "$target"
    run -0 quorate move-leader "$target" --endpoints "$(etcd_endpoints "$follower")"
    [[ $output == "Leadership transferred from $leader to $target" ]]
    run -0 quorate -w json move-leader "$leader"
    [[ $output == '{}' ]]
    run -1 --separate-stderr quorate move-leader 1
    [[ $stderr == *'bad leader transferee'* ]]
    run -128 quorate move-leader m1
}
