/* 'keys du': what fills the key space, by Kubernetes resource or by directory. */

#include <inttypes.h>
#include <string.h>

#include "cli/key_source.h"
#include "cli/report.h"
#include "cli/text.h"
#include "format/backend/backend.h"
#include "keys/usage.h"

/* The most keys that --biggest and --rewritten list. */
enum { TOP_MOST = 1000 };

#define HISTORY_UNKNOWN                                                                            \
    "a cluster does not tell what old revisions take; read a snapshot of it with --file"

static const struct option_def keys_du_options[] = {
    KEY_SOURCE_OPTION,
    {"prefix", OPTION_TEXT, .arg = "PREFIX", .help = "Only keys that begin so"},
    {"by", OPTION_CHOICE, .arg = "GROUPS", .choices = "resource|namespace|prefix",
     .fallback = "resource",
     .help = "Kubernetes' resource or namespace (keys that are not Kubernetes' by their first "
             "directory), or directories: resource, namespace, prefix"},
    {"depth", OPTION_U64, .arg = "N",
     .help = "Levels of groups, 1 to 16 [default: 1, of directories 2]"},
    {"separator", OPTION_TEXT, .arg = "CHARACTER", .fallback = "/",
     .help = "What ends the name of a directory"},
    {"biggest", OPTION_U64, .arg = "N", .fallback = "5", .help = "List the N biggest keys"},
    {"rewritten", OPTION_U64, .arg = "N", .fallback = "5",
     .help = "List the N keys with the most versions since they were created"},
    OPTIONS_END,
};

struct du {
    struct app *app;
    struct report *report;
    const struct key_source *source;
    const struct usage *usage;
    struct key_source_size size;
    enum key_grouping by;
};

static bool
number_check(const struct app *app, const char *name, uint64_t least, uint64_t most,
             struct error *e)
{
    uint64_t value = option_u64(&app->options, name);

    if (value >= least && value <= most)
        return true;
    return error_set(e, ERROR_FLAG, "--%s %llu: not from %llu to %llu", name,
                     (unsigned long long)value, (unsigned long long)least,
                     (unsigned long long)most);
}

static bool
request_read(struct app *app, struct usage_request *ret_request, struct error *e)
{
    const struct options *o = &app->options;
    enum key_grouping by = (enum key_grouping)option_choice(o, "by");
    struct bytes separator = bytes_of_text(option_text(o, "separator"));

    if (!number_check(app, "biggest", 0, TOP_MOST, e) ||
        !number_check(app, "rewritten", 0, TOP_MOST, e) ||
        (option_given(o, "depth") && !number_check(app, "depth", 1, KEY_PATH_MOST, e)))
        return false;
    if (separator.size != 1)
        return error_set(e, ERROR_FLAG, "--separator '%s': not one character",
                         option_text(o, "separator"));
    *ret_request = (struct usage_request){
        .range = key_range_prefix(app->mem, bytes_of_text(option_text(o, "prefix"))),
        .by = by,
        .depth = by == KEY_GROUP_PREFIX ? 2 : 1,
        .separator = separator.data[0],
        .biggest = option_u64(o, "biggest"),
        .rewritten = option_u64(o, "rewritten"),
    };
    if (option_given(o, "depth"))
        ret_request->depth = option_u64(o, "depth");
    return true;
}

static int64_t
permille(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : (int64_t)((double)part * 1000 / (double)whole + 0.5);
}

/* --- the whole ------------------------------------------------------------------------------- */

static void
part_row(struct report *r, const struct du *du, const char *what, uint64_t bytes)
{
    report_row(r);
    report_text(r, what);
    report_size(r, bytes);
    report_permille(r, permille(bytes, du->size.db_bytes));
}

static uint64_t
less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* What the database consists of; the parts add up to it. */
static void
parts_report(const struct du *du)
{
    struct report *r = report_section(du->report, "parts");
    const struct usage_count *total = &du->usage->total;
    uint64_t old = less(total->row_bytes, total->live_bytes);

    report_column(r, COLUMN_TEXT, "PART", "part");
    report_column(r, COLUMN_SIZE, "SIZE", "sizeBytes");
    report_column(r, COLUMN_PERCENT, "OF DB", "ofDbPerMille");
    part_row(r, du, "live keys", total->live_bytes);
    if (du->usage->has_history) {
        part_row(r, du, "old revisions, tombstones", old);
        part_row(r, du, "pages, other buckets",
                 less(du->size.in_use_bytes, total->live_bytes + old));
    } else {
        part_row(r, du, "old revisions, pages, other buckets",
                 less(du->size.in_use_bytes, total->live_bytes));
    }
    part_row(r, du, "free pages", less(du->size.db_bytes, du->size.in_use_bytes));
}

