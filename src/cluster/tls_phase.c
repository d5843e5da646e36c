#include "cluster/tls_phase.h"

#include <string.h>

#include "base/buf.h"

const char *
tls_scheme_word(enum tls_scheme scheme)
{
    return scheme == TLS_SECURE ? "https" : "http";
}

enum tls_scheme
tls_scheme_other(enum tls_scheme scheme)
{
    return scheme == TLS_SECURE ? TLS_PLAIN : TLS_SECURE;
}

const char *
tls_url_authority(const char *url)
{
    const char *colon = strstr(url, "://");

    return colon != NULL ? colon + 3 : url;
}

bool
tls_url_is(const char *url, enum tls_scheme scheme)
{
    const char *word = tls_scheme_word(scheme);
    size_t length = strlen(word);

    return strncmp(url, word, length) == 0 && strncmp(url + length, "://", 3) == 0;
}

/* --- lists --- */

/* 'room' is for as many as will come. */
static struct inventory_urls
urls_with_room(struct arena *mem, size_t room)
{
    return (struct inventory_urls){arena_zero(mem, (room + 1) * sizeof(char *)), 0};
}

static void
urls_add(struct inventory_urls *urls, const char *url)
{
    if (!inventory_urls_have(urls, url))
        urls->items[urls->count++] = url;
}

const char *
tls_urls_text(struct arena *mem, const struct inventory_urls *urls)
{
    AUTO_BUF text = BUF_INIT;

    for (size_t i = 0; i < urls->count; i++)
        buf_printf(&text, "%s%s", i > 0 ? "," : "", urls->items[i]);
    return arena_text(mem, buf_text(&text));
}

static const char *
url_make(struct arena *mem, enum tls_scheme scheme, const char *authority)
{
    return arena_printf(mem, "%s://%s", tls_scheme_word(scheme), authority);
}

struct inventory_urls
tls_urls_of(struct arena *mem, enum tls_scheme scheme, const struct inventory_urls *authorities)
{
    struct inventory_urls urls = urls_with_room(mem, authorities->count);

    for (size_t i = 0; i < authorities->count; i++)
        urls_add(&urls, url_make(mem, scheme, authorities->items[i]));
    return urls;
}

static struct inventory_urls
authorities_of(struct arena *mem, const struct inventory_urls *urls)
{
    struct inventory_urls authorities = urls_with_room(mem, urls->count);

    for (size_t i = 0; i < urls->count; i++)
        urls_add(&authorities, tls_url_authority(urls->items[i]));
    return authorities;
}

struct inventory_urls
tls_urls_by(struct arena *mem, enum tls_scheme scheme, const struct inventory_urls *urls)
{
    struct inventory_urls authorities = authorities_of(mem, urls);

    return tls_urls_of(mem, scheme, &authorities);
}

struct inventory_urls
tls_urls_switch(struct arena *mem, const struct inventory_urls *urls,
                const struct inventory_urls *authorities, enum tls_scheme scheme)
{
    struct inventory_urls now = urls_with_room(mem, urls->count);

    for (size_t i = 0; i < urls->count; i++) {
        const char *url = urls->items[i];
        const char *authority = tls_url_authority(url);

        urls_add(&now, authority != url && inventory_urls_have(authorities, authority)
                           ? url_make(mem, scheme, authority)
                           : url);
    }
    return now;
}

/* --- what is there --- */

static size_t
count_of(const struct inventory_urls *urls, enum tls_scheme scheme)
{
    size_t count = 0;

    for (size_t i = 0; i < urls->count; i++)
        count += tls_url_is(urls->items[i], scheme);
    return count;
}

/* "[::1]:2380" is "[::1]" and "2380". */
static const char *
port_of(const char *url)
{
    const char *colon = strrchr(tls_url_authority(url), ':');

    return colon != NULL ? colon + 1 : "";
}

static const char *
host_of(struct arena *mem, const char *url)
{
    const char *authority = tls_url_authority(url);
    size_t length = strlen(authority) - strlen(port_of(url));

    return arena_text_of_bytes(mem, bytes_of(authority, length > 0 ? length - 1 : 0));
}

static struct inventory_urls
ports_of(struct arena *mem, const struct inventory_urls *urls, enum tls_scheme scheme)
{
    struct inventory_urls ports = urls_with_room(mem, urls->count);

    for (size_t i = 0; i < urls->count; i++) {
        if (tls_url_is(urls->items[i], scheme))
            urls_add(&ports, port_of(urls->items[i]));
    }
    return ports;
}

static struct inventory_urls
hosts_of(struct arena *mem, const struct inventory_urls *urls)
{
    struct inventory_urls hosts = urls_with_room(mem, urls->count);

    for (size_t i = 0; i < urls->count; i++)
        urls_add(&hosts, host_of(mem, urls->items[i]));
    return hosts;
}

static bool
schemes_check(const struct inventory_urls *urls, const char *what, struct error *e)
{
    for (size_t i = 0; i < urls->count; i++) {
        const char *url = urls->items[i];

        if (!tls_url_is(url, TLS_PLAIN) && !tls_url_is(url, TLS_SECURE))
            return error_set(e, ERROR_REFUSED, "it has '%s' among its %s: neither http nor https",
                             url, what);
    }
    return urls->count > 0 || error_set(e, ERROR_REFUSED, "its %s are not known", what);
}

