#!/usr/bin/env bats
#
# 'member grow', 'shrink', 'replace', 'move' on labs of real etcd: what is refused, what is shown, and
# that a writer beside them loses nothing.

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
}

teardown() {
    [[ -z ${WRITER:-} ]] || kill "$WRITER" 2>/dev/null || true
    lab_teardown
}

# Puts w1, w2, ... one after the other, and notes those that were acknowledged and those that failed.
# Ends at the next key when the file "enough" appears.
writer_start() {
    ACKED=$BATS_TEST_TMPDIR/acked FAILED=$BATS_TEST_TMPDIR/failed
    : >"$ACKED"
    : >"$FAILED"
    rm -f "$BATS_TEST_TMPDIR/enough"
    (
        for ((i = 1; ; i++)); do
            [[ ! -e $BATS_TEST_TMPDIR/enough ]] || exit 0
            if "$QUORATE" --cluster lab:t put "w$i" "v$i" >/dev/null 2>>"$BATS_TEST_TMPDIR/reasons"; then
                echo "w$i" >>"$ACKED"
            else
                echo "w$i" >>"$FAILED"
            fi
            sleep 0.02
        done
    ) 3>&- &
    WRITER=$!
}

writer_end() {
    touch "$BATS_TEST_TMPDIR/enough"
    wait "$WRITER"
    WRITER=
}

# Every key that was acknowledged is there.
nothing_is_lost() {
    q get w --prefix --keys-only | grep -v '^$' | sort >"$BATS_TEST_TMPDIR/there"
    sort "$ACKED" >"$BATS_TEST_TMPDIR/wanted"
    [[ $(wc -l <"$ACKED") -gt 20 && -z $(comm -23 "$BATS_TEST_TMPDIR/wanted" "$BATS_TEST_TMPDIR/there") ]]
}

voters() {
    q member list -w json | jq '[.members[] | select(.isLearner != true)] | length'
}

members_are() {
    [[ $(q member list -w json | jq -r '[.members[].name] | sort | join(" ")') == "$*" ]]
}

failed_writes() {
    wc -l <"$FAILED"
}

# bats test_tags=few-etcds
@test "from 1 to 3 to 5 to 3 to 1 under a writer: no write fails on the way up, none is ever lost" {
    lab_up --members 1
    writer_start
    q member grow --to 3 --yes
    [[ $(voters) -eq 3 ]]
    q member grow --to 5 --yes
    [[ $(voters) -eq 5 ]]
    [[ $(failed_writes) -eq 0 ]]
    q member shrink --to 3 --yes
    [[ $(voters) -eq 3 ]]
    q member shrink --to 1 --yes
    [[ $(voters) -eq 1 ]]
    writer_end
    nothing_is_lost
    [[ $("$QUORATE" lab status --name t -w json | jq '.members | length') -eq 1 ]]
}

# bats test_tags=one-etcd
@test "a member whose data is lost is replaced under its own name, and the others serve meanwhile" {
    lab_up
    q put color green
    # The leader itself: the others name it until they have elected another.
    q move-leader "$(q member list | grep ', m2,' | cut -d, -f1)" || true
    wreck m2
    run -0 q member replace m2 --yes
    members_are m1 m2 m3
    [[ $(voters) -eq 3 && $(hashes | wc -l) -eq 1 ]]
    [[ $(q get color --print-value-only) == green ]]
    # As a lab that is started again.
    "$QUORATE" lab down --name t --keep-data
    "$QUORATE" lab up --name t
    [[ $(q get color --print-value-only) == green ]]
}

@test "every member is moved, the leader too; a writer loses nothing" {
    lab_up
    writer_start
    q member move m1 --yes
    members_are m2 m3 m4
    q member move m2 m3 --yes
    members_are m1 m2 m4 || members_are m1 m4 m5
    writer_end
    nothing_is_lost
    [[ $(hashes | wc -l) -eq 1 ]]
}

@test "the plan shows quorum and tolerance before and after, and --dry-run changes nothing" {
    lab_up --members 1
    run -0 q member grow --to 3 --dry-run
    [[ $output == *"from 1 to 3 voters: m2, m3"*"1 voter: quorum 1, none may fail; afterwards 3 voters: quorum 2, one may fail"* ]]
    [[ $output == *"give m2 its vote: 2 voters: quorum 2, none may fail"* ]]
    members_are m1
    [[ ! -e $(lab_dir)/m2.etcd ]]
}

