#!/usr/bin/env bats
#
# The bench itself: hosts boot, carry a cluster, and go away again.

load ../harness/nodes

teardown() {
    nodes_down
}

@test "three hosts carry a cluster, and a writer loses nothing while one of them reboots" {
    nodes_up 3
    local begin=$SECONDS
    nodes_cluster debian db1 db2 db3
    echo "healthy after $((SECONDS - begin)) s"
    [[ $((SECONDS - begin)) -lt 30 ]]

    writer_start db1 db2 db3
    sleep 2
    node_reboot db1
    nodes_wait_healthy 60 db1
    sleep 2
    writer_stop
    writer_check db1
    writer_check db2
    # It wrote the whole time, at its rate.
    [[ $(writer_check db3 | jq '.acknowledged > 100 * .seconds and .seconds > 4') == true ]]
}

@test "two benches at a time do not see each other" {
    local one=$BATS_TEST_TMPDIR/one two=$BATS_TEST_TMPDIR/two
    NODES_ROOT=$one nodes_up 1
    NODES_ROOT=$two nodes_up 1
    NODES_ROOT=$one node_sh db1 touch /one
    NODES_ROOT=$one inside ssh -o BatchMode=yes db1 ls /one
    run env NODES_ROOT="$two" bash -c "source '$BATS_TEST_DIRNAME/../harness/nodes.bash'; inside ssh db1 ls /one"
    [[ $status -ne 0 && $output == *'No such file'* ]]
    NODES_ROOT=$one nodes_down
    NODES_ROOT=$two inside ssh -o BatchMode=yes db1 true
    NODES_ROOT=$two nodes_down
}

@test "nothing outside can be reached from a host or from our side" {
    nodes_up 1
    [[ $(inside ip -o route) == '10.99.0.0/24 dev bench '* && $(inside ip -o route | wc -l) -eq 1 ]]
    [[ $(node_sh db1 ip -o route | wc -l) -eq 1 ]]
    [[ -z $(inside ip -o -6 route show default) ]]
}

@test "kill -9 of the test leaves no process, no mount, no link" {
    local keeper
    NODES_ROOT=$BATS_TEST_TMPDIR bash -c "
        source '$BATS_TEST_DIRNAME/../harness/nodes.bash'; nodes_up 1; touch '$BATS_TEST_TMPDIR/up'; sleep 300" \
        </dev/null >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
    wait_for 90 test -e "$BATS_TEST_TMPDIR/up"
    keeper=$(<"$(nodes_dir)/keeper")
    [[ $(pgrep --ns "$keeper" --nslist pid . | wc -l) -gt 3 ]]
    grep -q "$(nodes_dir)" "/proc/$keeper/mountinfo"
    kill -KILL $!
    wait_for 30 _nodes_is_gone "$keeper"
    wait_for 30 nothing_of "$(nodes_dir)/"
    [[ $(</proc/mounts) != *"$(nodes_dir)"* ]]
    # What is left is empty, and goes with the next bench.
    _nodes_remove_cgroups
    [[ -z $(find /sys/fs/cgroup -maxdepth 2 -name "quorate-bench-$keeper-*") ]]
}

nothing_of() {
    ! pgrep -f "directory=$1" >/dev/null
}
