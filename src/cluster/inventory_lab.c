#include "cluster/inventory_lab.h"

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "cluster/inventory_json.h"
#include "plan/state_dir.h"

enum { LAB_FORMAT = 1, LAB_MAX_BYTES = 1 << 20 };

const char *
inventory_lab_dir(struct arena *mem, const char *state_dir, const char *lab_name)
{
    return arena_printf(mem, "%s/labs/%s", state_dir, state_file_name(mem, lab_name));
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

        if (!inventory_member_decode(mem, json_array_at(members, i), member, e))
            return error_wrap(e, "member %zu", i + 1);
        if (member->data_dir == NULL)
            return error_set(e, ERROR_FORMAT, "member %zu: 'data_dir' is missing", i + 1);
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
           inventory_tls_decode(mem, doc, "tls", &ret_inventory->client_tls, e) &&
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

/* Less what is the same for all members of labs. */
static void
member_encode(struct json_writer *w, struct inventory_member member)
{
    member.id = 0;
    member.host = NULL;
    member.runner = INVENTORY_RUNNER_UNKNOWN;
    member.peer_tls = (struct inventory_tls){0};
    inventory_member_encode(w, &member);
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
    inventory_tls_encode(&w, "tls", &inventory->client_tls);
    json_key(&w, "members");
    json_array_begin(&w);
    for (size_t i = 0; i < inventory->members.count; i++)
        member_encode(&w, inventory->members.items[i]);
    json_array_end(&w);
    json_object_end(&w);
    buf_append_byte(&text, '\n');
    return file_replace(path_join(&tmp, lab->dir, INVENTORY_LAB_FILE), buf_bytes(&text),
                        STATE_FILE_MODE, e);
}
