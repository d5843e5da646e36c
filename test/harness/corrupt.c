/*
 * The corruption campaign: damages real files in many ways and asks every reader of ours what it
 * makes of them.
 *
 *     corrupt COUNT SEED FILE...          damages 1 to COUNT, one file after the other in turn
 *     corrupt --only NUMBER SEED FILE...  one of them, without catching what it does
 *
 * Files by their names: *.wal is a segment, *.snap with a raft snapshot's name is one, all others are
 * databases, with or without the SHA-256 of a snapshot.
 *
 * Demanded of each:
 *  - no crash, and no more than a second of CPU time for each MB;
 *  - no silent acceptance: what is found good has the original's content, or the digest or the hashes
 *    that are there to tell (SHA-256, HashKV and the hash of 'snapshot status') tell it; and no
 *    'snapshot restore' of another content than the SHA-256 at its end proves, nor one whose result
 *    is not sound (of each 16th, since that writes a log of 64 MB);
 *  - salvage gives back every revision whose pages are untouched, with its value, and what it writes
 *    passes the examination of a backup.
 *
 * Batches run in children of this program; one that dies is reported with the number it was at, and
 * the next begins behind it. The last line has the counts; the exit status is 1 when anything failed.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "base/io.h"
#include "base/number.h"
#include "corrupt_restore.h"
#include "format/backend/backend_rescue.h"
#include "format/bbolt/bbolt_cursor.h"
#include "format/db_snapshot.h"
#include "format/raft/raft_snap.h"
#include "format/wal/wal_summary.h"
#include "mutation.h"

enum {
    FILES_MOST = 64,
    FILE_MOST_BYTES = 256 << 20,
    BATCH = 500,
    FAILURES_SHOWN = 20,
    WRITE_EVERY = 4,    /* of the salvaged are written and verified */
    RESTORE_EVERY = 16, /* of the databases are restored */
    MB = 1 << 20,
};

enum file_kind { FILE_DATABASE, FILE_WAL, FILE_RAFT_SNAP };

/* A revision of the original, and the pages that hold it. */
struct original_row {
    struct bytes key;
    struct bytes value;
    uint64_t first_page;
    uint64_t last_page;
};

struct original {
    const char *path;
    enum file_kind kind;
    struct bytes content;
    size_t page_size;
    /* of a database */
    ARRAY(struct original_row) rows;
    struct backend_summary summary;
    int64_t compact_revision;
    bool compaction_pending;
    /* of a log */
    uint32_t log_hash;
    uint64_t records;
};

/* What the children tell: shared memory. */
struct tally {
    uint64_t at; /* the number in work */
    uint64_t done;
    uint64_t failed;
    uint64_t refused; /* nothing in it could be salvaged, and nothing had to be */
    uint64_t accepted;
    uint64_t restores;
    uint64_t restored;
    uint64_t rescued_rows;
    uint64_t intact_rows;
    uint64_t kinds[MUTATION_KINDS];
};

struct campaign {
    struct original originals[FILES_MOST];
    size_t count;
    uint64_t seed;
    struct tally *tally;
    bool catches;
};

static void
must(bool ok, const char *what, const struct error *e)
{
    if (ok)
        return;
    fprintf(stderr, "corrupt: %s: %s\n", what, e->text);
    exit(2);
}

static void
complain(const struct campaign *c, const struct original *o, const struct mutation *m,
         const char *text)
{
    if (c->tally->failed++ < FAILURES_SHOWN)
        printf("FAILED %" PRIu64 ": %s: %s%s: %s\n", c->tally->at, path_name(o->path),
               mutation_word(m->kind), m->sealed ? ", sealed" : "", text);
    fflush(stdout);
}

/* --- the originals -------------------------------------------------------------------------- */

static void
rows_note(struct arena *mem, struct original *o, const struct bbolt *db, const char *bucket_name)
{
    struct error e = ERROR_INIT;
    struct bbolt_bucket bucket;
    struct bbolt_cursor c;
    struct bbolt_row row;

    must(bbolt_bucket_find(db, bytes_of_text(bucket_name), &bucket, &e), o->path, &e);
    bbolt_cursor_init(&c, &bucket);
    while (bbolt_cursor_next(&c, &row, &e)) {
        const struct bbolt_page *page = &c.path[c.depth > 0 ? c.depth - 1 : 0].page;
        struct original_row *r = ARRAY_PUSH(mem, &o->rows);

        r->key = row.key;
        r->value = row.value;
        r->first_page = page->id;
        r->last_page = page->id + page->overflow;
    }
    must(!c.failed, o->path, &e);
}

