/* What the parts of 'keys import' share; private to ops/key_import*.c. */
#ifndef QUORATE_OPS_KEY_IMPORT_STATE_H
#define QUORATE_OPS_KEY_IMPORT_STATE_H

#include "base/observer.h"
#include "format/key_export.h"
#include "ops/key_copy.h"
#include "ops/plan_kinds.h"

struct key_import {
    struct key_copy copy; /* first: the steps' op */
    const struct plan_context *context;
    const char *path;
    const char *sha256; /* hex, of the file's lines */
    bool with_leases;
    uint64_t keys; /* to be written */
};

/* What of the file is not written. */
struct key_import_skipped {
    uint64_t leased;      /* without --with-leases */
    uint64_t lease_ended; /* of leases whose time nobody knows */
};

/*
 * All pairs of the file, in batches.
 *
 * observer  may be NULL
 * e         as key_export_read
 */
MUST_CHECK bool key_import_file(const char *path, bool with_leases, const struct observer *observer,
                                key_batch_take *take, void *context,
                                struct key_import_skipped *ret_skipped,
                                struct key_export_end *ret_end, struct error *e);

/* The same of the plan's file. ERROR_CONFLICT: it is another one than the plan was made for. */
MUST_CHECK bool key_import_each(struct key_copy *copy, key_batch_take *take, void *context,
                                struct error *e);

extern const struct step key_import_step_survey;
extern const struct step key_import_step_write;
extern const struct step key_import_step_prove;

#endif
