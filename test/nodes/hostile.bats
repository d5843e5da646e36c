#!/usr/bin/env bats
#
# Whole procedures on hosts that do not make it easy: keys, users, sudo, shells, paths, slow links, hosts and our
# own machine that die on the way. What one command does there: host.bats.

# shellcheck disable=SC2154 # stderr and the like are bats'
bats_require_minimum_version 1.5.0
load ../harness/nodes

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    nodes_up 2
    node_etcd_version db1 "${QUORATE_TEST_ETCD:-3.5}"
    node_etcd_version db2 "${QUORATE_TEST_ETCD:-3.5}"
    node_user db1 asks password
    node_user db2 asks password
}

teardown_file() {
    nodes_down
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export QUORATE_CONFIG=$PWD/quorate.yaml QUORATE_STATE=$PWD/state QUORATE_REPO=$PWD/repo
}

teardown() {
    local name
    inside nft flush set bridge bench cuts
    for name in db1 db2; do
        [[ ! -e $(nodes_dir)/$name/hold ]] || node_on "$name"
        node_host_key "$name" known
        echo debian >"$(nodes_dir)/$name/layout"
        node_sh "$name" sh -c 'rm -rf /var/lib/quorate /srv/* /home/admin/.bash*; mkdir -p /var/lib/etcd'
    done
    nodes_clear db1 db2
}

# begins LAYOUT USER: a cluster of db1, where quorate logs in as that user.
begins() {
    nodes_cluster "$1" db1
    with_nodes "$QUORATE" cluster discover --name prod --write --become --host "ssh://$2@db1"
    q put color green
}

q() {
    inside "$QUORATE" --cluster prod "$@"
}

members() {
    q member list -w json | jq -r '[.members[].name] | sort | join(" ")'
}

color_is() {
    [[ $(q get color --print-value-only) == "$1" ]]
}

# is_refused CODE TEXT HINT COMMAND...: so, with a remedy, and nothing is changed anywhere.
is_refused() {
    local code=$1 text=$2 hint=$3 before known
    shift 3
    before=$(<quorate.yaml)
    known=$(<"$(nodes_dir)/ssh/known_hosts")
    run --separate-stderr q "$@"
    echo "$status: $stderr"
    [[ $status -eq $code && $stderr == *"Error: "*"$text"* && $stderr == *"Hint: "*"$hint"* ]]
    [[ $(<quorate.yaml) == "$before" && $(<"$(nodes_dir)/ssh/known_hosts") == "$known" ]]
    [[ $(members) == db1 && $(node_sh db1 systemctl is-active etcd) == active ]]
    color_is green
}

@test "a host whose key is not known, or has changed, is not joined to a cluster, nor recovered" {
    begins debian root
    q backup now
    node_host_key db2 unknown
    nodes_disconnect
    is_refused 15 'db2: ' 'compare the fingerprint' member grow db2=ssh://root@db2 --yes
    node_host_key db2 changed
    is_refused 15 'db2: ' 'was the host set up anew' member grow db2=ssh://root@db2 --yes
    node_host_key db1 changed
    nodes_disconnect
    is_refused 15 'db1: ' 'was the host set up anew' recover --yes
    node_host_key db1 unknown
    is_refused 15 'db1: ' 'compare the fingerprint' recover --yes
}

@test "a user who is not there, one without sudo, one whose sudo asks: told by name before anything is changed" {
    begins debian root
    is_refused 15 "db2: " "authorized_keys" member grow db2=ssh://nobody-there@db2 --yes
    is_refused 8 "db2: sudo" "" member grow db2=ssh://guest@db2 --yes
    is_refused 8 "db2: sudo wants a password from user 'asks'" "NOPASSWD" member grow db2=ssh://asks@db2 --yes
    q backup now
    sed -i 's,ssh://root@db1,ssh://guest@db1,' quorate.yaml
    is_refused 8 "db1: sudo" "" recover --yes
}

@test "behind shells that write, ask and rename commands: a member joins and leaves, and all is recovered" {
    local before
    node_prompt db1 admin
    node_prompt db2 admin
    begins debian admin
    before=$(<quorate.yaml)
    q backup now
    q put color blue
    q member grow db2=ssh://admin@db2 --yes
    [[ $(members) == "db1 db2" ]]
    [[ $(node_sh db2 stat -c '%U %a' /var/lib/etcd/default/member/snap/db) == 'etcd 600' ]]
    q member shrink db2 --yes
    [[ $(members) == db1 && $(<quorate.yaml) == "$before" ]]
    q recover --yes
    color_is green
    [[ $(node_sh db1 stat -c '%U:%G %a' /var/lib/etcd/default) == 'etcd:etcd 700' ]]
    inside "$QUORATE" plan undo latest --yes
    wait_for 60 color_is blue
}

@test "a data directory with blanks, quotes and dollars in its path" {
    local layout dir="/srv/etcd data/o'hara \"1\" \$HOME"
    for layout in debian plain; do
        NODES_DATA_DIR=$dir begins "$layout" root
        q backup now
        q put color blue
        q member grow db2=ssh://root@db2 --yes
        [[ $(members) == "db1 db2" ]]
        [[ $(node_sh db2 stat -c '%U' "$dir/member/snap/db") == etcd ]]
        q recover --yes
        color_is green
        [[ $(members) == "db1 db2" ]]
        q member shrink db2 --yes
        node_sh db2 ls "/srv/etcd data" | grep -F "o'hara \"1\" \$HOME.removed-"
        node_sh db2 systemctl stop etcd
        nodes_clear db1
        echo debian >"$(nodes_dir)/db2/layout"
        nodes_clear db2
        node_sh db1 rm -rf '/srv/etcd data'
        node_sh db2 rm -rf '/srv/etcd data'
        rm -rf quorate.yaml repo
    done
}

