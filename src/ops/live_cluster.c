#include "ops/live_cluster.h"

#include "base/evidence.h"
#include "base/time.h"
#include "cluster/connect.h"
#include "cluster/rules.h"
#include "cluster/rules_membership.h"
#include "etcd/maintenance.h"
#include "etcd/metrics.h"
#include "format/metrics_text.h"

enum { AGAIN_MS = 250 };

bool
live_cluster_init(struct live_cluster *live, struct plan *plan, const struct json *inputs,
                  const struct plan_context *context, struct error *e)
{
    struct inventory *inventory;

    live->plan = plan;
    live->context = context;
    if (!plan_cluster_decode(plan->mem, inputs, context, &live->cluster, e) ||
        !plan_cluster_inventory(plan->mem, &live->cluster, &inventory, e))
        return false;
    site_init(&live->site, plan->mem, inventory);
    plan->cluster = inventory->name;
    return true;
}

void
live_cluster_of(struct live_cluster *live, struct arena *mem, const struct inventory *inventory,
                const struct plan_context *context)
{
    struct plan *looking = arena_zero(mem, sizeof(*looking));

    *looking = (struct plan){.mem = mem, .cluster = inventory->name};
    *live = (struct live_cluster){
        .plan = looking,
        .context = context,
        .cluster = {.state_dir = context->state_dir,
                    .name = inventory->name,
                    .config = inventory->lab == NULL ? inventory->path : NULL},
    };
    site_init(&live->site, mem, inventory);
}

bool
live_inventory(struct arena *mem, const struct live_cluster *live, struct inventory **ret_inventory,
               struct error *e)
{
    return plan_cluster_inventory(mem, &live->cluster, ret_inventory, e);
}

bool
live_inventory_member(struct arena *mem, const struct live_cluster *live, const char *name,
                      struct inventory **ret_inventory, const struct inventory_member **ret_member,
                      struct error *e)
{
    if (!live_inventory(mem, live, ret_inventory, e))
        return false;
    *ret_member = inventory_member_by_name(*ret_inventory, name);
    return *ret_member != NULL || error_set(e, ERROR_CONFLICT, "the inventory of '%s' has no '%s'",
                                            (*ret_inventory)->name, name);
}

static void
options_of(const struct live_cluster *live, const struct inventory *inventory,
           struct etcd_options *ret_options)
{
    inventory_etcd_options(inventory, ret_options);
    ret_options->user = live->context->user;
    ret_options->password = live->context->password;
}

bool
live_look(struct arena *mem, const struct live_cluster *live, struct cluster_view *ret_view,
          struct error *e)
{
    struct inventory *inventory;
    struct etcd_options options;

    if (!live_inventory(mem, live, &inventory, e))
        return false;
    options_of(live, inventory, &options);
    return cluster_view_fetch(mem, &options, ret_view, e);
}

static bool
client_open(const struct live_cluster *live, const char *const *endpoints, size_t count,
            struct etcd_client **ret_client, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct inventory *inventory;
    struct etcd_options options;

    if (!live_inventory(&tmp, live, &inventory, e))
        return false;
    options_of(live, inventory, &options);
    options.endpoints = endpoints;
    options.endpoint_count = count;
    return etcd_client_open(&options, ret_client, e);
}

bool
live_client_of(const struct live_cluster *live, const struct member_view *member,
               struct etcd_client **ret_client, struct error *e)
{
    return client_open(live, &member->endpoint, 1, ret_client, e);
}

bool
live_client(const struct live_cluster *live, const struct cluster_view *view, uint64_t but,
            struct etcd_client **ret_client, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    ARRAY(const char *) endpoints = ARRAY_INIT;

    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (m->known && !m->member.is_learner && m->member.id != but && m->status.leader != 0)
            *ARRAY_PUSH(&tmp, &endpoints) = m->endpoint;
    }
    if (endpoints.count == 0)
        return error_set(e, ERROR_UNAVAILABLE, "no voter of '%s' serves", live->plan->cluster);
    return client_open(live, endpoints.items, endpoints.count, ret_client, e);
}

