/* 'keys export': keys as JSON lines that lose nothing. */

#include <inttypes.h>
#include <string.h>

#include "base/file_draft.h"
#include "base/io.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "cli/app.h"
#include "cli/key_source.h"
#include "ops/key_export.h"

static const struct option_def export_options[] = {
    KEY_SOURCE_OPTION,
    {"prefix", OPTION_TEXT, .arg = "PREFIX", .help = "Only keys that begin so [default: all]"},
    {"revision", OPTION_I64, .arg = "REVISION",
     .help = "As they were at this revision, if it is kept [default: the latest]"},
    OPTIONS_END,
};

static bool
to_stdout(void *context, struct bytes lines, struct error *e)
{
    struct app *app = context;

    buf_append_bytes(&app->out, lines);
    return app_flush(app, e);
}

static bool
to_draft(void *context, struct bytes lines, struct error *e)
{
    const struct file_draft *draft = context;

    return fd_write_all(draft->fd, draft->path, lines.data, lines.size, e);
}

static bool
source_export(struct app *app, key_export_write *write, void *context,
              struct key_export_result *ret_result, struct error *e)
{
    AUTO_KEY_SOURCE source = NULL;
    struct operation_face face;
    const struct key_export_request request = {
        .prefix = bytes_of_text(option_text(&app->options, "prefix")),
        .revision = option_i64(&app->options, "revision"),
        .write = write,
        .context = context,
    };
    bool ok;

    operation_face_begin(&face, app);
    ok = app_key_source(app, &face, &source, e) &&
         key_export(app->mem, source, &request, ret_result, e);
    operation_face_end(&face);
    return ok;
}

static void
result_print(struct app *app, const char *path, const struct key_export_result *r)
{
    struct json_writer w;
    char digest[2 * SHA256_SIZE + 1];

    hex_encode(r->end.sha256, SHA256_SIZE, digest);
    if (app->style.output != OUTPUT_JSON) {
        buf_printf(&app->out, "%" PRIu64 " keys of revision %" PRId64 " exported to %s, %s\n",
                   r->end.keys, r->revision, path, size_human(app->mem, r->file_bytes));
        return;
    }
    json_writer_init(&w, &app->out, 0);
    json_object_begin(&w);
    json_key_text(&w, "path", path);
    json_key_i64(&w, "revision", r->revision);
    json_key_u64(&w, "keys", r->end.keys);
    json_key_u64(&w, "leases", r->end.leases);
    json_key_u64(&w, "bytes", r->end.bytes);
    json_key_u64(&w, "fileBytes", r->file_bytes);
    json_key_text(&w, "sha256", digest);
    json_object_end(&w);
    buf_append_byte(&app->out, '\n');
}

static void
problem_warn(struct app *app, const struct key_export_result *r)
{
    if (r->lease_problem != NULL && r->end.leases > 0)
        app_warn(app, "the leases' times are not in it: %s", r->lease_problem);
}

static bool
export_run(struct app *app, struct error *e)
{
    const char *path = app_operand(app, 0);
    AUTO_FILE_DRAFT draft = FILE_DRAFT_INIT;
    struct key_export_result result;

    if (path == NULL || strcmp(path, "-") == 0) {
        if (!source_export(app, to_stdout, app, &result, e))
            return false;
        problem_warn(app, &result);
        return true;
    }
    if (!file_draft_open(path, &draft, e) || !source_export(app, to_draft, &draft, &result, e) ||
        !file_draft_keep(&draft, e))
        return false;
    problem_warn(app, &result);
    result_print(app, path, &result);
    return true;
}

const struct command command_keys_export = {
    .name = "keys export",
    .operands = "[FILE]",
    .summary = "Write keys and their values as JSON lines, of a cluster or a file",
    .family = FAMILY_KEYS,
    .options = export_options,
    .effect = EFFECT_WRITES_FILES,
    .run = export_run,
    .example = "quorate keys export keys.jsonl --prefix /registry/\n"
               "quorate keys export --file backup.db --revision 1200 | head",
    .description =
        "Nothing is lost: what is no UTF-8 is base64. All keys are of one revision. FILE gets its "
        "name when it is whole, and can be read by its owner only, since Secrets are in it as they "
        "are. Its last line counts and hashes the others. The same keys give the same bytes, from "
        "a cluster and from a file.",
};
