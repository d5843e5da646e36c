/* Each entry: one byte of kind, the key with its NUL, the value with its NUL. */
#include "base/evidence.h"

#include <string.h>

#include "base/time.h"

enum { KIND_BASE = '0' }; /* so that a dump of an error can be read */

/* After a fact that had no room, later ones must not be taken for the only ones. */
static bool
evidence_is_full(const struct error *e)
{
    return e->evidence_size >= sizeof(e->evidence);
}

static void
evidence_add(struct error *e, enum evidence_kind kind, const char *key, const char *value)
{
    size_t key_size = strlen(key) + 1;
    size_t value_size = strlen(value) + 1;
    char *at = e->evidence + e->evidence_size;

    if (evidence_is_full(e))
        return;
    if (1 + key_size + value_size > sizeof(e->evidence) - e->evidence_size) {
        memset(at, 0, sizeof(e->evidence) - e->evidence_size);
        e->evidence_size = sizeof(e->evidence);
        return;
    }
    *at = (char)(KIND_BASE + (int)kind);
    memcpy(at + 1, key, key_size);
    memcpy(at + 1 + key_size, value, value_size);
    e->evidence_size += 1 + key_size + value_size;
}

void
evidence_begin(struct error *e, const char *cause)
{
    if (e->cause == NULL)
        e->cause = cause;
    evidence_add(e, EVIDENCE_FINDING, "cause", cause);
}

void
evidence_text(struct error *e, const char *key, const char *text)
{
    if (text[0] != '\0')
        evidence_add(e, EVIDENCE_TEXT, key, text);
}

void
evidence_number(struct error *e, const char *key, int64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%lld", (long long)number);
    evidence_add(e, EVIDENCE_NUMBER, key, text);
}

void
evidence_date(struct error *e, const char *key, int64_t seconds)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (seconds != 0)
        evidence_text(e, key, time_rfc3339(&tmp, seconds * 1000));
}

void
evidence_item(struct error *e, const char *key, const char *text)
{
    evidence_add(e, EVIDENCE_ITEM, key, text);
}

bool
evidence_next(const struct error *e, size_t *at, struct evidence *ret_evidence)
{
    const char *entry = e->evidence + *at;

    if (*at >= e->evidence_size || entry[0] == '\0')
        return false;
    ret_evidence->kind = (enum evidence_kind)(entry[0] - KIND_BASE);
    ret_evidence->key = entry + 1;
    ret_evidence->value = ret_evidence->key + strlen(ret_evidence->key) + 1;
    *at += (size_t)(ret_evidence->value + strlen(ret_evidence->value) + 1 - entry);
    return true;
}

const char *
evidence_value(const struct error *e, const char *key)
{
    struct evidence one;

    for (size_t at = 0; evidence_next(e, &at, &one);) {
        if (strcmp(one.key, key) == 0)
            return one.value;
    }
    return "";
}

void
evidence_append(struct error *e, const struct error *from)
{
    struct evidence one;

    if (e->cause == NULL)
        e->cause = from->cause;
    for (size_t at = 0; evidence_next(from, &at, &one);)
        evidence_add(e, one.kind, one.key, one.value);
}

bool
error_is_caused_by(const struct error *e, const char *cause)
{
    return e->cause != NULL && strcmp(e->cause, cause) == 0;
}
