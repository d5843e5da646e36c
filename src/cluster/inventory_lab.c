#include "cluster/inventory_lab.h"

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "plan/state_dir.h"

enum { LAB_FORMAT = 1, LAB_MAX_BYTES = 1 << 20 };

const char *
inventory_lab_dir(struct arena *mem, const char *state_dir, const char *lab_name)
{
    return arena_printf(mem, "%s/labs/%s", state_dir, state_file_name(mem, lab_name));
}

/* A key that may be missing: NULL then. */
static bool
text_or_null(struct arena *mem, const struct json *object, const char *key, const char **ret_text,
             struct error *e)
{
    *ret_text = NULL;
    return json_get(object, key) == NULL || json_get_text(mem, object, key, ret_text, e);
}

static bool
tls_decode(struct arena *mem, const struct json *object, struct inventory_tls *ret_tls,
           struct error *e)
{
    const struct json *tls = json_get(object, "tls");

    *ret_tls = (struct inventory_tls){0};
    if (tls == NULL)
        return true;
    return text_or_null(mem, tls, "ca_file", &ret_tls->ca_file, e) &&
           text_or_null(mem, tls, "cert_file", &ret_tls->cert_file, e) &&
           text_or_null(mem, tls, "key_file", &ret_tls->key_file, e);
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

static bool
member_decode(struct arena *mem, const struct json *object, struct inventory_member *ret_member,
              struct error *e)
{
    return json_get_text(mem, object, "name", &ret_member->name, e) &&
           urls_decode(mem, object, "client_urls", &ret_member->client_urls, e) &&
           urls_decode(mem, object, "peer_urls", &ret_member->peer_urls, e) &&
           json_get_text(mem, object, "data_dir", &ret_member->data_dir, e) &&
           text_or_null(mem, object, "log", &ret_member->log_path, e) &&
           text_or_null(mem, object, "initial_cluster", &ret_member->initial_cluster, e) &&
           tls_decode(mem, object, &ret_member->tls, e);
}

static bool
members_decode(struct arena *mem, const struct json *doc, struct inventory *ret_inventory,
               struct error *e)
{
    const struct json *members;

    if (!json_get_array(doc, "members", &members, e))
        return false;
    for (size_t i = 0; i < json_array_count(members); i++) {
        struct inventory_member *member = ARRAY_PUSH(mem, &ret_inventory->members);

        if (!member_decode(mem, json_array_at(members, i), member, e))
            return error_wrap(e, "member %zu", i + 1);
        member->host = "local:";
        member->runner = INVENTORY_RUNNER_PROCESS;
        member->peer_tls = member->tls;
    }
    return true;
}

static bool
inventory_decode(struct arena *mem, const struct json *doc, struct inventory *ret_inventory,
                 struct inventory_lab *ret_lab, struct error *e)
{
    uint64_t format;

