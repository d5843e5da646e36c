#include "ops/maintain_defrag.h"

#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "cluster/defrag_when.h"
#include "cluster/rules.h"
#include "etcd/maintenance.h"
#include "node/host/host_facts.h"
#include "ops/live_gates.h"

/* A defragmentation goes on in the server when its client gives up, so nobody gives up early. */
enum { DEFRAG_TIMEOUT_MS = 7 * 24 * 60 * 60 * 1000 };

/* A member that went away meanwhile has started again by then, or needs a hand. */
enum { BACK_WITHIN_MS = 60000, LOOK_MS = 500, TRIES = 3 };

/* --- the look at a member ---------------------------------------------------------------------- */

static bool
pays(const struct live_cluster *live, const struct member_view *m, const char *when, bool *ret_pays,
     struct error *e)
{
    const struct defrag_sizes sizes = {
        .size = (double)m->status.db_size_bytes,
        .in_use = (double)m->status.db_size_in_use_bytes,
        .quota = (double)live_quota(live, m),
    };

    return defrag_when_holds(when, &sizes, ret_pays, e) || error_wrap(e, "'%s'", m->member.name);
}

/* --- a member's step --------------------------------------------------------------------------- */

struct defrag_job {
    struct live_cluster *live;
    const char *name;
    const char *when;
    const char *mark; /* in the journal, when it is done */
    int64_t took_ms;
};

static bool
job_look(struct arena *mem, const struct defrag_job *job, const struct member_view **ret_member,
         struct error *e)
{
    struct cluster_view view;

    if (!live_look(mem, job->live, &view, e))
        return false;
    *ret_member = view_member_by_name(&view, job->name);
    if (*ret_member == NULL)
        return error_set(e, ERROR_CONFLICT, "the cluster has no member '%s' any more", job->name);
    if (!(*ret_member)->known) {
        *e = (*ret_member)->unknown_because;
        return error_wrap(e, "member '%s'", job->name);
    }
    return true;
}

static bool
defrag_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct defrag_job *job = op;

    *ret_progress =
        plan_mark_get(job->live->plan, job->mark) != NULL ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

/* The new file lies beside the old one until it is whole. Where nobody knows the host, etcd finds out. */
static bool
room_check(const struct defrag_job *job, const struct member_view *m, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct inventory_member *configured;
    struct inventory *inventory;
    const struct host *host;
    struct host_disk disk;

    if (!live_inventory(&tmp, job->live, &inventory, e))
        return false;
    configured = inventory_member_by_name(inventory, job->name);
    if (configured == NULL || configured->host == NULL || configured->data_dir == NULL)
        return true;
    if (!site_host(&job->live->site, configured, &host, e) ||
        !host_disk_look(&tmp, host, configured->data_dir, &disk, e))
        return false;
    if (disk.free_bytes > (uint64_t)m->status.db_size_in_use_bytes * 11 / 10)
        return true;
    error_set_(e, ERROR_NO_SPACE, 0,
               "member '%s': %s are free at '%s', and the new database takes %s beside the old one",
               job->name, size_human(&tmp, disk.free_bytes), configured->data_dir,
               size_human(&tmp, (uint64_t)m->status.db_size_in_use_bytes));
    return error_hint(e, "make room there, and then: quorate plan resume");
}

static bool
defrag_guard(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct defrag_job *job = op;
    const struct member_view *m;

    return job_look(&tmp, job, &m, e) && room_check(job, m, e);
}

static bool
defragment(struct defrag_job *job, const struct member_view *m, struct error *e)
{
    AUTO_ETCD_CLIENT client = NULL;
    int64_t began_ms;

    if (!live_client_of(job->live, m, &client, e))
        return false;
    etcd_client_set_command_timeout(client, DEFRAG_TIMEOUT_MS);
    began_ms = time_monotonic_ms();
    if (!etcd_defragment_at(client, 0, e))
        return error_wrap(e, "member '%s'", job->name);
    job->took_ms = time_monotonic_ms() - began_ms;
    return true;
}

/* True when it serves again, as all others do. */
static bool
is_back(const struct defrag_job *job, const struct error *why)
{
    int64_t until_ms = time_monotonic_ms() + BACK_WITHIN_MS;
    struct error not_yet = ERROR_INIT;

    plan_note(job->live->plan, "%s; waiting for it to serve again", why->text);
    while (!live_serves(job->live, &not_yet)) {
        if (time_monotonic_ms() >= until_ms || plan_interrupted(job->live->plan))
            return false;
        error_clear(&not_yet);
        time_sleep_ms(LOOK_MS);
    }
    return true;
}

