/*
 * Keys of a file. Its rows stand in the order of their revisions, so one walk gives all versions; the
 * newest of each key is told by format/key_index.h, the order of keys is made by keys/key_sort.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "base/io.h"
#include "base/map_guard.h"
#include "format/backend.h"
#include "format/bbolt_check.h"
#include "format/bbolt_cursor.h"
#include "format/bbolt_page.h"
#include "format/data_dir.h"
#include "format/db_file.h"
#include "format/key_index.h"
#include "keys/key_sort.h"
#include "keys/source.h"
#include "keys/wal_tail.h"

enum { ROWS_BETWEEN_PROGRESS = 4096 };

struct key_file {
    struct key_source source;
    struct db_file file;
    struct bbolt db;            /* of 'file', or of the joint mapping */
    struct bbolt_bucket bucket; /* of the rows */
    struct bytes joint;         /* the file's content and the tail's rows behind it; or none */
    struct bytes tail;          /* those rows: a part of 'joint' */
    int guard;
    const struct tail_lease *leases; /* that the tail granted or revoked */
    size_t lease_count;
};

/* A row, taken apart. */
struct file_row {
    struct bbolt_row row;
    struct revision_key revision;
    struct key_value kv;
};

/* A walk over the rows. */
struct file_walk {
    const struct key_file *f;
    struct bbolt_cursor cursor;
    struct bytes tail; /* what is left of it */
    uint64_t count;
    const char *what; /* for the progress */
};

/* What finds a row again behind the sorting. */
struct row_place {
    uint64_t offset; /* of its value in the file */
    uint32_t size;
    uint32_t tombstone;
    int64_t revision;
    int64_t sub;
};

static struct key_file *
file_of(struct key_source *source)
{
    return (struct key_file *)source;
}

static bool
row_error(const struct bbolt *db, const struct bbolt_row *row, struct error *e)
{
    uint64_t offset = (uint64_t)(row->key.data - db->file.data);
    char key[BBOLT_KEY_TEXT_SIZE];

    error_wrap_(e, "'%s': page %" PRIu64 ", byte %" PRIu64 ": row %s", db->name,
                offset / db->page_size, offset, bbolt_key_text(row->key, key));
    return error_hint(e, "'quorate snapshot verify' tells all that is wrong with it");
}

static void
walk_begin(struct file_walk *walk, struct key_file *f, const char *what)
{
    *walk = (struct file_walk){.f = f, .tail = f->tail, .what = what};
    bbolt_cursor_init(&walk->cursor, &f->bucket);
}

/* The next row; false at the end and on damage, which cursor.failed tells apart. */
static bool
walk_next(struct file_walk *walk, struct file_row *ret_row, struct error *e)
{
    if (!bbolt_cursor_next(&walk->cursor, &ret_row->row, e) &&
        (walk->cursor.failed || !wal_tail_row(&walk->tail, &ret_row->row)))
        return false;
    if (!revision_key_decode(ret_row->row.key, &ret_row->revision, e) ||
        !key_value_decode(ret_row->row.value, &ret_row->kv, e)) {
        walk->cursor.failed = true;
        return row_error(&walk->f->db, &ret_row->row, e);
    }
    if (++walk->count % ROWS_BETWEEN_PROGRESS == 0)
        observer_progress(walk->f->source.observer, walk->what, "rows", walk->count, 0);
    return true;
}

static struct key_row
row_of(const struct file_row *row, bool live)
{
    return (struct key_row){row->kv, row->revision.main, row->revision.sub, row->revision.tombstone,
                            live};
}

/* --bump-revision writes a row without a key; no client can. */
static bool
is_wanted(const struct key_range *range, const struct file_row *row)
{
    return row->kv.key.size > 0 && key_range_holds(range, row->kv.key);
}

/* --- live, of one key ------------------------------------------------------------------------ */

