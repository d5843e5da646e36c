/*
 * The old file is copied row by row while its structure is checked, and the copy is read back; then come the rename and
 * one more look at who has the old file open: a server that opened it before the rename waits for
 * our lock and would go on with a file that has no name any more, so it gets the old one back.
 */
#include "ops/defrag.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/failpoint.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/io.h"
#include "format/backend/backend_hash.h"
#include "format/bbolt/bbolt_cursor.h"
#include "format/bbolt/bbolt_sound.h"
#include "format/bbolt/bbolt_writer.h"
#include "format/data_dir.h"
#include "format/db_file.h"

/* What etcd's snapshotter removes at its start. */
#define TEMPORARY_PREFIX "db.tmp"

/* etcd defragments with 90, but leaves the last page of each 10,000 rows to be filled on: a little
 * more makes up for that. How rows join in pages does the rest (format/bbolt/bbolt_tree.c). */
enum { TAG_BYTES = 4, PROGRESS_ROWS = 1024, FILL_PERCENT = 95, ROOM_STEP_BYTES = 64 << 20 };

struct defrag {
    const char *db_path;
    const char *dir;
    const char *temporary; /* the copy */
    const char *old;       /* a second name of the old file, around the rename */
    const struct observer *observer;
    struct db_file source;
    struct bbolt_sound sound; /* of the source */
    bool is_roomy;            /* the disk has room for a copy of any size */
    uint64_t reserved;        /* bytes of the copy, where that is done on the way */
    int fd;                   /* of the copy */
    uint64_t rows;            /* copied */
    uint64_t in_use;          /* bytes of the source's pages that can be reached */
    uint64_t copied;          /* bytes of keys and values */
    uint32_t checksum;        /* over all names, keys and values */
    uint64_t size;            /* of the copy */
};

/* With the database's lock in hand nobody else is at work here. */
static bool
leftovers_remove(const struct defrag *d, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char **names;
    size_t count;

    if (!dir_list(&tmp, d->dir, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(names[i], TEMPORARY_PREFIX, strlen(TEMPORARY_PREFIX)) == 0 &&
            !tree_remove(path_join(&tmp, d->dir, names[i]), e))
            return false;
    }
    return true;
}

/* The server runs as somebody: what takes the database's place has to be that somebody's too. */
static bool
owner_keep(const struct defrag *d, struct error *e)
{
    struct stat st;

    if (fstat(d->source.fd, &st) != 0)
        return error_set_errno(e, errno, "'%s'", d->db_path);
    if (fchown(d->fd, st.st_uid, st.st_gid) != 0)
        return error_set_errno(e, errno, "'%s': giving it the owner of '%s'", d->temporary,
                               d->db_path);
    if (fchmod(d->fd, st.st_mode & 07777) != 0)
        return error_set_errno(e, errno, "'%s': mode", d->temporary);
    return true;
}

/* Not every file system can reserve. */
static bool
room_reserve(struct defrag *d, uint64_t size, struct error *e)
{
    if (fallocate(d->fd, 0, (off_t)d->reserved, (off_t)(size - d->reserved)) != 0 &&
        errno != EOPNOTSUPP && errno != ENOSYS)
        return error_set_errno(e, errno, "'%s': reserving %" PRIu64 " bytes beside it", d->db_path,
                               size);
    d->reserved = size;
    return true;
}

static bool
is_roomy(const struct defrag *d)
{
    struct statvfs vfs;

    return fstatvfs(d->fd, &vfs) == 0 &&
           (uint64_t)vfs.f_bavail * vfs.f_frsize > d->source.map.size + ROOM_STEP_BYTES;
}

/*
 * How much the copy needs is known when the source was checked. A disk that may not have that says so
 * then, and not after minutes; where there is room anyway the copy is begun meanwhile.
 */
static bool
check_begin(struct defrag *d, struct error *e)
{
    uint64_t pages;

    d->is_roomy = is_roomy(d);
    bbolt_sound_begin(&d->sound);
    if (d->is_roomy) {
        d->in_use = 0; /* not known yet */
        return true;
    }
    if (!bbolt_sound_end(&d->sound, &pages, e))
        return false;
    d->in_use = pages * d->source.db.page_size;
    return room_reserve(d, d->in_use, e);
}