    if (!json_get_u64(doc, "format", &format, e))
        return false;
    if (format > LAB_FORMAT)
        return error_set(e, ERROR_TOO_NEW, "lab format %llu, newest known is %d",
                         (unsigned long long)format, LAB_FORMAT);
    return json_get_text(mem, doc, "name", &ret_inventory->name, e) &&
           json_get_text(mem, doc, "token", &ret_lab->token, e) &&
           json_get_text(mem, doc, "etcd", &ret_lab->etcd, e) &&
           json_get_text(mem, doc, "etcd_version", &ret_lab->etcd_version, e) &&
           (json_get(doc, "quota_bytes") == NULL ||
            json_get_u64(doc, "quota_bytes", &ret_lab->quota_bytes, e)) &&
           tls_decode(mem, doc, &ret_inventory->client_tls, e) &&
           members_decode(mem, doc, ret_inventory, e);
}

/* What can be said besides "no such lab". */
static bool
no_such_lab(const char *state_dir, const char *lab_name, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF names = BUF_INIT;
    struct error ignored = ERROR_INIT;
    const char **found;
    size_t count;

    error_set_(e, ERROR_NOT_FOUND, 0, "there is no lab '%s' in '%s'", lab_name, state_dir);
    if (!dir_list(&tmp, path_join(&tmp, state_dir, "labs"), &found, &count, &ignored) || count == 0)
        return error_hint(e, "quorate lab up --name %s", lab_name);
    for (size_t i = 0; i < count; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", found[i]);
    return error_hint(e, "labs that exist: %s", buf_text(&names));
}

bool
inventory_load_lab(struct arena *mem, const char *state_dir, const char *lab_name,
                   struct inventory **ret_inventory, struct error *e)
{
    struct inventory *inventory = arena_zero(mem, sizeof(*inventory));
    struct inventory_lab *lab = arena_zero(mem, sizeof(*lab));
    const char *dir = inventory_lab_dir(mem, state_dir, lab_name);
    const char *path = path_join(mem, dir, INVENTORY_LAB_FILE);
    struct bytes text;
    const struct json *doc;

    if (!file_read_all(mem, path, LAB_MAX_BYTES, &text, e))
        return e->code == ERROR_NOT_FOUND ? no_such_lab(state_dir, lab_name, e) : false;
    lab->dir = dir;
    if (!json_parse(mem, text, &doc, e) || !inventory_decode(mem, doc, inventory, lab, e))
        return error_wrap(e, "'%s'", path);
    inventory->path = path;
    inventory->lab = lab;
    inventory->endpoints = inventory_member_endpoints(mem, inventory);
    *ret_inventory = inventory;
    return true;
}

static void
text_encode(struct json_writer *w, const char *key, const char *text)
{
    if (text != NULL)
        json_key_text(w, key, text);
}

static void
tls_encode(struct json_writer *w, const struct inventory_tls *tls)
{
    if (tls->ca_file == NULL && tls->cert_file == NULL && tls->key_file == NULL)
        return;
    json_key(w, "tls");
    json_object_begin(w);
    text_encode(w, "ca_file", tls->ca_file);
    text_encode(w, "cert_file", tls->cert_file);
    text_encode(w, "key_file", tls->key_file);
    json_object_end(w);
}

void
inventory_urls_encode(struct json_writer *w, const char *key, const struct inventory_urls *urls)
{
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; i < urls->count; i++)
        json_text(w, urls->items[i]);
    json_array_end(w);
}

static void
member_encode(struct json_writer *w, const struct inventory_member *member)
{
    json_object_begin(w);
    json_key_text(w, "name", member->name);
    inventory_urls_encode(w, "client_urls", &member->client_urls);
    inventory_urls_encode(w, "peer_urls", &member->peer_urls);
    json_key_text(w, "data_dir", member->data_dir);
    text_encode(w, "log", member->log_path);
    text_encode(w, "initial_cluster", member->initial_cluster);
    tls_encode(w, &member->tls);
    json_object_end(w);
}

bool
inventory_save_lab(const struct inventory *inventory, struct error *e)
{
    const struct inventory_lab *lab = inventory->lab;
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF text = BUF_INIT;
    struct json_writer w;

    json_writer_init(&w, &text, 2);
    json_object_begin(&w);
    json_key_u64(&w, "format", LAB_FORMAT);
    json_key_text(&w, "name", inventory->name);
    json_key_text(&w, "token", lab->token);
    json_key_text(&w, "etcd", lab->etcd);
    json_key_text(&w, "etcd_version", lab->etcd_version);
    if (lab->quota_bytes != 0)
        json_key_u64(&w, "quota_bytes", lab->quota_bytes);
    tls_encode(&w, &inventory->client_tls);
    json_key(&w, "members");
    json_array_begin(&w);
    for (size_t i = 0; i < inventory->members.count; i++)
        member_encode(&w, &inventory->members.items[i]);
    json_array_end(&w);
    json_object_end(&w);
    buf_append_byte(&text, '\n');
    return file_replace(path_join(&tmp, lab->dir, INVENTORY_LAB_FILE), buf_bytes(&text),
                        STATE_FILE_MODE, e);
}
