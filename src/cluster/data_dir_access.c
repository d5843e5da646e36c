/* May the user that etcd runs as go there, is anybody in the way, and is there room? */
#include <inttypes.h>
#include <sys/stat.h>

#include "cluster/data_dir_judging.h"
#include "format/wal/wal_segment.h"

enum { DIR_MODE = 0700 };

/* A log segment that is made ahead of time, and as much again for what a member writes meanwhile. */
#define ROOM_BYTES (2ull * WAL_SEGMENT_SIZE_BYTES)

static bool
is_in_group(const struct user_picture *user, gid_t gid)
{
    for (size_t i = 0; i < user->group_count; i++) {
        if (user->groups[i] == gid)
            return true;
    }
    return false;
}

/* The bits (4 read, 2 write, 1 execute or pass) that a user has; root may pass and read all. */
static unsigned
bits_of(const struct user_picture *user, const struct path_picture *path)
{
    if (user->uid == 0)
        return 7;
    if (user->uid == path->uid)
        return path->mode >> 6 & 7;
    if (is_in_group(user, path->gid))
        return path->mode >> 3 & 7;
    return path->mode & 7;
}

static unsigned
bits_needed(enum path_use use)
{
    switch (use) {
    case PATH_WAY:
        return 1;
    case PATH_DIR:
        return 7;
    case PATH_FILE:
        return 6;
    case PATH_INPUT:
        break;
    }
    return 4;
}

static const char *
bits_word(unsigned missing)
{
    if ((missing & 2) != 0)
        return (missing & 4) != 0 ? "read and write" : "write to";
    return (missing & 4) != 0 ? "read" : "pass through";
}

static const char *
path_evidence(const struct judging *j, const struct path_picture *path)
{
    return arena_printf(j->mem, "owner %lld, group %lld, mode %04o", (long long)path->uid,
                        (long long)path->gid, (unsigned)(path->mode & 07777));
}

/* One finding for all that lies in the directory: a wrong owner is wrong everywhere. */
static bool
refused_add(struct judging *j, const struct path_picture *path, unsigned missing)
{
    const struct user_picture *user = &j->picture->user;
    struct dir_finding *f = judging_add(j, "permission", SEVERITY_STOP, "user %s may not %s '%s'",
                                        user->name, bits_word(missing), path->path);

    f->evidence = path_evidence(j, path);
    if (path->use == PATH_WAY) {
        f->remedy = "let that user pass through the directory";
        f->command = arena_printf(j->mem, "chmod o+x '%s'", path->path);
    } else {
        f->remedy = "give all of the directory to the user that etcd runs as";
        f->command = arena_printf(j->mem, "chown -R %s '%s'", user->name, j->picture->path);
    }
    return true;
}

static void
rule_permission(struct judging *j)
{
    const struct data_dir_picture *picture = j->picture;

    for (size_t i = 0; i < picture->path_count; i++) {
        const struct path_picture *path = &picture->paths[i];
        unsigned missing;

        if (path->state == FACT_UNKNOWN) {
            judging_add(j, "permission", SEVERITY_BLIND, "'%s' cannot be looked at: %s", path->path,
                        path->because)
                ->remedy = "run the check as root, or as the user that etcd runs as";
            return;
        }
        if (path->state != FACT_KNOWN || picture->user_state != FACT_KNOWN)
            continue;
        missing = bits_needed(path->use) & ~bits_of(&picture->user, path);
        if (missing != 0 && refused_add(j, path, missing))
            return;
    }
}

/* etcd warns of any other mode and goes on. */
static void
rule_mode(struct judging *j)
{
    for (size_t i = 0; i < j->picture->path_count; i++) {
        const struct path_picture *path = &j->picture->paths[i];
        struct dir_finding *f;

        if (path->use != PATH_DIR || path->state != FACT_KNOWN || (path->mode & 077) == 0)
            continue;
        f = judging_add(j, "mode", SEVERITY_NOTE, "'%s' is open to others than its owner",
                        path->path);
        f->evidence = path_evidence(j, path);
        f->remedy = "the database holds all keys in the clear: 0700 is what etcd wants";
        f->command = arena_printf(j->mem, "chmod %04o '%s'", DIR_MODE, path->path);
        return;
    }
}

