#include "cli/v2.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/discovery.h"
#include "cli/input.h"
#include "cli/prompt.h"
#include "cli/v2_equivalent.h"

#define DEFAULT_ENDPOINTS "http://127.0.0.1:2379,http://127.0.0.1:4001"

int
v2_exit_code(const struct app *app, enum error_code code)
{
    if (app->command == NULL)
        return V2_EXIT_NO_COMMAND;
    if (code != ERROR_USAGE || app->command->family != FAMILY_KEYS ||
        strcmp(option_text(&app->options, "compat"), "3.4") == 0)
        return V2_EXIT_FAILED;
    return V2_EXIT_ARGUMENTS;
}

enum v2_output
v2_output(const struct app *app)
{
    return (enum v2_output)option_choice(&app->options, "output");
}

const char *
v2_endpoints(const struct app *app)
{
    static const char *const names[] = {"endpoints", "endpoint", "peers"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text = option_text(&app->options, names[i]);

        if (text[0] != '\0')
            return text;
    }
    return DEFAULT_ENDPOINTS;
}

static bool
endpoints_set(struct app *app, struct etcd2_options *o, struct error *e)
{
    ARRAY(const char *) urls = ARRAY_INIT;
    const char *rest = v2_endpoints(app);

    if (!endpoints_discover(app, &o->endpoints, &o->endpoint_count, e))
        return false;
    if (o->endpoint_count > 0)
        return true;

    for (;;) {
        size_t size = strcspn(rest, ",");

        *ARRAY_PUSH(app->mem, &urls) = arena_printf(app->mem, "%.*s", (int)size, rest);
        if (rest[size] == '\0')
            break;
        rest += size + 1;
    }
    o->endpoints = urls.items;
    o->endpoint_count = urls.count;
    return true;
}

/* NAME:PASSWORD, the second part from the terminal when it is not given. */
static bool
basic_set(struct app *app, struct secret *ret_basic, struct error *e)
{
    const char *user = option_text(&app->options, "username");
    AUTO_SECRET password = SECRET_INIT;
    AUTO_BUF both = BUF_INIT;

    if (user[0] == '\0')
        return true;
    if (strchr(user, ':') != NULL) {
        secret_set(ret_basic, bytes_of_text(user));
        return true;
    }
    if (!prompt_password(user, app->command->reads_input, &app->out, &password, e))
        return false;
    buf_reserve(&both, strlen(user) + password.size + 2);
    buf_printf(&both, "%s:%s", user, password.text);
    secret_set(ret_basic, buf_bytes(&both));
    explicit_bzero(both.data, both.size);
    return true;
}

static void
say_request(void *context, const char *line)
{
    app_say(context, "%s", line);
}

static const char *
file_or_null(const struct app *app, const char *option)
{
    const char *path = option_text(&app->options, option);

    return path[0] != '\0' ? path : NULL;
}

static void
client_close(void *subject)
{
    struct etcd2_client *client = subject;

    etcd2_client_close(&client);
}

bool
v2_client_no_sync(struct app *app, int exit_code, struct etcd2_client **ret_client, struct error *e)
{
    AUTO_SECRET basic = SECRET_INIT;
    struct etcd2_options o = {
        .ca_file = file_or_null(app, "ca-file"),
        .cert_file = file_or_null(app, "cert-file"),
        .key_file = file_or_null(app, "key-file"),
        .basic = &basic,
        .timeout_ms = option_ms(&app->options, "timeout"),
        .total_timeout_ms = option_ms(&app->options, "total-timeout"),
    };

    if (option_bool(&app->options, "debug")) {
        o.trace = say_request;
        o.trace_context = app;
    }
    app->failure_code = V2_EXIT_FAILED;
    if (!endpoints_set(app, &o, e) || !basic_set(app, &basic, e) ||
        !etcd2_client_open(&o, ret_client, e))
        return false;
    arena_on_release(app->mem, client_close, *ret_client);
    app->failure_code = exit_code;
    return true;
}

/* A member list that tells no address is what --no-sync is for. */
static bool
sync_members(struct app *app, struct etcd2_client *client, struct error *e)
{
    size_t published;

    if (!etcd2_client_sync(client, &published, e)) {
        if (e->code == ERROR_CONNECTION)
            app->failure_code = V2_EXIT_CONNECTION;
        return false;
    }
    if (published > 0)
        return true;
    app->failure_code = V2_EXIT_SERVER;
    error_set_(e, ERROR_UNAVAILABLE, 0, "the cluster has no published client endpoints");
    return error_hint(e, "--no-sync uses the endpoints that were given");
}

bool
v2_client(struct app *app, int exit_code, struct etcd2_client **ret_client, struct error *e)
{
    struct etcd2_client *client;

    if (!v2_client_no_sync(app, exit_code, &client, e))
        return false;
    if (!option_bool(&app->options, "no-sync") && !sync_members(app, client, e))
        return v2_explain(app, e);
    if (option_bool(&app->options, "debug"))
        app_say(app, "Cluster-Endpoints: %s", etcd2_client_endpoints(app->mem, client));
    *ret_client = client;
    return true;
}

bool
v2_explain(const struct app *app, struct error *e)
{
    if (e->code != ERROR_FEATURE)
        return false;
    return error_hint(e, "with the v3 API: %s", v2_equivalent(app->mem, app));
}

bool
v2_value(struct app *app, size_t index, struct bytes *ret_value, struct error *e)
{
    const char *value = app_operand(app, index);

    if (value != NULL) {
        *ret_value = bytes_of_text(value);
        return true;
    }
    return input_read_value(app, ret_value, e);
}

static void
interrupted(int signal_number UNUSED)
{
    _exit(0);
}

void
v2_end_on_interrupt(void)
{
    signal(SIGINT, interrupted);
}
