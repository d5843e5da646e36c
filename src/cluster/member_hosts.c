#include "cluster/member_hosts.h"

#include <string.h>

#include "format/peer_urls.h"

static bool
contains(const struct member_hosts *hosts, const char *host)
{
    for (size_t i = 0; i < hosts->count; i++) {
        if (strcmp(hosts->items[i], host) == 0)
            return true;
    }
    return false;
}

void
member_hosts_add(struct arena *mem, struct member_hosts *hosts, const char *host)
{
    if (!contains(hosts, host) && strcmp(host, "0.0.0.0") != 0 && strcmp(host, "::") != 0)
        *ARRAY_PUSH(mem, hosts) = host;
}

void
member_hosts_add_urls(struct arena *mem, struct member_hosts *hosts,
                      const struct inventory_urls *urls)
{
    const char *host;
    const char *port;

    for (size_t i = 0; i < urls->count; i++) {
        if (peer_url_host_port(mem, urls->items[i], &host, &port))
            member_hosts_add(mem, hosts, host);
    }
}

/* Whether the URL is some member's own, and so in that one's certificate only. */
static bool
is_a_members(const struct inventory *inventory, const char *url)
{
    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_urls *urls = &inventory->members.items[i].client_urls;

        for (size_t k = 0; k < urls->count; k++) {
            if (strcmp(urls->items[k], url) == 0)
                return true;
        }
    }
    return false;
}

void
member_hosts_add_dialled(struct arena *mem, struct member_hosts *hosts,
                         const struct inventory *inventory, const struct inventory_member *member)
{
    member_hosts_add_urls(mem, hosts, &member->client_urls);
    member_hosts_add_urls(mem, hosts, &member->peer_urls);
    for (size_t i = 0; i < inventory->endpoints.count; i++) {
        const struct inventory_urls one = {&inventory->endpoints.items[i], 1};

        if (!is_a_members(inventory, one.items[0]))
            member_hosts_add_urls(mem, hosts, &one);
    }
}

struct member_hosts
member_hosts_of(struct arena *mem, const struct inventory *inventory,
                const struct inventory_member *member)
{
    struct member_hosts hosts = {0};

    member_hosts_add(mem, &hosts, "localhost");
    member_hosts_add(mem, &hosts, "127.0.0.1");
    member_hosts_add(mem, &hosts, "::1");
    member_hosts_add_dialled(mem, &hosts, inventory, member);
    return hosts;
}
