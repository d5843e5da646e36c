#!/usr/bin/env bats
#
# The checkers must fail on a bad tree: each fault they know is shown to them once, beside the
# innocent twin that they must let pass.

bats_require_minimum_version 1.5.0

setup() {
    repo=$BATS_TEST_DIRNAME/../..
    tree=$BATS_TEST_TMPDIR
    mkdir -p "$tree/src"/{base,format,net,etcd,repo,ops,cli}
    cat >"$tree/src/FLOORS" <<END
5 cli daemon
4 ops     # procedures
2 etcd repo
1 format net
0 base
END
}

# Writes a source file from standard input.
source_file() {
    cat >"$tree/src/$1"
}

floors() {
    run "$repo/tools/check-floors" "$tree"
}

banned() {
    run "$repo/tools/check-banned" "$tree"
}

# Expects a failure whose whole output is this.
refused() {
    [[ $status -eq 1 && $output == "$1" ]] || { echo "status $status: $output"; return 1; }
}

accepted() {
    [[ $status -eq 0 && -z $output ]] || { echo "status $status: $output"; return 1; }
}

@test "floors: own folder and lower floors are fine" {
    source_file ops/a.c <<<'#include "etcd/kv.h"
#include "ops/a.h"
#include "base/error.h"
#include <stdio.h>'
    source_file main.c <<<'#include "cli/run.h"'
    floors
    accepted
}

@test "floors: a higher floor is refused" {
    source_file base/a.c <<<'
  #  include "net/tcp.h"'
    floors
    refused 'src/base/a.c:2: include "net/tcp.h": '"'base' (floor 0) must not see 'net' (floor 1): a higher floor"
}

@test "floors: a sibling folder is refused" {
    source_file etcd/kv.h <<<'#include "repo/repo.h"'
    floors
    refused 'src/etcd/kv.h:1: include "repo/repo.h": '"'etcd' (floor 2) must not see 'repo' (floor 2): a sibling"
}

@test "floors: an include by bare name or by .. is refused" {
    source_file etcd/kv.c <<<'#include "kv.h"'
    source_file etcd/lease.c <<<'#include "../repo/repo.h"'
    floors
    refused 'src/etcd/kv.c:1: include "kv.h": must be written relative to src/, with its folder
src/etcd/lease.c:1: include "../repo/repo.h": must be written relative to src/, with its folder'
}

@test "floors: a folder without a floor is refused, as place and as include" {
    mkdir "$tree/src/misc"
    source_file misc/a.c </dev/null
    source_file ops/a.c <<<'#include "misc/a.h"'
    floors
    refused "src/misc/a.c: folder 'misc' has no floor in src/FLOORS
src/ops/a.c:1: include \"misc/a.h\": folder 'misc' has no floor in src/FLOORS"
}

@test "floors: god headers are refused" {
    source_file base/util.h </dev/null
    floors
    refused "src/base/util.h: no header may be called 'util.h': name it by its noun"
}

@test "floors: an include in a comment does not count" {
    source_file base/a.c <<<'/* once:
#include "net/tcp.h"
*/'
    floors
    accepted
}

@test "banned: each function is found" {
    for name in strcpy strcat sprintf strtok atoi strtol gets system alloca rand malloc calloc \
                realloc free strdup; do
        source_file net/a.c <<<"    x = $name (y);"
        banned
        [[ $status -eq 1 && $output == "src/net/a.c:1: $name: "* ]] || { echo "$name: $output"; return 1; }
    done
}

@test "banned: an allocator handed on as a pointer is found" {
    source_file net/a.c <<<'    hook(x, free);
struct hooks h = {.release = free, .get = malloc};'
    banned
    refused 'src/net/a.c:1: free: memory comes from an arena or a buf
src/net/a.c:2: free: memory comes from an arena or a buf
src/net/a.c:2: malloc: memory comes from an arena or a buf'
}

