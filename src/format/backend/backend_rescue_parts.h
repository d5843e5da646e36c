/* The parts of backend_rescue_read, in the order in which it calls them. For backend_rescue*.c only. */
#ifndef QUORATE_FORMAT_BACKEND_RESCUE_PARTS_H
#define QUORATE_FORMAT_BACKEND_RESCUE_PARTS_H

#include "format/backend/backend_rescue.h"

/* Where the buckets begin: finds the root and reads everything below it; nothing when there is none. */
void backend_rescue_tree(struct backend_rescue *rescue);
/* Adds, to buckets that lost something, rows of these ranges from pages to which nothing leads. */
void backend_rescue_loose(struct backend_rescue *rescue);
/* Puts rows in order, each once, and drops what a compaction had removed. e: ERROR_LIMIT. */
MUST_CHECK bool backend_rescue_merge(struct backend_rescue *rescue, struct error *e);
/* Counts revisions that are there and that are missing. */
void backend_rescue_count(struct backend_rescue *rescue);

/* The bucket of that name, made when it is new; NULL when there are too many. */
struct rescue_bucket *backend_rescue_bucket(struct backend_rescue *rescue, struct bytes name);
void backend_rescue_row_add(struct backend_rescue *rescue, const struct rescue_bucket *bucket,
                            const struct bbolt_item *item, enum rescue_origin origin);
/* All rows; they move when one is added. */
struct rescue_row *backend_rescue_rows(const struct backend_rescue *rescue, size_t *ret_count);

#endif
