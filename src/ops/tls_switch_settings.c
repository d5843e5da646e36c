/* A member's settings in a phase, and how they come to its host and to the inventory, and back. */

#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "cluster/inventory_json.h"
#include "cluster/inventory_members.h"
#include "cluster/inventory_save.h"
#include "node/host/host_file.h"
#include "ops/lab_programs.h"
#include "ops/member_host_certs.h"
#include "ops/tls_switch_state.h"

enum { CHANGES_MOST = 16 };

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

    turn_urls(mem, turn, &urls);
    member.client_urls = new_scheme_first(mem, &urls.clients, s->to);
    if (s->to == TLS_SECURE) {
        member.tls = turn->job->tls;
        member.peer_tls = turn->job->peer_tls;
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

struct changes {
    struct arena *mem;
    struct setting_change items[CHANGES_MOST];
    size_t count;
};

static void
change_add(struct changes *c, const char *name, const char *value)
{
    ASSERT(c->count < CHANGES_MOST);
    c->items[c->count++] = (struct setting_change){name, value};
}

static void
change_urls(struct changes *c, const char *name, const struct inventory_urls *urls)
{
    change_add(c, name, tls_urls_text(c->mem, urls));
}

/* Peers show each other their certificates from the beginning. An authority for clients would have them asked,
 * too, whatever client-cert-auth says (client/pkg/transport/listener.go): it comes with that. */
static void
change_certificates(struct changes *c, const struct inventory_tls *tls,
                    const struct inventory_tls *peer_tls)
{
    change_add(c, "cert-file", tls->cert_file);
    change_add(c, "key-file", tls->key_file);
    change_add(c, "peer-cert-file", peer_tls->cert_file);
    change_add(c, "peer-key-file", peer_tls->key_file);
    change_add(c, "peer-trusted-ca-file", peer_tls->ca_file);
    change_add(c, "peer-client-cert-auth", peer_tls->cert_file != NULL ? "true" : NULL);
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

static void
change_end(struct changes *c, const struct tls_turn *turn, const struct etcd_settings *settings)
{
    static const struct inventory_tls none = {0};
    const struct tls_switch *s = turn->job->of;
    const struct etcd_setting *initial = settings_get(settings, "initial-cluster");
    struct inventory_urls peers =
        tls_phase_peers_after(c->mem, &turn->job->addresses, s->to, TLS_PHASE_END);

    if (settings_get(settings, "initial-advertise-peer-urls") != NULL)
        change_urls(c, "initial-advertise-peer-urls", &peers);
    if (initial != NULL)
        change_add(c, "initial-cluster", initial_cluster_now(c->mem, s, initial->value));
    if (s->to == TLS_PLAIN) {
        change_certificates(c, &none, &none);
        change_add(c, "trusted-ca-file", NULL);
        change_add(c, "client-cert-auth", NULL);
    } else if (s->client_auth) {
        change_add(c, "trusted-ca-file", turn->job->tls.ca_file);
        change_add(c, "client-cert-auth", "true");
    }
}

static bool
host_changes(const struct tls_turn *turn, const struct service *service, struct changes *changes,
             struct error *e)
{
    const struct tls_job *job = turn->job;
    struct etcd_settings settings = ETCD_SETTINGS_INIT;
    struct tls_urls urls;

    if (!service_settings(changes->mem, service, &settings, e))
        return false;
    turn_urls(changes->mem, turn, &urls);
    change_urls(changes, "listen-peer-urls", &urls.listen_peers);
    change_urls(changes, "listen-client-urls", &urls.listen_clients);
    change_urls(changes, "advertise-client-urls", &urls.clients);
    if (turn->phase == TLS_PHASE_BOTH && job->of->to == TLS_SECURE)
        change_certificates(changes, &job->tls, &job->peer_tls);
    if (turn->phase == TLS_PHASE_END)
        change_end(changes, turn, &settings);
    return true;
}

static bool
host_change(const struct tls_turn *turn, const struct service *service, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct changes changes = {.mem = &tmp};

    return host_changes(turn, service, &changes, e) &&
           service_change(service, changes.items, changes.count, keeping_of(&tmp, turn), e);
}

static bool
host_put_back_all(const struct tls_turn *turn, const struct service *service, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *keeping = keeping_of(&tmp, turn);
    struct host_file file;

    if (!host_file_look(&tmp, service->host, keeping, &file, e))
        return false;
    return file.kind == HOST_NOTHING ||
           (service_put_back(service, keeping, e) && host_file_remove(service->host, keeping, e));
}

/* --- all of it --- */

static bool
turn_service(struct tls_turn *turn, const struct inventory_member *member,
             struct service *ret_service, struct error *e)
{
    return site_service(&turn->job->of->live.site, member, ret_service, e);
}

bool
tls_turn_judge(struct tls_turn *turn, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_switch *s = turn->job->of;
    struct changes changes = {.mem = &tmp};
    const struct inventory_member *now;
    struct inventory_member member;
    struct inventory *inventory;
    struct service service;

    if (!tls_job_member(&tmp, turn->job, &inventory, &now, e) ||
        !turn_service(turn, now, &service, e) ||
        (s->lab == NULL && !host_changes(turn, &service, &changes, e)))
        return false;
    member = tls_turn_member(&tmp, turn, now);
    return member_start_certs_check(
        &turn->job->of->live.site, inventory, &member,
        &(struct member_start_changes){.settings = changes.items, .setting_count = changes.count},
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
    return inventory_save(inventory, e) && service_start(&service, e);
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
    return inventory_save(inventory, e) && service_start(&service, e);
}
