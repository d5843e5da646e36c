#include "ops/v2_check.h"

#include <inttypes.h>

#include "base/io.h"
#include "format/data_dir.h"
#include "format/member_log.h"
#include "format/raft/raft_request.h"
#include "format/v2_store.h"

struct search {
    struct arena *mem;
    struct v2_check *check;
};

static bool
entry_judge(void *context, const struct raft_entry *entry, struct error *e)
{
    struct search *search = context;
    struct v2_check *check = search->check;
    struct raft_request request;

    /* A new leader's entries replace those that were never committed, and all behind them. */
    if (check->wal_has_content && entry->index <= check->wal_index)
        check->wal_has_content = false;
    if (entry->type != RAFT_ENTRY_NORMAL || entry->data.size == 0 || check->wal_has_content)
        return true;
    if (!raft_request_decode(entry->data, &request, e))
        return error_wrap(e, "raft index %" PRIu64, entry->index);
    if (request.has_v2 && !v2_request_is_members_own(&request.v2)) {
        check->wal_has_content = true;
        check->wal_index = entry->index;
        check->wal_method = arena_text_of_bytes(search->mem, request.v2.method);
        check->wal_path = arena_text_of_bytes(search->mem, request.v2.path);
    }
    return true;
}

bool
v2_content_check(struct arena *mem, const char *data_dir, const char *wal_dir,
                 struct v2_check *ret_check, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct v2_check check = {.snap_name = NULL};
    struct search search = {mem, &check};
    struct member_log log;
    struct data_dir dir;

    data_dir_locate(&tmp, data_dir, wal_dir, &dir);
    if (!member_log_read(&tmp, &dir, &log, e)) {
        if (e->code != ERROR_NOT_FOUND || !path_exists(dir.wal_dir))
            return false;
        error_clear(e);
        *ret_check = check;
        return true;
    }
    if (log.snap_name != NULL) {
        struct v2_membership store;

        check.snap_name = arena_text(mem, log.snap_name);
        if (!v2_store_decode(&tmp, log.snap.store, &store, e))
            return error_wrap(e, "'%s/%s'", dir.snap_dir, log.snap_name);
        check.store_has_content = store.has_custom_content;
    }
    if (!member_log_entries(&dir, log.snap_name != NULL ? log.snap.metadata.index : log.begins_at,
                            entry_judge, &search, e))
        return error_wrap(e, "'%s'", dir.wal_dir);
    *ret_check = check;
    return true;
}
