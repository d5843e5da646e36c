/* Who owns what in a data directory, who may use it, what room there is, what else lies there. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/io.h"
#include "base/number.h"
#include "format/raft/raft_snap.h"
#include "format/wal/wal_segment.h"
#include "ops/data_dir_reading.h"

enum { GROUPS_MOST = 1024 };

size_t
data_dir_names(struct arena *mem, const char *path, const char ***ret_names)
{
    struct error ignored = ERROR_INIT;
    size_t count;

    return dir_list(mem, path, ret_names, &count, &ignored) ? count : 0;
}

static bool
user_find(const char *user, uid_t *ret_uid, struct error *e)
{
    struct error ignored = ERROR_INIT;
    const struct passwd *entry = getpwnam(user);
    uint32_t number;

    if (entry != NULL) {
        *ret_uid = entry->pw_uid;
        return true;
    }
    if (!number_parse_u32(user, &number, &ignored))
        return error_set(e, ERROR_USAGE, "--user: there is no user '%s' on this machine", user);
    *ret_uid = number;
    return true;
}

static void
groups_read(struct arena *mem, const struct passwd *entry, struct user_picture *user)
{
    gid_t *groups = arena_alloc(mem, GROUPS_MOST * sizeof(*groups));
    int count = GROUPS_MOST;

    user->groups = groups;
    if (getgrouplist(entry->pw_name, entry->pw_gid, groups, &count) < 0)
        count = GROUPS_MOST;
    user->group_count = (size_t)count;
}

bool
data_dir_read_user(struct arena *mem, const struct data_dir *dir, const char *user,
                   struct data_dir_picture *picture, struct error *e)
{
    const struct passwd *entry;
    struct stat st;

    if (user != NULL) {
        if (!user_find(user, &picture->user.uid, e))
            return false;
    } else if (stat(path_join(mem, dir->path, "member"), &st) == 0 || stat(dir->path, &st) == 0) {
        picture->user.uid = st.st_uid;
    } else {
        return true;
    }
    picture->user_state = FACT_KNOWN;
    picture->user.name = arena_printf(mem, "%lld", (long long)picture->user.uid);
    entry = getpwuid(picture->user.uid);
    if (entry != NULL) {
        picture->user.name = arena_text(mem, entry->pw_name);
        groups_read(mem, entry, &picture->user);
    }
    return true;
}

struct looking {
    struct arena *mem;
    ARRAY(struct path_picture) paths;
};

static void
path_look(struct looking *l, const char *path, enum path_use use)
{
    struct path_picture *found = ARRAY_PUSH(l->mem, &l->paths);
    struct stat st;

    *found = (struct path_picture){.path = path, .use = use};
    if (stat(path, &st) == 0) {
        found->state = FACT_KNOWN;
        found->mode = st.st_mode;
        found->uid = st.st_uid;
        found->gid = st.st_gid;
    } else if (errno == ENOENT) {
        found->state = FACT_ABSENT;
    } else {
        found->because = arena_text(l->mem, strerror(errno));
    }
}

/* The directories above, the highest first. */
static void
ways_look(struct looking *l, const char *path)
{
    const char *above = path_dir(l->mem, path);

    if (strcmp(above, path) == 0)
        return;
    ways_look(l, above);
    path_look(l, above, PATH_WAY);
}

static void
files_look(struct looking *l, const char *dir)
{
    const char **names;
    size_t count = data_dir_names(l->mem, dir, &names);
    uint64_t ignored[2];

    for (size_t i = 0; i < count; i++) {
        const char *path = path_join(l->mem, dir, names[i]);

        if (wal_segment_parse_name(names[i], &ignored[0], &ignored[1]) ||
            data_dir_snap_db_parse(names[i], &ignored[0]) || strcmp(names[i], "db") == 0)
            path_look(l, path, PATH_FILE);
        else if (raft_snap_parse_name(names[i], &ignored[0], &ignored[1]))
            path_look(l, path, PATH_INPUT);
    }
}

static void
space_read(const char *path, struct space_picture *space)
{
    struct statvfs st;

    if (statvfs(path, &st) != 0)
        return;
    *space = (struct space_picture){
        .state = FACT_KNOWN,
        .path = path,
        .free_bytes = (uint64_t)st.f_bavail * st.f_frsize,
        .is_read_only = (st.f_flag & ST_RDONLY) != 0,
    };
}

void
data_dir_read_access(struct arena *mem, const struct data_dir *dir,
                     struct data_dir_picture *picture)
{
    struct looking l = {.mem = mem};
    const char *member = path_join(mem, dir->path, "member");

