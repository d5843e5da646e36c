/* The word that was probably meant. */
#ifndef QUORATE_BASE_SUGGEST_H
#define QUORATE_BASE_SUGGEST_H

#include <stddef.h>

/* Insertions, deletions, replacements and swaps of neighbours that turn one word into the other;
 * words longer than 63 bytes are compared as far as that. */
unsigned edit_distance(const char *a, const char *b);

/* Keeps the best candidate seen so far. */
struct suggestion {
    const char *typed;
    const char *best; /* NULL: nothing is near */
    unsigned distance;
};

void suggestion_init(struct suggestion *s, const char *typed);
/* A word that begins with what was typed is nearer than any misspelling. */
void suggestion_offer(struct suggestion *s, const char *word);

#endif
