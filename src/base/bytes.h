/* A pointer and a length: etcd's keys and values hold NULs, so text functions cannot carry them. */
#ifndef QUORATE_BASE_BYTES_H
#define QUORATE_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    const uint8_t *data; /* may be NULL when size is 0 */
    size_t size;
};

#define BYTES_NONE          ((struct bytes){NULL, 0})
#define BYTES_LITERAL(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

/* For the few calls of others that take a pointer to non-const and change nothing behind it. */
static inline void *
without_const(const void *pointer)
{
    union {
        const void *in;
        void *out;
    } same = {.in = pointer};

    return same.out;
}

struct bytes bytes_of(const void *data, size_t size);
struct bytes bytes_of_text(const char *text); /* without the NUL */

bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_text(struct bytes a, const char *text);

/* memcmp order, the shorter first on a common prefix (bbolt's and etcd's key order). */
int bytes_compare(struct bytes a, struct bytes b);
bool bytes_starts_with(struct bytes whole, struct bytes prefix);

/* The value of a hex digit of either case, or -1. */
int hex_digit(char c);
/* Lower-case hex of 'size' bytes into ret_text (2 * size + 1 bytes). */
void hex_encode(const void *data, size_t size, char *ret_text);
/* Exactly 2 * size hex digits of either case; false when the text is anything else. */
bool hex_decode(const char *text, uint8_t *ret_data, size_t size);

#endif
