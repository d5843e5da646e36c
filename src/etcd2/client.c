/* Opening and closing a client: endpoints checked, TLS files loaded, no connection yet. */
#include "etcd2/client.h"

#include <string.h>

#include "base/buf.h"
#include "etcd2/ask.h"
#include "etcd2/members.h"
#include "net/endpoint.h"

void
etcd2_client_close(struct etcd2_client **client)
{
    struct arena mem;

    if (*client == NULL)
        return;
    secret_release(&(*client)->basic);
    loop_release(&(*client)->loop);
    mem = (*client)->mem; /* the client lies in its own arena */
    *client = NULL;
    arena_release(&mem);
}

static bool
endpoint_known(const struct etcd2_client *client, const char *url)
{
    for (size_t i = 0; i < client->endpoints.count; i++) {
        if (strcmp(client->endpoints.items[i], url) == 0)
            return true;
    }
    return false;
}

/* The URL with its scheme and without the slash at its end. */
static const char *
endpoint_url(struct arena *mem, const char *given)
{
    size_t size = strlen(given);

    while (size > 0 && given[size - 1] == '/')
        size--;
    return arena_printf(mem, "%s%.*s", strstr(given, "://") != NULL ? "" : "http://", (int)size,
                        given);
}

static bool
endpoint_add(struct etcd2_client *client, const char *given, struct error *e)
{
    const char *url = endpoint_url(&client->mem, given);
    struct endpoint parsed;

    if (!endpoint_parse(&client->mem, url, false, &parsed, e))
        return false;
    if (!endpoint_known(client, url))
        *ARRAY_PUSH(&client->mem, &client->endpoints) = url;
    /* Mistakes in TLS files are told now; plain endpoints pay nothing for them. */
    return !parsed.tls || tls_context_load(client->tls, e);
}

static void
client_init(struct etcd2_client *client, const struct etcd2_options *o)
{
    const struct tls_options tls = {
        .ca_file = o->ca_file,
        .cert_file = o->cert_file,
        .key_file = o->key_file,
        .insecure_skip_verify = o->insecure_skip_verify,
    };

    loop_init(&client->loop);
    client->tls = tls_context_new(&client->mem, &tls);
    client->timeout_ms = o->timeout_ms;
    client->total_timeout_ms = o->total_timeout_ms;
    client->trace = o->trace;
    client->trace_context = o->trace_context;
    if (o->basic != NULL && o->basic->text != NULL)
        secret_set(&client->basic, bytes_of(o->basic->text, o->basic->size));
}

bool
etcd2_client_open(const struct etcd2_options *options, struct etcd2_client **ret_client,
                  struct error *e)
{
    struct arena mem = ARENA_INIT;
    AUTO_ETCD2_CLIENT client = NULL;

    if (options->endpoint_count == 0)
        return error_set(e, ERROR_USAGE, "no endpoint was given");
    client = arena_zero(&mem, sizeof(*client));
    client->mem = mem;
    client_init(client, options);
    /* As etcdctl, files that are given are looked at whether or not an endpoint needs them. */
    if ((options->ca_file != NULL || options->cert_file != NULL || options->key_file != NULL) &&
        !tls_context_load(client->tls, e))
        return false;
    for (size_t i = 0; i < options->endpoint_count; i++) {
        if (!endpoint_add(client, options->endpoints[i], e))
            return false;
    }
    *ret_client = client;
    client = NULL;
    return true;
}

bool
etcd2_client_sync(struct etcd2_client *client, size_t *ret_published, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd2_member *members;
    size_t count;
    size_t published = 0;

    if (!etcd2_member_list(&tmp, client, &members, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < members[i].client_urls.count; k++) {
            struct error unusable = ERROR_INIT;

            published++;
            if (!endpoint_add(client, members[i].client_urls.items[k], &unusable))
                continue;
        }
    }
    *ret_published = published;
    return true;
}

const char *
etcd2_client_endpoints(struct arena *mem, const struct etcd2_client *client)
{
    AUTO_BUF text = BUF_INIT;

    for (size_t i = 0; i < client->endpoints.count; i++)
        buf_printf(&text, "%s%s", i > 0 ? "," : "", client->endpoints.items[i]);
    return arena_text(mem, buf_text(&text));
}
