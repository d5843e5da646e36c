/* 'keys diff': what differs between two key spaces, or one at two revisions. */

#include <inttypes.h>
#include <string.h>

#include "base/map.h"
#include "base/time.h"
#include "cli/app.h"
#include "cli/key_source.h"
#include "cli/print/print.h"
#include "cli/print/print_change.h"
#include "cli/text.h"
#include "cli/text_table.h"
#include "keys/key_diff.h"
#include "keys/key_path.h"

enum { FLUSH_BYTES = 256 << 10, GROUPS_MOST = 10000, EXIT_DIFFERENT = 1 };

static const struct option_def diff_options[] = {
    {"revision-a", OPTION_I64, .arg = "REVISION",
     .help = "A at this revision [default: the latest]"},
    {"revision-b", OPTION_I64, .arg = "REVISION",
     .help = "B at this revision [default: the latest]"},
    {"prefix", OPTION_TEXT, .arg = "PREFIX", .help = "Only keys that begin so [default: all]"},
    {"values", OPTION_BOOL, .help = "What changed in the values, too"},
    {"summary", OPTION_BOOL, .help = "Only how many keys differ, by resource"},
    {"show-secrets", OPTION_BOOL, .help = "Also what changed in Secrets of Kubernetes"},
    OPTIONS_END,
};

struct tally {
    uint64_t added;
    uint64_t removed;
    uint64_t changed;
};

struct differ {
    struct app *app;
    bool values;
    bool summary;
    struct value_style style;
    struct json_writer json;
    struct tally total;
    struct map groups; /* struct tally by resource, or first directory */
    uint64_t same;
};

/* --- one difference --- */

static const char *
what_of(const struct key_difference *d)
{
    return !d->before.there ? "added" : !d->after.there ? "removed" : "changed";
}

static void
tally_add(struct tally *t, const struct key_difference *d)
{
    t->added += !d->before.there;
    t->removed += !d->after.there;
    t->changed += d->before.there && d->after.there;
}

static void
difference_count(struct differ *x, const struct key_difference *d)
{
    struct bytes name = BYTES_LITERAL("(others)");
    struct key_path path;
    void **place;

    tally_add(&x->total, d);
    key_path_of(d->key, KEY_GROUP_RESOURCE, 1, '/', &path);
    if (path.count > 0 &&
        (x->groups.entries.count < GROUPS_MOST || map_get(&x->groups, path.names[0]) != NULL))
        name = path.names[0];
    place = map_place(x->app->mem, &x->groups, name);
    if (*place == NULL)
        *place = arena_zero(x->app->mem, sizeof(struct tally));
    tally_add(*place, d);
}

/* Values of both sides as trees; false: there is nothing to be compared. */
static bool
values_read(struct arena *mem, const struct differ *x, const struct key_difference *d,
            struct stored_value *ret_before, struct stored_value *ret_after)
{
    if (!x->values || !d->before.there || !d->after.there)
        return false;
    stored_value_read(mem, d->key, d->before.value, ret_before);
    stored_value_read(mem, d->key, d->after.value, ret_after);
    return true;
}

static void
difference_text(struct differ *x, const struct key_difference *d)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct buf *out = &x->app->out;
    struct stored_value before;
    struct stored_value after;

    buf_append_text(out, !d->before.there ? "+ " : !d->after.there ? "- " : "~ ");
    text_append_visible(out, d->key, x->style.utf8);
    if (d->before.there)
        buf_printf(out, "  %s", size_human(&tmp, d->before.size));
    if (d->before.there && d->after.there)
        buf_append_text(out, " ->");
    if (d->after.there)
        buf_printf(out, "%s%s", d->before.there ? " " : "  ", size_human(&tmp, d->after.size));
    buf_append_byte(out, '\n');
    if (values_read(&tmp, x, d, &before, &after))
        print_changes(out, &x->style, &before, &after);
}

