#!/usr/bin/env bats
#
# The guides do what they say: the ```sh blocks of each are run in their order by one shell, which
# stops at the first command that fails. Blocks with another word behind the fence are only shown.

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
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
    QUORATE_ETCD=$(etcd_tool 3.5 etcd) PATH=$BATS_TEST_TMPDIR/bin:$PATH \
        bash -eu "$BATS_TEST_TMPDIR/script" 3>&-
}

@test "guide: rehearse in a lab" {
    follow rehearse-in-a-lab.md
}

@test "guide: back up and recover" {
    follow back-up-and-recover.md
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
