#include "ops/recover.h"

#include <string.h>

#include "base/io.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "cluster/connect.h"
#include "ops/recover_state.h"
#include "ops/restore.h"
#include "ops/restore_site.h"
#include "plan/state_dir.h"

int64_t
recover_revision_after(const struct recover *r)
{
    return r->revision + (int64_t)r->bump_revision;
}

uint64_t
bump_revision_auto(int64_t snapshot_revision, int64_t highest_known_revision)
{
    if (highest_known_revision <= snapshot_revision)
        return BUMP_REVISION_UNKNOWN;
    return (uint64_t)(highest_known_revision - snapshot_revision) + BUMP_REVISION_MARGIN;
}

void
recover_etcd_options(const struct recover *r, struct etcd_options *ret_options)
{
    struct inventory_urls urls = inventory_member_endpoints(r->plan->mem, r->inventory);

    inventory_etcd_options(r->inventory, ret_options);
    ret_options->endpoints = urls.items;
    ret_options->endpoint_count = urls.count;
    ret_options->user = r->context->user;
    ret_options->password = r->context->password;
}

static struct recover_tree *
tree_add(struct recover_member *m, const char *place, const char *built)
{
    struct arena *mem = m->recover->plan->mem;
    struct recover_tree *tree = &m->trees[m->tree_count++];

    tree->place = restore_path_trim(mem, place);
    tree->aside = arena_printf(mem, "%s.before-%s", tree->place, m->recover->stamp);
    tree->built = m->recover->in_place
                      ? tree->place
                      : arena_printf(mem, "%s/%s.%s", m->recover->workshop,
                                     state_file_name(mem, m->configured->name), built);
    return tree;
}

/* A log inside of the data directory comes and goes with it. */
static void
member_init(struct recover_member *m)
{
    struct arena *mem = m->recover->plan->mem;
    const struct recover_tree *data = tree_add(m, m->configured->data_dir, "data");
    const char *wal_dir = m->configured->wal_dir;
    size_t size = strlen(data->place);

    if (wal_dir == NULL)
        m->built_wal = path_join(mem, data->built, "member/wal");
    else if (strncmp(wal_dir, data->place, size) == 0 && wal_dir[size] == '/')
        m->built_wal = path_join(mem, data->built, wal_dir + size + 1);
    else
        m->built_wal = tree_add(m, wal_dir, "log")->built;
}

static bool
no_data_dir(const struct recover *r, const struct inventory_member *member, struct error *e)
{
    error_set_(e, ERROR_REFUSED, 0, "cluster '%s' does not say where member '%s' has its data",
               r->inventory->name, member->name);
    return error_hint(e, "quorate cluster discover --cluster %s --host HOST --write",
                      r->inventory->name);
}

static bool
members_init(struct recover *r, struct error *e)
{
    struct arena *mem = r->plan->mem;

    if (!initial_cluster_parse(mem, inventory_initial_cluster(mem, r->inventory), &r->cluster, e) ||
        !initial_cluster_identify(&r->cluster, r->token, e))
        return false;
    r->member_count = r->inventory->members.count;
    r->members = arena_zero(mem, (r->member_count + 1) * sizeof(*r->members));
    for (size_t i = 0; i < r->member_count; i++) {
        struct recover_member *m = &r->members[i];

        m->recover = r;
        m->configured = &r->inventory->members.items[i];
        if (m->configured->data_dir == NULL)
            return no_data_dir(r, m->configured, e);
        member_init(m);
    }
    return true;
}

static bool
inputs_read(struct recover *r, const struct json *inputs, struct error *e)
{
    struct arena *mem = r->plan->mem;

    return json_get_text(mem, inputs, "snapshot", &r->snapshot, e) &&
           json_get_text(mem, inputs, "sha256", &r->sha256, e) &&
           json_get_text(mem, inputs, "token", &r->token, e) &&
           json_get_text(mem, inputs, "stamp", &r->stamp, e) &&
           json_get_i64(inputs, "revision", &r->revision, e) &&
           json_get_i64(inputs, "hashKv", &r->hash_kv, e) &&
           json_get_u64(inputs, "keys", &r->keys, e) &&
           json_get_u64(inputs, "bumpRevision", &r->bump_revision, e) &&
           json_get_bool(inputs, "keepAlarms", &r->keep_alarms, e);
}

/* Where the members run, as the inventory says it now. */
static bool
site_of_inputs(struct recover *r, const struct json *inputs, struct error *e)
{
    struct arena *mem = r->plan->mem;
    struct plan_cluster cluster;
    struct inventory *inventory;

    if (!plan_cluster_decode(mem, inputs, r->context, &cluster, e) ||
        !plan_cluster_inventory(mem, &cluster, &inventory, e))
        return false;
    r->inventory = inventory;
    r->in_place = inventory->lab != NULL;
    r->workshop = arena_printf(mem, "%s/recover/%s", r->context->state_dir, r->stamp);
    site_init(&r->site, mem, inventory);
    return true;
}

static bool
clients_read(struct recover *r, const struct json *inputs, struct error *e)
{
    const struct json *urls;

    if (!json_get_array(inputs, "clients", &urls, e))
        return false;
    r->client_count = json_array_count(urls);
    r->clients = arena_zero(r->plan->mem, (r->client_count + 1) * sizeof(*r->clients));
    for (size_t i = 0; i < r->client_count; i++) {
        r->clients[i].recover = r;
        if (!json_as_text(r->plan->mem, json_array_at(urls, i), &r->clients[i].url, e))
            return error_wrap(e, "clients");
    }
    return true;
}

