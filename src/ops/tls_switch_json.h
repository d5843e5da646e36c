/* The inputs of 'tls enable' and 'tls disable' as JSON; private to ops/tls_switch*.c. */
#ifndef QUORATE_OPS_TLS_SWITCH_JSON_H
#define QUORATE_OPS_TLS_SWITCH_JSON_H

#include "base/buf.h"
#include "base/json.h"
#include "ops/tls_switch_state.h"

void tls_switch_encode(const struct inventory *inventory, const struct tls_switch *s,
                       struct buf *ret_inputs);
/* All but 'live'; texts in 'mem'. e: ERROR_FORMAT. */
MUST_CHECK bool tls_switch_decode(struct arena *mem, const struct json *inputs,
                                  struct tls_switch *s, struct error *e);

#endif
