#include "cluster/site.h"

#include <string.h>

void
site_init(struct site *site, struct arena *mem, const struct inventory *inventory)
{
    *site = (struct site){
        .mem = mem,
        .name = arena_text(mem, inventory->name),
        .lab_dir = inventory->lab != NULL ? arena_text(mem, inventory->lab->dir) : NULL,
        .options = {.become = inventory->lab == NULL},
    };
}

static struct host *
host_that_is_open(const struct site *site, const char *url)
{
    for (size_t i = 0; i < site->hosts.count; i++) {
        if (strcmp(host_url(site->hosts.items[i]), url) == 0)
            return site->hosts.items[i];
    }
    return NULL;
}

bool
site_host(struct site *site, const struct inventory_member *member, const struct host **ret_host,
          struct error *e)
{
    struct host *host;

    if (member->host == NULL) {
        error_set_(e, ERROR_REFUSED, 0, "cluster '%s' does not say on which host member '%s' runs",
                   site->name, member->name);
        return error_hint(e, "quorate cluster discover --cluster %s --host ssh://root@HOST --write",
                          site->name);
    }
    host = host_that_is_open(site, member->host);
    if (host == NULL) {
        if (!host_open(site->mem, arena_text(site->mem, member->host), &site->options, &host, e))
            return error_wrap(e, "host of member '%s'", member->name);
        *ARRAY_PUSH(site->mem, &site->hosts) = host;
    }
    *ret_host = host;
    return true;
}

/* The class, when what starts the member can be told to. */
static bool
class_of(const struct site *site, const struct inventory_member *member,
         const struct service_class **ret_class, struct error *e)
{
    static const struct service_class *const classes[] = {
        [INVENTORY_RUNNER_SYSTEMD] = &service_systemd,
        [INVENTORY_RUNNER_STATIC_POD] = &service_pod,
    };

    if (member->runner == INVENTORY_RUNNER_UNKNOWN) {
        error_set_(e, ERROR_REFUSED, 0, "cluster '%s' does not say what starts member '%s'",
                   site->name, member->name);
        return error_hint(e, "quorate cluster discover --cluster %s --host %s --write", site->name,
                          member->host != NULL ? member->host : "ssh://root@HOST");
    }
    if (member->runner == INVENTORY_RUNNER_PROCESS || member->runner_name == NULL) {
        error_set_(e, ERROR_REFUSED, 0,
                   "member '%s' is a process that nobody starts again: it cannot be stopped and "
                   "started from here",
                   member->name);
        return error_hint(e, "let systemd run it, and say so in 'runs'");
    }
    *ret_class = classes[member->runner];
    return true;
}

bool
site_service(struct site *site, const struct inventory_member *member, struct service *ret_service,
             struct error *e)
{
    struct service service = {
        .class = &service_process, .name = member->name, .place = site->lab_dir};

    if (site->lab_dir == NULL) {
        service.place = member->runner_name;
        if (!class_of(site, member, &service.class, e) ||
            !site_host(site, member, &service.host, e))
            return false;
    }
    *ret_service = service;
    return true;
}
