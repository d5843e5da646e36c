#include "cluster/member_tls.h"

#include <string.h>

#include "format/peer_urls.h"

struct reading {
    struct arena *mem;
    const struct etcd_settings *settings; /* NULL: not known */
    const struct setting_change *changes;
    size_t change_count;
};

/* What etcd goes by; NULL where nobody set it. An empty value is none. */
static const char *
value_of(const struct reading *r, const char *name)
{
    const struct etcd_setting *setting = NULL;
    const char *value = NULL;

    for (size_t i = 0; i < r->change_count; i++) {
        if (strcmp(r->changes[i].name, name) == 0)
            return r->changes[i].value;
    }
    if (r->settings != NULL)
        setting = settings_get(r->settings, name);
    if (setting != NULL)
        value = setting->value;
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool
is_on(const struct reading *r, const char *name, bool otherwise)
{
    const char *value = value_of(r, name);

    if (value == NULL)
        return otherwise;
    return strcmp(value, "true") == 0 || strcmp(value, "1") == 0 || strcmp(value, "t") == 0 ||
           strcmp(value, "T") == 0 || strcmp(value, "TRUE") == 0 || strcmp(value, "True") == 0;
}

/* The parts of a list; nothing for NULL. */
static struct member_tls_texts
list_of(struct arena *mem, const char *list)
{
    struct member_tls_texts texts = {0};

    while (list != NULL && *list != '\0') {
        size_t size = strcspn(list, ",");

        if (size > 0)
            *ARRAY_PUSH(mem, &texts) = arena_printf(mem, "%.*s", (int)size, list);
        list += size + (list[size] == ',');
    }
    return texts;
}

static struct inventory_urls
urls_of(const struct reading *r, const char *name)
{
    struct member_tls_texts texts = list_of(r->mem, value_of(r, name));

    return (struct inventory_urls){texts.items, texts.count};
}

static bool
is_https(const char *url)
{
    return strncmp(url, "https://", strlen("https://")) == 0;
}

static bool
has_https(const struct inventory_urls *urls)
{
    for (size_t i = 0; i < urls->count; i++) {
        if (is_https(urls->items[i]))
            return true;
    }
    return false;
}

static bool
listens_tls(const struct reading *r, const char *name)
{
    const struct inventory_urls urls = urls_of(r, name);

    return has_https(&urls);
}

const char *
member_tls_setting(struct arena *mem, const struct member_tls_side *side, const char *name)
{
    return side->is_peer ? arena_printf(mem, "peer-%s", name) : name;
}

static const char *
side_value(const struct reading *r, const struct member_tls_side *side, const char *name)
{
    return value_of(r, member_tls_setting(r->mem, side, name));
}

/* --- names --- */

/* Other addresses that it listens on may be nobody's way to it; who dials loopback is there as a rule. */
static void
add_loopback(const struct reading *r, const char *name, struct member_hosts *hosts)
{
    const struct inventory_urls urls = urls_of(r, name);
    const char *host;
    const char *port;

    for (size_t i = 0; i < urls.count; i++) {
        if (is_https(urls.items[i]) && peer_url_host_port(r->mem, urls.items[i], &host, &port) &&
            host_is_loopback(host))
            member_hosts_add(r->mem, hosts, host);
    }
}

static void
add_setting(const struct reading *r, const char *name, struct member_hosts *hosts)
{
    const struct inventory_urls urls = urls_of(r, name);

    member_hosts_add_urls(r->mem, hosts, &urls);
}

/* Endpoints that are no member's own are left out: each may be another member's second name. */
static struct member_hosts
client_hosts(const struct reading *r, const struct inventory_member *member)
{
    struct member_hosts hosts = {0};

    member_hosts_add_urls(r->mem, &hosts, &member->client_urls);
    add_setting(r, "advertise-client-urls", &hosts);
    add_loopback(r, "listen-client-urls", &hosts);
    return hosts;
}

/* What a member's settings say of its peer URLs holds for its first start only: the list has them. */
static struct member_hosts
peer_hosts(const struct reading *r, const struct inventory_member *member)
{
    struct member_hosts hosts = {0};

    member_hosts_add_urls(r->mem, &hosts, &member->peer_urls);
    if (member->peer_urls.count == 0)
        add_setting(r, "initial-advertise-peer-urls", &hosts);
    return hosts;
}

/* --- sides --- */

static void
files_read(const struct reading *r, struct member_tls_side *side)
{
    side->files =
        (struct inventory_tls){side_value(r, side, "trusted-ca-file"),
                               side_value(r, side, "cert-file"), side_value(r, side, "key-file")};
    side->client_cert_file = side_value(r, side, "client-cert-file");
    side->client_key_file = side_value(r, side, "client-key-file");
    side->makes_own = is_on(r, side->is_peer ? "peer-auto-tls" : "auto-tls", false);
    side->asks_clients =
        side->files.ca_file != NULL ||
        is_on(r, side->is_peer ? "peer-client-cert-auth" : "client-cert-auth", false);
}

static struct member_tls
known(const struct reading *r)
{
    struct member_tls tls = {.peers = {.is_peer = true}};

    files_read(r, &tls.clients);
    files_read(r, &tls.peers);
    tls.clients.listens = listens_tls(r, "listen-client-urls") ||
                          listens_tls(r, "listen-client-http-urls") ||
                          listens_tls(r, "listen-metrics-urls");
    tls.peers.listens = listens_tls(r, "listen-peer-urls");
    tls.peers.common_names = list_of(r->mem, value_of(r, "peer-cert-allowed-cn"));
    tls.peers.allowed_hosts = list_of(r->mem, value_of(r, "peer-cert-allowed-hostname"));
    tls.peers.skips_source = is_on(r, "peer-skip-client-san-verification", false) ||
                             is_on(r, "experimental-peer-skip-client-san-verification", false);
    return tls;
}

static struct member_tls
configured(const struct inventory_member *member)
{
    return (struct member_tls){
        .clients = {.files = member->tls, .asks_clients = member->tls.ca_file != NULL},
        .peers = {.is_peer = true,
                  .files = member->peer_tls,
                  .asks_clients = member->peer_tls.ca_file != NULL},
    };
}

struct member_tls
member_tls_of(struct arena *mem, const struct inventory_member *member,
              const struct etcd_settings *settings, const struct setting_change *changes,
              size_t change_count)
{
    const struct reading r = {mem, settings, changes, change_count};
    struct member_tls tls = settings != NULL ? known(&r) : configured(member);

    tls.clients.hosts = client_hosts(&r, member);
    tls.peers.hosts = peer_hosts(&r, member);
    tls.clients.is_client = tls.clients.asks_clients && tls.clients.client_cert_file == NULL &&
                            is_on(&r, "enable-grpc-gateway", true);
    tls.peers.is_client = tls.peers.client_cert_file == NULL;
    return tls;
}