int64_t
live_quota(const struct live_cluster *live, const struct member_view *member)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;
    struct error ignored = ERROR_INIT;
    struct metrics metrics = {0};
    struct bytes text;
    int64_t quota = rule_quota(&member->status, NULL);

    if (quota > 0 || !live_client_of(live, member, &client, &ignored) ||
        !etcd_metrics_fetch(&tmp, client, 0, &text, &ignored) ||
        !metrics_parse(&tmp, text, &metrics, &ignored))
        return quota;
    return rule_quota(&member->status, &metrics);
}

bool
live_wait(const struct live_cluster *live, const char *what, struct error *e)
{
    if (plan_interrupted(live->plan))
        return error_set(e, ERROR_CANCELLED, "interrupted");
    if (time_monotonic_ms() + AGAIN_MS > plan_deadline_ms(live->plan))
        return error_set(e, ERROR_TIMEOUT, "%s", what);
    time_sleep_ms(AGAIN_MS);
    return true;
}

/* --- the leadership --- */

static bool
leadership_give(const struct live_cluster *live, const struct cluster_view *view, uint64_t id,
                const char *name, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;
    struct etcd_header_only moved;
    uint64_t target = rule_next_leader_preferring(view, id, live->next_leader);

    if (target == 0)
        return error_set(e, ERROR_REFUSED, "'%s' leads, and no other voter could", name);
    return live_client_of(live, view_member_by_id(view, id), &client, e) &&
           etcd_move_leader_at(&tmp, client, 0, target, &moved, e);
}

/* The others are asked who leads, and say so all the while. */
static bool
leadership_is_late(const struct cluster_view *view, uint64_t id, struct error *e)
{
    if (e->code != ERROR_TIMEOUT || !rule_leader_answers(view, id, e))
        return false;
    return error_hint(e, "see the logs of the other members: an election takes a second or two");
}

/* The leader has gone, or was another by the time it was asked: the next look tells. */
static bool
election_is_due(const struct error *e)
{
    return e->code == ERROR_CONNECTION || e->code == ERROR_TIMEOUT ||
           e->code == ERROR_UNAVAILABLE || error_is_caused_by(e, "not-leader");
}

bool
live_leadership_leave(const struct live_cluster *live, uint64_t id, const char *name,
                      struct error *e)
{
    for (;;) {
        AUTO_ARENA tmp = ARENA_INIT;
        const struct member_view *leader;
        struct cluster_view view;

        if (!live_look(&tmp, live, &view, e))
            return false;
        if (view.leader_id != 0 && view.leader_id != id)
            return true;
        leader = view_member_by_id(&view, view.leader_id);
        if (leader != NULL && leader->known && !leadership_give(live, &view, id, name, e)) {
            if (!election_is_due(e))
                return false;
            error_clear(e);
        }
        if (!live_wait(live, "no other member takes the leadership", e))
            return leadership_is_late(&view, id, e);
    }
}

/* --- the proof --- */

bool
live_hashes_prove(const struct live_cluster *live, const struct cluster_view *view, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;
    struct etcd_hash_kv_answer *answers;
    int64_t revision = view_revision_of_all(view);
    size_t voters = view_voter_count(view);

    if (!live_client(live, view, 0, &client, e))
        return false;
    etcd_hash_kv_each(&tmp, client, revision, &answers);
    for (size_t i = 0; i < etcd_client_endpoint_count(client); i++) {
        if (!answers[i].answer.ok) {
            *e = answers[i].answer.error;
            return error_wrap(e, "HashKV");
        }
        if (answers[i].hash_kv.hash != answers[0].hash_kv.hash)
            return error_set(e, ERROR_VERIFY, "HashKV at revision %lld differs: %u on %s, %u on %s",
                             (long long)revision, answers[0].hash_kv.hash,
                             answers[0].answer.endpoint, answers[i].hash_kv.hash,
                             answers[i].answer.endpoint);
    }
    plan_note(live->plan, "%s; HashKV %u at revision %lld on all", quorum_text(&tmp, voters),
              answers[0].hash_kv.hash, (long long)revision);
    return true;
}
