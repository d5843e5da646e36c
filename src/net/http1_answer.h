/* An HTTP/1 answer out of bytes as they arrive: status, then a body by length, in chunks, or up to
 * the end of the connection. Source: RFC 9112. */
#ifndef QUORATE_NET_HTTP1_ANSWER_H
#define QUORATE_NET_HTTP1_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { HTTP1_HEAD_MAX_BYTES = 64 << 10 };

enum http1_progress {
    HTTP1_MORE,
    HTTP1_COMPLETE,
    HTTP1_BROKEN, /* no HTTP/1 answer */
    HTTP1_LARGE,  /* head or body above their limits */
};

struct http1_answer {
    struct buf raw;   /* all that has arrived */
    size_t head_size; /* 0: the head is not complete */
    unsigned status;
    bool chunked;
    bool has_length;
    uint64_t length;
    int64_t date_s;    /* the server's clock: "Date", seconds since 1970 UTC; 0: none */
    size_t chunk_at;   /* where the next chunk's header begins; 0: at the head's end */
    size_t chunks_end; /* the chunks before it lie together from head_size to here */
};

void http1_answer_release(struct http1_answer *a);

/* The value of one header in 'head', by its name in any case; false when it is not there. */
bool http1_header_find(struct bytes head, const char *name, struct bytes *ret_value);

/*
 * Looks at what a->raw holds by now; 'ended': nothing more will come. When COMPLETE, ret_body gets
 * the body: a part of a->raw, from which chunk headers have been taken out. 204 has no body.
 */
enum http1_progress http1_answer_look(struct http1_answer *a, bool ended, size_t limit_bytes,
                                      struct bytes *ret_body);

#endif
