/* 'tls deliver': what 'tls issue' made in a folder goes to the members' hosts. */

#include "base/io.h"
#include "ops/plan_cluster.h"
#include "ops/tls_deliver.h"

/* --- inputs --- */

/* Hosts keep the authority that they have: another one is a rotation's. */
static bool
authority_leave(struct arena *mem, const struct host *host, struct inventory_tls *from,
                const struct inventory_tls *to, struct error *e)
{
    struct host_file there = {.kind = HOST_NOTHING};

    if (to->ca_file != NULL && !host_file_look(mem, host, to->ca_file, &there, e))
        return false;
    if (there.kind != HOST_NOTHING)
        from->ca_file = NULL;
    return true;
}

static bool
member_write(struct arena *mem, const struct tls_deliver_request *request, struct site *site,
             const struct inventory_member *member, struct json_writer *w, struct error *e)
{
    struct tls_set from, to;
    const struct host *host;

    if (!tls_issued_find(mem, request->dir, member->name, &from, e) ||
        !tls_places_find(mem, site, request->inventory, member, &to, NULL, e) ||
        !site_host(site, member, &host, e) ||
        !authority_leave(mem, host, &from.server, &to.server, e) ||
        !authority_leave(mem, host, &from.peer, &to.peer, e))
        return error_wrap(e, "member '%s'", member->name);
    /* What etcd shows as a client is for etcd as a client, too. */
    if (to.client.cert_file != NULL)
        from.client = (struct inventory_tls){.cert_file = from.server.cert_file,
                                             .key_file = from.server.key_file};
    json_object_begin(w);
    json_key_text(w, "name", member->name);
    tls_set_encode(w, "from", &from);
    tls_set_encode(w, "to", &to);
    json_object_end(w);
    return true;
}

static bool
members_write(struct arena *mem, const struct tls_deliver_request *request, struct json_writer *w,
              struct error *e)
{
    const struct inventory *inventory = request->inventory;
    size_t count = request->name_count > 0 ? request->name_count : inventory->members.count;
    struct site site;

    site_init(&site, mem, inventory);
    for (size_t i = 0; i < count; i++) {
        const struct inventory_member *m =
            request->name_count > 0 ? inventory_member_by_name(inventory, request->names[i])
                                    : &inventory->members.items[i];

        if (m == NULL)
            return error_set(e, ERROR_NOT_FOUND, "'%s' has no member '%s'", inventory->name,
                             request->names[i]);
        if (!member_write(mem, request, &site, m, w, e))
            return false;
    }
    return count > 0 || error_set(e, ERROR_NOT_FOUND, "'%s' has no members", inventory->name);
}

bool
tls_deliver_inputs(struct arena *mem, const struct tls_deliver_request *request,
                   struct buf *ret_inputs, struct error *e)
{
    struct json_writer w;

    json_writer_init(&w, ret_inputs, 0);
    json_object_begin(&w);
    plan_cluster_encode(&w, request->inventory);
    json_key_text(&w, "stamp", plan_stamp_new(mem));
    json_key_text(&w, "dir", request->dir);
    json_key(&w, "members");
    json_array_begin(&w);
    if (!members_write(mem, request, &w, e))
        return false;
    json_array_end(&w);
    json_object_end(&w);
    return true;
}

/* --- the plan --- */

static bool
delivery_add(struct plan *plan, struct site *site, const struct inventory *inventory,
             const char *stamp, const struct json *member, struct error *e)
{
    struct tls_delivery *d = arena_zero(plan->mem, sizeof(*d));
    const char *name;

    *d = (struct tls_delivery){.plan = plan, .site = site};
    if (!json_get_text(plan->mem, member, "name", &name, e) ||
        !tls_set_decode(plan->mem, member, "from", &d->from, e) ||
        !tls_set_decode(plan->mem, member, "to", &d->to, e))
        return false;
    d->member = inventory_member_by_name(inventory, name);
    if (d->member == NULL)
        return error_set(e, ERROR_CONFLICT, "'%s' has no member '%s' any more", inventory->name,
                         name);
    d->keeping = arena_printf(plan->mem, "%s-%s", stamp, name);
    tls_add_delivery(d, NULL);
    return true;
}

static bool
deliver_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    struct site *site = arena_zero(plan->mem, sizeof(*site));
    struct plan_cluster cluster;
    struct inventory *inventory;
    const struct json *members;
    const char *stamp, *dir;

    if (!plan_cluster_decode(plan->mem, inputs, context, &cluster, e) ||
        !plan_cluster_inventory(plan->mem, &cluster, &inventory, e) ||
        !json_get_text(plan->mem, inputs, "stamp", &stamp, e) ||
        !json_get_text(plan->mem, inputs, "dir", &dir, e) ||
        !json_get_array(inputs, "members", &members, e))
        return false;
    site_init(site, plan->mem, inventory);
    plan->cluster = inventory->name;
    plan->title = arena_printf(plan->mem, "deliver certificates of '%s' to the members of '%s'",
                               dir, inventory->name);
    for (size_t i = 0; i < json_array_count(members); i++) {
        if (!delivery_add(plan, site, inventory, stamp, json_array_at(members, i), e))
            return false;
    }
    return true;
}

const struct plan_kind tls_deliver_kind = {.name = "tls-deliver", .build = deliver_build};
