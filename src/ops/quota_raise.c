#include "ops/quota_raise.h"

#include <inttypes.h>
#include <string.h>

#include "base/evidence.h"
#include "base/time.h"
#include "cluster/inventory_save.h"
#include "cluster/rules.h"
#include "node/host/host_facts.h"
#include "ops/lab_programs.h"
#include "ops/live_gates.h"
#include "ops/maintain_defrag.h"
#include "ops/quota_recover.h"

enum { RESTART_TIMEOUT_S = 300 };

#define SETTING "quota-backend-bytes"

struct quota_raise {
    struct live_cluster live;
    const char *stamp;
    int64_t bytes;
    uint64_t lab_bytes; /* of a lab before; 0: not given */
};

struct raise_job {
    struct quota_raise *of;
    const char *name;
    int64_t before; /* 0: it did not tell */
};

/* --- a member ---------------------------------------------------------------------------------- */

static const char *
mark_of(struct arena *mem, const struct raise_job *job)
{
    return arena_printf(mem, "begun %s", job->name);
}

static bool
is_begun(const struct raise_job *job)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return plan_mark_get(job->of->live.plan, mark_of(&tmp, job)) != NULL;
}

/* Where its host keeps its files as they were. */
static const char *
keeping_of(struct arena *mem, const struct raise_job *job)
{
    return arena_printf(mem, SERVICE_KEEP_DIR "/%s-%s-quota.json", job->of->stamp, job->name);
}

static bool
job_service(struct arena *mem, const struct raise_job *job, struct inventory **ret_inventory,
            const struct inventory_member **ret_member, struct service *ret_service,
            struct error *e)
{
    struct live_cluster *live = &job->of->live;

    return live_inventory_member(mem, live, job->name, ret_inventory, ret_member, e) &&
           site_service(&live->site, *ret_member, ret_service, e);
}

/* 0: it does not answer, or does not tell. */
static int64_t
quota_now(const struct live_cluster *live, const char *name)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_view *m;
    struct error ignored = ERROR_INIT;
    struct cluster_view view;

    if (!live_look(&tmp, live, &view, &ignored))
        return 0;
    m = view_member_by_name(&view, name);
    return m != NULL && m->known ? live_quota(live, m) : 0;
}

/* --- the change -------------------------------------------------------------------------------- */

/* A lab has one quota for all its members, which are started with it one after the other. */
static bool
lab_change(struct arena *mem, struct inventory *inventory, const struct inventory_member *member,
           const struct service *service, uint64_t bytes, struct error *e)
{
    struct inventory_lab *lab = arena_zero(mem, sizeof(*lab));

    *lab = *inventory->lab;
    lab->quota_bytes = bytes;
    inventory->lab = lab;
    return service_install(service, lab_member_argv(mem, inventory, member), e) &&
           inventory_save_again(inventory, e);
}

static bool
host_change(struct arena *mem, const struct raise_job *job, const struct service *service,
            struct error *e)
{
    const struct setting_change change = {SETTING, arena_printf(mem, "%" PRId64, job->of->bytes)};

    return service_change(service, &change, 1, keeping_of(mem, job), e);
}

/* Stops it, gives it the new quota, or the old one again, and starts it. */
static bool
restart_with(const struct raise_job *job, bool old, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct inventory_member *member;
    struct inventory *inventory;
    struct service service;
    bool changed;

    if (!job_service(&tmp, job, &inventory, &member, &service, e) || !service_stop(&service, e))
        return false;
    if (inventory->lab != NULL)
        changed = lab_change(&tmp, inventory, member, &service,
                             old ? job->of->lab_bytes : (uint64_t)job->of->bytes, e);
    else
        changed = old ? service_take_back(&service, keeping_of(&tmp, job), e)
                      : host_change(&tmp, job, &service, e);
    return changed && service_start(&service, e);
}

/* --- the step ---------------------------------------------------------------------------------- */

static bool
raise_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct raise_job *job = op;

    *ret_progress =
        quota_now(&job->of->live, job->name) == job->of->bytes ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
raise_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct raise_job *job = op;
    const struct live_cluster *live = &job->of->live;

    /* A restart that was cut goes on whoever serves: the member itself may be the one that does not. */
    if (!is_begun(job) && (!live_ready_to_stop(live, job->name, e) ||
                           !plan_mark(live->plan, mark_of(&tmp, job), "yes", e)))
        return false;
    return restart_with(job, false, e);
}

