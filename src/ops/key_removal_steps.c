/* The steps of 'keys rm': save, remove, prove. */
#include <inttypes.h>
#include <string.h>

#include "base/file_draft.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/time.h"
#include "keys/source.h"
#include "ops/key_export.h"
#include "ops/key_export_read.h"
#include "ops/key_removal_state.h"

static bool
mark_check(struct key_removal *m, const char *mark, enum progress *ret_progress, struct error *e)
{
    if (!key_removal_begin(m, e))
        return false;
    *ret_progress = plan_mark_get(m->plan, mark) != NULL ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static const char *
removal_field(const void *op, struct arena *mem, const char *name)
{
    const struct key_removal *m = op;

    if (strcmp(name, "keys") == 0)
        return arena_printf(mem, "%" PRIu64, m->keys);
    if (strcmp(name, "size") == 0)
        return key_removal_size(m, mem);
    return strcmp(name, "save") == 0 && m->save != NULL ? arena_text(mem, m->save) : NULL;
}

/* --- save --- */

static bool
save_check(void *op, enum progress *ret_progress, struct error *e)
{
    return mark_check(op, REMOVAL_MARK_SAVED, ret_progress, e);
}

static bool
lines_write(void *context, struct bytes lines, struct error *e)
{
    const struct file_draft *draft = context;

    return fd_write_all(draft->fd, draft->path, lines.data, lines.size, e);
}

/* What was written since is left where it is, so it is not in the file either. */
static bool
draft_fill(struct key_removal *m, struct file_draft *draft, struct error *e)
{
    AUTO_KEY_SOURCE source = NULL;
    struct key_export_result result;
    const struct key_export_request request = {
        .range = &m->range,
        .revision = m->revision,
        .write = lines_write,
        .context = draft,
    };

    if (!key_source_open_cluster(m->client, NULL, &source, e) ||
        !key_export(m->plan->mem, source, &request, &result, e))
        return false;
    if (result.lease_problem != NULL && result.end.leases > 0)
        plan_note(m->plan, "the leases' times are not in the file: %s", result.lease_problem);
    return true;
}

/* Read again from the file: whole, and as many keys as there were. */
static bool
saved_read(const struct key_removal *m, char ret_digest[2 * SHA256_SIZE + 1], struct error *e)
{
    struct key_export_end end;

    if (!key_export_read(m->save, NULL, NULL, &end, e))
        return false;
    if (end.keys != m->keys)
        return error_set(e, ERROR_VERIFY, "'%s' has %" PRIu64 " keys, the plan is for %" PRIu64,
                         m->save, end.keys, m->keys);
    hex_encode(end.sha256, SHA256_SIZE, ret_digest);
    return true;
}

static bool
save_run(void *op, struct error *e)
{
    struct key_removal *m = op;
    AUTO_FILE_DRAFT draft = FILE_DRAFT_INIT;
    char digest[2 * SHA256_SIZE + 1];

    /* A process that was killed behind this can have kept it, and not have marked that. */
    if (path_exists(m->save) && saved_read(m, digest, e))
        return plan_mark(m->plan, REMOVAL_MARK_SAVED, digest, e);
    error_clear(e);
    if (!file_draft_open(m->save, &draft, e) || !draft_fill(m, &draft, e) ||
        !file_draft_keep_new(&draft, e) || !saved_read(m, digest, e))
        return error_wrap(e, "saving the keys");
    plan_note(m->plan, "%" PRIu64 " keys are in '%s'; read again: whole", m->keys, m->save);
    return plan_mark(m->plan, REMOVAL_MARK_SAVED, digest, e);
}

const struct step key_removal_step_save = {
    .name = "save",
    .intent = "write the %{keys} keys, and the times of their leases, to '%{save}', and read them "
              "again",
    .field = removal_field,
    .check = save_check,
    .run = save_run,
    .undo = step_nothing_to_undo, /* the file is kept: it harms nobody */
};

/* --- remove --- */

static bool
remove_check(void *op, enum progress *ret_progress, struct error *e)
{
    return mark_check(op, REMOVAL_MARK_REMOVED, ret_progress, e);
}

static bool
remove_guard(void *op, struct error *e)
{
    const struct key_removal *m = op;
    char digest[2 * SHA256_SIZE + 1];

    if (m->save == NULL)
        return true;
    if (!saved_read(m, digest, e))
        return error_wrap(e, "nothing is deleted without what was saved");
    return strcmp(digest, plan_mark_get(m->plan, REMOVAL_MARK_SAVED)) == 0 ||
           error_set(e, ERROR_CONFLICT,
                     "nothing is deleted without what was saved: '%s' is another file", m->save);
}

static bool
remove_run(void *op, struct error *e)
{
    struct key_removal *m = op;

    return key_removal_run(m, e) && plan_mark(m->plan, REMOVAL_MARK_REMOVED, "yes", e);
}

const struct step key_removal_step_remove = {
    .name = "remove",
    .intent = "delete the %{keys} keys (%{size}) in transactions of some hundred, each only if "
              "none of its keys was "
              "written since, and "
              "slower when a member falls behind",
    .field = removal_field,
    .check = remove_check,
    .guard = remove_guard,
    .run = remove_run,
    .unit = "keys",
    .undo_note = "deleted keys do not come back by themselves; 'quorate keys import' writes those "
                 "that --save has "
                 "kept",
};

/* --- prove --- */

static bool
prove_check(void *op, enum progress *ret_progress, struct error *e)
{
    *ret_progress = PROGRESS_TODO; /* evidence is gathered anew by each process */
    return key_removal_begin(op, e);
}

static bool
prove_run(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

static bool
prove_verify(void *op, struct error *e)
{
    struct key_removal *m = op;
    struct key_removal_left left;

    if (!key_removal_left(m, &left, e))
        return false;
    if (left.old > 0)
        return error_set(e, ERROR_VERIFY, "%" PRIu64 " of the keys are still there", left.old);
    plan_note(m->plan, "none of the %" PRIu64 " keys is left", m->keys);
    if (left.newer > 0)
        plan_note(m->plan, "%" PRIu64 " keys that were written since are left where they are",
                  left.newer);
    plan_note(m->plan,
              "the space is free for others after 'quorate compaction'; 'quorate defrag' gives it "
              "back to the disk");
    return true;
}

const struct step key_removal_step_prove = {
    .name = "prove",
    .intent = "read the range again: none of them is left",
    .check = prove_check,
    .run = prove_run,
    .verify = prove_verify,
    .undo = step_nothing_to_undo,
};
