#include "ops/backup.h"

#include <string.h>

#include "base/io.h"
#include "base/time.h"
#include "etcd/maintenance.h"
#include "ops/hash_compare.h"
#include "ops/lab_programs.h"

/* A member hashes its whole history for HashKV: 8 GB may take this long. */
enum { HASH_TIMEOUT_MS = 120000 };

struct making {
    struct arena *mem;
    const struct backup_request *request;
    struct cluster_view view;
    struct snapshot_received received;
    struct db_snapshot_report report;
    struct backup_manifest *manifest;
};

static bool
hash_prove(struct making *b, const char *path, struct error *e)
{
    AUTO_ETCD_CLIENT client = NULL;
    const struct hash_reference reference = {
        .path = path, .info = &b->report.info, .summary = &b->report.summary};
    struct etcd_options one = *b->request->etcd;
    struct hash_comparison comparison;
    struct etcd_hash_kv server;

    one.endpoints = &b->received.source->endpoint;
    one.endpoint_count = 1;
    one.command_timeout_ms = HASH_TIMEOUT_MS;
    b->manifest->proof = BACKUP_PROOF_NOT_COMPARABLE;
    if (!etcd_client_open(&one, &client, e))
        return false;
    if (!etcd_hash_kv_at(b->mem, client, 0, hash_reference_revision(&reference), &server, e)) {
        b->manifest->proof_note =
            arena_printf(b->mem, "the member did not tell its hash: %s", e->text);
        error_clear(e);
        return true;
    }
    if (!hash_compare(b->mem, &reference, &server, &comparison, e))
        return false;
    b->manifest->proof_note = comparison.note;
    if (comparison.match == HASH_EQUAL)
        b->manifest->proof = BACKUP_PROOF_COMPARED;
    if (comparison.match != HASH_DIFFERS)
        return true;
    error_set(e, ERROR_VERIFY, "the file is not what its member has: %s", comparison.note);
    return error_hint(e, "compare the members with 'quorate endpoint hashkv --cluster'");
}

static const char *
alarm_text(struct arena *mem, const struct backend_alarm *alarm)
{
    return arena_printf(mem, "%s %llx", backend_alarm_word(alarm->type),
                        (unsigned long long)alarm->member_id);
}

static const char **
texts_copy(struct arena *mem, const char *const *texts, size_t count)
{
    const char **copy = arena_zero(mem, (count + 1) * sizeof(*copy));

    for (size_t i = 0; i < count; i++)
        copy[i] = texts[i];
    return copy;
}

static void
member_fill(struct arena *mem, const struct member_view *seen, const struct inventory *inventory,
            struct backup_member *m)
{
    const struct inventory_member *configured =
        inventory != NULL && inventory->lab != NULL
            ? inventory_member_by_name(inventory, seen->member.name)
            : NULL;

    m->id = seen->member.id;
    m->name = seen->member.name;
    m->version = seen->known ? seen->status.version : "";
    m->is_learner = seen->member.is_learner;
    m->peer_urls = texts_copy(mem, seen->member.peer_urls, seen->member.peer_url_count);
    m->peer_url_count = seen->member.peer_url_count;
    m->client_urls = texts_copy(mem, seen->member.client_urls, seen->member.client_url_count);
    m->client_url_count = seen->member.client_url_count;
    if (configured != NULL) {
        const char *const *flags = lab_member_flags(mem, inventory, configured, &m->flag_count);

        m->flags = texts_copy(mem, flags, m->flag_count);
    }
}

static void
manifest_fill(struct making *b, const char *cluster)
{
    struct backup_manifest *m = b->manifest;
    const struct backend_info *info = &b->report.info;
    const struct backend_summary *summary = &b->report.summary;
    const struct member_view *source = b->received.source;

    m->format = BACKUP_FORMAT_NEWEST;
    m->quorate_version = QUORATE_VERSION;
    m->cluster = cluster;
    m->created_at_ms = time_wall_ms();
    m->label = repo_label(b->mem, m->created_at_ms, summary->current_revision);
    m->cluster_id = b->view.cluster_id;
    m->member_count = b->view.member_count;
    m->members = arena_zero(b->mem, (m->member_count + 1) * sizeof(*m->members));
    for (size_t i = 0; i < m->member_count; i++)
        member_fill(b->mem, &b->view.members[i], b->request->inventory, &m->members[i]);
    m->source_endpoint = source->endpoint;
    m->source_member_id = source->member.id;
    m->server_version = source->status.version;
    m->cluster_version = info->cluster_version;
    m->storage_version = b->received.storage_version;
    m->raft_index = info->consistent_index;
    m->raft_term = info->term;
    m->file = BACKUP_SNAPSHOT_FILE;
    m->size_bytes = b->received.size_bytes;
    memcpy(m->sha256, b->received.db_sha256, sizeof(m->sha256));
    m->page_size_bytes = b->report.page_size;
    m->revision = summary->current_revision;
    m->compact_revision = summary->hash_kv.compact_revision;
    m->hash_kv = summary->hash_kv.hash;
    m->status_hash = summary->status_hash;
    m->key_count = summary->live_key_count;
    m->row_count = summary->row_count;
    m->alarm_count = info->alarm_count;
    m->alarms = arena_zero(b->mem, (info->alarm_count + 1) * sizeof(*m->alarms));
    for (size_t i = 0; i < info->alarm_count; i++)
        m->alarms[i] = alarm_text(b->mem, &info->alarms[i]);
    m->stream_ms = b->received.took_ms;
}

