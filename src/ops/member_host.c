/* What a member that joins on a host of its own gets from another member: all that nobody said. */

#include <string.h>

#include "base/io.h"
#include "format/peer_urls.h"
#include "node/host/host_owner.h"
#include "node/host/host_url.h"
#include "ops/member_state.h"

#define KUBEADM_MANIFEST "/etc/kubernetes/manifests/etcd.yaml"

static bool
is_word_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A path with one member's name in it is the other's with the other name. */
static const char *
path_renamed(struct arena *mem, const char *path, const char *from, const char *to)
{
    size_t size = strlen(from);
    const char *at = path;

    /* These are parts of paths that mean no member. */
    if (strcmp(from, "etcd") == 0 || strcmp(from, "default") == 0)
        return path;
    while (path != NULL && (at = strstr(at, from)) != NULL) {
        if ((at == path || !is_word_byte(at[-1])) && !is_word_byte(at[size]))
            return arena_printf(mem, "%.*s%s%s", (int)(at - path), path, to, at + size);
        at++;
    }
    return path;
}

static struct inventory_tls
tls_renamed(struct arena *mem, const struct inventory_tls *tls, const char *from, const char *to)
{
    return (struct inventory_tls){path_renamed(mem, tls->ca_file, from, to),
                                  path_renamed(mem, tls->cert_file, from, to),
                                  path_renamed(mem, tls->key_file, from, to)};
}

/* --- URLs --- */

static bool
is_address(const char *host)
{
    return strchr(host, ':') != NULL || host[strspn(host, "0123456789.")] == '\0';
}

static const char *
url_with(struct arena *mem, const char *url, const char *host, const char *port)
{
    int scheme = (int)(strstr(url, "://") + 3 - url);
    bool brackets = strchr(host, ':') != NULL;

    return arena_printf(mem, "%.*s%s%s%s:%s", scheme, url, brackets ? "[" : "", host,
                        brackets ? "]" : "", port);
}

/* The pattern's URL on the joiner's host: by name where the pattern's has a name, else by address, as the host of
 * 'member' knows it. */
static bool
url_of_host(struct arena *mem, struct site *site, const struct inventory_member *member,
            const char *url, const char *host_url_text, const char *option,
            struct inventory_urls *ret_urls, struct error *e)
{
    const char **items = arena_zero(mem, sizeof(*items));
    struct host_url there;
    const struct host *asked;
    const char *host;
    const char *port;

    if (!host_url_parse(mem, host_url_text, &there, e))
        return false;
    if (there.is_local || !peer_url_host_port(mem, url, &host, &port))
        return error_set(e, ERROR_USAGE, "where will '%s' be reached by others?", host_url_text) ||
               error_hint(e, "%s URL", option);
    if (!is_address(host))
        host = there.host;
    else if (!site_host(site, member, &asked, e) || !host_resolve(mem, asked, there.host, &host, e))
        return error_wrap(e, "the address of '%s'", there.host) || error_hint(e, "%s URL", option);
    items[0] = url_with(mem, url, host, port);
    *ret_urls = (struct inventory_urls){items, 1};
    return true;
}

static struct inventory_urls
one_url(struct arena *mem, const char *url)
{
    const char **items = arena_zero(mem, sizeof(*items));

    items[0] = url;
    return (struct inventory_urls){items, 1};
}

/* --- choosing --- */

static bool
is_known_well(const struct inventory_member *m)
{
    return m->runner_name != NULL && m->host != NULL && m->peer_urls.count > 0 &&
           m->client_urls.count > 0 && m->data_dir != NULL;
}

/* The first that serves, since its host is up; else the first of all. Of the kind that is wanted, if there is
 * one. */
static const struct inventory_member *
pattern_best(const struct inventory *inventory, const struct cluster_view *view,
             enum inventory_runner wanted)
{
    const struct inventory_member *best = NULL;
    int best_rank = -1;

    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_member *m = &inventory->members.items[i];
        const struct member_view *seen = view_member_by_name(view, m->name);
        int rank = 2 * (m->runner == wanted) + (seen != NULL && seen->known);

        if (!is_known_well(m) || rank <= best_rank)
            continue;
        best = m;
        best_rank = rank;
    }
    return best;
}

