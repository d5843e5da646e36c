/* How the members of a lab are run: their command lines, under its supervisor. */
#ifndef QUORATE_OPS_LAB_PROGRAMS_H
#define QUORATE_OPS_LAB_PROGRAMS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "cluster/inventory.h"

/* As supervisor_start, with one program for each member of the inventory. */
MUST_CHECK bool lab_members_start(const struct inventory *inventory, struct error *e);

/* How etcd is started for a member: the program and its words, NULL at the end; in 'mem'. */
const char *const *lab_member_argv(struct arena *mem, const struct inventory *inventory,
                                   const struct inventory_member *member);
/* How etcd is started for a member: its words without the program's, in 'mem'. */
const char *const *lab_member_flags(struct arena *mem, const struct inventory *inventory,
                                    const struct inventory_member *member, size_t *ret_count);

#endif
