/* A sound directory, and for each rule one change to it. */
#include "expect.h"

#include <string.h>
#include <sys/stat.h>

#include "cluster/data_dir_rules.h"

enum { LOCAL = 0xa1, OTHER = 0xb2, THIRD = 0xc3, START = 100, LAST = 150 };

/* All that a picture points to, to be changed before it is judged. */
struct scene {
    struct arena mem;
    struct data_dir_picture picture;
    struct path_picture paths[3];
    struct snap_picture snaps[2];
    struct wal_snapshot log_snapshots[2];
    struct backend_member members[3];
    struct v2_member stored[3];
    uint64_t voters[3];
    struct conf_change_picture changes[2];
    struct snap_db_picture received;
    struct leftover_picture leftover;
    struct backend_alarm alarm;
    gid_t group;
    struct minor_version version;
    bool own_version; /* judge by the directory's own */
    uint64_t quota_bytes;
    struct dir_judgement judgement;
};

static void
members_set(struct scene *s, size_t count)
{
    static const uint64_t ids[] = {LOCAL, OTHER, THIRD};
    struct backend_info *info = &s->picture.db.info;
    struct snap_picture *snap = &s->snaps[0];

    for (size_t i = 0; i < count; i++) {
        s->members[i].id = ids[i];
        s->stored[i].id = ids[i];
        s->voters[i] = ids[i];
    }
    info->members = s->members;
    info->member_count = count;
    info->has_conf_state = true;
    info->conf_state.voters = (struct raft_ids){s->voters, count};
    snap->membership.members = s->stored;
    snap->membership.member_count = count;
    snap->conf_state.voters = (struct raft_ids){s->voters, count};
}

static void
database_set(struct db_picture *db)
{
    db->state = FACT_KNOWN;
    db->size_bytes = 40960;
    db->in_use_bytes = 20480;
    db->damage = "";
    db->info_state = FACT_KNOWN;
    db->info = (struct backend_info){
        .has_consistent_index = true,
        .consistent_index = LAST,
        .term = 2,
        .finished_compact_revision = -1,
        .scheduled_compact_revision = -1,
        .cluster_version = "3.6.0",
        .storage_version = "3.6.0",
        .data_version = "3.6",
        .downgrade_target = "",
    };
}

static void
log_set(struct scene *s)
{
    struct wal_picture *wal = &s->picture.wal;

    wal->state = FACT_KNOWN;
    wal->segment_count = 1;
    wal->summary.has_metadata = true;
    wal->summary.metadata = (struct wal_metadata){LOCAL, 0xc};
    wal->summary.has_state = true;
    wal->summary.state = (struct raft_hard_state){2, LOCAL, LAST};
    wal->summary.last_index = LAST;
    wal->summary.snapshots = s->log_snapshots;
    wal->summary.snapshot_count = 2;
    s->log_snapshots[1] = (struct wal_snapshot){.index = START, .term = 2};
    wal->changes = s->changes;
    s->snaps[0] = (struct snap_picture){
        .name = "0000000000000002-0000000000000064.snap",
        .term = 2,
        .index = START,
        .state = FACT_KNOWN,
        .membership_state = FACT_KNOWN,
        .membership = {.cluster_version = "3.6.0"},
    };
    s->picture.snaps = s->snaps;
    s->picture.snap_count = 1;
    s->picture.v2.state = FACT_KNOWN;
}

static struct scene *
scene_of(struct arena *mem, uint64_t minor)
{
    struct scene *s = arena_zero(mem, sizeof(*s));
    struct data_dir_picture *p = &s->picture;

    p->path = "/data";
    p->wal_dir = "/data/member/wal";
    p->db_path = "/data/member/snap/db";
    p->user_state = FACT_KNOWN;
    p->user = (struct user_picture){"etcd", 109, &s->group, 1};
    s->group = 115;
    s->paths[0] = (struct path_picture){"/", PATH_WAY, FACT_KNOWN, NULL, S_IFDIR | 0755, 0, 0};
    s->paths[1] =
        (struct path_picture){"/data", PATH_DIR, FACT_KNOWN, NULL, S_IFDIR | 0700, 109, 115};
    s->paths[2] = (struct path_picture){"/data/member/snap/db", PATH_FILE, FACT_KNOWN, NULL,
                                        S_IFREG | 0600,         109,       115};
    p->paths = s->paths;
    p->path_count = 3;
    p->db_lock.state = p->wal_lock.state = FACT_KNOWN;
    p->db_space = (struct space_picture){FACT_KNOWN, "/data/member/snap", 10ull << 30, false};
    database_set(&p->db);
    log_set(s);
    members_set(s, 1);
    s->version = (struct minor_version){3, minor};
    return s;
}

static void
judge(struct scene *s)
{
    const struct dir_request request = {s->own_version ? NULL : &s->version, s->quota_bytes};

    data_dir_judge(&s->mem, &s->picture, &request, &s->judgement);
}

