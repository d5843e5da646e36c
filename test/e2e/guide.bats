#!/usr/bin/env bats
#
# The guides do what they say: the ```sh blocks of each are run in their order by one shell, which
# stops at the first command that fails. Blocks with another word behind the fence are only shown.

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
    export QUORATE_ETCD
    QUORATE_ETCD=$(etcd_tool 3.5 etcd)
    guides=$BATS_TEST_DIRNAME/../../docs/guides
    mkdir "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/work"
    ln -s "$QUORATE" "$BATS_TEST_TMPDIR/bin/quorate"
}

teardown() {
    local lab
    for lab in $("$QUORATE" lab list -w json | jq -r '.labs[].name'); do
        "$QUORATE" lab down --name "$lab" >/dev/null 2>&1 || true
    done
}

# The commands of a guide, each block announced by the line at which it begins.
blocks() {
    awk '/^```sh$/ { inside = 1; printf "echo \"# line %d\"\n", NR + 1; next }
         /^```/ { inside = 0 }
         inside' "$1"
}

follow() {
    blocks "$guides/$1" >"$BATS_TEST_TMPDIR/script"
    [[ -s $BATS_TEST_TMPDIR/script ]]
    cd "$BATS_TEST_TMPDIR/work" || return
    # bats waits for whoever holds its descriptor 3; a lab's supervisor outlives the shell.
    PATH=$BATS_TEST_TMPDIR/bin:$PATH bash -eu "$BATS_TEST_TMPDIR/script" 3>&-
}

@test "guide: rehearse in a lab" {
    follow rehearse-in-a-lab.md
}

@test "guide: your clusters in one file" {
    follow clusters-in-one-file.md
}

@test "guide: back up and recover" {
    follow back-up-and-recover.md
}

@test "guide: change members" {
    follow change-members.md
}

@test "guide: check a data directory" {
    follow check-a-data-directory.md
}

@test "guide: certificates" {
    follow certificates.md
}

@test "guide: TLS on and off" {
    follow tls-on-and-off.md
}

@test "guide: salvage" {
    follow salvage.md
}

@test "guide: replace etcdctl" {
    follow replace-etcdctl.md
}

@test "guide: from v2 to v3" {
    follow v2-to-v3.md
}

@test "guide: what changed an object" {
    follow what-changed.md
}

@test "guide: move keys" {
    follow move-keys.md
}

@test "guide: what fills my etcd" {
    follow what-fills-etcd.md
}

@test "guide: watch a cluster" {
    follow watch-a-cluster.md
}

# The examples of the commands whose name fits a pattern: a line each, with our repository and port.
examples() {
    "$QUORATE" help -w json | jq -r --arg names "$1" '.commands[]
        | select((.tools | index("quorate")) and (.name | test($names))) | .example' |
        sed -z 's/ \\\n */ /g' | grep -v 'status --watch --cluster' | # a screen wants a terminal: status_watch.bats
        sed "s|/var/backups/etcd|$QUORATE_REPO|; s|127.0.0.1:2379|$url|"
}

# What needs a plan comes behind 'recover', and what ends the lab last. No plan is cut here that could be
# resumed. Of etcd's words those that do not wait and name nothing that only the reader has.
pasted=(
    '^(status|check corruption|quota show|endpoint|alarm|get|put|del|member list|backup|recover|snapshot)'
    '^keys (du|ls)$'
    '^plan (list|show|undo)'
    '^(auth status|user list|role list|lease (grant|list)|defrag)$'
    '^(help|version|completion|lab (up|status|list|load|kill|stop|start))'
    '^lab down'
)
# All but the last have guides of their own, or go with a plan that was cut; the last wants a
# damaged file (etcdutl.bats).
elsewhere='^(doctor|cluster (check|discover|list|show)|datadir check|maintain (compact|defrag)|quota (recover|raise)|member (grow|shrink|replace|move|rescue)|salvage|plan resume|v2 migrate|keys (show|history|diff|export|import|rm)|scan-keys|tls (deliver|disable|enable|init|inspect|issue|probes|renew|rotate-ca)|cfssl (gencert|sign|genkey|selfsign|certinfo|print-defaults)|cfssljson)$'

@test "help: each example works when pasted, in a lab called demo" {
    local names left
    export QUORATE_CLUSTER=lab:demo
    "$QUORATE" lab up --name demo
    url=$("$QUORATE" lab status --name demo -w json | jq -r '.members[0].clientUrl')
    for names in "${pasted[@]}"; do
        examples "$names"
    done >"$BATS_TEST_TMPDIR/script"
    left=$("$QUORATE" help -w json | jq -r '.commands[] | select(.tools == ["quorate"]) | .name' |
        grep -vE "$elsewhere|$(IFS='|'; echo "${pasted[*]}")") || true
    [[ -z $left ]]
    cd "$BATS_TEST_TMPDIR/work" || return
    PATH=$BATS_TEST_TMPDIR/bin:$PATH bash -euv "$BATS_TEST_TMPDIR/script" 3>&-
}

@test "guides: each has a test here" {
    for guide in "$guides"/*.md; do
        grep -qxF "    follow $(basename "$guide")" "$BATS_TEST_FILENAME"
    done
}

@test "documents: each link leads to a file" {
    cd "$BATS_TEST_DIRNAME/../.." || return
    while IFS=: read -r file link; do
        link=${link#*](}
        [[ -e $(dirname "$file")/${link%)} ]] || { echo "$file: $link" && broken=yes; }
    done < <(find . \( -path ./build -o -path ./.cache -o -path ./.git \) -prune -o -name '*.md' \
        -exec grep -oHE '\]\([^):#]+' {} +)
    [[ -z ${broken:-} ]]
}
