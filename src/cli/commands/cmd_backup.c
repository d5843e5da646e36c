/* 'backup now', 'list', 'show', 'verify': snapshots in a repository, each with its proof. */

#include "base/time.h"
#include "cli/app.h"
#include "cli/observe.h"
#include "cli/report.h"
#include "cli/verification.h"
#include "ops/backup.h"

#define REPO_OPTION                                                                                \
    {                                                                                              \
        "repo", OPTION_DIR,                                                                        \
            .arg = "DIR", .environment = "QUORATE_REPO",                                           \
            .help = "The repository: a directory for backups [default: the cluster's]"             \
    }

static const struct option_def now_options[] = {
    REPO_OPTION,
    {"as", OPTION_TEXT, .arg = "NAME",
     .help = "The cluster's folder in the repository [default: --cluster, else the cluster id]"},
    OPTIONS_END,
};

static const struct option_def repo_options[] = {
    REPO_OPTION,
    {"of", OPTION_TEXT, .arg = "NAME",
     .help = "Only backups in this cluster's folder [default: --cluster, else all]"},
    OPTIONS_END,
};

/* The cluster's folder: as named, else as --cluster says, else NULL. */
static const char *
folder_wanted(const struct app *app, const char *option)
{
    if (option_given(&app->options, option))
        return option_text(&app->options, option);
    if (option_given(&app->options, "cluster"))
        return option_text(&app->options, "cluster");
    return NULL;
}

static void
manifest_fields(struct report *r, const struct backup_manifest *m, const char *folder)
{
    char digest[2 * SHA256_SIZE + 1];

    hex_encode(m->sha256, sizeof(m->sha256), digest);
    report_field_text(r, "Label", "label", m->label);
    report_field_text(r, "Folder", "folder", folder);
    report_field_text(r, "Cluster", "cluster", m->cluster);
    report_field_id(r, "Cluster ID", "clusterId", m->cluster_id);
    report_field_time(r, "Created", "createdAt", m->created_at_ms);
    report_field_text(r, "From", "sourceEndpoint", m->source_endpoint);
    report_field_id(r, "From member", "sourceMemberId", m->source_member_id);
    report_field_text(r, "Server version", "serverVersion", m->server_version);
    report_field_text(r, "Cluster version", "clusterVersion", m->cluster_version);
    report_field_text(r, "Storage version", "storageVersion", m->storage_version);
    report_field_i64(r, "Revision", "revision", m->revision);
    report_field_i64(r, "Compacted at", "compactRevision", m->compact_revision);
    report_field_u64(r, "Keys", "keys", m->key_count);
    report_field_size(r, "Size", "sizeBytes", m->size_bytes);
    report_field_u64(r, "HashKV", "hashKv", m->hash_kv);
    report_field_text(r, "SHA-256", "sha256", digest);
    report_field_text(r, "Proof", "proof",
                      m->proof == BACKUP_PROOF_COMPARED
                          ? "HashKV recomputed from the file equals the member's"
                          : m->proof_note);
    report_mark(r, m->proof == BACKUP_PROOF_COMPARED ? MARK_GOOD : MARK_WARN);
    report_field_duration(r, "Streamed in", "streamMs", m->stream_ms);
    report_field_duration(r, "Proven in", "proofMs", m->proof_ms);
    for (size_t i = 0; i < m->alarm_count; i++)
        report_note(r, "it holds the alarm %s: 'recover' and 'snapshot restore' clear it",
                    m->alarms[i]);
}

static bool
backup_now_report(struct app *app, struct report *report, struct error *e)
{
    const struct etcd_options *etcd;
    struct repo repo;
    struct operation_face face;
    const struct inventory *inventory;
    struct backup_result result;
    const char *path;
    bool made;

    if (!app_etcd_options(app, &etcd, e) || !app_inventory(app, &inventory, e) ||
        !app_repository(app, &path, e) || !repo_open(app->mem, path, true, &repo, e))
        return false;
    operation_face_begin(&face, app);
    const struct backup_request request = {
        .etcd = etcd,
        .repo = &repo,
        .cluster = folder_wanted(app, "as"),
        .inventory = inventory,
        .observer = &face.observer,
    };
    made = backup_now(app->mem, &request, &result, e);
    operation_face_end(&face);
    if (!made)
        return false;
    report_record_init(report, app->mem, "backup");
    manifest_fields(report, result.manifest, result.folder);
    if (result.manifest->proof != BACKUP_PROOF_COMPARED)
        app_warn(app, "the backup is whole, but its HashKV could not be compared: %s",
                 result.manifest->proof_note);
    return true;
}

static bool
entry_find(struct app *app, struct repo_entry *ret_entry, struct error *e)
{
    const char *label = app_operand(app, 0);
    const char *path;
    struct repo repo;

    return app_repository(app, &path, e) && repo_open(app->mem, path, false, &repo, e) &&
           repo_find(app->mem, &repo, folder_wanted(app, "of"), label != NULL ? label : "latest",
                     ret_entry, e);
}

static void
entry_row(struct report *r, const struct repo_entry *entry)
{
    const struct backup_manifest *m = entry->manifest;

    report_row(r);
    report_text(r, entry->cluster);
    report_text(r, entry->label);
    if (m == NULL) {
        for (int i = 0; i < 5; i++)
            report_unknown(r, entry->problem.text);
        report_text(r, "unreadable");
        report_mark(r, MARK_BAD);
        return;
    }
    report_time(r, m->created_at_ms);
    report_i64(r, m->revision);
    report_u64(r, m->key_count);
    report_size(r, m->size_bytes);
    report_u64(r, m->hash_kv);
    report_text(r, m->proof == BACKUP_PROOF_COMPARED ? "proven" : "whole");
    report_mark(r, m->proof == BACKUP_PROOF_COMPARED ? MARK_GOOD : MARK_WARN);
}