static bool
pattern_choose(const struct member_request *request, const struct cluster_view *view,
               const struct inventory_member **ret_pattern, struct error *e)
{
    const struct inventory *inventory = request->inventory;
    enum inventory_runner wanted = INVENTORY_RUNNER_UNKNOWN;
    const char *name;

    if (request->runs != NULL)
        (void)inventory_runner_parse(request->runs, &wanted, &name);
    *ret_pattern = request->like != NULL ? inventory_member_by_name(inventory, request->like)
                                         : pattern_best(inventory, view, wanted);
    if (*ret_pattern != NULL && is_known_well(*ret_pattern))
        return true;
    if (*ret_pattern == NULL && request->like != NULL)
        return error_set(e, ERROR_NOT_FOUND, "'%s' has no member '%s'", inventory->name,
                         request->like);
    error_set_(e, ERROR_REFUSED, 0,
               "cluster '%s' does not say how %s runs: nobody to lay out others like",
               inventory->name, request->like != NULL ? request->like : "any member");
    return error_hint(e, "quorate cluster discover --cluster %s --host ssh://root@HOST --write",
                      inventory->name);
}

static bool
runner_choose(const struct member_request *request, const struct inventory_member *pattern,
              struct inventory_member *m, struct error *e)
{
    m->runner = pattern->runner;
    m->runner_name = pattern->runner_name;
    return request->runs == NULL ||
           inventory_runner_parse(request->runs, &m->runner, &m->runner_name) ||
           error_set(e, ERROR_USAGE,
                     "'%s' says not how etcd runs: systemd:UNIT, or static-pod:/PATH/OF/MANIFEST",
                     request->runs);
}

/* 'pattern' is what it is laid out like, 'member' one whose host is asked for addresses. */
static bool
member_choose(struct arena *mem, const struct member_request *request, struct site *site,
              const struct inventory_member *member, const struct inventory_member *pattern,
              struct inventory_member *m, struct error *e)
{
    if (m->name == NULL || m->host == NULL)
        return error_set(e, ERROR_USAGE, "on which host is '%s' to run?",
                         m->name != NULL ? m->name : "the new member") ||
               error_hint(e, "%s=ssh://root@HOST", m->name != NULL ? m->name : "NAME");
    if (!runner_choose(request, pattern, m, e))
        return false;
    if (m->runner_name == NULL)
        m->runner_name = member->runner == m->runner ? member->runner_name : KUBEADM_MANIFEST;
    m->data_dir = request->data_dir != NULL
                      ? request->data_dir
                      : path_renamed(mem, pattern->data_dir, pattern->name, m->name);
    m->wal_dir = path_renamed(mem, pattern->wal_dir, pattern->name, m->name);
    if (m->runner == pattern->runner)
        m->log_path = path_renamed(mem, pattern->log_path, pattern->name, m->name);
    m->tls = tls_renamed(mem, &pattern->tls, pattern->name, m->name);
    m->peer_tls = tls_renamed(mem, &pattern->peer_tls, pattern->name, m->name);
    m->peer_urls = one_url(mem, request->peer_url);
    m->client_urls = one_url(mem, request->client_url);
    return (request->peer_url != NULL || url_of_host(mem, site, member, pattern->peer_urls.items[0],
                                                     m->host, "--peer-url", &m->peer_urls, e)) &&
           (request->client_url != NULL ||
            url_of_host(mem, site, member, pattern->client_urls.items[0], m->host, "--client-url",
                        &m->client_urls, e));
}

struct inventory_member *
members_named(struct arena *mem, const struct member_request *request, size_t count)
{
    struct inventory_member *members = arena_zero(mem, (count + 1) * sizeof(*members));

    for (size_t i = 0; i < count && i < request->fresh_count; i++) {
        members[i].name = request->fresh[i].name;
        members[i].host = request->fresh[i].host;
    }
    return members;
}

/* A lab is all here. */
static bool
lab_has_no_hosts(const struct inventory_member *members, size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        if (members[i].host != NULL)
            return error_set(e, ERROR_USAGE, "a lab's members run here, and not on '%s'",
                             members[i].host);
    }
    return true;
}

