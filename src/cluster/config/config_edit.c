/* Edits are collected against the old bytes, then applied all at once. */

#include "cluster/config/config_edit.h"

#include <string.h>

#include "cluster/config/config_out.h"
#include "format/text_edit.h"
#include "format/yaml/yaml_edit.h"
#include "format/yaml/yaml_tree.h"

struct editor {
    struct arena *mem;
    const struct yaml *doc;
    const char *eol;
    struct text_edits edits;
};

static void
edit_add(struct editor *ed, size_t offset, size_t length, const char *text)
{
    text_edit_add(ed->mem, &ed->edits, offset, length, arena_text(ed->mem, text));
}

static size_t
line_start(const struct yaml *doc, size_t offset)
{
    return text_line_begin(doc->bytes, offset);
}

/* Whole lines at a place that text_line_next told: a last line may have no end. */
static void
lines_insert(struct editor *ed, size_t offset, const char *lines)
{
    bool open = offset > 0 && ed->doc->bytes.data[offset - 1] != '\n';
    size_t size = strlen(lines);

    if (!open)
        edit_add(ed, offset, 0, lines);
    else
        edit_add(ed, offset, 0,
                 arena_printf(ed->mem, "%s%.*s", ed->eol, (int)(size - strlen(ed->eol)), lines));
}

/* What new keys of a map are written into; AUTO_BUF's owner is the caller. */
static bool
out_for(const struct editor *ed, const struct yaml_node *map, struct config_out *ret_out,
        struct error *e)
{
    const struct yaml_node *key = map->first != NULL ? map->first->key : NULL;

    *ret_out = (struct config_out){.text = BUF_INIT, .flow = map->style == YAML_FLOW};
    ret_out->eol = ed->eol;
    if (ret_out->flow)
        return true;
    ASSERT(key != NULL);
    ret_out->indent = (unsigned)(key->start - line_start(ed->doc, key->start));
    for (size_t at = line_start(ed->doc, key->start); at < key->start; at++) {
        if (ed->doc->bytes.data[at] != ' ')
            return yaml_error(ed->doc, key, e,
                              "a map that begins behind something else cannot be "
                              "changed here: let it begin on a line of its own");
    }
    return true;
}

static void
out_insert(struct editor *ed, const struct yaml_node *map, struct config_out *o)
{
    if (o->text.size == 0)
        return;
    if (!o->flow)
        lines_insert(ed, text_line_next(ed->doc->bytes, map->end), buf_text(&o->text));
    else if (map->last == NULL)
        edit_add(ed, map->start + 1, 0, buf_text(&o->text));
    else
        edit_add(ed, map->last->end, 0, arena_printf(ed->mem, ", %s", buf_text(&o->text)));
}

