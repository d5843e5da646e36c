/*
 * Keys of a file. Its rows stand in the order of their revisions, so one walk gives all versions; the
 * newest of each key is told by keys/file_survey.c, the order of keys is made by keys/key_sort.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "base/io.h"
#include "base/map_guard.h"
#include "base/thread.h"
#include "format/backend/backend.h"
#include "format/bbolt/bbolt_cursor.h"
#include "format/bbolt/bbolt_in_use.h"
#include "format/data_dir.h"
#include "format/db_file.h"
#include "keys/file_rows.h"
#include "keys/key_sort.h"
#include "keys/source.h"
#include "keys/wal_tail.h"

enum { UNMAP_ALIGN = 64 << 20 };

struct key_file {
    struct key_source source;
    struct db_file file;
    struct bbolt db; /* of 'file', or of the joint mapping */
    struct file_rows rows;
    struct bytes joint; /* the file's content and the tail's rows behind it; or none */
    int guard;
    const struct tail_lease *leases; /* that the tail granted or revoked */
    size_t lease_count;
};

/* What finds a row again behind the sorting. */
struct row_place {
    uint64_t offset; /* of its value in the file */
    uint32_t size;
    uint32_t tombstone;
    int64_t revision;
    int64_t sub;
};

/* Of the rows. */
static const struct file_part whole;

static struct key_file *
file_of(struct key_source *source)
{
    return (struct key_file *)source;
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

    file_walk_begin(&walk, &f->rows, &whole, "looking for the key");
    while (file_walk_next(&walk, &row, e) && row.revision.main <= revision)
        if (file_row_is_wanted(&row, range))
            newest = row;
    if (walk.failed)
        return false;
    told = file_row_told(&newest, true);
    return newest.revision.tombstone || visit(context, &told, e);
}

/* --- live, of many --------------------------------------------------------------------------- */

static bool
rows_sort(struct key_file *f, const struct key_range *range, int64_t revision,
          struct key_sort *sort, struct error *e)
{
    struct file_walk walk;
    struct file_row row;

    file_walk_begin(&walk, &f->rows, &whole, "sorting keys");
    while (file_walk_next(&walk, &row, e) && row.revision.main <= revision) {
        struct row_place place = {(uint64_t)(row.row.value.data - f->db.file.data),
                                  (uint32_t)row.row.value.size, row.revision.tombstone,
                                  row.revision.main, row.revision.sub};

        if (file_row_is_wanted(&row, range) &&
            !key_sort_add(sort, row.kv.key, bytes_of(&place, sizeof(place)), e))
            return false;
    }
    return !walk.failed && key_sort_finish(sort, e);
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
    told = file_row_told(&row, true);
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
        return db_file_finish(&f->file, single_live(f, range, revision, visit, context, e), e);
    return db_file_finish(
        &f->file,
        rows_sort(f, range, revision, &sort, e) && sorted_live(f, &sort, visit, context, e), e);
}

/* --- all rows -------------------------------------------------------------------------------- */

static bool
file_rows(struct key_source *source, const struct key_range *range, key_row_visit *visit,
          void *context, struct error *e)
{
    struct key_file *f = file_of(source);
    struct file_walk walk;
    struct file_row row;

    file_walk_begin(&walk, &f->rows, &whole, "reading rows");
    while (file_walk_next(&walk, &row, e)) {
        struct key_row told = file_row_told(&row, false);

        if (file_row_is_wanted(&row, range) && !visit(context, &told, e))
            return false;
    }
    return db_file_finish(&f->file, !walk.failed, e);
}

static bool
file_surveyed(struct key_source *source, const struct key_range *range, key_row_visit *visit,
              void *const contexts[KEY_SURVEY_PARTS], struct error *e)
{
    struct key_file *f = file_of(source);

    return db_file_finish(&f->file, file_survey(&f->rows, range, visit, contexts, e), e);
}

static bool
file_size_of(struct key_source *source, struct key_source_size *ret_size, struct error *e)
{
    struct key_file *f = file_of(source);
    uint64_t pages;

    if (!bbolt_pages_in_use(&f->file.db, &pages, e))
        return false;
    *ret_size = (struct key_source_size){f->file.db.size_bytes, pages * f->file.db.page_size};
    return true;
}

static void
half_unmap(void *half)
{
    const struct bytes *pages = half;

    (void)madvise(without_const(pages->data), pages->size, MADV_DONTNEED);
}

/* To take millions of pages out of the memory map is a tenth of the work of reading them, and two can
 * do it. The page cache keeps them. */
static void
pages_unmap(struct bytes file)
{
    size_t middle = file.size / 2 / UNMAP_ALIGN * UNMAP_ALIGN;
    struct bytes first = bytes_of(file.data, middle);
    struct bytes second = bytes_of(file.data + middle, file.size - middle);
    AUTO_THREAD thread = {.running = false};

    if (middle > 0 && thread_start(&thread, half_unmap, &second))
        half_unmap(&first);
}

static void
file_close(struct key_source *source)
{
    struct key_file *f = file_of(source);

    if (f->file.map.data != NULL)
        pages_unmap(file_map_bytes(&f->file.map));
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
        return file_row_error(&f->db, row, e);
    return lease_is_tails(f, lease.id) || visit(context, lease.id, lease.ttl_s, e);
}

static bool
leases_tell(const struct key_file *f, key_lease_visit *visit, void *context, struct error *e)
{
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

static bool
file_leases(struct key_source *source, key_lease_visit *visit, void *context, struct error *e)
{
    const struct key_file *f = file_of(source);

    return db_file_finish(&f->file, leases_tell(f, visit, context, e), e);
}

static const struct key_source_face file_face = {file_live,    file_rows,   file_surveyed,
                                                 file_size_of, file_leases, file_close};

/* --- opening --------------------------------------------------------------------------------- */

static bool
last_revision(struct key_file *f, int64_t *ret_revision, struct error *e)
{
    struct revision_key revision;
    struct bbolt_cursor c;
    struct bbolt_row row;

    *ret_revision = 0;
    bbolt_cursor_init(&c, &f->rows.bucket);
    if (!bbolt_cursor_last(&c, &row, e))
        return !c.failed;
    if (!revision_key_decode(row.key, &revision, e))
        return file_row_error(&f->db, &row, e);
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
    f->rows.tail = bytes_of(joint + begin, tail->size);
    return bbolt_open(f->joint, f->db.name, &f->db, e) &&
           bbolt_bucket_find(&f->db, BYTES_LITERAL(BACKEND_BUCKET_KEY), &f->rows.bucket, e);
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
    return db_file_finish(
        &f->file,
        bbolt_bucket_find(&f->db, BYTES_LITERAL(BACKEND_BUCKET_KEY), &f->rows.bucket, e) &&
            revisions_read(f, e) && (!is_dir || tail_join(f, &dir, e)),
        e);
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
    f->rows.observer = observer;
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
