#include "ops/maintain_compact.h"

#include <inttypes.h>
#include <string.h>

#include "base/evidence.h"
#include "base/number.h"
#include "base/time.h"
#include "etcd/compacted.h"
#include "etcd/kv.h"

/* A compaction of a large database waits for the disk; nobody gives up before it. */
enum { COMPACT_TIMEOUT_MS = 60 * 60 * 1000 };

/* A member that is behind gets there, or is ill. */
enum { LOOK_TIMEOUT_MS = 5000, PROVE_WITHIN_MS = 60000, CLOCK_LOOK_MS = 1000 };

#define MARK_NOTED     "noted-revision"
#define MARK_NOTED_AT  "noted-at-ms"
#define MARK_COMPACTED "compacted"

struct compact_job {
    struct live_cluster *live;
    int64_t revision; /* 0: the one that was noted, else the newest */
    int64_t keep_ms;  /* of the clock */
};

/* --- marks ------------------------------------------------------------------------------------- */

/* 0: there is none. */
static int64_t
mark_number(const struct plan *plan, const char *mark)
{
    const char *text = plan_mark_get(plan, mark);
    struct error ignored = ERROR_INIT;
    int64_t number = 0;

    return text != NULL && number_parse_i64(text, &number, &ignored) ? number : 0;
}

static bool
mark_set(struct plan *plan, const char *mark, int64_t number, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return plan_mark(plan, mark, arena_printf(&tmp, "%" PRId64, number), e);
}

/* --- looks ------------------------------------------------------------------------------------- */

static bool
newest_revision(const struct live_cluster *live, const struct cluster_view *view,
                int64_t *ret_revision, struct error *e)
{
    *ret_revision = view_revision(view);
    return *ret_revision > 0 ||
           error_set(e, ERROR_UNAVAILABLE, "no member of '%s' tells a revision",
                     live->plan->cluster);
}

/* The oldest revision that can be read of the member. */
static bool
member_compacted(const struct live_cluster *live, const struct member_view *m,
                 int64_t *ret_revision, struct error *e)
{
    AUTO_ETCD_CLIENT client = NULL;

    if (!live_client_of(live, m, &client, e))
        return false;
    *ret_revision = etcd_compact_revision_at(client, 0, LOOK_TIMEOUT_MS);
    return true;
}

/* --- the clock --------------------------------------------------------------------------------- */

static bool
clock_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct compact_job *job = op;
    int64_t noted_ms = mark_number(job->live->plan, MARK_NOTED_AT);

    *ret_progress =
        noted_ms > 0 && time_wall_ms() >= noted_ms + job->keep_ms ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

/* Once; a plan that is resumed goes on waiting. */
static bool
revision_note(const struct compact_job *job, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct cluster_view view;
    int64_t revision;

    if (mark_number(job->live->plan, MARK_NOTED_AT) > 0)
        return true;
    if (!live_look(&tmp, job->live, &view, e) || !newest_revision(job->live, &view, &revision, e))
        return false;
    plan_note(job->live->plan, "the newest revision is %" PRId64 " now", revision);
    return mark_set(job->live->plan, MARK_NOTED, revision, e) &&
           mark_set(job->live->plan, MARK_NOTED_AT, time_wall_ms(), e);
}

static bool
clock_run(void *op, struct error *e)
{
    struct compact_job *job = op;
    int64_t until_ms;

    if (!revision_note(job, e))
        return false;
    until_ms = mark_number(job->live->plan, MARK_NOTED_AT) + job->keep_ms;
    for (int64_t now_ms = time_wall_ms(); now_ms < until_ms; now_ms = time_wall_ms()) {
        if (plan_interrupted(job->live->plan))
            return error_set(e, ERROR_CANCELLED, "stopped while the time to be kept went by");
        plan_progress(job->live->plan, (uint64_t)(job->keep_ms - (until_ms - now_ms)) / 1000,
                      (uint64_t)job->keep_ms / 1000);
        time_sleep_ms(until_ms - now_ms < CLOCK_LOOK_MS ? until_ms - now_ms : CLOCK_LOOK_MS);
    }
    return true;
}

static const struct step clock_step = {
    .name = "clock",
    .intent = "note the newest revision, and wait for the time whose history is to be kept",
    .check = clock_check,
    .run = clock_run,
    .undo = step_nothing_to_undo,
    .unit = "seconds",
};

/* --- the compaction ---------------------------------------------------------------------------- */

static bool
compact_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct compact_job *job = op;

    *ret_progress =
        plan_mark_get(job->live->plan, MARK_COMPACTED) != NULL ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
