#include "format/bbolt/bbolt.h"

#include "format/bbolt/bbolt_cursor.h"
#include "format/bbolt/bbolt_meta.h"

/*
 * Meta page 1 stands one page behind the start, and how long a page is only a good meta page 0
 * says. Without one, it is looked for behind each page size that there may be.
 */
static bool
meta_one_find(struct bytes file, struct bbolt_meta *ret_meta)
{
    struct bbolt_damage ignored;

    for (uint64_t size = BBOLT_PAGE_SIZE_LEAST; size <= BBOLT_PAGE_SIZE_MOST; size *= 2) {
        if (bbolt_meta_decode(file, size, 1, ret_meta, &ignored))
            return true;
    }
    return false;
}

static bool
meta_choose(struct bbolt *db, struct bbolt_meta *ret_meta, struct bbolt_damage *d)
{
    struct bbolt_meta metas[2] = {0};
    struct bbolt_damage ignored;
    bool good[2];

    good[0] = bbolt_meta_decode(db->file, 0, 0, &metas[0], d);
    if (good[0])
        good[1] = bbolt_meta_decode(db->file, metas[0].page_size, 1, &metas[1], &ignored);
    else
        good[1] = meta_one_find(db->file, &metas[1]);
    if (!good[0] && !good[1])
        return false;
    db->meta = !good[0] || (good[1] && metas[1].txid > metas[0].txid) ? 1 : 0;
    for (unsigned id = 0; id < 2; id++)
        db->meta_bad[id] = !good[id] || metas[id].header_bad;
    *ret_meta = metas[db->meta];
    return true;
}

/* The figures carry a good checksum, but nothing may rely on that. */
static bool
figures_check(const struct bbolt *db, struct bbolt_damage *d)
{
    struct bbolt_place place = bbolt_root_place(db);

    if (db->root < 2 || db->root >= db->pgid)
        return bbolt_damage_set(d, place, "root page %llu in a database of %llu pages",
                                (unsigned long long)db->root, (unsigned long long)db->pgid);
    place = bbolt_freelist_place(db);
    if (db->freelist != BBOLT_FREELIST_NONE && (db->freelist < 2 || db->freelist >= db->pgid))
        return bbolt_damage_set(d, place, "freelist page %llu in a database of %llu pages",
                                (unsigned long long)db->freelist, (unsigned long long)db->pgid);
    return true;
}

bool
bbolt_open(struct bytes file, const char *name, struct bbolt *ret_db, struct error *e)
{
    struct bbolt db = {.name = name, .file = file};
    struct bbolt_damage damage;
    struct bbolt_meta meta;

    if (file.size < (size_t)2 * BBOLT_PAGE_SIZE_LEAST)
        return error_set(e, ERROR_FORMAT, "'%s': %zu bytes are too few for a bbolt file", name,
                         file.size);
    if (!meta_choose(&db, &meta, &damage))
        return bbolt_damage_error(name, &damage, e);
    db.page_size = meta.page_size;
    db.pgid = meta.pgid;
    db.txid = meta.txid;
    db.root = meta.root;
    db.freelist = meta.freelist;
    if (db.pgid > file.size / db.page_size) {
        error_set_(e, ERROR_CORRUPT, 0,
                   "'%s': the file is cut short: %zu bytes, its meta page %u says %llu pages of %u "
                   "bytes",
                   name, file.size, db.meta, (unsigned long long)db.pgid, db.page_size);
        return error_hint(e, "copy the file again, or use another backup");
    }
    db.size_bytes = db.pgid * db.page_size;
    if (!figures_check(&db, &damage))
        return bbolt_damage_error(name, &damage, e);
    *ret_db = db;
    return true;
}

bool
bbolt_bucket_find(const struct bbolt *db, struct bytes name, struct bbolt_bucket *ret_bucket,
                  struct error *e)
{
    struct bbolt_cursor c;
    struct bbolt_bucket bucket;
    char text[BBOLT_KEY_TEXT_SIZE];

    bbolt_cursor_init_buckets(&c, db);
    if (bbolt_cursor_seek_bucket(&c, name, &bucket, e) && bytes_equal(bucket.name, name)) {
        *ret_bucket = bucket;
        return true;
    }
    if (c.failed)
        return false;
    return error_set(e, ERROR_NOT_FOUND, "'%s': there is no bucket %s", db->name,
                     bbolt_key_text(name, text));
}

bool
bbolt_bucket_get(const struct bbolt_bucket *bucket, struct bytes key, struct bytes *ret_value,
                 struct error *e)
{
    struct bbolt_cursor c;
    struct bbolt_row row;
    char name_text[BBOLT_KEY_TEXT_SIZE];
    char key_text[BBOLT_KEY_TEXT_SIZE];

    bbolt_cursor_init(&c, bucket);
    if (bbolt_cursor_seek(&c, key, &row, e) && bytes_equal(row.key, key)) {
        *ret_value = row.value;
        return true;
    }
    if (c.failed)
        return false;
    return error_set(e, ERROR_NOT_FOUND, "'%s': bucket %s has no key %s", bucket->db->name,
                     bbolt_key_text(bucket->name, name_text), bbolt_key_text(key, key_text));
}