static void
side_json(struct json_writer *w, const char *name, const struct key_diff_value *side)
{
    if (!side->there)
        return;
    json_key(w, name);
    json_object_begin(w);
    json_key_u64(w, "sizeBytes", side->size);
    json_key_i64(w, "modRevision", side->mod_revision);
    json_object_end(w);
}

static void
difference_json(struct differ *x, const struct key_difference *d)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct json_writer *w = &x->json;
    struct stored_value before;
    struct stored_value after;

    json_object_begin(w);
    print_bytes_json(w, "key", d->key);
    json_key_text(w, "what", what_of(d));
    side_json(w, "before", &d->before);
    side_json(w, "after", &d->after);
    if (values_read(&tmp, x, d, &before, &after)) {
        json_key(w, "changes");
        print_changes_json(w, &x->style, &before, &after);
    }
    json_object_end(w);
}

static bool
difference_take(void *context, const struct key_difference *d, struct error *e)
{
    struct differ *x = context;

    difference_count(x, d);
    if (x->summary)
        return true;
    if (x->app->style.output == OUTPUT_JSON)
        difference_json(x, d);
    else
        difference_text(x, d);
    return x->app->out.size < FLUSH_BYTES || app_flush(x->app, e);
}

/* --- the summary --- */

static int
group_compare(const void *a, const void *b)
{
    const struct map_entry *x = a;
    const struct map_entry *y = b;

    return bytes_compare(x->key, y->key);
}

static void
tally_row(struct text_table *table, struct arena *mem, const char *name, const struct tally *t)
{
    text_table_cell(table, name);
    text_table_cell(table, arena_printf(mem, "%" PRIu64, t->added));
    text_table_cell(table, arena_printf(mem, "%" PRIu64, t->removed));
    text_table_cell(table, arena_printf(mem, "%" PRIu64, t->changed));
}

static void
summary_text(struct differ *x)
{
    static const char *const headings[] = {"RESOURCE", "ADDED", "REMOVED", "CHANGED"};
    static const enum cell_align align[] = {ALIGN_LEFT, ALIGN_RIGHT, ALIGN_RIGHT, ALIGN_RIGHT};
    struct arena *mem = x->app->mem;
    struct text_table table;

    text_table_init(&table, mem, headings, 4);
    table.align = align;
    for (size_t i = 0; i < x->groups.entries.count; i++) {
        const struct map_entry *group = &x->groups.entries.items[i];
        AUTO_BUF name = BUF_INIT;

        text_append_visible(&name, group->key, x->style.utf8);
        tally_row(&table, mem, arena_text(mem, buf_text(&name)), group->value);
    }
    if (x->groups.entries.count > 0) {
        if (!x->summary)
            buf_append_byte(&x->app->out, '\n');
        text_table_draw_plain(&table, &x->app->style, &x->app->out);
    }
    buf_printf(&x->app->out,
               "%" PRIu64 " added, %" PRIu64 " removed, %" PRIu64 " changed, %" PRIu64
               " the same\n",
               x->total.added, x->total.removed, x->total.changed, x->same);
}

static void
tally_json(struct json_writer *w, const struct tally *t)
{
    json_key_u64(w, "added", t->added);
    json_key_u64(w, "removed", t->removed);
    json_key_u64(w, "changed", t->changed);
}

static void
summary_json(struct differ *x)
{
    struct json_writer *w = &x->json;

    json_key(w, "resources");
    json_array_begin(w);
    for (size_t i = 0; i < x->groups.entries.count; i++) {
        json_object_begin(w);
        print_bytes_json(w, "resource", x->groups.entries.items[i].key);
        tally_json(w, x->groups.entries.items[i].value);
        json_object_end(w);
    }
    json_array_end(w);
    tally_json(w, &x->total);
    json_key_u64(w, "same", x->same);
}

/* --- the whole --- */

