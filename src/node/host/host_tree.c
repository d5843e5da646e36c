#include "node/host/host_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "node/host/host_script.h"

enum { DEPTH_MOST = 16 };

static const struct host_command plain = {0};
/* Removing gigabytes takes its time. */
static const struct host_command patient = {.timeout_ms = HOST_STALL_MS, .despite_interrupt = true};

bool
host_tree_is_mount(const struct host *host, const char *path, bool *ret_is_mount, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *const argv[] = {"mountpoint", "-q", "--", path, NULL};
    struct host_result result;

    if (!host_run(&tmp, host, &(struct host_command){.argv = argv}, &result, e))
        return error_wrap(e, "'%s'", path);
    *ret_is_mount = result.exit_code == 0;
    return true;
}

bool
host_tree_move(const struct host *host, const char *from, const char *to, struct error *e)
{
    /* mv -n does not say that it has moved nothing. */
    static const char script[] =
        "[ ! -e \"$1\" ] && [ ! -L \"$1\" ] || exit 94\n"
        "stat -c %d -- \"$2\" \"$3\" \"$4\" >/dev/null || exit 1\n"
        "[ \"$(stat -c %d -- \"$2\")\" = \"$(stat -c %d -- \"$3\")\" ] || exit 95\n"
        "[ \"$(stat -c %d -- \"$2\")\" = \"$(stat -c %d -- \"$4\")\" ] || exit 93\n"
        "mv -T -n -- \"$2\" \"$1\" || exit 1\n"
        "[ ! -e \"$2\" ] && [ ! -L \"$2\" ] || exit 94\n"
        "sync -- \"$3\" \"$4\"\n";
    AUTO_ARENA tmp = ARENA_INIT;
    const char *const rest[] = {from, path_dir(&tmp, from), path_dir(&tmp, to), NULL};
    struct host_result result;

    return host_path_check(from, e) &&
           (host_script(&tmp, host, script, to, rest, &plain, &result, e) ||
            error_wrap(e, "move '%s' to '%s'", from, to));
}

static bool
removal_check(const char *path, struct error *e)
{
    static const char *const systems[] = {"/usr/",  "/bin/", "/sbin/", "/lib/", "/lib64/",
                                          "/boot/", "/dev/", "/proc/", "/sys/"};
    static const char *const folders[] = {
        "/var/lib", "/var/log",     "/var/run",     "/var/cache",      "/var/spool",
        "/etc/ssh", "/etc/systemd", "/run/systemd", "/etc/kubernetes", "/etc/default"};
    bool system = strchr(path + 1, '/') == NULL;

    if (!host_path_check(path, e))
        return false;
    for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++)
        system = system || strncmp(path, systems[i], strlen(systems[i])) == 0;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        system = system || strcmp(path, folders[i]) == 0;
    if (system)
        return error_set(e, ERROR_REFUSED,
                         "'%s' is a directory of the system's, and is not removed", path);
    return true;
}

bool
host_tree_remove(const struct host *host, const char *path, struct error *e)
{
    static const char script[] = "[ -e \"$1\" ] || [ -L \"$1\" ] || exit 0\n"
                                 "[ -L \"$1\" ] || [ \"$(stat -c %d -- \"$1\")\" = \"$(stat -c %d "
                                 "-- \"$2\")\" ] || exit 95\n"
                                 "rm -rf --one-file-system -- \"$1\" && sync -- \"$2\"\n";
    AUTO_ARENA tmp = ARENA_INIT;
    const char *const rest[] = {path_dir(&tmp, path), NULL};
    struct host_result result;

    return removal_check(path, e) &&
           host_script(&tmp, host, script, path, rest, &patient, &result, e);
}

/* One file or directory on its way; its name is relative to both ends. */
struct item {
    const char *name;
    mode_t mode;
    uint64_t size_bytes;
    bool is_dir;
};

struct delivery {
    const struct host *host;
    const char *local_dir;
    const char *staging;
    const struct host_file *like;
    ARRAY(struct item) items; /* a directory before what is in it */
    uint64_t total_bytes;
    uint64_t before_bytes; /* of the files that have been sent */
    const struct observer *observer;
    struct arena mem;
};

static void
delivery_release(struct delivery *d)
{
    arena_release(&d->mem);
}

