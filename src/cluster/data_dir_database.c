/* The database itself: can it be opened, is it whole, how full is it, what alarms does it hold? */
#include <inttypes.h>

#include "cluster/data_dir_judging.h"

enum { FULL_PERCENT = 80 };

static bool
is_files_fault(enum error_code code)
{
    return code == ERROR_CORRUPT || code == ERROR_FORMAT || code == ERROR_TOO_NEW;
}

/* What is left of a database that etcd refuses, unless others have all of it. */
static void
rescue_remedy(struct judging *j, struct dir_finding *f)
{
    f->remedy =
        "when the cluster has quorum without this member, remove it and add it anew; else rescue "
        "what can be read, and restore that or a backup on all members";
    f->command = arena_printf(j->mem, "quorate salvage --data-dir '%s' --output rescued.db",
                              j->picture->path);
}

static void
unreadable_add(struct judging *j, const char *rule, enum error_code code, const char *because)
{
    struct dir_finding *f;

    if (code == ERROR_LOCKED)
        return; /* the lock is a finding of its own */
    f = judging_add(j, rule, is_files_fault(code) ? SEVERITY_STOP : SEVERITY_BLIND,
                    "the database cannot be read: %s", because);
    if (!is_files_fault(code)) {
        f->remedy = "run the check as root, or as the user that etcd runs as";
        return;
    }
    rescue_remedy(j, f);
}

static void
rule_damage(struct judging *j)
{
    const struct db_picture *db = &j->picture->db;
    struct dir_finding *f;

    if (db->meta_page_bad)
        judging_add(j, "meta-page", SEVERITY_NOTE,
                    "one of the two meta pages is damaged: etcd goes on with the other")
            ->remedy = "copy the database aside: the next damage is the last";
    if (db->damage_count == 0)
        return;
    /* Tried with a page of two keys exchanged: 3.4.23 starts, 3.5.16 to 3.7.3 panic. */
    if (db->out_of_order == db->damage_count && judging_is_before(j, 5))
        f = judging_add(j, "db-damaged", SEVERITY_LOSS,
                        "keys are out of order in %" PRIu64
                        " places: etcd 3.4 may start, and does not find all of them",
                        db->damage_count);
    else
        f = judging_add(j, "db-damaged", SEVERITY_STOP,
                        "the database is damaged in %" PRIu64
                        " places: etcd walks all its pages when it starts",
                        db->damage_count);
    f->evidence = db->damage;
    rescue_remedy(j, f);
}

static void
rule_quota(struct judging *j)
{
    const struct db_picture *db = &j->picture->db;
    struct dir_finding *f;

    if (db->size_bytes < j->quota_bytes / 100 * FULL_PERCENT)
        return;
    f = judging_add(j, "quota", SEVERITY_NOTE, "the database is %s its quota",
                    db->size_bytes >= j->quota_bytes ? "above" : "near");
    f->evidence =
        arena_printf(j->mem, "%" PRIu64 " bytes, %" PRIu64 " of them in use; the quota is %" PRIu64,
                     db->size_bytes, db->in_use_bytes, j->quota_bytes);
    f->remedy = "at the quota only reading and deleting go on: defragment what is not in use, or "
                "raise --quota-backend-bytes";
    f->command = arena_printf(j->mem, "etcdutl defrag --data-dir '%s'", j->picture->path);
}

static void
rule_alarms(struct judging *j)
{
    const struct backend_info *info = &j->picture->db.info;

    for (size_t i = 0; i < info->alarm_count; i++) {
        const struct backend_alarm *alarm = &info->alarms[i];
        struct dir_finding *f =
            judging_add(j, "alarm", SEVERITY_NOTE, "alarm %s of member %" PRIx64 " is set: %s",
                        backend_alarm_word(alarm->type), alarm->member_id,
                        alarm->type == BACKEND_ALARM_CORRUPT ? "the member answers no requests"
                                                             : "writes are refused");

        if (alarm->type == BACKEND_ALARM_CORRUPT) {
            f->remedy = "find out whose data differ before it is disarmed";
            f->command = "quorate endpoint hashkv --cluster";
        } else {
            f->remedy = "make room, then disarm it";
            f->command = "quorate alarm disarm";
        }
    }
}

static void
rule_auth(struct judging *j)
{
    const struct db_picture *db = &j->picture->db;

    if (!db->info.auth_enabled || db->has_root_user)
        return;
    judging_add(j, "auth-without-root", SEVERITY_NOTE,
                "authentication is on and there is no user root with the role root: nobody may "
                "change users or take snapshots")
        ->evidence = arena_printf(j->mem, "%zu users", db->info.auth_user_count);
}

static void
rule_compaction(struct judging *j)
{
    const struct backend_info *info = &j->picture->db.info;

    if (info->scheduled_compact_revision > info->finished_compact_revision)
        judging_add(j, "compaction", SEVERITY_NOTE,
                    "a compaction at revision %" PRId64 " was cut short: etcd finishes it",
                    info->scheduled_compact_revision);
}

void
rules_of_database(struct judging *j)
{
    const struct db_picture *db = &j->picture->db;

    if (db->state == FACT_UNKNOWN) {
        unreadable_add(j, "db-unreadable", db->code, db->because);
        return;
    }
    if (db->state == FACT_ABSENT)
        return; /* the log's rules say what follows */
    rule_damage(j);
    rule_quota(j);
    if (db->info_state == FACT_UNKNOWN && db->damage_count == 0)
        unreadable_add(j, "db-rows", db->code, db->info_because);
    if (db->info_state != FACT_KNOWN)
        return;
    rule_alarms(j);
    rule_auth(j);
    rule_compaction(j);
}
