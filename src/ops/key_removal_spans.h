/*
 * Keys that one transaction removes, as spans: from one key to another, between which there was nothing newer than the
 * plan. Private to ops/key_removal*.c.
 */
#ifndef QUORATE_OPS_KEY_REMOVAL_SPANS_H
#define QUORATE_OPS_KEY_REMOVAL_SPANS_H

#include "etcd/client.h"
#include "etcd/message/kv_message.h"

/* etcd takes 128 operations in a transaction (--max-txn-ops). */
enum { REMOVAL_SPANS_MOST = 100 };

struct removal_span {
    struct bytes first;
    struct bytes end; /* behind its last key */
};

struct removal_spans {
    struct arena mem; /* of the keys */
    struct removal_span spans[REMOVAL_SPANS_MOST];
    size_t count;
    bool open;                /* the last span may grow */
    uint64_t keys;            /* in the spans */
    struct removal_span rest; /* behind them, for another turn; an empty 'first': nothing */
};

/* Empties them, and gives their memory back. */
void removal_spans_clear(struct removal_spans *s);
/* Whether they have so many keys, or have no room for another span. */
bool removal_spans_are_full(const struct removal_spans *s, uint64_t keys);
/* All from a key to in front of another, of which somebody has counted so many; directly behind what was added before. */
void removal_spans_add_part(struct removal_spans *s, struct bytes first, struct bytes end,
                            uint64_t keys);
/* The next key of the range, in its order. One that is newer than the revision ends the span; it is in none. */
void removal_spans_add(struct removal_spans *s, const struct etcd_key_value *kv, int64_t revision);

/* A transaction that removes them, if nothing in them is newer than the revision. Its parts are in mem and in 's'. */
struct etcd_txn_request removal_spans_txn(struct arena *mem, const struct removal_spans *s,
                                          int64_t revision);
/* How many keys such a transaction has removed. */
uint64_t removal_spans_removed(const struct etcd_txn_response *response);

/*
 * The same spans as they are now, cut where something newer is. There is no room for more than REMOVAL_SPANS_MOST: what
 * lies behind them is the rest.
 *
 * e  as etcd_range
 */
MUST_CHECK bool removal_spans_cut(struct removal_spans *s, struct etcd_client *client,
                                  int64_t revision, struct error *e);
/* When the spans are removed: the rest is the only span. False: there is none. */
bool removal_spans_take_rest(struct removal_spans *s);

#endif