/* Of a member that serves; from 3.6 on its status has it, before that its metrics, which may come late. */
static bool
quota_wait(const struct raise_job *job, int64_t *ret_quota, struct error *e)
{
    for (;;) {
        *ret_quota = quota_now(&job->of->live, job->name);
        if (*ret_quota != 0)
            return true;
        if (!live_wait(&job->of->live, "it does not tell its quota", e))
            return false;
    }
}

static bool
raise_verify(void *op, struct error *e)
{
    struct raise_job *job = op;
    int64_t now;

    if (!live_serve_again_wait(&job->of->live, job->name, e) || !quota_wait(job, &now, e))
        return false;
    if (now == job->of->bytes)
        return true;
    error_set_(e, ERROR_VERIFY, 0, "'%s' serves, with a quota of %" PRId64 " bytes", job->name,
               now);
    return error_hint(e, "see where its settings say " SETTING
                         ": 'quorate doctor' names their places");
}

static bool
raise_undo(void *op, struct error *e)
{
    struct raise_job *job = op;

    if (!is_begun(job))
        return true;
    live_leadership_away_going_back(&job->of->live, job->name);
    return restart_with(job, true, e) && live_serve_again_wait(&job->of->live, job->name, e);
}

static const char *
raise_field(const void *op, struct arena *mem, const char *name)
{
    const struct raise_job *job = op;

    if (strcmp(name, "member") == 0)
        return arena_text(mem, job->name);
    if (strcmp(name, "bytes") == 0)
        return arena_printf(mem, "%" PRId64, job->of->bytes);
    if (strcmp(name, "before") == 0)
        return job->before > 0 ? arena_printf(mem, "%" PRId64, job->before)
                               : arena_text(mem, "it is not known what");
    return NULL;
}

static const struct step raise_step = {
    .name = "raise",
    .intent = "restart %{member} with a quota of %{bytes} bytes; it has %{before}",
    .field = raise_field,
    .check = raise_check,
    .run = raise_run,
    .verify = raise_verify,
    .undo = raise_undo,
    .timeout_s = RESTART_TIMEOUT_S,
};

/* --- the inputs -------------------------------------------------------------------------------- */

static bool
size_check(const struct quota_raise_request *request, struct error *e)
{
    if (request->bytes <= QUOTA_SUGGESTED_MOST_BYTES || request->force)
        return true;
    error_set_(
        e, ERROR_REFUSED, 0,
        "etcd suggests 8 GiB as the most: members start slowly with more, and a new one waits "
        "long for its snapshot");
    return error_hint(e, "'quorate keys du' shows what fills it; --force takes more all the same");
}

static bool
quota_check(const struct quota_raise_request *request, const struct member_view *m, int64_t before,
            struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (before > request->bytes)
        return error_set(e, ERROR_REFUSED,
                         "the quota of '%s' is %" PRId64 " bytes already, more "
                         "than %" PRId64,
                         m->member.name, before, request->bytes);
    if (m->status.db_size_bytes < request->bytes / 10 * 9)
        return true;
    error_set_(e, ERROR_REFUSED, 0, "the database of '%s' takes %s: that is no room for long",
               m->member.name, size_human(&tmp, (uint64_t)m->status.db_size_bytes));
    return error_hint(e, "'quorate maintain defrag' gives free pages back; or raise it further");
}

/* What a database of that size takes more than now has to be on the disk. */
static bool
room_check(const struct quota_raise_request *request, struct site *site,
           const struct inventory_member *member, const struct member_view *m, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    uint64_t more = (uint64_t)(request->bytes - m->status.db_size_bytes);
    const struct host *host;
    struct host_disk disk;

    if (site->lab_dir != NULL || member->data_dir == NULL)
        return true;
    if (!site_host(site, member, &host, e) ||
        !host_disk_look(&tmp, host, member->data_dir, &disk, e))
        return false;
    if (disk.free_bytes > more)
        return true;
    error_set_(e, ERROR_NO_SPACE, 0,
               "%s: '%s' has %s free, and the database of '%s' could take %s more", host_name(host),
               disk.exists, size_human(&tmp, disk.free_bytes), member->name,
               size_human(&tmp, more));
    return error_hint(
        e, "a full disk ends a member where a quota only refuses writes: make room there");
}

