#include "cli/watch_interactive.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/line_input.h"
#include "cli/line_words.h"
#include "cli/quoted.h"
#include "cli/reader.h"
#include "cli/watch_printer.h"

enum { EXIT_BAD_ARGS = 128 };

/* A watch and its words, in an arena of its own. */
struct typed_watch {
    struct arena mem;
    struct watch_printer printer;
    struct typed_watch *next;
};

struct dialog {
    struct app *app;
    struct etcd_watcher watcher;
    struct line_input in;
    struct loop_watch readable;
    struct reader reader;
    struct typed_watch *watches;
    bool ok;
    bool done;
    struct error *e;
};

static void
typed_watch_free(struct typed_watch *w)
{
    struct arena mem = w->mem; /* it lies in its own arena */

    arena_release(&mem);
}

static void
dialog_end(struct dialog *d, const struct error *e)
{
    *d->e = *e;
    d->ok = false;
    d->done = true;
}

static void
watch_over(void *context, struct watch_printer *p, bool canceled, const struct error *why)
{
    struct dialog *d = context;
    struct typed_watch **link = &d->watches;
    struct typed_watch *over;
    struct error e = *why;

    while (&(*link)->printer != p)
        link = &(*link)->next;
    over = *link;
    *link = over->next;
    typed_watch_free(over);
    if (canceled)
        app_say(d->app, "%s", e.text);
    if (!canceled || !app_flush(d->app, &e))
        dialog_end(d, &e);
}

static bool
watch_begin(struct dialog *d, struct typed_watch *w, struct bytes line, struct error *e)
{
    struct watch_request request;
    struct line_words read;
    struct watch_words words;
    struct bytes *all;
    size_t count;

    if (!quoted_words(&w->mem, line, &all, &count, e) ||
        !line_words_read(&w->mem, all + 1, count - 1, watch_options, &read, e))
        return false;
    words = (struct watch_words){read.operands.items, read.operands.count, read.dash_at};
    if (!watch_request_make(&w->mem, &read.options, &words, &request, e))
        return false;
    w->next = d->watches;
    d->watches = w;
    watch_printer_start(&w->printer, d->app, &d->watcher, &request, watch_over, d);
    return true;
}

static void
watch_line(struct dialog *d, struct bytes line)
{
    struct arena mem = ARENA_INIT;
    struct typed_watch *w = arena_zero(&mem, sizeof(*w));
    struct error e;

    w->mem = mem;
    if (watch_begin(d, w, line, &e))
        return;
    typed_watch_free(w);
    d->app->failure_code = EXIT_BAD_ARGS;
    error_wrap(&e, "'%.*s'", (int)line.size, (const char *)line.data);
    dialog_end(d, &e);
}

static bool
key_is_set(void)
{
    const char *key = getenv("ETCDCTL_WATCH_KEY");

    return key != NULL && key[0] != '\0';
}

static void
line_take(struct dialog *d, struct bytes line)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes *words;
    size_t count;
    struct error e;

    if (!quoted_words(&tmp, line, &words, &count, &e))
        app_say(d->app, "Invalid command: %s", e.text);
    else if (count > 0 && bytes_equal_text(words[0], "progress"))
        etcd_watcher_request_progress(&d->watcher);
    else if (count == 0 || !bytes_equal_text(words[0], "watch"))
        app_say(d->app, "Invalid command: '%.*s' (watch and progress are understood)",
                (int)line.size, (const char *)line.data);
    else if (count == 1 && !key_is_set())
        app_say(d->app, "Invalid command: 'watch' needs a KEY");
    else
        watch_line(d, line);
}

static void
input_ready(void *context, unsigned events UNUSED)
{
    struct dialog *d = context;
    struct bytes line;
    bool ended;
    struct error e;

    if (!line_input_fill(&d->in, &ended, &e)) {
        dialog_end(d, &e);
        return;
    }
    while (!d->done && line_input_take(&d->in, &line))
        line_take(d, line);
    if (d->done || !ended)
        return;
    error_set(&e, ERROR_INPUT, "standard input has ended, and with it all watches");
    error_hint(&e, "keep it open for as long as you want to watch");
    dialog_end(d, &e);
}

static void
connection_lost(void *context, const struct error *why)
{
    const struct dialog *d = context;

    watch_say_lost(d->app, why);
}

static void
nobody_reads(void *context, const struct error *why)
{
    dialog_end(context, why);
}

static void
dialog_release(struct dialog *d)
{
    loop_watch_remove(d->watcher.client->loop, &d->readable);
    reader_end(&d->reader);
    etcd_watcher_release(&d->watcher);
    while (d->watches != NULL) {
        struct typed_watch *w = d->watches;

        d->watches = w->next;
        typed_watch_free(w);
    }
    line_input_release(&d->in);
}

bool
watch_interactive(struct app *app, struct error *e)
{
    struct dialog d = {.app = app, .in = LINE_INPUT_INIT(STDIN_FILENO), .ok = true, .e = e};
    struct etcd_client *client;

    if (!app_etcd(app, &client, e))
        return false;
    etcd_watcher_init(&d.watcher, client, connection_lost, &d);
    loop_watch_add(etcd_client_loop(client), &d.readable, STDIN_FILENO, LOOP_READ, input_ready, &d);
    reader_begin(&d.reader, etcd_client_loop(client), nobody_reads, &d);
    ASSERT(loop_run(etcd_client_loop(client), &d.done, LOOP_FOREVER));
    dialog_release(&d);
    return d.ok;
}