static bool
text_equal(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* One key of a map: set where it stands, or into 'o'. 'old' is how the value was understood. */
static void
set_text(struct editor *ed, struct config_out *o, const struct yaml_node *map, const char *key,
         const char *old, const char *wanted)
{
    const struct yaml_node *node = yaml_get(map, key);
    AUTO_BUF value = BUF_INIT;

    if (wanted == NULL || text_equal(old, wanted))
        return;
    if (node == NULL) {
        out_text(o, key, wanted);
        return;
    }
    out_scalar(&value, wanted);
    edit_add(ed, node->start, node->end - node->start, buf_text(&value));
}

static void
set_id(struct editor *ed, struct config_out *o, const struct yaml_node *map, uint64_t old,
       uint64_t wanted)
{
    const char *text = arena_printf(ed->mem, "%llx", (unsigned long long)wanted);

    if (wanted != 0 && wanted != old)
        set_text(ed, o, map, "id", NULL, text);
}

/* A list in lines: an item that goes makes room for one that comes; the rest is added or taken out. */
static void
list_lines_edit(struct editor *ed, const struct yaml_node *list,
                const struct inventory_urls *wanted)
{
    const char *dash =
        arena_printf(ed->mem, "%*s- ", (int)(list->start - line_start(ed->doc, list->start)), "");
    struct inventory_urls old = {arena_zero(ed->mem, list->count * sizeof(*old.items)), 0};
    AUTO_BUF more = BUF_INIT;
    size_t next = 0;

    for (const struct yaml_node *item = list->first; item != NULL; item = item->next)
        old.items[old.count++] = item->text;
    for (const struct yaml_node *item = list->first; item != NULL; item = item->next) {
        AUTO_BUF value = BUF_INIT;
        size_t start = line_start(ed->doc, item->start);

        if (inventory_urls_have(wanted, item->text))
            continue;
        while (next < wanted->count && inventory_urls_have(&old, wanted->items[next]))
            next++;
        if (next < wanted->count) {
            out_scalar(&value, wanted->items[next++]);
            edit_add(ed, item->start, item->end - item->start, buf_text(&value));
        } else {
            edit_add(ed, start, text_line_next(ed->doc->bytes, item->end) - start, "");
        }
    }
    for (; next < wanted->count; next++) {
        if (inventory_urls_have(&old, wanted->items[next]))
            continue;
        buf_append_text(&more, dash);
        out_scalar(&more, wanted->items[next]);
        buf_append_text(&more, ed->eol);
    }
    if (more.size > 0)
        lines_insert(ed, text_line_next(ed->doc->bytes, list->end), buf_text(&more));
}

static void
set_urls(struct editor *ed, struct config_out *o, const struct yaml_node *map, const char *key,
         const struct inventory_urls *old, const struct inventory_urls *wanted)
{
    const struct yaml_node *node = yaml_get(map, key);
    AUTO_BUF value = BUF_INIT;

    if (wanted->count == 0 || inventory_urls_equal(old, wanted))
        return;
    if (node == NULL) {
        out_urls(o, key, wanted);
    } else if (node->style == YAML_FLOW) {
        out_list(&value, wanted);
        edit_add(ed, node->start, node->end - node->start, buf_text(&value));
    } else {
        list_lines_edit(ed, node, wanted);
    }
}

/* What else its map says stays: the name that is expected in certificates. */
static bool
tls_remove(struct editor *ed, const struct yaml_node *node, struct error *e)
{
    static const char *const keys[] = {"ca_file", "cert_file", "key_file"};

    if (yaml_get(node, "server_name") == NULL)
        return yaml_edit_remove(ed->mem, ed->doc, node, &ed->edits, e);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct yaml_node *file = yaml_get(node, keys[i]);

        if (file != NULL && !yaml_edit_remove(ed->mem, ed->doc, file, &ed->edits, e))
            return false;
    }
    return true;
}

static bool
set_tls(struct editor *ed, struct config_out *o, const struct yaml_node *map, const char *key,
        const struct inventory_tls *old, const struct inventory_tls *wanted,
        enum config_extent extent, struct error *e)
{
    const struct yaml_node *node = yaml_get(map, key);
    struct config_out more;

    if (wanted->ca_file == NULL && wanted->cert_file == NULL)
        return extent != CONFIG_WHOLE || (old->ca_file == NULL && old->cert_file == NULL) ||
               tls_remove(ed, node, e);
    if (node == NULL) {
        out_tls(o, key, wanted, NULL);
        return true;
    }
    if (!out_for(ed, node, &more, e))
        return false;
    set_text(ed, &more, node, "ca_file", old->ca_file, wanted->ca_file);
    set_text(ed, &more, node, "cert_file", old->cert_file, wanted->cert_file);
    set_text(ed, &more, node, "key_file", old->key_file, wanted->key_file);
    out_insert(ed, node, &more);
    buf_release(&more.text);
    return true;
}

static bool
member_edit(struct editor *ed, const struct yaml_node *map, const struct inventory_member *old,
            const struct inventory_member *wanted, enum config_extent extent, struct error *e)
{
    const char *runs = inventory_runner_text(ed->mem, wanted);
    struct config_out o;
    bool done;

    if (!out_for(ed, map, &o, e))
        return false;
    set_id(ed, &o, map, old->id, wanted->id);
    set_text(ed, &o, map, "host", old->host, wanted->host);
    set_text(ed, &o, map, "runs", inventory_runner_text(ed->mem, old),
             runs[0] != '\0' ? runs : NULL);
    set_urls(ed, &o, map, "client_urls", &old->client_urls, &wanted->client_urls);
    set_urls(ed, &o, map, "peer_urls", &old->peer_urls, &wanted->peer_urls);
    set_text(ed, &o, map, "data_dir", old->data_dir, wanted->data_dir);
    set_text(ed, &o, map, "wal_dir", old->wal_dir, wanted->wal_dir);
    set_text(ed, &o, map, "log_file", old->log_path, wanted->log_path);
    done = set_tls(ed, &o, map, "tls", &old->tls, &wanted->tls, extent, e) &&
           set_tls(ed, &o, map, "peer_tls", &old->peer_tls, &wanted->peer_tls, extent, e);
    out_insert(ed, map, &o);
    buf_release(&o.text);
    return done;
}