revision_choose(const struct compact_job *job, const struct cluster_view *view,
                int64_t *ret_revision, struct error *e)
{
    *ret_revision = job->revision;
    if (*ret_revision == 0)
        *ret_revision = mark_number(job->live->plan, MARK_NOTED);
    return *ret_revision > 0 || newest_revision(job->live, view, ret_revision, e);
}

/* Somebody else, an API server perhaps, may have done it meanwhile. */
static bool
compact(const struct compact_job *job, const struct cluster_view *view, int64_t revision,
        struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;
    const struct etcd_compact_request request = {.revision = revision, .physical = true};
    struct etcd_compact_response compacted;

    if (!live_client(job->live, view, 0, &client, e))
        return false;
    etcd_client_set_command_timeout(client, COMPACT_TIMEOUT_MS);
    if (etcd_compact(&tmp, client, &request, &compacted, e))
        return true;
    if (!error_is_caused_by(e, "compacted"))
        return false;
    error_clear(e);
    return true;
}

static void
space_note(const struct live_cluster *live, const struct cluster_view *before)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    struct cluster_view view;

    if (!live_look(&tmp, live, &view, &ignored))
        return;
    for (size_t i = 0; i < view.member_count; i++) {
        const struct member_view *now = &view.members[i];
        const struct member_view *then = view_member_by_id(before, now->member.id);

        if (now->known && then != NULL && then->known)
            plan_note(live->plan, "%s: %s of %s were in use, %s are", now->member.name,
                      size_human(&tmp, (uint64_t)then->status.db_size_in_use_bytes),
                      size_human(&tmp, (uint64_t)now->status.db_size_bytes),
                      size_human(&tmp, (uint64_t)now->status.db_size_in_use_bytes));
    }
}

static bool
compact_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct compact_job *job = op;
    struct cluster_view view;
    int64_t revision;

    if (!live_look(&tmp, job->live, &view, e) || !revision_choose(job, &view, &revision, e) ||
        !compact(job, &view, revision, e))
        return false;
    plan_note(job->live->plan, "what is older than revision %" PRId64 " is gone", revision);
    space_note(job->live, &view);
    return mark_set(job->live->plan, MARK_COMPACTED, revision, e);
}

/* A member that is behind comes to it, too. */
static bool
member_prove(const struct compact_job *job, const struct member_view *m, int64_t revision,
             struct error *e)
{
    int64_t until_ms = time_monotonic_ms() + PROVE_WITHIN_MS;
    int64_t compacted;

    do {
        if (!member_compacted(job->live, m, &compacted, e))
            return false;
        if (compacted >= revision)
            return true;
    } while (time_monotonic_ms() < until_ms && live_wait(job->live, "it is behind", e));
    if (e->code == ERROR_CANCELLED)
        return false;
    error_set_(e, ERROR_VERIFY, 0,
               "member '%s' still has what is older than revision %" PRId64 ": it is at %" PRId64,
               m->member.name, revision, compacted);
    return error_hint(e, "'quorate status' tells whether it is behind");
}

static bool
compact_verify(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct compact_job *job = op;
    int64_t revision = mark_number(job->live->plan, MARK_COMPACTED);
    struct cluster_view view;
    size_t proven = 0;

    if (!live_look(&tmp, job->live, &view, e))
        return false;
    for (size_t i = 0; i < view.member_count; i++) {
        if (!view.members[i].known)
            continue;
        if (!member_prove(job, &view.members[i], revision, e))
            return false;
        proven++;
    }
    plan_note(job->live->plan, "%zu of %zu members have nothing older than revision %" PRId64,
              proven, view.member_count, revision);
    return true;
}

static const char *
compact_field(const void *op, struct arena *mem, const char *name)
{
    const struct compact_job *job = op;

    if (strcmp(name, "until") != 0)
        return NULL;
    if (job->keep_ms > 0)
        return arena_text(mem, "the revision that was noted");
    return job->revision == 0 ? arena_text(mem, "now")
                              : arena_printf(mem, "revision %" PRId64, job->revision);
}

static const struct step compact_step = {
    .name = "compact",
    .intent = "give up all history from before %{until}, so that its pages become free",
    .field = compact_field,
    .check = compact_check,
    .run = compact_run,
    .verify = compact_verify,
    .undo_note =
        "old revisions do not come back; watches that are behind are cancelled, and read anew",
};

void
maintain_compact_add_step(struct plan *plan, struct live_cluster *live, int64_t revision)
{
    struct compact_job *job = arena_zero(plan->mem, sizeof(*job));

    *job = (struct compact_job){.live = live, .revision = revision};
    plan_add_step(plan, &compact_step, NULL, job);
}

