/* defrag: one member after the other. Source: etcdctl/ctlv3/command/defrag_command.go, 3.4 to 3.7. */

#include "base/time.h"
#include "cli/app.h"
#include "cli/offline_defrag.h"
#include "etcd/maintenance.h"

static const struct option_def defrag_options[] = {
    {"cluster", OPTION_TEXT, .arg = "NAME", .bare = "true", .environment = "QUORATE_CLUSTER",
     .help = "All endpoints of the member list; with a name, those of that cluster"},
    {"data-dir", OPTION_DIR, .arg = "DIR",
     .help = "Instead: the database of a member that does not run, as 'etcdutl defrag'"},
    OPTIONS_END,
};

/* A defragmentation goes on in the server when its client gives up, so nobody gives up early. */
enum { DEFRAG_TIMEOUT_MS = 7 * 24 * 60 * 60 * 1000 };

/* ". took 1.2s" is told since 3.6. */
static const char *
took_text(struct app *app, int64_t started_us)
{
    if (app->style.compat < COMPAT_3_6)
        return "";
    return arena_printf(app->mem, ". took %s",
                        duration_text_us(app->mem, time_monotonic_us() - started_us));
}

static bool
defrag_one(struct app *app, struct etcd_client *client, size_t at, struct error *e)
{
    const char *endpoint = etcd_client_endpoint(client, at);
    int64_t started_us = time_monotonic_us();
    bool done = etcd_defragment_at(client, at, e);
    const char *took = took_text(app, started_us);

    if (done)
        buf_printf(&app->out, "Finished defragmenting etcd member[%s]%s\n", endpoint, took);
    else
        app_say(app, "Failed to defragment etcd member[%s]%s%s (%s)", endpoint, took,
                took[0] != '\0' ? "." : "", e->text);
    return done;
}

/*
 * A member whose answer did not come may still be at it. Another one is not begun then: two that do
 * not answer at the same time are a lost quorum.
 */
static bool
defrag_run(struct app *app, struct error *e)
{
    const char *data_dir = option_text(&app->options, "data-dir");
    struct etcd_client *client;
    size_t count;

    if (data_dir[0] != '\0')
        return offline_defrag_run(app, data_dir, e);
    if (!app_etcd_to_ask(app, &client, e))
        return false;
    if (!option_given(&app->options, "command-timeout"))
        etcd_client_set_command_timeout(client, DEFRAG_TIMEOUT_MS);
    count = etcd_client_endpoint_count(client);
    for (size_t i = 0; i < count; i++) {
        struct error one = ERROR_INIT;

        if (!defrag_one(app, client, i, &one))
            app->exit_code = 1;
        if (!app_flush(app, e))
            return false;
        if (one.code == ERROR_TIMEOUT && i + 1 < count) {
            app_say(app, "Not begun: %zu more; member[%s] may still be defragmenting",
                    count - i - 1, etcd_client_endpoint(client, i));
            return true;
        }
    }
    return true;
}

const struct command command_defrag = {
    .name = "defrag",
    .summary = "Give free pages of the members' databases back to their disks",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = defrag_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = defrag_run,
    .example = "quorate defrag --cluster",
    .description = "One endpoint after the other, in the order given: a member that defragments "
                   "answers nothing else. It may take as long as it takes, unless "
                   "--command-timeout is given; when that runs out, the endpoints behind it are "
                   "left alone.",
};
