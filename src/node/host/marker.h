/*
 * A line of ours in a stream: what stands before it was not written by our command. Login shells read
 * files that print; servers send banners.
 */
#ifndef QUORATE_NODE_HOST_MARKER_H
#define QUORATE_NODE_HOST_MARKER_H

#include <stdbool.h>

#include "base/buf.h"

struct marker {
    const char *text;  /* the line, with its '\n' */
    struct buf before; /* the last of what stood in front of it */
    bool seen;
    bool has_rest; /* 'before' has what stood behind the line, beyond its end */
};

void marker_release(struct marker *marker);

/* Takes the next part of the stream; ret_rest: what of it stands behind the marker. It is valid until
 * the next call, or the release, which wipe it. */
void marker_pass(struct marker *marker, struct bytes part, struct bytes *ret_rest);

#endif
