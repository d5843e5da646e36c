/* Text for a terminal: control characters made visible, and columns counted as they are shown. */
#ifndef QUORATE_CLI_TEXT_H
#define QUORATE_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"

/*
 * Appends 'text' so that it can neither move the cursor nor hide: control characters, broken UTF-8
 * and invisible direction marks become \x1b and the like; without 'utf8', so does all that is not
 * ASCII. A tab or line end becomes \t or \n.
 */
void text_append_visible(struct buf *out, struct bytes text, bool utf8);
/* The same as a new text in 'mem'. */
const char *text_visible(struct arena *mem, const char *text, bool utf8);

/* Columns of a terminal; double-width characters count two, combining ones none. */
size_t text_width(const char *text);

/* Go's %q: quoted, with \n, \", \x01, \u2028; what etcdctl's fields format prints, in any locale. */
void text_append_quoted(struct buf *out, struct bytes text);

/* \x66\x6f\x6f: what etcdctl's --hex prints for keys and values. */
void text_append_hex(struct buf *out, struct bytes bytes);

#endif
