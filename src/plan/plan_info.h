/* What is known of a plan from its journal alone: for 'plan list' and 'plan show'. */
#ifndef QUORATE_PLAN_PLAN_INFO_H
#define QUORATE_PLAN_PLAN_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"

enum plan_state {
    PLAN_STATE_UNFINISHED, /* something is neither done nor undone: resume or undo */
    PLAN_STATE_RUNNING,    /* a process holds the lock for it */
    PLAN_STATE_DONE,
    PLAN_STATE_UNDONE, /* all it began is undone, after a failure or on demand */
    PLAN_STATE_FAILED, /* failed before it began anything */
};

enum step_state {
    STEP_STATE_WAITING,
    STEP_STATE_SKIPPED, /* was done before the plan came to it */
    STEP_STATE_BEGUN,
    STEP_STATE_DONE,
    STEP_STATE_UNDOING,
    STEP_STATE_UNDONE,
};

struct step_info {
    const char *label;
    const char *intent;
    const char *undo_note; /* NULL: the step can be undone */
    enum step_state state;
    bool began; /* by this plan, and not undone since */
};

struct plan_mark_info {
    const char *key;
    const char *value;
};

struct plan_info {
    const char *id;
    const char *kind;
    const char *cluster;
    const char *known_as; /* the inputs' "cluster": as the operator named it; NULL: not in them */
    const char *title;
    const char *version; /* quorate's, when the plan was made */
    struct bytes inputs;
    int64_t created_ms; /* wall clock, since 1970 */
    int64_t changed_ms; /* of the last record */
    enum plan_state state;
    bool undoing;        /* the journal's direction is backwards */
    bool torn;           /* a last record was cut by a crash and does not count */
    const char *failure; /* why it stopped last; NULL */
    pid_t pid;           /* of who runs it; 0 */
    ARRAY(struct step_info) steps;
    ARRAY(struct plan_mark_info) marks;
};

const char *plan_state_word(enum plan_state state); /* "unfinished", "running", ... */
const char *step_state_word(enum step_state state); /* "waiting", "skipped", ... */

struct journal_content;

/* STATE/plans/ID/journal.jsonl */
const char *plan_journal_path(struct arena *mem, const char *state_dir, const char *id);

/*
 * The state that a journal's records make, without asking whether a process runs it now.
 *
 * e  ERROR_NOT_FOUND: not even the first record was written, so nothing was done.
 */
MUST_CHECK bool plan_info_decode(struct arena *mem, const struct journal_content *content,
                                 struct plan_info **ret_info, struct error *e);
/* One more record. */
MUST_CHECK bool plan_info_apply(struct arena *mem, struct plan_info *info,
                                const struct json *record, struct error *e);

/*
 * Reads one journal.
 *
 * id  whole, or a beginning that fits one plan only.
 * e   ERROR_NOT_FOUND; ERROR_CONFLICT: fits several; ERROR_CORRUPT: damaged, with file and line;
 *     ERROR_TOO_NEW: a later quorate wrote it.
 */
MUST_CHECK bool plan_info_load(struct arena *mem, const char *state_dir, const char *id,
                               struct plan_info **ret_info, struct error *e);

/* A plan that could not be read is listed with its error instead of its content. */
struct plan_list_entry {
    const char *id;
    const struct plan_info *info; /* NULL: see error */
    const char *error;            /* NULL when info is there */
};

/*
 * All plans, the oldest first. A state directory that does not exist has none.
 *
 * cluster  only plans of this cluster, by either of its names (unreadable ones stay in the list); NULL for
 *          all.
 */
MUST_CHECK bool plan_list(struct arena *mem, const char *state_dir, const char *cluster,
                          struct plan_list_entry **ret_entries, size_t *ret_count, struct error *e);

#endif