static const struct dir_finding *
finding_of(const struct scene *s, const char *rule)
{
    for (size_t i = 0; i < s->judgement.finding_count; i++) {
        if (strcmp(s->judgement.findings[i].rule, rule) == 0)
            return &s->judgement.findings[i];
    }
    return NULL;
}

static void
expect_finding(struct scene *s, const char *rule, enum severity severity, const char *text)
{
    const struct dir_finding *f;

    judge(s);
    f = finding_of(s, rule);
    if (f == NULL)
        fail_msg("no finding '%s': %s", rule, s->judgement.summary);
    assert_string_equal(f->text, text);
    assert_int_equal(f->severity, severity);
    assert_int_equal(s->judgement.worst, severity);
}

static void
expect_none(struct scene *s)
{
    judge(s);
    if (s->judgement.finding_count > 0)
        fail_msg("%s: %s", s->judgement.findings[0].rule, s->judgement.findings[0].text);
}

static void
expect_evidence(const struct scene *s, const char *rule, const char *evidence)
{
    assert_string_equal(finding_of(s, rule)->evidence, evidence);
}

static void
release(struct scene *s)
{
    arena_release(&s->mem);
}

#define SCENE(minor)                                                                               \
    AUTO_ARENA mem = ARENA_INIT;                                                                   \
    struct scene *s = scene_of(&mem, minor)

static void
test_sound(void **state)
{
    (void)state;
    for (uint64_t minor = 6; minor <= 7; minor++) {
        SCENE(minor);

        expect_none(s);
        assert_int_equal(s->judgement.worst, SEVERITY_NOTE);
        assert_string_equal(s->judgement.summary,
                            minor == 6 ? "etcd 3.6 would start" : "etcd 3.7 would start");
        release(s);
    }
}

static void
test_own_version(void **state)
{
    SCENE(0);

    (void)state;
    s->own_version = true;
    expect_none(s);
    assert_int_equal(s->judgement.version.minor, 6);
    /* No cluster version yet: what the buckets bear. */
    s->picture.db.info.cluster_version = "";
    s->picture.db.info.data_version = "3.5";
    s->picture.db.info.storage_version = "";
    s->snaps[0].membership.cluster_version = NULL;
    expect_none(s);
    assert_int_equal(s->judgement.version.minor, 5);
    /* A database that cannot be read: the raft snapshot's. */
    s->picture.db.info_state = FACT_UNKNOWN;
    s->picture.db.state = FACT_ABSENT;
    s->snaps[0].membership.cluster_version = "3.4.0";
    judge(s);
    assert_int_equal(s->judgement.version.minor, 4);
    s->snaps[0].membership_state = FACT_UNKNOWN;
    judge(s);
    assert_false(s->judgement.has_version);
    release(s);
}

static void
test_permission(void **state)
{
    SCENE(6);

    (void)state;
    s->paths[2].uid = 0;
    expect_finding(s, "permission", SEVERITY_STOP,
                   "user etcd may not read and write '/data/member/snap/db'");
    expect_evidence(s, "permission", "owner 0, group 115, mode 0600");
    assert_string_equal(finding_of(s, "permission")->command, "chown -R etcd '/data'");
    s->paths[2].mode = S_IFREG | 0640; /* the group may read */
    expect_finding(s, "permission", SEVERITY_STOP,
                   "user etcd may not write to '/data/member/snap/db'");
    s->paths[2].mode = S_IFREG | 0660;
    expect_none(s);
    s->paths[0].mode = S_IFDIR | 0750;
    expect_finding(s, "permission", SEVERITY_STOP, "user etcd may not pass through '/'");
    assert_string_equal(finding_of(s, "permission")->command, "chmod o+x '/'");
    s->picture.user.uid = 0; /* root may */
    expect_none(s);
    s->picture.user_state = FACT_UNKNOWN;
    expect_none(s);
    release(s);
}

static void
test_permission_blind(void **state)
{
    SCENE(6);

    (void)state;
    s->paths[1].state = FACT_UNKNOWN;
    s->paths[1].because = "Permission denied";
    expect_finding(s, "permission", SEVERITY_BLIND,
                   "'/data' cannot be looked at: Permission denied");
    assert_string_equal(
        s->judgement.summary,
        "etcd 3.6 may start or not: '/data' cannot be looked at: Permission denied");
    release(s);
}

static void
test_mode(void **state)
{
    SCENE(6);

    (void)state;
    s->paths[1].mode = S_IFDIR | 0750;
    expect_finding(s, "mode", SEVERITY_NOTE, "'/data' is open to others than its owner");
    assert_string_equal(finding_of(s, "mode")->command, "chmod 0700 '/data'");
    release(s);
}

