#include "cluster/config/config_value.h"

#include <ctype.h>
#include <string.h>

#include "base/io.h"
#include "base/number.h"
#include "format/peer_urls.h"
#include "net/endpoint.h"
#include "node/host/host_url.h"

enum { NAME_MOST = 64, MEMBER_NAME_MOST = 255 };

bool
value_text(const struct config_reader *r, const struct yaml_node *node, const char **ret_text,
           struct error *e)
{
    if (node == NULL)
        return true;
    if (!yaml_as_text(r->doc, node, ret_text, e))
        return false;
    return (*ret_text)[0] != '\0' || yaml_error(r->doc, node, e, "'%s' is empty", node->key->text);
}

bool
value_id(const struct config_reader *r, const struct yaml_node *node, uint64_t *ret_id,
         struct error *e)
{
    struct error number = ERROR_INIT;
    const char *text = NULL;

    if (!value_text(r, node, &text, e))
        return false;
    if (text == NULL || (number_parse_id(text, ret_id, &number) && *ret_id != 0))
        return true;
    return yaml_error(r->doc, node, e, "'%s' is no id: hexadecimal, as etcd prints it", text);
}

bool
value_version(const struct config_reader *r, const struct yaml_node *node, const char **ret_version,
              struct error *e)
{
    const char *text = NULL;

    if (!value_text(r, node, &text, e))
        return false;
    if (text == NULL)
        return true;
    if (!isdigit((unsigned char)text[0]) || strchr(text, '.') == NULL ||
        strpbrk(text, " \t/:") != NULL)
        return yaml_error(r->doc, node, e, "'%s' is no version of etcd, such as 3.5.16", text);
    *ret_version = text;
    return true;
}

bool
value_host_path(const struct config_reader *r, const struct yaml_node *node, const char **ret_path,
                struct error *e)
{
    const char *text = NULL;

    if (!value_text(r, node, &text, e))
        return false;
    if (text == NULL)
        return true;
    if (text[0] != '/')
        return yaml_error(r->doc, node, e,
                          "'%s' is a relative path: on the member's host it has to begin with '/'",
                          text);
    *ret_path = text;
    return true;
}

bool
value_own_path(const struct config_reader *r, const struct yaml_node *node, const char **ret_path,
               struct error *e)
{
    const char *text = NULL;

    if (!value_text(r, node, &text, e))
        return false;
    if (text == NULL)
        return true;
    if (text[0] == '~')
        return yaml_error(r->doc, node, e,
                          "'%s': '~' means nothing here, write the folder's path out", text);
    *ret_path = strstr(text, "://") != NULL ? text : path_join(r->mem, r->dir, text);
    return true;
}

bool
value_host(const struct config_reader *r, const struct yaml_node *node, const char **ret_host,
           struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error problem = ERROR_INIT;
    const char *text = NULL;
    struct host_url url;

    if (!value_text(r, node, &text, e))
        return false;
    if (text == NULL)
        return true;
    if (!host_url_parse(&tmp, text, &url, &problem))
        return yaml_error(r->doc, node, e, "%s", problem.text);
    *ret_host = text;
    return true;
}

bool
value_runner(const struct config_reader *r, const struct yaml_node *node,
             enum inventory_runner *ret_runner, const char **ret_name, struct error *e)
{
    const char *text = NULL;

    if (!value_text(r, node, &text, e))
        return false;
    if (text == NULL)
        return true;
    if (inventory_runner_parse(text, ret_runner, ret_name))
        return true;
    return yaml_error(r->doc, node, e,
                      "'%s' says not how etcd runs: systemd:UNIT, static-pod:/PATH/OF/MANIFEST, "
                      "or process",
                      text);
}

bool
value_once(const struct config_reader *r, struct map *seen, const struct yaml_node *node,
           const char *what, struct error *e)
{
    void **place = map_place(r->mem, seen, bytes_of_text(node->text));
    const struct yaml_node *first = *place;
    unsigned line, column;

    *place = without_const(node);
    if (first == NULL)
        return true;
    yaml_place(r->doc, first->start, &line, &column);
    return yaml_error(r->doc, node, e, "%s %s is here a second time, first in line %u", what,
                      node->text, line);
}

static bool
url_check(const struct config_reader *r, const struct yaml_node *node, enum config_url_kind kind,
          struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error problem = ERROR_INIT;
    struct endpoint endpoint;
    struct peer_urls peer;
    const char *text;
    bool good;

    if (!yaml_as_text(r->doc, node, &text, e))
        return false;
    if (kind != CONFIG_ENDPOINTS && strstr(text, "://") == NULL)
        return yaml_error(r->doc, node, e, "'%s' is no URL: http://HOST:PORT or https://HOST:PORT",
                          text);
    good = kind == CONFIG_PEER_URLS ? peer_urls_check(&tmp, &text, 1, &peer, &problem)
                                    : endpoint_parse(&tmp, text, false, &endpoint, &problem);
    return good || yaml_error(r->doc, node, e, "%s", problem.text);
}

bool
value_urls(const struct config_reader *r, const struct yaml_node *node, enum config_url_kind kind,
           struct map *seen, struct inventory_urls *ret_urls, struct error *e)
{
    static const char *const what[] = {"endpoint", "client URL", "peer URL"};
    const struct yaml_node *item;
    size_t count = 0;

    if (node == NULL)
        return true;
    if (!yaml_expect(r->doc, node, YAML_LIST, e))
        return false;
    if (node->count == 0)
        return yaml_error(r->doc, node, e, "'%s' is an empty list", node->key->text);
    ret_urls->items = arena_alloc(r->mem, node->count * sizeof(*ret_urls->items));
    for (item = node->first; item != NULL; item = item->next) {
        if (!url_check(r, item, kind, e) || !value_once(r, seen, item, what[kind], e))
            return false;
        ret_urls->items[count++] = item->text;
    }
    ret_urls->count = count;
    return true;
}

bool
config_name_check(const char *name, struct error *e)
{
    size_t length = strlen(name);
    bool good = length <= NAME_MOST && isalnum((unsigned char)name[0]);

    for (size_t i = 0; good && i < length; i++)
        good = isalnum((unsigned char)name[i]) || strchr("-_.", name[i]) != NULL;
    return good || error_set(e, ERROR_USAGE,
                             "'%s' cannot name a cluster: at most %d letters, digits, '-', '_', "
                             "'.', the first a letter or digit",
                             name, NAME_MOST);
}

bool
value_cluster_name(const struct config_reader *r, const struct yaml_node *key, struct error *e)
{
    struct error problem = ERROR_INIT;

    return config_name_check(key->text, &problem) || yaml_error(r->doc, key, e, "%s", problem.text);
}

bool
value_member_name(const struct config_reader *r, const struct yaml_node *key, struct error *e)
{
    const char *name = key->text;
    size_t length = strlen(name);
    bool good = length > 0 && length <= MEMBER_NAME_MOST && strpbrk(name, "=, ") == NULL;

    for (size_t i = 0; good && i < length; i++)
        good = !iscntrl((unsigned char)name[i]);
    return good ||
           yaml_error(r->doc, key, e,
                      "'%s' cannot name a member: 1 to %d bytes without '=', ',' and blanks", name,
                      MEMBER_NAME_MOST);
}