static bool
member_remove(struct editor *ed, const struct yaml_node *members, const struct yaml_node *member,
              struct error *e)
{
    size_t start = line_start(ed->doc, member->key->start);

    if (members->style == YAML_FLOW)
        return yaml_error(ed->doc, member->key, e,
                          "member '%s' cannot be taken out of a map in braces: do it by hand",
                          member->key->text);
    edit_add(ed, start, text_line_next(ed->doc->bytes, member->end) - start, "");
    return true;
}

/* Members that are there, and then those that are not. */
static bool
members_edit(struct editor *ed, const struct yaml_node *map, const struct inventory *old,
             const struct inventory *wanted, enum config_extent extent, struct error *e)
{
    struct config_out o;
    bool done = true;

    if (!out_for(ed, map, &o, e))
        return false;
    for (const struct yaml_node *node = map->first; done && node != NULL; node = node->next) {
        const struct inventory_member *member = inventory_member_by_name(wanted, node->key->text);

        if (member != NULL)
            done = member_edit(ed, node, inventory_member_by_name(old, node->key->text), member,
                               extent, e);
        else if (extent != CONFIG_FACTS)
            done = member_remove(ed, map, node, e);
    }
    for (size_t i = 0; i < wanted->members.count; i++) {
        if (yaml_get(map, wanted->members.items[i].name) == NULL)
            out_member(&o, &wanted->members.items[i]);
    }
    out_insert(ed, map, &o);
    buf_release(&o.text);
    return done;
}

static void
members_out(struct config_out *o, const struct inventory *wanted)
{
    if (wanted->members.count == 0)
        return;
    out_map_begin(o, "members");
    for (size_t i = 0; i < wanted->members.count; i++)
        out_member(o, &wanted->members.items[i]);
    out_map_end(o);
}

static bool
cluster_edit(struct editor *ed, const struct yaml_node *map, const struct inventory *old,
             const struct inventory *wanted, enum config_extent extent, struct error *e)
{
    const struct yaml_node *members = yaml_get(map, "members");
    struct config_out o;
    bool done;

    if (!out_for(ed, map, &o, e))
        return false;
    set_id(ed, &o, map, old->id, wanted->id);
    set_text(ed, &o, map, "version", old->version, wanted->version);
    if (extent == CONFIG_WHOLE && yaml_get(map, "endpoints") != NULL)
        set_urls(ed, &o, map, "endpoints", &old->endpoints, &wanted->endpoints);
    done = set_tls(ed, &o, map, "tls", &old->client_tls, &wanted->client_tls, extent, e);
    if (yaml_get(map, "user") == NULL && wanted->user.name != NULL)
        out_user(&o, &wanted->user);
    if (done && members != NULL)
        done = members_edit(ed, members, old, wanted, extent, e);
    else if (members == NULL)
        members_out(&o, wanted);
    out_insert(ed, map, &o);
    buf_release(&o.text);
    return done;
}

static bool
cluster_add(struct editor *ed, const struct yaml_node *clusters, const struct inventory *wanted,
            struct error *e)
{
    struct config_out o;

    if (!out_for(ed, clusters, &o, e))
        return false;
    out_cluster(&o, wanted);
    out_insert(ed, clusters, &o);
    buf_release(&o.text);
    return true;
}

struct bytes
config_text(struct arena *mem, const struct inventory *cluster)
{
    struct config_out o = {.text = BUF_INIT, .eol = "\n"};
    const char *text;

    out_map_begin(&o, "clusters");
    out_cluster(&o, cluster);
    out_map_end(&o);
    text = arena_text(mem, buf_text(&o.text));
    buf_release(&o.text);
    return bytes_of_text(text);
}

