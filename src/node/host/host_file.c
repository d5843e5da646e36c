#include "node/host/host_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/number.h"
#include "node/host/host_script.h"

enum { LABEL_LINE = 7, LOOK_LINES = 8, LIST_MOST = 4 << 20 };

static const struct host_command plain = {0};

/* A line each, in the order of LOOK_LINES; stat fails for a label where there are none. */
static const char look_script[] = "stat -c '%f\n%u\n%g\n%U\n%G\n%s\n%.3Y' -- \"$1\" || exit 1\n"
                                  "label=$(stat -c %C -- \"$1\" 2>/dev/null) || label='?'\n"
                                  "printf '%s\\n' \"$label\"\n"
                                  "[ ! -L \"$1\" ] || readlink -n -- \"$1\"\n";

static enum host_file_kind
kind_of(uint32_t mode)
{
    if (S_ISREG(mode))
        return HOST_FILE;
    if (S_ISDIR(mode))
        return HOST_DIR;
    return S_ISLNK(mode) ? HOST_LINK : HOST_OTHER;
}

/* Splits the first lines off; what follows them is the last part. */
static bool
lines_split(struct arena *mem, struct bytes text, char *ret_lines[LOOK_LINES + 1])
{
    char *at = arena_text_of_bytes(mem, text);

    for (size_t i = 0; i < LOOK_LINES; i++) {
        char *end = strchr(at, '\n');

        if (end == NULL)
            return false;
        *end = '\0';
        ret_lines[i] = at;
        at = end + 1;
    }
    ret_lines[LOOK_LINES] = at;
    return true;
}

static bool
look_decode(struct arena *mem, struct bytes text, struct host_file *ret_file, struct error *e)
{
    char *lines[LOOK_LINES + 1];
    uint64_t mode;
    double mtime;

    if (!lines_split(mem, text, lines) || !number_parse_id(lines[0], &mode, e) ||
        !number_parse_u32(lines[1], &ret_file->uid, e) ||
        !number_parse_u32(lines[2], &ret_file->gid, e) ||
        !number_parse_u64(lines[5], &ret_file->size_bytes, e) ||
        !number_parse_f64(lines[6], &mtime, e))
        return error_set(e, ERROR_FORMAT, "stat printed something else than asked for: %s",
                         (const char *)text.data);
    ret_file->kind = kind_of((uint32_t)mode);
    ret_file->owner = lines[3];
    ret_file->group = lines[4];
    ret_file->mode = (mode_t)mode & 07777;
    ret_file->mtime_ms = (int64_t)(mtime * 1000 + 0.5);
    ret_file->label = strcmp(lines[LABEL_LINE], "?") == 0 ? NULL : lines[LABEL_LINE];
    ret_file->target = ret_file->kind == HOST_LINK ? lines[LOOK_LINES] : NULL;
    return true;
}

bool
host_file_look(struct arena *mem, const struct host *host, const char *path,
               struct host_file *ret_file, struct error *e)
{
    struct host_file file = {0};
    struct host_result result;

    if (!host_script(mem, host, look_script, path, NULL, &plain, &result, e)) {
        if (e->code != ERROR_NOT_FOUND || e->cause != NULL)
            return false;
        error_clear(e);
        *ret_file = file;
        return true;
    }
    if (!look_decode(mem, result.out, &file, e))
        return error_wrap(e, "%s: '%s'", host_name(host), path);
    *ret_file = file;
    return true;
}

bool
host_file_read(struct arena *mem, const struct host *host, const char *path, size_t most_bytes,
               struct bytes *ret_content, struct error *e)
{
    static const char script[] = "[ ! -d \"$1\" ] || exit 91\n"
                                 "exec cat -- \"$1\"\n";
    struct host_command command = {.output_most = most_bytes + 1};
    struct host_result result;

    if (!host_script(mem, host, script, path, NULL, &command, &result, e))
        return false;
    if (result.cut || result.out.size > most_bytes)
        return error_set(e, ERROR_LIMIT, "%s: '%s' is larger than %zu bytes", host_name(host), path,
                         most_bytes);
    *ret_content = result.out;
    return true;
}

bool
host_file_remove(const struct host *host, const char *path, struct error *e)
{
    static const char script[] = "[ -L \"$1\" ] || [ ! -d \"$1\" ] || exit 91\n"
                                 "[ -e \"$2\" ] || exit 0\n"
                                 "rm -f -- \"$1\" && sync -- \"$2\"\n";
    AUTO_ARENA tmp = ARENA_INIT;
    const char *const rest[] = {path_dir(&tmp, path), NULL};
    struct host_result result;

    return host_script(&tmp, host, script, path, rest, &plain, &result, e);
}

bool
host_dir_make(const struct host *host, const char *path, const struct host_file *like,
              struct error *e)
{
    static const char script[] = "[ ! -d \"$1\" ] || exit 0\n"
                                 "umask 022; mkdir -p -- \"$2\" || exit 1\n"
                                 "umask 077; mkdir -- \"$1\" || exit 1\n"
                                 "chown -- \"$3\" \"$1\" && chmod -- \"$4\" \"$1\" || exit 1\n"
                                 "[ -z \"$5\" ] || chcon -- \"$5\" \"$1\" || exit 1\n"
                                 "[ \"$(stat -c %u:%g:%a -- \"$1\")\" = \"$3:$4\" ] || exit 97\n"
                                 "sync -- \"$1\" \"$2\"\n";
    AUTO_ARENA tmp = ARENA_INIT;
    const char *const rest[] = {
        path_dir(&tmp, path), arena_printf(&tmp, "%u:%u", like->uid, like->gid),
        arena_printf(&tmp, "%o", like->mode), like->label != NULL ? like->label : "", NULL};
    struct host_result result;

    return host_script(&tmp, host, script, path, rest, &plain, &result, e);
}

static int
name_compare(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;

    return strcmp(*left, *right);
}

bool
host_dir_list(struct arena *mem, const struct host *host, const char *path, const char ***ret_names,
              size_t *ret_count, struct error *e)
{
    static const char script[] = "exec find \"$1/\" -mindepth 1 -maxdepth 1 -printf '%f\\0'\n";
    struct host_command command = {.output_most = LIST_MOST};
    ARRAY(const char *) names = ARRAY_INIT;
    struct host_result result;

    if (!host_script(mem, host, script, path, NULL, &command, &result, e))
        return false;
    if (result.cut)
        return error_set(e, ERROR_LIMIT, "%s: '%s' has too many entries", host_name(host), path);
    for (size_t at = 0; at < result.out.size;) {
        const char *name = (const char *)result.out.data + at;

        *ARRAY_PUSH(mem, &names) = name;
        at += strlen(name) + 1;
    }
    if (names.count > 1)
        qsort(names.items, names.count, sizeof(*names.items), name_compare);
    *ret_names = names.items;
    *ret_count = names.count;
    return true;
}
