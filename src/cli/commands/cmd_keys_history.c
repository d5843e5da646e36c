/* 'keys history': every version of a key that is kept, and what changed from one to the next. */

#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "cli/app.h"
#include "cli/key_source.h"
#include "cli/print/print.h"
#include "cli/print/print_change.h"
#include "cli/text.h"
#include "format/proto.h"
#include "keys/key_sort.h"

enum { FLUSH_BYTES = 256 << 10 };

static const struct option_def history_options[] = {
    KEY_SOURCE_OPTION,
    {"prefix", OPTION_TEXT, .arg = "PREFIX", .help = "All keys that begin so, instead of one KEY"},
    {"diff", OPTION_BOOL, .help = "What changed in the value; then key after key"},
    {"show-secrets", OPTION_BOOL, .help = "Also what changed in Secrets of Kubernetes"},
    OPTIONS_END,
};

struct history {
    struct app *app;
    bool many; /* keys: lines tell which */
    bool diff;
    struct value_style style;
    struct json_writer json;
    struct key_sort *sort; /* with 'diff' of many: rows of one key together */
    uint64_t rows;
    struct buf key;   /* of the row before, with 'diff' */
    struct buf value; /* its value; none after a deletion */
    bool has_before;
    bool is_gone; /* the row before was a deletion */
};

static const char *
what_happened(const struct key_row *row)
{
    return row->tombstone ? "deleted" : row->kv.version == 1 ? "created" : "changed";
}

/* --- one row --- */

static void
row_text(struct history *h, const struct key_row *row, const char *manager)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct buf *out = &h->app->out;

    if (h->rows == 1)
        buf_printf(out, "%12s  %8s  %-7s  %9s%s\n", "REVISION", "VERSION", "WHAT", "SIZE",
                   h->many ? "  KEY" : "");
    if (row->tombstone)
        buf_printf(out, "%12" PRId64 "  %8s  deleted  %9s", row->revision, "", "");
    else
        buf_printf(out, "%12" PRId64 "  %8" PRId64 "  %-7s  %9s", row->revision, row->kv.version,
                   what_happened(row), size_human(&tmp, row->kv.value.size));
    if (h->many) {
        buf_append_text(out, "  ");
        text_append_visible(out, row->kv.key, h->style.utf8);
    }
    if (row->kv.lease != 0)
        buf_printf(out, "  lease %" PRIx64, (uint64_t)row->kv.lease);
    if (manager[0] != '\0') {
        buf_append_text(out, "  by ");
        text_append_visible(out, bytes_of_text(manager), h->style.utf8);
    }
    buf_append_byte(out, '\n');
}

static void
row_json(struct history *h, const struct key_row *row, const char *manager)
{
    struct json_writer *w = &h->json;

    json_object_begin(w);
    if (h->many)
        print_bytes_json(w, "key", row->kv.key);
    json_key_i64(w, "revision", row->revision);
    json_key_text(w, "what", what_happened(row));
    if (!row->tombstone) {
        json_key_i64(w, "version", row->kv.version);
        json_key_i64(w, "createRevision", row->kv.create_revision);
        json_key_u64(w, "sizeBytes", row->kv.value.size);
        json_key_id(w, "lease", (uint64_t)row->kv.lease);
    }
    if (manager[0] != '\0')
        json_key_text(w, "manager", manager);
}

/* What the row's value has in comparison with the one before, if both are there. */
struct comparison {
    bool possible;
    struct stored_value before;
    struct stored_value after;
    const char *manager;
};

static void
compare(struct arena *mem, const struct history *h, const struct key_row *row,
        struct comparison *ret)
{
    *ret = (struct comparison){.manager = ""};
    if (!h->diff || row->tombstone)
        return;
    stored_value_read(mem, row->kv.key, row->kv.value, &ret->after);
    ret->possible = h->has_before && !h->is_gone && bytes_equal(buf_bytes(&h->key), row->kv.key);
    if (ret->possible)
        stored_value_read(mem, row->kv.key, buf_bytes(&h->value), &ret->before);
    ret->manager = print_change_manager(mem, &ret->before, &ret->after);
}

static void
row_remember(struct history *h, const struct key_row *row)
{
    buf_clear(&h->key);
    buf_clear(&h->value);
    buf_append_bytes(&h->key, row->kv.key);
    buf_append_bytes(&h->value, row->kv.value);
    h->has_before = true;
    h->is_gone = row->tombstone;
}

static bool
row_print(struct history *h, const struct key_row *row, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct comparison c;

    h->rows++;
    compare(&tmp, h, row, &c);
    if (h->app->style.output == OUTPUT_JSON) {
        row_json(h, row, c.manager);
        if (c.possible) {
            json_key(&h->json, "changes");
            print_changes_json(&h->json, &h->style, &c.before, &c.after);
        }
        json_object_end(&h->json);
    } else {
        row_text(h, row, c.manager);
        if (c.possible)
            print_changes(&h->app->out, &h->style, &c.before, &c.after);
    }
    if (h->diff)
        row_remember(h, row);
    return h->app->out.size < FLUSH_BYTES || app_flush(h->app, e);
}

