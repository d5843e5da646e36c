#include "node/host/host_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "node/host/host_script.h"

/* Where files wait for their turn, in the folder that they are for. */
#define NEXT ".quorate-next"

static const struct host_command plain = {0};

static const char *
path_next(struct arena *mem, const char *path)
{
    return arena_printf(mem, "%s/" NEXT "/%s", path_dir(mem, path), path_name(path));
}

/* All files of one folder by one process, one rename right behind the other: who reads a certificate and its key at that
 * moment hardly ever finds them unlike. */
#define TURN                                                                                       \
    "turn() {\n"                                                                                   \
    "    for f; do\n"                                                                              \
    "        p=${f%/*}\n"                                                                          \
    "        [ -d \"$p/" NEXT "\" ] || continue\n"                                                 \
    "        mv -f -t \"$p\" -- \"$p/" NEXT "\"/* || return 1\n"                                   \
    "        rmdir -- \"$p/" NEXT "\" && sync -- \"$p\" || return 1\n"                             \
    "    done\n"                                                                                   \
    "}\n"

#define CLEAR                                                                                      \
    "clear_next() {\n"                                                                             \
    "    for f; do rm -rf -- \"${f%/*}/" NEXT "\" || return 1; done\n"                             \
    "}\n"

static bool
paths_check(const char *const *paths, size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        if (!host_path_check(paths[i], e))
            return false;
    }
    return count <= HOST_FILES_MOST ||
           error_set(e, ERROR_LIMIT, "%zu files are more than %d", count, HOST_FILES_MOST);
}

