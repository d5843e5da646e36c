/*
 * What an examination of a file found wrong: not an error that ends the work, but a list with a
 * place and a remedy each. Only the first FINDINGS_KEPT are kept; the others are counted.
 */
#ifndef QUORATE_FORMAT_FINDING_H
#define QUORATE_FORMAT_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum { FINDINGS_KEPT = 64 };

enum finding_kind {
    FINDING_NO_TRAILER,       /* a copied db file: whether it is whole cannot be proven */
    FINDING_TRUNCATED,        /* shorter than its own meta page says, or its trailer is cut */
    FINDING_TRAILING_GARBAGE, /* whole, with bytes behind that are not the snapshot's */
    FINDING_DIGEST_MISMATCH,  /* the SHA-256 behind the content is not the content's */
    FINDING_NOT_A_DATABASE,   /* no meta page that is good */
    FINDING_META_PAGE,        /* one of the two is damaged: etcd goes on with the other */
    FINDING_STRUCTURE,        /* pages: loops, out of range, order, ... */
    FINDING_ROW,              /* a row of "key" that is no revision, no KeyValue, or out of order */
    FINDING_BACKEND, /* a bucket that is missing, a row of another bucket that is damaged */
    FINDING_PENDING_COMPACTION, /* a note: the server that opens the file will finish it */
};

enum { FINDING_NOWHERE = -1 };

struct finding {
    enum finding_kind kind;
    bool is_note;       /* worth knowing; does not make the file bad */
    int64_t offset;     /* bytes from the start of the file, or FINDING_NOWHERE */
    int64_t page;       /* the page that holds it, or FINDING_NOWHERE */
    const char *text;   /* one line, lower case, no full stop; names no file */
    const char *remedy; /* what to do; "" when the report's remedy says it */
};

struct findings {
    struct arena *mem;
    struct finding *items;
    size_t count;
    size_t capacity;
    size_t bad_total; /* also those that are not kept */
    size_t note_total;
};

/* The word in JSON output: "digest-mismatch". */
const char *finding_kind_word(enum finding_kind kind);

/* Adds one; page_size 0 when unknown. Returns it for the remedy to be set, or NULL when the list is
 * full. */
struct finding *finding_add(struct findings *list, enum finding_kind kind, int64_t offset,
                            uint32_t page_size, const char *format, ...) PRINTF_LIKE(5, 6);

/* Adds what is worth knowing but not bad. */
void finding_note(struct findings *list, enum finding_kind kind, int64_t offset, uint32_t page_size,
                  const char *format, ...) PRINTF_LIKE(5, 6);

/* Adds those of another list in the same arena, and their counts, to the end. */
void findings_move(struct findings *list, const struct findings *from);

/* The first that is not a note; NULL when there is none. */
const struct finding *findings_first_bad(const struct findings *list);

#endif