/* kubeadm's image of the version that the members run: "registry.k8s.io/etcd:3.5.30-0". */
static const char *
image_choose(struct arena *mem, const struct member_request *request,
             const struct cluster_view *view)
{
    const char *version = request->inventory->version;

    for (size_t i = 0; i < view->member_count; i++) {
        if (view->members[i].known)
            version = view->members[i].status.version;
    }
    if (request->image != NULL || version == NULL)
        return request->image;
    return arena_printf(mem, "registry.k8s.io/etcd:%s-0", version);
}

/* The manifest that was given; else the member. */
static bool
manifest_choose(struct arena *mem, const struct member_request *request,
                const struct inventory_member **pattern, struct member_layout *ret_layout,
                struct error *e)
{
    struct inventory_member *of_manifest = arena_zero(mem, sizeof(*of_manifest));
    struct service ignored;

    ret_layout->like = (*pattern)->name;
    if (request->manifest == NULL)
        return true;
    *pattern = of_manifest;
    return path_absolute(mem, request->manifest, &ret_layout->manifest, e) &&
           manifest_member(mem, ret_layout->manifest, of_manifest, &ignored, e);
}

bool
members_choose(struct arena *mem, const struct member_request *request, struct site *site,
               const struct cluster_view *view, struct inventory_member *members, size_t count,
               struct member_layout *ret_layout, struct error *e)
{
    const struct inventory_member *member;
    const struct inventory_member *pattern;

    *ret_layout = (struct member_layout){0};
    if (request->inventory->lab != NULL)
        return lab_has_no_hosts(members, count, e) &&
               lab_members_choose(mem, request, view, members, count, e);
    if (!pattern_choose(request, view, &member, e))
        return false;
    pattern = member;
    if (request->pki != NULL && !path_absolute(mem, request->pki, &ret_layout->pki, e))
        return false;
    if (!manifest_choose(mem, request, &pattern, ret_layout, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!member_choose(mem, request, site, member, pattern, &members[i], e))
            return false;
        if (request->pki != NULL && members[i].tls.cert_file == NULL)
            return error_set(e, ERROR_USAGE, "--pki is for clusters with TLS, and '%s' has none",
                             pattern->name);
        if (members[i].runner == INVENTORY_RUNNER_STATIC_POD)
            ret_layout->image = image_choose(mem, request, view);
        else if (request->manifest != NULL || request->image != NULL)
            return error_set(e, ERROR_USAGE,
                             "--manifest and --image are for static pods, and '%s' is to be a "
                             "systemd unit",
                             members[i].name) ||
                   error_hint(e, "--runs static-pod:" KUBEADM_MANIFEST);
    }
    return true;
}

/* --- its settings --- */

struct translation {
    const char *host_from, *host_to;       /* as advertised */
    const char *address_from, *address_to; /* what they listen on */
    const char *port_from, *port_to;
};

/* Each address is asked of the other host: a host may know itself as 127.0.1.1. A manifest is no host's. */
static bool
translation_make(struct arena *mem, struct site *site, const struct inventory_member *pattern,
                 const char *url_from, const struct inventory_member *joiner, const char *url_to,
                 struct translation *ret_translation, struct error *e)
{
    struct translation t = {0};
    const struct host *there = NULL;
    const struct host *here;

    if (!peer_url_host_port(mem, url_from, &t.host_from, &t.port_from) ||
        !peer_url_host_port(mem, url_to, &t.host_to, &t.port_to))
        return error_set(e, ERROR_USAGE, "'%s' or '%s' has no host and port", url_from, url_to);
    if (!site_host(site, joiner, &here, e) ||
        (pattern->host != NULL && !site_host(site, pattern, &there, e)) ||
        !host_resolve(mem, here, t.host_from, &t.address_from, e) ||
        !host_resolve(mem, there != NULL ? there : here, t.host_to, &t.address_to, e))
        return false;
    *ret_translation = t;
    return true;
}

