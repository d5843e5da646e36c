/* 'keys ls': the key space as directories. Entries are printed as they come: there may be millions. */

#include <inttypes.h>

#include "base/json_writer.h"
#include "base/time.h"
#include "cli/key_source.h"
#include "cli/text.h"
#include "keys/listing.h"

enum { FLUSH_BYTES = 64 << 10 };

static const struct option_def keys_ls_options[] = {
    KEY_SOURCE_OPTION,
    {"recursive", OPTION_BOOL, .letter = 'r', .help = "All keys, level below level"},
    {"revision", OPTION_I64, .arg = "REVISION",
     .help = "As it was at this revision, if it is kept [default: the latest]"},
    {"keys-only", OPTION_BOOL,
     .help = "No sizes and ages: a cluster then need not send the values"},
    {"separator", OPTION_TEXT, .arg = "CHARACTER", .fallback = "/",
     .help = "What ends the name of a directory"},
    OPTIONS_END,
};

struct ls {
    struct app *app;
    struct listing_request request;
    struct json_writer json;
    uint64_t entries;
};

static const char *
name_text(const struct ls *ls, struct arena *mem, struct bytes name)
{
    AUTO_BUF text = BUF_INIT;

    text_append_visible(&text, name,
                        ls->app->style.terminal.utf8 || ls->app->style.output == OUTPUT_JSON);
    return arena_text(mem, buf_text(&text));
}

static const char *
age_text(const struct ls *ls, struct arena *mem, const struct listing_entry *entry)
{
    if (entry->created_ms == 0)
        return "-";
    return duration_human(mem, ls->app->style.now_ms - entry->created_ms);
}

static void
entry_line(struct ls *ls, const struct listing_entry *entry)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *size = ls->request.keys_only ? "-" : size_human(&tmp, entry->bytes);
    const char *version =
        entry->is_directory ? "-" : arena_printf(&tmp, "%" PRId64, entry->version);

    if (ls->entries == 0)
        buf_printf(&ls->app->out, "%9s %9s %9s %11s %9s  %s\n", "KEYS", "SIZE", "VERSION",
                   "MOD REV", "AGE", "NAME");
    buf_printf(&ls->app->out, "%9" PRIu64 " %9s %9s %11" PRId64 " %9s  %s\n", entry->keys, size,
               version, entry->mod_revision, age_text(ls, &tmp, entry),
               name_text(ls, &tmp, entry->name));
}

static void
entry_json(struct ls *ls, const struct listing_entry *entry)
{
    struct json_writer *w = &ls->json;
    AUTO_ARENA tmp = ARENA_INIT;

    json_object_begin(w);
    json_key_text(w, "name", name_text(ls, &tmp, entry->name));
    json_key_bool(w, "isDirectory", entry->is_directory);
    json_key_u64(w, "keys", entry->keys);
    if (!ls->request.keys_only)
        json_key_u64(w, "sizeBytes", entry->bytes);
    json_key_i64(w, "modRevision", entry->mod_revision);
    if (!entry->is_directory) {
        json_key_i64(w, "createRevision", entry->create_revision);
        json_key_i64(w, "version", entry->version);
        json_key_id(w, "lease", (uint64_t)entry->lease);
    }
    if (entry->created_ms != 0)
        json_key_text(w, "createdAt", time_rfc3339(&tmp, entry->created_ms));
    json_object_end(w);
}

static bool
entry_show(void *context, const struct listing_entry *entry, struct error *e)
{
    struct ls *ls = context;

    if (ls->app->style.output == OUTPUT_JSON)
        entry_json(ls, entry);
    else
        entry_line(ls, entry);
    ls->entries++;
    return ls->app->out.size < FLUSH_BYTES || app_flush(ls->app, e);
}

static bool
request_read(struct ls *ls, struct error *e)
{
    const struct options *o = &ls->app->options;
    const char *prefix = app_operand(ls->app, 0);
    struct bytes separator = bytes_of_text(option_text(o, "separator"));

    if (separator.size != 1)
        return error_set(e, ERROR_FLAG, "--separator '%s': not one character",
                         option_text(o, "separator"));
    if (ls->app->style.output != OUTPUT_SIMPLE && ls->app->style.output != OUTPUT_JSON) {
        error_set_(e, ERROR_FEATURE, 0, "'keys ls' prints lines or JSON");
        return error_hint(e, "leave -w out, or use -w json");
    }
    ls->request = (struct listing_request){
        .prefix = bytes_of_text(prefix != NULL ? prefix : ""),
        .recursive = option_bool(o, "recursive"),
        .keys_only = option_bool(o, "keys-only"),
        .separator = separator.data[0],
        .revision = option_i64(o, "revision"),
    };
    return true;
}

/* The whole listing; JSON is closed only when it is complete. */
static bool
entries_print(struct ls *ls, struct key_source *source, struct error *e)
{
    bool json = ls->app->style.output == OUTPUT_JSON;

    if (json) {
        json_writer_init(&ls->json, &ls->app->out, 0);
        json_object_begin(&ls->json);
        json_key_text(&ls->json, "source", source->name);
        json_key_i64(&ls->json, "revision",
                     ls->request.revision != 0 ? ls->request.revision : source->revision);
        json_key(&ls->json, "entries");
        json_array_begin(&ls->json);
    }
    if (!listing_read(source, &ls->request, entry_show, ls, e))
        return false;
    if (json) {
        json_array_end(&ls->json);
        json_object_end(&ls->json);
        buf_append_byte(&ls->app->out, '\n');
    }
    return true;
}

static bool
keys_ls_run(struct app *app, struct error *e)
{
    struct ls ls = {.app = app};
    AUTO_KEY_SOURCE source = NULL;
    struct operation_face face;
    bool ok;

    if (!request_read(&ls, e))
        return false;
    operation_face_begin(&face, app);
    ok = app_key_source(app, &face, &source, e) && entries_print(&ls, source, e);
    operation_face_end(&face);
    return ok;
}

const struct command command_keys_ls = {
    .name = "keys ls",
    .operands = "[PREFIX]",
    .summary = "List the keys of a cluster or a file like directories",
    .family = FAMILY_KEYS,
    .options = keys_ls_options,
    .run = keys_ls_run,
    .example = "quorate keys ls /registry/\n"
               "quorate keys ls --recursive --file backup.db --revision 2",
    .description =
        "Sizes are those of keys and values. A directory has the number of keys in it and below, "
        "and the revision of the newest of them. Only Kubernetes' objects tell when they were "
        "created.",
};