/* The page of each row is where the walk is; at the last row of a page the cursor may have left it,
 * so it is found by the address instead. */
static void
pages_settle(struct original *o, const struct bbolt *db)
{
    for (size_t i = 0; i < o->rows.count; i++) {
        struct original_row *r = &o->rows.items[i];
        uint64_t at = (uint64_t)(r->key.data - db->file.data) / db->page_size;
        uint64_t end =
            (uint64_t)(r->value.data + r->value.size - db->file.data - 1) / db->page_size;
        uint64_t id;

        /* Backwards to the page whose header says that it is one: the start of the run. */
        for (id = at; id > 1; id--) {
            uint64_t number;

            memcpy(&number, db->file.data + id * db->page_size, sizeof(number));
            if (number == id)
                break;
        }
        r->first_page = id;
        r->last_page = end;
    }
}

static void
database_load(struct arena *mem, struct original *o)
{
    struct error e = ERROR_INIT;
    struct backend_info info;
    struct bbolt db;

    if (!bbolt_open(o->content, o->path, &db, &e)) { /* damaged as it is: only not to crash on */
        o->page_size = 4096;
        return;
    }
    o->page_size = db.page_size;
    must(backend_info_read(mem, &db, &info, &e) &&
             backend_summary_read(&db, &info, BACKEND_ALL, NULL, &o->summary, &e),
         o->path, &e);
    o->compact_revision = backend_compact_revision(&info);
    o->compaction_pending = info.scheduled_compact_revision > info.finished_compact_revision;
    rows_note(mem, o, &db, BACKEND_BUCKET_KEY);
    pages_settle(o, &db);
}

static bool
entry_hash(void *context, const struct raft_entry *entry, struct error *e UNUSED)
{
    uint32_t *hash = context;

    *hash = crc32c(*hash, &entry->index, sizeof(entry->index));
    *hash = crc32c(*hash, &entry->term, sizeof(entry->term));
    *hash = crc32c(*hash, entry->data.data, entry->data.size);
    return true;
}

static bool
wal_hash(struct arena *mem, struct bytes content, struct wal_summary *summary, uint32_t *ret_hash,
         struct error *e)
{
    AUTO_FD fd = memfd_create("wal", MFD_CLOEXEC);

    *ret_hash = 0;
    return fd_write_all(fd, "wal", content.data, content.size, e) &&
           wal_read_file(mem, arena_printf(mem, "/proc/self/fd/%d", fd), entry_hash, ret_hash,
                         summary, e);
}

static void
original_load(struct arena *mem, const char *path, struct original *o)
{
    struct error e = ERROR_INIT;
    const char *name = path_name(path);
    const char *end = strrchr(name, '.');

    o->path = path;
    o->page_size = 512;
    must(file_read_all(mem, path, FILE_MOST_BYTES, &o->content, &e), path, &e);
    if (end != NULL && strcmp(end, ".wal") == 0) {
        struct wal_summary summary;

        o->kind = FILE_WAL;
        must(wal_hash(mem, o->content, &summary, &o->log_hash, &e), path, &e);
        o->records = summary.record_count;
    } else if (strstr(name, "-00000000") != NULL) {
        o->kind = FILE_RAFT_SNAP;
    } else {
        database_load(mem, o);
    }
}

/* --- what is asked of each ------------------------------------------------------------------ */

static bool
page_is_intact(const struct original *o, struct bytes now, uint64_t page)
{
    size_t at = (size_t)page * o->page_size;

    return at + o->page_size <= now.size && at + o->page_size <= o->content.size &&
           memcmp(now.data + at, o->content.data + at, o->page_size) == 0;
}

static bool
row_is_intact(const struct original *o, struct bytes now, const struct original_row *row)
{
    for (uint64_t page = row->first_page; page <= row->last_page; page++) {
        if (!page_is_intact(o, now, page))
            return false;
    }
    return true;
}

