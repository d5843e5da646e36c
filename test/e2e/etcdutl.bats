#!/usr/bin/env bats
#
# etcdutl's words on the files of each etcd version: the same output and exit codes as that version's
# etcdutl where it has the word, and data directories that the server starts on afterwards.
#
# bats file_tags=each-etcd

# shellcheck disable=SC2154 # stderr comes from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/cluster

# One member for all tests of the file, filled, stopped, and copied by each. Those that start it do so on the
# same ports, and so one after the other.
setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
    export BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
    local arguments i
    etcd_start "$ETCD_VERSION"
    etcd_kill 1 TERM
    # Raft snapshots come early, and at start and end the server checks what it finds.
    arguments=$(etcd_dir 1)/arguments
    { printf '%s\0' env ETCD_VERIFY=all; cat "$arguments"; printf '%s\0' --snapshot-count 20; } \
        >"$arguments.new"
    mv "$arguments.new" "$arguments"
    etcd_restart 1
    etcd_wait_healthy 1
    export ETCDCTL_API=3
    for i in {1..60}; do
        printf 'key/%s\tvalue %s\n' $((i % 20)) "$i"
    done | put_lines
    ctl put $'bin\x01\xff"\\ ü' $'v\n\t\xfe'
    ctl del key/3
    ctl lease grant 100000
    ctl compact 30
    ctl role add reader
    ctl role grant-permission reader read a b
    ctl endpoint hashkv -w json | jq '.[0].HashKV.hash' >"$BATS_FILE_TMPDIR/hash"
    etcd_kill 1 TERM
} >&2

setup() {
    trace_tests_only
    export ETCDCTL_API=3 LANG=C.UTF-8
    unset LC_ALL "${!ETCDCTL_CACERT@}"
    mkdir "$BATS_TEST_TMPDIR/bin"
    ln -s "$QUORATE" "$BATS_TEST_TMPDIR/bin/etcdutl"
    utl=$BATS_TEST_TMPDIR/bin/etcdutl
    cp -r --sparse=always "$BATS_FILE_TMPDIR/etcd" "$BATS_TEST_TMPDIR/"
    sed -i -z "s#^$BATS_FILE_TMPDIR#$BATS_TEST_TMPDIR#" "$(etcd_dir 1)/arguments"
    data=$(etcd_dir 1)/data
    db=$data/member/snap/db
}

teardown() {
    etcd_stop
}

minor() {
    local dir
    dir=$(basename "$(dirname "$(etcd_tool "$ETCD_VERSION" etcd)")")
    echo "${dir%.*}"
}

at_least() {
    [[ $(printf '%s\n' "$1" "$(minor)" | sort -V | head -n 1) == "$1" ]]
}

# The version's own etcdutl, or the oldest later one that has the word; without its log.
real() {
    local version tool
    for version in "$ETCD_VERSION" $(etcd_versions); do
        tool=$(etcd_tool "$version" etcdutl) || continue
        [[ $("$tool" --help) == *"  $1 "* ]] || continue
        "$tool" "$@" 2>"$BATS_TEST_TMPDIR/real.log"
        return
    done
    echo "no etcdutl has '$1'" >&2
    return 99
}

# Starts the member on its data directory as it is now: it has all keys, takes writes, and comes down.
# Exit code 143 is what etcd ends with at SIGTERM; its own verification would make it another.
boots() {
    local keys=${1:-20}
    rm -f "$(etcd_dir 1)/log"
    etcd_restart 1
    etcd_wait_healthy 1
    [[ $(ctl get --prefix '' --keys-only | grep -c .) -eq $keys ]]
    ctl put after boot
    [[ $(ctl get after --print-value-only) == boot ]]
    etcd_kill 1 TERM
    ! grep -E '"level":"(panic|fatal)"' "$(etcd_dir 1)/log"
}

# A row of the bucket meta.
meta() {
    "$utl" iterate-bucket "${2:-$data}" meta --decode | grep "^key=\"$1\"" || true
}

# Starts it with the v2 API (3.5 has that off) and sets a key there.
v2_put() {
    printf '%s\0' --enable-v2 >>"$(etcd_dir 1)/arguments"
    etcd_restart 1
    etcd_wait_healthy 1
    curl -sS --noproxy '*' -X PUT "$(<"$(etcd_dir 1)/client-url")/v2/keys/dir/name" -d value=v2
}

borders() {
    sed -E -e 's/[┌┬┐├┼┤└┴┘]/+/g; s/─/-/g; s/│/|/g'
}

