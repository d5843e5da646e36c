/*
 * The order is what makes it safe: check the request, room, one pass over the source, its digest,
 * then the changes, the proof, and the final names at the very end.
 */
#include "ops/restore.h"

#include "base/interrupt.h"
#include "base/io.h"
#include "ops/restore_database.h"
#include "ops/restore_fill.h"
#include "ops/restore_log.h"
#include "ops/restore_proof.h"
#include "ops/restore_site.h"
#include "ops/restore_source.h"

struct building {
    struct arena *mem;
    const struct restore_request *request;
    struct initial_cluster cluster;
    struct restore_source source;
    struct restore_site *sites;
    size_t site_count;
    struct restore_database database;
};

static void
building_release(struct building *b)
{
    restore_source_close(&b->source);
    for (size_t i = 0; i < b->site_count; i++)
        restore_site_close(&b->sites[i]);
}

#define AUTO_BUILDING __attribute__((cleanup(building_release))) struct building

static bool
stage_all(struct building *b, struct error *e)
{
    size_t count = b->request->target_count;

    b->sites = arena_zero(b->mem, count * sizeof(*b->sites));
    for (size_t i = 0; i < count; i++) {
        const struct restore_target *target = &b->request->targets[i];
        const struct initial_member *member = initial_cluster_find(&b->cluster, target->name);

        ASSERT(member != NULL);
        restore_site_init(b->mem, &b->sites[i], target, member->id);
        b->site_count = i + 1;
        if (!restore_site_clear(&b->sites[i], e))
            return error_wrap(e, "leftover of a killed restore");
    }
    for (size_t i = 0; i < count; i++) {
        if (!restore_site_stage(b->mem, &b->sites[i], e))
            return error_wrap(e, "member '%s'", b->sites[i].name);
    }
    return true;
}

static bool
site_finish(const struct building *b, struct restore_site *site, struct error *e)
{
    const struct restore_expectation expected = {
        .cluster = &b->cluster,
        .member_id = site->member_id,
        .size_bytes = b->database.edit.tail_offset,
        .revision = b->database.revision_after,
        .no_alarms = !b->request->keep_alarms,
        .whole_structure = site == &b->sites[0] || site->filling == RESTORE_WRITTEN,
    };

    return bbolt_edit_apply(&b->database.edit, site->db_fd, site->db_path, e) &&
           restore_snap_write(site->snap_dir, &b->cluster, e) &&
           restore_wal_write(site->wal_stage, &b->cluster, site->member_id, e) &&
           restore_verify_dir(site->stage, site->wal_stage, &expected, e);
}

static bool
site_sync(const struct restore_site *site, struct error *e)
{
    return file_sync(site->db_fd, site->db_path, e) && dir_sync(site->member_dir, e) &&
           dir_sync(site->stage, e);
}

/* Always false. A snapshot that was damaged before its digest was taken is noticed by the proof only,
 * and then it is the snapshot that people should hear of. */
static bool
finish_failed(const struct building *b, const struct restore_site *site, struct error *e)
{
    struct error found = ERROR_INIT;

    if (e->code != ERROR_VERIFY || restore_source_check_content(&b->source, &found))
        return error_wrap(e, "member '%s'", site->name);
    *e = found;
    return error_hint(e, "the database is damaged: restore from another backup");
}

static bool
build_all(struct building *b, struct error *e)
{
    if (!stage_all(b, e) ||
        !restore_fill(&b->source, b->sites, b->site_count, b->request->progress,
                      b->request->progress_context, e) ||
        !restore_database_plan(b->mem, b->sites[0].db_path, b->source.path, b->request, &b->cluster,
                               &b->database, e))
        return false;
    for (size_t i = 0; i < b->site_count; i++) {
        if (!interrupt_check(e) || !site_finish(b, &b->sites[i], e))
            return finish_failed(b, &b->sites[i], e);
    }
    /* The disk writes while the proof reads: only now is it waited for. */
    for (size_t i = 0; i < b->site_count; i++) {
        if (!site_sync(&b->sites[i], e) || !interrupt_check(e))
            return error_wrap(e, "member '%s'", b->sites[i].name);
    }
    for (size_t i = 0; i < b->site_count; i++) {
        if (!restore_site_commit(b->mem, &b->sites[i], e))
            return error_wrap(e, "member '%s'", b->sites[i].name);
    }
    return true;
}

static void
result_fill(const struct building *b, const char *token, struct restore_result *result)
{
    *result = (struct restore_result){
        .token = token,
        .cluster_id = b->cluster.cluster_id,
        .cluster = b->cluster,
        .member_count = b->site_count,
        .had_trailer = b->source.has_trailer,
        .hash_differs = b->source.hash_differs,
        .size_bytes = b->database.edit.tail_offset,
        .revision = b->database.revision,
        .revision_after = b->database.revision_after,
        .alarms = b->database.alarms,
        .alarm_count = b->database.alarm_count,
        .repeats_ids = b->database.repeats_ids,
    };
    result->members = arena_zero(b->mem, b->site_count * sizeof(*result->members));
    for (size_t i = 0; i < b->site_count; i++)
        result->members[i] = (struct restored_member){
            .name = b->sites[i].name,
            .id = b->sites[i].member_id,
            .data_dir = b->sites[i].data_dir,
            .wal_dir = b->sites[i].wal_dir,
        };
}

bool
restore_check_space(struct arena *mem, const struct restore_request *request, struct error *e)
{
    AUTO_RESTORE_SOURCE source = RESTORE_SOURCE_INIT;
    size_t count = request->target_count;
    struct restore_site *sites = arena_zero(mem, (count + 1) * sizeof(*sites));

    for (size_t i = 0; i < count; i++)
        restore_site_init(mem, &sites[i], &request->targets[i], 0);
    return restore_source_open(request->snapshot_path, request->skip_hash_check, &source, e) &&
           restore_sites_check_space(sites, count, source.content_bytes, e);
}

bool
restore_run(struct arena *mem, const struct restore_request *request,
            struct restore_result *ret_result, struct error *e)
{
    AUTO_BUILDING b = {.mem = mem, .request = request, .source = RESTORE_SOURCE_INIT};
    const char *token = request->token;

    if (token == NULL || token[0] == '\0')
        token = restore_fresh_token(mem);
    if (!restore_request_check(mem, request, token, &b.cluster, e) ||
        !restore_source_open(request->snapshot_path, request->skip_hash_check, &b.source, e))
        return false;
    if (!build_all(&b, e)) {
        /* The last first: a directory that one made for all is empty when its turn comes. */
        for (size_t i = b.site_count; i-- > 0;)
            restore_site_abandon(&b.sites[i]);
        return false;
    }
    result_fill(&b, token, ret_result);
    return true;
}
