/*
 * A range, page after page, all of one revision: what one answer would be, in bounded memory.
 *
 * A limit alone would make pages quadratic: for each answer etcd counts all keys up to range_end
 * (3.4 to 3.6: treeIndex.Revisions in server/storage/mvcc/index.go). So each page asks for a narrow
 * part of the range, as wide in the key space as the keys seen last make it likely that a page of
 * them lies in it. Some pages are under way at any time, so that the server and we work at once.
 *
 *     range_pages_begin(&p, client, &request);
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
#include "etcd/key_step.h"
#include "etcd/message/kv_message.h"

/* A range whose answer is above this is asked for anew in smaller parts. */
enum { RANGE_PAGE_MAX_BYTES = 4 << 20 };

/* Range, with that limit; its ERROR_LIMIT says that the answer is larger. */
extern const struct etcd_method range_page_method;

/* Pages under way. */
enum { RANGE_PAGES_DEPTH = 4 };

struct range_page;

struct range_pages {
    struct etcd_client *client;
    struct etcd_range_request
        request; /* the whole; its revision is set, its limit is what is left */
    struct range_page *pages[RANGE_PAGES_DEPTH + 1]; /* in the order of their keys */
    size_t count;
    struct range_page *told; /* the one whose keys were handed out last */
    struct arena mem;        /* holds 'next' */
    struct bytes next;       /* where the page after those begins */
    bool all_asked;          /* the last page reaches to the range's end */
    struct key_width width;  /* of the next page */
    unsigned gap_steps;      /* how often it was made wider, since nothing was found */
    int64_t page_keys;       /* its limit */
};

/*
 * request  with a revision; 'limit' counts the keys that are still wanted, 0: all. What it points
 *          to must live on.
 * seen     at least one key in front of the range, as the server answered them: how dense they are,
 *          and how large.
 */
void range_pages_begin(struct range_pages *p, struct etcd_client *client,
                       const struct etcd_range_request *request, const struct etcd_key_value *seen,
                       size_t seen_count);
/* The next keys, at least one; none at the end. Valid until the next call. */
MUST_CHECK bool range_pages_next(struct range_pages *p, const struct etcd_key_value **ret_keys,
                                 size_t *ret_count, struct error *e);
/* Drops what is under way. */
void range_pages_end(struct range_pages *p);

#endif