/* The rescued row of a revision; both are in order. */
static const struct rescue_row *
row_find(const struct rescue_row *rows, size_t count, struct bytes key)
{
    size_t low = 0;
    size_t high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(rescue_row_key(&rows[middle]), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && bytes_equal(rescue_row_key(&rows[low]), key) ? &rows[low] : NULL;
}

/* The rows of "key" among all. */
static void
key_rows(const struct backend_rescue *r, const struct rescue_row **ret_rows, size_t *ret_count)
{
    size_t all = r->rows.size / sizeof(struct rescue_row);
    const struct rescue_row *rows = (const struct rescue_row *)(const void *)r->rows.data;
    size_t start = 0;
    size_t end;

    while (start < all &&
           !bytes_equal_text(r->buckets[rows[start].bucket].name, BACKEND_BUCKET_KEY))
        start++;
    end = start;
    while (end < all && bytes_equal_text(r->buckets[rows[end].bucket].name, BACKEND_BUCKET_KEY))
        end++;
    *ret_rows = rows + start;
    *ret_count = end - start;
}

static bool
may_be_dropped(const struct original *o, const struct original_row *row)
{
    struct error ignored = ERROR_INIT;
    struct revision_key revision;

    return o->compaction_pending && revision_key_decode(row->key, &revision, &ignored) &&
           revision.main <= o->compact_revision;
}

static void
rows_compare(struct campaign *c, const struct original *o, const struct mutation *m,
             struct bytes now, const struct backend_rescue *r)
{
    const struct rescue_row *rows;
    size_t count;
    char text[200];

    key_rows(r, &rows, &count);
    c->tally->rescued_rows += count;
    for (size_t i = 0; i < o->rows.count; i++) {
        const struct original_row *row = &o->rows.items[i];
        const struct rescue_row *found;
        char key[BBOLT_KEY_TEXT_SIZE];

        if (!row_is_intact(o, now, row))
            continue;
        c->tally->intact_rows++;
        found = row_find(rows, count, row->key);
        if (found != NULL && bytes_equal(rescue_row_value(found), row->value))
            continue;
        if (found == NULL && may_be_dropped(o, row))
            continue;
        snprintf(text, sizeof(text), "revision %s of page %" PRIu64 " %s",
                 bbolt_key_text(row->key, key), row->first_page,
                 found == NULL ? "is missing" : "has another value");
        complain(c, o, m, text);
        return;
    }
}

static void
written_check(struct campaign *c, const struct original *o, const struct mutation *m,
              const struct backend_rescue *r)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_FD fd = memfd_create("rescued", MFD_CLOEXEC);
    const struct db_snapshot_options options = {.allow_no_trailer = true};
    const char *path = arena_printf(&tmp, "/proc/self/fd/%d", fd);
    struct db_snapshot_report report;
    struct error e = ERROR_INIT;
    uint64_t size;

    if (!backend_rescue_write(r, fd, path, &size, &e) || ftruncate(fd, (off_t)size) != 0 ||
        !db_snapshot_verify(&tmp, path, &options, &report, &e) ||
        !db_snapshot_require_good(&report, &e))
        complain(c, o, m, arena_printf(&tmp, "what was rescued is not sound: %s", e.text));
}

static void
salvage_check(struct campaign *c, const struct original *o, const struct mutation *m,
              struct bytes now)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct error e = ERROR_INIT;

    if (!backend_rescue_read(&tmp, now, "damaged", &r, &e)) {
        c->tally->refused++;
        for (size_t i = 0; i < o->rows.count; i++) {
            if (row_is_intact(o, now, &o->rows.items[i])) {
                complain(c, o, m, arena_printf(&tmp, "refused: %s", e.text));
                return;
            }
        }
        return;
    }
    rows_compare(c, o, m, now, &r);
    if (c->tally->at % WRITE_EVERY == 0)
        written_check(c, o, m, &r);
}

/* Whether everything that a reader takes from the file is as it was. */
static bool
same_numbers(const struct original *o, const struct backend_summary *now)
{
    return now->status_hash == o->summary.status_hash && now->row_count == o->summary.row_count &&
           now->hash_kv.hash == o->summary.hash_kv.hash;
}