/* A script over the files: $1 is 'first', the paths follow. */
static bool
script_run(struct arena *mem, const struct host *host, const char *script, const char *first,
           const char *const *paths, size_t count, struct host_result *ret_result, struct error *e)
{
    const char *rest[HOST_FILES_MOST + 1] = {NULL};

    if (!paths_check(paths, count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        rest[i] = paths[i];
    return host_script(mem, host, script, first, rest, &plain, ret_result, e);
}

static void
paths_of(const struct host_files_item *items, size_t count, const char **ret_paths)
{
    for (size_t i = 0; i < count && i < HOST_FILES_MOST; i++)
        ret_paths[i] = items[i].path;
}

/* --- keeping --- */

/* Each as its number, "N.absent" for nothing, and in "N.dirs" how many directories above it are missing. The last that
 * is written is "complete". */
static const char keep_script[] =
    "d=$1; shift\n"
    "[ ! -e \"$d/complete\" ] || exit 0\n"
    "umask 077; mkdir -p -- \"$d\" && chmod 700 -- \"$d\" || exit 1\n"
    "n=0\n"
    "for f; do\n"
    "    n=$((n + 1)); p=${f%/*}; k=0\n"
    "    [ ! -L \"$f\" ] || { echo \"'$f' is a symbolic link\" >&2; exit 1; }\n"
    "    [ ! -d \"$f\" ] || { echo \"'$f' is a directory\" >&2; exit 1; }\n"
    "    while [ -n \"$p\" ] && [ ! -d \"$p\" ]; do k=$((k + 1)); p=${p%/*}; done\n"
    "    echo $k >\"$d/$n.dirs\" && rm -f -- \"$d/$n\" \"$d/$n.absent\" || exit 1\n"
    "    if [ -e \"$f\" ]; then\n"
    "        cp -p --preserve=all -- \"$f\" \"$d/$n\" && sync -- \"$d/$n\" || exit 1\n"
    "    else\n"
    "        : >\"$d/$n.absent\" || exit 1\n"
    "    fi\n"
    "done\n"
    ": >\"$d/complete\" && sync -- \"$d\"\n";

/* First all copies, then all renames, so that a full disk changes nothing. */
static const char put_back_script[] =
    TURN CLEAR "d=$1; shift\n"
               "clear_next \"$@\" || exit 1\n"
               "[ -e \"$d/complete\" ] || { rm -rf -- \"$d\"; exit 0; }\n"
               "umask 077; n=0\n"
               "for f; do\n"
               "    n=$((n + 1)); p=${f%/*}\n"
               "    [ -e \"$d/$n.absent\" ] || {\n"
               "        mkdir -p -- \"$p/" NEXT "\" &&\n"
               "            cp -p --preserve=all -- \"$d/$n\" \"$p/" NEXT "/${f##*/}\" || exit 1\n"
               "    }\n"
               "done\n"
               "turn \"$@\" || exit 1\n"
               "n=0\n"
               "for f; do\n"
               "    n=$((n + 1)); p=${f%/*}; k=$(cat \"$d/$n.dirs\") || exit 1\n"
               "    [ ! -e \"$d/$n.absent\" ] || rm -f -- \"$f\" || exit 1\n"
               "    [ ! -d \"$p\" ] || sync -- \"$p\" || exit 1\n"
               "    while [ \"$k\" -gt 0 ]; do\n"
               "        [ ! -d \"$p\" ] || rmdir --ignore-fail-on-non-empty -- \"$p\" || exit 1\n"
               "        k=$((k - 1)); p=${p%/*}\n"
               "    done\n"
               "done\n"
               "rm -rf -- \"$d\"\n";

bool
host_files_put_back(const struct host *host, const char *keeping, const char *const *paths,
                    size_t count, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_result result;

    return script_run(&tmp, host, put_back_script, keeping, paths, count, &result, e);
}

/* --- replacing --- */

static const char dirs_script[] =
    CLEAR "shift; umask 022\n"
          "for f; do mkdir -p -- \"${f%/*}\" || exit 1; done\n"
          "clear_next \"$@\" || exit 1\n"
          "umask 077\n"
          "for f; do mkdir -p -- \"${f%/*}/" NEXT "\" || exit 1; done\n";

/* The first is the keeping, which has to be complete. */
static const char rename_script[] = TURN
    "[ -e \"$1/complete\" ] || exit 96\n"
    "shift\n"
    "for f; do\n"
    "    [ -f \"${f%/*}/" NEXT "/${f##*/}\" ] || { echo \"'$f' has not arrived\" >&2; exit 1; }\n"
    "done\n"
    "turn \"$@\"\n";

static bool
item_send(const struct host *host, const struct host_files_item *item, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_FD fd = -1;
    const struct host_file_new file = {.path = path_next(&tmp, item->path), .like = &item->like};
    uint64_t size;

    if (!file_open(item->from, O_RDONLY, 0, &fd, e) || !file_size(fd, item->from, &size, e))
        return false;
    if (size > HOST_FILES_MOST_BYTES)
        return error_set(e, ERROR_LIMIT, "'%s' is larger than %d bytes", item->from,
                         HOST_FILES_MOST_BYTES);
    return host_file_send(host, &file, fd, size, item->from, NULL, e);
}

bool
host_files_replace(const struct host *host, const char *keeping,
                   const struct host_files_item *items, size_t count, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *paths[HOST_FILES_MOST] = {NULL};
    struct host_result result;

    paths_of(items, count, paths);
    if (!script_run(&tmp, host, keep_script, keeping, paths, count, &result, e) ||
        !script_run(&tmp, host, dirs_script, keeping, paths, count, &result, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!item_send(host, &items[i], e))
            return error_wrap(e, "'%s'", items[i].path);
    }
    return script_run(&tmp, host, rename_script, keeping, paths, count, &result, e);
}

/* --- looking --- */

/* A line for each: SHA-256, UID:GID, mode; or "-". */
static const char look_script[] =
    "shift\n"
    "for f; do\n"
    "    if [ -f \"$f\" ] && [ ! -L \"$f\" ]; then\n"
    "        sum=$(sha256sum <\"$f\") && own=$(stat -c %u:%g:%a -- \"$f\") || exit 1\n"
    "        printf '%s %s\\n' \"${sum%% *}\" \"$own\"\n"
    "    else\n"
    "        echo -\n"
    "    fi\n"
    "done\n";

/* Of a key as well: its digest tells nothing that could be guessed, and stays in this process. */
static bool
file_digest(const char *path, char ret_hex[2 * SHA256_SIZE + 1], struct error *e)
{
    AUTO_FD fd = -1;
    AUTO_SHA256 digest = sha256_new();
    uint8_t part[4096], sum[SHA256_SIZE];
    ssize_t got;

    if (!file_open(path, O_RDONLY, 0, &fd, e))
        return false;
    while ((got = read(fd, part, sizeof(part))) > 0)
        sha256_update(digest, part, (size_t)got);
    explicit_bzero(part, sizeof(part));
    if (got < 0)
        return error_set_errno(e, errno, "'%s'", path);
    sha256_finish(digest, sum);
    hex_encode(sum, sizeof(sum), ret_hex);
    return true;
}

static bool
item_line(struct arena *mem, const struct host_files_item *item, const char **ret_line,
          struct error *e)
{
    char hex[2 * SHA256_SIZE + 1];

    if (!file_digest(item->from, hex, e))
        return false;
    *ret_line = arena_printf(mem, "%s %u:%u:%o", hex, item->like.uid, item->like.gid,
                             (unsigned)item->like.mode);
    return true;
}

bool
host_files_are(const struct host *host, const struct host_files_item *items, size_t count,
               bool *ret_are, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *paths[HOST_FILES_MOST] = {NULL};
    struct host_result result;
    bool are = true;
    char *rest;

    paths_of(items, count, paths);
    if (!script_run(&tmp, host, look_script, "/", paths, count, &result, e))
        return false;
    rest = arena_text_of_bytes(&tmp, result.out);
    for (size_t i = 0; i < count; i++) {
        const char *line = strsep(&rest, "\n");
        const char *wanted;

        if (!item_line(&tmp, &items[i], &wanted, e))
            return false;
        are = are && line != NULL && strcmp(line, wanted) == 0;
    }
    *ret_are = are;
    return true;
}