static bool
single_live(struct key_file *f, const struct key_range *range, int64_t revision,
            key_row_visit *visit, void *context, struct error *e)
{
    struct file_walk walk;
    struct file_row row;
    struct file_row newest = {.revision = {.tombstone = true}};
    struct key_row told;

    walk_begin(&walk, f, "looking for the key");
    while (walk_next(&walk, &row, e) && row.revision.main <= revision)
        if (is_wanted(range, &row))
            newest = row;
    if (walk.cursor.failed)
        return false;
    told = row_of(&newest, true);
    return newest.revision.tombstone || visit(context, &told, e);
}

/* --- live, of many --------------------------------------------------------------------------- */

static bool
rows_sort(struct key_file *f, const struct key_range *range, int64_t revision,
          struct key_sort *sort, struct error *e)
{
    struct file_walk walk;
    struct file_row row;

    walk_begin(&walk, f, "sorting keys");
    while (walk_next(&walk, &row, e) && row.revision.main <= revision) {
        struct row_place place = {(uint64_t)(row.row.value.data - f->db.file.data),
                                  (uint32_t)row.row.value.size, row.revision.tombstone,
                                  row.revision.main, row.revision.sub};

        if (is_wanted(range, &row) &&
            !key_sort_add(sort, row.kv.key, bytes_of(&place, sizeof(place)), e))
            return false;
    }
    return !walk.cursor.failed && key_sort_finish(sort, e);
}

static bool
place_visit(struct key_file *f, const struct row_place *place, key_row_visit *visit, void *context,
            struct error *e)
{
    struct file_row row = {
        .row = {.value = bytes_of(f->db.file.data + place->offset, place->size)},
        .revision = {place->revision, place->sub, place->tombstone != 0},
    };
    struct key_row told;

    /* It has been decoded before; but the file may have been changed meanwhile. */
    if (!key_value_decode(row.row.value, &row.kv, e))
        return error_wrap(e, "'%s': byte %" PRIu64, f->db.name, place->offset);
    told = row_of(&row, true);
    return visit(context, &told, e);
}

/* Of the rows of one key the last one counts. */
static bool
sorted_live(struct key_file *f, struct key_sort *sort, key_row_visit *visit, void *context,
            struct error *e)
{
    struct bytes last = BYTES_NONE;
    struct row_place place = {.tombstone = true};
    struct bytes key;
    struct bytes tag;

    while (key_sort_next(sort, &key, &tag)) {
        if (!bytes_equal(key, last) && place.tombstone == 0 &&
            !place_visit(f, &place, visit, context, e))
            return false;
        last = key;
        memcpy(&place, tag.data, sizeof(place));
    }
    return place.tombstone != 0 || place_visit(f, &place, visit, context, e);
}

static bool
file_live(struct key_source *source, const struct key_range *range, int64_t revision, unsigned want,
          key_row_visit *visit, void *context, struct error *e)
{
    struct key_file *f = file_of(source);
    AUTO_KEY_SORT sort = KEY_SORT_INIT;

    (void)want; /* values cost nothing here */
    if (key_range_is_single(range))
        return single_live(f, range, revision, visit, context, e) && db_file_unchanged(&f->file, e);
    return rows_sort(f, range, revision, &sort, e) && sorted_live(f, &sort, visit, context, e) &&
           db_file_unchanged(&f->file, e);
}

/* --- all rows -------------------------------------------------------------------------------- */

static bool
index_fill(struct key_file *f, const struct key_range *range, struct key_index *index,
           struct error *e)
{
    struct file_walk walk;
    struct file_row row;

    walk_begin(&walk, f, "finding the newest rows");
    while (walk_next(&walk, &row, e))
        if (is_wanted(range, &row) &&
            !key_index_put(index, row.kv.key, row.row.key.data, !row.revision.tombstone, e))
            return false;
    return !walk.cursor.failed && key_index_flush(index, e);
}

static bool
rows_visit(struct key_file *f, const struct key_range *range, const struct key_index *index,
           key_row_visit *visit, void *context, struct error *e)
{
    struct file_walk walk;
    struct file_row row;

    walk_begin(&walk, f, "reading rows");
    while (walk_next(&walk, &row, e)) {
        struct key_row told;

        if (!is_wanted(range, &row))
            continue;
        told = row_of(&row, index != NULL && !row.revision.tombstone &&
                                key_index_is_newest(index, row.kv.key, row.row.key.data));
        if (!visit(context, &told, e))
            return false;
    }
    return !walk.cursor.failed;
}