@test "snapshot status: every form, as etcdutl prints it" {
    [[ $(minor) != 3.4 ]] || skip "3.4 has no etcdutl"
    export QUORATE_COMPAT
    local form
    QUORATE_COMPAT=$(minor)
    cp "$db" "$BATS_TEST_TMPDIR/copy.db"
    for form in simple table json fields; do
        diff <(real snapshot status "$BATS_TEST_TMPDIR/copy.db" -w "$form" | borders) \
            <("$utl" snapshot status "$db" -w "$form" 2>/dev/null | borders)
        diff <(real snapshot status "$BATS_FILE_TMPDIR/../none" -w "$form"; echo $?) \
            <("$utl" snapshot status "$BATS_FILE_TMPDIR/../none" -w "$form" 2>/dev/null; echo $?)
    done
    for form in protobuf table; do
        diff <(real snapshot status -w "$form"; echo $?) \
            <("$utl" snapshot status -w "$form" 2>/dev/null; echo $?)
    done
    run -4 real snapshot status "$BATS_TEST_TMPDIR/copy.db" -w protobuf
    run -4 "$utl" snapshot status "$db" -w protobuf
}

@test "hashkv: every form and revision, as etcdutl and the server say, and the file stays as it is" {
    local form revision before
    before=$(sha256sum <"$db")
    [[ $("$utl" hashkv "$db") == "$(<"$BATS_FILE_TMPDIR/hash"), "* ]]
    for form in simple table json fields; do
        cp "$db" "$BATS_TEST_TMPDIR/copy.db"
        diff <(real hashkv "$BATS_TEST_TMPDIR/copy.db" -w "$form" | borders) \
            <("$utl" hashkv "$db" -w "$form" | borders)
    done
    for revision in 0 29 30 31 50 63 64 1000; do
        cp "$db" "$BATS_TEST_TMPDIR/copy.db"
        diff <(real hashkv "$BATS_TEST_TMPDIR/copy.db" --rev "$revision"; echo $?) \
            <("$utl" hashkv "$db" --rev "$revision" 2>/dev/null; echo $?)
    done
    run -1 "$utl" hashkv "$db" --rev 29
    [[ $output == "Error: revision 29 has been compacted, the oldest is 30" ]]
    run -1 "$utl" hashkv "$db" --rev 64
    [[ $output == "Error: revision 64 is a future revision, the current one is 63" ]]
    run -4 "$utl" hashkv "$db" -w protobuf
    run -1 "$utl" hashkv
    [[ $(sha256sum <"$db") == "$before" ]]
}

@test "defrag: the same rows in no more bytes than etcdutl's, the owner's, and the server starts" {
    local hash rows i
    # Values of up to two pages: they share pages in etcdutl's files.
    etcd_restart 1
    etcd_wait_healthy 1
    for i in {1..100}; do
        printf 'large/%s\t%*s\n' "$i" $((i * 1733 % 7000)) "$i"
    done | put_lines
    etcd_kill 1 TERM
    cp -r "$data" "$BATS_TEST_TMPDIR/theirs"
    hash=$("$utl" hash "$data" | tail -n 1)
    rows=$("$utl" iterate-bucket "$data" key | md5sum)
    chmod 640 "$db"
    [[ $EUID -ne 0 ]] || chown 65534:65534 "$db"
    touch "$data/member/snap/db.tmp.123"

    run -0 --separate-stderr "$utl" defrag --data-dir "$data"
    [[ $output == "" && $stderr == "defragmented '$db': "* ]]
    [[ $(bbolt check "$db") == OK ]]
    [[ $(ls "$data"/member/snap/db*) == "$db" ]]
    [[ $(stat -c %a "$db") == 640 ]]
    [[ $EUID -ne 0 || $(stat -c %u:%g "$db") == 65534:65534 ]]
    [[ $("$utl" hash "$data" | tail -n 1) == "$hash" ]]
    [[ $("$utl" iterate-bucket "$data" key | md5sum) == "$rows" ]]
    real defrag --data-dir "$BATS_TEST_TMPDIR/theirs"
    [[ $(stat -c %s "$db") -le $(stat -c %s "$BATS_TEST_TMPDIR/theirs/member/snap/db") ]]

    "$QUORATE" defrag --data-dir "$data"
    [[ $("$utl" hash "$data" | tail -n 1) == "$hash" ]]
    boots 120
}