static void
test_locks(void **state)
{
    SCENE(6);

    (void)state;
    s->picture.wal_lock = (struct lock_picture){FACT_KNOWN, true, ""};
    expect_finding(s, "log-locked", SEVERITY_STOP, "the log is in use by another process");
    s->picture.db_lock = (struct lock_picture){FACT_KNOWN, true, "etcd (pid 4711)"};
    /* What is read beside a running member is no evidence. */
    s->picture.db.state = FACT_UNKNOWN;
    s->picture.db.info_state = FACT_UNKNOWN;
    s->picture.wal.summary.damage.kind = WAL_CRC_MISMATCH;
    expect_finding(s, "db-locked", SEVERITY_STOP, "the database is in use by etcd (pid 4711)");
    assert_int_equal(s->judgement.finding_count, 1);
    release(s);
}

static void
test_space(void **state)
{
    SCENE(6);

    (void)state;
    s->picture.db_space.free_bytes = 99999999;
    expect_finding(s, "space", SEVERITY_NOTE, "99 MB free below '/data/member/snap'");
    s->picture.db_space.is_read_only = true;
    expect_finding(s, "read-only", SEVERITY_STOP,
                   "the file system of '/data/member/snap' is mounted read-only");
    s->picture.db_space = (struct space_picture){.state = FACT_UNKNOWN};
    s->picture.wal_space = (struct space_picture){FACT_KNOWN, "/wal", 1, false};
    expect_finding(s, "space", SEVERITY_NOTE, "0 MB free below '/wal'");
    release(s);
}

static void
test_leftovers(void **state)
{
    static const char *const texts[] = {
        [LEFTOVER_DEFRAG] = "'/f': a defragmentation that was cut short; etcd removes it",
        [LEFTOVER_DOWNLOAD] = "'/f': a database that did not arrive whole; etcd removes it",
        [LEFTOVER_BROKEN] = "'/f': put aside by etcd when it met damage; it does not read it again",
        [LEFTOVER_STAGE] = "'/f': a restore that was cut short",
        [LEFTOVER_UNKNOWN] = "'/f': nothing of etcd's; etcd ignores it",
    };
    SCENE(6);

    (void)state;
    s->picture.leftovers = &s->leftover;
    s->picture.leftover_count = 1;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        s->leftover = (struct leftover_picture){"/f", (enum leftover_kind)i, 5};
        expect_finding(s, "leftover", SEVERITY_NOTE, texts[i]);
        expect_evidence(s, "leftover", "5 bytes");
    }
    s->picture.leftover_count = 0;
    s->picture.snap_dbs = &s->received;
    s->picture.snap_db_count = 1;
    s->received = (struct snap_db_picture){"0000000000000005.snap.db", 5};
    expect_finding(
        s, "leftover", SEVERITY_NOTE,
        "'0000000000000005.snap.db': a database from the leader that the member has gone "
        "past");
    release(s);
}

static void
test_log_absent(void **state)
{
    SCENE(5);

    (void)state;
    s->picture.db.info.cluster_version = "3.5.0";
    s->picture.wal = (struct wal_picture){.state = FACT_ABSENT};
    s->picture.snap_count = 0;
    expect_finding(s, "log-absent", SEVERITY_LOSS,
                   "the log is gone: etcd would begin as a new member on an old database");
    expect_evidence(s, "log-absent",
                    "no segment in '/data/member/wal'; the database is at raft index 150");
    s->version.minor = 6;
    expect_finding(s, "log-absent", SEVERITY_STOP,
                   "the log is gone: etcd would begin as a new member on an old database");
    s->picture.is_empty = true;
    s->picture.db = (struct db_picture){.state = FACT_ABSENT};
    expect_finding(s, "new", SEVERITY_NOTE,
                   "no member has run here: etcd would begin as a new one");
    release(s);
}

static void
test_log_unreadable(void **state)
{
    SCENE(6);

    (void)state;
    s->picture.wal.state = FACT_UNKNOWN;
    s->picture.wal.code = ERROR_CORRUPT;
    s->picture.wal.because = "segment 1 is missing";
    expect_finding(s, "log-unreadable", SEVERITY_STOP,
                   "the log cannot be read: segment 1 is missing");
    s->picture.wal.code = ERROR_PERMISSION;
    s->picture.wal.because = "'/x': Permission denied";
    expect_finding(s, "log-unreadable", SEVERITY_BLIND,
                   "the log cannot be read: '/x': Permission denied");
    release(s);
}

