/*
 * Who is a member stands in three places: the v2 store of the raft snapshot with the log behind it,
 * the "members" bucket of the database, and raft's ConfState. They should say the same; which of them
 * counts depends on the release.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "cluster/data_dir_judging.h"
#include "cluster/rules.h"

/* From 3.6 on the members are the database's, from 3.7 on raft's voters are made from them too. */
enum { MINOR_OF_DATABASE = 6, MINOR_OF_DATABASE_VOTERS = 7, LEARNERS_MOST = 1 };

typedef ARRAY(struct seat) seat_array;

static const struct seat *
seat_find(const struct seats *seats, uint64_t id)
{
    for (size_t i = 0; i < seats->count; i++) {
        if (seats->items[i].id == id)
            return &seats->items[i];
    }
    return NULL;
}

static size_t
voter_count(const struct seats *seats)
{
    size_t count = 0;

    for (size_t i = 0; i < seats->count; i++)
        count += !seats->items[i].is_learner;
    return count;
}

static void
seat_remove(seat_array *seats, uint64_t id)
{
    size_t kept = 0;

    for (size_t i = 0; i < seats->count; i++) {
        if (seats->items[i].id != id)
            seats->items[kept++] = seats->items[i];
    }
    seats->count = kept;
}

static void
change_apply(struct arena *mem, seat_array *seats, const struct conf_change_picture *change)
{
    if (change->type == RAFT_UPDATE_NODE)
        return;
    seat_remove(seats, change->node_id);
    if (change->type == RAFT_ADD_NODE || change->type == RAFT_ADD_LEARNER)
        *ARRAY_PUSH(mem, seats) = (struct seat){change->node_id, change->type == RAFT_ADD_LEARNER};
}

static void
changes_apply(const struct judging *j, seat_array *seats, uint64_t behind, uint64_t up_to)
{
    for (size_t i = 0; i < j->picture->wal.change_count; i++) {
        const struct conf_change_picture *change = &j->picture->wal.changes[i];

        if (change->index > behind && change->index <= up_to)
            change_apply(j->mem, seats, change);
    }
}

/* Members by the v2 store and the log up to an index; false when these do not reach back far enough
 * (3.7 makes no .snap files). */
static bool
seats_of_store(const struct judging *j, uint64_t up_to, struct seats *ret_seats)
{
    seat_array seats = ARRAY_INIT;
    uint64_t from = j->snap != NULL ? j->snap->index : 0;

    if (j->picture->wal.state != FACT_KNOWN || j->picture->wal.begins_at > from ||
        (j->snap != NULL && j->snap->membership_state != FACT_KNOWN))
        return false;
    for (size_t i = 0; j->snap != NULL && i < j->snap->membership.member_count; i++) {
        const struct v2_member *m = &j->snap->membership.members[i];

        *ARRAY_PUSH(j->mem, &seats) = (struct seat){m->id, m->is_learner};
    }
    changes_apply(j, &seats, from, up_to);
    *ret_seats = (struct seats){seats.items, seats.count};
    return seats.count > 0;
}

/* Members by the database, as they are once the log is applied up to an index. */
static bool
seats_of_database(const struct judging *j, uint64_t up_to, struct seats *ret_seats)
{
    const struct db_picture *db = &j->picture->db;
    seat_array seats = ARRAY_INIT;

    if (db->info_state != FACT_KNOWN || db->info.member_count == 0)
        return false;
    for (size_t i = 0; i < db->info.member_count; i++)
        *ARRAY_PUSH(j->mem, &seats) =
            (struct seat){db->info.members[i].id, db->info.members[i].is_learner};
    changes_apply(j, &seats, db->info.consistent_index, up_to);
    *ret_seats = (struct seats){seats.items, seats.count};
    return true;
}

static const char *
ids_text(struct arena *mem, const struct seats *seats)
{
    AUTO_BUF out = BUF_INIT;

    for (size_t i = 0; i < seats->count; i++)
        buf_printf(&out, "%s%" PRIx64 "%s", i > 0 ? ", " : "", seats->items[i].id,
                   seats->items[i].is_learner ? " (learner)" : "");
    return seats->count == 0 ? "none" : arena_text(mem, buf_text(&out));
}

static const char *
both_text(const struct judging *j, const struct seats *store, const struct seats *database)
{
    return arena_printf(j->mem, "raft snapshot and log: %s; database: %s", ids_text(j->mem, store),
                        ids_text(j->mem, database));
}

/* Those of 'left' that 'right' has not. */
static struct seats
seats_minus(struct arena *mem, const struct seats *left, const struct seats *right)
{
    seat_array rest = ARRAY_INIT;

    for (size_t i = 0; i < left->count; i++) {
        if (seat_find(right, left->items[i].id) == NULL)
            *ARRAY_PUSH(mem, &rest) = left->items[i];
    }
    return (struct seats){rest.items, rest.count};
}