/* One that died over it has its old database, and can be asked again. */
static bool
defragment_it(struct defrag_job *job, const struct member_view *m, struct error *e)
{
    for (int try = 1; !defragment(job, m, e); try++) {
        if ((e->code != ERROR_CONNECTION && e->code != ERROR_UNAVAILABLE) || try == TRIES ||
            !is_back(job, e))
            return false;
        error_clear(e);
        if (!live_leadership_away(job->live, job->name, e))
            return false;
    }
    return true;
}

static bool
job_done(struct defrag_job *job, int64_t size_before, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_view *m;

    if (!job_look(&tmp, job, &m, e))
        return false;
    plan_note(job->live->plan, "%s: %s are %s now; it answered nothing for %s", job->name,
              size_human(&tmp, (uint64_t)size_before),
              size_human(&tmp, (uint64_t)m->status.db_size_bytes),
              duration_human(&tmp, job->took_ms));
    return plan_mark(job->live->plan, job->mark,
                     arena_printf(&tmp, "%" PRId64 " bytes given back in %" PRId64 " ms",
                                  size_before - m->status.db_size_bytes, job->took_ms),
                     e);
}

static bool
defrag_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct defrag_job *job = op;
    const struct member_view *m;
    bool worth;

    if (!live_serve_wait(job->live, e) || !live_leadership_away(job->live, job->name, e) ||
        !job_look(&tmp, job, &m, e) || !pays(job->live, m, job->when, &worth, e))
        return false;
    if (!worth) {
        plan_note(job->live->plan, "%s: there is nothing to win any more", job->name);
        return plan_mark(job->live->plan, job->mark, "nothing to win", e);
    }
    return defragment_it(job, m, e) && job_done(job, m->status.db_size_bytes, e);
}

static bool
defrag_verify(void *op, struct error *e)
{
    const struct defrag_job *job = op;

    return live_serve_wait(job->live, e);
}

static const char *
job_field(const void *op, struct arena *mem, const char *name)
{
    const struct defrag_job *job = op;

    return strcmp(name, "member") == 0 ? arena_text(mem, job->name) : NULL;
}

static const struct step defrag_step = {
    .name = "defrag",
    .intent = "defragment %{member}, when all others serve and it does not lead, and wait until it "
              "has caught up",
    .field = job_field,
    .check = defrag_check,
    .guard = defrag_guard,
    .run = defrag_run,
    .verify = defrag_verify,
    .undo_note = "a defragmentation is not taken back, and need not be: the data is the same",
};

/* --- the plan ---------------------------------------------------------------------------------- */

struct chosen {
    const struct member_view *member;
    int64_t free_bytes;
};

static bool
is_wanted(const struct maintain_defrag_request *request, const char *name)
{
    for (size_t i = 0; i < request->member_count; i++)
        if (strcmp(request->members[i], name) == 0)
            return true;
    return request->member_count == 0;
}

bool
maintain_defrag_allowed(const struct cluster_view *view, struct error *e)
{
    if (view->leader_id != 0 && view_voters_serving(view) == view_voter_count(view))
        return true;
    return error_set(e, ERROR_REFUSED,
                     "%zu of %zu voters serve: a member that defragments is one less",
                     view_voters_serving(view), view_voter_count(view));
}

static bool
names_check(const struct maintain_defrag_request *request, const struct cluster_view *view,
            struct error *e)
{
    for (size_t i = 0; i < request->member_count; i++)
        if (view_member_by_name(view, request->members[i]) == NULL)
            return error_set(e, ERROR_NOT_FOUND, "cluster '%s' has no member '%s'",
                             request->inventory->name, request->members[i]);
    return true;
}

/* Those that win the most first, the leader last. */
static bool
goes_before(const struct cluster_view *view, const struct chosen *a, const struct chosen *b)
{
    bool a_leads = a->member->member.id == view->leader_id;
    bool b_leads = b->member->member.id == view->leader_id;

    return a_leads != b_leads ? b_leads : a->free_bytes > b->free_bytes;
}

static void
chosen_add(const struct cluster_view *view, struct chosen *all, size_t *count,
           const struct member_view *m)
{
    const struct chosen fresh = {m, m->status.db_size_bytes - m->status.db_size_in_use_bytes};
    size_t at = (*count)++;

    while (at > 0 && goes_before(view, &fresh, &all[at - 1])) {
        all[at] = all[at - 1];
        at--;
    }
    all[at] = fresh;
}