/* One that is done with has its own port last: as the plan writes it. */
static bool
ports_find(struct arena *mem, const struct tls_urls *now, enum tls_scheme to,
           struct tls_addresses *addresses, struct error *e)
{
    struct inventory_urls old = ports_of(mem, &now->listen_peers, tls_scheme_other(to));
    struct inventory_urls new = ports_of(mem, &now->listen_peers, to);

    if (old.count > 1 || new.count > 2 || (old.count == 1 && new.count > 1))
        return error_set(e, ERROR_REFUSED, "it listens for peers at several ports (%s)",
                         tls_urls_text(mem, &now->listen_peers)) ||
               error_hint(e, "leave it one peer port; a second one is used on the way only");
    addresses->peer_port = old.count == 1 ? old.items[0] : new.items[new.count - 1];
    addresses->spare_port = old.count == 1   ? (new.count == 1 ? new.items[0] : NULL)
                            : new.count == 2 ? new.items[0]
                                             : NULL;
    return true;
}

static bool
listens_at(const struct inventory_urls *listen, enum tls_scheme scheme, const char *port)
{
    for (size_t i = 0; i < listen->count; i++) {
        if (tls_url_is(listen->items[i], scheme) && strcmp(port_of(listen->items[i]), port) == 0)
            return true;
    }
    return false;
}

/* A member that is listed where it does not listen is cut off as soon as a connection breaks. */
static bool
listing_look(const struct tls_urls *now, struct tls_addresses *addresses, struct error *e)
{
    for (size_t i = 0; i < now->peers.count; i++) {
        const char *url = now->peers.items[i];
        enum tls_scheme scheme = tls_url_is(url, TLS_SECURE) ? TLS_SECURE : TLS_PLAIN;
        enum tls_scheme other = tls_scheme_other(scheme);

        if (listens_at(&now->listen_peers, scheme, port_of(url)))
            continue;
        if (strcmp(port_of(url), addresses->peer_port) != 0 ||
            !listens_at(&now->listen_peers, other, port_of(url)))
            return error_set(e, ERROR_REFUSED,
                             "the member list has it at '%s', and it does not listen there", url) ||
                   error_hint(e, "quorate member update ID --peer-urls URL, to one that it "
                                 "listens at");
        addresses->relist = tls_scheme_word(other);
    }
    return true;
}

bool
tls_addresses_find(struct arena *mem, const struct tls_urls *now, enum tls_scheme to,
                   struct tls_addresses *ret, struct error *e)
{
    struct tls_addresses found = {0};

    if (!schemes_check(&now->listen_peers, "peer listeners", e) ||
        !schemes_check(&now->peers, "peer URLs", e) ||
        !schemes_check(&now->listen_clients, "client listeners", e) ||
        !schemes_check(&now->clients, "advertised client URLs", e) ||
        !ports_find(mem, now, to, &found, e) || !listing_look(now, &found, e))
        return false;
    found.listen_peers = hosts_of(mem, &now->listen_peers);
    found.peers = hosts_of(mem, &now->peers);
    found.listen_clients = authorities_of(mem, &now->listen_clients);
    found.clients = authorities_of(mem, &now->clients);
    *ret = found;
    return true;
}

bool
tls_addresses_find_returning(struct arena *mem, const struct tls_urls *now, enum tls_scheme to,
                             struct tls_addresses *ret, struct error *e)
{
    struct tls_urls returned = *now;

    returned.listen_peers = tls_urls_by(mem, tls_scheme_other(to), &now->listen_peers);
    if (!tls_addresses_find(mem, &returned, to, ret, e))
        return false;
    ret->returns = true;
    return true;
}

/* --- phases --- */

static enum tls_phase
clients_phase(const struct tls_urls *now, enum tls_scheme to)
{
    size_t new = count_of(&now->listen_clients, to);
    size_t old = count_of(&now->listen_clients, tls_scheme_other(to));

    if (old == 0 && count_of(&now->clients, tls_scheme_other(to)) == 0)
        return TLS_PHASE_END;
    /* Each of its ports takes both. */
    return new > 0 && new >= old &&count_of(&now->clients, to) > 0 ? TLS_PHASE_BOTH : TLS_PHASE_OLD;
}

static enum tls_phase
peers_phase(const struct tls_urls *now, enum tls_scheme to)
{
    AUTO_ARENA tmp = ARENA_INIT;
    size_t old = count_of(&now->listen_peers, tls_scheme_other(to));
    size_t new = count_of(&now->listen_peers, to);

    if (old > 0)
        return new > 0 ? TLS_PHASE_BOTH : TLS_PHASE_OLD;
    return ports_of(&tmp, &now->listen_peers, to).count > 1 ? TLS_PHASE_NEW : TLS_PHASE_END;
}

