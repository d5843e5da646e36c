/* From options and environment to a client: which cluster is meant, and how it is reached. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/app.h"
#include "cli/discovery.h"
#include "cli/prompt.h"
#include "cluster/explain.h"
#include "cluster/inventory_find.h"
#include "etcd/client.h"
#include "etcd/cluster.h"
#include "etcd/kv.h"
#include "net/tls.h"
#include "plan/state_dir.h"

bool
app_state_dir(struct app *app, const char **ret_state_dir, struct error *e)
{
    return state_dir_find(app->mem, ret_state_dir, e);
}

const char *
app_config(const struct app *app)
{
    const char *path = option_text(&app->options, "config");

    return path[0] != '\0' ? path : NULL;
}

/*
 * The name that --cluster gives, or NULL. To the endpoint commands a bare --cluster means "all
 * members", as in etcdctl, and names nothing: then the variable still says of which cluster.
 */
static const char *
cluster_name(const struct app *app)
{
    const char *name = option_text(&app->options, "cluster");

    if (strcmp(name, "true") == 0 && (name = getenv("QUORATE_CLUSTER")) == NULL)
        return NULL;
    return name[0] == '\0' || strcmp(name, "true") == 0 || strcmp(name, "false") == 0 ? NULL : name;
}

static bool
inventory_open(struct app *app, const char *name, const struct inventory **ret_inventory,
               struct error *e)
{
    struct inventory_places places = {.config = app_config(app)};
    struct inventory *inventory;

    if (!app_state_dir(app, &places.state_dir, e) ||
        !inventory_find(app->mem, &places, name, &inventory, e))
        return false;
    for (size_t i = 0; i < inventory->warning_count; i++)
        app_warn(app, "%s", inventory->warnings[i]);
    app->inventory = inventory;
    *ret_inventory = inventory;
    return true;
}

bool
app_inventory(struct app *app, const struct inventory **ret_inventory, struct error *e)
{
    const char *name = cluster_name(app);

    if (app->inventory == NULL && name != NULL)
        return inventory_open(app, name, ret_inventory, e);
    *ret_inventory = app->inventory;
    return true;
}

bool
app_inventory_of_operand(struct app *app, const struct inventory **ret_inventory, struct error *e)
{
    const char *name = app_operand(app, 0);

    if (name == NULL && (name = cluster_name(app)) == NULL) {
        error_set_(e, ERROR_USAGE, 0, "'%s' needs a cluster's NAME", app->command->name);
        return error_hint(e, "'%s cluster list' lists them", app->tool->name);
    }
    return inventory_open(app, name, ret_inventory, e);
}

bool
app_repository(struct app *app, const char **ret_path, struct error *e)
{
    const struct inventory *inventory;

    *ret_path = option_text(&app->options, "repo");
    if (option_source(&app->options, "repo") == OPTION_FROM_FLAG)
        return true;
    /* A cluster that is gone is no reason not to list its backups where the variable says. */
    if (!app_inventory(app, &inventory, e)) {
        if (e->code != ERROR_NOT_FOUND || (*ret_path)[0] == '\0')
            return false;
        error_clear(e);
        return true;
    }
    if (inventory != NULL && inventory->repository != NULL)
        *ret_path = inventory->repository;
    if ((*ret_path)[0] != '\0')
        return true;
    error_set_(e, ERROR_USAGE, 0, "'%s' needs --repo", app->command->name);
    return error_hint(e, "see 'quorate help %s'", app->command->name);
}

static bool
use_endpoints(struct app *app, const struct inventory *inventory, struct etcd_options *o,
              struct error *e)
{
    bool from_flag = option_source(&app->options, "endpoints") == OPTION_FROM_FLAG;

    if (!endpoints_discover(app, &o->endpoints, &o->endpoint_count, e))
        return false;
    if (o->endpoint_count > 0)
        return true;
    o->endpoints = option_list(&app->options, "endpoints", &o->endpoint_count);
    if (inventory == NULL || from_flag)
        return true;
    o->endpoints = inventory->endpoints.items;
    o->endpoint_count = inventory->endpoints.count;
    return true;
}

/* A file by its flag, else the cluster's, else by its variable; NULL for none. */
static const char *
tls_file(const struct app *app, const struct inventory *inventory, const char *option,
         const char *of_inventory)
{
    const char *path = option_text(&app->options, option);

    if (inventory != NULL && option_source(&app->options, option) != OPTION_FROM_FLAG)
        return of_inventory;
    return path[0] != '\0' ? path : NULL;
}

