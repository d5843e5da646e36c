/* Which releases the data have seen, and which of them a given release refuses. */
#include <inttypes.h>
#include <string.h>

#include "cluster/data_dir_judging.h"

/* The newest release whose ways are known here. */
static const struct minor_version newest_known = {3, 7};

enum { MINOR_WITH_STORAGE_VERSION = 6, MINOR_WITHOUT_V2 = 6, MINOR_WITHOUT_V2_REQUESTS = 7 };

static bool
text_version(const char *text, struct minor_version *ret_version)
{
    struct error ignored = ERROR_INIT;

    return text != NULL && text[0] != '\0' && minor_version_parse(text, ret_version, &ignored);
}

/* Up to 3.5 it is the v2 store's that counts; the two are the same but for a moment. */
static bool
cluster_version(const struct judging *j, struct minor_version *ret_version)
{
    const struct db_picture *db = &j->picture->db;
    struct minor_version stored;
    bool known =
        db->info_state == FACT_KNOWN && text_version(db->info.cluster_version, ret_version);

    if (j->snap == NULL || j->snap->membership_state != FACT_KNOWN ||
        !text_version(j->snap->membership.cluster_version, &stored))
        return known;
    if (!known || minor_version_compare(stored, *ret_version) > 0)
        *ret_version = stored;
    return true;
}

static void
rule_cluster_version(struct judging *j)
{
    struct minor_version cluster;
    struct dir_finding *f;

    if (!cluster_version(j, &cluster) || minor_version_compare(cluster, j->version) <= 0)
        return;
    f = judging_add(j, "cluster-version", SEVERITY_STOP,
                    "the cluster's version is %" PRIu64 ".%" PRIu64
                    ": an older etcd refuses to start on its data",
                    cluster.major, cluster.minor);
    f->remedy = "start the member with its own release; 'downgrade enable' on the running cluster "
                "lowers the version by one minor release (3.6 and later)";
    f->command = arena_printf(j->mem, "quorate downgrade validate %" PRIu64 ".%" PRIu64,
                              j->version.major, j->version.minor);
}

static void
rule_storage_version(struct judging *j)
{
    const struct db_picture *db = &j->picture->db;
    struct minor_version storage;
    struct dir_finding *f;

    if (db->info_state != FACT_KNOWN || !text_version(db->info.storage_version, &storage) ||
        !judging_is_since(j, MINOR_WITH_STORAGE_VERSION) ||
        minor_version_compare(storage, j->version) <= 0)
        return;
    f = judging_add(j, "storage-version", SEVERITY_STOP,
                    "the database is of storage version %s: an older etcd does not know it",
                    db->info.storage_version);
    f->remedy =
        "lower it, which is refused while the log holds what the older release does not know";
    f->command = arena_printf(
        j->mem, "quorate migrate --data-dir '%s' --target-version %" PRIu64 ".%" PRIu64,
        j->picture->path, j->version.major, j->version.minor);
}

/* Only 3.5 looks: for it an enabled downgrade means that no other release than the target may join. */
static void
rule_downgrade(struct judging *j)
{
    const struct backend_info *info = &j->picture->db.info;
    struct minor_version target;
    struct dir_finding *f;

    if (j->picture->db.info_state != FACT_KNOWN || !info->downgrade_enabled ||
        !text_version(info->downgrade_target, &target))
        return;
    if (!judging_is_since(j, 5) || !judging_is_before(j, 6)) {
        judging_add(j, "downgrade", SEVERITY_NOTE, "a downgrade to %s is under way",
                    info->downgrade_target);
        return;
    }
    if (minor_version_compare(target, j->version) == 0)
        return;
    f = judging_add(j, "downgrade", SEVERITY_STOP,
                    "a downgrade to %s is enabled: etcd 3.5 does not start during one",
                    info->downgrade_target);
    f->remedy = "cancel it on a member that runs; 3.5 cannot do it, although it lets one enable it";
    f->command = "quorate downgrade cancel";
}

