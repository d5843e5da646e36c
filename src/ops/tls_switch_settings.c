/* A member's settings in a phase, and how they come to its host and to the inventory, and back. */

#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "cluster/inventory_host.h"
#include "cluster/inventory_json.h"
#include "cluster/inventory_members.h"
#include "ops/lab_programs.h"
#include "ops/member_host_certs.h"
#include "ops/tls_switch_state.h"

static const char *
phase_word(enum tls_phase phase)
{
    static const char *const words[] = {
        [TLS_PHASE_OLD] = "old",
        [TLS_PHASE_BOTH] = "both",
        [TLS_PHASE_NEW] = "new",
        [TLS_PHASE_END] = "end",
    };

    return words[phase];
}

/* Where the host keeps its files as they were before this phase. */
static const char *
keeping_of(struct arena *mem, const struct tls_turn *turn)
{
    return arena_printf(mem, SERVICE_KEEP_DIR "/%s-%s-%s.json", turn->job->of->stamp,
                        turn->job->name, phase_word(turn->phase));
}

/* --- the member as the journal keeps it --- */

static const char *
mark_of(struct arena *mem, const struct tls_turn *turn)
{
    return arena_printf(mem, "before %s %s", phase_word(turn->phase), turn->job->name);
}

bool
tls_turn_begun(const struct tls_turn *turn)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return plan_mark_get(turn->job->of->live.plan, mark_of(&tmp, turn)) != NULL;
}

/* Once: what is there later is ours. */
static bool
before_keep(const struct tls_turn *turn, const struct inventory_member *member, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF text = BUF_INIT;
    struct json_writer w;

    if (tls_turn_begun(turn))
        return true;
    json_writer_init(&w, &text, 0);
    inventory_member_encode(&w, member);
    return plan_mark(turn->job->of->live.plan, mark_of(&tmp, turn), buf_text(&text), e);
}

static bool
before_get(struct arena *mem, const struct tls_turn *turn, struct inventory_member *ret_member,
           struct error *e)
{
    const char *text = plan_mark_get(turn->job->of->live.plan, mark_of(mem, turn));
    const struct json *json;

    return json_parse(mem, bytes_of_text(text), &json, e) &&
           inventory_member_decode(mem, json, ret_member, e);
}

/* --- what it is to be --- */

static void
turn_urls(struct arena *mem, const struct tls_turn *turn, struct tls_urls *ret)
{
    tls_phase_urls(mem, &turn->job->addresses, turn->job->of->to, turn->phase, ret);
}

/* The new scheme's first: quorate itself asks there. */
static struct inventory_urls
new_scheme_first(struct arena *mem, const struct inventory_urls *urls, enum tls_scheme to)
{
    struct inventory_urls sorted = {arena_zero(mem, (urls->count + 1) * sizeof(char *)), 0};

    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < urls->count; i++) {
            if (tls_url_is(urls->items[i], to) == (pass == 0))
                sorted.items[sorted.count++] = urls->items[i];
        }
    }
    return sorted;
}

struct inventory_member
tls_turn_member(struct arena *mem, const struct tls_turn *turn, const struct inventory_member *now)
{
    const struct tls_switch *s = turn->job->of;
    bool has_certificate = now->tls.cert_file != NULL;
    struct inventory_member member = *now;
    struct tls_urls urls;

    /* Its peers' listener is what changes, of which a host's inventory says nothing. */
    if (turn->phase == TLS_PHASE_OLD)
        return member;
    turn_urls(mem, turn, &urls);
    member.client_urls = new_scheme_first(mem, &urls.clients, s->to);
    if (s->to == TLS_SECURE) {
        member.tls = turn->job->places.server;
        member.peer_tls = turn->job->places.peer;
    } else if (turn->phase == TLS_PHASE_END) {
        member.tls = member.peer_tls = (struct inventory_tls){0};
    }
    if (s->lab == NULL)
        return member;
    member.listen_peer_urls = inventory_urls_equal(&urls.listen_peers, &now->peer_urls)
                                  ? (struct inventory_urls){NULL, 0}
                                  : urls.listen_peers;
    member.any_client = member.tls.cert_file != NULL && (!has_certificate || now->any_client) &&
                        !(s->client_auth && turn->phase == TLS_PHASE_END);
    return member;
}