/* An empty name is a script's unset variable: to go on without would be another connection. */
static bool
tls_files_check(const struct app *app, struct error *e)
{
    static const char *const names[] = {"cacert", "cert", "key"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (option_source(&app->options, names[i]) == OPTION_FROM_FLAG &&
            option_text(&app->options, names[i])[0] == '\0')
            return error_set(e, ERROR_USAGE, "empty string is passed to --%s option", names[i]);
    return true;
}

static void
use_tls(const struct app *app, const struct inventory *inventory, struct etcd_options *o)
{
    static const struct inventory_tls no_files = {NULL, NULL, NULL};
    const struct inventory_tls *files = inventory != NULL ? &inventory->client_tls : &no_files;
    const char *server_name = option_text(&app->options, "tls-server-name");

    o->ca_file = tls_file(app, inventory, "cacert", files->ca_file);
    o->cert_file = tls_file(app, inventory, "cert", files->cert_file);
    o->key_file = tls_file(app, inventory, "key", files->key_file);
    if (server_name[0] == '\0' && inventory != NULL && inventory->server_name != NULL)
        server_name = inventory->server_name;
    if (server_name[0] == '\0' && !option_bool(&app->options, "insecure-discovery"))
        server_name = option_text(&app->options, "discovery-srv");
    o->server_name = server_name[0] != '\0' ? server_name : NULL;
    o->insecure_skip_verify = option_bool(&app->options, "insecure-skip-tls-verify");
    o->insecure_transport = option_bool(&app->options, "insecure-transport");
}

static bool
password_file_judge(const struct app *app, const char *path, struct error *e)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return error_set_errno(e, errno, "'%s'", path);
    if (S_ISREG(st.st_mode) && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        app_warn(app, "the password in '%s' can be read by others (mode %04o): chmod 0600 '%s'",
                 path, (unsigned)(st.st_mode & 07777), path);
    return true;
}

/* The cluster's own user, unless the command line names one. */
static const struct inventory_user *
user_of_inventory(const struct app *app, const struct inventory *inventory)
{
    return inventory != NULL && inventory->user.name != NULL &&
                   option_source(&app->options, "user") != OPTION_FROM_FLAG
               ? &inventory->user
               : NULL;
}

/* The password is where the file says, else --password's, else asked for. */
static bool
use_inventory_user(struct app *app, const struct inventory_user *user, struct etcd_options *o,
                   struct error *e)
{
    const char *password = option_text(&app->options, "password");
    bool from_flag = option_source(&app->options, "password") == OPTION_FROM_FLAG;

    o->user = user->name;
    o->password = &app->password;
    if (user->password_file != NULL && !from_flag)
        return password_file_judge(app, user->password_file, e) &&
               secret_load(&app->password, user->password_file, e);
    if (user->password_variable != NULL && !from_flag) {
        password = getenv(user->password_variable);
        if (password == NULL || password[0] == '\0')
            return error_set(e, ERROR_USAGE, "the password of '%s' is not in %s, where '%s' says",
                             user->name, user->password_variable, app->inventory->path);
    }
    if (password[0] == '\0')
        return prompt_password(user->name, app->command->reads_input, &app->out, &app->password, e);
    secret_set(&app->password, bytes_of_text(password));
    return true;
}

/* --user NAME[:PASSWORD], --password, or the terminal; as etcdctl, --password makes ':' part of the
 * name. */
static bool
use_user(struct app *app, struct etcd_options *o, struct error *e)
{
    const char *user = option_text(&app->options, "user");
    const char *password = option_text(&app->options, "password");
    const char *colon = strchr(user, ':');
    const struct inventory_user *configured = user_of_inventory(app, app->inventory);

    if (configured != NULL)
        return use_inventory_user(app, configured, o, e);
    if (user[0] == '\0')
        return true;
    if (password[0] != '\0') {
        secret_set(&app->password, bytes_of_text(password));
        o->user = user;
    } else if (colon != NULL) {
        secret_set(&app->password, bytes_of_text(colon + 1));
        o->user = arena_printf(app->mem, "%.*s", (int)(colon - user), user);
    } else {
        o->user = user;
        if (!prompt_password(user, app->command->reads_input, &app->out, &app->password, e))
            return false;
    }
    o->password = &app->password;
    return true;
}

static void
use_token(struct app *app, struct etcd_options *o)
{
    const char *token = option_text(&app->options, "auth-jwt-token");

    if (token[0] == '\0')
        return;
    secret_set(&app->token, bytes_of_text(token));
    o->token = &app->token;
}

bool
app_tls_options(struct app *app, struct tls_options *ret_tls, struct error *e)
{
    const struct inventory *inventory = NULL;
    struct etcd_options o = {0};

    if (!app_inventory(app, &inventory, e) || !tls_files_check(app, e))
        return false;
    use_tls(app, inventory, &o);
    *ret_tls = (struct tls_options){
        .ca_file = o.ca_file, .cert_file = o.cert_file, .key_file = o.key_file};
    return true;
}

bool
app_etcd_options(struct app *app, const struct etcd_options **ret_options, struct error *e)
{
    const struct inventory *inventory = NULL;
    struct etcd_options *o;

    if (app->etcd != NULL) {
        *ret_options = app->etcd;
        return true;
    }
    if (!app_inventory(app, &inventory, e))
        return false;
    o = arena_zero(app->mem, sizeof(*o));
    if (!tls_files_check(app, e) || !use_endpoints(app, inventory, o, e))
        return false;
    use_tls(app, inventory, o);
    o->dial_timeout_ms = option_ms(&app->options, "dial-timeout");
    o->command_timeout_ms = option_ms(&app->options, "command-timeout");
    o->keepalive_time_ms = option_ms(&app->options, "keepalive-time");
    o->keepalive_timeout_ms = option_ms(&app->options, "keepalive-timeout");
    o->request_limit_bytes = option_u64(&app->options, "max-request-bytes");
    o->receive_limit_bytes = option_u64(&app->options, "max-recv-bytes");
    use_token(app, o);
    if (!use_user(app, o, e))
        return false;
    app->etcd = o;
    *ret_options = o;
    return true;
}

bool
app_open_client(struct app *app, const struct etcd_options *options,
                struct etcd_client **ret_client, struct error *e)
{
    if (etcd_client_open(options, ret_client, e))
        return true;
    if (tool_sets_are_etcd(app->command->tools))
        app->failure_code =
            options->endpoint_count == 0 ? ETCD_EXIT_BAD_CONNECTION : ETCD_EXIT_BAD_ARGS;
    return false;
}

bool
app_etcd(struct app *app, struct etcd_client **ret_client, struct error *e)
{
    const struct etcd_options *options;

    if (app->client == NULL) {
        if (!app_etcd_options(app, &options, e) || !app_open_client(app, options, &app->client, e))
            return false;
        etcd_client_on_no_leader(app->client, explain_no_leader, without_const(options));
    }
    *ret_client = app->client;
    return true;
}

bool
app_etcd_of_members(struct app *app, struct etcd_client **ret_client, struct error *e)
{
    struct etcd_options *all = arena_zero(app->mem, sizeof(*all));
    ARRAY(const char *) endpoints = ARRAY_INIT;
    struct etcd_client *client;
    struct etcd_member_list list;

    if (!app_etcd(app, &client, e))
        return false;
    if (!etcd_member_list(app->mem, client, true, &list, e))
        return error_wrap(e, "cannot list the members");
    for (size_t i = 0; i < list.member_count; i++)
        for (size_t k = 0; k < list.members[i].client_url_count; k++)
            *ARRAY_PUSH(app->mem, &endpoints) = list.members[i].client_urls[k];
    *all = *app->etcd;
    all->endpoints = endpoints.items;
    all->endpoint_count = endpoints.count;
    etcd_client_close(&app->client);
    if (!etcd_client_open(all, &app->client, e))
        return false;
    *ret_client = app->client;
    return true;
}

bool
app_etcd_to_ask(struct app *app, struct etcd_client **ret_client, struct error *e)
{
    if (strcmp(option_text(&app->options, "cluster"), "true") == 0)
        return app_etcd_of_members(app, ret_client, e);
    return app_etcd(app, ret_client, e);
}

/* A read through the leader; what the key holds, and whether we may read it, does not matter. */
static bool
need_quorum(struct app *app, struct error *e)
{
    struct etcd_range_request request = {.key = BYTES_LITERAL("health"), .count_only = true};
    struct etcd_range_response response;
    struct etcd_client *client;

    if (!app_etcd(app, &client, e))
        return false;
    if (etcd_range(app->mem, client, &request, &response, e))
        return true;
    if (e->code != ERROR_PERMISSION && e->code != ERROR_AUTH && e->code != ERROR_LOGIN)
        return error_wrap(e, "'%s' needs a cluster with quorum", app->command->name);
    error_clear(e);
    return true;
}

bool
app_meet_needs(struct app *app, struct error *e)
{
    unsigned needs = app->command->needs;
    const struct inventory *inventory = NULL;
    struct etcd_client *client;

    if ((needs & NEEDS_CLUSTER) != 0) {
        if (!app_inventory(app, &inventory, e))
            return false;
        if (inventory == NULL) {
            error_set_(e, ERROR_USAGE, 0, "'%s' needs --cluster NAME", app->command->name);
            return error_hint(e, "see 'quorate help %s'", app->command->name);
        }
    }
    if ((needs & NEEDS_ENDPOINTS) != 0 && !app_etcd(app, &client, e))
        return false;
    return (needs & NEEDS_QUORUM) == 0 || need_quorum(app, e);
}

const char *
app_cluster_text(struct app *app, const struct etcd_options *options)
{
    AUTO_BUF text = BUF_INIT;

    if (app->inventory != NULL)
        return app->inventory->name;
    for (size_t i = 0; i < options->endpoint_count; i++)
        buf_printf(&text, "%s%s", i > 0 ? "," : "", options->endpoints[i]);
    return arena_text(app->mem, buf_text(&text));
}

const char *
app_target_text(struct app *app, const struct etcd_options *options)
{
    return arena_printf(app->mem, "--%s %s", app->inventory != NULL ? "cluster" : "endpoints",
                        app_cluster_text(app, options));
}
