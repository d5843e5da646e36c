/* cluster-health: what each member says of itself. */

#include "base/time.h"
#include "cli/v2.h"
#include "etcd2/health.h"
#include "etcd2/members.h"

enum { PAUSE_MS = 10000 };

static const struct option_def health_options[] = {
    {"forever", OPTION_BOOL, 'f', .help = "Again every 10 seconds, until Ctrl-C"},
    V2_OPTIONS,
    OPTIONS_END,
};

/* The first client URL that answers decides. */
static bool
member_is_healthy(struct app *app, struct etcd2_client *client, const struct etcd2_member *m)
{
    if (m->client_urls.count == 0) {
        buf_printf(&app->out, "member %s is unreachable: no available published client urls\n",
                   m->id);
        return false;
    }
    for (size_t i = 0; i < m->client_urls.count; i++) {
        const char *url = m->client_urls.items[i];
        struct error e = ERROR_INIT;
        const char *reason;
        bool healthy;

        if (!etcd2_health(app->mem, client, url, &healthy, &reason, &e)) {
            buf_printf(&app->out, "failed to check the health of member %s on %s: %s\n", m->id, url,
                       e.text);
            continue;
        }
        buf_printf(&app->out, "member %s is %s: got %s result from %s\n", m->id,
                   healthy ? "healthy" : "unhealthy", healthy ? "healthy" : "unhealthy", url);
        if (!healthy && reason[0] != '\0')
            app_say(app, "member %s says: %s", m->id, reason);
        return healthy;
    }
    buf_printf(&app->out, "member %s is unreachable: [", m->id);
    for (size_t i = 0; i < m->client_urls.count; i++)
        buf_printf(&app->out, "%s%s", i > 0 ? " " : "", m->client_urls.items[i]);
    buf_append_text(&app->out, "] are all unreachable\n");
    return false;
}

static bool
round_run(struct app *app, struct etcd2_client *client, const struct etcd2_member *members,
          size_t count, struct error *e)
{
    size_t healthy = 0;

    for (size_t i = 0; i < count; i++)
        healthy += member_is_healthy(app, client, &members[i]);
    buf_printf(&app->out, "cluster is %s\n",
               healthy == count ? "healthy"
               : healthy == 0   ? "unavailable"
                                : "degraded");
    app->exit_code = healthy == count ? 0 : V2_EXIT_UNHEALTHY;
    return app_flush(app, e);
}

static bool
health_run(struct app *app, struct error *e)
{
    struct etcd2_client *client;
    struct etcd2_member *members;
    size_t count;

    if (!v2_client_no_sync(app, V2_EXIT_SERVER, &client, e))
        return false;
    if (option_bool(&app->options, "forever"))
        v2_end_on_interrupt();
    if (!etcd2_member_list(app->mem, client, &members, &count, e)) {
        buf_append_text(&app->out, "cluster may be unhealthy: failed to list members\n");
        return v2_explain(app, e);
    }
    for (;;) {
        if (!round_run(app, client, members, count, e))
            return false;
        if (!option_bool(&app->options, "forever"))
            return true;
        buf_append_text(&app->out, "\nnext check after 10 second...\n\n");
        if (!app_flush(app, e))
            return false;
        time_sleep_ms(PAUSE_MS);
    }
}

const struct command command_v2_cluster_health = {
    .name = "cluster-health",
    .summary = "Ask each member whether it is healthy",
    .family = FAMILY_STATUS,
    .tools = IN_ETCDCTL_V2,
    .options = health_options,
    .run = health_run,
    .example = "ETCDCTL_API=2 quorate cluster-health",
    .description = "Ends with 5 unless all are.",
};
