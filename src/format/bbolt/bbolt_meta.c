#include "format/bbolt/bbolt_meta.h"

#include "base/cursor.h"
#include "base/hash.h"

enum {
    MAGIC_AT = 16, /* also where the checksum begins */
    VERSION_AT = 20,
    PAGE_SIZE_AT = 24,
    CHECKSUM_AT = 72,
};

/* All fields of a meta page whose 80 bytes are there. */
static bool
fields_read(struct cursor c, struct bbolt_meta *meta, uint64_t *ret_id, uint16_t *ret_flags,
            uint32_t *ret_magic, uint32_t *ret_version, uint64_t *ret_checksum)
{
    return cursor_u64le(&c, ret_id) && cursor_u16le(&c, ret_flags) && cursor_skip(&c, 6) &&
           cursor_u32le(&c, ret_magic) && cursor_u32le(&c, ret_version) &&
           cursor_u32le(&c, &meta->page_size) && cursor_skip(&c, 4) &&
           cursor_u64le(&c, &meta->root) && cursor_skip(&c, 8) &&
           cursor_u64le(&c, &meta->freelist) && cursor_u64le(&c, &meta->pgid) &&
           cursor_u64le(&c, &meta->txid) && cursor_u64le(&c, ret_checksum);
}

static bool
page_size_is_legal(uint32_t size)
{
    return size >= BBOLT_PAGE_SIZE_LEAST && size <= BBOLT_PAGE_SIZE_MOST &&
           (size & (size - 1)) == 0;
}

bool
bbolt_meta_decode(struct bytes file, uint64_t offset, unsigned id, struct bbolt_meta *ret_meta,
                  struct bbolt_damage *ret_damage)
{
    struct bbolt_place place = {id, offset};
    struct bbolt_meta meta = {0};
    struct bytes page;
    uint64_t header_id, checksum, computed;
    uint32_t magic, version;
    uint16_t flags;

    if (offset > file.size || file.size - offset < BBOLT_META_SIZE)
        return bbolt_damage_set(ret_damage, place, "the file ends before this meta page");
    page = bytes_of(file.data + offset, BBOLT_META_SIZE);
    ASSERT(fields_read(cursor_of(page), &meta, &header_id, &flags, &magic, &version, &checksum));

    place.offset = offset + MAGIC_AT;
    if (magic != BBOLT_META_MAGIC) {
        bbolt_damage_set_(ret_damage, place, "invalid database: the mark is %08x, not %08x", magic,
                          BBOLT_META_MAGIC);
        ret_damage->code = ERROR_FORMAT;
        return false;
    }
    place.offset = offset + VERSION_AT;
    if (version != BBOLT_META_VERSION) {
        bbolt_damage_set_(ret_damage, place, "version mismatch: %u, only %d is known", version,
                          BBOLT_META_VERSION);
        ret_damage->code = ERROR_FORMAT;
        return false;
    }
    place.offset = offset + CHECKSUM_AT;
    computed = fnv1a64(page.data + MAGIC_AT, CHECKSUM_AT - MAGIC_AT);
    if (checksum != computed)
        return bbolt_damage_set(ret_damage, place, "checksum error: %016llx, computed %016llx",
                                (unsigned long long)checksum, (unsigned long long)computed);
    place.offset = offset + PAGE_SIZE_AT;
    if (!page_size_is_legal(meta.page_size))
        return bbolt_damage_set(ret_damage, place, "impossible page size %u", meta.page_size);
    if (id == 1 && meta.page_size != offset)
        return bbolt_damage_set(ret_damage, place, "page size %u, but the page stands at byte %llu",
                                meta.page_size, (unsigned long long)offset);
    meta.header_bad = header_id != id || flags != BBOLT_PAGE_META;
    *ret_meta = meta;
    return true;
}

void
bbolt_meta_encode(const struct bbolt_meta *meta, unsigned id, struct buf *out)
{
    size_t start = out->size;

    buf_append_u64le(out, id);
    buf_append_u16le(out, BBOLT_PAGE_META);
    buf_append_u16le(out, 0);
    buf_append_u32le(out, 0);
    buf_append_u32le(out, BBOLT_META_MAGIC);
    buf_append_u32le(out, BBOLT_META_VERSION);
    buf_append_u32le(out, meta->page_size);
    buf_append_u32le(out, 0); /* flags */
    buf_append_u64le(out, meta->root);
    buf_append_u64le(out, 0); /* the root bucket's sequence */
    buf_append_u64le(out, meta->freelist);
    buf_append_u64le(out, meta->pgid);
    buf_append_u64le(out, meta->txid);
    buf_append_u64le(out, fnv1a64(out->data + start + MAGIC_AT, CHECKSUM_AT - MAGIC_AT));
    buf_append_zeros(out, meta->page_size - (out->size - start));
}

void
bbolt_meta_encode_both(const struct bbolt_meta *meta, struct buf *out)
{
    struct bbolt_meta older = *meta;

    older.txid = meta->txid - 1;
    for (unsigned id = 0; id < 2; id++)
        bbolt_meta_encode(meta->txid % 2 == id ? meta : &older, id, out);
}
