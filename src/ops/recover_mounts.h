/*
 * Members whose data directory is a mount point, a disk of its own: it cannot be renamed, so 'member' in it is
 * what a recovery moves. Found out before there is a plan, and kept in its inputs.
 */
#ifndef QUORATE_OPS_RECOVER_MOUNTS_H
#define QUORATE_OPS_RECOVER_MOUNTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "cluster/inventory.h"

struct recover_mounts {
    ARRAY(const char *) members; /* their names */
};

/* Asks the members' hosts; a lab has none. e: as site_host. Memory: the inventory's and 'mem'. */
MUST_CHECK bool recover_mounts_look(struct arena *mem, const struct inventory *inventory,
                                    struct recover_mounts *ret_mounts, struct error *e);

/* The key "mounts" of the inputs. */
void recover_mounts_encode(struct json_writer *w, const struct recover_mounts *mounts);
MUST_CHECK bool recover_mounts_decode(struct arena *mem, const struct json *inputs,
                                      struct recover_mounts *ret_mounts, struct error *e);
bool recover_mounts_have(const struct recover_mounts *mounts, const char *member_name);

#endif