@test "an undone growth, shrinking and move leave the members that were there" {
    lab_up
    q put color green
    q member grow m7 --yes
    q plan undo latest --yes
    members_are m1 m2 m3
    q member shrink --yes
    members_are m1 m2 || members_are m1 m3 || members_are m2 m3
    q plan undo latest --yes
    members_are m1 m2 m3
    q member move m1 --yes
    q plan undo latest --yes
    members_are m1 m2 m3
    [[ $(voters) -eq 3 && $(hashes | wc -l) -eq 1 ]]
    [[ $(q get color --print-value-only) == green ]]
}

@test "the wrong ways are refused with the reason, before anything is changed" {
    lab_up --members 1
    before=$(q member list)
    # A name that is taken.
    run -18 q member grow m1 --yes
    [[ $(<"$Q_ERR") == *"'m1' is the name of member "*" already"* ]]
    # A directory that is not empty.
    mkdir -p "$(lab_dir)/m2.etcd/member"
    run -3 q member grow m2 --yes
    [[ $(<"$Q_ERR") == *"m2.etcd' is not empty: a member that joins starts without data"* ]]
    # A URL that leads elsewhere: 192.0.2.0/24 is nobody's (RFC 5737).
    run -3 q member grow m3 --peer-url http://192.0.2.1:2380 --yes
    [[ $(<"$Q_ERR") == *"a peer URL of 'm3' leads to 192.0.2.1, which is not an address of its host"* ]]
    # A URL that is a member's, one of another protocol, one whose port is taken.
    url=$(q member list -w json | jq -r '.members[0].peerURLs[0]')
    run -18 q member grow m3 --peer-url "$url" --yes
    [[ $(<"$Q_ERR") == *"peer URL $url is member 'm1' already"* ]]
    run -18 q member grow m3 --peer-url https://127.0.0.1:19999 --yes
    [[ $(<"$Q_ERR") == *"do not speak the same protocol"* ]]
    run -18 q member grow m3 --client-url "$(q member list -w json | jq -r '.members[0].clientURLs[0]')" --yes
    [[ $(<"$Q_ERR") == *"port "*" is taken"* ]]
    # The last member stays.
    run -3 q member shrink m1 --yes
    [[ $(<"$Q_ERR") == *"'m1' is the only voter: the cluster would be gone"* ]]
    run -2 q member shrink --to 1 --yes
    [[ "$before" == "$(q member list)" ]]
    [[ -z $("$QUORATE" plan list -w json | jq -r '.plans[]?') ]]
}

@test "what answers at an endpoint and is not the cluster is told before anybody joins" {
    lab_up --members 1
    # shellcheck disable=SC2154 # cluster.bash's
    "$QUORATE" lab up --name u --members 1 --etcd "$("$_etcds" path "$ETCD_VERSION")"
    url() { "$QUORATE" lab status --name "$1" -w json | jq -r '.members[0].clientUrl'; }
    run -3 q --endpoints "$(url t),$(url u)" member grow --yes
    "$QUORATE" lab down --name u
    [[ $(<"$Q_ERR") == *"at http://127.0.0.1:"*" answers another cluster ("*"), not this one ("* ]]
    [[ $(<"$Q_ERR") == *"Hint: a member started with initial-cluster-state 'new' makes a cluster of its own"* ]]
    members_are m1
}

@test "a voter that was added by hand and never started is named as what it is" {
    lab_up
    # etcd asks for members that have been connected for five seconds.
    wait_for 20 q member add m9 --peer-urls http://127.0.0.1:19998
    run -3 q member grow --yes
    [[ $(<"$Q_ERR") == *"was added as a voter and never started: it counts for the quorum and cannot vote"* ]]
}

