#include "ops/quota_recover.h"

#include <inttypes.h>

#include "base/evidence.h"
#include "base/time.h"
#include "cluster/rules.h"
#include "etcd/kv.h"
#include "etcd/maintenance.h"
#include "keys/usage.h"
#include "ops/live_gates.h"
#include "ops/maintain_compact.h"
#include "ops/maintain_defrag.h"

enum { GROUPS_SHOWN = 3 };

#define PROOF_KEY "/quorate/proof-of-a-write"

/* Anything that is free is worth it now. */
#define WHEN_ANY "free > 0"

static bool
live_client_now(const struct live_cluster *live, struct etcd_client **ret_client, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct cluster_view view;

    return live_look(&tmp, live, &view, e) && live_client(live, &view, 0, ret_client, e);
}

/* --- steps that look --------------------------------------------------------------------------- */

static bool
look_check(void *op UNUSED, enum progress *ret_progress, struct error *e UNUSED)
{
    *ret_progress = PROGRESS_TODO; /* each process looks anew */
    return true;
}

static bool
look_run(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

static bool
member_fits(const struct live_cluster *live, const struct member_view *m, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    int64_t quota = live_quota(live, m);

    if (quota == 0 || m->status.db_size_bytes < quota / 10 * 9)
        return true;
    error_set_(e, ERROR_NO_SPACE, 0,
               "member '%s': %s are still in its database, and its quota is %s", m->member.name,
               size_human(&tmp, (uint64_t)m->status.db_size_bytes),
               size_human(&tmp, (uint64_t)quota));
    return error_hint(e, "delete more ('quorate quota recover --rm PREFIX'), or raise it ('quorate "
                         "quota raise SIZE')");
}

static bool
fit_verify(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct live_cluster *live = op;
    struct cluster_view view;

    if (!live_look(&tmp, live, &view, e))
        return false;
    for (size_t i = 0; i < view.member_count; i++)
        if (view.members[i].known && !member_fits(live, &view.members[i], e))
            return false;
    return true;
}

static const struct step fit_step = {
    .name = "fit",
    .intent = "see that every database leaves a tenth of its quota free now",
    .check = look_check,
    .run = look_run,
    .verify = fit_verify,
    .undo = step_nothing_to_undo,
};

/* --- disarm ------------------------------------------------------------------------------------ */

static bool
alarms_of_space(struct arena *mem, struct etcd_client *client, struct etcd_alarm_list *ret_list,
                struct error *e)
{
    struct etcd_alarm *kept;
    struct etcd_alarm_list list;
    size_t count = 0;

    if (!etcd_alarm_list(mem, client, &list, e))
        return false;
    kept = arena_zero(mem, list.alarm_count * sizeof(*kept));
    for (size_t i = 0; i < list.alarm_count; i++)
        if (list.alarms[i].type == ETCD_ALARM_NOSPACE)
            kept[count++] = list.alarms[i];
    *ret_list = (struct etcd_alarm_list){.alarms = kept, .alarm_count = count};
    return true;
}

static bool
disarm_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;
    struct etcd_alarm_list list;

    if (!live_client_now(op, &client, e) || !alarms_of_space(&tmp, client, &list, e))
        return false;
    *ret_progress = list.alarm_count == 0 ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
disarm_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;
    struct etcd_alarm_list list;

    if (!live_client_now(op, &client, e) || !alarms_of_space(&tmp, client, &list, e))
        return false;
    for (size_t i = 0; i < list.alarm_count; i++) {
        struct etcd_alarm_list one;

        if (!etcd_alarm_deactivate(&tmp, client, list.alarms[i], &one, e))
            return false;
    }
    return true;
}

static const struct step disarm_step = {
    .name = "disarm",
    .intent = "disarm NOSPACE, so that writes are taken again",
    .check = disarm_check,
    .run = disarm_run,
    .undo = step_nothing_to_undo, /* with too large a database it comes back by itself */
};

/* --- prove ------------------------------------------------------------------------------------- */

static bool
member_writes(const struct live_cluster *live, const struct member_view *m, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;
    const struct etcd_put_request put = {.key = BYTES_LITERAL(PROOF_KEY),
                                         .value = bytes_of_text(m->member.name)};
    const struct etcd_delete_range_request away = {.key = BYTES_LITERAL(PROOF_KEY)};
    struct etcd_put_response written;
    struct etcd_delete_range_response deleted;

    return (live_client_of(live, m, &client, e) && etcd_put(&tmp, client, &put, &written, e) &&
            etcd_delete_range(&tmp, client, &away, &deleted, e)) ||
           error_wrap(e, "a write on member '%s'", m->member.name);
}

static bool
prove_verify(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct live_cluster *live = op;
    struct cluster_view view;

    if (!live_serve_wait(live, e) || !live_look(&tmp, live, &view, e))
        return false;
    for (size_t i = 0; i < view.member_count; i++) {
        const struct member_view *m = &view.members[i];

        if (m->member.is_learner || !m->known)
            continue;
        if (!member_writes(live, m, e))
            return false;
        plan_note(live->plan, "%s took a write; its database is %s", m->member.name,
                  size_human(&tmp, (uint64_t)m->status.db_size_bytes));
    }
    plan_note(
        live->plan,
        "to keep it so: --auto-compaction-retention=1h where nobody compacts (Kubernetes does), "
        "'quorate maintain defrag' now and then, and a quota of up to 8 GiB");
    return true;
}