/* Whether it can be restarted with another quota: asked for before anything is changed anywhere. */
static bool
member_check(const struct quota_raise_request *request, struct live_cluster *live,
             const struct member_view *m, int64_t before, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_settings settings = ETCD_SETTINGS_INIT;
    const struct inventory_member *member =
        inventory_member_by_name(request->inventory, m->member.name);
    struct service service;

    if (member == NULL)
        return error_set(e, ERROR_REFUSED, "the inventory of '%s' has no '%s'",
                         request->inventory->name, m->member.name);
    return quota_check(request, m, before, e) && site_service(&live->site, member, &service, e) &&
           (request->inventory->lab != NULL || service_settings(&tmp, &service, &settings, e)) &&
           room_check(request, &live->site, member, m, e);
}

static bool
members_write(struct json_writer *w, const struct quota_raise_request *request,
              struct live_cluster *live, const struct cluster_view *view, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *const *names;
    size_t count;

    maintain_defrag_order(&tmp, view, &names, &count);
    json_key(w, "members");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        const struct member_view *m = view_member_by_name(view, names[i]);
        int64_t before = live_quota(live, m);

        if (!member_check(request, live, m, before, e))
            return false;
        if (before == request->bytes)
            continue;
        json_object_begin(w);
        json_key_text(w, "name", names[i]);
        json_key_i64(w, "before", before);
        json_object_end(w);
    }
    json_array_end(w);
    return true;
}

bool
quota_raise_inputs(struct arena *mem, const struct quota_raise_request *request,
                   const struct plan_context *context, struct buf *ret_inputs, struct error *e)
{
    struct live_cluster live;
    struct cluster_view view;
    struct json_writer w;

    live_cluster_of(&live, mem, request->inventory, context);
    if (!size_check(request, e) || !live_serves(&live, e) || !live_look(mem, &live, &view, e))
        return false;
    json_writer_init(&w, ret_inputs, 0);
    json_object_begin(&w);
    plan_cluster_encode(&w, request->inventory);
    json_key_text(&w, "stamp", plan_stamp_new(mem));
    json_key_i64(&w, "bytes", request->bytes);
    if (request->inventory->lab != NULL)
        json_key_u64(&w, "labBytes", request->inventory->lab->quota_bytes);
    json_key_bool(&w, "alarm", quota_alarm_is_on(&view));
    if (!members_write(&w, request, &live, &view, e))
        return false;
    json_object_end(&w);
    return true;
}

/* --- the plan ---------------------------------------------------------------------------------- */

static bool
members_add(struct quota_raise *q, struct plan *plan, const struct json *members, struct error *e)
{
    for (size_t i = 0; i < json_array_count(members); i++) {
        struct raise_job *job = arena_zero(plan->mem, sizeof(*job));
        const struct json *one = json_array_at(members, i);

        job->of = q;
        if (!json_get_text(plan->mem, one, "name", &job->name, e) ||
            !json_get_i64(one, "before", &job->before, e))
            return false;
        plan_add_step(plan, &raise_step, job->name, job);
    }
    return true;
}

static bool
raise_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct quota_raise *q = arena_zero(plan->mem, sizeof(*q));
    const struct json *members;
    bool alarm;

    if (!live_cluster_init(&q->live, plan, inputs, context, e) ||
        !json_get_text(plan->mem, inputs, "stamp", &q->stamp, e) ||
        !json_get_i64(inputs, "bytes", &q->bytes, e) ||
        (json_get(inputs, "labBytes") != NULL &&
         !json_get_u64(inputs, "labBytes", &q->lab_bytes, e)) ||
        !json_get_bool(inputs, "alarm", &alarm, e) ||
        !json_get_array(inputs, "members", &members, e) || !members_add(q, plan, members, e))
        return false;
    plan->title = arena_printf(plan->mem, "raise the quota of '%s' to %s", plan->cluster,
                               size_human(plan->mem, (uint64_t)q->bytes));
    if (json_array_count(members) == 0 && !alarm) {
        plan->title = arena_printf(plan->mem, "leave the quota of '%s': all members have %s",
                                   plan->cluster, size_human(plan->mem, (uint64_t)q->bytes));
        return true;
    }
    quota_recover_add_end(plan, &q->live, alarm);
    return true;
}

const struct plan_kind quota_raise_kind = {.name = "quota-raise", .build = raise_build};
