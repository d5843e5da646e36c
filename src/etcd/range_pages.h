/*
 * A range, page after page, all of one revision: what one answer would be, in bounded memory. How it
 * is divided is etcd/range_parts.h's; here the pages are asked for and waited for. Some are under way
 * at any time, so that the server and we work at once.
 *
 *     range_pages_begin(&p, client, &request, &ahead);
 *     while (range_pages_next(&p, &keys, &count, e) && count > 0)
 *         ... keys, in order ...
 *     range_pages_end(&p);
 *
 * For etcd/, and for who must be the one that asks for more (ops/mirror_base.c): others call
 * etcd/range_read.h.
 */
#ifndef QUORATE_ETCD_RANGE_PAGES_H
#define QUORATE_ETCD_RANGE_PAGES_H

#include "etcd/call.h"
#include "etcd/message/kv_message.h"
#include "etcd/range_parts.h"

/* A range whose answer is above this is asked for anew in smaller parts. */
enum { RANGE_PAGE_MAX_BYTES = 4 << 20 };

/* Range, with that limit; its ERROR_LIMIT says that the answer is larger. */
extern const struct etcd_method range_page_method;

struct range_page;

struct range_pages {
    struct etcd_client *client;
    struct etcd_range_request
        request; /* the whole; its revision is set, its limit is what is left */
    struct range_parts parts;
    size_t held_bytes;       /* of pages that were answered, and reserved for those under way */
    struct range_page *told; /* the one whose keys were handed out last */
    bool over;               /* the limit is reached */
};

/*
 * request  with a revision; 'limit' counts the keys that are still wanted, 0: all. What it points to
 *          must live on.
 */
void range_pages_begin(struct range_pages *p, struct etcd_client *client,
                       const struct etcd_range_request *request, const struct range_ahead *ahead);
/* The next keys, at least one; none at the end. Valid until the next call. */
MUST_CHECK bool range_pages_next(struct range_pages *p, const struct etcd_key_value **ret_keys,
                                 size_t *ret_count, struct error *e);
/* How many keys the page stands for whose keys were handed out last: those, but in a survey; and where it ends. */
int64_t range_pages_piece(const struct range_pages *p, struct bytes *ret_end);
/* Drops what is under way. */
void range_pages_end(struct range_pages *p);

#endif