static bool
survey(struct delivery *d, const char *name, int depth, struct error *e)
{
    const char *dir = path_join(&d->mem, d->local_dir, name);
    const char **names;
    size_t count;

    if (depth > DEPTH_MOST)
        return error_set(e, ERROR_LIMIT, "'%s': directories more than %d deep", dir, DEPTH_MOST);
    if (!dir_list(&d->mem, dir, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *inner =
            name[0] != '\0' ? arena_printf(&d->mem, "%s/%s", name, names[i]) : names[i];
        struct stat found;

        if (lstat(path_join(&d->mem, dir, names[i]), &found) != 0)
            return error_set_errno(e, errno, "'%s/%s'", dir, names[i]);
        if (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode))
            return error_set(e, ERROR_REFUSED, "'%s/%s' is neither a file nor a directory", dir,
                             names[i]);
        *ARRAY_PUSH(&d->mem, &d->items) =
            (struct item){.name = inner,
                          .mode = found.st_mode & 07777,
                          .is_dir = S_ISDIR(found.st_mode),
                          .size_bytes = S_ISREG(found.st_mode) ? (uint64_t)found.st_size : 0};
        d->total_bytes += S_ISREG(found.st_mode) ? (uint64_t)found.st_size : 0;
        if (S_ISDIR(found.st_mode) && !survey(d, inner, depth + 1, e))
            return false;
    }
    return true;
}

/* A file's progress as the whole's. */
static void
part_progress(void *context, const char *what, const char *unit, uint64_t done, uint64_t total)
{
    const struct delivery *d = context;

    (void)total;
    observer_progress(d->observer, what, unit, d->before_bytes + done, d->total_bytes);
}

static bool
item_send(struct delivery *d, const struct item *item, struct error *e)
{
    AUTO_FD fd = -1;
    struct host_file like = *d->like;
    const char *from = path_join(&d->mem, d->local_dir, item->name);
    struct host_file_new to = {.path = path_join(&d->mem, d->staging, item->name), .like = &like};
    struct observer part = {.context = d, .progress = part_progress};

    like.mode = item->mode;
    if (item->is_dir)
        return host_dir_make(d->host, to.path, &like, e);
    if (!file_open(from, O_RDONLY | O_NOFOLLOW, 0, &fd, e) ||
        !host_file_send(d->host, &to, fd, item->size_bytes, from, &part, e))
        return false;
    d->before_bytes += item->size_bytes;
    return true;
}

static bool
deliver(struct delivery *d, const char *path, struct error *e)
{
    if (!host_dir_make(d->host, d->staging, d->like, e))
        return false;
    for (size_t i = 0; i < d->items.count; i++) {
        if (!item_send(d, &d->items.items[i], e))
            return false;
    }
    return host_tree_move(d->host, d->staging, path, e);
}

static const char *
staging_path(struct arena *mem, const char *path, const char *word)
{
    return path_join(mem, path_dir(mem, path),
                     arena_printf(mem, ".%s.quorate-%s", path_name(path), word));
}

bool
host_tree_send_clear(const struct host *host, const char *path, const char *word, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return host_tree_remove(host, staging_path(&tmp, path, word), e);
}

bool
host_tree_send(const struct host *host, const char *local_dir, const char *path,
               const struct host_file *like, const char *word, const struct observer *observer,
               struct error *e)
{
    __attribute__((cleanup(delivery_release))) struct delivery d = {.host = host,
                                                                    .local_dir = local_dir,
                                                                    .like = like,
                                                                    .observer = observer,
                                                                    .mem = ARENA_INIT};
    struct error removal = ERROR_INIT;
    struct host_file there;

    if (!host_path_check(path, e) || !survey(&d, "", 0, e) ||
        !host_file_look(&d.mem, host, path, &there, e))
        return false;
    if (there.kind != HOST_NOTHING)
        return error_set(e, ERROR_EXISTS, "%s: '%s' is there already", host_name(host), path);
    d.staging = staging_path(&d.mem, path, word);
    if (!host_tree_remove(host, d.staging, e))
        return false;
    if (deliver(&d, path, e))
        return true;
    if (!host_tree_remove(host, d.staging, &removal))
        error_append_(e, "'%s' may be left there: %s", d.staging, removal.text);
    return false;
}
