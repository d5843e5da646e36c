/*
 * Where a cluster's members run, for who starts, stops and configures them: a lab's supervisor, or hosts,
 * which are reached when they are asked for the first time, and then stay open.
 */
#ifndef QUORATE_CLUSTER_SITE_H
#define QUORATE_CLUSTER_SITE_H

#include "base/arena.h"
#include "base/error.h"
#include "cluster/inventory.h"
#include "node/host/host.h"
#include "node/service.h"

struct site {
    struct arena *mem;   /* hosts live in it */
    const char *name;    /* of the cluster */
    const char *lab_dir; /* a lab's folder; NULL: not a lab */
    struct host_options options;
    ARRAY(struct host *) hosts;
};

/*
 * Opens nothing yet. Commands on hosts run as root, by sudo where the login user is another: units,
 * manifests and data directories are root's to change. A lab is its user's own.
 *
 * mem        lives as long as the site.
 * inventory  only read here: it may be loaded anew, and change, while the site is open.
 */
void site_init(struct site *site, struct arena *mem, const struct inventory *inventory);

/*
 * The member's host. A member is what is configured of it, whether the inventory has it already or not.
 *
 * e  ERROR_REFUSED: nobody said where it runs. Otherwise as host_open.
 */
MUST_CHECK bool site_host(struct site *site, const struct inventory_member *member,
                          const struct host **ret_host, struct error *e);

/*
 * How the member runs. The texts are the site's and the member's.
 *
 * e  also ERROR_REFUSED: nobody said what starts it, or it is a process that nothing starts again.
 */
MUST_CHECK bool site_service(struct site *site, const struct inventory_member *member,
                             struct service *ret_service, struct error *e);

#endif