    ways_look(&l, dir->path);
    path_look(&l, dir->path, PATH_DIR);
    path_look(&l, member, PATH_DIR);
    path_look(&l, dir->snap_dir, PATH_DIR);
    if (strcmp(path_dir(mem, dir->wal_dir), member) != 0)
        ways_look(&l, dir->wal_dir);
    path_look(&l, dir->wal_dir, PATH_DIR);
    files_look(&l, dir->snap_dir);
    files_look(&l, dir->wal_dir);
    picture->paths = l.paths.items;
    picture->path_count = l.paths.count;
    space_read(path_exists(dir->snap_dir) ? dir->snap_dir : dir->path, &picture->db_space);
    if (path_exists(dir->wal_dir))
        space_read(dir->wal_dir, &picture->wal_space);
}

struct sweeping {
    struct arena *mem;
    ARRAY(struct leftover_picture) items;
};

static bool
starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool
ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);

    return size >= strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

static void
leftover_add(struct sweeping *s, const char *dir, const char *name, enum leftover_kind kind)
{
    const char *path = path_join(s->mem, dir, name);
    struct stat st;

    *ARRAY_PUSH(s->mem, &s->items) = (struct leftover_picture){
        .path = path,
        .kind = kind,
        .size_bytes = lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0,
    };
}

static bool
is_spare_segment(const char *name)
{
    size_t digits = strspn(name, "0123456789");

    return digits > 0 && strcmp(name + digits, ".tmp") == 0;
}

static void
snap_dir_sweep(struct sweeping *s, const char *dir)
{
    const char **names;
    size_t count = data_dir_names(s->mem, dir, &names);
    uint64_t ignored[2];

    for (size_t i = 0; i < count; i++) {
        const char *name = names[i];

        if (strcmp(name, "db") == 0 || raft_snap_parse_name(name, &ignored[0], &ignored[1]) ||
            data_dir_snap_db_parse(name, &ignored[0]))
            continue;
        leftover_add(s, dir, name,
                     starts_with(name, "db.tmp")  ? LEFTOVER_DEFRAG
                     : starts_with(name, "tmp")   ? LEFTOVER_DOWNLOAD
                     : ends_with(name, ".broken") ? LEFTOVER_BROKEN
                                                  : LEFTOVER_UNKNOWN);
    }
}

static void
wal_dir_sweep(struct sweeping *s, const char *dir)
{
    const char **names;
    size_t count = data_dir_names(s->mem, dir, &names);
    uint64_t ignored[2];

    for (size_t i = 0; i < count; i++) {
        if (!wal_segment_parse_name(names[i], &ignored[0], &ignored[1]) &&
            !is_spare_segment(names[i]))
            leftover_add(s, dir, names[i],
                         ends_with(names[i], ".broken") ? LEFTOVER_BROKEN : LEFTOVER_UNKNOWN);
    }
}

/* All names but those two; wal.tmp is etcd's log before it is complete. */
static void
dir_sweep(struct sweeping *s, const char *dir, const char *known, const char *also_known)
{
    const char **names;
    size_t count = data_dir_names(s->mem, dir, &names);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], known) != 0 && strcmp(names[i], also_known) != 0)
            leftover_add(s, dir, names[i],
                         starts_with(names[i], ".restore-") || strcmp(names[i], "wal.tmp") == 0
                             ? LEFTOVER_STAGE
                             : LEFTOVER_UNKNOWN);
    }
}

static void
stages_sweep(struct sweeping *s, const char *place)
{
    const char *above = path_dir(s->mem, place);
    const char *start = arena_printf(s->mem, ".%s.restore-", path_name(place));
    const char **names;
    size_t count = data_dir_names(s->mem, above, &names);

    for (size_t i = 0; i < count; i++) {
        if (starts_with(names[i], start))
            leftover_add(s, above, names[i], LEFTOVER_STAGE);
    }
}

void
data_dir_read_leftovers(struct arena *mem, const struct data_dir *dir,
                        struct data_dir_picture *picture)
{
    struct sweeping s = {.mem = mem};

    stages_sweep(&s, dir->path);
    dir_sweep(&s, dir->path, "member", "lost+found");
    dir_sweep(&s, path_join(mem, dir->path, "member"), "snap", "wal");
    snap_dir_sweep(&s, dir->snap_dir);
    wal_dir_sweep(&s, dir->wal_dir);
    picture->leftovers = s.items.items;
    picture->leftover_count = s.items.count;
}
