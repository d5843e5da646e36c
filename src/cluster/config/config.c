/* The text of quorate.yaml to inventories; nothing but the text is looked at. */

#include "cluster/config/config.h"

#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/suggest.h"
#include "cluster/config/config_value.h"

/* A secret in a file that is shown around is the one mistake with a text of its own. */
static bool
no_password(const struct config_reader *r, const struct yaml_node *node, struct error *e)
{
    if (node == NULL)
        return true;
    /* Not yaml_error: it would show the line. */
    yaml_error_at_(r->doc, node->start, e, "a password does not belong into this file");
    return error_hint(e, "password_file: FILE, or password_environment: VARIABLE");
}

static bool
tls_read(const struct config_reader *r, const struct yaml_node *map, bool own,
         struct inventory_tls *tls, const char **ret_server_name, struct error *e)
{
    static const char *const client_keys[] = {"ca_file", "cert_file", "key_file", "server_name",
                                              NULL};
    static const char *const member_keys[] = {"ca_file", "cert_file", "key_file", NULL};
    bool (*path)(const struct config_reader *, const struct yaml_node *, const char **,
                 struct error *) = own ? value_own_path : value_host_path;
    const struct yaml_node *cert = yaml_get(map, "cert_file");
    const struct yaml_node *key = yaml_get(map, "key_file");

    if (map == NULL)
        return true;
    if (!yaml_check_keys(r->doc, map, own ? client_keys : member_keys, e) ||
        !path(r, yaml_get(map, "ca_file"), &tls->ca_file, e) ||
        !path(r, cert, &tls->cert_file, e) || !path(r, key, &tls->key_file, e))
        return false;
    if (cert != NULL && key == NULL)
        return yaml_error(r->doc, cert->key, e, "'cert_file' needs a 'key_file'");
    if (key != NULL && cert == NULL)
        return yaml_error(r->doc, key->key, e, "'key_file' needs a 'cert_file'");
    return ret_server_name == NULL ||
           value_text(r, yaml_get(map, "server_name"), ret_server_name, e);
}

static bool
user_map_read(const struct config_reader *r, const struct yaml_node *map,
              struct inventory_user *user, struct error *e)
{
    static const char *const keys[] = {"name", "password_file", "password_environment", NULL};
    const struct yaml_node *file = yaml_get(map, "password_file");
    const struct yaml_node *variable = yaml_get(map, "password_environment");
    const struct yaml_node *name;

    if (!no_password(r, yaml_get(map, "password"), e) || !yaml_check_keys(r->doc, map, keys, e) ||
        !yaml_require(r->doc, map, "name", &name, e) || !value_text(r, name, &user->name, e) ||
        !value_own_path(r, file, &user->password_file, e) ||
        !value_text(r, variable, &user->password_variable, e))
        return false;
    return file == NULL || variable == NULL ||
           yaml_error(r->doc, variable->key, e,
                      "the password is in a file or in the environment, not in both");
}

static bool
user_read(const struct config_reader *r, const struct yaml_node *node, struct inventory_user *user,
          struct error *e)
{
    if (node == NULL)
        return true;
    if (node->kind == YAML_MAP)
        return user_map_read(r, node, user, e);
    if (node->kind == YAML_SCALAR && strchr(node->text, ':') != NULL)
        return no_password(r, node, e);
    return value_text(r, node, &user->name, e);
}

static bool
member_read(const struct config_reader *r, const struct yaml_node *map, struct inventory_member *m,
            struct error *e)
{
    static const char *const keys[] = {"id",        "host",     "runs",    "client_urls",
                                       "peer_urls", "data_dir", "wal_dir", "log_file",
                                       "tls",       "peer_tls", NULL};
    const struct yaml_node *id = yaml_get(map, "id");

    m->name = map->key->text;
    return value_member_name(r, map->key, e) && yaml_check_keys(r->doc, map, keys, e) &&
           value_id(r, id, &m->id, e) && (id == NULL || value_once(r, r->ids, id, "the id", e)) &&
           value_host(r, yaml_get(map, "host"), &m->host, e) &&
           value_runner(r, yaml_get(map, "runs"), &m->runner, &m->runner_name, e) &&
           value_urls(r, yaml_get(map, "client_urls"), CONFIG_CLIENT_URLS, r->client_urls,
                      &m->client_urls, e) &&
           value_urls(r, yaml_get(map, "peer_urls"), CONFIG_PEER_URLS, r->peer_urls, &m->peer_urls,
                      e) &&
           value_host_path(r, yaml_get(map, "data_dir"), &m->data_dir, e) &&
           value_host_path(r, yaml_get(map, "wal_dir"), &m->wal_dir, e) &&
           value_host_path(r, yaml_get(map, "log_file"), &m->log_path, e) &&
           tls_read(r, yaml_get(map, "tls"), false, &m->tls, NULL, e) &&
           tls_read(r, yaml_get(map, "peer_tls"), false, &m->peer_tls, NULL, e);
}

static bool
members_read(const struct config_reader *r, const struct yaml_node *map,
             struct inventory *inventory, struct error *e)
{
    struct map client_urls = MAP_INIT, peer_urls = MAP_INIT, ids = MAP_INIT;
    struct config_reader of_members = *r;

