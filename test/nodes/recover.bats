#!/usr/bin/env bats
#
# 'recover' of a cluster whose members are on hosts of their own, whatever runs them there.

# shellcheck disable=SC2154 # stderr and the like are bats'
bats_require_minimum_version 1.5.0
load ../harness/nodes

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true NODES_ROOT=$BATS_FILE_TMPDIR
    nodes_up 3
}

teardown_file() {
    nodes_down
}

setup() {
    export QUORATE_STATE=$BATS_TEST_TMPDIR/state QUORATE_CONFIG=$BATS_TEST_TMPDIR/quorate.yaml
    export QUORATE_REPO=$BATS_TEST_TMPDIR/repo
}

teardown() {
    inside nft flush set bridge bench cuts
    nodes_clear db1 db2 db3
}

# A cluster whose backup and whose state can be told apart: green is saved, blue is newer.
# prepare LAYOUT [NAME:LAYOUT]...: of db1 to db3.
prepare() {
    local name
    for name in db1 db2 db3; do
        node_etcd_version "$name" "${QUORATE_TEST_ETCD:-3.5}"
    done
    nodes_cluster "$@"
    with_nodes "$QUORATE" cluster discover --name prod --write --host ssh://root@db1,ssh://root@db2,ssh://root@db3
    q put color green
    q backup now
    q put color blue
}

q() {
    inside "$QUORATE" --cluster prod "$@"
}

color_is() {
    [[ $(q get color --print-value-only) == "$1" ]]
}

hashes() {
    q endpoint hashkv -w json | jq -r '.[].HashKV.hash' | sort -u
}

newest_plan() {
    "$QUORATE" plan list -w json | jq -r '.plans[-1] | "\(.id) \(.state)"'
}

owner_of() {
    node_sh "$1" stat -c '%U:%G %a' "$2"
}

watch_from() {
    inside timeout 60 "$("$BATS_TEST_DIRNAME/../etcds" path 3.5)/etcdctl" \
        --endpoints "$(nodes_endpoints db1 db2 db3)" watch color --rev "$1"
}

@test "three members, by systemd and by the kubelet, one with its log apart: all of them are back, and equal" {
    local place
    prepare debian db1 db2:config-file db3:static-pod
    watch_from 4 >"$BATS_TEST_TMPDIR/watched" 2>&1 3>&- &
    cp "$QUORATE_CONFIG" "$BATS_TEST_TMPDIR/before.yaml"
    q recover --yes --bump-revision 1000
    color_is green
    # It has other ids than before, and the file has these.
    run ! cmp -s "$QUORATE_CONFIG" "$BATS_TEST_TMPDIR/before.yaml"
    inside "$QUORATE" cluster check prod --hosts
    # A client that has watched, as Kubernetes' do, is told; and that it cannot go on from where it was.
    wait_for 60 grep -q 'watch was canceled' "$BATS_TEST_TMPDIR/watched"
    run watch_from 4
    [[ $output == *"required revision has been compacted"* ]]
    [[ $(hashes | wc -l) -eq 1 ]]
    [[ $(owner_of db1 /var/lib/etcd/default) == "etcd:etcd 700" ]]
    [[ $(owner_of db2 /var/lib/etcd-wal/db2) == "etcd:etcd 700" ]]
    [[ $(owner_of db3 /var/lib/etcd) == "root:root 700" ]]
    # The old directories are beside the new ones, and nothing else is.
    for place in db1:/var/lib/etcd/default db2:/var/lib/etcd/db2 db2:/var/lib/etcd-wal/db2 db3:/var/lib/etcd; do
        [[ $(node_sh "${place%%:*}" sh -c "ls -d ${place#*:}.before-* | wc -l") -eq 1 ]]
    done
    [[ $(ls "$QUORATE_STATE/recover") =~ ^[^[:space:]]+\.quorate\.yaml$ ]]
    # Members start after a boot, too.
    node_reboot db1
    nodes_wait_healthy 60 db1

    read -r plan _ < <(newest_plan)
    inside "$QUORATE" plan undo "$plan" --yes
    wait_for 60 color_is blue
    cmp "$QUORATE_CONFIG" "$BATS_TEST_TMPDIR/before.yaml"
    [[ -z $(ls "$QUORATE_STATE/recover") ]]
}