static void
test_log_damage(void **state)
{
    SCENE(6);
    struct wal_damage *damage = &s->picture.wal.summary.damage;

    (void)state;
    *damage = (struct wal_damage){WAL_UNEXPECTED_EOF, "/w", 4711, true};
    expect_finding(s, "log-torn", SEVERITY_NOTE,
                   "the last record of the log was written in part: etcd cuts it off");
    expect_evidence(s, "log-torn", "'/w', byte 4711; the last good entry is 150");
    damage->repairable = false;
    expect_finding(s, "log-damaged", SEVERITY_STOP, "the log is damaged: unexpected EOF");
    damage->kind = WAL_CRC_MISMATCH;
    expect_finding(s, "log-damaged", SEVERITY_STOP, "the log is damaged: walpb: crc mismatch");
    assert_string_equal(
        finding_of(s, "log-damaged")->command,
        "quorate snapshot restore '/data/member/snap/db' --skip-hash-check --data-dir NEW");
    s->picture.db.info_state = FACT_UNKNOWN;
    s->picture.db.code = ERROR_PERMISSION;
    judge(s);
    assert_string_equal(finding_of(s, "log-damaged")->command, "");
    release(s);
}

static void
test_log_reach(void **state)
{
    SCENE(6);

    (void)state;
    s->picture.wal.begins_at = START;
    expect_none(s);
    s->picture.wal.begins_at = START + 1;
    expect_finding(s, "log-begins-late", SEVERITY_STOP,
                   "the log does not reach back to where etcd would start");
    expect_evidence(s, "log-begins-late", "start at raft index 100, oldest segment at 101");
    s->picture.wal.begins_at = 0;
    s->picture.wal.summary.state.commit = LAST + 1;
    expect_finding(s, "log-short", SEVERITY_STOP,
                   "the log ends before what it says itself is committed");
    expect_evidence(s, "log-short", "committed 151, last entry 150");
    release(s);
}

static void
test_snap_broken(void **state)
{
    SCENE(6);

    (void)state;
    s->snaps[1] = s->snaps[0];
    s->snaps[0] = (struct snap_picture){.name = "n.snap", .code = ERROR_CORRUPT, .because = "crc"};
    s->picture.snap_count = 2;
    expect_finding(
        s, "snap-broken", SEVERITY_NOTE,
        "the raft snapshot 'n.snap' is broken: etcd puts it aside and takes the one before");
    expect_evidence(s, "snap-broken", "crc");
    s->version.minor = 7;
    expect_finding(s, "snap-broken", SEVERITY_NOTE,
                   "the raft snapshot 'n.snap' is broken: etcd does not read it any more");
    s->version.minor = 6;
    /* Without another one the whole log is wanted. */
    s->picture.snap_count = 1;
    s->picture.wal.begins_at = 50;
    expect_finding(s, "log-begins-late", SEVERITY_STOP,
                   "the log does not reach back to where etcd would start");
    expect_evidence(s, "log-begins-late", "start at raft index 0, oldest segment at 50");
    s->snaps[0].code = ERROR_PERMISSION;
    s->snaps[0].because = "no";
    s->picture.wal.begins_at = 0;
    expect_finding(s, "snap-unreadable", SEVERITY_BLIND, "no");
    release(s);
}

static void
test_snap_orphaned(void **state)
{
    SCENE(6);

    (void)state;
    s->snaps[1] = s->snaps[0];
    s->snaps[0].index = 120;
    s->snaps[0].name = "n.snap";
    s->picture.snap_count = 2;
    expect_finding(s, "snap-orphaned", SEVERITY_NOTE,
                   "the raft snapshot 'n.snap' is not named in the log: etcd ignores it");
    /* Named, and not committed. */
    s->snaps[0].index = START;
    s->picture.snap_count = 1;
    s->picture.wal.summary.state.commit = START - 1;
    expect_finding(s, "snap-orphaned", SEVERITY_NOTE,
                   "the raft snapshot 'n.snap' is not named in the log: etcd ignores it");
    release(s);
}

static void
test_db_behind(void **state)
{
    SCENE(6);

    (void)state;
    s->picture.db.info.consistent_index = START - 1;
    expect_finding(s, "db-behind-log", SEVERITY_STOP,
                   "the database is older than the raft snapshot that etcd starts from, and "
                   "'0000000000000064.snap.db' is missing");
    expect_evidence(s, "db-behind-log", "database at raft index 99, snapshot at 100");
    /* 3.7 goes by the log's record alone. */
    s->picture.snap_count = 0;
    s->version.minor = 7;
    expect_finding(s, "db-behind-log", SEVERITY_STOP,
                   "the database is older than the raft snapshot that etcd starts from, and "
                   "'0000000000000064.snap.db' is missing");
    s->version.minor = 6;
    expect_none(s);
    s->picture.snap_count = 1;
    s->picture.snap_dbs = &s->received;
    s->picture.snap_db_count = 1;
    s->received = (struct snap_db_picture){"0000000000000064.snap.db", START};
    expect_finding(s, "db-received", SEVERITY_NOTE,
                   "etcd would put '0000000000000064.snap.db' in the place of the database");
    release(s);
}

