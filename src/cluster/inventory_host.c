#include "cluster/inventory_host.h"

#include <string.h>

#include "cluster/tls_phase.h"

static enum inventory_runner
runner_of(const struct found_etcd *found)
{
    return found->by == ETCD_BY_SYSTEMD      ? INVENTORY_RUNNER_SYSTEMD
           : found->by == ETCD_BY_STATIC_POD ? INVENTORY_RUNNER_STATIC_POD
                                             : INVENTORY_RUNNER_PROCESS;
}

static struct inventory_tls
tls_of(const struct found_tls *tls)
{
    return (struct inventory_tls){tls->ca_file, tls->cert_file, tls->key_file};
}

/* One URL of the member's at the same address, by whichever scheme: one that has just changed its scheme, and was cut off
 * by that, has not told the others yet. */
static bool
is_at(const struct inventory_urls *member, const struct inventory_urls *found)
{
    for (size_t i = 0; i < member->count; i++) {
        for (size_t k = 0; k < found->count; k++) {
            if (strcmp(tls_url_authority(member->items[i]), tls_url_authority(found->items[k])) ==
                0)
                return true;
        }
    }
    return false;
}

/* The client URLs are in force since its last start; peer URLs may have been changed since. */
static bool
is_member(const struct inventory_member *member, const struct found_etcd *found)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct inventory_urls clients = inventory_urls_split(&tmp, found->client_urls);

    return strcmp(member->name, found->name) == 0 &&
           (member->client_urls.count == 0 || is_at(&member->client_urls, &clients));
}

bool
inventory_take_found(struct inventory *inventory, const char *host_url,
                     const struct found_etcd *found)
{
    for (size_t i = 0; i < inventory->members.count; i++) {
        struct inventory_member *m = &inventory->members.items[i];

        if (!is_member(m, found))
            continue;
        m->host = host_url;
        m->runner = runner_of(found);
        m->runner_name = found->starter;
        m->data_dir = found->data_dir;
        m->wal_dir = found->wal_dir;
        m->tls = tls_of(&found->tls);
        m->peer_tls = tls_of(&found->peer_tls);
        return true;
    }
    return false;
}

/* Nobody has said where others reach it. */
static bool
is_default(const struct found_etcd *found)
{
    return strcmp(found->peer_urls, "http://localhost:2380") == 0;
}

bool
inventory_add_found(struct arena *mem, struct inventory *inventory,
                    const struct etcd_servers *servers, struct error *e)
{
    for (size_t i = 0; i < servers->count; i++) {
        const struct found_etcd *found = &servers->items[i];

        if (is_default(found))
            continue;
        if (inventory_member_by_name(inventory, found->name) != NULL)
            return error_set(e, ERROR_CONFLICT, "a second etcd is called '%s'", found->name);
        *ARRAY_PUSH(mem, &inventory->members) = (struct inventory_member){
            .name = found->name,
            .client_urls = inventory_urls_split(mem, found->client_urls),
            .peer_urls = inventory_urls_split(mem, found->peer_urls),
        };
    }
    return true;
}

static void
text_compare(struct arena *mem, const char *what, const char *member, const char *configured,
             const char *found, struct inventory_comparison *comparison)
{
    if (configured == NULL || (found != NULL && strcmp(configured, found) == 0))
        return;
    *ARRAY_PUSH(mem, &comparison->items) =
        (struct inventory_difference){.what = what,
                                      .member = member,
                                      .configured = configured,
                                      .found = found != NULL ? found : ""};
}

static void
tls_compare(struct arena *mem, const char *what, const char *member,
            const struct inventory_tls *configured, const struct found_tls *found,
            struct inventory_comparison *comparison)
{
    text_compare(mem, what, member, configured->ca_file, found->ca_file, comparison);
    text_compare(mem, what, member, configured->cert_file, found->cert_file, comparison);
    text_compare(mem, what, member, configured->key_file, found->key_file, comparison);
}

static void
server_compare(struct arena *mem, const struct inventory_member *member,
               const struct found_etcd *found, struct inventory_comparison *comparison)
{
    const struct inventory_member seen = {.runner = runner_of(found),
                                          .runner_name = found->starter};
    const char *runs = inventory_runner_text(mem, member);

    text_compare(mem, "runs", member->name, runs[0] != '\0' ? runs : NULL,
                 inventory_runner_text(mem, &seen), comparison);
    text_compare(mem, "data-dir", member->name, member->data_dir, found->data_dir, comparison);
    text_compare(mem, "wal-dir", member->name, member->wal_dir, found->wal_dir, comparison);
    tls_compare(mem, "tls", member->name, &member->tls, &found->tls, comparison);
    tls_compare(mem, "peer-tls", member->name, &member->peer_tls, &found->peer_tls, comparison);
}

static void
stopped_compare(struct arena *mem, const struct inventory_member *member,
                const struct found_etcd *found, struct inventory_comparison *comparison)
{
    if (found->stopped != NULL)
        *ARRAY_PUSH(mem, &comparison->items) =
            (struct inventory_difference){.what = "stopped",
                                          .member = member->name,
                                          .configured = member->host,
                                          .found = "",
                                          .remark = found->stopped};
}

void
inventory_compare_found(struct arena *mem, const struct inventory_member *member,
                        const struct etcd_servers *servers, struct inventory_comparison *comparison)
{
    for (size_t i = 0; i < servers->count; i++) {
        if (is_member(member, &servers->items[i])) {
            stopped_compare(mem, member, &servers->items[i], comparison);
            server_compare(mem, member, &servers->items[i], comparison);
            return;
        }
    }
    *ARRAY_PUSH(mem, &comparison->items) = (struct inventory_difference){
        .what = "process-missing",
        .member = member->name,
        .configured = member->host,
        .found = "",
        .remark = servers->problems.count > 0 ? servers->problems.items[0]
                                              : "none of its name and client URLs runs there",
    };
}

struct inventory_urls
inventory_urls_split(struct arena *mem, const char *text)
{
    ARRAY(const char *) urls = ARRAY_INIT;

    while (text != NULL && *text != '\0') {
        size_t size = strcspn(text, ",");

        if (size > 0)
            *ARRAY_PUSH(mem, &urls) = arena_printf(mem, "%.*s", (int)size, text);
        text += size + (text[size] == ',');
    }
    return (struct inventory_urls){urls.items, urls.count};
}
