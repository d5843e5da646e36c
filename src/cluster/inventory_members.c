#include "cluster/inventory_members.h"

#include <string.h>

#include "cluster/tls_phase.h"

/* An endpoint may be there without its scheme. */
static bool
same_endpoint(const char *endpoint, const char *url)
{
    const char *rest = strstr(url, "://");

    return strcmp(endpoint, url) == 0 ||
           (strstr(endpoint, "://") == NULL && rest != NULL && strcmp(endpoint, rest + 3) == 0);
}

static bool
is_of(const char *endpoint, const struct inventory_member *member)
{
    for (size_t i = 0; i < member->client_urls.count; i++) {
        if (same_endpoint(endpoint, member->client_urls.items[i]))
            return true;
    }
    return false;
}

static bool
any_is_of(const struct inventory_urls *endpoints, const struct inventory_member *member)
{
    for (size_t i = 0; i < endpoints->count; i++) {
        if (is_of(endpoints->items[i], member))
            return true;
    }
    return false;
}

static bool
are_members_own(const struct inventory *inventory)
{
    for (size_t i = 0; i < inventory->members.count; i++) {
        if (any_is_of(&inventory->endpoints, &inventory->members.items[i]))
            return true;
    }
    return false;
}

/* Less those of 'gone', and with 'more' unless NULL. */
static void
endpoints_change(struct arena *mem, struct inventory *inventory,
                 const struct inventory_member *gone, const char *more)
{
    const struct inventory_urls old = inventory->endpoints;
    struct inventory_urls now = {arena_zero(mem, (old.count + 1) * sizeof(*now.items)), 0};

    for (size_t i = 0; i < old.count; i++) {
        if (gone == NULL || !is_of(old.items[i], gone))
            now.items[now.count++] = old.items[i];
    }
    if (more != NULL)
        now.items[now.count++] = more;
    inventory->endpoints = now;
}

static struct inventory_member *
slot_of(struct inventory *inventory, const char *name)
{
    for (size_t i = 0; i < inventory->members.count; i++) {
        if (strcmp(inventory->members.items[i].name, name) == 0)
            return &inventory->members.items[i];
    }
    return NULL;
}

void
inventory_member_put(struct arena *mem, struct inventory *inventory,
                     const struct inventory_member *member)
{
    struct inventory_member *slot = slot_of(inventory, member->name);

    if (member->client_urls.count > 0 && are_members_own(inventory) &&
        !any_is_of(&inventory->endpoints, member))
        endpoints_change(mem, inventory, slot, member->client_urls.items[0]);
    if (slot == NULL)
        slot = ARRAY_PUSH(mem, &inventory->members);
    *slot = *member;
}

void
inventory_member_switch(struct arena *mem, struct inventory *inventory,
                        const struct inventory_member *member)
{
    struct inventory_member *slot = slot_of(inventory, member->name);
    struct inventory_urls authorities = {
        arena_zero(mem, (member->client_urls.count + 1) * sizeof(char *)),
        member->client_urls.count};

    ASSERT(slot != NULL && member->client_urls.count > 0);
    for (size_t i = 0; i < authorities.count; i++)
        authorities.items[i] = tls_url_authority(member->client_urls.items[i]);
    inventory->endpoints = tls_urls_switch(
        mem, &inventory->endpoints, &authorities,
        tls_url_is(member->client_urls.items[0], TLS_SECURE) ? TLS_SECURE : TLS_PLAIN);
    *slot = *member;
}

bool
inventory_endpoint_is_members(const struct inventory *inventory, const char *endpoint)
{
    const char *authority = tls_url_authority(endpoint);

    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_urls *urls = &inventory->members.items[i].client_urls;

        for (size_t k = 0; k < urls->count; k++) {
            if (strcmp(tls_url_authority(urls->items[k]), authority) == 0)
                return true;
        }
    }
    return false;
}

bool
inventory_member_drop(struct arena *mem, struct inventory *inventory, const char *name)
{
    struct inventory_member *slot = slot_of(inventory, name);
    size_t behind;

    if (slot == NULL)
        return false;
    endpoints_change(mem, inventory, slot, NULL);
    behind = (size_t)(inventory->members.items + inventory->members.count - (slot + 1));
    memmove(slot, slot + 1, behind * sizeof(*slot));
    inventory->members.count--;
    if (inventory->endpoints.count == 0)
        inventory->endpoints = inventory_member_endpoints(mem, inventory);
    return true;
}
