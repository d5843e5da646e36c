#include "cli/cfssl_words.h"

#include <stdbool.h>
#include <string.h>

/* The program of this name is the command 'cfssl certinfo'. */
static bool
is_certinfo(const char *word)
{
    return strcmp(word, "cfssl-certinfo") == 0;
}

static bool
is_cfssl(const char *word)
{
    return strcmp(word, "cfssl") == 0 || strcmp(word, "cfssljson") == 0 || is_certinfo(word);
}

static const char *
base_name(const char *program)
{
    const char *slash = strrchr(program, '/');

    return slash != NULL ? slash + 1 : program;
}

/* "-ca" is "--ca"; "-" is standard input, and "-h", "-w" are quorate's own letters. */
static char *
with_two_dashes(struct arena *mem, char *word)
{
    bool one_dash =
        word[0] == '-' && word[1] != '-' && word[1] != '\0' && word[2] != '\0' && word[2] != '=';

    return one_dash ? arena_printf(mem, "-%s", word) : word;
}

void
cfssl_words(struct arena *mem, int *argc, char ***argv)
{
    const char *name = *argc > 0 ? base_name((*argv)[0]) : "";
    bool linked = is_cfssl(name);
    char **words;
    int count = 0;

    if (!linked && (*argc < 2 || !is_cfssl((*argv)[1])))
        return;
    words = arena_zero(mem, ((size_t)*argc + 3) * sizeof(*words));
    words[count++] = (*argv)[0];
    if (linked)
        words[count++] = arena_text(mem, is_certinfo(name) ? "cfssl" : name);
    if (linked && is_certinfo(name))
        words[count++] = arena_text(mem, "certinfo");
    for (int i = 1; i < *argc; i++)
        words[count++] = with_two_dashes(mem, (*argv)[i]);
    *argc = count;
    *argv = words;
}