static void
count_field(struct report *r, const struct du *du, const char *heading, const char *key,
            uint64_t count)
{
    report_column(r, COLUMN_U64, heading, key);
    if (du->usage->has_history)
        report_u64(r, count);
    else
        report_unknown(r, HISTORY_UNKNOWN);
}

static void
total_report(const struct du *du, bool is_part)
{
    struct report *r = report_record_section(du->report, "total");
    const struct usage_count *total = &du->usage->total;

    report_field_text(r, "source", "source", du->source->name);
    report_field_i64(r, "revision", "revision", du->source->revision);
    if (du->source->kind == KEY_SOURCE_FILE &&
        du->source->compact_revision != BACKEND_NEVER_COMPACTED)
        report_field_i64(r, "compacted up to", "compactRevision", du->source->compact_revision);
    if (du->source->tail_entries > 0)
        report_field_u64(r, "entries applied from the WAL", "walEntries", du->source->tail_entries);
    report_field_u64(r, "live keys", "keys", total->keys);
    report_field_size(r, "their size", "liveBytes", total->live_bytes);
    count_field(r, du, "all versions", "rows", total->rows);
    report_column(r, COLUMN_SIZE, "their size", "rowBytes");
    if (du->usage->has_history)
        report_size(r, total->row_bytes);
    else
        report_unknown(r, HISTORY_UNKNOWN);
    count_field(r, du, "of them tombstones", "tombstones", total->tombstones);
    report_field_size(r, "database", "dbSizeBytes", du->size.db_bytes);
    report_field_size(r, "of it in use", "dbSizeInUseBytes", du->size.in_use_bytes);
    if (du->source->undecided_entries > 0)
        report_note(r, "%" PRIu64 " more entries of the WAL are not known to be committed.",
                    du->source->undecided_entries);
    if (is_part)
        report_note(r, "Only keys with that prefix were counted.");
    if (du->usage->merged)
        report_note(r, "There are more than %d groups: what came later is in the wider ones.",
                    USAGE_GROUPS_MOST);
}

/* --- groups ---------------------------------------------------------------------------------- */

static void
name_append(const struct du *du, struct buf *out, struct bytes name)
{
    text_append_visible(out, name,
                        du->app->style.terminal.utf8 || du->app->style.output == OUTPUT_JSON);
}

/* "pods/default"; directories bring their separators with them. */
static void
path_append(const struct du *du, struct buf *out, const struct usage_group *group)
{
    if (group->wider != NULL) {
        path_append(du, out, group->wider);
        if (du->by != KEY_GROUP_PREFIX)
            buf_append_byte(out, '/');
    }
    name_append(du, out, group->name);
}

/* Whether no group of the same wider one, at 'depth', follows behind place 'at'. */
static bool
is_last(const struct usage *usage, size_t at, size_t depth)
{
    for (size_t i = at + 1; i < usage->group_count && usage->groups[i]->depth >= depth; i++)
        if (usage->groups[i]->depth == depth)
            return false;
    return true;
}

static void
branch_append(const struct du *du, struct buf *out, size_t at)
{
    bool utf8 = du->app->style.terminal.utf8;
    size_t depth = du->usage->groups[at]->depth;

    for (size_t level = 1; level < depth; level++)
        buf_append_text(out, is_last(du->usage, at, level) ? "    " : utf8 ? "│   " : "|   ");
    if (depth > 0 && is_last(du->usage, at, depth))
        buf_append_text(out, utf8 ? "└── " : "`-- ");
    else if (depth > 0)
        buf_append_text(out, utf8 ? "├── " : "|-- ");
}

static void
group_row(struct report *r, const struct du *du, size_t at)
{
    const struct usage_group *group = du->usage->groups[at];
    const struct usage_count *total = &du->usage->total;
    AUTO_BUF label = BUF_INIT;

    if (du->app->style.output == OUTPUT_SIMPLE) {
        branch_append(du, &label, at);
        name_append(du, &label, group->name);
    } else {
        path_append(du, &label, group);
    }
    report_row(r);
    report_text(r, buf_text(&label));
    report_u64(r, group->count.keys);
    report_size(r, group->count.live_bytes);
    report_permille(r, permille(group->count.live_bytes, total->live_bytes));
    if (!du->usage->has_history)
        return;
    report_size(r, group->count.row_bytes);
    report_permille(r, permille(group->count.row_bytes, total->row_bytes));
    report_u64(r, less(group->count.rows, group->count.keys + group->count.tombstones));
    report_u64(r, group->count.tombstones);
}