static const struct step prove_step = {
    .name = "write",
    .intent = "write a key through each member, and delete it",
    .check = look_check,
    .run = look_run,
    .verify = prove_verify,
    .undo = step_nothing_to_undo,
};

/* --- the inputs -------------------------------------------------------------------------------- */

/* "events 1.9 GB, pods 80 MB, secrets 12 MB" */
static bool
fills_text(struct arena *mem, const struct etcd_options *etcd, const struct observer *observer,
           const char **ret_text, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;
    AUTO_KEY_SOURCE source = NULL;
    AUTO_BUF text = BUF_INIT;
    const struct usage_request request = {
        .range = key_range_all(), .by = KEY_GROUP_RESOURCE, .depth = 1, .separator = '/'};
    struct usage *usage;

    if (!etcd_client_open(etcd, &client, e) ||
        !key_source_open_cluster(client, observer, &source, e) ||
        !usage_measure(&tmp, source, &request, &usage, e))
        return false;
    for (size_t i = 0; i < usage->group_count && i < GROUPS_SHOWN; i++)
        buf_printf(&text, "%s%s %s", i > 0 ? ", " : "",
                   arena_text_of_bytes(&tmp, usage->groups[i]->name),
                   size_human(&tmp, usage->groups[i]->count.live_bytes));
    *ret_text = arena_text(mem, usage->group_count > 0 ? buf_text(&text) : "no keys");
    return true;
}

bool
quota_alarm_is_on(const struct cluster_view *view)
{
    for (size_t i = 0; i < view->alarm_count; i++)
        if (view->alarms[i].type == ETCD_ALARM_NOSPACE)
            return true;
    return false;
}

static bool
alarm_check(const struct inventory *inventory, const struct cluster_view *view, struct error *e)
{
    if (quota_alarm_is_on(view))
        return maintain_defrag_allowed(view, e);
    error_set_(e, ERROR_REFUSED, 0, "no member of '%s' has a NOSPACE alarm: it takes writes",
               inventory->name);
    return error_hint(
        e,
        "'quorate keys du' shows what fills it, 'quorate maintain defrag' gives free pages back");
}

bool
quota_recover_inputs(struct arena *mem, const struct quota_recover_request *request,
                     const struct plan_context *context, struct buf *ret_inputs, struct error *e)
{
    AUTO_BUF removal = BUF_INIT;
    struct live_cluster live;
    struct cluster_view view;
    struct json_writer w;
    const char *const *names;
    const char *fills;
    size_t count;

    live_cluster_of(&live, mem, request->inventory, context);
    if (!live_look(mem, &live, &view, e) || !alarm_check(request->inventory, &view, e) ||
        !fills_text(mem, context->etcd, request->observer, &fills, e) ||
        (request->removal != NULL && !key_removal_inputs(mem, request->removal, &removal, e)))
        return false;
    maintain_defrag_order(mem, &view, &names, &count);
    json_writer_init(&w, ret_inputs, 0);
    json_object_begin(&w);
    plan_cluster_encode(&w, request->inventory);
    json_key_text(&w, "fills", fills);
    if (request->removal != NULL) {
        json_key(&w, "removal");
        json_raw(&w, buf_bytes(&removal));
    }
    json_key(&w, "members");
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++)
        json_text(&w, names[i]);
    json_array_end(&w);
    json_object_end(&w);
    return true;
}

/* --- the plan ---------------------------------------------------------------------------------- */

void
quota_recover_add_end(struct plan *plan, struct live_cluster *live, bool disarm)
{
    if (disarm) {
        plan_add_step(plan, &fit_step, NULL, live);
        plan_add_step(plan, &disarm_step, NULL, live);
    }
    plan_add_step(plan, &prove_step, NULL, live);
}

static bool
recover_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct live_cluster *live = arena_zero(plan->mem, sizeof(*live));
    const struct json *removal = json_get(inputs, "removal");
    const struct json *members;
    const char *fills;

    if (!live_cluster_init(live, plan, inputs, context, e) ||
        !json_get_array(inputs, "members", &members, e) ||
        !json_get_text(plan->mem, inputs, "fills", &fills, e) ||
        (removal != NULL && !key_removal_add_steps(plan, removal, context, e)))
        return false;
    plan->title = arena_printf(plan->mem, "bring '%s' back from NOSPACE; it is filled by %s",
                               plan->cluster, fills);
    maintain_compact_add_step(plan, live, 0);
    for (size_t i = 0; i < json_array_count(members); i++) {
        const char *name;

        if (!json_as_text(plan->mem, json_array_at(members, i), &name, e))
            return false;
        maintain_defrag_add_step(plan, live, name, WHEN_ANY);
    }
    quota_recover_add_end(plan, live, true);
    return true;
}

const struct plan_kind quota_recover_kind = {.name = "quota-recover", .build = recover_build};