/* What the check finds goes before what the copying stumbled over. */
static bool
check_end(struct defrag *d, bool ok, struct error *e)
{
    struct error found = ERROR_INIT;
    uint64_t pages;

    if (!ok && e->code != ERROR_CORRUPT && e->code != ERROR_FORMAT) {
        bbolt_sound_stop(&d->sound);
        return false;
    }
    if (!bbolt_sound_end(&d->sound, &pages, &found)) {
        *e = found;
        return db_file_finish(&d->source, false, e);
    }
    d->in_use = pages * d->source.db.page_size;
    return ok;
}

/* Always some way ahead of the writing: a file that grows in large steps lies in few pieces. */
static bool
room_keep(struct defrag *d, const struct bbolt_writer *w, struct error *e)
{
    uint64_t size = w->out.next * w->out.page_size;

    return !d->is_roomy || size + ROOM_STEP_BYTES / 2 < d->reserved ||
           room_reserve(d, d->reserved + ROOM_STEP_BYTES, e);
}

static bool
row_copy(struct defrag *d, struct bbolt_writer *w, const struct bbolt_row *row, struct error *e)
{
    d->checksum = crc32c(d->checksum, row->key.data, row->key.size);
    d->checksum = crc32c(d->checksum, row->value.data, row->value.size);
    d->copied += row->key.size + row->value.size;
    if (++d->rows % PROGRESS_ROWS == 0) {
        observer_progress(d->observer, "defragmenting", NULL, d->copied, d->in_use);
        if (!interrupt_check(e) || !room_keep(d, w, e))
            return false;
    }
    return bbolt_writer_put(w, row->key, row->value, e);
}

static bool
bucket_copy(struct defrag *d, struct bbolt_writer *w, const struct bbolt_bucket *bucket,
            struct error *e)
{
    struct bbolt_cursor c;
    struct bbolt_row row;

    d->checksum = crc32c(d->checksum, bucket->name.data, bucket->name.size);
    if (!bbolt_writer_bucket_begin(w, bucket->name, e))
        return false;
    bbolt_cursor_init(&c, bucket);
    while (bbolt_cursor_next(&c, &row, e)) {
        if (!row_copy(d, w, &row, e))
            return false;
    }
    return !c.failed && bbolt_writer_bucket_end(w, e);
}

static uint32_t
page_size_of(const struct bbolt *db)
{
    long machine = sysconf(_SC_PAGESIZE);

    /* What a new file of etcd's gets; larger pages than the file had would only make it larger. */
    return machine >= BBOLT_PAGE_SIZE_LEAST && (uint64_t)machine < db->page_size ? (uint32_t)machine
                                                                                 : db->page_size;
}

static bool
copy_write(struct defrag *d, struct error *e)
{
    const struct bbolt_writer_options options = {.page_size = page_size_of(&d->source.db),
                                                 .fill_percent = FILL_PERCENT};
    AUTO_BBOLT_WRITER w;
    struct bbolt_cursor c;
    struct bbolt_bucket bucket;

    bbolt_writer_init(&w, d->fd, d->temporary, &options);
    bbolt_cursor_init_buckets(&c, &d->source.db);
    while (bbolt_cursor_next_bucket(&c, &bucket, e)) {
        if (!bucket_copy(d, &w, &bucket, e))
            return false;
    }
    if (c.failed || !bbolt_writer_finish(&w, &d->size, e))
        return false;
    if (ftruncate(d->fd, (off_t)d->size) != 0)
        return error_set_errno(e, errno, "'%s'", d->temporary);
    return true;
}

/* Reads the copy from the file: structure, and the same rows as went in. */
static bool
copy_verify(const struct defrag *d, struct error *e)
{
    AUTO_FILE_MAP map = FILE_MAP_INIT;
    struct backend_content content;
    struct bbolt db;
    AUTO_BBOLT_SOUND sound = {.db = &db}; /* ends before the map goes away */
    uint64_t pages;

    observer_progress(d->observer, "checking", NULL, 0, d->size);
    if (!file_map_open(d->temporary, &map, e) ||
        !bbolt_open(file_map_bytes(&map), d->temporary, &db, e))
        return false;
    bbolt_sound_begin(&sound);
    if (!backend_content_read(&db, NULL, 0, &content, e) || !bbolt_sound_end(&sound, &pages, e))
        return false;
    if (content.row_count != d->rows || content.hash != d->checksum)
        return error_set(e, ERROR_VERIFY,
                         "'%s' has %" PRIu64 " rows with checksum %08" PRIx32 ", not the %" PRIu64
                         " with %08" PRIx32 " that were read",
                         d->temporary, content.row_count, content.hash, d->rows, d->checksum);
    return true;
}