@test "who serves is not replaced, who is dead goes first, and without quorum nothing is changed" {
    lab_up
    run -3 q member replace m2 --yes
    [[ $(<"$Q_ERR") == *"'m2' serves: replacing it would give away a vote for nothing"* ]]
    "$QUORATE" lab kill --name t m3
    run -3 q member move m1 --yes
    [[ $(<"$Q_ERR") == *"voter 'm3' does not serve"* ]]
    run -3 q member shrink m1 --yes
    [[ $(<"$Q_ERR") == *"without 'm1' 1 of 2 voters would serve, and 2 are needed"* ]]
    # The dead one goes first without being named.
    run -0 q member shrink --yes
    members_are m1 m2
    "$QUORATE" lab kill --name t m2
    run -3 q member replace m2 --yes
    [[ $(<"$Q_ERR") == *"quorum is lost: 1 of 2 voters serve, 2 are needed"* ]]
}

# bats test_tags=one-etcd
@test "a lost majority: the survivor's data, to the last acknowledged write, is a cluster again, and grows" {
    lab_up
    q put color green
    leader=$(q status -w json | jq -r '.members[] | select(.role == "leader").name')
    read -r survivor other < <(printf '%s\n' m1 m2 m3 | grep -v "$leader" | xargs)
    # Of two, both have what is acknowledged; that it is committed the follower hears a moment later.
    "$QUORATE" lab kill --name t "$other"
    for i in {1..50}; do
        q put "w$i" "$i" >/dev/null
    done
    old_cluster=$(q member list -w json | jq '.header.cluster_id')
    q put last one >/dev/null
    "$QUORATE" lab kill --name t "$survivor" "$leader"
    rm -rf "$(lab_dir)/$leader.etcd" "$(lab_dir)/$other.etcd"
    run -0 q member rescue "$survivor" --dry-run
    [[ -e $(lab_dir)/$survivor.etcd ]]
    run -0 q member rescue "$survivor" --yes
    members_are "$survivor"
    [[ $(q get w --prefix --keys-only | grep -c w) -eq 50 && $(q get color --print-value-only) == green ]]
    [[ $(q get last --print-value-only) == one ]]
    # A new cluster: an old member that comes back is not let in.
    [[ $(q member list -w json | jq '.header.cluster_id') != "$old_cluster" ]]
    q member grow --to 3 --yes
    members_are m1 m2 m3
    [[ $(hashes | wc -l) -eq 1 && $(q get last --print-value-only) == one ]]
}

@test "a rescue is refused while the quorum is there or could be, and undone until somebody wrote" {
    lab_up
    q put color green
    run -3 q member rescue m1 --yes
    [[ $(<"$Q_ERR") == *"the quorum is there: 3 of 3 voters serve"* ]]
    "$QUORATE" lab kill --name t m1 m2
    run -3 q member rescue m1 --yes
    [[ $(<"$Q_ERR") == *"3 of 3 members have their data: they make a quorum when they are started"* ]]
    rm -rf "$(lab_dir)/m2.etcd" "$(lab_dir)/m3.etcd.moved"
    mv "$(lab_dir)/m3.etcd" "$(lab_dir)/m3.elsewhere"
    cp "$(lab_dir)/lab.json" "$BATS_TEST_TMPDIR/before.json"
    run -4 q member rescue m2 --yes
    [[ $(<"$Q_ERR") == *"'m2' has no data"* ]]
    q member rescue m1 --yes
    q plan undo latest --yes
    cmp "$(lab_dir)/lab.json" "$BATS_TEST_TMPDIR/before.json"
    [[ -e $(lab_dir)/m1.etcd && -z $(find "$(lab_dir)" -maxdepth 1 -name '*.before-*') ]]
    # With the machine that was thought lost all is as it was.
    "$QUORATE" lab kill --name t m3
    rm -rf "$(lab_dir)/m3.etcd"
    mv "$(lab_dir)/m3.elsewhere" "$(lab_dir)/m3.etcd"
    "$QUORATE" lab start --name t m1 m3
    wait_for 20 q put color blue
    "$QUORATE" lab kill --name t m3
    rm -rf "$(lab_dir)/m3.etcd"
    q member rescue m1 --yes
    [[ $(q get color --print-value-only) == blue ]]
    q put color red
    run -3 q plan undo latest --yes
    [[ $(<"$Q_ERR") == *"the new cluster took writes"* ]]
}
