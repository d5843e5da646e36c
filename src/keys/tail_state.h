/*
 * The keys that the entries of a tail look at or change, and the leases: as the database has them, and
 * then as one entry after the other leaves them.
 */
#ifndef QUORATE_KEYS_TAIL_STATE_H
#define QUORATE_KEYS_TAIL_STATE_H

#include "base/map.h"
#include "keys/source.h"
#include "keys/tail_entries.h"

/* What is kept of keys at most; a tail that touches more is refused. */
enum { TAIL_STATE_MOST_BYTES = 8 << 20 };

/* Keys from start on; open: all. */
struct key_interval {
    struct bytes start;
    struct bytes end;
    bool open;
};

/* A key; when it does not live all but its name is 0. */
struct tail_key {
    struct bytes key;
    bool live;
    int64_t create_revision;
    int64_t mod_revision;
    int64_t version;
    int64_t lease;
    struct bytes value;   /* in the database; NULL data and a size: in the tail's file */
    uint64_t value_place; /* there */
};

struct tail_lease {
    int64_t id;
    int64_t ttl_s;
    bool there; /* granted; otherwise it is gone */
};

struct tail_state {
    struct arena mem;
    ARRAY(struct key_interval) touched;
    struct map revoked; /* leases, as 8 bytes: the keys they hold are touched */
    struct map keys;    /* struct tail_key */
    struct map leases;  /* granted or revoked by the tail: struct tail_lease */
    size_t bytes;
};

void tail_state_release(struct tail_state *s);

/* First: all that the entries touch. e: as tail_entries_visit. ERROR_LIMIT: more than fits. */
MUST_CHECK bool tail_state_touch(struct tail_state *s, const struct tail_entries *entries,
                                 struct error *e);
/* Then: what the database has of it. Its rows must stay. */
MUST_CHECK bool tail_state_load(struct tail_state *s, struct key_source *base, struct error *e);

/* The key, made when it is new. ERROR_LIMIT. */
MUST_CHECK bool tail_state_key(struct tail_state *s, struct bytes key, struct tail_key **ret_key,
                               struct error *e);
/* The keys that live in a range, in order; end as in requests. */
void tail_state_range(struct tail_state *s, struct arena *mem, struct bytes start, struct bytes end,
                      struct tail_key ***ret_keys, size_t *ret_count);
/* The keys that a lease holds, in order. */
void tail_state_of_lease(struct tail_state *s, struct arena *mem, int64_t lease,
                         struct tail_key ***ret_keys, size_t *ret_count);

/* What the tail has done with a lease so far; NULL: nothing. */
const struct tail_lease *tail_state_lease(const struct tail_state *s, int64_t id);
void tail_state_set_lease(struct tail_state *s, const struct tail_lease *lease);

#endif