static void
groups_report(const struct du *du)
{
    struct report *r = du->report;

    report_column(r, COLUMN_TEXT, "GROUP", "group");
    report_column(r, COLUMN_U64, "KEYS", "keys");
    report_column(r, COLUMN_SIZE, "LIVE", "liveBytes");
    report_column(r, COLUMN_PERCENT, "SHARE", "liveSharePerMille");
    if (du->usage->has_history) {
        report_column(r, COLUMN_SIZE, "ALL", "rowBytes");
        report_column(r, COLUMN_PERCENT, "SHARE", "rowSharePerMille");
        report_column(r, COLUMN_U64, "OLD VERSIONS", "oldVersions");
        report_column(r, COLUMN_U64, "TOMBSTONES", "tombstones");
    }
    for (size_t i = 0; i < du->usage->group_count; i++)
        group_row(r, du, i);
}

/* --- keys ------------------------------------------------------------------------------------ */

static void
keys_report(const struct du *du, const char *title, const char *json_key,
            const struct top_keys *top)
{
    struct report *r;

    if (top->count == 0 && du->app->style.output != OUTPUT_JSON)
        return;
    r = report_section(du->report, json_key);
    report_title(r, "%s", title);
    report_column(r, COLUMN_SIZE, "SIZE", "sizeBytes");
    report_column(r, COLUMN_I64, "VERSION", "version");
    report_column(r, COLUMN_I64, "CREATE REV", "createRevision");
    report_column(r, COLUMN_I64, "MOD REV", "modRevision");
    report_column(r, COLUMN_TEXT, "KEY", "key");
    for (size_t i = 0; i < top->count; i++) {
        const struct top_key *key = &top->items[i];
        AUTO_BUF name = BUF_INIT;

        name_append(du, &name, buf_bytes(&key->key));
        report_row(r);
        report_size(r, key->key.size + key->value_bytes);
        report_i64(r, key->version);
        report_i64(r, key->create_revision);
        report_i64(r, key->mod_revision);
        report_text(r, buf_text(&name));
    }
}

static bool
keys_du_report(struct app *app, struct report *report, struct error *e)
{
    struct du du = {.app = app, .report = report};
    AUTO_KEY_SOURCE source = NULL;
    struct operation_face face;
    struct usage_request request;
    struct usage *usage;
    bool ok;

    if (!request_read(app, &request, e))
        return false;
    du.by = request.by;
    operation_face_begin(&face, app);
    ok = app_key_source(app, &face, &source, e) &&
         usage_measure(app->mem, source, &request, &usage, e) &&
         key_source_size(source, &du.size, e);
    operation_face_end(&face);
    if (!ok)
        return false;
    du.source = source;
    du.usage = usage;
    report_init(report, app->mem, "groups");
    groups_report(&du);
    keys_report(&du, "Biggest keys", "biggest", &du.usage->biggest);
    keys_report(&du, "Most rewritten keys", "mostRewritten", &du.usage->rewritten);
    total_report(&du, option_text(&app->options, "prefix")[0] != '\0');
    if (option_text(&app->options, "prefix")[0] == '\0')
        parts_report(&du);
    return true;
}

const struct command command_keys_du = {
    .name = "keys du",
    .summary = "Show what fills the key space, by Kubernetes resource or by prefix",
    .family = FAMILY_KEYS,
    .options = keys_du_options,
    .report = keys_du_report,
    .example = "quorate keys du --file backup.db --depth 2\n"
               "quorate keys du --prefix /registry/events/ --by prefix --depth 4 --biggest 20",
    .description =
        "Sizes are those of keys and values. With --file a db snapshot, a db or the data directory "
        "of a stopped member is read, and what old revisions and tombstones take is told, too; a "
        "cluster does not tell that, only how often a key was rewritten (its version).\n\n"
        "ALL is what all revisions take that compaction has not removed. What is old goes with "
        "'quorate compaction', free pages go with 'quorate defrag'.",
};