static void
client_steps_add(struct recover *r, const struct step *step)
{
    for (size_t i = 0; i < r->client_count; i++)
        plan_add_step(r->plan, step, r->clients[i].url, &r->clients[i]);
}

static void
steps_add(struct recover *r, const struct step *step)
{
    for (size_t i = 0; i < r->member_count; i++)
        plan_add_step(r->plan, step, r->members[i].configured->name, &r->members[i]);
}

static bool
recover_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct recover *r = arena_zero(plan->mem, sizeof(*r));

    r->plan = plan;
    r->context = context;
    if (!inputs_read(r, inputs, e) || !site_of_inputs(r, inputs, e) ||
        !clients_read(r, inputs, e) || !members_init(r, e))
        return false;
    plan->cluster = r->inventory->name;
    plan->title = arena_printf(plan->mem, "recover cluster '%s' at revision %lld from '%s'",
                               plan->cluster, (long long)r->revision, r->snapshot);
    plan_add_step(plan, &recover_step_verify, NULL, r);
    if (!r->in_place)
        steps_add(r, &recover_step_look);
    client_steps_add(r, &recover_step_hold);
    plan_stops_cluster(plan);
    steps_add(r, &recover_step_stop);
    steps_add(r, &recover_step_move_aside);
    plan_add_step(plan, &recover_step_build, NULL, r);
    if (!r->in_place)
        steps_add(r, &recover_step_deliver);
    plan_add_step(plan, &recover_step_start, NULL, r);
    plan_add_step(plan, &recover_step_prove, NULL, r);
    client_steps_add(r, &recover_step_release);
    return true;
}

const struct plan_kind recover_kind = {.name = "recover", .build = recover_build};

/* What the snapshot is, from the manifest or from the file itself. */
struct snapshot_facts {
    const char *path;
    uint8_t sha256[SHA256_SIZE];
    int64_t revision;
    uint32_t hash_kv;
    uint64_t keys;
};

static bool
facts_of_file(struct arena *mem, const char *file, struct snapshot_facts *facts, struct error *e)
{
    const struct db_snapshot_options options = {0};
    struct db_snapshot_report report;

    if (!path_absolute(mem, file, &facts->path, e) ||
        !db_snapshot_verify(mem, facts->path, &options, &report, e) ||
        !db_snapshot_require_good(&report, e))
        return false;
    memcpy(facts->sha256, report.sha256, sizeof(facts->sha256));
    facts->revision = report.summary.current_revision;
    facts->hash_kv = report.summary.hash_kv.hash;
    facts->keys = report.summary.live_key_count;
    return true;
}

static bool
facts_of_entry(struct arena *mem, const struct repo_entry *entry, struct snapshot_facts *facts,
               struct error *e)
{
    const struct backup_manifest *m = entry->manifest;

    if (m == NULL) {
        *e = entry->problem;
        return false;
    }
    facts->path = repo_entry_snapshot(mem, entry);
    memcpy(facts->sha256, m->sha256, sizeof(facts->sha256));
    facts->revision = m->revision;
    facts->hash_kv = m->hash_kv;
    facts->keys = m->key_count;
    return true;
}

/* Two recoveries may be made within a second, and must not take the other's directory for theirs. */
static const char *
stamp_new(struct arena *mem)
{
    uint16_t random;

    random_bytes(&random, sizeof(random));
    return arena_printf(mem, "%s-%04x", time_compact(mem, time_wall_ms()), random);
}

bool
recover_inputs(struct arena *mem, const struct recover_request *request, struct buf *ret_inputs,
               struct error *e)
{
    struct snapshot_facts facts;
    struct json_writer w;
    char digest[2 * SHA256_SIZE + 1];
    uint64_t bump;
    bool known = request->entry != NULL ? facts_of_entry(mem, request->entry, &facts, e)
                                        : facts_of_file(mem, request->file, &facts, e);

    if (!known)
        return false;
    bump = request->bump_auto ? bump_revision_auto(facts.revision, request->highest_known)
                              : request->bump_revision;
    hex_encode(facts.sha256, sizeof(facts.sha256), digest);
    json_writer_init(&w, ret_inputs, 0);
    json_object_begin(&w);
    plan_cluster_encode(&w, request->inventory);
    json_key_text(&w, "snapshot", facts.path);
    json_key_text(&w, "sha256", digest);
    json_key_i64(&w, "revision", facts.revision);
    json_key_u64(&w, "hashKv", facts.hash_kv);
    json_key_u64(&w, "keys", facts.keys);
    json_key_text(&w, "token", restore_fresh_token(mem));
    json_key_text(&w, "stamp", stamp_new(mem));
    json_key_u64(&w, "bumpRevision", bump);
    json_key_bool(&w, "keepAlarms", request->keep_alarms);
    json_key(&w, "clients");
    json_array_begin(&w);
    for (size_t i = 0; i < request->client_count; i++)
        json_text(&w, request->client_hosts[i]);
    json_array_end(&w);
    json_object_end(&w);
    return true;
}
