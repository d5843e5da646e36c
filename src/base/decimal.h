/* Numbers as decimal text, for output that has millions of them. */
#ifndef QUORATE_BASE_DECIMAL_H
#define QUORATE_BASE_DECIMAL_H

#include <stdint.h>

#include "base/buf.h"

void decimal_append_u64(struct buf *out, uint64_t value);
void decimal_append_i64(struct buf *out, int64_t value); /* '-' in front of a negative one */

#endif
