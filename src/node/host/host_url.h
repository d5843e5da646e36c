/* Where a host is: "local:" or "ssh://[USER@]HOST[:PORT]". */
#ifndef QUORATE_NODE_HOST_URL_H
#define QUORATE_NODE_HOST_URL_H

#include "base/arena.h"
#include "base/error.h"

struct host_url {
    bool is_local;
    const char *host; /* without brackets; "local" when it is */
    const char *user; /* NULL: not given, as the port */
    const char *port;
};

/* e  ERROR_USAGE: quotes the URL and says what is wrong with it. Memory  texts in 'mem'. */
MUST_CHECK bool host_url_parse(struct arena *mem, const char *url, struct host_url *ret_url,
                               struct error *e);

#endif
