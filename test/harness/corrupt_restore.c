#include "corrupt_restore.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/io.h"
#include "format/db_snapshot.h"
#include "ops/restore.h"

#define URL "http://127.0.0.1:2380"

static const char *
scratch_make(struct arena *mem)
{
    const char *parent = getenv("TMPDIR");
    char *dir = arena_printf(mem, "%s/corrupt-XXXXXX", parent != NULL ? parent : "/tmp");

    return mkdtemp(dir);
}

static bool
request_make(struct arena *mem, const char *snapshot, bool has_trailer,
             const struct restore_target *target, struct restore_request *ret_request,
             struct error *e)
{
    *ret_request = (struct restore_request){.snapshot_path = snapshot,
                                            .token = "campaign",
                                            .targets = target,
                                            .target_count = 1,
                                            .skip_hash_check = !has_trailer};
    return initial_cluster_parse(mem, "m1=" URL, &ret_request->cluster, e);
}

/* What is wrong with the database that a restore has made, or NULL. */
static const char *
database_judge(struct arena *mem, const char *data_dir)
{
    const struct db_snapshot_options options = {.allow_no_trailer = true};
    const char *path = arena_printf(mem, "%s/member/snap/db", data_dir);
    struct db_snapshot_report report;
    struct error e = ERROR_INIT;

    if (db_snapshot_verify(mem, path, &options, &report, &e) &&
        db_snapshot_require_good(&report, &e))
        return NULL;
    return arena_printf(mem, "what was restored is not sound: %s", e.text);
}

static const char *
leftover_judge(struct arena *mem, const char *scratch)
{
    struct error e = ERROR_INIT;
    bool empty = false;

    if (dir_is_empty(scratch, &empty, &e) && empty)
        return NULL;
    return arena_printf(mem, "a restore that failed left something in '%s'", scratch);
}

struct corrupt_restore
corrupt_restore(struct arena *mem, struct bytes now)
{
    AUTO_FD fd = memfd_create("damaged", MFD_CLOEXEC);
    const char *scratch = scratch_make(mem);
    const struct restore_target target = {.name = "m1",
                                          .data_dir = arena_printf(mem, "%s/data", scratch)};
    struct corrupt_restore done = {.restored = false};
    struct restore_request request;
    struct restore_result result;
    struct error e = ERROR_INIT;

    ASSERT(scratch != NULL);
    if (!fd_write_all(fd, "damaged", now.data, now.size, &e) ||
        !request_make(mem, arena_printf(mem, "/proc/self/fd/%d", fd),
                      db_snapshot_has_trailer(now.size), &target, &request, &e)) {
        done.broken = arena_text(mem, e.text);
        return done;
    }
    done.restored = restore_run(mem, &request, &result, &e);
    done.broken =
        done.restored ? database_judge(mem, target.data_dir) : leftover_judge(mem, scratch);
    if (!tree_remove(scratch, &e))
        done.broken = arena_text(mem, e.text);
    return done;
}