@test "a database in use is left alone: who has it is said at once, or after --timeout" {
    local before pid begun
    etcd_restart 1
    etcd_wait_healthy 1
    pid=$(<"$(etcd_dir 1)/pid")
    etcd_pause 1
    before=$(sha256sum <"$db")
    for words in "defrag --data-dir $data" "migrate --data-dir $data --target-version 3.6" \
        "hashkv $db" "list-bucket $data" "iterate-bucket $data key" "hash $data" \
        "snapshot status $db" \
        "backup --data-dir $data --backup-dir $BATS_TEST_TMPDIR/backup"; do
        # shellcheck disable=SC2086 # words
        run -1 timeout 1 "$utl" $words
        [[ $output == *"'$db' is in use by etcd (pid $pid)"*"Hint: stop that process first"* ]]
    done
    [[ ! -e $BATS_TEST_TMPDIR/backup ]]
    begun=$(date +%s%N)
    run -1 "$utl" hashkv "$db" --timeout 300ms
    [[ $(($(date +%s%N) - begun)) -ge 300000000 ]]
    [[ $(sha256sum <"$db") == "$before" ]]
    etcd_resume 1
    etcd_wait_healthy 1

    # It waits, and goes on when the server is gone.
    "$utl" hashkv "$db" --timeout 0 >"$BATS_TEST_TMPDIR/hash" &
    etcd_kill 1 TERM
    wait $!
    [[ -s $BATS_TEST_TMPDIR/hash ]]
}

@test "defrag: whoever opens the database meanwhile keeps the file that has the name" {
    local inode
    inode=$(stat -c %i "$db")
    exec 9<"$db"
    run -1 "$utl" defrag --data-dir "$data"
    exec 9<&-
    [[ $output == *"'$db': "*" opened it meanwhile; it is as it was before"* ]]
    [[ $(stat -c %i "$db") == "$inode" && $(ls "$data"/member/snap/db*) == "$db" ]]
}

@test "what is no data directory, and what is no database" {
    local file=$BATS_TEST_TMPDIR/file
    run -1 "$utl" defrag --data-dir "$BATS_TEST_TMPDIR/none"
    [[ $output == "Error: not defragmented: '$BATS_TEST_TMPDIR/none/member/snap/db': No such file"* ]]
    run -1 "$utl" defrag --data-dir "$data/member"
    [[ $output == *"Hint: --data-dir is the directory that holds 'member': $data" ]]
    run -1 "$utl" defrag
    [[ $output == "Error: 'defrag' needs --data-dir"* ]]
    run -1 "$utl" migrate --data-dir "$data"
    run -1 "$utl" migrate --data-dir "$BATS_TEST_TMPDIR/none" --target-version 3.6
    run -1 "$utl" check v2store --data-dir "$BATS_TEST_TMPDIR/none"
    run -128 "$utl" list-bucket
    run -1 "$utl" list-bucket "$BATS_TEST_TMPDIR/none"
    run -1 "$utl" iterate-bucket "$data" none
    [[ $output == *"'none'"* ]]
    run -4 "$utl" list-bucket "$data" -w json

    : >"$file"
    run -1 "$utl" hashkv "$file"
    [[ $output == "Error: '$file': "* ]]
    echo "no database" >"$file"
    run -1 "$utl" hashkv "$file"
    head -c 10000 "$db" >"$file"
    run -1 "$utl" hashkv "$file"
    [[ $output == *"'$file': "*"10000"* ]]

    head -c 10000 "$BATS_FILE_TMPDIR/etcd/m1/data/member/snap/db" >"$db"
    run -1 "$utl" defrag --data-dir "$data"
    [[ $(stat -c %s "$db") -eq 10000 && $(ls "$data"/member/snap/db*) == "$db" ]]
}

