#include "cli/text.h"

#include <string.h>
#include <wchar.h>

#include "base/utf8.h"

/* Characters that are not seen but change what is seen: C1 controls, direction marks, BOM. */
static bool
is_deceptive(uint32_t c)
{
    return (c >= 0x80 && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

void
text_append_visible(struct buf *out, struct bytes text, bool utf8)
{
    for (size_t i = 0; i < text.size;) {
        const uint8_t *at = text.data + i;
        uint32_t character = 0;
        size_t size = utf8_decode(at, text.size - i, &character);

        if (*at == '\n' || *at == '\t')
            buf_append_text(out, *at == '\n' ? "\\n" : "\\t");
        else if (size == 0 || character < 0x20 || character == 0x7f)
            buf_printf(out, "\\x%02x", *at);
        else if (size > 1 && (!utf8 || is_deceptive(character)))
            for (size_t k = 0; k < size; k++)
                buf_printf(out, "\\x%02x", at[k]);
        else
            buf_append(out, at, size);
        i += size > 0 ? size : 1;
    }
}

const char *
text_visible(struct arena *mem, const char *text, bool utf8)
{
    AUTO_BUF out = BUF_INIT;

    text_append_visible(&out, bytes_of_text(text), utf8);
    return arena_text(mem, buf_text(&out));
}

size_t
text_width(const char *text)
{
    size_t left = strlen(text);
    size_t width = 0;

    while (left > 0) {
        uint32_t character = 0;
        size_t size = utf8_decode((const uint8_t *)text, left, &character);
        /* -1 in a locale that does not know the character: one column is the best guess. */
        int columns = size > 1 ? wcwidth((wchar_t)character) : 1;

        width += columns < 0 ? 1 : (size_t)columns;
        size += size == 0;
        text += size;
        left -= size;
    }
    return width;
}