static bool
same_rows(const struct original *o, struct bytes now)
{
    struct error e = ERROR_INIT;
    struct bbolt_bucket bucket;
    struct bbolt_cursor c;
    struct bbolt_row row;
    struct bbolt db;
    size_t i = 0;

    if (!bbolt_open(now, "damaged", &db, &e) ||
        !bbolt_bucket_find(&db, BYTES_LITERAL(BACKEND_BUCKET_KEY), &bucket, &e))
        return false;
    bbolt_cursor_init(&c, &bucket);
    for (; bbolt_cursor_next(&c, &row, &e); i++) {
        if (i >= o->rows.count || !bytes_equal(row.key, o->rows.items[i].key) ||
            !bytes_equal(row.value, o->rows.items[i].value))
            return false;
    }
    return !c.failed && i == o->rows.count;
}

/* Of a snapshot any change has to show; of a bare database the hashes have to differ, which is all
 * that etcd has, too. */
static void
verify_check(struct campaign *c, const struct original *o, const struct mutation *m,
             struct bytes now)
{
    const struct db_snapshot_options options = {.allow_no_trailer = true};
    AUTO_ARENA tmp = ARENA_INIT;
    struct db_snapshot_report report;
    bool was_snapshot = db_snapshot_has_trailer(o->content.size);

    db_snapshot_verify_bytes(&tmp, "damaged", now, &options, &report);
    if (report.verdict == DB_SNAPSHOT_BAD)
        return;
    c->tally->accepted++;
    if (report.verdict == DB_SNAPSHOT_GOOD && !m->sealed && was_snapshot &&
        !bytes_equal(now, o->content))
        complain(c, o, m, "found good, although its content has changed");
    if (!report.has_summary)
        complain(c, o, m, "found good without having been read");
    else if (same_numbers(o, &report.summary) && !same_rows(o, now))
        complain(c, o, m, "other rows with the same hashes");
}

static void
restore_check(struct campaign *c, const struct original *o, const struct mutation *m,
              struct bytes now)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct corrupt_restore done;

    if (c->tally->at / c->count % RESTORE_EVERY != 0)
        return;
    done = corrupt_restore(&tmp, now);
    c->tally->restores++;
    c->tally->restored += done.restored;
    if (done.broken != NULL)
        complain(c, o, m, done.broken);
    else if (done.restored && !m->sealed && db_snapshot_has_trailer(now.size) &&
             !bytes_equal(now, o->content))
        complain(c, o, m, "restored, although its content has changed");
}

/* As a program uses it that was not told that the file is damaged. */
static void
readers_check(struct bytes now)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct backend_info info;
    struct hash_kv hash;
    struct bbolt db;

    if (bbolt_open(now, "damaged", &db, &e) && backend_info_read(&tmp, &db, &info, &e))
        (void)!backend_hash_kv(&db, &info, REVISION_CURRENT, &hash, &e);
}

static void
wal_check(struct campaign *c, const struct original *o, const struct mutation *m, struct bytes now)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct wal_summary summary;
    uint32_t hash;

    if (!wal_hash(&tmp, now, &summary, &hash, &e) || summary.damage.kind != WAL_INTACT)
        return;
    c->tally->accepted++;
    if (summary.record_count == o->records && hash != o->log_hash)
        complain(c, o, m, "other entries, and no damage found");
}

static void
raft_snap_check(struct campaign *c, const struct original *o, const struct mutation *m,
                struct bytes now)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct raft_snap before;
    struct raft_snap snap;

    if (!raft_snap_decode(&tmp, now, &snap, &e))
        return;
    c->tally->accepted++;
    if (!raft_snap_decode(&tmp, o->content, &before, &e) ||
        !bytes_equal(snap.store, before.store) || snap.metadata.index != before.metadata.index ||
        snap.metadata.term != before.metadata.term)
        complain(c, o, m, "another store, and no damage found");
}

