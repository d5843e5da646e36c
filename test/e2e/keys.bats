#!/usr/bin/env bats
#
# keys du and keys ls: the same of a live cluster, of a snapshot and of a stopped member's data
# directory, and what etcdctl counts.
#
# bats file_tags=one-etcd

# shellcheck disable=SC2154 # stderr comes from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

# One member for all tests of the file. The last ones stop it.
setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
    export ETCD_ROOT=$BATS_FILE_TMPDIR ETCDCTL_API=3
    local i
    etcd_start "$ETCD_VERSION"
    for i in {1..12}; do
        ctl put "/registry/pods/team-$((i % 3))/pod-$i" "$(printf "%0$((i * 40))d" 0)"
    done
    for i in {1..6}; do
        ctl put "/registry/configmaps/team-1/map" "version $i"
        ctl put "/registry/apps.example.com/widgets/team-2/w-$i" w
    done
    ctl put /registry/minions/node-1 node
    ctl put compact_rev_key 17
    ctl put $'/odd/\xff\x01/key' $'value\n'
    ctl del /registry/pods/team-0/pod-3
    ctl del --prefix /registry/apps.example.com/widgets/team-2/w-1
    ctl snapshot save "$BATS_FILE_TMPDIR/one.db"
} >&2

teardown_file() {
    etcd_stop
}

setup() {
    trace_tests_only
    export LANG=C.UTF-8
    snapshot=$BATS_FILE_TMPDIR/one.db
}

quorate() {
    with_cluster "$QUORATE" "$@"
}

# What etcdctl says of keys with a prefix: how many, and bytes of keys and values.
counted() {
    ctl get --prefix "$1" -w json |
        python3 -c 'import base64, json, sys
kvs = json.load(sys.stdin).get("kvs", [])
print(len(kvs), sum(len(base64.b64decode(kv[k])) for kv in kvs for k in ("key", "value") if k in kv))'
}

# The same of a group of 'keys du'.
group() {
    jq -r --arg group "$1" '.groups[] | select(.group == $group) | "\(.keys) \(.liveBytes)"'
}

# bats test_tags=few-etcds
@test "du counts what etcdctl counts, live and from a snapshot" {
    local live file name
    live=$(quorate keys du -w json)
    file=$(quorate keys du --file "$snapshot" -w json)
    for name in pods configmaps apps.example.com/widgets minions; do
        [[ $(group "$name" <<<"$live") == "$(counted "/registry/$name/")" ]]
        [[ $(group "$name" <<<"$file") == "$(counted "/registry/$name/")" ]]
    done
    [[ $(jq -r '"\(.total.keys) \(.total.liveBytes)"' <<<"$live") == "$(counted '')" ]]
    [[ $(jq -c '[.total | .keys, .liveBytes, .revision]' <<<"$live") == \
        "$(jq -c '[.total | .keys, .liveBytes, .revision]' <<<"$file")" ]]
    [[ $(jq -c '[.biggest, .mostRewritten]' <<<"$live") == "$(jq -c '[.biggest, .mostRewritten]' <<<"$file")" ]]
    [[ $(jq -c '[.groups[] | [.group, .keys, .liveBytes]]' <<<"$live") == \
        "$(jq -c '[.groups[] | [.group, .keys, .liveBytes]]' <<<"$file")" ]]
    [[ $(jq -r '.biggest[0].key' <<<"$live") == /registry/pods/team-0/pod-12 ]]
    [[ $(jq -r '.mostRewritten[] | "\(.key) \(.version)"' <<<"$live") == '/registry/configmaps/team-1/map 6' ]]
}

@test "du knows of a file's history, and says that a cluster does not tell it" {
    local file
    file=$(quorate keys du --file "$snapshot" -w json)
    # 12 pods, 12 puts of the loop, 3 more keys; two deletions.
    [[ $(jq -c '[.total | .rows, .tombstones]' <<<"$file") == '[29,2]' ]]
    [[ $(jq -c '.groups[] | select(.group == "configmaps") | [.keys, .oldVersions, .tombstones]' <<<"$file") == '[1,5,0]' ]]
    [[ $(jq -c '.groups[] | select(.group == "pods") | [.keys, .oldVersions, .tombstones]' <<<"$file") == '[11,1,1]' ]]
    # The parts are the whole.
    [[ $(jq '[.parts[].sizeBytes] | add' <<<"$file") == "$(jq .total.dbSizeBytes <<<"$file")" ]]
    run -0 quorate keys du
    [[ $output == *'all versions: a cluster does not tell what old revisions take; read a snapshot of it with --file'* ]]
    [[ $(quorate keys du -w json | jq -c '[.total | .rows, .rowBytes, .tombstones]') == '[null,null,null]' ]]
}

@test "du groups by namespace, by directory, and draws a tree" {
    local by
    by=$(quorate keys du --by namespace --depth 2 -w json)
    [[ $(group team-2/pods <<<"$by") == "$(counted /registry/pods/team-2/)" ]]
    [[ $(group '(no namespace)' <<<"$by") == "$(counted /registry/minions/)" ]]
    by=$(quorate keys du --by prefix --depth 3 -w json --file "$snapshot")
    [[ $(group /registry/pods/team-1/ <<<"$by") == "$(counted /registry/pods/team-1/)" ]]
    [[ $(group /registry/ <<<"$by") == "$(counted /registry/)" ]]
    [[ $(jq -r '.groups[].group | select(startswith("/odd"))' <<<"$by") == '/odd/'$'\n''/odd/\xff\x01/' ]]
    [[ $(quorate keys du --prefix /registry/pods/team-1/ -w json | jq -r '"\(.total.keys) \(.total.liveBytes)"') == \
        "$(counted /registry/pods/team-1/)" ]]
    run -0 quorate keys du --depth 2
    [[ ${lines[0]} == 'GROUP '*'KEYS '*'LIVE '*SHARE ]]
    [[ ${lines[1]} == 'pods '* && ${lines[2]} == '├── team-0 '* && ${lines[4]} == '└── team-1 '* ]]
    LC_ALL=C run -0 quorate keys du --depth 2
    [[ ${lines[2]} == '|-- team-0 '* ]]
}

