/*
 * Go's quoted text, read back into bytes: what etcdctl's fields format prints and what its txn and
 * interactive watch take.
 */
#ifndef QUORATE_CLI_QUOTED_H
#define QUORATE_CLI_QUOTED_H

#include "base/arena.h"
#include "base/cursor.h"
#include "base/error.h"

/*
 * Reads "..." with Go's escapes (\n, \", \\, \x00, \101, \u00e9, \U0001F600), or `...` as it is.
 *
 * c    at the opening quote; behind the closing one afterwards. On an error at the place of it.
 * mem  holds the text, which may have NULs and bytes that are no UTF-8; etcdctl turns the latter
 *      into U+FFFD.
 * e    ERROR_INPUT: no quote there, none at the end, an escape that Go does not know.
 * Source: strconv/quote.go (Go 1.24); "fmt.Sscanf(%q)" in etcdctl/ctlv3/command/txn_command.go.
 */
MUST_CHECK bool quoted_read(struct arena *mem, struct cursor *c, struct bytes *ret_text,
                            struct error *e);

/*
 * A line's words as etcdctl divides them: at blanks; "..." with escapes and '...' without are one
 * word each. A quote inside a bare word is nothing but a character (it's).
 *
 * mem  holds words and array.
 * e    ERROR_INPUT, "column N: ..." in front: a quote that is not closed (etcdctl drops it), or
 *      what quoted_read refuses.
 * Source: Argify in etcdctl/ctlv3/command/util.go (3.4 to 3.7).
 */
MUST_CHECK bool quoted_words(struct arena *mem, struct bytes line, struct bytes **ret_words,
                             size_t *ret_count, struct error *e);

/* Whether it is one of the blanks that separate words. */
bool quoted_is_blank(uint8_t byte);

#endif
