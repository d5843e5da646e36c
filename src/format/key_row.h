/* A row of the "key" bucket, taken apart, and the CRC of any row: what all hashes are made of. */
#ifndef QUORATE_FORMAT_KEY_ROW_H
#define QUORATE_FORMAT_KEY_ROW_H

#include "base/error.h"
#include "base/hash.h"
#include "format/backend/mvcc.h"
#include "format/bbolt/bbolt.h"

struct key_row {
    struct revision_key revision;
    struct key_value kv; /* points into the file */
};

/* ret_problem  ERROR_FORMAT without file and place: for key_row_error, or a finding. */
MUST_CHECK bool key_row_decode(const struct bbolt_row *row, struct key_row *ret_row,
                               struct error *ret_problem);

/*
 * Whether a row may stand where it stands: rows ascend by revision, and each says the same revision
 * inside. Tombstones and the row that --bump-revision writes have no mod revision.
 *
 * before       the revision of the row before it, or NULL.
 * ret_problem  as above.
 */
MUST_CHECK bool key_row_judge(const struct key_row *row, const struct revision_key *before,
                              struct error *ret_problem);

/* Byte in the file at which a row's key stands. */
int64_t key_row_offset(const struct bbolt *db, const struct bbolt_row *row);

/* "'<file>': page <n>, byte <n>: row <key>: <problem>"; ERROR_FORMAT, false. */
bool key_row_error(const struct bbolt *db, const struct bbolt_row *row, const struct error *problem,
                   struct error *e);

/* CRC-32C of key and value, behind 'crc'. They stand side by side in a page. */
static inline uint32_t
row_crc(uint32_t crc, const struct bbolt_row *row)
{
    if (row->key.data + row->key.size == row->value.data)
        return crc32c(crc, row->key.data, row->key.size + row->value.size);
    crc = crc32c(crc, row->key.data, row->key.size);
    return crc32c(crc, row->value.data, row->value.size);
}

static inline uint32_t
name_crc(uint32_t crc, struct bytes name)
{
    return crc32c(crc, name.data, name.size);
}

#endif
