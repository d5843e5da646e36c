/* Series as text: a character for each look, the newest at the right, its height by the largest that is shown. */
#ifndef QUORATE_CLI_LIVE_SPARK_H
#define QUORATE_CLI_LIVE_SPARK_H

#include "base/arena.h"
#include "cluster/history.h"

/*
 * Exactly 'width' characters. A look without a value is '.' ("·" with 'utf8'), before the first one all is blank.
 * Values below zero are shown as nothing.
 */
const char *live_spark(struct arena *mem, const struct series *s, size_t width, bool utf8);

#endif