quorate_pid() {
    pgrep -f -- "^$QUORATE --cluster prod"
}

newest_plan() {
    "$QUORATE" plan list -w json | jq -r '.plans[-1] | "\(.id) \(.state)"'
}

journal_has() {
    grep -q -e "$1" "$QUORATE_STATE"/plans/*/journal.jsonl 2>/dev/null
}

# Our machine's power fails: nobody hears more of it, and nothing that ran on it is left.
our_machine_dies() {
    node_cut quorate db1
    node_cut quorate db2
    kill -KILL "$(quorate_pid)"
    inside pkill -KILL -x ssh || true
    sleep 2
    inside nft flush set bridge bench cuts
}

# Of a size that takes a while on a link of 50 Mbit/s.
large_snapshot() {
    local build
    build=${BUILD:-$(dirname "$QUORATE")}
    ninja -C "$build" bench/bench_db >&2
    "$build/bench/bench_db" large.db "$1" 7 1 >&2
    stat -c %s large.db
}

@test "our own machine dies while data goes to a host, and while a member joins: another process goes on" {
    local plan
    begins debian root
    large_snapshot 100000
    node_slow db1 50mbit
    q recover --file large.db --yes >said 2>&1 3>&- &
    wait_for 120 journal_has '"begin".*"deliver db1"'
    sleep 3
    our_machine_dies
    wait $! || true
    node_unslow db1
    read -r plan state < <(newest_plan)
    [[ $state == unfinished ]]
    inside "$QUORATE" plan resume "$plan" --yes 2>&1 | grep 'prove: 90000 keys'
    # Nothing is left of what was under way when it died.
    node_sh db1 ls -A /var/lib/etcd
    [[ $(node_sh db1 ls -A /var/lib/etcd | grep -vc '^default\(\.before-.*\)\?$') -eq 0 ]]

    rm -r state
    q member grow db2=ssh://root@db2 --yes >said 2>&1 3>&- &
    wait_for 120 journal_has '"begin".*"start db2"'
    our_machine_dies
    wait $! || true
    read -r plan state < <(newest_plan)
    [[ $state == unfinished ]]
    inside "$QUORATE" plan resume "$plan" --yes
    [[ $(members) == "db1 db2" ]]
}

# ended_one_way GOAL OLD: the plan has come to its goal or, told why and what to do, to the old state. One that it
# left unfinished is resumed and comes to the goal, unless it was on its way back.
ended_one_way() {
    local plan state back=
    cat said
    read -r plan state < <(newest_plan)
    [[ $state == "done" ]] || { grep -q '^Error: .*db[12]' said && grep -q '^Hint: ' said; }
    if [[ $state == unfinished ]]; then
        ! journal_has '"type":"undo"' || back=yes
        inside "$QUORATE" plan resume "$plan" --yes
        read -r _ state < <(newest_plan)
        [[ $state == "$([[ -n $back ]] && echo undone || echo "done")" ]]
    fi
    case $state in
        "done") wait_for 60 "$1" ;;
        undone) wait_for 60 "$2" ;;
        *) false ;;
    esac
}

large_is_there() {
    [[ $(q get '' --prefix --count-only -w json | jq .count) -ge 90000 ]]
}

color_is_blue() {
    color_is blue
}

both_vote() {
    [[ $(members) == "db1 db2" ]]
}

# Nothing of the member that was to join is left.
db1_alone() {
    [[ $(members) == db1 ]] && node_sh db2 sh -c '! pgrep -x etcd && [ ! -e /var/lib/etcd/default/member ]' >/dev/null &&
        diff "$BATS_TEST_TMPDIR/db2" <(files_of_db2) >&2
}

files_of_db2() {
    node_sh db2 sh -c 'find /etc/systemd /etc/default -type f -exec sha256sum {} + | sort; find /etc/systemd -type l | sort'
}

@test "a host reboots in the middle of a plan: while data goes there, and while it joins" {
    begins debian root
    q backup now
    q put color blue
    large_snapshot 100000
    node_slow db1 50mbit
    q recover --file large.db --yes >said 2>&1 3>&- &
    wait_for 120 journal_has '"begin".*"deliver db1"'
    sleep 3
    node_reboot db1
    wait $! || true
    # It was held down, and the boot has not started it. A reboot has taken the slow link away.
    ended_one_way large_is_there color_is_blue

    rm -r state
    [[ $(members) == db1 ]]
    files_of_db2 >db2
    q member grow db2=ssh://root@db2 --yes >said 2>&1 3>&- &
    wait_for 120 journal_has '"begin".*"start db2"'
    node_reboot db2
    wait $! || true
    ended_one_way both_vote db1_alone
}

@test "much data over a slow link: with progress, and equal at the far end" {
    local size seconds
    begins debian root
    size=$(large_snapshot "${LARGE_KEYS:-250000}" | tail -n 1)
    node_slow db1 200mbit
    SECONDS=0
    q recover --file large.db --yes >said 2>&1
    seconds=$SECONDS
    node_unslow db1
    echo "# $size bytes in $seconds s over 200 Mbit/s" >&3
    grep 'deliver db1: .* of .* %' said
    [[ $(grep -c 'deliver db1: .* of .* %' said) -ge 8 ]]
    grep "prove: .*HashKV .*, equal to the snapshot's" said
}