@test "migrate: the same rows as etcdutl writes, up and down, and nothing when refused" {
    local target ours theirs
    if [[ $(minor) == 3.4 ]]; then
        run -1 "$utl" migrate --data-dir "$data" --target-version 3.6
        [[ $output == *"missing term information"*"Hint: start the member with etcd 3.5"* ]]
        return
    fi
    for target in 3.5 3.6 3.7 3.8 4.0 3.4 3 3.6.0 x.y; do
        rm -rf "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs"
        cp -r --sparse=always "$data" "$BATS_TEST_TMPDIR/ours"
        cp -r --sparse=always "$data" "$BATS_TEST_TMPDIR/theirs"
        ours=0 theirs=0
        "$utl" migrate --data-dir "$BATS_TEST_TMPDIR/ours" --target-version "$target" \
            >"$BATS_TEST_TMPDIR/out" 2>/dev/null || ours=$?
        # The newest: 3.6 does not know of 3.7.
        "$(etcd_tool 3.7 etcdutl)" migrate --data-dir "$BATS_TEST_TMPDIR/theirs" \
            --target-version "$target" >/dev/null 2>&1 || theirs=$?
        [[ $ours == "$theirs" && ! -s $BATS_TEST_TMPDIR/out ]]
        diff <("$utl" iterate-bucket "$BATS_TEST_TMPDIR/ours" meta) \
            <("$utl" iterate-bucket "$BATS_TEST_TMPDIR/theirs" meta)
        [[ $(bbolt check "$BATS_TEST_TMPDIR/ours/member/snap/db") == OK ]]
        [[ $("$utl" hash "$BATS_TEST_TMPDIR/ours" | tail -n 1) == "$("$utl" hash "$data" | tail -n 1)" ]]
    done
    run -1 "$utl" migrate --data-dir "$data" --target-version 3.8
    [[ $output == "Error: '$db': version \"3.8.0\" is not supported" ]]
    run -0 "$utl" migrate --data-dir "$data" --target-version 3.8 --force
    [[ $output == "Warning: forced although '$db': version \"3.8.0\" is not supported"* ]]
    [[ $(meta storageVersion) == 'key="storageVersion", value="3.8.0"' ]]
}

@test "migrate: the next release starts on what was raised, this one on what was lowered again" {
    [[ $(minor) == 3.[56] ]] || skip "there is nothing above $(minor)"
    local next=3.7
    [[ $(minor) != 3.5 ]] || next=3.6
    "$utl" migrate --data-dir "$data" --target-version "$next"
    [[ $(meta storageVersion) == "key=\"storageVersion\", value=\"$next.0\"" ]]
    run -0 "$utl" migrate --data-dir "$data" --target-version "$next"
    [[ $output == "the storage version is $next already" ]]
    run -0 "$utl" migrate --data-dir "$data" --target-version "$(minor)"
    [[ $output == "the storage version was $next, now it is $(minor)"* ]]
    boots

    "$utl" migrate --data-dir "$data" --target-version "$next"
    sed -i -z "s#^$(dirname "$(etcd_tool "$ETCD_VERSION" etcd)")/#$(dirname "$(etcd_tool "$next" etcd)")/#" \
        "$(etcd_dir 1)/arguments"
    boots 21
}

@test "check v2store: clean, v2 keys in the log, v2 keys in the raft snapshot" {
    run -0 --separate-stderr "$utl" check v2store --data-dir "$data"
    [[ $output == "No custom content found in both v2store and WAL records." && $stderr == "" ]]
    mv "$data/member/wal" "$BATS_TEST_TMPDIR/wal"
    run -0 "$utl" check v2store --data-dir "$data" --wal-dir "$BATS_TEST_TMPDIR/wal"
    run -1 "$utl" check v2store --data-dir "$data"
    mv "$BATS_TEST_TMPDIR/wal" "$data/member/wal"
    [[ $(minor) == 3.[45] ]] || return 0

    local i
    v2_put
    # A running member may be asked. The health check came first.
    run -1 "$utl" check v2store --data-dir "$data"
    [[ $output == "Error: detected custom v2 content in WAL records (raft index "*": "*")"* ]]
    [[ $output == *": QGET)"*"Hint: "*"without --enable-v2"* || $output == *": PUT /1/dir/name)"* ]]
    printf 'filler\t%s\n' {1..25} | put_lines
    etcd_kill 1 TERM
    run -1 "$utl" check v2store --data-dir "$data"
    [[ $output == "Error: detected custom content in v2store ("*".snap)"* ]]
    [[ $(minor) == 3.4 ]] || run -1 real check v2store --data-dir "$data"
}