static void
rule_zombies(struct judging *j, const struct seats *store, const struct seats *database)
{
    struct seats zombies = seats_minus(j->mem, database, store);
    size_t voters = voter_count(database);
    size_t living = voters - voter_count(&zombies);
    bool is_stop = judging_is_since(j, MINOR_OF_DATABASE_VOTERS) && living < quorum_size(voters);
    struct dir_finding *f;

    if (zombies.count == 0)
        return;
    f = judging_add(j, "zombie-members", is_stop ? SEVERITY_STOP : SEVERITY_NOTE,
                    "the database has members that were removed: %s%s", ids_text(j->mem, &zombies),
                    is_stop ? "; with their votes no leader can be elected"
                    : judging_is_since(j, MINOR_OF_DATABASE) ? "; they come back"
                                                             : "; etcd 3.6 would bring them back");
    f->evidence = both_text(j, store, database);
    f->remedy = "start the member with etcd 3.5.26 or later and let it make a raft snapshot: it "
                "removes them; in 3.6 remove them by their ids";
    f->command = "quorate member list";
}

static void
rule_missing(struct judging *j, const struct seats *store, const struct seats *database)
{
    const struct wal_summary *log = &j->picture->wal.summary;
    struct seats missing = seats_minus(j->mem, store, database);
    bool is_local = log->has_metadata && seat_find(&missing, log->metadata.node_id) != NULL;
    struct dir_finding *f;

    if (missing.count == 0)
        return;
    f = judging_add(j, "missing-members",
                    is_local && judging_is_since(j, MINOR_OF_DATABASE) ? SEVERITY_STOP
                                                                       : SEVERITY_NOTE,
                    "the database lacks members%s: %s%s", is_local ? ", this one too" : "",
                    ids_text(j->mem, &missing),
                    judging_is_since(j, MINOR_OF_DATABASE) ? "; etcd would not know them"
                                                           : "; etcd 3.6 would not know them");
    f->evidence = both_text(j, store, database);
    f->remedy = "etcd 3.5.26 or later mends it with its next raft snapshot; or restore from the "
                "database with this program: that writes the members into all places";
}

/* A promotion that only the v2 store has: a bug of 3.5.1 to 3.5.19. */
static void
rule_half_promoted(struct judging *j, const struct seats *store, const struct seats *database)
{
    for (size_t i = 0; i < database->count; i++) {
        const struct seat *seat = &database->items[i];
        const struct seat *other = seat_find(store, seat->id);
        struct dir_finding *f;

        if (!seat->is_learner || other == NULL || other->is_learner)
            continue;
        f = judging_add(j, "half-promoted", SEVERITY_NOTE,
                        "member %" PRIx64 " was promoted, and is a learner in the database still%s",
                        seat->id,
                        judging_is_since(j, MINOR_OF_DATABASE_VOTERS) ? "; it would lose its vote"
                        : judging_is_since(j, MINOR_OF_DATABASE) ? "; etcd mends it at the start"
                                                                 : "");
        f->evidence = both_text(j, store, database);
        f->remedy = "before an upgrade to 3.6, run etcd 3.5.24 or later until it has made a raft "
                    "snapshot: it mends the database";
        return;
    }
}

/* 3.6 first takes promotions over from the raft snapshot that it starts with, not from the log. */
static size_t
learners_counted(const struct judging *j, const struct seats *database)
{
    struct seats stored = {NULL, 0};
    size_t count = 0;

    if (j->snap != NULL && !judging_is_since(j, MINOR_OF_DATABASE_VOTERS) &&
        !seats_of_store(j, j->snap->index, &stored))
        stored = (struct seats){NULL, 0};
    for (size_t i = 0; i < database->count; i++) {
        const struct seat *other = seat_find(&stored, database->items[i].id);

        count += database->items[i].is_learner && (other == NULL || other->is_learner);
    }
    return count;
}

static void
rule_learners(struct judging *j, const struct seats *database)
{
    size_t learners = learners_counted(j, database);
    struct dir_finding *f;

    if (!judging_is_since(j, MINOR_OF_DATABASE) || learners <= LEARNERS_MOST)
        return;
    f = judging_add(j, "learners", SEVERITY_STOP,
                    "%zu learners in the database: etcd 3.6 and later start with one at most",
                    learners);
    f->evidence = ids_text(j->mem, database);
    f->remedy =
        "those that were promoted: run etcd 3.5.24 or later until it has made a raft snapshot; "
        "those that are learners: --max-learners on all members";
}

