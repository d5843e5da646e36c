#include "cluster/inventory_json.h"

/* --- encode --- */

static void
text_encode(struct json_writer *w, const char *key, const char *text)
{
    if (text != NULL)
        json_key_text(w, key, text);
}

static void
urls_encode(struct json_writer *w, const char *key, const struct inventory_urls *urls)
{
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; i < urls->count; i++)
        json_text(w, urls->items[i]);
    json_array_end(w);
}

void
inventory_tls_encode(struct json_writer *w, const char *key, const struct inventory_tls *tls)
{
    if (tls->ca_file == NULL && tls->cert_file == NULL && tls->key_file == NULL)
        return;
    json_key(w, key);
    json_object_begin(w);
    text_encode(w, "ca_file", tls->ca_file);
    text_encode(w, "cert_file", tls->cert_file);
    text_encode(w, "key_file", tls->key_file);
    json_object_end(w);
}

void
inventory_member_encode(struct json_writer *w, const struct inventory_member *member)
{
    AUTO_ARENA tmp = ARENA_INIT;

    json_object_begin(w);
    json_key_text(w, "name", member->name);
    if (member->id != 0)
        json_key_id(w, "id", member->id);
    text_encode(w, "host", member->host);
    if (member->runner != INVENTORY_RUNNER_UNKNOWN)
        json_key_text(w, "runs", inventory_runner_text(&tmp, member));
    urls_encode(w, "client_urls", &member->client_urls);
    urls_encode(w, "peer_urls", &member->peer_urls);
    text_encode(w, "data_dir", member->data_dir);
    text_encode(w, "wal_dir", member->wal_dir);
    text_encode(w, "log", member->log_path);
    text_encode(w, "initial_cluster", member->initial_cluster);
    inventory_tls_encode(w, "tls", &member->tls);
    inventory_tls_encode(w, "peer_tls", &member->peer_tls);
    if (member->listen_peer_urls.count > 0)
        urls_encode(w, "listen_peer_urls", &member->listen_peer_urls);
    if (member->any_client)
        json_key_bool(w, "any_client", true);
    json_object_end(w);
}

/* --- decode --- */

/* A key that may be missing: NULL then. */
static bool
text_or_null(struct arena *mem, const struct json *object, const char *key, const char **ret_text,
             struct error *e)
{
    *ret_text = NULL;
    return json_get(object, key) == NULL || json_get_text(mem, object, key, ret_text, e);
}

static bool
urls_decode(struct arena *mem, const struct json *object, const char *key,
            struct inventory_urls *ret_urls, struct error *e)
{
    const struct json *array;

    if (!json_get_array(object, key, &array, e))
        return false;
    ret_urls->count = json_array_count(array);
    ret_urls->items = arena_alloc(mem, ret_urls->count * sizeof(*ret_urls->items));
    for (size_t i = 0; i < ret_urls->count; i++) {
        if (!json_as_text(mem, json_array_at(array, i), &ret_urls->items[i], e))
            return error_wrap(e, "'%s'", key);
    }
    return true;
}

bool
inventory_tls_decode(struct arena *mem, const struct json *object, const char *key,
                     struct inventory_tls *ret_tls, struct error *e)
{
    const struct json *tls = json_get(object, key);

    *ret_tls = (struct inventory_tls){0};
    if (tls == NULL)
        return true;
    return text_or_null(mem, tls, "ca_file", &ret_tls->ca_file, e) &&
           text_or_null(mem, tls, "cert_file", &ret_tls->cert_file, e) &&
           text_or_null(mem, tls, "key_file", &ret_tls->key_file, e);
}

static bool
runner_decode(struct arena *mem, const struct json *object, struct inventory_member *member,
              struct error *e)
{
    const char *runs;

    if (!text_or_null(mem, object, "runs", &runs, e))
        return false;
    return runs == NULL || inventory_runner_parse(runs, &member->runner, &member->runner_name) ||
           error_set(e, ERROR_FORMAT, "'runs' is '%s'", runs);
}

bool
inventory_member_decode(struct arena *mem, const struct json *object,
                        struct inventory_member *ret_member, struct error *e)
{
    struct inventory_member m = {0};

    if (!json_get_text(mem, object, "name", &m.name, e) ||
        (json_get(object, "id") != NULL && !json_get_id(object, "id", &m.id, e)) ||
        !text_or_null(mem, object, "host", &m.host, e) || !runner_decode(mem, object, &m, e) ||
        !urls_decode(mem, object, "client_urls", &m.client_urls, e) ||
        !urls_decode(mem, object, "peer_urls", &m.peer_urls, e) ||
        !text_or_null(mem, object, "data_dir", &m.data_dir, e) ||
        !text_or_null(mem, object, "wal_dir", &m.wal_dir, e) ||
        !text_or_null(mem, object, "log", &m.log_path, e) ||
        !text_or_null(mem, object, "initial_cluster", &m.initial_cluster, e) ||
        !inventory_tls_decode(mem, object, "tls", &m.tls, e) ||
        !inventory_tls_decode(mem, object, "peer_tls", &m.peer_tls, e) ||
        (json_get(object, "listen_peer_urls") != NULL &&
         !urls_decode(mem, object, "listen_peer_urls", &m.listen_peer_urls, e)) ||
        (json_get(object, "any_client") != NULL &&
         !json_get_bool(object, "any_client", &m.any_client, e)))
        return false;
    *ret_member = m;
    return true;
}
