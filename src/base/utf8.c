#include "base/utf8.h"

size_t
utf8_decode(const uint8_t *at, size_t left, uint32_t *ret_character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    uint32_t character;

    if (size == 0 || size > left || at[0] > 0xf4)
        return 0;
    character = size == 1 ? at[0] : at[0] & (0xffU >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        character = character << 6 | (at[i] & 0x3fU);
    }
    if (character < least[size] || character > 0x10ffff ||
        (character >= 0xd800 && character < 0xe000))
        return 0;
    *ret_character = character;
    return size;
}

bool
utf8_valid(struct bytes text)
{
    for (size_t i = 0; i < text.size;) {
        uint32_t character;
        size_t size =
            text.data[i] < 0x80 ? 1 : utf8_decode(text.data + i, text.size - i, &character);

        if (size == 0)
            return false;
        i += size;
    }
    return true;
}