/* --- on hosts: settings --- */

void
tls_change_setting(struct tls_changes *c, const char *name, const char *value)
{
    ASSERT(c->setting_count < TLS_SETTINGS_MOST);
    c->settings[c->setting_count++] = (struct setting_change){name, value};
}

static void
change_urls(struct tls_changes *c, const char *name, const struct inventory_urls *urls)
{
    tls_change_setting(c, name, tls_urls_text(c->mem, urls));
}

/* Peers show each other their certificates from the beginning. An authority for clients would have them asked,
 * too, whatever client-cert-auth says (client/pkg/transport/listener.go): it comes with that. */
static bool
change_certificates(struct tls_changes *c, const struct service *service,
                    const struct tls_set *places, struct error *e)
{
    tls_change_setting(c, "peer-client-cert-auth", places->peer.cert_file != NULL ? "true" : NULL);
    return tls_change_file(c, service, "cert-file", places->server.cert_file, e) &&
           tls_change_file(c, service, "key-file", places->server.key_file, e) &&
           tls_change_file(c, service, "peer-cert-file", places->peer.cert_file, e) &&
           tls_change_file(c, service, "peer-key-file", places->peer.key_file, e) &&
           tls_change_file(c, service, "peer-trusted-ca-file", places->peer.ca_file, e);
}

/* History, which etcd reads on an empty directory only; whoever lays one out anew reads it, too. */
static const char *
initial_cluster_now(struct arena *mem, const struct tls_switch *s, const char *text)
{
    struct inventory_urls items = {NULL, 0};
    AUTO_BUF out = BUF_INIT;
    char *rest = arena_text(mem, text);

    items.items = arena_zero(mem, (strlen(text) + 1) * sizeof(char *));
    while (rest != NULL)
        items.items[items.count++] = strsep(&rest, ",");
    for (size_t i = 0; i < items.count; i++) {
        const char *equals = strchr(items.items[i], '=');
        const char *url = equals != NULL ? equals + 1 : items.items[i];

        buf_printf(&out, "%s%.*s%s%s", i > 0 ? "," : "", (int)(url - items.items[i]),
                   items.items[i],
                   tls_url_is(url, tls_scheme_other(s->to)) ? tls_scheme_word(s->to) : "",
                   tls_url_is(url, tls_scheme_other(s->to)) ? strstr(url, "://") : url);
    }
    return arena_text(mem, buf_text(&out));
}

/* What only the first of these says is not needed for a cluster that is there. */
static void
change_history(struct tls_changes *c, const struct tls_turn *turn,
               const struct etcd_settings *settings)
{
    const struct tls_switch *s = turn->job->of;
    const struct etcd_setting *initial = settings_get(settings, "initial-cluster");
    struct inventory_urls peers =
        tls_phase_peers_after(c->mem, &turn->job->addresses, s->to, TLS_PHASE_END);

    if (settings_get(settings, "initial-advertise-peer-urls") != NULL)
        change_urls(c, "initial-advertise-peer-urls", &peers);
    if (initial != NULL)
        tls_change_setting(c, "initial-cluster", initial_cluster_now(c->mem, s, initial->value));
}

/* Without certificates etcd does not start with an https one. */
static void
change_metrics(struct tls_changes *c, const struct etcd_settings *settings)
{
    const struct etcd_setting *setting = settings_get(settings, "listen-metrics-urls");
    struct inventory_urls urls;

    if (setting == NULL || strstr(setting->value, "https://") == NULL)
        return;
    urls = inventory_urls_split(c->mem, setting->value);
    urls = tls_urls_by(c->mem, TLS_PLAIN, &urls);
    change_urls(c, "listen-metrics-urls", &urls);
}

static bool
change_end(struct tls_changes *c, const struct tls_turn *turn, const struct service *service,
           const struct etcd_settings *settings, struct error *e)
{
    static const struct tls_set none = {0};
    const struct tls_switch *s = turn->job->of;

    change_history(c, turn, settings);
    if (s->to == TLS_PLAIN) {
        change_metrics(c, settings);
        tls_change_setting(c, "trusted-ca-file", NULL);
        tls_change_setting(c, "client-cert-auth", NULL);
        return change_certificates(c, service, &none, e);
    }
    if (!s->client_auth)
        return true;
    tls_change_setting(c, "client-cert-auth", "true");
    return tls_change_file(c, service, "trusted-ca-file", turn->job->places.server.ca_file, e);
}

