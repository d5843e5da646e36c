/* Edit distance with swaps (optimal string alignment), on three rows of fixed size. */

#include "base/suggest.h"

#include <string.h>

enum { WORD_MAX = 63 };

static unsigned
least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static size_t
word_length(const char *word)
{
    size_t length = strlen(word);

    return length < WORD_MAX ? length : WORD_MAX;
}

unsigned
edit_distance(const char *a, const char *b)
{
    unsigned rows[3][WORD_MAX + 1];
    size_t size_a = word_length(a);
    size_t size_b = word_length(b);

    for (size_t j = 0; j <= size_b; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= size_a; i++) {
        unsigned *now = rows[i % 3];
        const unsigned *before = rows[(i - 1) % 3];
        const unsigned *before_that = rows[(i + 1) % 3];

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= size_b; j++) {
            now[j] = least(least(before[j] + 1, now[j - 1] + 1),
                           before[j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before_that[j - 2] + 1);
        }
    }
    return rows[size_a % 3][size_b];
}

void
suggestion_init(struct suggestion *s, const char *typed)
{
    s->typed = typed;
    s->best = NULL;
    s->distance = 1 + (unsigned)word_length(typed) / 3;
}

void
suggestion_offer(struct suggestion *s, const char *word)
{
    size_t typed_length = strlen(s->typed);
    unsigned distance;

    if (typed_length >= 2 && strncmp(word, s->typed, typed_length) == 0)
        distance = 0;
    else
        distance = edit_distance(s->typed, word);
    if (distance < s->distance || (distance == s->distance && s->best == NULL)) {
        s->best = word;
        s->distance = distance;
    }
}
