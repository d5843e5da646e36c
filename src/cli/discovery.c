#include "cli/discovery.h"

#include "net/srv.h"

struct discovery {
    struct app *app;
    const char *domain;
    const char *dash_name; /* "-NAME" or "" */
    ARRAY(const char *) endpoints;
};

static bool
discover(struct discovery *d, const char *service, const char *scheme, struct error *e)
{
    struct arena *mem = d->app->mem;
    const char *name = arena_printf(mem, "_%s%s._tcp.%s", service, d->dash_name, d->domain);
    bool refused = scheme[4] == '\0' && !option_bool(&d->app->options, "insecure-discovery");
    struct srv_records records;

    if (!srv_lookup(mem, name, &records, e))
        return false;
    for (size_t i = 0; i < records.list.count; i++) {
        const struct srv_record *r = &records.list.items[i];
        const char *url = arena_printf(mem, "%s://%s:%u", scheme, r->host, r->port);

        if (refused)
            fprintf(stderr, "ignoring discovered insecure endpoint \"%s\"\n", url);
        else
            *ARRAY_PUSH(mem, &d->endpoints) = url;
    }
    return true;
}

bool
endpoints_discover(struct app *app, const char *const **ret_endpoints, size_t *ret_count,
                   struct error *e)
{
    const char *name = option_text(&app->options, "discovery-srv-name");
    struct discovery d = {app, option_text(&app->options, "discovery-srv"), "", ARRAY_INIT};
    bool found;

    *ret_count = 0;
    if (d.domain[0] == '\0')
        return true;
    if (name[0] != '\0')
        d.dash_name = arena_printf(app->mem, "-%s", name);
    found = discover(&d, "etcd-client-ssl", "https", e);
    if (!found)
        error_clear(e);
    if (!discover(&d, "etcd-client", "http", e) && !found)
        return error_wrap(e, "--discovery-srv '%s'", d.domain);
    error_clear(e);
    if (d.endpoints.count == 0 && !option_given(&app->options, "endpoints")) {
        error_set_(e, ERROR_NOT_FOUND, 0, "--discovery-srv '%s': only endpoints without TLS",
                   d.domain);
        return error_hint(e, "--insecure-discovery takes them");
    }
    *ret_endpoints = d.endpoints.items;
    *ret_count = d.endpoints.count;
    return true;
}
