/*
 * Reports: what a command found, as typed columns and rows. The command says what a value is, the
 * renderer alone knows how it looks: ids are hex, sizes are for people in text and exact in JSON.
 *
 *     report_init(r, mem, "backups");
 *     report_column(r, COLUMN_TEXT, "LABEL", "label");
 *     report_column(r, COLUMN_SIZE, "SIZE", "sizeBytes");
 *     report_row(r);
 *     report_text(r, info->label);
 *     report_size(r, info->size_bytes);
 *     report_note(r, "%zu backups, %s", count, total);
 *
 * Forms: simple (the default; aligned columns without borders), table (etcdctl's borders), json,
 * fields ("LABEL" : "..."). A report made with report_record_init is one thing with many properties:
 * a line each in text, one object in JSON.
 */
#ifndef QUORATE_CLI_REPORT_H
#define QUORATE_CLI_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "cli/output.h"

enum column_type {
    COLUMN_TEXT,     /* JSON: text */
    COLUMN_ID,       /* hex without padding; JSON: the same, as text */
    COLUMN_SIZE,     /* bytes; JSON: number */
    COLUMN_I64,      /* revisions, counts; JSON: number */
    COLUMN_U64,      /* raft indexes, hashes; JSON: number */
    COLUMN_DURATION, /* milliseconds; JSON: number of milliseconds */
    COLUMN_BOOL,     /* "yes" and "no"; JSON: bool */
    COLUMN_PERCENT,  /* tenths of a percent; JSON: number of those: name the key ...PerMille */
    COLUMN_TIME,     /* wall milliseconds; RFC 3339 in text and JSON */
};

/* Colours, and the words "warning", "bad" in JSON's "marks" so that scripts see them too. */
enum mark { MARK_NONE, MARK_GOOD, MARK_WARN, MARK_BAD, MARK_DIM };

/* The escape sequence that a mark is shown with; NULL for none. TEXT_COLOR_END ends it. */
const char *mark_color(enum mark mark);

struct report_column {
    enum column_type type;
    const char *heading;  /* as shown: "DB SIZE" */
    const char *json_key; /* "dbSizeBytes": units in the name, as in our own JSON files */
    bool detail;          /* not in tables for people: too wide, or of use to scripts only */
};

struct report_cell {
    bool known; /* otherwise 'text' is the reason, shown as "unknown" or "-" */
    enum mark mark;
    const char *text;
    uint64_t natural;
    int64_t number;
};

struct report {
    struct arena *mem;
    const char *json_key; /* the rows' name in JSON */
    const char *title;    /* NULL for none */
    bool record;
    ARRAY(struct report_column) columns;
    ARRAY(struct report_cell) cells; /* row by row */
    size_t row_count;
    ARRAY(const char *) notes; /* lines under the table; JSON: "notes" */
    struct report *next;       /* the next section */
};

void report_init(struct report *r, struct arena *mem, const char *json_key);
void report_record_init(struct report *r, struct arena *mem, const char *json_key);
void report_title(struct report *r, const char *format, ...) PRINTF_LIKE(2, 3);
void report_note(struct report *r, const char *format, ...) PRINTF_LIKE(2, 3);
/* Another table under this one, in JSON another key of the same object; also init'd. */
struct report *report_section(struct report *r, const char *json_key);
struct report *report_record_section(struct report *r, const char *json_key);

/* Columns first; then for each row report_row and one value per column, in order. */
void report_column(struct report *r, enum column_type type, const char *heading,
                   const char *json_key);
/* One that tables leave out; JSON and fields have it. */
void report_detail_column(struct report *r, enum column_type type, const char *heading,
                          const char *json_key);
void report_row(struct report *r);
void report_text(struct report *r, const char *text); /* copied */
void report_textf(struct report *r, const char *format, ...) PRINTF_LIKE(2, 3);
void report_id(struct report *r, uint64_t id);
void report_size(struct report *r, uint64_t size_bytes);
void report_i64(struct report *r, int64_t value);
void report_u64(struct report *r, uint64_t value);
void report_duration(struct report *r, int64_t ms);
void report_bool(struct report *r, bool value);
void report_permille(struct report *r, int64_t tenths_of_percent);
void report_time(struct report *r, int64_t wall_ms);
/* A value nobody knows: "-" in text with the reason as a note, null in JSON. NULL: not applicable. */
void report_unknown(struct report *r, const char *reason);
/* Colours the value added last. */
void report_mark(struct report *r, enum mark mark);

/* For records: column and value in one. */
void report_field_text(struct report *r, const char *heading, const char *json_key,
                       const char *text);
void report_field_id(struct report *r, const char *heading, const char *json_key, uint64_t id);
void report_field_size(struct report *r, const char *heading, const char *json_key,
                       uint64_t size_bytes);
void report_field_i64(struct report *r, const char *heading, const char *json_key, int64_t value);
void report_field_u64(struct report *r, const char *heading, const char *json_key, uint64_t value);
void report_field_duration(struct report *r, const char *heading, const char *json_key, int64_t ms);
void report_field_bool(struct report *r, const char *heading, const char *json_key, bool value);
void report_field_time(struct report *r, const char *heading, const char *json_key,
                       int64_t wall_ms);

/* The report and its sections in the asked-for form, to the end of 'out'. */
void report_render(const struct report *r, const struct output_style *style, struct buf *out);

#endif
