#include "keys/file_rows.h"

#include <inttypes.h>

#include "format/bbolt/bbolt_page.h"
#include "keys/wal_tail.h"

enum { ROWS_BETWEEN_PROGRESS = 4096 };

bool
file_row_error(const struct bbolt *db, const struct bbolt_row *row, struct error *e)
{
    uint64_t offset = (uint64_t)(row->key.data - db->file.data);
    char key[BBOLT_KEY_TEXT_SIZE];

    error_wrap_(e, "'%s': page %" PRIu64 ", byte %" PRIu64 ": row %s", db->name,
                offset / db->page_size, offset, bbolt_key_text(row->key, key));
    return error_hint(e, "'quorate snapshot verify' tells all that is wrong with it");
}

void
file_walk_begin(struct file_walk *walk, const struct file_rows *rows, const struct file_part *part,
                const char *what)
{
    *walk = (struct file_walk){.rows = rows, .part = *part, .what = what};
    if (part->until.size == 0)
        walk->tail = rows->tail;
    bbolt_cursor_init(&walk->cursor, &rows->bucket);
}

static bool
cursor_move(struct file_walk *walk, struct bbolt_row *ret_row, struct error *e)
{
    if (walk->begun || walk->part.from.size == 0)
        return bbolt_cursor_next(&walk->cursor, ret_row, e);
    walk->begun = true;
    return bbolt_cursor_seek(&walk->cursor, walk->part.from, ret_row, e);
}

static bool
row_find(struct file_walk *walk, struct bbolt_row *ret_row, struct error *e)
{
    if (cursor_move(walk, ret_row, e))
        return walk->part.until.size == 0 || bytes_compare(ret_row->key, walk->part.until) < 0;
    walk->failed = walk->cursor.failed;
    return !walk->failed && wal_tail_row(&walk->tail, ret_row);
}

bool
file_walk_next(struct file_walk *walk, struct file_row *ret_row, struct error *e)
{
    if (!row_find(walk, &ret_row->row, e))
        return false;
    if (!revision_key_decode(ret_row->row.key, &ret_row->revision, e) ||
        !key_value_decode(ret_row->row.value, &ret_row->kv, e)) {
        walk->failed = true;
        return file_row_error(walk->rows->bucket.db, &ret_row->row, e);
    }
    if (++walk->count % ROWS_BETWEEN_PROGRESS == 0 && walk->what != NULL)
        observer_progress(walk->rows->observer, walk->what, "rows", walk->count, 0);
    return true;
}

struct key_row
file_row_told(const struct file_row *row, bool live)
{
    return (struct key_row){row->kv, row->revision.main, row->revision.sub, row->revision.tombstone,
                            live};
}

bool
file_row_is_wanted(const struct file_row *row, const struct key_range *range)
{
    return row->kv.key.size > 0 && key_range_holds(range, row->kv.key);
}