/* What was applied was committed, also when the log does not say so yet. */
static uint64_t
committed_index(const struct data_dir_picture *picture)
{
    uint64_t commit = picture->wal.summary.state.commit;
    uint64_t applied = picture->db.info_state == FACT_KNOWN ? picture->db.info.consistent_index : 0;

    return applied > commit ? applied : commit;
}

static bool
is_removed(const struct judging *j, uint64_t id)
{
    const struct data_dir_picture *picture = j->picture;
    const struct backend_info *info = &picture->db.info;
    bool removed = false;

    for (size_t i = 0; picture->db.info_state == FACT_KNOWN && i < info->removed_member_count; i++)
        removed = removed || info->removed_members[i] == id;
    for (size_t i = 0; j->snap != NULL && j->snap->membership_state == FACT_KNOWN &&
                       i < j->snap->membership.removed_count;
         i++)
        removed = removed || j->snap->membership.removed[i] == id;
    for (size_t i = 0; i < picture->wal.change_count; i++) {
        const struct conf_change_picture *change = &picture->wal.changes[i];

        if (change->node_id == id && change->index <= committed_index(picture))
            removed = removed || change->type == RAFT_REMOVE_NODE;
    }
    return removed;
}

static void
rule_local_member(struct judging *j)
{
    const struct wal_summary *log = &j->picture->wal.summary;
    struct dir_finding *f;

    if (j->picture->wal.state != FACT_KNOWN || !log->has_metadata ||
        !is_removed(j, log->metadata.node_id))
        return;
    f = judging_add(j, "removed", SEVERITY_STOP,
                    "this member was removed from its cluster: an id is never used again");
    f->evidence = arena_printf(j->mem, "member %" PRIx64 " of cluster %" PRIx64,
                               log->metadata.node_id, log->metadata.cluster_id);
    f->remedy = "add it anew and let it start with an empty directory; move this one aside";
    f->command = "quorate member add NAME --learner --peer-urls URL";
}

/* Up to 3.6 raft takes its voters from the .snap; those that no member list knows never vote. */
static void
rule_conf_state(struct judging *j, const struct seats *members)
{
    const struct raft_ids *voters;
    size_t known = 0;
    struct dir_finding *f;

    if (j->snap == NULL || judging_is_since(j, MINOR_OF_DATABASE_VOTERS))
        return;
    voters = &j->snap->conf_state.voters;
    for (size_t i = 0; i < voters->count; i++)
        known += seat_find(members, voters->items[i]) != NULL;
    if (known == voters->count)
        return;
    f = judging_add(j, "conf-state",
                    known < quorum_size(voters->count) ? SEVERITY_STOP : SEVERITY_NOTE,
                    "raft counts %zu voters, of which %zu are members%s", voters->count, known,
                    known < quorum_size(voters->count) ? ": no leader can be elected" : "");
    f->evidence =
        arena_printf(j->mem, "'%s'; members: %s", j->snap->name, ids_text(j->mem, members));
    f->remedy = "restore from the database: that writes the members into all places";
}

/* No etcd starts from it; tools read it. */
static void
rule_stored_conf_state(struct judging *j, const struct seats *database)
{
    const struct backend_info *info = &j->picture->db.info;
    const struct raft_ids *voters = &info->conf_state.voters;
    size_t known = 0;

    if (!info->has_conf_state)
        return;
    for (size_t i = 0; i < voters->count; i++) {
        const struct seat *seat = seat_find(database, voters->items[i]);

        known += seat != NULL && !seat->is_learner;
    }
    if (known == voters->count && known == voter_count(database))
        return;
    judging_add(j, "stored-conf-state", SEVERITY_NOTE,
                "the database's ConfState names other voters than its member list: etcd does not "
                "start from it")
        ->remedy = "nothing: a restore by etcdutl leaves the old one; the next change of members "
                   "writes it anew";
}

void
rules_of_members(struct judging *j)
{
    const struct db_picture *db = &j->picture->db;
    struct seats store;
    struct seats database;
    bool has_database =
        db->info_state == FACT_KNOWN && seats_of_database(j, db->info.consistent_index, &database);

    rule_local_member(j);
    if (has_database) {
        if (seats_of_store(j, db->info.consistent_index, &store)) {
            rule_zombies(j, &store, &database);
            rule_missing(j, &store, &database);
            rule_half_promoted(j, &store, &database);
        }
        rule_learners(j, &database);
        rule_stored_conf_state(j, &database);
    }
    if (j->snap == NULL)
        return;
    if (judging_is_since(j, MINOR_OF_DATABASE)) {
        if (has_database && db->info.consistent_index >= j->snap->index)
            rule_conf_state(j, &database);
    } else if (seats_of_store(j, j->snap->index, &store)) {
        rule_conf_state(j, &store);
    }
}