static bool
sides_check(struct app *app, struct error *e)
{
    const char *a = app_operand(app, 0);
    const char *b = app_operand(app, 1);
    int64_t at_a = option_i64(&app->options, "revision-a");
    int64_t at_b = option_i64(&app->options, "revision-b");

    if (at_a < 0 || at_b < 0)
        return error_set(e, ERROR_USAGE, "a revision is not negative");
    if (((a == NULL && b == NULL) || (a != NULL && b != NULL && strcmp(a, b) == 0)) &&
        at_a == at_b) {
        error_set_(e, ERROR_USAGE, 0, "both sides are the same");
        return error_hint(
            e, "give two files, or one and compare it with the cluster, or --revision-a");
    }
    return true;
}

/* A file that is left out is the cluster; both sides of one cluster read at the same revision. */
static bool
sides_diff(struct differ *x, struct error *e)
{
    struct app *app = x->app;
    AUTO_KEY_SOURCE a = NULL;
    AUTO_KEY_SOURCE b = NULL;
    struct operation_face face;
    struct key_diff_request request = {
        .before.revision = option_i64(&app->options, "revision-a"),
        .after.revision = option_i64(&app->options, "revision-b"),
        .range = key_range_prefix(app->mem, bytes_of_text(option_text(&app->options, "prefix"))),
        .values = x->values,
    };
    bool ok;

    operation_face_begin(&face, app);
    ok = app_key_source_of(app, app_operand(app, 0), &face, &a, e) &&
         app_key_source_of(app, app_operand(app, 1), &face, &b, e);
    request.before.source = a;
    request.after.source = b;
    ok = ok && key_diff(&request, difference_take, x, &x->same, e);
    operation_face_end(&face);
    return ok;
}

static bool
diff_print(struct differ *x, struct error *e)
{
    bool json = x->app->style.output == OUTPUT_JSON;

    json_writer_init(&x->json, &x->app->out, 0);
    if (json)
        json_object_begin(&x->json);
    if (json && !x->summary) {
        json_key(&x->json, "differences");
        json_array_begin(&x->json);
    }
    if (!sides_diff(x, e))
        return false;
    if (x->groups.entries.count > 0)
        qsort(x->groups.entries.items, x->groups.entries.count, sizeof(struct map_entry),
              group_compare);
    if (json && !x->summary)
        json_array_end(&x->json);
    if (!json) {
        summary_text(x);
        return true;
    }
    summary_json(x);
    json_object_end(&x->json);
    buf_append_byte(&x->app->out, '\n');
    return true;
}

static bool
diff_run(struct app *app, struct error *e)
{
    struct differ x = {
        .app = app,
        .values = option_bool(&app->options, "values"),
        .summary = option_bool(&app->options, "summary"),
        .style = {.utf8 = app->style.terminal.utf8,
                  .show_hidden = option_bool(&app->options, "show-secrets")},
    };

    if (!print_no_table(&app->style, e) || !print_no_fields(&app->style, e) ||
        !print_no_protobuf(&app->style, e) || !sides_check(app, e) || !diff_print(&x, e))
        return false;
    if (x.total.added + x.total.removed + x.total.changed > 0)
        app->exit_code = EXIT_DIFFERENT;
    return true;
}

const struct command command_keys_diff = {
    .name = "keys diff",
    .operands = "[A [B]]",
    .summary = "Compare two files, a file and the cluster, or two revisions",
    .family = FAMILY_KEYS,
    .options = diff_options,
    .run = diff_run,
    .example = "quorate keys diff yesterday.db today.db --summary\n"
               "quorate keys diff backup.db --prefix /registry/configmaps/ --values\n"
               "quorate keys diff --revision-a 1200",
    .description =
        "A and B are db snapshots, dbs or stopped members' data directories; one that is left out "
        "is the cluster. Keys are the same when their values are. Ends with 0 when all are, with 1 "
        "when any differ. What is read first is put aside below TMPDIR.",
};
