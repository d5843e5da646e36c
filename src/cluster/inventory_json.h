/* What is configured about a member as JSON, as lab.json and the inputs of plans have it. */
#ifndef QUORATE_CLUSTER_INVENTORY_JSON_H
#define QUORATE_CLUSTER_INVENTORY_JSON_H

#include "base/json.h"
#include "base/json_writer.h"
#include "cluster/inventory.h"

/* An object; what is not known is left out. */
void inventory_member_encode(struct json_writer *w, const struct inventory_member *member);
/* e  ERROR_FORMAT. Memory: texts in 'mem'. */
MUST_CHECK bool inventory_member_decode(struct arena *mem, const struct json *object,
                                        struct inventory_member *ret_member, struct error *e);

/* Under "tls" or another key; nothing without files. */
void inventory_tls_encode(struct json_writer *w, const char *key, const struct inventory_tls *tls);
/* All NULL when the key is not there. */
MUST_CHECK bool inventory_tls_decode(struct arena *mem, const struct json *object, const char *key,
                                     struct inventory_tls *ret_tls, struct error *e);

#endif