    if (map == NULL)
        return true;
    of_members.client_urls = &client_urls;
    of_members.peer_urls = &peer_urls;
    of_members.ids = &ids;
    if (!yaml_expect(r->doc, map, YAML_MAP, e))
        return false;
    for (const struct yaml_node *member = map->first; member != NULL; member = member->next) {
        if (!member_read(&of_members, member, ARRAY_PUSH(r->mem, &inventory->members), e))
            return false;
    }
    return true;
}

static bool
endpoints_read(const struct config_reader *r, const struct yaml_node *map,
               struct inventory *inventory, struct error *e)
{
    struct map seen = MAP_INIT;

    if (!value_urls(r, yaml_get(map, "endpoints"), CONFIG_ENDPOINTS, &seen, &inventory->endpoints,
                    e))
        return false;
    if (inventory->endpoints.count == 0)
        inventory->endpoints = inventory_member_endpoints(r->mem, inventory);
    return inventory->endpoints.count > 0 ||
           yaml_error(r->doc, map->key, e,
                      "cluster '%s' has no 'endpoints', and no member has 'client_urls'",
                      inventory->name);
}

static bool
cluster_read(const struct config_reader *r, const struct yaml_node *map,
             struct inventory *inventory, struct error *e)
{
    static const char *const keys[] = {"id",   "version",    "endpoints", "tls",
                                       "user", "repository", "members",   NULL};

    inventory->name = map->key->text;
    inventory->path = r->doc->file;
    return value_cluster_name(r, map->key, e) && yaml_check_keys(r->doc, map, keys, e) &&
           value_id(r, yaml_get(map, "id"), &inventory->id, e) &&
           value_version(r, yaml_get(map, "version"), &inventory->version, e) &&
           tls_read(r, yaml_get(map, "tls"), true, &inventory->client_tls, &inventory->server_name,
                    e) &&
           user_read(r, yaml_get(map, "user"), &inventory->user, e) &&
           value_own_path(r, yaml_get(map, "repository"), &inventory->repository, e) &&
           members_read(r, yaml_get(map, "members"), inventory, e) &&
           endpoints_read(r, map, inventory, e);
}

static bool
format_check(const struct yaml *doc, struct error *e)
{
    const struct yaml_node *node = yaml_get(doc->root, "format");
    uint64_t format;

    if (node == NULL)
        return true;
    if (!yaml_as_u64(doc, node, &format, e))
        return false;
    if (format == CONFIG_FORMAT)
        return true;
    yaml_error_at_(doc, node->start, e, "format %s: %d is the one that is known", node->text,
                   CONFIG_FORMAT);
    if (format > CONFIG_FORMAT)
        e->code = ERROR_TOO_NEW;
    return false;
}

static bool
clusters_read(const struct config_reader *r, struct config *config, struct error *e)
{
    static const char *const keys[] = {"format", "clusters", NULL};
    const struct yaml_node *clusters;

    if (config->doc->root == NULL)
        return error_set(e, ERROR_FORMAT, "%s: nothing is in it", config->path);
    if (!yaml_expect(r->doc, r->doc->root, YAML_MAP, e) || !format_check(r->doc, e) ||
        !yaml_check_keys(r->doc, r->doc->root, keys, e) ||
        !yaml_require(r->doc, r->doc->root, "clusters", &clusters, e) ||
        !yaml_expect(r->doc, clusters, YAML_MAP, e))
        return false;
    for (const struct yaml_node *map = clusters->first; map != NULL; map = map->next) {
        if (!cluster_read(r, map, ARRAY_PUSH(r->mem, &config->clusters), e))
            return false;
    }
    return true;
}

bool
config_parse(struct arena *mem, const char *path, struct bytes text, struct config **ret_config,
             struct error *e)
{
    struct config *config = arena_zero(mem, sizeof(*config));
    struct config_reader reader = {.mem = mem};

    config->path = path;
    if (!yaml_parse(mem, path, text, &config->doc, e))
        return false;
    reader.doc = config->doc;
    reader.dir = strchr(path, '/') != NULL ? path_dir(mem, path) : "";
    if (!clusters_read(&reader, config, e))
        return false;
    *ret_config = config;
    return true;
}

struct inventory *
config_cluster(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->clusters.count; i++) {
        if (strcmp(config->clusters.items[i].name, name) == 0)
            return &config->clusters.items[i];
    }
    return NULL;
}

void
config_no_cluster_(const struct config *config, const char *name, struct error *e)
{
    AUTO_BUF names = BUF_INIT;
    struct suggestion near;

    error_set_(e, ERROR_NOT_FOUND, 0, "cluster '%s' is not known", name);
    if (config == NULL) {
        error_hint_(e, "labs are called lab:NAME; other clusters stand in a " CONFIG_FILE
                       ": 'quorate cluster discover --write' makes one");
        return;
    }
    suggestion_init(&near, name);
    for (size_t i = 0; i < config->clusters.count; i++) {
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", config->clusters.items[i].name);
        suggestion_offer(&near, config->clusters.items[i].name);
    }
    if (near.best != NULL)
        error_hint_(e, "did you mean '%s'? '%s' has: %s", near.best, config->path,
                    buf_text(&names));
    else
        error_hint_(e, "'%s' has: %s; labs are called lab:NAME", config->path, buf_text(&names));
}
