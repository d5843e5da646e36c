#include "node/host/marker.h"

#include <string.h>

enum { BEFORE_KEPT = 16 << 10 };

/* What stood behind the marker in the same part may have been a key. */
static void
rest_wipe(struct marker *marker)
{
    if (marker->has_rest)
        explicit_bzero(marker->before.data + marker->before.size,
                       marker->before.capacity - marker->before.size);
    marker->has_rest = false;
}

void
marker_release(struct marker *marker)
{
    rest_wipe(marker);
    buf_release(&marker->before);
}

void
marker_pass(struct marker *marker, struct bytes part, struct bytes *ret_rest)
{
    size_t size = strlen(marker->text);
    const uint8_t *found;

    *ret_rest = part;
    rest_wipe(marker);
    if (marker->seen || part.size == 0)
        return;
    *ret_rest = BYTES_NONE;
    buf_append_bytes(&marker->before, part);
    found = memmem(marker->before.data, marker->before.size, marker->text, size);
    if (found != NULL) {
        size_t at = (size_t)(found - marker->before.data);

        marker->seen = true;
        *ret_rest = bytes_of(found + size, marker->before.size - at - size);
        marker->before.size = at;
        marker->has_rest = true;
    } else if (marker->before.size > BEFORE_KEPT) {
        buf_consume(&marker->before, marker->before.size - BEFORE_KEPT / 2);
    }
}