static void
test_db_absent(void **state)
{
    SCENE(6);

    (void)state;
    s->picture.db = (struct db_picture){.state = FACT_ABSENT};
    expect_finding(s, "db-behind-log", SEVERITY_STOP,
                   "the database is not there, unlike the raft snapshot that etcd starts from, and "
                   "'0000000000000064.snap.db' is missing");
    s->picture.snap_count = 0;
    expect_finding(s, "db-rebuilt", SEVERITY_NOTE,
                   "there is no database: etcd makes it from the log, which has all entries");
    release(s);
}

static void
test_db_ahead(void **state)
{
    SCENE(5);

    (void)state;
    s->picture.db.info.cluster_version = "3.5.0";
    s->snaps[0].membership.cluster_version = "3.5.0";
    s->picture.db.info.consistent_index = LAST + 2;
    expect_finding(s, "db-ahead-of-log", SEVERITY_LOSS,
                   "the database is ahead of the log: what is written next is not stored until the "
                   "log has caught up");
    expect_evidence(s, "db-ahead-of-log", "database at raft index 152, log at 150");
    assert_string_equal(
        s->judgement.summary,
        "etcd 3.5 would start and lose data: the database is ahead of the log: what "
        "is written next is not stored until the log has caught up");
    s->version.minor = 6;
    expect_finding(s, "db-ahead-of-log", SEVERITY_STOP,
                   "the database is ahead of the log: etcd does not become ready until the log has "
                   "caught up");
    s->picture.db.info.consistent_index = LAST + 1;
    expect_finding(s, "db-ahead-of-log", SEVERITY_NOTE,
                   "the database is ahead of the log: by one entry, which the next leader's first "
                   "replaces");
    release(s);
}

static void
test_db_unreadable(void **state)
{
    SCENE(6);

    (void)state;
    s->picture.db.state = FACT_UNKNOWN;
    s->picture.db.info_state = FACT_UNKNOWN;
    s->picture.db.code = ERROR_CORRUPT;
    s->picture.db.because = "both meta pages are damaged";
    expect_finding(s, "db-unreadable", SEVERITY_STOP,
                   "the database cannot be read: both meta pages are damaged");
    s->picture.db.code = ERROR_PERMISSION;
    expect_finding(s, "db-unreadable", SEVERITY_BLIND,
                   "the database cannot be read: both meta pages are damaged");
    s->picture.db.state = FACT_KNOWN;
    s->picture.db.code = ERROR_FORMAT;
    s->picture.db.info_because = "bucket 'meta', row x: not 8 bytes";
    expect_finding(s, "db-rows", SEVERITY_STOP,
                   "the database cannot be read: bucket 'meta', row x: not 8 bytes");
    release(s);
}

static void
test_db_damage(void **state)
{
    SCENE(6);

    (void)state;
    s->picture.db.meta_page_bad = true;
    expect_finding(s, "meta-page", SEVERITY_NOTE,
                   "one of the two meta pages is damaged: etcd goes on with the other");
    s->picture.db.damage_count = 3;
    s->picture.db.damage = "page 7";
    expect_finding(s, "db-damaged", SEVERITY_STOP,
                   "the database is damaged in 3 places: etcd walks all its pages when it starts");
    expect_evidence(s, "db-damaged", "page 7");
    assert_string_equal(finding_of(s, "db-damaged")->command,
                        "quorate salvage --data-dir '/data' --output rescued.db");
    s->picture.db.out_of_order = 3;
    expect_finding(s, "db-damaged", SEVERITY_STOP,
                   "the database is damaged in 3 places: etcd walks all its pages when it starts");
    release(s);
}

/* Until bbolt looked at the order of keys, too. */
static void
test_keys_out_of_order(void **state)
{
    SCENE(4);

    (void)state;
    s->picture.db.damage_count = 3;
    s->picture.db.damage = "page 7";
    s->picture.db.out_of_order = 2;
    expect_finding(s, "db-damaged", SEVERITY_STOP,
                   "the database is damaged in 3 places: etcd walks all its pages when it starts");
    s->picture.db.out_of_order = 3;
    judge(s); /* the scene's cluster is a later one's, which stops 3.4 */
    assert_int_equal(finding_of(s, "db-damaged")->severity, SEVERITY_LOSS);
    assert_string_equal(finding_of(s, "db-damaged")->text,
                        "keys are out of order in 3 places: etcd 3.4 may start, and does not find "
                        "all of them");
    release(s);
}

static void
test_quota(void **state)
{
    SCENE(6);

    (void)state;
    s->picture.db.size_bytes = 1800000000;
    expect_finding(s, "quota", SEVERITY_NOTE, "the database is near its quota");
    expect_evidence(s, "quota", "1800000000 bytes, 20480 of them in use; the quota is 2147483648");
    s->quota_bytes = 8ull << 30;
    expect_none(s);
    s->quota_bytes = 1000;
    expect_finding(s, "quota", SEVERITY_NOTE, "the database is above its quota");
    release(s);
}

