/* The one place that knows how a value of a report looks: ids are hex, sizes are for people. */

#include <inttypes.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/time.h"
#include "cli/report.h"
#include "cli/text.h"
#include "cli/text_table.h"

const char *
mark_color(enum mark mark)
{
    switch (mark) {
    case MARK_NONE:
        return NULL;
    case MARK_GOOD:
        return "\x1b[32m";
    case MARK_WARN:
        return "\x1b[33m";
    case MARK_BAD:
        return "\x1b[31;1m";
    case MARK_DIM:
        return "\x1b[2m";
    }
    return NULL;
}

static const char *
cell_text(struct arena *mem, enum column_type type, const struct report_cell *cell)
{
    if (!cell->known)
        return "-";
    switch (type) {
    case COLUMN_TEXT:
        return cell->text;
    case COLUMN_ID:
        return arena_printf(mem, "%" PRIx64, cell->natural);
    case COLUMN_SIZE:
        return size_human(mem, cell->natural);
    case COLUMN_I64:
        return arena_printf(mem, "%" PRId64, cell->number);
    case COLUMN_U64:
        return arena_printf(mem, "%" PRIu64, cell->natural);
    case COLUMN_DURATION:
        return duration_human(mem, cell->number);
    case COLUMN_BOOL:
        return cell->natural != 0 ? "yes" : "no";
    case COLUMN_PERCENT:
        return arena_printf(mem, "%" PRId64 ".%d %%", cell->number / 10,
                            abs((int)(cell->number % 10)));
    case COLUMN_TIME:
        return time_rfc3339(mem, cell->number);
    }
    return "";
}

static enum cell_align
column_align(enum column_type type)
{
    bool left =
        type == COLUMN_TEXT || type == COLUMN_ID || type == COLUMN_BOOL || type == COLUMN_TIME;

    return left ? ALIGN_LEFT : ALIGN_RIGHT;
}

static void
render_table(struct arena *mem, const struct report *r, const struct output_style *style,
             struct buf *out)
{
    size_t columns = r->columns.count;
    const char **headings = arena_alloc(mem, columns * sizeof(*headings));
    enum cell_align *align = arena_alloc(mem, columns * sizeof(*align));
    struct text_table table;
    size_t shown = 0;

    for (size_t i = 0; i < columns; i++) {
        if (r->columns.items[i].detail)
            continue;
        headings[shown] = r->columns.items[i].heading;
        align[shown++] = column_align(r->columns.items[i].type);
    }
    text_table_init(&table, mem, headings, shown);
    table.align = align;
    for (size_t i = 0; i < r->cells.count; i++) {
        const struct report_cell *cell = &r->cells.items[i];
        const struct report_column *column = &r->columns.items[i % columns];

        if (column->detail)
            continue;
        text_table_cell(&table, cell_text(mem, column->type, cell));
        text_table_color(&table, mark_color(cell->mark));
    }
    if (style->output == OUTPUT_TABLE)
        text_table_draw(&table, style, out);
    else
        text_table_draw_plain(&table, style, out);
}

/* A record in text: a line for each property, the values under each other. */
static void
render_record(struct arena *mem, const struct report *r, const struct output_style *style,
              struct buf *out)
{
    size_t width = 0;

    for (size_t i = 0; i < r->columns.count; i++) {
        size_t columns = text_width(r->columns.items[i].heading);

        width = columns > width ? columns : width;
    }
    for (size_t i = 0; i < r->cells.count; i++) {
        const struct report_cell *cell = &r->cells.items[i];
        const char *heading = r->columns.items[i].heading;
        const char *color = style->terminal.color ? mark_color(cell->mark) : NULL;
        const char *text = cell_text(mem, r->columns.items[i].type, cell);

        buf_printf(out, "%s%*s", heading, (int)(width - text_width(heading) + 2), "");
        buf_append_text(out, color != NULL ? color : "");
        buf_append_text(out, text_visible(mem, text, style->terminal.utf8));
        buf_append_text(out, color != NULL ? TEXT_COLOR_END : "");
        buf_append_byte(out, '\n');
    }
}

/* etcdctl's fields: "Heading" : value, a blank line behind each row. */
static void
render_fields(struct arena *mem, const struct report *r, struct buf *out)
{
    size_t columns = r->columns.count;

    for (size_t i = 0; columns > 0 && i < r->cells.count; i++) {
        const struct report_column *column = &r->columns.items[i % columns];
        const struct report_cell *cell = &r->cells.items[i];
        bool quoted = cell->known && (column->type == COLUMN_TEXT || column->type == COLUMN_TIME);
        const char *text = cell_text(mem, column->type, cell);

        text_append_quoted(out, bytes_of_text(column->heading));
        buf_append_text(out, " : ");
        if (quoted)
            text_append_quoted(out, bytes_of_text(text));
        else
            buf_append_text(out, text);
        buf_append_byte(out, '\n');
        if ((i + 1) % columns == 0)
            buf_append_byte(out, '\n');
    }
}

