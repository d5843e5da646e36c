#include "cluster/inventory.h"

#include <string.h>

#include "base/buf.h"

const struct inventory_member *
inventory_member_by_name(const struct inventory *inventory, const char *name)
{
    for (size_t i = 0; i < inventory->members.count; i++) {
        if (strcmp(inventory->members.items[i].name, name) == 0)
            return &inventory->members.items[i];
    }
    return NULL;
}

bool
inventory_urls_have(const struct inventory_urls *urls, const char *url)
{
    for (size_t i = 0; i < urls->count; i++) {
        if (strcmp(urls->items[i], url) == 0)
            return true;
    }
    return false;
}

bool
inventory_urls_equal(const struct inventory_urls *a, const struct inventory_urls *b)
{
    bool equal = a->count == b->count;

    for (size_t i = 0; equal && i < a->count; i++)
        equal = inventory_urls_have(b, a->items[i]);
    return equal;
}

struct inventory_urls
inventory_member_endpoints(struct arena *mem, const struct inventory *inventory)
{
    ARRAY(const char *) urls = ARRAY_INIT;

    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_member *member = &inventory->members.items[i];

        if (member->client_urls.count > 0)
            *ARRAY_PUSH(mem, &urls) = member->client_urls.items[0];
    }
    return (struct inventory_urls){urls.items, urls.count};
}

const char *
inventory_initial_cluster(struct arena *mem, const struct inventory *inventory)
{
    AUTO_BUF out = BUF_INIT;

    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_member *member = &inventory->members.items[i];

        /* A member with several peer URLs stands there once for each. */
        for (size_t k = 0; k < member->peer_urls.count; k++)
            buf_printf(&out, "%s%s=%s", out.size > 0 ? "," : "", member->name,
                       member->peer_urls.items[k]);
    }
    return arena_text(mem, buf_text(&out));
}

const char *
inventory_runner_word(enum inventory_runner runner)
{
    static const char *const words[] = {
        [INVENTORY_RUNNER_UNKNOWN] = "",
        [INVENTORY_RUNNER_PROCESS] = "process",
        [INVENTORY_RUNNER_SYSTEMD] = "systemd",
        [INVENTORY_RUNNER_STATIC_POD] = "static-pod",
    };

    return words[runner];
}

const char *
inventory_runner_text(struct arena *mem, const struct inventory_member *member)
{
    const char *word = inventory_runner_word(member->runner);

    return member->runner_name != NULL ? arena_printf(mem, "%s:%s", word, member->runner_name)
                                       : word;
}

bool
inventory_runner_parse(const char *text, enum inventory_runner *ret_runner, const char **ret_name)
{
    static const struct {
        const char *prefix;
        enum inventory_runner runner;
    } kinds[] = {{"systemd:", INVENTORY_RUNNER_SYSTEMD},
                 {"static-pod:/", INVENTORY_RUNNER_STATIC_POD}};

    if (strcmp(text, "process") == 0) {
        *ret_runner = INVENTORY_RUNNER_PROCESS;
        return true;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t size = strlen(kinds[i].prefix);

        if (strncmp(text, kinds[i].prefix, size) != 0 || text[size] == '\0')
            continue;
        *ret_runner = kinds[i].runner;
        *ret_name = strchr(text, ':') + 1;
        return true;
    }
    return false;
}
