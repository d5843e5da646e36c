/* UTF-8, decoded here and not by the C library, which knows it only in a UTF-8 locale. */
#ifndef QUORATE_BASE_UTF8_H
#define QUORATE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/*
 * The character at 'at' and its size; 0 for bytes that are no UTF-8 (overlong forms, surrogates and
 * what lies above U+10FFFF included). 'left' is at least 1.
 */
size_t utf8_decode(const uint8_t *at, size_t left, uint32_t *ret_character);

/* Whether all of it is UTF-8; nothing is. NULs are. */
bool utf8_valid(struct bytes text);

#endif