static void
rule_v2_content(struct judging *j)
{
    const struct v2_picture *v2 = &j->picture->v2;
    bool is_refused = judging_is_since(j, MINOR_WITHOUT_V2);
    bool in_snap = v2->snap_name != NULL;
    struct dir_finding *f;

    if (v2->state != FACT_KNOWN || (!in_snap && v2->wal_index == 0) ||
        judging_is_since(j, MINOR_WITHOUT_V2_REQUESTS))
        return;
    f = judging_add(j, "v2-content", is_refused ? SEVERITY_STOP : SEVERITY_NOTE,
                    "there are %s the v2 API: etcd 3.6 %s", in_snap ? "data of" : "requests of",
                    is_refused ? "refuses to start with them" : "will refuse them");
    f->evidence = in_snap ? arena_printf(j->mem, "in '%s'", v2->snap_name)
                          : arena_printf(j->mem, "in the log, raft index %" PRIu64 ": %s",
                                         v2->wal_index, v2->wal_request);
    f->remedy =
        "start the member with etcd 3.5, take the v2 keys over or delete them, then let it make a "
        "raft snapshot without --enable-v2 (--snapshot-count); health checks of 3.4 are such "
        "requests, too";
    f->command = "quorate v2 migrate --help";
}

/* 3.7 ends on the first entry that it replays and cannot decode, also when its database has it. */
static void
rule_v2_requests(struct judging *j)
{
    const struct wal_picture *wal = &j->picture->wal;
    struct dir_finding *f;

    if (!judging_is_since(j, MINOR_WITHOUT_V2_REQUESTS) || wal->last_v2_index <= j->start_index)
        return;
    f = judging_add(j, "v2-requests", SEVERITY_STOP,
                    "the log behind the last raft snapshot has requests as etcd 3.5 and earlier "
                    "write them: 3.7 cannot read these");
    f->evidence = arena_printf(j->mem, "raft index %" PRIu64 ", snapshot at %" PRIu64,
                               wal->last_v2_index, j->start_index);
    f->remedy = "start the member with etcd 3.6 until it has made a raft snapshot: after "
                "--snapshot-count entries";
}

static void
rule_step(struct judging *j)
{
    struct minor_version cluster;

    if (minor_version_compare(j->version, newest_known) > 0)
        judging_add(j, "version-unknown", SEVERITY_NOTE,
                    "etcd %" PRIu64 ".%" PRIu64
                    " is newer than what the rules know: they are those "
                    "of 3.7",
                    j->version.major, j->version.minor);
    if (cluster_version(j, &cluster) && cluster.major == j->version.major &&
        j->version.minor > cluster.minor + 1)
        judging_add(j, "version-skipped", SEVERITY_NOTE,
                    "from %" PRIu64 ".%" PRIu64 " to %" PRIu64 ".%" PRIu64
                    " releases are left out: etcd is made for one step at a time",
                    cluster.major, cluster.minor, j->version.major, j->version.minor)
            ->remedy = "start the member with each release between, and let all members follow";
}

static void
rule_term(struct judging *j)
{
    const struct db_picture *db = &j->picture->db;

    if (db->info_state != FACT_KNOWN || !judging_is_since(j, MINOR_WITH_STORAGE_VERSION) ||
        db->info.storage_version[0] != '\0' || db->info.term != 0)
        return;
    judging_add(j, "schema-undetected", SEVERITY_NOTE,
                "the database does not say its raft term yet: etcd cannot tell the storage version")
        ->remedy = "let the older release make a raft snapshot before the upgrade";
}

void
rules_of_versions(struct judging *j)
{
    if (!j->has_version)
        return;
    rule_cluster_version(j);
    rule_storage_version(j);
    rule_downgrade(j);
    rule_v2_content(j);
    rule_v2_requests(j);
    rule_step(j);
    rule_term(j);
}