static void
test_alarms(void **state)
{
    SCENE(6);

    (void)state;
    s->picture.db.info.alarms = &s->alarm;
    s->picture.db.info.alarm_count = 1;
    s->alarm = (struct backend_alarm){LOCAL, BACKEND_ALARM_NOSPACE};
    expect_finding(s, "alarm", SEVERITY_NOTE,
                   "alarm NOSPACE of member a1 is set: writes are refused");
    s->alarm.type = BACKEND_ALARM_CORRUPT;
    expect_finding(s, "alarm", SEVERITY_NOTE,
                   "alarm CORRUPT of member a1 is set: the member answers no requests");
    release(s);
}

static void
test_auth_and_compaction(void **state)
{
    SCENE(6);

    (void)state;
    s->picture.db.info.auth_enabled = true;
    s->picture.db.has_root_user = true;
    expect_none(s);
    s->picture.db.has_root_user = false;
    expect_finding(s, "auth-without-root", SEVERITY_NOTE,
                   "authentication is on and there is no user root with the role root: nobody may "
                   "change users or take snapshots");
    s->picture.db.info.auth_enabled = false;
    s->picture.db.info.scheduled_compact_revision = 7;
    expect_finding(s, "compaction", SEVERITY_NOTE,
                   "a compaction at revision 7 was cut short: etcd finishes it");
    release(s);
}

static void
test_cluster_version(void **state)
{
    SCENE(5);

    (void)state;
    expect_finding(s, "cluster-version", SEVERITY_STOP,
                   "the cluster's version is 3.6: an older etcd refuses to start on its data");
    assert_string_equal(finding_of(s, "cluster-version")->command,
                        "quorate downgrade validate 3.5");
    /* The v2 store's counts when it is newer. */
    s->picture.db.info.cluster_version = "3.4.0";
    expect_finding(s, "cluster-version", SEVERITY_STOP,
                   "the cluster's version is 3.6: an older etcd refuses to start on its data");
    s->snaps[0].membership.cluster_version = "3.5.0";
    expect_none(s);
    release(s);
}

static void
test_storage_version(void **state)
{
    SCENE(6);

    (void)state;
    s->picture.db.info.storage_version = "3.7.0";
    expect_finding(s, "storage-version", SEVERITY_STOP,
                   "the database is of storage version 3.7.0: an older etcd does not know it");
    assert_string_equal(finding_of(s, "storage-version")->command,
                        "quorate migrate --data-dir '/data' --target-version 3.6");
    s->version.minor = 7;
    expect_none(s);
    release(s);
}

static void
test_downgrade(void **state)
{
    SCENE(6);
    struct backend_info *info = &s->picture.db.info;

    (void)state;
    info->downgrade_enabled = true;
    info->downgrade_target = "3.5.0";
    expect_finding(s, "downgrade", SEVERITY_NOTE, "a downgrade to 3.5.0 is under way");
    s->version.minor = 5;
    info->cluster_version = "3.5.0";
    s->snaps[0].membership.cluster_version = "3.5.0";
    expect_none(s);
    info->downgrade_target = "3.4.0";
    expect_finding(s, "downgrade", SEVERITY_STOP,
                   "a downgrade to 3.4.0 is enabled: etcd 3.5 does not start during one");
    release(s);
}

static void
test_v2_content(void **state)
{
    SCENE(6);

    (void)state;
    s->picture.v2.snap_name = "n.snap";
    expect_finding(s, "v2-content", SEVERITY_STOP,
                   "there are data of the v2 API: etcd 3.6 refuses to start with them");
    expect_evidence(s, "v2-content", "in 'n.snap'");
    s->version.minor = 7; /* does not look there */
    expect_none(s);
    s->version.minor = 6;
    s->picture.v2 = (struct v2_picture){FACT_KNOWN, NULL, NULL, 120, "PUT /1/a"};
    expect_finding(s, "v2-content", SEVERITY_STOP,
                   "there are requests of the v2 API: etcd 3.6 refuses to start with them");
    expect_evidence(s, "v2-content", "in the log, raft index 120: PUT /1/a");
    s->version.minor = 5;
    s->picture.db.info.cluster_version = "3.5.0";
    s->snaps[0].membership.cluster_version = "3.5.0";
    expect_finding(s, "v2-content", SEVERITY_NOTE,
                   "there are requests of the v2 API: etcd 3.6 will refuse them");
    release(s);
}

static void
test_v2_requests(void **state)
{
    SCENE(7);

    (void)state;
    s->picture.wal.last_v2_index = START;
    expect_none(s);
    s->picture.wal.last_v2_index = START + 1;
    expect_finding(
        s, "v2-requests", SEVERITY_STOP,
        "the log behind the last raft snapshot has requests as etcd 3.5 and earlier write "
        "them: 3.7 cannot read these");
    expect_evidence(s, "v2-requests", "raft index 101, snapshot at 100");
    s->version.minor = 6;
    expect_none(s);
    release(s);
}

