/*
 * The revisions of a plan's own transactions: as ranges, since they mostly follow each other, and in
 * marks of the journal, so that another process knows them too.
 */
#ifndef QUORATE_OPS_COPY_REVISIONS_H
#define QUORATE_OPS_COPY_REVISIONS_H

#include "plan/plan.h"

struct copy_revision_range {
    int64_t first;
    int64_t last;
};

struct copy_revisions {
    ARRAY(struct copy_revision_range) ranges; /* rising */
};

/* Reads the marks PREFIX-0, PREFIX-1, ...; ERROR_FORMAT: one of them is not ours. */
MUST_CHECK bool copy_revisions_load(struct plan *plan, const char *prefix,
                                    struct copy_revisions *ret_revisions, struct error *e);
/* Adds one, in memory; a revision that is there already is fine. */
void copy_revisions_add(struct arena *mem, struct copy_revisions *r, int64_t revision);
/* Writes the mark that the latest ranges are in. */
MUST_CHECK bool copy_revisions_save(struct plan *plan, const char *prefix,
                                    const struct copy_revisions *r, struct error *e);
bool copy_revisions_has(const struct copy_revisions *r, int64_t revision);

/* The text of one mark: "5-9,12-12"; for tests. */
MUST_CHECK bool copy_revisions_parse(struct arena *mem, const char *text, struct copy_revisions *r,
                                     struct error *e);

#endif
