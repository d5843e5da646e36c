/*
 * Peer URLs, read as etcd reads them: Go's URL parser and then etcd's own rules, with the error
 * texts of both, so that a script sees no difference.
 * Source: Go net/url Parse; etcd 3.5-3.7 client/pkg/types/urls.go NewURLs.
 */
#ifndef QUORATE_FORMAT_PEER_URLS_H
#define QUORATE_FORMAT_PEER_URLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

struct peer_urls {
    const char **items; /* sorted as text, scheme in lower case */
    size_t count;
};

/* Of one member; etcd has no such limit, nobody has more than a handful. */
enum { PEER_URLS_MAX = 64 };

/*
 * Reads a comma-separated list of peer URLs ("--initial-advertise-peer-urls").
 *
 * Blanks around a URL are cut; the list comes back sorted. An empty text is one empty URL, which is
 * refused, as etcdutl does.
 * e          ERROR_USAGE, etcdutl's text: 'URL scheme must be http, https, unix, or unixs: U',
 *            'URL address does not have the form "host:port": U', 'URL must not contain a path: U',
 *            'parse "U": ...'. ERROR_LIMIT: more than PEER_URLS_MAX.
 * Memory     ret_urls in mem.
 */
MUST_CHECK bool peer_urls_parse(struct arena *mem, const char *text, struct peer_urls *ret_urls,
                                struct error *e);

/* As peer_urls_parse, for URLs that are separate already; 'count' of 0: 'no valid URLs given'. */
MUST_CHECK bool peer_urls_check(struct arena *mem, const char *const *urls, size_t count,
                                struct peer_urls *ret_urls, struct error *e);

/* "U,U"; in mem. */
const char *peer_urls_text(struct arena *mem, const struct peer_urls *urls);

bool peer_urls_equal(const struct peer_urls *a, const struct peer_urls *b);
bool peer_urls_contain(const struct peer_urls *urls, const char *url);

/*
 * The host of a URL without brackets and port, and the port, which may be ""; false for unix
 * sockets. In mem.
 */
bool peer_url_host_port(struct arena *mem, const char *url, const char **ret_host,
                        const char **ret_port);

/* Whether only the host itself reaches it: "localhost", "127.0.0.1", "::1". */
bool host_is_loopback(const char *host);

#endif
