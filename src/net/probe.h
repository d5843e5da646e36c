/* One question to a port that hung up on us: does it speak the other language? Sends a TLS
 * ClientHello, or the start of HTTP/2, and looks at the first bytes of the answer. */
#ifndef QUORATE_NET_PROBE_H
#define QUORATE_NET_PROBE_H

#include <stdbool.h>

#include "net/tcp.h"

enum probe_language { PROBE_TLS, PROBE_HTTP };

typedef void probe_done(void *context, bool speaks);

struct probe {
    struct loop *loop; /* NULL: none under way */
    enum probe_language language;
    struct tcp_dial dial;
    struct loop_watch watch;
    struct loop_timer timer;
    int fd;
    probe_done *done;
    void *context;
};

/* 'done' comes once, from the loop, within a second. */
void probe_start(struct probe *p, struct loop *loop, const struct endpoint *ep,
                 enum probe_language language, probe_done *done, void *context);
void probe_stop(struct probe *p);

#endif
