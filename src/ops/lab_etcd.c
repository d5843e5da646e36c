#include "ops/lab_etcd.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/spawn.h"

enum { VERSION_TIMEOUT_MS = 10000, VERSION_OUTPUT_MOST = 4096 };

bool
lab_etcd_version_fits(const char *version, const char *wanted)
{
    size_t length = strlen(wanted);

    if (wanted[0] == 'v')
        return lab_etcd_version_fits(version, wanted + 1);
    return strncmp(version, wanted, length) == 0 &&
           (version[length] == '\0' || version[length] == '.');
}

static bool
is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* Numbers compare as numbers: 3.5.9 before 3.5.30. */
static int
version_compare(const char *a, const char *b)
{
    return strverscmp(a, b);
}

static bool
version_ask(struct arena *mem, const char *path, const char **ret_version, struct error *e)
{
    static const char intro[] = "etcd Version: ";
    const char *const argv[] = {path, "--version", NULL};
    struct spawn_request request = {
        .argv = argv, .timeout_ms = VERSION_TIMEOUT_MS, .output_max = VERSION_OUTPUT_MOST};
    struct spawn_result result;
    const char *text;

    if (!spawn_run(mem, &request, &result, e))
        return false;
    text = (const char *)result.out.data;
    if (strncmp(text, intro, sizeof(intro) - 1) != 0)
        return error_set(e, ERROR_FAILED, "'%s --version' does not say \"%s...\"", path, intro);
    text += sizeof(intro) - 1;
    *ret_version = arena_text_of_bytes(mem, bytes_of(text, strcspn(text, "\n")));
    return true;
}

static bool
find_by_path(struct arena *mem, const char *wanted, const char **ret_path, struct error *e)
{
    const char *path;
    struct stat st;

    if (!path_absolute(mem, wanted, &path, e))
        return false;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        path = path_join(mem, path, "etcd");
    if (!is_program(path))
        return error_set(e, ERROR_NOT_FOUND, "no etcd program at '%s'", path);
    *ret_path = path;
    return true;
}

/* The newest that fits in $QUORATE_ETCDS, or NULL; what is there goes to 'seen'. */
static const char *
find_in_folder(struct arena *mem, const char *wanted, struct buf *seen)
{
    const char *folder = getenv("QUORATE_ETCDS");
    const char *found = NULL;
    struct error ignored = ERROR_INIT;
    const char **names;
    size_t count;

    if (folder == NULL || !dir_list(mem, folder, &names, &count, &ignored))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        bool fits = wanted == NULL || lab_etcd_version_fits(names[i], wanted);

        if (!is_program(arena_printf(mem, "%s/%s/etcd", folder, names[i])))
            continue;
        buf_printf(seen, "%s%s", seen->size > 0 ? ", " : "", names[i]);
        if (fits && (found == NULL || version_compare(names[i], found) > 0))
            found = names[i];
    }
    return found == NULL ? NULL : arena_printf(mem, "%s/%s/etcd", folder, found);
}

static const char *
find_in_path(struct arena *mem)
{
    const char *path = getenv("PATH");

    while (path != NULL && *path != '\0') {
        size_t length = strcspn(path, ":");
        const char *dir = arena_text_of_bytes(mem, bytes_of(path, length));
        const char *program = path_join(mem, dir, "etcd");

        if (dir[0] == '/' && is_program(program))
            return program;
        path += length + (path[length] == ':');
    }
    return NULL;
}

static bool
none_found(const char *wanted, const char *version_in_path, const char *seen, struct error *e)
{
    if (wanted == NULL)
        error_set_(e, ERROR_NOT_FOUND, 0, "no etcd program in PATH");
    else if (version_in_path != NULL)
        error_set_(e, ERROR_NOT_FOUND, 0, "no etcd %s: the one in PATH is %s", wanted,
                   version_in_path);
    else
        error_set_(e, ERROR_NOT_FOUND, 0, "no etcd %s in PATH", wanted);
    if (seen[0] != '\0')
        return error_hint(e, "versions in QUORATE_ETCDS: %s", seen);
    return error_hint(e, "give a program with --etcd PATH, or a folder of VERSION/etcd in "
                         "QUORATE_ETCDS; Debian has it in the package etcd-server");
}

bool
lab_etcd_find(struct arena *mem, const char *wanted, struct lab_etcd *ret_etcd, struct error *e)
{
    AUTO_BUF seen = BUF_INIT;
    const char *path = NULL;
    const char *version = NULL;
    const char *relative;

    if (wanted != NULL && strchr(wanted, '/') != NULL) {
        if (!find_by_path(mem, wanted, &path, e) || !version_ask(mem, path, &version, e))
            return false;
    } else {
        path = find_in_folder(mem, wanted, &seen);
        if (path == NULL)
            path = find_in_path(mem);
        if (path != NULL && !version_ask(mem, path, &version, e))
            return false;
        if (path == NULL || (wanted != NULL && !lab_etcd_version_fits(version, wanted)))
            return none_found(wanted, version, buf_text(&seen), e);
    }
    relative = path;
    if (!path_absolute(mem, relative, &path, e))
        return false;
    *ret_etcd = (struct lab_etcd){path, version};
    return true;
}