/* --- the inputs -------------------------------------------------------------------------------- */

/* 0: only the clock knows. */
static bool
target_choose(const struct maintain_compact_request *request, int64_t newest, int64_t *ret_target,
              struct error *e)
{
    *ret_target = 0;
    if (request->keep == COMPACT_KEEP_TIME)
        return true;
    if (request->keep == COMPACT_KEEP_REVISIONS) {
        *ret_target = newest > request->amount ? newest - request->amount : 1;
        return true;
    }
    *ret_target = request->amount;
    if (request->amount <= newest)
        return true;
    error_set_(e, ERROR_REFUSED, 0, "revision %" PRId64 " is not there yet: the newest is %" PRId64,
               request->amount, newest);
    return error_hint(e, "'--keep-revisions N' counts from the newest one");
}

/* What all that answer have given up. */
static bool
compacted_of_all(const struct live_cluster *live, const struct cluster_view *view,
                 int64_t *ret_revision, struct error *e)
{
    *ret_revision = INT64_MAX;
    for (size_t i = 0; i < view->member_count; i++) {
        int64_t compacted;

        if (!view->members[i].known)
            continue;
        if (!member_compacted(live, &view->members[i], &compacted, e))
            return false;
        if (compacted < *ret_revision)
            *ret_revision = compacted;
    }
    return true;
}

static void
inputs_write(const struct maintain_compact_request *request, int64_t newest, int64_t compacted,
             int64_t target, struct buf *out)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    plan_cluster_encode(&w, request->inventory);
    json_key_i64(&w, "newestRevision", newest);
    json_key_i64(&w, "compactedRevision", compacted);
    if (target > 0)
        json_key_i64(&w, "revision", target);
    else
        json_key_i64(&w, "keepMs", request->amount);
    json_object_end(&w);
}

bool
maintain_compact_inputs(struct arena *mem, const struct maintain_compact_request *request,
                        const struct plan_context *context, struct buf *ret_inputs, struct error *e)
{
    struct live_cluster live;
    struct cluster_view view;
    int64_t newest;
    int64_t compacted;
    int64_t target;

    live_cluster_of(&live, mem, request->inventory, context);
    if (!live_look(mem, &live, &view, e) || !newest_revision(&live, &view, &newest, e) ||
        !target_choose(request, newest, &target, e) ||
        !compacted_of_all(&live, &view, &compacted, e))
        return false;
    inputs_write(request, newest, compacted, target, ret_inputs);
    return true;
}

/* --- the plan ---------------------------------------------------------------------------------- */

static bool
by_clock_build(struct plan *plan, struct live_cluster *live, int64_t keep_ms)
{
    struct compact_job *job = arena_zero(plan->mem, sizeof(*job));

    *job = (struct compact_job){.live = live, .keep_ms = keep_ms};
    plan->title = arena_printf(plan->mem, "give up the history of '%s' that is older than %s",
                               plan->cluster, duration_human(plan->mem, keep_ms));
    plan_add_step(plan, &clock_step, NULL, job);
    plan_add_step(plan, &compact_step, NULL, job);
    return true;
}

static bool
compact_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct live_cluster *live = arena_zero(plan->mem, sizeof(*live));
    int64_t newest;
    int64_t compacted;
    int64_t revision;

    if (!live_cluster_init(live, plan, inputs, context, e) ||
        !json_get_i64(inputs, "newestRevision", &newest, e) ||
        !json_get_i64(inputs, "compactedRevision", &compacted, e))
        return false;
    if (json_get(inputs, "keepMs") != NULL)
        return json_get_i64(inputs, "keepMs", &revision, e) && by_clock_build(plan, live, revision);
    if (!json_get_i64(inputs, "revision", &revision, e))
        return false;
    if (revision <= compacted || revision <= 1) {
        plan->title = arena_printf(
            plan->mem, "give up no history of '%s': nothing is older than revision %" PRId64,
            plan->cluster, compacted > revision ? compacted : revision);
        return true;
    }
    plan->title = arena_printf(plan->mem,
                               "give up the history of '%s' from before revision %" PRId64
                               ", %" PRId64 " of %" PRId64 " revisions",
                               plan->cluster, revision, revision - (compacted > 0 ? compacted : 1),
                               newest - (compacted > 0 ? compacted : 1) + 1);
    maintain_compact_add_step(plan, live, revision);
    return true;
}

const struct plan_kind maintain_compact_kind = {.name = "maintain-compact", .build = compact_build};
