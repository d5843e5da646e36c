/* What a member's settings say of where it listens, and whom it asks for a certificate. */

#include "cluster/inventory_host.h"
#include "cluster/inventory_save.h"
#include "ops/tls_switch_state.h"

/* For defaults; those of URLs are the same since 3.4. */
enum { MINOR = 5 };

bool
tls_job_member(struct arena *mem, const struct tls_job *job, struct inventory **ret_inventory,
               const struct inventory_member **ret_member, struct error *e)
{
    return live_inventory_member(mem, &job->of->live, job->name, ret_inventory, ret_member, e);
}

static bool
member_settings(struct arena *mem, struct site *site, const struct inventory_member *member,
                struct etcd_settings *ret_settings, struct error *e)
{
    struct service service;

    return site_service(site, member, &service, e) &&
           service_settings(mem, &service, ret_settings, e);
}

static struct inventory_urls
urls_in_force(struct arena *mem, const struct etcd_settings *settings, const char *name)
{
    const char *text = settings_value(mem, settings, name, MINOR);

    return text != NULL ? inventory_urls_split(mem, text) : (struct inventory_urls){NULL, 0};
}

bool
tls_member_urls(struct arena *mem, struct site *site, const struct inventory_member *member,
                struct tls_urls *ret, struct error *e)
{
    struct etcd_settings settings = ETCD_SETTINGS_INIT;

    if (site->lab_dir != NULL) {
        ret->listen_peers =
            member->listen_peer_urls.count > 0 ? member->listen_peer_urls : member->peer_urls;
        ret->listen_clients = member->client_urls;
        ret->clients = member->client_urls;
        return true;
    }
    if (!member_settings(mem, site, member, &settings, e))
        return error_wrap(e, "the settings of '%s'", member->name);
    ret->listen_peers = urls_in_force(mem, &settings, "listen-peer-urls");
    ret->listen_clients = urls_in_force(mem, &settings, "listen-client-urls");
    ret->clients = urls_in_force(mem, &settings, "advertise-client-urls");
    return true;
}

struct inventory_urls
tls_listed_urls(struct arena *mem, const struct member_view *member)
{
    struct inventory_urls urls = {
        arena_zero(mem, (member->member.peer_url_count + 1) * sizeof(char *)), 0};

    while (urls.count < member->member.peer_url_count) {
        urls.items[urls.count] = member->member.peer_urls[urls.count];
        urls.count++;
    }
    return urls;
}

bool
tls_member_asks(struct arena *mem, struct site *site, const struct inventory_member *member,
                bool *ret_asks, struct error *e)
{
    struct etcd_settings settings = ETCD_SETTINGS_INIT;

    if (site->lab_dir != NULL) {
        *ret_asks = member->tls.cert_file != NULL && !member->any_client;
        return true;
    }
    if (!member_settings(mem, site, member, &settings, e))
        return false;
    *ret_asks = settings_bool(&settings, "client-cert-auth", MINOR);
    return true;
}

bool
tls_switch_save(const struct tls_switch *s, const struct inventory *inventory, struct error *e)
{
    static const char key[] = "inventory kept";

    if (plan_mark_get(s->live.plan, key) != NULL)
        return inventory_save_again(inventory, e);
    return inventory_save(inventory, e) && plan_mark(s->live.plan, key, "yes", e);
}