static bool
backup_prove(struct making *b, const char *path, const char *cluster, struct error *e)
{
    const struct db_snapshot_options options = {0};
    const struct observer *observer = b->request->observer;
    int64_t started_ms = time_monotonic_ms();

    observer_note(observer, "proving: structure, rows and HashKV from the file");
    observer_progress(observer, "proving", NULL, 0, b->received.size_bytes);
    if (!db_snapshot_verify(b->mem, path, &options, &b->report, e) ||
        !db_snapshot_require_good(&b->report, e))
        return false;
    manifest_fill(b, cluster);
    if (!hash_prove(b, path, e))
        return false;
    b->manifest->proof_ms = time_monotonic_ms() - started_ms;
    return true;
}

bool
backup_now(struct arena *mem, const struct backup_request *request,
           struct backup_result *ret_result, struct error *e)
{
    AUTO_REPO_DRAFT draft = REPO_DRAFT_INIT;
    AUTO_FD fd = -1;
    struct making b = {.mem = mem, .request = request};
    const char *cluster = request->cluster;

    b.manifest = arena_zero(mem, sizeof(*b.manifest));
    if (!cluster_view_fetch(mem, request->etcd, &b.view, e))
        return false;
    if (cluster == NULL)
        cluster = arena_printf(mem, "%llx", (unsigned long long)b.view.cluster_id);
    if (!repo_draft_begin(mem, request->repo, cluster, &draft, e) ||
        !snapshot_file_claim(draft.snapshot_path, &fd, e) ||
        !snapshot_receive(mem, request->etcd, &b.view, fd, draft.snapshot_path, request->observer,
                          &b.received, e) ||
        !backup_prove(&b, draft.snapshot_path, cluster, e) ||
        !repo_draft_commit(mem, &draft, b.manifest, &ret_result->folder, e))
        return false;
    ret_result->manifest = b.manifest;
    return true;
}

static bool
differs(struct error *e, const char *what, long long found, long long wanted)
{
    return error_set(e, ERROR_VERIFY, "%s is %lld, the manifest says %lld", what, found, wanted);
}

bool
backup_verify(struct arena *mem, const struct repo_entry *entry,
              struct db_snapshot_report *ret_report, struct error *e)
{
    const struct db_snapshot_options options = {0};
    const struct backup_manifest *m = entry->manifest;
    const char *path = repo_entry_snapshot(mem, entry);
    const struct backend_summary *s = &ret_report->summary;

    if (m == NULL) {
        *e = entry->problem;
        return false;
    }
    if (!db_snapshot_verify(mem, path, &options, ret_report, e) ||
        !db_snapshot_require_good(ret_report, e))
        return error_wrap(e, "backup '%s'", entry->label);
    if (ret_report->file_size != m->size_bytes)
        differs(e, "size", (long long)ret_report->file_size, (long long)m->size_bytes);
    else if (memcmp(ret_report->sha256, m->sha256, sizeof(m->sha256)) != 0)
        error_set(e, ERROR_VERIFY, "the sha256 is not the manifest's");
    else if (s->current_revision != m->revision)
        differs(e, "revision", s->current_revision, m->revision);
    else if (s->hash_kv.compact_revision != m->compact_revision)
        differs(e, "compact revision", s->hash_kv.compact_revision, m->compact_revision);
    else if (s->hash_kv.hash != m->hash_kv)
        differs(e, "HashKV", s->hash_kv.hash, m->hash_kv);
    else if (s->live_key_count != m->key_count)
        differs(e, "number of keys", (long long)s->live_key_count, (long long)m->key_count);
    else
        return true;
    error_wrap_(e, "backup '%s': '%s'", entry->label, path);
    return error_hint(e, "the file or its manifest was changed after the backup was made: use "
                         "another backup");
}
