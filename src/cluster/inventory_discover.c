#include "cluster/inventory_discover.h"

#include <string.h>

#include "base/buf.h"
#include "base/io.h"

static bool
absolute(struct arena *mem, const char *path, const char **ret_path, struct error *e)
{
    *ret_path = NULL;
    return path == NULL || path_absolute(mem, path, ret_path, e);
}

static bool
tls_used(struct arena *mem, const struct etcd_options *options, struct inventory *inventory,
         struct error *e)
{
    inventory->server_name = options->server_name;
    return absolute(mem, options->ca_file, &inventory->client_tls.ca_file, e) &&
           absolute(mem, options->cert_file, &inventory->client_tls.cert_file, e) &&
           absolute(mem, options->key_file, &inventory->client_tls.key_file, e);
}

static struct inventory_urls
urls_copy(struct arena *mem, const char *const *urls, size_t count)
{
    struct inventory_urls copy = {arena_alloc(mem, (count + 1) * sizeof(*copy.items)), count};

    for (size_t i = 0; i < count; i++)
        copy.items[i] = urls[i];
    return copy;
}

/* "3.5.16", when those who answered agree; NULL otherwise. */
static const char *
version_of(const struct cluster_view *view)
{
    const char *version = NULL;

    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (!m->known)
            continue;
        if (version != NULL && strcmp(version, m->status.version) != 0)
            return NULL;
        version = m->status.version;
    }
    return version;
}

static bool
members_take(struct arena *mem, const struct cluster_view *view, struct inventory *inventory,
             struct buf *skipped, struct error *e)
{
    for (size_t i = 0; i < view->member_count; i++) {
        const struct etcd_member *m = &view->members[i].member;

        if (m->name[0] == '\0') {
            buf_printf(skipped, "%smember %llx (%s) has never started, and has no name",
                       skipped->size > 0 ? "; " : "", (unsigned long long)m->id,
                       m->peer_url_count > 0 ? m->peer_urls[0] : "");
            continue;
        }
        if (inventory_member_by_name(inventory, m->name) != NULL)
            return error_set(e, ERROR_CONFLICT, "two members are called '%s'", m->name);
        *ARRAY_PUSH(mem, &inventory->members) = (struct inventory_member){
            .name = m->name,
            .id = m->id,
            .client_urls = urls_copy(mem, m->client_urls, m->client_url_count),
            .peer_urls = urls_copy(mem, m->peer_urls, m->peer_url_count),
        };
    }
    return true;
}

bool
inventory_of_view(struct arena *mem, const char *name, const struct cluster_view *view,
                  const struct etcd_options *options, struct inventory **ret_inventory,
                  const char **ret_skipped, struct error *e)
{
    struct inventory *inventory = arena_zero(mem, sizeof(*inventory));
    AUTO_BUF skipped = BUF_INIT;

    inventory->name = name;
    inventory->id = view->cluster_id;
    inventory->version = version_of(view);
    inventory->endpoints = urls_copy(mem, options->endpoints, options->endpoint_count);
    inventory->user.name = options->user;
    if (!tls_used(mem, options, inventory, e) || !members_take(mem, view, inventory, &skipped, e))
        return false;
    *ret_skipped = skipped.size > 0 ? arena_text(mem, buf_text(&skipped)) : NULL;
    *ret_inventory = inventory;
    return true;
}
