/*
 * The structure check: what 'bbolt check' and 'snapshot status' demand of a file, and more.
 *
 * Walks everything that can be reached once and tells all that is wrong: pages outside the file,
 * with a wrong number or type, used twice (a loop, two parents, overlapping runs), keys out of
 * order in a page or against the branch above, elements outside their page or over each other,
 * impossible buckets, and a freelist that names a page twice, names a page in use, or leaves one
 * out. Time and memory are bounded by the size of the file on any input (two bits a page).
 *
 * Not judged: values (format/backend does), padding, and what stands in a damaged meta page when
 * the other is good (struct bbolt has meta_bad for that: bbolt, too, survives it in silence).
 *
 * Source: bbolt tx_check.go (1.3.6 and 1.4).
 */
#ifndef QUORATE_FORMAT_BBOLT_CHECK_H
#define QUORATE_FORMAT_BBOLT_CHECK_H

#include <stdatomic.h>

#include "base/arena.h"
#include "format/bbolt/bbolt.h"

struct bbolt_finding {
    uint64_t page;
    uint64_t offset;  /* byte in the file */
    const char *text; /* "page 7, byte 28690: key ... is not greater than the one before it" */
};

struct bbolt_check_report {
    struct bbolt_finding *findings;
    size_t finding_count;  /* those that are listed */
    uint64_t found;        /* all, also those beyond the limit; 0: the file is sound */
    uint64_t out_of_order; /* of these, keys that stand where no search looks for them */
    uint64_t reachable;    /* pages in use, both meta pages and a freelist included */
    uint64_t free;         /* pages not in use: pgid - reachable */
    uint64_t row_count;    /* of all buckets together */
    unsigned bucket_count;
};

/*
 * Who wants the rows of the buckets, too, while they are checked: one walk for both. On a file that is
 * not sound rows may be missing or come twice; what was made of them is then worth nothing.
 */
struct bbolt_visitor {
    void *context;
    /* A bucket begins. Its rows come in parts, 0 to part_count - 1, which together are its rows in
     * their order. */
    void (*bucket)(void *context, const struct bbolt_bucket *bucket, unsigned part_count);
    /* A row. Those of one part come in order, on one thread; parts at the same time. */
    void (*row)(void *context, unsigned part, const struct bbolt_row *row);
};

struct bbolt_check_options {
    size_t most_findings;                /* to be listed */
    const struct bbolt_visitor *visitor; /* or NULL */
    /* More than 1: buckets are split between so many threads. What these find wrong is counted, but
     * not listed: check again with one. */
    unsigned threads;
    /* Or NULL; set by somebody who wants no report any more: it is worthless. */
    const atomic_bool *stop;
};

void bbolt_check_visit(struct arena *mem, const struct bbolt *db,
                       const struct bbolt_check_options *options,
                       struct bbolt_check_report *ret_report);

/* Checks an open database; lists at most 'most_findings', counts all. */
void bbolt_check(struct arena *mem, const struct bbolt *db, size_t most_findings,
                 struct bbolt_check_report *ret_report);

/* The first finding of a report that has one as the error: ERROR_CORRUPT, false. */
bool bbolt_check_error(const struct bbolt *db, const struct bbolt_check_report *report,
                       struct error *e);

/*
 * The same, for those who go on only with a sound file.
 *
 * e  ERROR_CORRUPT: the first finding, with the file's name and how many there are.
 */
MUST_CHECK bool bbolt_check_sound(const struct bbolt *db, uint64_t *ret_reachable, struct error *e);

#endif
