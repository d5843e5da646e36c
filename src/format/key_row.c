#include "format/key_row.h"

#include <inttypes.h>

#include "format/bbolt/bbolt_page.h"

bool
key_row_decode(const struct bbolt_row *row, struct key_row *ret_row, struct error *ret_problem)
{
    return revision_key_decode(row->key, &ret_row->revision, ret_problem) &&
           key_value_decode(row->value, &ret_row->kv, ret_problem);
}

bool
key_row_judge(const struct key_row *row, const struct revision_key *before,
              struct error *ret_problem)
{
    const struct revision_key *revision = &row->revision;
    const struct key_value *kv = &row->kv;

    if (before != NULL && revision_key_compare(before, revision) >= 0)
        return error_set(ret_problem, ERROR_FORMAT,
                         "revision %" PRId64 " stands behind %" PRId64 " and is not later",
                         revision->main, before->main);
    if (kv->mod_revision != revision->main && kv->mod_revision != 0)
        return error_set(ret_problem, ERROR_FORMAT,
                         "the mod revision in the value is %" PRId64 ", not %" PRId64,
                         kv->mod_revision, revision->main);
    if (!revision->tombstone && kv->mod_revision == 0 && kv->key.size > 0)
        return error_set(ret_problem, ERROR_FORMAT, "the value has no mod revision");
    return true;
}

int64_t
key_row_offset(const struct bbolt *db, const struct bbolt_row *row)
{
    return row->key.data - db->file.data;
}

bool
key_row_error(const struct bbolt *db, const struct bbolt_row *row, const struct error *problem,
              struct error *e)
{
    int64_t offset = key_row_offset(db, row);
    char key[BBOLT_KEY_TEXT_SIZE];

    return error_set(e, ERROR_FORMAT, "'%s': page %" PRId64 ", byte %" PRId64 ": row %s: %s",
                     db->name, offset / db->page_size, offset, bbolt_key_text(row->key, key),
                     problem->text);
}
