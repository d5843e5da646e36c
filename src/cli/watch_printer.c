#include "cli/watch_printer.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/spawn.h"
#include "cli/print/print_watch.h"
#include "cli/text.h"

/* NAME="value", quoted as Go quotes. */
static const char *
variable(struct arena *mem, const char *name, struct bytes value)
{
    AUTO_BUF text = BUF_INIT;

    buf_printf(&text, "%s=", name);
    text_append_quoted(&text, value);
    return arena_text(mem, buf_text(&text));
}

/* Our environment and the event's variables, which stand last and so win. */
static const char *const *
event_environment(struct arena *mem, const struct etcd_watch_response *response,
                  const struct etcd_event *event)
{
    ARRAY(const char *) env = ARRAY_INIT;

    for (char **at = environ; *at != NULL; at++)
        *ARRAY_PUSH(mem, &env) = *at;
    *ARRAY_PUSH(mem, &env) =
        arena_printf(mem, "ETCD_WATCH_REVISION=%" PRId64, response->header.revision);
    *ARRAY_PUSH(mem, &env) =
        variable(mem, "ETCD_WATCH_EVENT_TYPE", bytes_of_text(print_event_type(event->type)));
    *ARRAY_PUSH(mem, &env) =
        variable(mem, "ETCD_WATCH_KEY", event->kv != NULL ? event->kv->key : BYTES_NONE);
    *ARRAY_PUSH(mem, &env) =
        variable(mem, "ETCD_WATCH_VALUE", event->kv != NULL ? event->kv->value : BYTES_NONE);
    *ARRAY_PUSH(mem, &env) = NULL;
    return env.items;
}

static bool
command_run(const struct watch_printer *p, const struct etcd_watch_response *response,
            const struct etcd_event *event, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct spawn_child child = {
        .argv = p->request.command,
        .env = event_environment(&tmp, response, event),
        .stdin_fd = -1,
        .stdout_fd = STDOUT_FILENO,
        .stderr_fd = STDERR_FILENO,
        .keeps_group = true,
    };
    int status = 0;
    pid_t pid;

    if (!spawn_start(&child, &pid, e))
        return false;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    return error_set(e, ERROR_FAILED, "command '%s': %s", child.argv[0],
                     spawn_status_text(&tmp, status));
}

static bool
response_show(struct watch_printer *p, const struct etcd_watch_response *response, struct error *e)
{
    struct app *app = p->app;

    if (etcd_watch_response_is_progress(response))
        buf_printf(&app->out, "progress notify: %" PRId64 "\n", response->header.revision);
    print_watch(&app->out, &app->style, response);
    if (!app_flush(app, e))
        return false;
    for (size_t i = 0; p->request.command != NULL && i < response->event_count; i++) {
        if (!command_run(p, response, &response->events[i], e))
            return false;
    }
    return true;
}

static void
watch_received(void *context, const struct etcd_watch_response *response)
{
    struct watch_printer *p = context;
    struct error e;

    if (response_show(p, response, &e))
        return;
    etcd_watch_remove(&p->watch);
    p->on_end(p->context, p, false, &e);
}

static void
watch_canceled(void *context, const struct etcd_watch_response *last, const struct error *why)
{
    struct watch_printer *p = context;
    struct error e = *why;

    if (last->header.cluster_id == 0 && e.code != ERROR_UNAVAILABLE) {
        p->on_end(p->context, p, false, &e);
        return;
    }
    error_wrap(&e, "watch was canceled");
    if (last->compact_revision > 0)
        error_hint(&e, "older revisions are gone: watch from revision %" PRId64 " on (--rev)",
                   last->compact_revision);
    print_watch(&p->app->out, &p->app->style, last);
    p->on_end(p->context, p, true, &e);
}

void
watch_printer_start(struct watch_printer *p, struct app *app, struct etcd_watcher *watcher,
                    const struct watch_request *request, watch_printer_ended *on_end, void *context)
{
    struct etcd_watch_options options = {
        .key = request->key,
        .range_end = request->range_end,
        .revision = request->revision,
        .prev_kv = request->prev_kv,
        .progress_notify = request->progress_notify,
        /* Not in pieces: etcd 3.4 to 3.7 sizes a piece anew with each event that it adds, which for
         * tens of thousands of small ones takes the member seconds. */
        .on_response = watch_received,
        .on_end = watch_canceled,
        .context = p,
    };

    *p = (struct watch_printer){
        .app = app,
        .request = *request,
        .on_end = on_end,
        .context = context,
    };
    etcd_watch_add(watcher, &p->watch, &options);
}

void
watch_say_lost(const struct app *app, const struct error *why)
{
    app_warn(app, "%s; the watch goes on where a server takes it", why->text);
}