static void
test_steps(void **state)
{
    SCENE(8);

    (void)state;
    judge(s);
    assert_non_null(finding_of(s, "version-unknown"));
    assert_non_null(finding_of(s, "version-skipped"));
    s->version.minor = 7;
    s->picture.db.info.cluster_version = "3.5.0";
    s->snaps[0].membership.cluster_version = "3.5.0";
    s->picture.db.info.storage_version = "";
    expect_finding(s, "version-skipped", SEVERITY_NOTE,
                   "from 3.5 to 3.7 releases are left out: etcd is made for one step at a time");
    s->version.minor = 6;
    expect_none(s);
    s->picture.db.info.term = 0;
    expect_finding(s, "schema-undetected", SEVERITY_NOTE,
                   "the database does not say its raft term yet: etcd cannot tell the storage "
                   "version");
    release(s);
}

/* The database has a member that the v2 store has not. */
static void
test_zombies(void **state)
{
    SCENE(6);

    (void)state;
    members_set(s, 2);
    s->snaps[0].membership.member_count = 1;
    s->snaps[0].conf_state.voters.count = 1;
    s->picture.db.info.conf_state.voters.count = 2;
    expect_finding(s, "zombie-members", SEVERITY_NOTE,
                   "the database has members that were removed: b2; they come back");
    expect_evidence(s, "zombie-members", "raft snapshot and log: a1; database: a1, b2");
    s->version.minor = 7;
    expect_finding(s, "zombie-members", SEVERITY_STOP,
                   "the database has members that were removed: b2; with their votes no leader can "
                   "be elected");
    /* Two of three living: they can elect one. */
    members_set(s, 3);
    s->snaps[0].membership.member_count = 2;
    expect_finding(s, "zombie-members", SEVERITY_NOTE,
                   "the database has members that were removed: c3; they come back");
    /* Added behind the raft snapshot: no zombie. */
    s->changes[0] = (struct conf_change_picture){120, RAFT_ADD_NODE, THIRD, false};
    s->picture.wal.change_count = 1;
    expect_none(s);
    /* ... but not yet, where the database is. */
    s->changes[0].index = LAST + 1;
    judge(s);
    assert_non_null(finding_of(s, "zombie-members"));
    /* What 3.7 has written has no v2 store to compare with. */
    s->picture.snap_count = 0;
    s->picture.wal.begins_at = 1;
    s->picture.wal.change_count = 0;
    expect_none(s);
    release(s);
}

static void
test_missing(void **state)
{
    SCENE(6);

    (void)state;
    members_set(s, 3);
    s->picture.db.info.member_count = 2;
    s->picture.db.info.conf_state.voters.count = 2;
    judge(s);
    assert_string_equal(finding_of(s, "missing-members")->text,
                        "the database lacks members: c3; etcd would not know them");
    /* Removed behind the raft snapshot: rightly. */
    s->changes[0] = (struct conf_change_picture){120, RAFT_REMOVE_NODE, THIRD, false};
    s->picture.wal.change_count = 1;
    judge(s);
    assert_null(finding_of(s, "missing-members"));
    /* A restore by 3.4 leaves the old members in the database, and nobody else. */
    s->picture.wal.change_count = 0;
    s->members[0].id = OTHER;
    s->picture.db.info.member_count = 1;
    s->snaps[0].membership.member_count = 1;
    judge(s);
    assert_string_equal(finding_of(s, "missing-members")->text,
                        "the database lacks members, this one too: a1; etcd would not know them");
    assert_int_equal(finding_of(s, "missing-members")->severity, SEVERITY_STOP);
    s->version.minor = 5;
    judge(s);
    assert_string_equal(
        finding_of(s, "missing-members")->text,
        "the database lacks members, this one too: a1; etcd 3.6 would not know them");
    assert_int_equal(finding_of(s, "missing-members")->severity, SEVERITY_NOTE);
    release(s);
}

