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