static bool
backup_list_report(struct app *app, struct report *report, struct error *e)
{
    struct repo repo;
    struct repo_entry *entries;
    const char *path;
    size_t count;

    if (!app_repository(app, &path, e) || !repo_open(app->mem, path, false, &repo, e) ||
        !repo_list(app->mem, &repo, folder_wanted(app, "of"), &entries, &count, e))
        return false;
    report_init(report, app->mem, "backups");
    report_column(report, COLUMN_TEXT, "CLUSTER", "cluster");
    report_column(report, COLUMN_TEXT, "LABEL", "label");
    report_column(report, COLUMN_TIME, "CREATED", "createdAt");
    report_column(report, COLUMN_I64, "REVISION", "revision");
    report_column(report, COLUMN_U64, "KEYS", "keys");
    report_column(report, COLUMN_SIZE, "SIZE", "sizeBytes");
    report_column(report, COLUMN_U64, "HASHKV", "hashKv");
    report_column(report, COLUMN_TEXT, "STATE", "state");
    for (size_t i = 0; i < count; i++)
        entry_row(report, &entries[i]);
    return true;
}

static void
members_section(struct report *report, const struct backup_manifest *m)
{
    struct report *r = report_section(report, "members");

    report_column(r, COLUMN_TEXT, "MEMBER", "name");
    report_column(r, COLUMN_ID, "ID", "id");
    report_column(r, COLUMN_TEXT, "VERSION", "version");
    report_column(r, COLUMN_BOOL, "LEARNER", "learner");
    report_column(r, COLUMN_TEXT, "PEER URL", "peerUrl");
    report_column(r, COLUMN_TEXT, "CLIENT URL", "clientUrl");
    for (size_t i = 0; i < m->member_count; i++) {
        const struct backup_member *member = &m->members[i];

        report_row(r);
        report_text(r, member->name);
        report_id(r, member->id);
        report_text(r, member->version);
        report_bool(r, member->is_learner);
        report_text(r, member->peer_url_count > 0 ? member->peer_urls[0] : "");
        report_text(r, member->client_url_count > 0 ? member->client_urls[0] : "");
    }
}

static bool
backup_show_report(struct app *app, struct report *report, struct error *e)
{
    struct repo_entry entry;

    if (!entry_find(app, &entry, e))
        return false;
    if (entry.manifest == NULL) {
        *e = entry.problem;
        return false;
    }
    report_record_init(report, app->mem, "backup");
    manifest_fields(report, entry.manifest, entry.folder);
    members_section(report, entry.manifest);
    return true;
}

static bool
backup_verify_report(struct app *app, struct report *report, struct error *e)
{
    struct repo_entry entry;
    struct db_snapshot_report checked = {0};
    int64_t started_ms = time_monotonic_ms();
    bool good;

    if (!entry_find(app, &entry, e))
        return false;
    good = backup_verify(app->mem, &entry, &checked, e);
    report_record_init(report, app->mem, "verification");
    report_field_text(report, "Label", "label", entry.label);
    report_field_text(report, "File", "file", repo_entry_snapshot(app->mem, &entry));
    if (!good) {
        app->exit_code = verification_bad(report, &checked, e);
        return true;
    }
    verification_good(report, &checked);
    report_field_duration(report, "Checked in", "tookMs", time_monotonic_ms() - started_ms);
    verification_findings(report, &checked);
    return true;
}

const struct command command_backup_now = {
    .name = "backup now",
    .summary = "Take a backup into a repository and prove it",
    .family = FAMILY_BACKUP,
    .options = now_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_WRITES_FILES,
    .report = backup_now_report,
    .example = "quorate backup now --cluster lab:demo --repo /var/backups/etcd",
    .description =
        "Streams a snapshot from the best member: a healthy voter that is caught up, a follower "
        "before the leader; never a learner, never one with a CORRUPT alarm. A stream that breaks "
        "starts anew with the next member.\n\n"
        "The proof: the digest while it streams; then, from the file, the structure, every row, "
        "and HashKV, which must equal what the member answers for the same revision. Only then "
        "does the backup appear in the repository, with a manifest beside it.",
};

const struct command command_backup_list = {
    .name = "backup list",
    .summary = "List the backups in a repository",
    .family = FAMILY_BACKUP,
    .options = repo_options,
    .report = backup_list_report,
    .example = "quorate backup list --repo /var/backups/etcd",
};

const struct command command_backup_show = {
    .name = "backup show",
    .operands = "[LABEL]",
    .summary = "Show what a backup holds and how it was proven",
    .family = FAMILY_BACKUP,
    .options = repo_options,
    .report = backup_show_report,
    .example = "quorate backup show latest --repo /var/backups/etcd",
    .description = "LABEL is a label, its unique beginning, or 'latest' (the default).",
};

const struct command command_backup_verify = {
    .name = "backup verify",
    .operands = "[LABEL]",
    .summary = "Check a backup again: digest, structure, every row, HashKV, manifest",
    .family = FAMILY_BACKUP,
    .options = repo_options,
    .report = backup_verify_report,
    .example = "quorate backup verify --repo /var/backups/etcd",
    .description = "LABEL is a label, its unique beginning, or 'latest' (the default). The exit "
                   "code is 0 only for a backup that is good in every respect.",
};
