/* watch: events of keys as they happen. */

#include "cli/print/print.h"
#include "cli/reader.h"
#include "cli/watch_interactive.h"
#include "cli/watch_printer.h"

struct watching {
    struct app *app;
    struct etcd_watcher watcher;
    struct watch_printer printer;
    struct reader reader;
    bool done;
    struct error *e;
};

static void
watch_over(void *context, struct watch_printer *p UNUSED, bool canceled, const struct error *e)
{
    struct watching *w = context;

    if (canceled)
        w->app->failure_code = WATCH_EXIT_INTERRUPTED;
    *w->e = *e;
    w->done = true;
}

static void
nobody_reads(void *context, const struct error *why)
{
    struct watching *w = context;

    *w->e = *why;
    w->done = true;
}

static void
connection_lost(void *context, const struct error *why)
{
    const struct watching *w = context;

    watch_say_lost(w->app, why);
}

static struct watch_words
words_of_operands(const struct app *app)
{
    struct bytes *words = arena_zero(app->mem, app->operand_count * sizeof(*words));

    for (size_t i = 0; i < app->operand_count; i++)
        words[i] = bytes_of_text(app->operands[i]);
    return (struct watch_words){words, app->operand_count, app->dash_at};
}

static bool
watch_run(struct app *app, struct error *e)
{
    const struct watch_words words = words_of_operands(app);
    struct watching w = {.app = app, .e = e};
    struct watch_request request;
    struct etcd_client *client;

    if (option_bool(&app->options, "interactive"))
        return print_no_table(&app->style, e) && watch_interactive(app, e);
    if (!watch_request_make(app->mem, &app->options, &words, &request, e) ||
        !print_no_table(&app->style, e) || !app_etcd(app, &client, e))
        return false;
    etcd_watcher_init(&w.watcher, client, connection_lost, &w);
    watch_printer_start(&w.printer, app, &w.watcher, &request, watch_over, &w);
    reader_begin(&w.reader, etcd_client_loop(client), nobody_reads, &w);
    ASSERT(loop_run(etcd_client_loop(client), &w.done, LOOP_FOREVER));
    reader_end(&w.reader);
    etcd_watcher_release(&w.watcher);
    return false;
}

const struct command command_watch = {
    .name = "watch",
    .operands = "[KEY] [RANGE_END] [COMMAND...]",
    .summary = "Show changes of a key, or of the keys from KEY up to RANGE_END, as they happen",
    .family = FAMILY_KEYS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = watch_options,
    .needs = NEEDS_ENDPOINTS,
    .run = watch_run,
    .example = "quorate watch --prefix /registry/namespaces/",
    .description =
        "Runs until it is interrupted, or the server ends the watch (exit code 5), as when the "
        "revision of --rev was compacted. When the server is lost, it goes on at another endpoint "
        "behind the last event shown: none is lost and none comes twice.\n\n"
        "A COMMAND stands behind '--' and is run for each event, with ETCD_WATCH_REVISION, "
        "ETCD_WATCH_EVENT_TYPE, ETCD_WATCH_KEY and ETCD_WATCH_VALUE in its environment (the last "
        "three quoted); when it fails, the watch ends.\n\n"
        "KEY and RANGE_END may come from ETCDCTL_WATCH_KEY and ETCDCTL_WATCH_RANGE_END instead.",
};