@test "backup: a cluster of its own with the v2 and v3 keys, as etcdutl makes it" {
    [[ $(minor) == 3.[45] ]] || skip "the word ended with 3.5"
    local url backup=$BATS_TEST_TMPDIR/backup
    url=$(<"$(etcd_dir 1)/client-url")
    v2_put
    ctl put last one
    etcd_kill 1 TERM

    run -0 --separate-stderr "$utl" backup --data-dir "$data" --backup-dir "$backup"
    [[ $output == "" ]]
    [[ $(bbolt check "$backup/member/snap/db") == OK ]]
    [[ $(cd "$backup" && find . -type f | wc -l) -eq 3 ]]
    run -1 "$utl" backup --data-dir "$data" --backup-dir "$backup"
    [[ $output == "Error: data-dir \"$backup\" not empty"* ]]
    run -0 "$utl" backup --data-dir "$data" --backup-dir "$backup.none" \
        --backup-wal-dir "$backup.wal" --with-v3=false

    printf '%s\0' --force-new-cluster >>"$(etcd_dir 1)/arguments"
    mv "$data" "$data.old"
    cp -r --sparse=always "$backup" "$data"
    boots 21
    rm -rf "$data"
    mv "$backup.none" "$data"
    mv "$backup.wal" "$data/member/wal"
    etcd_restart 1
    etcd_wait_healthy 1
    [[ $(curl -sS --noproxy '*' "$url/v2/keys/dir/name" | jq -r .node.value) == v2 ]]
    [[ $(ctl get --prefix '' --keys-only) == '' ]]
    [[ $(ctl member list | wc -l) -eq 1 ]]
}

@test "restore: the exit codes of etcdutl, and nothing on standard output" {
    [[ $(minor) != 3.4 ]] || skip "3.4 has no etcdutl"
    local good=$BATS_TEST_DIRNAME/../golden/snap/basic-3.5.30.snap words
    cd "$BATS_TEST_TMPDIR"
    mkdir theirs ours full full/x
    while read -ra words; do
        local a=0 b=0
        (cd theirs && real snapshot restore "${words[@]}" --data-dir d >../a.out 2>&1) || a=$?
        (cd ours && "$utl" snapshot restore "${words[@]}" --data-dir d >../b.out 2>/dev/null) || b=$?
        [[ $a == "$b" && ! -s b.out ]] || { echo "$a, ours $b: ${words[*]}"; false; }
        rm -rf theirs/d theirs/w ours/d ours/w
    done <<END
$good
$good --wal-dir w --initial-cluster-token t
$good --bump-revision 5 --mark-compacted --initial-memory-map-size 0
$good --bump-revision 5
$good --mark-compacted
$good --bump-revision x
$good --initial-cluster x
$good --name a --initial-cluster b=http://127.0.0.1:1 --initial-advertise-peer-urls http://127.0.0.1:1
$good --initial-advertise-peer-urls x
$good --wal-dir ../full
$good --bogus
$good $good
none
$BATS_TEST_DIRNAME/../golden/snap/bad-sha256.snap
$BATS_TEST_DIRNAME/../golden/snap/no-trailer.db
$BATS_TEST_DIRNAME/../golden/snap/no-trailer.db --skip-hash-check
END
    run -128 "$utl" snapshot save x.db
    [[ $output == *"etcdctl snapshot save"* ]]
}

@test "list-bucket, iterate-bucket, hash, scan-keys" {
    [[ $("$utl" list-bucket "$data" | tr '\n' ' ') == "alarm auth authRoles authUsers cluster key \
lease members members_removed meta " ]]
    [[ $("$utl" list-bucket "$db") == "$("$utl" list-bucket "$data")" ]]
    run -0 "$utl" iterate-bucket "$data" key --decode --limit 2
    [[ ${lines[0]} == 'rev={Revision:{Main:63 Sub:0} tombstone:true}, value=[key "key/3" | val "" | created 0 | mod 0 | ver 0]' ]]
    [[ ${lines[1]} == 'rev={Revision:{Main:62 Sub:0} tombstone:false}, value=[key "bin\x01\xff\"\\ ü" | val "v\n\t\xfe" | created 62 | mod 62 | ver 1]' ]]
    [[ ${#lines[@]} -eq 2 ]]
    run -0 "$utl" iterate-bucket "$data" key --limit 1
    [[ $output == 'key="\x00\x00\x00\x00\x00\x00\x00?_\x00\x00\x00\x00\x00\x00\x00\x00t", value="\n\x05key/3"' ]]
    run -0 "$utl" iterate-bucket "$data" lease --decode
    [[ $output == "lease ID="*", TTL=100000s, remaining TTL=0s" ]]
    run -0 "$utl" iterate-bucket "$data" authRoles --decode
    [[ $output == 'role="reader", keyPermission=[key:"a" range_end:"b"]' ]]
    [[ $(meta finishedCompactRev) == 'key="finishedCompactRev", value={30 0}' ]]
    [[ $("$QUORATE" scan-keys "$data" 62 2>/dev/null | grep -c 'Main:6[23] ') -ge 2 ]]
    [[ $("$utl" hash "$data") == "db path: $db"$'\n'"Hash: "* ]]
}