@test "banned: malloc as an attribute is fine, free as a cleanup is not" {
    source_file net/a.h <<<'void *a(void) __attribute__((malloc, returns_nonnull));
void *b(void) __attribute__((returns_nonnull, malloc));
#define AUTO_C __attribute__((cleanup(free)))'
    banned
    refused 'src/net/a.h:3: free: memory comes from an arena or a buf'
}

@test "banned: comments, strings and longer names do not count" {
    source_file net/a.c <<<'/* system("x") and
   free(x) */ // malloc(1)
#include <malloc.h>
const char *s = "say \" system(1)"; int c = '"'\"'"'; file_system(s); my_free(s); snprintf(s);
table->free(x); table.free(x); void (*free)(void *);
uint64_t free;    /* pages */
x = report.free; y(report->free);'
    banned
    accepted
}

@test "banned: code right after a comment or a string counts" {
    source_file net/a.c <<<'/* " */ system(x); /* " */
puts("/*"); atoi(x); puts("*/");'
    banned
    refused 'src/net/a.c:1: system: use spawn
src/net/a.c:2: atoi: use the number parsers of base'
}

@test "banned: base may wrap strtol, arena and buf may allocate" {
    source_file base/number.c <<<'strtol(x);'
    source_file base/arena.c <<<'malloc(x); free(x);'
    source_file base/buf.c <<<'realloc(x);'
    banned
    accepted
}

@test "banned: an allowance needs its reason" {
    source_file net/a.c <<<'/* check-banned: allow, the library hands over its own block */
free(x);
/* check-banned: allow */
free(y);'
    banned
    refused 'src/net/a.c:4: free: memory comes from an arena or a buf'
}

@test "longest: counts functions by their bodies" {
    source_file net/a.c <<<'int
short_one(void)
{
    return 1;
}

static bool
long_one(int a,
         int b)
{
    if (a) {
        b();
    }
    return b;
}'
    run "$repo/tools/longest" "$tree"
    [[ ${lines[1]} == '    15  src/net/a.c' ]]
    [[ ${lines[3]} == '     4  long_one  src/net/a.c:10' ]]
    [[ ${lines[4]} == '     1  short_one  src/net/a.c:3' ]]
}

@test "install-links: links beside the program, and nobody else's program replaced" {
    local links=$repo/tools/install-links
    mkdir -p "$tree/bin"
    run -0 "$links" "$tree/bin"
    [[ $(readlink "$tree/bin/etcdctl") == quorate && $(readlink "$tree/bin/etcdutl") == quorate ]]
    [[ $(readlink "$tree/bin/cfssl") == quorate && $(readlink "$tree/bin/cfssljson") == quorate ]]
    run -0 "$links" "$tree/bin"
    [[ $output == *'is there already'* ]]
    rm "$tree/bin/etcdctl" "$tree/bin/etcdutl"
    echo real >"$tree/bin/etcdctl"
    ln -s /usr/bin/other "$tree/bin/etcdutl"
    run -0 "$links" "$tree/bin"
    [[ $(<"$tree/bin/etcdctl") == real && $(readlink "$tree/bin/etcdutl") == /usr/bin/other ]]
    [[ $output == *'etcdctl is left alone'*'etcdutl is left alone'* ]]
    DESTDIR=$tree/root
    export DESTDIR
    mkdir -p "$tree/root/bin"
    run -0 "$links" /bin
    [[ $(readlink "$tree/root/bin/etcdctl") == quorate ]]
}

# Else it would be compiled without them, and a test that counts on one would wait for nothing.
@test "failpoints: each file that has some is compiled into quorate-failpoints" {
    diff <(cd "$repo/src" && grep -lr --include='*.c' -e 'FAILPOINT(' -e failpoint_hit . | sed 's,^\./,,' | sort) \
        <(sed -n '/^failpoint_sources/,/^)/s/.*'"'"'\(.*\)'"'"'.*/\1/p' "$repo/src/meson.build" | sort)
}
