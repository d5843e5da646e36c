#include "ops/recover.h"

#include <string.h>

#include "base/io.h"
#include "base/json_writer.h"
#include "cluster/connect.h"
#include "ops/plan_cluster.h"
#include "ops/recover_mounts.h"
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

static void
tree_add(struct recover_member *m, const char *place, const char *built)
{
    m->trees[m->tree_count++] = (struct recover_tree){
        .place = place,
        .aside = arena_printf(m->recover->plan->mem, "%s.before-%s", place, m->recover->stamp),
        .built = built,
    };
}

/* Where a directory of the member is built: in its place, or in the workshop under 'word'. */
static const char *
built_path(const struct recover_member *m, const char *place, const char *word)
{
    struct arena *mem = m->recover->plan->mem;

    return m->recover->in_place ? place
                                : arena_printf(mem, "%s/%s.%s", m->recover->workshop,
                                               state_file_name(mem, m->configured->name), word);
}

/* What 'path' is called in 'dir'; NULL when it is not in there. */
static const char *
path_below(const char *dir, const char *path)
{
    size_t size = strlen(dir);

    return strncmp(dir, path, size) == 0 && path[size] == '/' ? path + size + 1 : NULL;
}

/* A log that is in a directory that is moved comes and goes with it. */
static void
log_init(struct recover_member *m)
{
    struct arena *mem = m->recover->plan->mem;
    const char *wal_dir, *below;

    if (m->configured->wal_dir == NULL) {
        m->built_wal = path_join(mem, m->built_data, "member/wal");
        return;
    }
    wal_dir = restore_path_trim(mem, m->configured->wal_dir);
    below = path_below(m->data_dir, wal_dir);
    m->built_wal =
        below != NULL ? path_join(mem, m->built_data, below) : built_path(m, wal_dir, "log");
    if (path_below(m->trees[0].place, wal_dir) == NULL)
        tree_add(m, wal_dir, m->built_wal);
}

/* A mount point stays where it is: what moves is etcd's directory in it. */
static void
member_init(struct recover_member *m, bool is_mount)
{
    struct arena *mem = m->recover->plan->mem;

    m->data_dir = restore_path_trim(mem, m->configured->data_dir);
    m->built_data = built_path(m, m->data_dir, "data");
    if (is_mount)
        tree_add(m, path_join(mem, m->data_dir, "member"), path_join(mem, m->built_data, "member"));
    else
        tree_add(m, m->data_dir, m->built_data);
    log_init(m);
}

static bool
no_members(const struct recover *r, struct error *e)
{
    error_set_(e, ERROR_REFUSED, 0, "cluster '%s' names no member, so nobody knows what to stop",
               r->inventory->name);
    return error_hint(e, "quorate cluster discover --cluster %s --host HOST --write",
                      r->inventory->name);
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
members_init(struct recover *r, const struct json *inputs, struct error *e)
{
    struct arena *mem = r->plan->mem;
    struct recover_mounts mounts;

    if (r->inventory->members.count == 0)
        return no_members(r, e);
    if (!initial_cluster_parse(mem, inventory_initial_cluster(mem, r->inventory), &r->cluster, e) ||
        !initial_cluster_identify(&r->cluster, r->token, e) ||
        !recover_mounts_decode(mem, inputs, &mounts, e))
        return false;
    r->member_count = r->inventory->members.count;
    r->members = arena_zero(mem, (r->member_count + 1) * sizeof(*r->members));
    for (size_t i = 0; i < r->member_count; i++) {
        struct recover_member *m = &r->members[i];

        m->recover = r;
        m->configured = &r->inventory->members.items[i];
        if (m->configured->data_dir == NULL)
            return no_data_dir(r, m->configured, e);
        member_init(m, recover_mounts_have(&mounts, m->configured->name));
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
    struct inventory *inventory;

    if (!plan_cluster_decode(mem, inputs, r->context, &r->where, e) ||
        !plan_cluster_inventory(mem, &r->where, &inventory, e))
        return false;
    r->inventory = inventory;
    r->in_place = inventory->lab != NULL;
    r->workshop = arena_printf(mem, "%s/recover/%s", r->context->state_dir, r->stamp);
    r->keeping = (struct inventory_keeping){
        .file = r->where.config,
        .kept = arena_printf(mem, "%s.quorate.yaml", r->workshop),
        .of_lab = r->in_place,
    };
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
        !clients_read(r, inputs, e) || !members_init(r, inputs, e))
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
    if (!r->in_place)
        plan_add_step(plan, &recover_step_configure, NULL, r);
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

bool
recover_inputs(struct arena *mem, const struct recover_request *request, struct buf *ret_inputs,
               struct error *e)
{
    struct snapshot_facts facts;
    struct recover_mounts mounts;
    struct json_writer w;
    char digest[2 * SHA256_SIZE + 1];
    uint64_t bump;
    bool known = request->entry != NULL ? facts_of_entry(mem, request->entry, &facts, e)
                                        : facts_of_file(mem, request->file, &facts, e);

    if (!known || !recover_mounts_look(mem, request->inventory, &mounts, e))
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
    json_key_text(&w, "stamp", plan_stamp_new(mem));
    json_key_u64(&w, "bumpRevision", bump);
    json_key_bool(&w, "keepAlarms", request->keep_alarms);
    recover_mounts_encode(&w, &mounts);
    json_key(&w, "clients");
    json_array_begin(&w);
    for (size_t i = 0; i < request->client_count; i++)
        json_text(&w, request->client_hosts[i]);
    json_array_end(&w);
    json_object_end(&w);
    return true;
}
