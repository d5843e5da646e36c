/*
 * Keys as Kubernetes writes them: pods, events, config maps, secrets, node leases over namespaces, as
 * a row of changes: all keys are made, then a quarter of them rewritten, then a tenth deleted. The
 * same numbers give the same changes, byte for byte, on every machine.
 *
 *     struct lab_walk walk = {.objects = &objects};
 *     struct lab_change change;
 *
 *     while (lab_walk_next(&mem, &walk, &change))
 *         ...
 */
#ifndef QUORATE_OPS_LAB_OBJECTS_H
#define QUORATE_OPS_LAB_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"

struct lab_objects {
    uint64_t key_count;
    uint64_t seed;
    uint64_t rewrites; /* of each key of that quarter */
    bool with_leases;  /* events are attached to leases, about 500 to one */
};

struct lab_change {
    uint64_t number; /* of the key, from 0 on */
    struct bytes key;
    struct bytes value; /* empty when it deletes */
    bool deletes;
    uint64_t version; /* of the key: 1 when it is made, then counting */
    int64_t lease;    /* 0: none */
    bool ends;        /* the last of a round: a transaction does not reach over it */
};

struct lab_walk {
    const struct lab_objects *objects;
    uint64_t round; /* 0: making, then rewriting, the last: deleting */
    uint64_t next;  /* number of the next key */
};

/* The next change, with key and value in mem; false at the end. */
bool lab_walk_next(struct arena *mem, struct lab_walk *walk, struct lab_change *ret_change);

/* How many changes of each kind there are. */
uint64_t lab_objects_rewritten(const struct lab_objects *objects);
uint64_t lab_objects_deleted(const struct lab_objects *objects);

/* The leases, which have to be there before the keys: how many, and the id of each. */
uint64_t lab_objects_lease_count(const struct lab_objects *objects);
int64_t lab_objects_lease(const struct lab_objects *objects, uint64_t i);
/* Their time to live in seconds: so long that none ends while it is looked at. */
enum { LAB_LEASE_TTL_S = 30 * 24 * 3600 };

#endif