static void
lock_judge(struct judging *j, const char *rule, const char *what, const struct lock_picture *lock)
{
    struct dir_finding *f;

    if (lock->state == FACT_UNKNOWN || !lock->is_held)
        return;
    f = judging_add(j, rule, SEVERITY_STOP, "%s is in use by %s", what,
                    lock->holder[0] != '\0' ? lock->holder : "another process");
    f->remedy =
        "the member runs: ask it ('quorate status'), or stop it before anything else is done "
        "here; a second etcd would wait for the lock";
}

static void
rules_of_locks(struct judging *j)
{
    lock_judge(j, "db-locked", "the database", &j->picture->db_lock);
    if (!j->picture->db_lock.is_held)
        lock_judge(j, "log-locked", "the log", &j->picture->wal_lock);
}

static void
space_judge(struct judging *j, const struct space_picture *space)
{
    struct dir_finding *f;

    if (space->state != FACT_KNOWN)
        return;
    if (space->is_read_only) {
        f = judging_add(j, "read-only", SEVERITY_STOP,
                        "the file system of '%s' is mounted read-only", space->path);
        f->remedy = "look for disk errors in the kernel's log, then mount it for writing";
    } else if (space->free_bytes < ROOM_BYTES) {
        f = judging_add(j, "space", SEVERITY_NOTE, "%" PRIu64 " MB free below '%s'",
                        space->free_bytes / 1000000, space->path);
        f->evidence = "each segment of the log takes 64 MB ahead of time";
        f->remedy = "make room before the member starts: it ends when it cannot write its log";
    }
}

void
rules_of_access(struct judging *j)
{
    rule_permission(j);
    rule_mode(j);
    rules_of_locks(j);
    space_judge(j, &j->picture->db_space);
    if (j->picture->wal_space.state == FACT_KNOWN &&
        (j->picture->db_space.state != FACT_KNOWN ||
         j->picture->wal_space.free_bytes != j->picture->db_space.free_bytes))
        space_judge(j, &j->picture->wal_space);
}

static const char *
leftover_words(enum leftover_kind kind)
{
    switch (kind) {
    case LEFTOVER_DEFRAG:
        return "a defragmentation that was cut short; etcd removes it";
    case LEFTOVER_DOWNLOAD:
        return "a database that did not arrive whole; etcd removes it";
    case LEFTOVER_BROKEN:
        return "put aside by etcd when it met damage; it does not read it again";
    case LEFTOVER_STAGE:
        return "a restore that was cut short";
    case LEFTOVER_UNKNOWN:
        break;
    }
    return "nothing of etcd's; etcd ignores it";
}

static void
rule_snap_db(struct judging *j)
{
    const struct db_picture *db = &j->picture->db;

    for (size_t i = 0; i < j->picture->snap_db_count; i++) {
        const struct snap_db_picture *received = &j->picture->snap_dbs[i];

        if (db->info_state == FACT_KNOWN && received->index <= db->info.consistent_index)
            judging_add(j, "leftover", SEVERITY_NOTE,
                        "'%s': a database from the leader that the member has gone past",
                        received->name)
                ->remedy = "etcd removes it with its next raft snapshot";
    }
}

void
rules_of_files(struct judging *j)
{
    rule_snap_db(j);
    for (size_t i = 0; i < j->picture->leftover_count; i++) {
        const struct leftover_picture *leftover = &j->picture->leftovers[i];
        struct dir_finding *f = judging_add(j, "leftover", SEVERITY_NOTE, "'%s': %s",
                                            leftover->path, leftover_words(leftover->kind));

        if (leftover->size_bytes > 0)
            f->evidence = arena_printf(j->mem, "%" PRIu64 " bytes", leftover->size_bytes);
        f->remedy = leftover->kind == LEFTOVER_BROKEN || leftover->kind == LEFTOVER_UNKNOWN
                        ? "move it elsewhere when it is not needed to find out what happened"
                        : "it may be removed while no member runs here";
    }
}