bool
tls_clients_race(const char *version)
{
    static const char *const first_without[] = {"3.4.25", "3.5.8"};
    size_t minor = strlen("3.4.");

    if (version == NULL || strncmp(version, "3.", 2) != 0 || strlen(version) <= minor)
        return true;
    for (size_t i = 0; i < sizeof(first_without) / sizeof(first_without[0]); i++) {
        if (strncmp(version, first_without[i], minor) == 0)
            return strverscmp(version, first_without[i]) < 0;
    }
    return strverscmp(version, first_without[0]) < 0;
}

enum tls_phase
tls_phase_of(const struct tls_urls *now, enum tls_scheme to, enum tls_clients change)
{
    enum tls_phase clients = clients_phase(now, to);
    enum tls_phase peers = peers_phase(now, to);

    if (change == TLS_CLIENTS_KEEP && clients == TLS_PHASE_BOTH)
        clients = TLS_PHASE_END;
    if (change == TLS_CLIENTS_FLIP && clients == TLS_PHASE_OLD)
        clients = TLS_PHASE_BOTH;
    return clients < peers ? clients : peers;
}

bool
tls_peers_arrived(const struct tls_urls *now, enum tls_scheme to)
{
    return peers_phase(now, to) == TLS_PHASE_END && count_of(&now->peers, to) == now->peers.count;
}

static void
peers_add(struct arena *mem, struct inventory_urls *urls, enum tls_scheme scheme,
          const struct inventory_urls *hosts, const char *port)
{
    for (size_t i = 0; port != NULL && i < hosts->count; i++)
        urls_add(urls, url_make(mem, scheme, arena_printf(mem, "%s:%s", hosts->items[i], port)));
}

/* A listener a scheme and port; without a spare port the peers are at the end already. */
static struct inventory_urls
listen_peers_at(struct arena *mem, const struct tls_addresses *a, enum tls_scheme to,
                enum tls_phase phase)
{
    struct inventory_urls urls = urls_with_room(mem, 2 * a->listen_peers.count);
    enum tls_scheme old = tls_scheme_other(to);

    if (phase == TLS_PHASE_OLD || (phase == TLS_PHASE_BOTH && a->spare_port != NULL))
        peers_add(mem, &urls, old, &a->listen_peers, a->peer_port);
    if (phase == TLS_PHASE_BOTH || phase == TLS_PHASE_NEW)
        peers_add(mem, &urls, to, &a->listen_peers, a->spare_port);
    if (phase == TLS_PHASE_NEW || phase == TLS_PHASE_END || urls.count == 0)
        peers_add(mem, &urls, to, &a->listen_peers, a->peer_port);
    return urls;
}

static struct inventory_urls
peers_at(struct arena *mem, const struct tls_addresses *a, enum tls_scheme scheme, const char *port)
{
    struct inventory_urls urls = urls_with_room(mem, a->peers.count);

    peers_add(mem, &urls, scheme, &a->peers, port);
    return urls;
}

struct inventory_urls
tls_peers_relisted(struct arena *mem, const struct tls_addresses *addresses)
{
    return peers_at(mem, addresses,
                    strcmp(addresses->relist, tls_scheme_word(TLS_SECURE)) == 0 ? TLS_SECURE
                                                                                : TLS_PLAIN,
                    addresses->peer_port);
}

struct inventory_urls
tls_phase_peers_after(struct arena *mem, const struct tls_addresses *addresses, enum tls_scheme to,
                      enum tls_phase phase)
{
    if (phase == TLS_PHASE_OLD)
        return peers_at(mem, addresses, tls_scheme_other(to), addresses->peer_port);
    return peers_at(mem, addresses, to,
                    phase == TLS_PHASE_BOTH && addresses->spare_port != NULL
                        ? addresses->spare_port
                        : addresses->peer_port);
}

static struct inventory_urls
clients_at(struct arena *mem, const struct inventory_urls *authorities, enum tls_scheme to,
           enum tls_phase phase, enum tls_clients change)
{
    struct inventory_urls urls = urls_with_room(mem, 2 * authorities->count);
    bool old = phase <= TLS_PHASE_BOTH || change == TLS_CLIENTS_KEEP;
    bool new = phase > TLS_PHASE_BOTH || (phase == TLS_PHASE_BOTH && change != TLS_CLIENTS_FLIP);

    for (size_t i = 0; i < authorities->count && old; i++)
        urls_add(&urls, url_make(mem, tls_scheme_other(to), authorities->items[i]));
    for (size_t i = 0; i < authorities->count && new; i++)
        urls_add(&urls, url_make(mem, to, authorities->items[i]));
    return urls;
}

void
tls_phase_urls(struct arena *mem, const struct tls_addresses *addresses, enum tls_scheme to,
               enum tls_phase phase, struct tls_urls *ret)
{
    ret->listen_peers = listen_peers_at(mem, addresses, to, phase);
    ret->peers = tls_phase_peers_after(mem, addresses, to,
                                       phase > TLS_PHASE_OLD ? phase - 1 : TLS_PHASE_OLD);
    ret->listen_clients = clients_at(mem, &addresses->listen_clients, to, phase, addresses->change);
    ret->clients = clients_at(mem, &addresses->clients, to, phase, addresses->change);
}
