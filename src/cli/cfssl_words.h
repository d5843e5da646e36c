/*
 * cfssl's command lines: Go's flags have one dash, and links called cfssl and cfssljson leave out the
 * first word. Both become the form that quorate's own parser reads.
 */
#ifndef QUORATE_CLI_CFSSL_WORDS_H
#define QUORATE_CLI_CFSSL_WORDS_H

#include "base/arena.h"

/* Changes argc and argv when the program or its first word is cfssl or cfssljson; in 'mem'. */
void cfssl_words(struct arena *mem, int *argc, char ***argv);

#endif