# In the background, until its journal has the record.
recover_until() {
    local plans
    plans=$(plan_count)
    q recover --yes >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
    recovery=$!
    wait_for 120 newer_journal_has "$plans" "$1"
}

plan_count() {
    "$QUORATE" plan list -w json | jq '.plans | length'
}

newer_journal_has() {
    local journals=("$QUORATE_STATE"/plans/*/journal.jsonl)
    [[ ${#journals[@]} -gt $1 ]] && grep -q -e "$2" "${journals[-1]}"
}

said() {
    cat "$BATS_TEST_TMPDIR/said"
    grep -q -e "$1" "$BATS_TEST_TMPDIR/said"
}

@test "no room on a host whose data are on a disk of their own: it says where, and the old cluster runs" {
    local recovery status state pid
    node_disk db2 /srv/data 260M
    NODES_DATA_DIR=/srv/data prepare debian db1 db2 db3

    # The disk fills up on the way: the old cluster is back by itself.
    recover_until '"begin".*"deliver db2"'
    # nsenter stops with its child, and goes on before it.
    pid=$(recovery_pid)
    kill -STOP "$pid"
    node_fill db2 /srv/data
    kill -CONT "$pid" "$(ps -o ppid= -p "$pid" | tr -d ' ')"
    wait_for 120 grep -q 'No space left' "$BATS_TEST_TMPDIR/said"
    node_unfill db2 /srv/data
    status=0
    wait "$recovery" || status=$?
    said "^Error: .*db2.*No space left"
    [[ $status -eq 7 ]]
    wait_for 60 color_is blue
    [[ $(on_disk) == member ]]
    read -r _ state < <(newest_plan)
    [[ $state == undone ]]

    # No room from the beginning: nothing is stopped.
    node_fill db2 /srv/data
    run q recover --yes
    node_unfill db2 /srv/data
    [[ $status -eq 7 && $output == *"db2: '/srv/data"*"bytes are needed"* ]]
    color_is blue

    # A mount point cannot be moved: what is in it is.
    q recover --yes
    color_is green
    [[ $(on_disk) =~ ^member\ member.before-[^\ ]*$ ]]
    [[ $(node_sh db1 sh -c 'ls -d /srv/data.before-*') == /srv/data.before-* ]]
}

on_disk() {
    # shellcheck disable=SC2012 # plain names
    node_sh db2 ls -A /srv/data | grep -v lost+found | xargs
}

recovery_pid() {
    pgrep -f -- "^$QUORATE --cluster prod recover"
}

kill_it() {
    kill -KILL "$(recovery_pid)"
    wait "$recovery" || true
}

@test "killed at the beginning of each kind of step: resume ends in the backup's state, undo in the old one" {
    local recovery plan state moment verb
    prepare debian db1 db2 db3:config-file
    for moment in 'stop db2' 'move-aside db3' build 'deliver db1' start; do
        for verb in undo resume; do
            recover_until "\"begin\".*\"$moment\""
            kill_it
            read -r plan state < <(newest_plan)
            [[ $state == unfinished ]]
            inside "$QUORATE" plan $verb "$plan" --yes
            if [[ $verb == undo ]]; then
                wait_for 60 color_is blue
            else
                color_is green
                [[ $(hashes | wc -l) -eq 1 ]]
                q put color blue
            fi
        done
    done
}

@test "the way to a host is cut while data goes there, a port is taken: it says so, and is undone afterwards" {
    local recovery plan state
    prepare debian db1 db2 db3
    recover_until '"begin".*"deliver db3"'
    node_cut quorate db3
    wait "$recovery" || true
    said "^Error: .*db3"
    read -r plan state < <(newest_plan)
    [[ $state == unfinished ]]
    node_uncut quorate db3
    inside "$QUORATE" plan undo "$plan" --yes
    wait_for 60 color_is blue

    # Somebody takes a member's port while it is down: neither the new cluster nor the old one can start.
    recover_until '"begin".*"deliver db3"'
    kill_it
    node_take_port db2 2380
    read -r plan _ < <(newest_plan)
    run inside "$QUORATE" plan resume "$plan" --yes
    echo "$output"
    [[ $status -ne 0 && $output == *"member 'db2'"*"address already in use"* ]]
    node_free_port db2 2380
    run inside "$QUORATE" plan undo "$plan" --yes
    wait_for 60 color_is blue
}

@test "who may not read his data is told before anything is stopped; lost data has its unit's owner" {
    prepare debian db1 db2 db3
    node_sh db1 chown -R root: /var/lib/etcd/default
    run q recover --yes
    [[ $status -ne 0 && $output == *"db1: '/var/lib/etcd/default' belongs to root, and 'etcd.service' runs as etcd"* ]]
    color_is blue

    for name in db1 db2 db3; do
        node_sh "$name" systemctl stop etcd
        node_sh "$name" rm -rf /var/lib/etcd/default
    done
    q recover --yes
    color_is green
    [[ $(owner_of db1 /var/lib/etcd/default) == "etcd:etcd 700" ]]
    # Undone, nothing is there again, and nobody begins an empty cluster in its place, nor is kept from it.
    inside "$QUORATE" plan undo latest --yes
    for name in db1 db2 db3; do
        run ! node_sh "$name" pgrep -x etcd
        run ! node_sh "$name" ls /var/lib/etcd/default
        run ! node_sh "$name" ls /etc/systemd/system/etcd.service.d
    done
}

@test "API servers are held down meanwhile, and put back as they were" {
    local manifest=/etc/kubernetes/manifests/kube-apiserver.yaml before
    prepare static-pod db1 db2 db3
    node_sh db1 sh -c 'cd /opt/images/etcd* && printf "#!/bin/sh\nwhile :; do sleep 1; done\n" >kube-apiserver && chmod +x kube-apiserver'
    node_sh db1 sh -c "sed -e 's/name: etcd\$/name: kube-apiserver/' -e 's/^    - etcd\$/    - kube-apiserver/' \
        -e '/livenessProbe/,/timeoutSeconds/d' /etc/kubernetes/manifests/etcd.yaml >/tmp/new && mv /tmp/new $manifest"
    wait_for 60 node_sh db1 pgrep -x kube-apiserver
    before=$(node_sh db1 sha256sum $manifest)
    run q recover --yes --stop-clients members
    [[ $status -ne 0 && $output == *"db2: there is no '$manifest'"* ]]
    color_is blue

    q recover --yes --stop-clients ssh://root@db1 --bump-revision auto 2>&1 | tee "$BATS_TEST_TMPDIR/said"
    said "hold-clients ssh://root@db1: done"
    color_is green
    [[ $(node_sh db1 sha256sum $manifest) == "$before" ]]
    wait_for 60 node_sh db1 pgrep -x kube-apiserver
    [[ $(node_sh db1 ls /etc/kubernetes/manifests | tr '\n' ' ') == "etcd.yaml kube-apiserver.yaml " ]]
    [[ ! -e $(node_root db1)/etc/kubernetes/quorate-held ]]
}

@test "one member's data is all that is left: everybody has it; a forgotten member is refused, and named" {
    local old
    prepare --tls debian db1 db2 db3
    node_sh db1 systemctl stop etcd
    node_sh db3 systemctl stop etcd
    run q recover --from-member db2 --yes
    [[ $status -ne 0 && $output == *"member 'db2' runs"* ]]
    node_sh db2 systemctl stop etcd
    node_sh db1 rm -rf /var/lib/etcd/default
    # What clients have seen is known from the directories that are left: 3 was the highest, 2 is the backup's.
    q recover --bump-revision auto --dry-run | grep 'revisions bumped by 1000001'
    q recover --from-member db2 --yes
    color_is blue
    [[ $(hashes | wc -l) -eq 1 ]]

    # db3 comes back with its old data, at its old address.
    node_sh db3 systemctl stop etcd
    old=$(node_sh db3 sh -c 'echo /var/lib/etcd/default.before-*')
    node_sh db3 systemd-run --quiet --unit=forgotten --uid=etcd -p EnvironmentFile=/etc/default/etcd \
        etcd --data-dir "$old"
    wait_for 30 node_sh db3 sh -c 'journalctl -u forgotten | grep -q "cluster ID mismatch"'
    run q status
    [[ $status -ne 0 && $output == *"member db3 does not answer"* ]]
    run inside "$QUORATE" cluster check prod --hosts
    [[ $status -ne 0 && $output == *"$old"* ]]
    color_is blue
    node_sh db3 systemctl stop forgotten
    node_sh db3 systemctl start etcd
    # 'status' has something to say of the bench's certificates, which end in two days.
    wait_for 60 q endpoint health
}