static bool
file_rows(struct key_source *source, const struct key_range *range, unsigned want,
          key_row_visit *visit, void *context, struct error *e)
{
    struct key_file *f = file_of(source);
    AUTO_KEY_INDEX index = {0};

    if ((want & KEY_READ_MARK_LIVE) == 0)
        return rows_visit(f, range, NULL, visit, context, e) && db_file_unchanged(&f->file, e);
    if (!key_index_init(&index, f->db.file, e))
        return error_wrap(e, "'%s'", f->db.name);
    return index_fill(f, range, &index, e) && rows_visit(f, range, &index, visit, context, e) &&
           db_file_unchanged(&f->file, e);
}

static bool
file_size_of(struct key_source *source, struct key_source_size *ret_size, struct error *e)
{
    struct key_file *f = file_of(source);
    uint64_t pages;

    if (!bbolt_check_sound(&f->file.db, &pages, e))
        return false;
    *ret_size = (struct key_source_size){f->file.db.size_bytes, pages * f->file.db.page_size};
    return true;
}

static void
file_close(struct key_source *source)
{
    struct key_file *f = file_of(source);

    map_guard_remove(f->guard);
    if (f->joint.data != NULL)
        munmap(without_const(f->joint.data), f->joint.size);
    db_file_close(&f->file);
}

static bool
lease_is_tails(const struct key_file *f, int64_t id)
{
    for (size_t i = 0; i < f->lease_count; i++)
        if (f->leases[i].id == id)
            return true;
    return false;
}

static bool
tail_leases(const struct key_file *f, key_lease_visit *visit, void *context, struct error *e)
{
    for (size_t i = 0; i < f->lease_count; i++)
        if (f->leases[i].there && !visit(context, f->leases[i].id, f->leases[i].ttl_s, e))
            return false;
    return true;
}

static bool
lease_tell(const struct key_file *f, const struct bbolt_row *row, key_lease_visit *visit,
           void *context, struct error *e)
{
    struct backend_lease lease;

    if (!backend_lease_decode(row->value, &lease, e))
        return row_error(&f->db, row, e);
    return lease_is_tails(f, lease.id) || visit(context, lease.id, lease.ttl_s, e);
}

static bool
file_leases(struct key_source *source, key_lease_visit *visit, void *context, struct error *e)
{
    const struct key_file *f = file_of(source);
    struct bbolt_bucket bucket;
    struct bbolt_cursor c;
    struct bbolt_row row;

    if (!bbolt_bucket_find(&f->db, BYTES_LITERAL(BACKEND_BUCKET_LEASE), &bucket, e))
        return e->code == ERROR_NOT_FOUND;
    bbolt_cursor_init(&c, &bucket);
    while (bbolt_cursor_next(&c, &row, e)) {
        if (!lease_tell(f, &row, visit, context, e))
            return false;
    }
    return !c.failed && tail_leases(f, visit, context, e);
}

static const struct key_source_face file_face = {file_live, file_rows, file_size_of, file_leases,
                                                 file_close};

/* --- opening --------------------------------------------------------------------------------- */

static bool
last_revision(struct key_file *f, int64_t *ret_revision, struct error *e)
{
    struct revision_key revision;
    struct bbolt_cursor c;
    struct bbolt_row row;

    *ret_revision = 0;
    bbolt_cursor_init(&c, &f->bucket);
    if (!bbolt_cursor_last(&c, &row, e))
        return !c.failed;
    if (!revision_key_decode(row.key, &revision, e))
        return row_error(&f->db, &row, e);
    *ret_revision = revision.main;
    return true;
}

/* Where the revision counter stands after a start from this file: a fresh one's at 1, and a
 * compaction may be past the last row that is left. */