static void
test_half_promoted(void **state)
{
    SCENE(6);

    (void)state;
    members_set(s, 3);
    s->members[2].is_learner = true;
    s->picture.db.info.conf_state.voters.count = 2;
    expect_finding(
        s, "half-promoted", SEVERITY_NOTE,
        "member c3 was promoted, and is a learner in the database still; etcd mends it at "
        "the start");
    /* A second one: 3.6 mends both, 3.7 counts two learners. */
    s->members[1].is_learner = true;
    s->picture.db.info.conf_state.voters.count = 1;
    judge(s);
    assert_int_equal(s->judgement.worst, SEVERITY_NOTE);
    s->version.minor = 7;
    expect_finding(s, "learners", SEVERITY_STOP,
                   "2 learners in the database: etcd 3.6 and later start with one at most");
    s->version.minor = 6;
    /* Promoted behind the raft snapshot: 3.6 does not see that when it counts. */
    s->stored[1].is_learner = s->stored[2].is_learner = true;
    s->changes[0] = (struct conf_change_picture){120, RAFT_ADD_NODE, OTHER, true};
    s->changes[1] = (struct conf_change_picture){130, RAFT_ADD_NODE, THIRD, true};
    s->picture.wal.change_count = 2;
    expect_finding(s, "learners", SEVERITY_STOP,
                   "2 learners in the database: etcd 3.6 and later start with one at most");
    release(s);
}

static void
test_removed(void **state)
{
    static const uint64_t removed[] = {LOCAL};
    SCENE(6);

    (void)state;
    s->picture.db.info.removed_members = removed;
    s->picture.db.info.removed_member_count = 1;
    expect_finding(s, "removed", SEVERITY_STOP,
                   "this member was removed from its cluster: an id is never used again");
    expect_evidence(s, "removed", "member a1 of cluster c");
    s->picture.db.info.removed_member_count = 0;
    s->changes[0] = (struct conf_change_picture){LAST, RAFT_REMOVE_NODE, LOCAL, false};
    s->picture.wal.change_count = 1;
    judge(s);
    assert_non_null(finding_of(s, "removed"));
    s->changes[0].index = LAST + 1; /* not committed */
    expect_none(s);
    s->changes[0].index = LAST; /* the log does not say so yet */
    s->picture.wal.summary.state.commit = LAST - 1;
    judge(s);
    assert_non_null(finding_of(s, "removed"));
    release(s);
}

static void
test_conf_state(void **state)
{
    SCENE(6);

    (void)state;
    members_set(s, 3);
    s->picture.db.info.member_count = 1;
    s->picture.db.info.conf_state.voters.count = 1;
    s->snaps[0].membership.member_count = 1;
    expect_finding(s, "conf-state", SEVERITY_STOP,
                   "raft counts 3 voters, of which 1 are members: no leader can be elected");
    s->picture.db.info.member_count = 2;
    s->picture.db.info.conf_state.voters.count = 2;
    s->snaps[0].membership.member_count = 2;
    expect_finding(s, "conf-state", SEVERITY_NOTE, "raft counts 3 voters, of which 2 are members");
    s->version.minor = 7; /* makes its own */
    expect_none(s);
    s->picture.db.info.conf_state.voters.count = 1;
    expect_finding(
        s, "stored-conf-state", SEVERITY_NOTE,
        "the database's ConfState names other voters than its member list: etcd does not "
        "start from it");
    release(s);
}

static void
test_order(void **state)
{
    SCENE(5);

    (void)state;
    s->paths[1].mode = S_IFDIR | 0755;
    s->picture.db.info.consistent_index = LAST + 2;
    judge(s);
    assert_int_equal(s->judgement.finding_count, 3);
    assert_string_equal(s->judgement.findings[0].rule, "cluster-version");
    assert_string_equal(s->judgement.findings[1].rule, "db-ahead-of-log");
    assert_string_equal(s->judgement.findings[2].rule, "mode");
    assert_string_equal(severity_word(s->judgement.worst), "stop");
    release(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound),
        cmocka_unit_test(test_own_version),
        cmocka_unit_test(test_permission),
        cmocka_unit_test(test_permission_blind),
        cmocka_unit_test(test_mode),
        cmocka_unit_test(test_locks),
        cmocka_unit_test(test_space),
        cmocka_unit_test(test_leftovers),
        cmocka_unit_test(test_log_absent),
        cmocka_unit_test(test_log_unreadable),
        cmocka_unit_test(test_log_damage),
        cmocka_unit_test(test_log_reach),
        cmocka_unit_test(test_snap_broken),
        cmocka_unit_test(test_snap_orphaned),
        cmocka_unit_test(test_db_behind),
        cmocka_unit_test(test_db_absent),
        cmocka_unit_test(test_db_ahead),
        cmocka_unit_test(test_db_unreadable),
        cmocka_unit_test(test_db_damage),
        cmocka_unit_test(test_keys_out_of_order),
        cmocka_unit_test(test_quota),
        cmocka_unit_test(test_alarms),
        cmocka_unit_test(test_auth_and_compaction),
        cmocka_unit_test(test_cluster_version),
        cmocka_unit_test(test_storage_version),
        cmocka_unit_test(test_downgrade),
        cmocka_unit_test(test_v2_content),
        cmocka_unit_test(test_v2_requests),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_zombies),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_half_promoted),
        cmocka_unit_test(test_removed),
        cmocka_unit_test(test_conf_state),
        cmocka_unit_test(test_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