/* Everything that 'wanted' has, 'found' has as well. */
static bool
member_covers(const struct inventory_member *found, const struct inventory_member *wanted)
{
    return found != NULL && (wanted->id == 0 || found->id == wanted->id) &&
           (wanted->client_urls.count == 0 ||
            inventory_urls_equal(&found->client_urls, &wanted->client_urls)) &&
           (wanted->peer_urls.count == 0 ||
            inventory_urls_equal(&found->peer_urls, &wanted->peer_urls)) &&
           (wanted->host == NULL || text_equal(found->host, wanted->host)) &&
           (wanted->runner == INVENTORY_RUNNER_UNKNOWN ||
            (found->runner == wanted->runner &&
             text_equal(found->runner_name, wanted->runner_name))) &&
           (wanted->data_dir == NULL || text_equal(found->data_dir, wanted->data_dir)) &&
           (wanted->wal_dir == NULL || text_equal(found->wal_dir, wanted->wal_dir));
}

static bool
cluster_covers(const struct inventory *found, const struct inventory *wanted)
{
    bool covers = found != NULL && (wanted->id == 0 || found->id == wanted->id) &&
                  (wanted->version == NULL || text_equal(found->version, wanted->version));

    for (size_t i = 0; covers && i < wanted->members.count; i++)
        covers = member_covers(inventory_member_by_name(found, wanted->members.items[i].name),
                               &wanted->members.items[i]);
    return covers;
}

/* The bytes of a cluster, its name included. */
static struct bytes
cluster_raw(const struct config *config, const char *name)
{
    const struct yaml_node *node = yaml_get(yaml_get(config->doc->root, "clusters"), name);

    if (node == NULL)
        return BYTES_NONE;
    return bytes_of(config->doc->bytes.data + node->key->start, node->end - node->key->start);
}

/* The result is read again: nothing else may have moved. */
static bool
result_check(struct arena *mem, const struct config *old, const char *path, struct bytes text,
             const struct inventory *wanted, struct error *e)
{
    struct config *result;

    if (!config_parse(mem, path, text, &result, e))
        return error_wrap(e, "what the file would become");
    if (!cluster_covers(config_cluster(result, wanted->name), wanted))
        return error_set(e, ERROR_FORMAT,
                         "'%s' is written in a way that cannot be changed here: change cluster "
                         "'%s' by hand",
                         path, wanted->name);
    for (size_t i = 0; old != NULL && i < old->clusters.count; i++) {
        const char *name = old->clusters.items[i].name;

        if (strcmp(name, wanted->name) != 0 &&
            !bytes_equal(cluster_raw(old, name), cluster_raw(result, name)))
            return error_set(e, ERROR_FORMAT,
                             "'%s': cluster '%s' would change, too: change the file by hand", path,
                             name);
    }
    return true;
}

/* Into a file that says nothing yet: comments, at most. */
static struct bytes
text_begin(struct arena *mem, struct bytes old, const struct inventory *wanted)
{
    const char *text = (const char *)config_text(mem, wanted).data;
    bool open = old.size > 0 && old.data[old.size - 1] != '\n';

    return bytes_of_text(arena_printf(mem, "%.*s%s%s", (int)old.size, (const char *)old.data,
                                      open ? "\n" : "", text));
}

static bool
text_change(struct arena *mem, const struct config *config, const struct inventory *wanted,
            enum config_extent extent, struct bytes *ret_text, struct error *e)
{
    struct editor ed = {.mem = mem, .doc = config->doc, .eol = text_line_end(config->doc->bytes)};
    const struct yaml_node *clusters = yaml_get(config->doc->root, "clusters");
    const struct yaml_node *map = yaml_get(clusters, wanted->name);
    bool changed = map != NULL ? cluster_edit(&ed, map, config_cluster(config, wanted->name),
                                              wanted, extent, e)
                               : cluster_add(&ed, clusters, wanted, e);

    if (changed)
        *ret_text = text_edits_apply(mem, config->doc->bytes, &ed.edits);
    return changed;
}

bool
config_edit(struct arena *mem, const char *path, struct bytes old, const struct inventory *wanted,
            enum config_extent extent, struct bytes *ret_text, struct error *e)
{
    struct config *config = NULL;
    const struct yaml *doc;
    struct bytes text;

    if (!yaml_parse(mem, path, old, &doc, e))
        return false;
    if (doc->root == NULL)
        text = text_begin(mem, old, wanted);
    else if (!config_parse(mem, path, old, &config, e) ||
             !text_change(mem, config, wanted, extent, &text, e))
        return false;
    if (!result_check(mem, config, path, text, wanted, e))
        return false;
    *ret_text = text;
    return true;
}
