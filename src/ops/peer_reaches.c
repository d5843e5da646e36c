#include "ops/peer_reaches.h"

#include "format/peer_urls.h"

void
peer_reaches_add(struct peer_reaches *reaches, const char *to, const struct inventory_urls *urls,
                 bool listens, const char *own)
{
    for (size_t i = 0; i < urls->count; i++) {
        struct peer_reach r = {
            .from = reaches->from, .to = to, .url = urls->items[i], .listens = listens, .own = own};

        if (peer_url_host_port(reaches->mem, urls->items[i], &r.got.name, &r.got.port))
            *ARRAY_PUSH(reaches->mem, &reaches->items) = r;
    }
}

bool
peer_reaches_judge(struct peer_reaches *reaches, const struct host *host, struct error *e)
{
    size_t count = reaches->items.count;
    struct host_reach *targets = arena_zero(reaches->mem, (count + 1) * sizeof(*targets));

    for (size_t i = 0; i < count; i++)
        targets[i] = reaches->items.items[i].got;
    if (!host_reach_probe(reaches->mem, host, targets, count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        reaches->items.items[i].got = targets[i];
        if (!rule_peer_is_reached(&reaches->items.items[i], e))
            return false;
    }
    return true;
}