@test "du refuses what it cannot mean" {
    run -2 --separate-stderr quorate keys du --depth 17
    [[ $stderr == 'Error: --depth 17: not from 1 to 16'* ]]
    run -2 --separate-stderr quorate keys du --separator ::
    [[ $stderr == "Error: --separator '::': not one character"* ]]
    run -4 --separate-stderr quorate keys du --file "$BATS_TEST_TMPDIR/none.db"
    [[ $stderr == *'No such file or directory'* ]]
    head -c 20000 "$snapshot" >"$BATS_TEST_TMPDIR/cut.db"
    run --separate-stderr quorate keys du --file "$BATS_TEST_TMPDIR/cut.db"
    [[ $status -eq 10 || $status -eq 9 ]]
}

@test "ls lists what etcdctl lists, live and from a snapshot, at any revision" {
    local from listed revision
    for from in '' "--file $snapshot"; do
        # shellcheck disable=SC2086 # two words
        run -0 quorate keys ls --recursive /registry/ -w json $from
        listed=$(jq -r '.entries[].name' <<<"$output")
        [[ $listed == "$(ctl get --prefix /registry/ --keys-only | grep -v '^$')" ]]
        for revision in 5 20; do
            # shellcheck disable=SC2086
            run -0 quorate keys ls -r --revision $revision -w json $from
            [[ $(jq -r '.entries[].name' <<<"$output") == \
                "$(ctl get --prefix '' --keys-only --rev $revision | grep -v '^$')" ]]
        done
    done
}

@test "ls shows one level with counts, the same live and from a snapshot" {
    local live
    live=$(quorate keys ls /registry/ -w json)
    [[ $(jq -c 'del(.source)' <<<"$live") == \
        "$(quorate keys ls /registry/ -w json --file "$snapshot" | jq -c 'del(.source)')" ]]
    [[ $(jq -r '.entries[] | select(.name == "/registry/pods/") | .keys' <<<"$live") == \
        "$(ctl get --prefix --keys-only /registry/pods/ | grep -c .)" ]]
    [[ $(jq -r '.entries[] | select(.name == "/registry/pods/") | "\(.keys) \(.sizeBytes)"' <<<"$live") == \
        "$(counted /registry/pods/)" ]]
    run -0 quorate keys ls /registry
    [[ ${lines[0]} == *KEYS*SIZE*VERSION*'MOD REV'*AGE*NAME ]]
    [[ ${lines[1]} == *' /registry/apps.example.com/' && ${#lines[@]} -eq 5 ]]
    run -0 quorate keys ls --keys-only /registry/configmaps/team-1/
    [[ ${lines[1]} =~ ^\ +1\ +-\ +6\ +[0-9]+\ +-\ \ /registry/configmaps/team-1/map$ ]]
    run -0 quorate keys ls
    [[ ${lines[*]} == *'/odd/'*'/registry/'*compact_rev_key ]]
}

@test "ls says when a revision cannot be had, and that nothing is there" {
    run -3 --separate-stderr quorate keys ls --revision 999
    [[ $stderr == *'revision 999 is a future revision'* ]]
    run -0 quorate keys ls /nothing/
    [[ -z $output ]]
    run -0 quorate keys ls /nothing/ -w json
    [[ $(jq -c .entries <<<"$output") == '[]' ]]
    run -2 --separate-stderr quorate keys ls -w table
}

@test "ls knows the age of Kubernetes' objects" {
    ctl put /registry/crd.io/things/a '{"metadata":{"creationTimestamp":"2020-01-01T00:00:00Z"}}'
    run -0 quorate keys ls /registry/crd.io/things/ -w json
    [[ $(jq -r '.entries[0].createdAt' <<<"$output") == 2020-01-01T00:00:00Z ]]
    ctl del /registry/crd.io/things/a
}

# Above 16 MiB it is walked through, and not counted first.
@test "du of a larger database counts what etcdctl counts" {
    local i live
    for i in {1..40}; do
        head -c 500000 /dev/zero | tr '\0' v | ctl put "/registry/pods/large/pod-$i"
    done
    ctl put /apart 1
    ctl put zzz/apart 2
    live=$(quorate keys du -w json)
    [[ $(group pods <<<"$live") == "$(counted /registry/pods/)" ]]
    [[ $(jq -r '"\(.total.keys) \(.total.liveBytes)"' <<<"$live") == "$(counted '')" ]]
    live=$(quorate keys du --prefix /registry/pods/ -w json)
    [[ $(jq -r '"\(.total.keys) \(.total.liveBytes)"' <<<"$live") == "$(counted /registry/pods/)" ]]
}

@test "a member that runs is not read" {
    run -19 --separate-stderr quorate keys du --file "$(etcd_dir 1)/data"
    [[ $stderr == *'is in use by etcd (pid '*'Hint: stop that process first'* ]]
}
