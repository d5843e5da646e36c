/*
 * Which permission a call needs. etcd says "permission denied" and no more; what it looked for
 * follows from the request.
 *
 * Source: etcd server/etcdserver/apply/apply_auth.go (3.4, 3.5: etcdserver/apply_auth.go) and
 * server/etcdserver/api/v3rpc/maintenance.go, 3.4 to 3.7: ranges and compares read, puts and
 * deletes write, prev_kv reads what it gives back; all that is not about keys needs the role root.
 */
#ifndef QUORATE_ETCD_PERMISSION_H
#define QUORATE_ETCD_PERMISSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/bytes.h"

/* A right on keys, needed or had. range_end as in etcd_range_request: "": the one key. */
struct permission {
    bool read;
    bool write;
    struct bytes key;
    struct bytes range_end;
};

enum { PERMISSION_NEEDS_MAX = 16 };

struct permission_needs {
    const char *call; /* "MemberAdd"; NULL: nothing is known */
    bool root;        /* no permission on keys is enough */
    size_t count;
    struct permission items[PERMISSION_NEEDS_MAX]; /* the first ones, each key or range once */
};

struct etcd_method;

/* What the encoded request needs; keys point into arena 'mem'. */
void permission_needs_of(struct arena *mem, const struct etcd_method *method, struct bytes request,
                         struct permission_needs *ret_needs);

/* That part of 'need' that the rights do not give; false when they give all of it. */
bool permission_is_lacking(const struct permission *need, const struct permission *rights,
                           size_t right_count, struct permission *ret_lacking);

/* "read on key 'a'", "write on prefix '/registry/'", "read and write on all keys". */
const char *permission_text(struct arena *mem, const struct permission *p);
/* The operands of 'role grant-permission ROLE' for it: "readwrite --prefix '/registry/'". */
const char *permission_operands(struct arena *mem, const struct permission *p);

#endif