static const char *
url_translate(struct arena *mem, const char *url, const struct translation *t)
{
    const char *host;
    const char *port;

    if (!peer_url_host_port(mem, url, &host, &port))
        return url;
    if (strcmp(port, t->port_from) == 0)
        port = t->port_to;
    if (strcmp(host, t->address_from) == 0)
        host = t->address_to;
    else if (strcmp(host, t->host_from) == 0)
        host = t->host_to;
    return url_with(mem, url, host, port);
}

static const char *
urls_translate(struct arena *mem, const char *urls, const struct translation *t)
{
    AUTO_BUF out = BUF_INIT;

    while (*urls != '\0') {
        size_t size = strcspn(urls, ",");
        const char *url = arena_printf(mem, "%.*s", (int)size, urls);

        buf_printf(&out, "%s%s", out.size > 0 ? "," : "", url_translate(mem, url, t));
        urls += size + (urls[size] == ',');
    }
    return arena_text(mem, buf_text(&out));
}

static const char *
urls_text(struct arena *mem, const struct inventory_urls *urls)
{
    AUTO_BUF out = BUF_INIT;

    for (size_t i = 0; i < urls->count; i++)
        buf_printf(&out, "%s%s", i > 0 ? "," : "", urls->items[i]);
    return arena_text(mem, buf_text(&out));
}

static void
add(struct arena *mem, struct setting_list *changes, const char *name, const char *value)
{
    *ARRAY_PUSH(mem, &changes->items) = (struct setting_change){name, value};
}

static void
add_renamed(struct arena *mem, struct setting_list *changes, const struct etcd_settings *settings,
            const struct inventory_member *pattern, const struct inventory_member *joiner)
{
    static const char *const names[] = {
        "cert-file",      "key-file",      "trusted-ca-file",      "client-cert-file",
        "peer-cert-file", "peer-key-file", "peer-trusted-ca-file", "peer-client-cert-file"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct etcd_setting *setting = settings_get(settings, names[i]);
        const char *value =
            setting != NULL ? path_renamed(mem, setting->value, pattern->name, joiner->name) : NULL;

        if (setting != NULL && strcmp(value, setting->value) != 0)
            add(mem, changes, names[i], value);
    }
}

static void
add_dir(struct arena *mem, struct setting_list *changes, const char *name, const char *of_pattern,
        const char *wanted)
{
    if (wanted != NULL && (of_pattern == NULL || strcmp(of_pattern, wanted) != 0))
        add(mem, changes, name, wanted);
}

bool
joiner_settings(struct arena *mem, struct site *site, const struct inventory_member *pattern,
                const struct etcd_settings *settings, const struct inventory_member *joiner,
                struct setting_list *changes, struct error *e)
{
    static const char *const of_clients[] = {"listen-client-urls", "listen-client-http-urls",
                                             "listen-metrics-urls"};
    const struct etcd_setting *listen_peer = settings_get(settings, "listen-peer-urls");
    struct translation peer;
    struct translation client;
    bool same;

    if (!translation_make(mem, site, pattern, pattern->peer_urls.items[0], joiner,
                          joiner->peer_urls.items[0], &peer, e) ||
        !translation_make(mem, site, pattern, pattern->client_urls.items[0], joiner,
                          joiner->client_urls.items[0], &client, e))
        return false;
    add(mem, changes, "name", joiner->name);
    add(mem, changes, "initial-advertise-peer-urls", urls_text(mem, &joiner->peer_urls));
    add(mem, changes, "advertise-client-urls", urls_text(mem, &joiner->client_urls));
    if (listen_peer != NULL)
        add(mem, changes, "listen-peer-urls", urls_translate(mem, listen_peer->value, &peer));
    for (size_t i = 0; i < sizeof(of_clients) / sizeof(of_clients[0]); i++) {
        const struct etcd_setting *setting = settings_get(settings, of_clients[i]);

        if (setting != NULL)
            add(mem, changes, of_clients[i], urls_translate(mem, setting->value, &client));
    }
    /* What is a default of the one kind's files is none of the other's. */
    same = pattern->runner == joiner->runner;
    add_dir(mem, changes, "data-dir", same ? pattern->data_dir : NULL, joiner->data_dir);
    add_dir(mem, changes, "wal-dir", same ? pattern->wal_dir : NULL, joiner->wal_dir);
    add_renamed(mem, changes, settings, pattern, joiner);
    return true;
}