/* The number's file, damaged, in a copy of its very size: readers that go beyond are found. */
static void
one_run(struct campaign *c, uint64_t number)
{
    const struct original *o = &c->originals[number % c->count];
    uint8_t *copy = malloc(o->content.size + 1);
    struct mutation m;
    struct bytes now;

    ASSERT(copy != NULL);
    memcpy(copy, o->content.data, o->content.size);
    m = mutation_make(c->seed, number, copy, o->content.size, o->page_size,
                      o->kind == FILE_DATABASE);
    copy = realloc(copy, m.size + 1);
    ASSERT(copy != NULL);
    now = bytes_of(copy, m.size);
    c->tally->kinds[m.kind]++;
    if (o->kind == FILE_WAL) {
        wal_check(c, o, &m, now);
    } else if (o->kind == FILE_RAFT_SNAP) {
        raft_snap_check(c, o, &m, now);
    } else {
        verify_check(c, o, &m, now);
        readers_check(now);
        restore_check(c, o, &m, now);
        salvage_check(c, o, &m, now);
    }
    free(copy);
    c->tally->done++;
}

/* --- batches -------------------------------------------------------------------------------- */

static void
limit_set(const struct campaign *c, uint64_t number)
{
    size_t size = c->originals[number % c->count].content.size;
    struct itimerval limit = {.it_value = {.tv_sec = (time_t)(1 + size / MB)}};

    setitimer(ITIMER_PROF, &limit, NULL);
}

static void
batch_run(struct campaign *c, uint64_t first, uint64_t last)
{
    for (uint64_t number = first; number <= last; number++) {
        c->tally->at = number;
        if (c->catches)
            limit_set(c, number);
        one_run(c, number);
    }
}

static void
batches_run(struct campaign *c, uint64_t total)
{
    uint64_t first = 1;

    while (first <= total) {
        uint64_t last = first + BATCH - 1 < total ? first + BATCH - 1 : total;
        struct mutation unknown = {.kind = MUTATION_FLIP};
        char text[100];
        int status;
        pid_t child;

        fflush(stdout);
        child = fork();
        if (child == 0) {
            batch_run(c, first, last);
            _exit(0);
        }
        if (child < 0 || waitpid(child, &status, 0) != child) {
            perror("corrupt");
            exit(2);
        }
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            first = last + 1;
            continue;
        }
        snprintf(text, sizeof(text), "%s (%s %d); run it with --only",
                 WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF ? "takes too long" : "crashes",
                 WIFSIGNALED(status) ? "signal" : "exit",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        complain(c, &c->originals[c->tally->at % c->count], &unknown, text);
        first = c->tally->at + 1;
    }
}

static int
tally_print(const struct tally *t)
{
    struct rusage used;

    for (unsigned kind = 0; kind < MUTATION_KINDS; kind++)
        printf("%s %" PRIu64 "\n", mutation_word((enum mutation_kind)kind), t->kinds[kind]);
    getrusage(RUSAGE_CHILDREN, &used);
    printf("%" PRIu64 " intact revisions, %" PRIu64 " rescued; %" PRIu64 " files accepted, %" PRIu64
           " with nothing to salvage; %ld s of CPU, %ld MiB\n",
           t->intact_rows, t->rescued_rows, t->accepted, t->refused,
           (long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec), used.ru_maxrss / 1024);
    printf("%" PRIu64 " restores tried, %" PRIu64 " made a directory, of which all are sound\n",
           t->restores, t->restored);
    printf("%" PRIu64 " damaged files, %" PRIu64 " failed\n", t->done, t->failed);
    return t->failed == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
    static struct campaign c;
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    bool only = argc > 1 && strcmp(argv[1], "--only") == 0;
    char **operands = argv + (only ? 2 : 1);
    int operand_count = argc - (only ? 2 : 1);
    uint64_t number;

    if (operand_count < 3 || operand_count - 2 > FILES_MOST) {
        fprintf(stderr, "usage: corrupt [--only] COUNT SEED FILE...\n");
        return 2;
    }
    must(number_parse_u64(operands[0], &number, &e) && number_parse_u64(operands[1], &c.seed, &e),
         "number", &e);
    for (int i = 2; i < operand_count; i++)
        original_load(&mem, operands[i], &c.originals[c.count++]);
    c.tally =
        mmap(NULL, sizeof(*c.tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT(c.tally != MAP_FAILED);
    c.catches = !only;
    if (only)
        batch_run(&c, number, number);
    else
        batches_run(&c, number);
    return tally_print(c.tally);
}
