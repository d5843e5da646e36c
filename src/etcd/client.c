/* Opening and closing a client: options checked, a channel for each endpoint, no connection yet. */
#include "etcd/client.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "etcd/call.h"

/* grpc-go, and so etcdctl, never pings more often than this; etcd refuses under 5 s. */
enum { KEEPALIVE_TIME_LEAST_MS = 10000 };

/* A bare HOST:PORT is https as soon as TLS is asked for in any way (etcdctl's own rule). */
static bool
tls_by_default(const struct etcd_options *o)
{
    return o->ca_file != NULL || o->cert_file != NULL || o->key_file != NULL ||
           !o->insecure_transport;
}

static bool
options_check(const struct etcd_options *o, struct error *e)
{
    if (o->endpoint_count == 0)
        return error_set(e, ERROR_USAGE, "no endpoint was given");
    if (o->cert_file != NULL && o->key_file == NULL)
        return error_set(e, ERROR_USAGE, "client certificate '%s' needs its key too (--key)",
                         o->cert_file);
    if (o->key_file != NULL && o->cert_file == NULL)
        return error_set(e, ERROR_USAGE, "key '%s' needs its client certificate too (--cert)",
                         o->key_file);
    if (o->user != NULL && o->token != NULL)
        return error_set(e, ERROR_USAGE, "a user and a token exclude each other");
    if (o->user != NULL && (o->password == NULL || o->password->text == NULL))
        return error_set(e, ERROR_USAGE, "user '%s' needs a password", o->user);
    return true;
}

static void
client_release(void *subject)
{
    struct etcd_client *client = subject;

    for (size_t i = 0; i < client->endpoint_count; i++) {
        grpc_channel_close(client->endpoints[i].channel);
        secret_release(&client->endpoints[i].token);
    }
    secret_release(&client->password);
}

/* What HOST:PORT means depends on other options, so the channel gets it with its scheme. */
static const char *
endpoint_url(struct arena *mem, const char *given, bool tls)
{
    return strstr(given, "://") != NULL
               ? arena_text(mem, given)
               : arena_printf(mem, "%s://%s", tls ? "https" : "http", given);
}

static bool
file_is_there(const char *kind, const char *path, struct error *e)
{
    return path == NULL || access(path, R_OK) == 0 ||
           error_set_errno(e, errno, "%s file: '%s'", kind, path);
}

static bool
files_are_there(const struct etcd_options *o, struct error *e)
{
    return file_is_there("CA", o->ca_file, e) && file_is_there("certificate", o->cert_file, e) &&
           file_is_there("key", o->key_file, e);
}

static bool
endpoint_open(struct etcd_client *client, const struct etcd_options *o, const char *given,
              struct error *e)
{
    struct etcd_endpoint *endpoint = &client->endpoints[client->endpoint_count];
    struct grpc_channel_options options = {
        .endpoint = endpoint_url(&client->mem, given, tls_by_default(o)),
        .tls = client->tls,
        .connect_timeout_ms = o->dial_timeout_ms,
        .keepalive_time_ms = o->keepalive_time_ms > KEEPALIVE_TIME_LEAST_MS
                                 ? o->keepalive_time_ms
                                 : KEEPALIVE_TIME_LEAST_MS,
        .keepalive_timeout_ms = o->keepalive_timeout_ms,
        .receive_limit_bytes = o->receive_limit_bytes,
    };

    endpoint->url = arena_text(&client->mem, given);
    if (!grpc_channel_new(&client->mem, client->loop, &options, &endpoint->channel, e))
        return false;
    if (o->token != NULL)
        secret_set(&endpoint->token, bytes_of_text(o->token->text));
    client->endpoint_count++;
    /* Mistakes in TLS files are told now; plain endpoints do not pay for reading them. */
    return strncmp(options.endpoint, "https", 5) != 0 ? files_are_there(o, e)
                                                      : tls_context_load(client->tls, e);
}

static bool
endpoints_open(struct etcd_client *client, const struct etcd_options *o, struct error *e)
{
    struct tls_options tls_options = {
        .ca_file = o->ca_file,
        .cert_file = o->cert_file,
        .key_file = o->key_file,
        .server_name = o->server_name,
        .insecure_skip_verify = o->insecure_skip_verify,
    };

    client->tls = tls_context_new(&client->mem, &tls_options);
    client->endpoints = arena_zero(&client->mem, o->endpoint_count * sizeof(client->endpoints[0]));
    for (size_t i = 0; i < o->endpoint_count; i++) {
        if (!endpoint_open(client, o, o->endpoints[i], e))
            return false;
    }
    return true;
}

bool
etcd_client_open(const struct etcd_options *options, struct etcd_client **ret_client,
                 struct error *e)
{
    struct arena mem = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;

    if (!options_check(options, e))
        return false;
    client = arena_zero(&mem, sizeof(*client));
    client->mem = mem;
    client->idle = true;
    client->command_timeout_ms = options->command_timeout_ms;
    client->dial_timeout_ms = options->dial_timeout_ms;
    client->loop = options->beside != NULL ? options->beside->loop : &client->own_loop;
    loop_init(&client->own_loop);
    client->request_limit_bytes = options->request_limit_bytes;
    if (options->user != NULL) {
        client->user = arena_text(&client->mem, options->user);
        secret_set(&client->password, bytes_of_text(options->password->text));
    }
    if (!endpoints_open(client, options, e))
        return false;
    *ret_client = client;
    client = NULL;
    return true;
}

void
etcd_client_close(struct etcd_client **client)
{
    struct arena mem;

    if (*client == NULL)
        return;
    client_release(*client);
    loop_release(&(*client)->own_loop);
    mem = (*client)->mem; /* the client lies in its own arena */
    *client = NULL;
    arena_release(&mem);
}

size_t
etcd_client_endpoint_count(const struct etcd_client *client)
{
    return client->endpoint_count;
}

const char *
etcd_client_endpoint(const struct etcd_client *client, size_t i)
{
    ASSERT(i < client->endpoint_count);
    return client->endpoints[i].url;
}

void
etcd_client_set_command_timeout(struct etcd_client *client, int64_t timeout_ms)
{
    client->command_timeout_ms = timeout_ms;
}

struct loop *
etcd_client_loop(struct etcd_client *client)
{
    return client->loop;
}

void
etcd_client_on_no_leader(struct etcd_client *client, etcd_no_leader *ask, void *context)
{
    client->no_leader = ask;
    client->no_leader_context = context;
}

const struct permission_needs *
etcd_client_denied(const struct etcd_client *client)
{
    return &client->denied;
}