static bool
members_choose(const struct live_cluster *live, const struct maintain_defrag_request *request,
               const struct cluster_view *view, struct chosen *all, size_t *ret_count,
               struct error *e)
{
    *ret_count = 0;
    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];
        bool worth;

        if (!is_wanted(request, m->member.name))
            continue;
        if (!m->known) {
            *e = m->unknown_because;
            return error_wrap(e, "member '%s'",
                              view_member_label(live->plan->mem, view, m->member.id));
        }
        if (!pays(live, m, request->when, &worth, e))
            return false;
        if (worth && !request->force && !rule_may_defragment(view, m, e))
            return error_hint(e, "upgrade it to 3.5.6 or later, defragment it offline ('quorate "
                                 "defrag --data-dir'), "
                                 "or say --force");
        if (worth)
            chosen_add(view, all, ret_count, m);
    }
    return true;
}

static void
inputs_write(const struct maintain_defrag_request *request, const struct chosen *all, size_t count,
             struct buf *out)
{
    struct json_writer w;
    int64_t free_bytes = 0;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    plan_cluster_encode(&w, request->inventory);
    json_key_text(&w, "when", request->when);
    json_key(&w, "members");
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(&w);
        json_key_text(&w, "name", all[i].member->member.name);
        json_key_i64(&w, "sizeBytes", all[i].member->status.db_size_bytes);
        json_key_i64(&w, "freeBytes", all[i].free_bytes);
        json_object_end(&w);
        free_bytes += all[i].free_bytes;
    }
    json_array_end(&w);
    json_key_i64(&w, "freeBytes", free_bytes);
    json_object_end(&w);
}

/* Before anybody is asked: whether it is an expression at all. */
static bool
when_check(const char *when, struct error *e)
{
    const struct defrag_sizes any = {.size = 2, .in_use = 1, .quota = 3};
    bool ignored;

    return defrag_when_holds(when, &any, &ignored, e);
}

bool
maintain_defrag_inputs(struct arena *mem, const struct maintain_defrag_request *request,
                       const struct plan_context *context, struct buf *ret_inputs, struct error *e)
{
    struct live_cluster live;
    struct cluster_view view;
    struct chosen *all;
    size_t count;

    live_cluster_of(&live, mem, request->inventory, context);
    if (!when_check(request->when, e) || !live_look(mem, &live, &view, e) ||
        !names_check(request, &view, e))
        return false;
    if (!maintain_defrag_allowed(&view, e))
        return false;
    all = arena_alloc(mem, view.member_count * sizeof(*all));
    if (!members_choose(&live, request, &view, all, &count, e))
        return false;
    inputs_write(request, all, count, ret_inputs);
    return true;
}

void
maintain_defrag_order(struct arena *mem, const struct cluster_view *view,
                      const char *const **ret_names, size_t *ret_count)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct chosen *all = arena_alloc(&tmp, view->member_count * sizeof(*all));
    const char **names = arena_alloc(mem, view->member_count * sizeof(*names));
    size_t count = 0;

    for (size_t i = 0; i < view->member_count; i++)
        if (view->members[i].known)
            chosen_add(view, all, &count, &view->members[i]);
    for (size_t i = 0; i < count; i++)
        names[i] = all[i].member->member.name;
    *ret_names = names;
    *ret_count = count;
}

void
maintain_defrag_add_step(struct plan *plan, struct live_cluster *live, const char *name,
                         const char *when)
{
    struct defrag_job *job = arena_zero(plan->mem, sizeof(*job));

    *job = (struct defrag_job){
        .live = live,
        .name = name,
        .when = when,
        .mark = arena_printf(plan->mem, "defragmented-%s", name),
    };
    plan_add_step(plan, &defrag_step, name, job);
}

static bool
defrag_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct live_cluster *live = arena_zero(plan->mem, sizeof(*live));
    const struct json *members;
    const char *when;
    int64_t free_bytes;
    size_t count;

    if (!live_cluster_init(live, plan, inputs, context, e) ||
        !json_get_array(inputs, "members", &members, e) ||
        !json_get_text(plan->mem, inputs, "when", &when, e) ||
        !json_get_i64(inputs, "freeBytes", &free_bytes, e))
        return false;
    count = json_array_count(members);
    plan->title =
        count == 0
            ? arena_printf(plan->mem, "defragment no member of '%s': %s holds for none",
                           plan->cluster, when)
            : arena_printf(plan->mem, "defragment %zu member%s of '%s', with %s of free pages",
                           count, count == 1 ? "" : "s", plan->cluster,
                           size_human(plan->mem, (uint64_t)free_bytes));
    for (size_t i = 0; i < count; i++) {
        const char *name;

        if (!json_get_text(plan->mem, json_array_at(members, i), "name", &name, e))
            return false;
        maintain_defrag_add_step(plan, live, name, when);
    }
    return true;
}

const struct plan_kind maintain_defrag_kind = {.name = "maintain-defrag", .build = defrag_build};
