/* Filling a report. Cells stand in one array, row by row; the columns say what they are. */

#include "cli/report.h"

#include <string.h>

void
report_init(struct report *r, struct arena *mem, const char *json_key)
{
    *r = (struct report){.mem = mem, .json_key = json_key};
}

void
report_record_init(struct report *r, struct arena *mem, const char *json_key)
{
    *r = (struct report){.mem = mem, .json_key = json_key, .record = true};
}

void
report_title(struct report *r, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    r->title = arena_vprintf(r->mem, format, args);
    va_end(args);
}

void
report_note(struct report *r, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    *ARRAY_PUSH(r->mem, &r->notes) = arena_vprintf(r->mem, format, args);
    va_end(args);
}

static struct report *
append_section(struct report *r)
{
    struct report *section = arena_zero(r->mem, sizeof(*section));

    while (r->next != NULL)
        r = r->next;
    r->next = section;
    return section;
}

struct report *
report_section(struct report *r, const char *json_key)
{
    struct report *section = append_section(r);

    report_init(section, r->mem, json_key);
    return section;
}

struct report *
report_record_section(struct report *r, const char *json_key)
{
    struct report *section = append_section(r);

    report_record_init(section, r->mem, json_key);
    return section;
}

void
report_column(struct report *r, enum column_type type, const char *heading, const char *json_key)
{
    ASSERT(r->record || r->cells.count == 0);
    *ARRAY_PUSH(r->mem, &r->columns) = (struct report_column){type, heading, json_key, false};
}

void
report_detail_column(struct report *r, enum column_type type, const char *heading,
                     const char *json_key)
{
    report_column(r, type, heading, json_key);
    r->columns.items[r->columns.count - 1].detail = true;
}

void
report_row(struct report *r)
{
    ASSERT(r->cells.count == r->row_count * r->columns.count);
    r->row_count++;
}

/* A new cell of the next column, which must be of that type. */
static struct report_cell *
add_cell(struct report *r, enum column_type type)
{
    struct report_cell *cell;

    ASSERT(r->record || r->cells.count < r->row_count * r->columns.count);
    ASSERT(r->columns.items[r->cells.count % r->columns.count].type == type);
    cell = ARRAY_PUSH(r->mem, &r->cells);
    cell->known = true;
    cell->text = "";
    return cell;
}

void
report_text(struct report *r, const char *text)
{
    add_cell(r, COLUMN_TEXT)->text = arena_text(r->mem, text);
}

void
report_textf(struct report *r, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_cell(r, COLUMN_TEXT)->text = arena_vprintf(r->mem, format, args);
    va_end(args);
}

void
report_id(struct report *r, uint64_t id)
{
    add_cell(r, COLUMN_ID)->natural = id;
}

void
report_size(struct report *r, uint64_t size_bytes)
{
    add_cell(r, COLUMN_SIZE)->natural = size_bytes;
}

void
report_i64(struct report *r, int64_t value)
{
    add_cell(r, COLUMN_I64)->number = value;
}

void
report_u64(struct report *r, uint64_t value)
{
    add_cell(r, COLUMN_U64)->natural = value;
}

void
report_duration(struct report *r, int64_t ms)
{
    add_cell(r, COLUMN_DURATION)->number = ms;
}

void
report_bool(struct report *r, bool value)
{
    add_cell(r, COLUMN_BOOL)->natural = value;
}

void
report_permille(struct report *r, int64_t tenths_of_percent)
{
    add_cell(r, COLUMN_PERCENT)->number = tenths_of_percent;
}

void
report_time(struct report *r, int64_t wall_ms)
{
    add_cell(r, COLUMN_TIME)->number = wall_ms;
}

void
report_unknown(struct report *r, const char *reason)
{
    struct report_cell *cell;

    ASSERT(r->record || r->cells.count < r->row_count * r->columns.count);
    cell = ARRAY_PUSH(r->mem, &r->cells);
    cell->text = reason != NULL ? arena_text(r->mem, reason) : NULL;
    cell->mark = MARK_DIM;
}

void
report_mark(struct report *r, enum mark mark)
{
    ASSERT(r->cells.count > 0);
    r->cells.items[r->cells.count - 1].mark = mark;
}

/* A record has one row, whose columns come with their values. */
static void
add_field(struct report *r, enum column_type type, const char *heading, const char *json_key)
{
    ASSERT(r->record);
    r->row_count = 1;
    report_column(r, type, heading, json_key);
}

void
report_field_text(struct report *r, const char *heading, const char *json_key, const char *text)
{
    add_field(r, COLUMN_TEXT, heading, json_key);
    report_text(r, text);
}

void
report_field_id(struct report *r, const char *heading, const char *json_key, uint64_t id)
{
    add_field(r, COLUMN_ID, heading, json_key);
    report_id(r, id);
}

void
report_field_size(struct report *r, const char *heading, const char *json_key, uint64_t size_bytes)
{
    add_field(r, COLUMN_SIZE, heading, json_key);
    report_size(r, size_bytes);
}

void
report_field_i64(struct report *r, const char *heading, const char *json_key, int64_t value)
{
    add_field(r, COLUMN_I64, heading, json_key);
    report_i64(r, value);
}

void
report_field_u64(struct report *r, const char *heading, const char *json_key, uint64_t value)
{
    add_field(r, COLUMN_U64, heading, json_key);
    report_u64(r, value);
}

void
report_field_duration(struct report *r, const char *heading, const char *json_key, int64_t ms)
{
    add_field(r, COLUMN_DURATION, heading, json_key);
    report_duration(r, ms);
}

void
report_field_bool(struct report *r, const char *heading, const char *json_key, bool value)
{
    add_field(r, COLUMN_BOOL, heading, json_key);
    report_bool(r, value);
}

void
report_field_time(struct report *r, const char *heading, const char *json_key, int64_t wall_ms)
{
    add_field(r, COLUMN_TIME, heading, json_key);
    report_time(r, wall_ms);
}