static bool
revisions_read(struct key_file *f, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct backend_info info;
    int64_t last;

    if (!backend_info_read(&tmp, &f->file.db, &info, e) || !last_revision(f, &last, e))
        return false;
    f->source.compact_revision = backend_compact_revision(&info);
    f->source.revision = last > f->source.compact_revision ? last : f->source.compact_revision;
    if (f->source.revision < 1)
        f->source.revision = 1;
    return true;
}

static bool
path_is_dir(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Maps the database's file and the tail's rows behind it, so that both are one piece of memory. */
static bool
joint_map(struct key_file *f, const struct wal_tail *tail, struct error *e)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t begin = (f->file.map.size + page - 1) / page * page;
    size_t size = begin + tail->size;
    uint8_t *joint = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (joint == MAP_FAILED)
        return error_set_errno(e, errno, "'%s': map", f->db.name);
    f->joint = bytes_of(joint, size);
    if (mmap(joint, f->file.map.size, PROT_READ, MAP_SHARED | MAP_FIXED, f->file.map.fd, 0) ==
            MAP_FAILED ||
        mmap(joint + begin, tail->size, PROT_READ, MAP_SHARED | MAP_FIXED, tail->fd, 0) ==
            MAP_FAILED)
        return error_set_errno(e, errno, "'%s': map", f->db.name);
    f->guard = map_guard_add(joint, f->file.map.size);
    f->tail = bytes_of(joint + begin, tail->size);
    return bbolt_open(f->joint, f->db.name, &f->db, e) &&
           bbolt_bucket_find(&f->db, BYTES_LITERAL(BACKEND_BUCKET_KEY), &f->bucket, e);
}

/* What the log has committed behind the database. */
static bool
tail_join(struct key_file *f, const struct data_dir *dir, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct backend_info info;
    struct tail_entries entries;
    struct wal_tail tail = WAL_TAIL_INIT;
    bool ok;

    if (!backend_info_read(&tmp, &f->file.db, &info, e) ||
        !tail_entries_find(dir, &info, &entries, e))
        return false;
    ok = wal_tail_apply(&f->source.mem, &entries, &f->source, &f->db, &info, &tail, e);
    tail_entries_release(&entries);
    if (!ok)
        return false;
    f->leases = tail.leases;
    f->lease_count = tail.lease_count;
    f->source.revision = tail.revision;
    f->source.compact_revision = tail.compact_revision;
    f->source.tail_entries = tail.entries;
    f->source.undecided_entries = entries.undecided;
    ok = tail.size == 0 || joint_map(f, &tail, e);
    fd_close(&tail.fd);
    return ok;
}

static bool
database_open(struct key_file *f, const char *path, struct error *e)
{
    struct data_dir dir = {.db_path = path};
    bool is_dir = path_is_dir(path);

    if (is_dir && !data_dir_find(&f->source.mem, path, NULL, &dir, e))
        return false;
    if (!db_file_open(dir.db_path, DB_FILE_READ, DB_FILE_WAIT_NOT, &f->file, e))
        return false;
    db_file_read_ahead(&f->file);
    f->db = f->file.db;
    return bbolt_bucket_find(&f->db, BYTES_LITERAL(BACKEND_BUCKET_KEY), &f->bucket, e) &&
           revisions_read(f, e) && (!is_dir || tail_join(f, &dir, e));
}

bool
key_source_open_file(const char *path, const struct observer *observer,
                     struct key_source **ret_source, struct error *e)
{
    struct arena mem = ARENA_INIT;
    struct key_file *f = arena_zero(&mem, sizeof(*f));
    struct key_source *source = &f->source;

    f->file = (struct db_file)DB_FILE_INIT;
    f->guard = MAP_GUARD_NONE;
    *source = (struct key_source){
        .kind = KEY_SOURCE_FILE,
        .name = path,
        .face = &file_face,
        .observer = observer,
        .mem = mem,
    };
    if (!database_open(f, path, e)) {
        key_source_close(&source);
        return false;
    }
    *ret_source = source;
    return true;
}