static bool
copy_build(struct defrag *d, struct error *e)
{
    return file_open(d->temporary, O_RDWR | O_CREAT | O_EXCL, 0600, &d->fd, e) &&
           owner_keep(d, e) && check_begin(d, e) && check_end(d, copy_write(d, e), e) &&
           db_file_unchanged(&d->source, e) && copy_verify(d, e) &&
           /* The disk writes while the copy is read again: only now is it waited for. */
           file_sync(d->fd, d->temporary, e);
}

/* Gives the old file its name back when somebody waits for its lock. */
static bool
waiting_refuse(const struct defrag *d, struct error *e)
{
    struct file_user user;

    if (!file_user_find(d->source.fd, &user))
        return true;
    if (rename(d->old, d->db_path) != 0)
        return error_set_errno(e, errno,
                               "'%s': %s (pid %lld) opened the old file: restart it; '%s'",
                               d->db_path, user.name, (long long)user.pid, d->old);
    error_set_(e, ERROR_LOCKED, 0,
               "'%s': %s (pid %lld) opened it meanwhile; it is as it was before", d->db_path,
               user.name, (long long)user.pid);
    return error_hint(e, "keep the member from starting, then run the command again");
}

static bool
copy_take_place(const struct defrag *d, struct error *e)
{
    /* Without hard links (some network file systems) the rename goes unguarded, as etcdutl's does. */
    bool guarded = link(d->db_path, d->old) == 0;
    bool ok = file_rename_over(d->temporary, d->db_path, e) && (!guarded || waiting_refuse(d, e));

    if (guarded)
        unlink(d->old);
    return ok && dir_sync(d->dir, e);
}

static void
names_choose(struct arena *mem, struct defrag *d, const char *db_path)
{
    uint8_t random[TAG_BYTES];
    char tag[2 * TAG_BYTES + 1];

    random_bytes(random, sizeof(random));
    hex_encode(random, sizeof(random), tag);
    d->db_path = db_path;
    d->dir = path_dir(mem, db_path);
    d->temporary = arena_printf(mem, "%s/" TEMPORARY_PREFIX ".%s", d->dir, tag);
    d->old = arena_printf(mem, "%s.old", d->temporary);
}

static bool
defrag_run(struct defrag *d, int64_t wait_ms, struct error *e)
{
    bool ok;

    if (!db_file_open(d->db_path, DB_FILE_CHANGE, wait_ms, &d->source, e) ||
        !leftovers_remove(d, e))
        return false;
    db_file_read_ahead(&d->source);
    d->sound.db = &d->source.db;
    interrupt_begin();
    ok = copy_build(d, e) && interrupt_check(e) && copy_take_place(d, e);
    bbolt_sound_stop(&d->sound);
    if (!ok)
        unlink(d->temporary);
    interrupt_end();
    fd_close(&d->fd);
    return ok;
}

bool
defrag_data_dir(struct arena *mem, const char *data_dir, int64_t wait_ms,
                const struct observer *observer, struct defrag_result *ret_result, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct defrag d = {.observer = observer, .source = DB_FILE_INIT, .fd = -1};
    struct data_dir dir;
    bool ok;

    if (!data_dir_find(mem, data_dir, NULL, &dir, e))
        return false;
    names_choose(&tmp, &d, dir.db_path);
    ok = defrag_run(&d, wait_ms, e);
    if (ok)
        *ret_result = (struct defrag_result){
            .db_path = dir.db_path,
            .file_bytes_before = d.source.map.size,
            .used_bytes = d.in_use,
            .file_bytes_after = d.size,
            .row_count = d.rows,
        };
    db_file_close(&d.source);
    return ok;
}
