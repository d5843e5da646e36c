/*
 * Which row is the newest of each user key, when the rows come in parts on several threads: an index
 * a part. Rows of a later part are newer than those of an earlier one, so a key's newest row is the
 * newest of the last part that has the key.
 */
#ifndef QUORATE_FORMAT_KEY_PARTS_H
#define QUORATE_FORMAT_KEY_PARTS_H

#include "format/backend/key_index.h"

enum { KEY_PARTS_MOST = 2 };

struct key_parts {
    struct key_index parts[KEY_PARTS_MOST];
    unsigned count;
    size_t live; /* keys whose newest row is no tombstone; after key_parts_finish */
};

#define AUTO_KEY_PARTS __attribute__((cleanup(key_parts_release))) struct key_parts

/* The parts take KEY_INDEX_ANONYMOUS_MOST_BYTES of memory together; larger ones stand in unlinked files, so
 * that any number of keys needs one pass over the rows. e: as key_index_init. */
MUST_CHECK bool key_parts_init(struct key_parts *k, struct bytes file, unsigned count,
                               struct error *e);
void key_parts_release(struct key_parts *k);

/* Notes a row, as key_index_put: one thread a part. */
MUST_CHECK static inline bool
key_parts_put(struct key_parts *k, unsigned part, struct bytes key, const uint8_t *row, bool live,
              struct error *e)
{
    return key_index_put(&k->parts[part], key, row, live, e);
}

/* After the last row of all parts, before any question. */
MUST_CHECK bool key_parts_finish(struct key_parts *k, struct error *e);

/* Whether this row, of that part, is the newest one of its key, and no tombstone. Any thread. */
bool key_parts_is_newest(const struct key_parts *k, unsigned part, struct bytes key,
                         const uint8_t *row);

#endif
