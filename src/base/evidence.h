/*
 * What an error was concluded from, as fields that scripts can read: a list of findings, each with
 * a cause and its facts. The text of the error says the same to people.
 *
 *     evidence_begin(e, "refused");
 *     evidence_text(e, "endpoint", url);
 *
 * All of it lies in struct error, whose room is bounded: a fact that does not fit is left out, and
 * so are the ones behind it.
 */
#ifndef QUORATE_BASE_EVIDENCE_H
#define QUORATE_BASE_EVIDENCE_H

#include <stdint.h>

#include "base/error.h"

/*
 * Begins a finding. 'cause' is a constant word ("tls-expired"); the first one becomes the error's
 * own, unless that has been set already.
 */
void evidence_begin(struct error *e, const char *cause);

/* Facts of the finding that was begun last. Keys are constant words; an empty text is no fact. */
void evidence_text(struct error *e, const char *key, const char *text);
void evidence_number(struct error *e, const char *key, int64_t number);
/* An RFC 3339 date of seconds since 1970; 0 is no fact. */
void evidence_date(struct error *e, const char *key, int64_t seconds);
/* One of a list: items of one key, added one after the other, belong together. */
void evidence_item(struct error *e, const char *key, const char *text);

/* Adds the findings of another error behind those that are there. */
void evidence_append(struct error *e, const struct error *from);

enum evidence_kind { EVIDENCE_FINDING, EVIDENCE_TEXT, EVIDENCE_NUMBER, EVIDENCE_ITEM };

struct evidence {
    enum evidence_kind kind;
    const char *key;   /* of a FINDING: "cause" */
    const char *value; /* a NUMBER in decimal; of a FINDING: the cause */
};

/* Walks through: '*at' is 0 at first. False at the end. Pointers are into 'e'. */
bool evidence_next(const struct error *e, size_t *at, struct evidence *ret_evidence);
/* The value of the first fact with this key; "" when there is none. */
const char *evidence_value(const struct error *e, const char *key);

/* Whether the error has this cause; one without a cause has none. */
bool error_is_caused_by(const struct error *e, const char *cause);

#endif
