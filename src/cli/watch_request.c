#include "cli/watch_request.h"

#include <stdlib.h>

#include "etcd/kv.h"

const struct option_def watch_options[] = {
    {"interactive", OPTION_BOOL, .letter = 'i',
     .help = "Read what to watch from standard input, a line each: 'watch ...' or 'progress'"},
    {"prefix", OPTION_BOOL, .help = "All keys that begin with KEY"},
    {"rev", OPTION_I64, .arg = "REVISION", .help = "Begin with this revision instead of now"},
    {"prev-kv", OPTION_BOOL, .help = "Show what was there before each event, too"},
    {"progress-notify", OPTION_BOOL,
     .help = "Show the server's revision now and then when nothing happens"},
    OPTIONS_END,
};

static const char *
environment(const char *name)
{
    const char *text = getenv(name);

    return text != NULL ? text : "";
}

/* Key and end of the range, from the operands or from the environment. */
static bool
take_range(const struct watch_words *words, size_t count, struct watch_request *request,
           bool *ret_has_end, struct error *e)
{
    const char *key = environment("ETCDCTL_WATCH_KEY");
    const char *end = environment("ETCDCTL_WATCH_RANGE_END");

    if (key[0] == '\0' && end[0] != '\0')
        return error_set(e, ERROR_USAGE,
                         "ETCDCTL_WATCH_RANGE_END is '%s', but ETCDCTL_WATCH_KEY is not set", end);
    if (key[0] != '\0' && count > 0) {
        error_set(e, ERROR_USAGE, "the key is given twice: '%.*s', and '%s' by ETCDCTL_WATCH_KEY",
                  (int)words->words[0].size, (const char *)words->words[0].data, key);
        return error_hint(e, "unset one of them");
    }
    if (key[0] == '\0' && count == 0) {
        error_set(e, ERROR_USAGE, "no KEY to watch");
        return error_hint(e, "usage: watch KEY [RANGE_END] [-- COMMAND...]");
    }
    if (count > 2) {
        error_set(e, ERROR_USAGE, "'%.*s' is one operand too many", (int)words->words[2].size,
                  (const char *)words->words[2].data);
        return error_hint(e, "write '--' before a command that is to be run for each event");
    }
    request->key = count > 0 ? words->words[0] : bytes_of_text(key);
    request->range_end = count > 1 ? words->words[1] : bytes_of_text(end);
    *ret_has_end = count > 1 || end[0] != '\0';
    return true;
}

static bool
take_prefix(struct arena *mem, struct watch_request *request, bool has_end, struct error *e)
{
    if (has_end)
        return error_set(e, ERROR_USAGE, "a RANGE_END ('%.*s') cannot go with --prefix",
                         (int)request->range_end.size, (const char *)request->range_end.data);
    request->range_end = etcd_prefix_end(mem, request->key);
    if (request->key.size == 0)
        request->key = request->range_end; /* "\0" */
    return true;
}

static bool
take_command(struct arena *mem, const struct watch_words *words, struct watch_request *request,
             struct error *e)
{
    size_t count = words->count - words->dash_at;

    if (count == 0)
        return error_set(e, ERROR_USAGE, "no command behind '--'");
    request->command = arena_zero(mem, (count + 1) * sizeof(request->command[0]));
    for (size_t i = 0; i < count; i++)
        request->command[i] = arena_text_of_bytes(mem, words->words[words->dash_at + i]);
    return true;
}

bool
watch_request_make(struct arena *mem, const struct options *options,
                   const struct watch_words *words, struct watch_request *ret_request,
                   struct error *e)
{
    bool has_dash = words->dash_at != SIZE_MAX;
    struct watch_request request = {
        .revision = option_i64(options, "rev"),
        .prev_kv = option_bool(options, "prev-kv"),
        .progress_notify = option_bool(options, "progress-notify"),
    };
    bool has_end;

    if ((has_dash && !take_command(mem, words, &request, e)) ||
        !take_range(words, has_dash ? words->dash_at : words->count, &request, &has_end, e) ||
        (option_bool(options, "prefix") && !take_prefix(mem, &request, has_end, e)))
        return false;
    *ret_request = request;
    return true;
}