/* Why a value is not known belongs under the table, each reason once. */
static void
render_unknown(struct arena *mem, const struct report *r, const struct output_style *style,
               struct buf *out)
{
    size_t columns = r->columns.count;
    const char *last = NULL;

    for (size_t i = 0; columns > 0 && i < r->cells.count; i++) {
        const struct report_cell *cell = &r->cells.items[i];
        size_t row = r->record ? i : i - i % columns;
        const char *subject = r->record
                                  ? r->columns.items[i].heading
                                  : cell_text(mem, r->columns.items[0].type, &r->cells.items[row]);

        if (cell->known || cell->text == NULL || (last != NULL && strcmp(last, cell->text) == 0))
            continue;
        last = cell->text;
        buf_printf(out, "%s: ", text_visible(mem, subject, style->terminal.utf8));
        buf_append_text(out, text_visible(mem, cell->text, style->terminal.utf8));
        buf_append_byte(out, '\n');
    }
}

static void
render_text(struct arena *mem, const struct report *r, const struct output_style *style,
            struct buf *out)
{
    if (r->title != NULL) {
        const char *title = text_visible(mem, r->title, style->terminal.utf8);

        buf_printf(out, style->terminal.color ? "\x1b[1m%s" TEXT_COLOR_END "\n" : "%s\n", title);
    }
    if (r->record)
        render_record(mem, r, style, out);
    else if (r->columns.count > 0 && (r->row_count > 0 || style->output == OUTPUT_TABLE))
        render_table(mem, r, style, out);
    render_unknown(mem, r, style, out);
    for (size_t i = 0; i < r->notes.count; i++)
        buf_printf(out, "%s\n", text_visible(mem, r->notes.items[i], style->terminal.utf8));
}

static void
json_cell(struct arena *mem, struct json_writer *w, enum column_type type,
          const struct report_cell *cell)
{
    if (!cell->known) {
        json_null(w);
        return;
    }
    switch (type) {
    case COLUMN_TEXT:
    case COLUMN_ID:
    case COLUMN_TIME:
        json_text(w, cell_text(mem, type, cell));
        break;
    case COLUMN_SIZE:
    case COLUMN_U64:
        json_u64(w, cell->natural);
        break;
    case COLUMN_I64:
    case COLUMN_DURATION:
    case COLUMN_PERCENT:
        json_i64(w, cell->number);
        break;
    case COLUMN_BOOL:
        json_bool(w, cell->natural != 0);
        break;
    }
}

static void
json_marks(struct json_writer *w, const struct report *r, size_t first)
{
    bool any = false;

    for (size_t i = 0; i < r->columns.count && first + i < r->cells.count; i++) {
        enum mark mark = r->cells.items[first + i].mark;

        if (mark != MARK_WARN && mark != MARK_BAD)
            continue;
        if (!any) {
            json_key(w, "marks");
            json_object_begin(w);
        }
        any = true;
        json_key_text(w, r->columns.items[i].json_key, mark == MARK_BAD ? "bad" : "warning");
    }
    if (any)
        json_object_end(w);
}

static void
json_row(struct arena *mem, struct json_writer *w, const struct report *r, size_t first)
{
    json_object_begin(w);
    for (size_t i = 0; i < r->columns.count && first + i < r->cells.count; i++) {
        json_key(w, r->columns.items[i].json_key);
        json_cell(mem, w, r->columns.items[i].type, &r->cells.items[first + i]);
    }
    json_marks(w, r, first);
    json_object_end(w);
}

static void
json_notes(struct json_writer *w, const struct report *r)
{
    json_key(w, "notes");
    json_array_begin(w);
    for (; r != NULL; r = r->next)
        for (size_t i = 0; i < r->notes.count; i++)
            json_text(w, r->notes.items[i]);
    json_array_end(w);
}

static void
render_json(struct arena *mem, const struct report *first, struct buf *out)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    for (const struct report *r = first; r != NULL; r = r->next) {
        json_key(&w, r->json_key);
        if (r->record) {
            json_row(mem, &w, r, 0);
            continue;
        }
        json_array_begin(&w);
        for (size_t i = 0; i < r->row_count; i++)
            json_row(mem, &w, r, i * r->columns.count);
        json_array_end(&w);
    }
    json_notes(&w, first);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

void
report_render(const struct report *r, const struct output_style *style, struct buf *out)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (style->output == OUTPUT_JSON) {
        render_json(&tmp, r, out);
        return;
    }
    for (const struct report *section = r; section != NULL; section = section->next) {
        if (style->output == OUTPUT_FIELDS) {
            render_fields(&tmp, section, out);
            continue;
        }
        if (section != r)
            buf_append_byte(out, '\n');
        render_text(&tmp, section, style, out);
    }
}
