#include "node/host/shell_words.h"

#include <string.h>

/* Means itself everywhere in a POSIX shell, and in single quotes in any other. */
static bool
is_plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("_./:=@%+,-", c) != NULL);
}

static bool
word_is_plain(const char *word)
{
    for (const char *at = word; *at != '\0'; at++) {
        if (!is_plain((uint8_t)*at))
            return false;
    }
    /* A first word with '=' would set a variable. */
    return word[0] != '\0' && strchr(word, '=') == NULL;
}

static void
word_append(struct buf *line, const char *word)
{
    if (word_is_plain(word)) {
        buf_append_text(line, word);
        return;
    }
    buf_append_byte(line, '\'');
    for (const char *at = word; *at != '\0'; at++) {
        if (*at == '\'')
            buf_append_text(line, "'\\''");
        else
            buf_append_byte(line, (uint8_t)*at);
    }
    buf_append_byte(line, '\'');
}

void
shell_words(struct buf *line, const char *const *argv)
{
    for (size_t i = 0; argv[i] != NULL; i++) {
        if (i > 0)
            buf_append_byte(line, ' ');
        word_append(line, argv[i]);
    }
}

void
shell_login_line(struct buf *ret, struct bytes line)
{
    buf_append_text(ret, "exec env LC_ALL=C /bin/sh -c 'eval \"$(printf %b \"$1\")\"' quorate '");
    for (size_t i = 0; i < line.size; i++) {
        uint8_t c = line.data[i];

        if (is_plain(c))
            buf_append_byte(ret, c);
        else
            buf_printf(ret, "\\0%03o", c);
    }
    buf_append_byte(ret, '\'');
}