static bool
host_changes(const struct tls_turn *turn, const struct service *service,
             struct tls_changes *changes, struct error *e)
{
    struct etcd_settings settings = ETCD_SETTINGS_INIT;
    struct tls_urls urls;

    if (!service_settings(changes->mem, service, &settings, e))
        return false;
    turn_urls(changes->mem, turn, &urls);
    change_urls(changes, "listen-peer-urls", &urls.listen_peers);
    if (turn->phase == TLS_PHASE_OLD)
        return true;
    change_urls(changes, "listen-client-urls", &urls.listen_clients);
    change_urls(changes, "advertise-client-urls", &urls.clients);
    return (turn->job->of->to == TLS_PLAIN ||
            change_certificates(changes, service, &turn->job->places, e)) &&
           (turn->phase != TLS_PHASE_END || change_end(changes, turn, service, &settings, e)) &&
           tls_change_probes(changes, service, &settings, e);
}

static bool
host_change(const struct tls_turn *turn, const struct service *service, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tls_changes changes = {.mem = &tmp};
    const char *keeping = keeping_of(&tmp, turn);

    if (!host_changes(turn, service, &changes, e))
        return false;
    return service_fit(service,
                       &(struct service_fitting){changes.mounts, changes.mount_count,
                                                 changes.probes, changes.probe_count},
                       keeping, e) &&
           service_change(service, changes.settings, changes.setting_count, keeping, e);
}

static bool
host_put_back_all(const struct tls_turn *turn, const struct service *service, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return service_take_back(service, keeping_of(&tmp, turn), e);
}

/* --- all of it --- */

static bool
turn_service(struct tls_turn *turn, const struct inventory_member *member,
             struct service *ret_service, struct error *e)
{
    return site_service(&turn->job->of->live.site, member, ret_service, e);
}

bool
tls_turn_judge(const struct tls_turn *turn, struct site *site, const struct inventory *inventory,
               const struct inventory_member *now, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tls_changes changes = {.mem = &tmp};
    struct inventory_member member;
    struct service service;

    if (!site_service(site, now, &service, e) ||
        (turn->job->of->lab == NULL && !host_changes(turn, &service, &changes, e)))
        return false;
    member = tls_turn_member(&tmp, turn, now);
    return member_start_certs_check(
        site, inventory, &member,
        &(struct member_start_changes){changes.settings, changes.setting_count, changes.mounts,
                                       changes.mount_count},
        e);
}

/* The inventory last: until then the member is asked where it was, and both is possible in between. */
bool
tls_turn_apply(struct tls_turn *turn, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct inventory_member *now;
    struct inventory_member member;
    struct inventory *inventory;
    struct service service;

    if (!tls_job_member(&tmp, turn->job, &inventory, &now, e) || !before_keep(turn, now, e) ||
        !turn_service(turn, now, &service, e) || !service_stop(&service, e))
        return false;
    member = tls_turn_member(&tmp, turn, now);
    if (turn->job->of->lab != NULL
            ? !service_install(&service, lab_member_argv(&tmp, inventory, &member), e)
            : !host_change(turn, &service, e))
        return false;
    inventory_member_switch(&tmp, inventory, &member);
    return tls_switch_save(turn->job->of, inventory, e) && service_start(&service, e);
}

bool
tls_turn_take_back(struct tls_turn *turn, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct inventory_member *now;
    struct inventory_member before;
    struct inventory *inventory;
    struct service service;

    if (!tls_job_member(&tmp, turn->job, &inventory, &now, e) ||
        !before_get(&tmp, turn, &before, e) || !turn_service(turn, now, &service, e) ||
        !service_stop(&service, e))
        return false;
    if (turn->job->of->lab != NULL
            ? !service_install(&service, lab_member_argv(&tmp, inventory, &before), e)
            : !host_put_back_all(turn, &service, e))
        return false;
    inventory_member_switch(&tmp, inventory, &before);
    return tls_switch_save(turn->job->of, inventory, e) && service_start(&service, e);
}