/* --- the rows of many keys, brought together by key --- */

static bool
row_sort(struct history *h, const struct key_row *row, struct error *e)
{
    AUTO_BUF tag = BUF_INIT;

    buf_append_u64le(&tag, (uint64_t)row->revision);
    buf_append_byte(&tag, row->tombstone);
    key_value_encode(&tag, &row->kv);
    return key_sort_add(h->sort, row->kv.key, buf_bytes(&tag), e);
}

static bool
sorted_print(struct history *h, struct error *e)
{
    struct bytes key;
    struct bytes tag;

    if (!key_sort_finish(h->sort, e))
        return false;
    while (key_sort_next(h->sort, &key, &tag)) {
        struct cursor c = cursor_of(tag);
        struct key_row row = {0};
        uint64_t revision;
        uint8_t tombstone;
        struct bytes message;

        ASSERT(cursor_u64le(&c, &revision) && cursor_u8(&c, &tombstone) &&
               cursor_bytes(&c, cursor_left(&c), &message));
        if (!key_value_decode(message, &row.kv, e))
            return false;
        row.revision = (int64_t)revision;
        row.tombstone = tombstone != 0;
        if (!row_print(h, &row, e))
            return false;
    }
    return true;
}

static bool
row_take(void *context, const struct key_row *row, struct error *e)
{
    struct history *h = context;

    return h->sort != NULL ? row_sort(h, row, e) : row_print(h, row, e);
}

/* --- the whole --- */

static bool
range_asked(struct app *app, struct key_range *ret_range, struct error *e)
{
    const char *key = app_operand(app, 0);
    bool prefix = option_given(&app->options, "prefix");

    if ((key != NULL) == prefix)
        return error_set(e, ERROR_USAGE, "either KEY or --prefix PREFIX is needed");
    if (prefix)
        *ret_range =
            key_range_prefix(app->mem, bytes_of_text(option_text(&app->options, "prefix")));
    else
        *ret_range = (struct key_range){.start = bytes_of_text(key)};
    return true;
}

static bool
rows_read(struct history *h, const struct key_range *range, struct error *e)
{
    AUTO_KEY_SOURCE source = NULL;
    struct operation_face face;
    bool ok;

    operation_face_begin(&face, h->app);
    ok =
        app_key_source(h->app, &face, &source, e) && key_source_rows(source, range, row_take, h, e);
    operation_face_end(&face);
    if (!ok)
        return false;
    if (h->sort != NULL && !sorted_print(h, e))
        return false;
    if (h->rows == 0)
        return error_set(e, ERROR_NOT_FOUND, "no revision of %s '%s' is kept",
                         h->many ? "a key that begins with" : "the key",
                         h->many ? option_text(&h->app->options, "prefix")
                                 : app_operand(h->app, 0));
    if (source->compact_revision > 0 && h->app->style.output != OUTPUT_JSON)
        app_say(h->app, "What was before revision %" PRId64 " is compacted away.",
                source->compact_revision);
    return true;
}

static bool
history_print(struct history *h, const struct key_range *range, struct error *e)
{
    bool json = h->app->style.output == OUTPUT_JSON;

    json_writer_init(&h->json, &h->app->out, 0);
    if (json) {
        json_object_begin(&h->json);
        json_key(&h->json, "history");
        json_array_begin(&h->json);
    }
    if (!rows_read(h, range, e))
        return false;
    if (json) {
        json_array_end(&h->json);
        json_object_end(&h->json);
        buf_append_byte(&h->app->out, '\n');
    }
    return true;
}

static bool
history_run(struct app *app, struct error *e)
{
    AUTO_KEY_SORT sort = KEY_SORT_INIT;
    struct key_range range;
    struct history h = {
        .app = app,
        .many = option_given(&app->options, "prefix"),
        .diff = option_bool(&app->options, "diff"),
        .style = {.utf8 = app->style.terminal.utf8,
                  .show_hidden = option_bool(&app->options, "show-secrets")},
    };
    bool ok;

    if (!print_no_table(&app->style, e) || !print_no_fields(&app->style, e) ||
        !print_no_protobuf(&app->style, e) || !range_asked(app, &range, e))
        return false;
    h.sort = h.diff && h.many ? &sort : NULL;
    ok = history_print(&h, &range, e);
    buf_release(&h.key);
    buf_release(&h.value);
    return ok;
}

const struct command command_keys_history = {
    .name = "keys history",
    .operands = "[KEY]",
    .summary = "List every version of a key that is kept, and what changed in it",
    .family = FAMILY_KEYS,
    .options = history_options,
    .run = history_run,
    .example = "quorate keys history /registry/deployments/default/web --diff\n"
               "quorate keys history --prefix /registry/secrets/ --file backup.db",
    .description =
        "A key's versions are kept until compaction takes them, Kubernetes' own after 5 minutes; "
        "a file keeps what its member had. With --diff an object of Kubernetes is compared field "
        "by field and the manager that made the change is named, other values by field or line.",
};
