/* A member's new certificates, in any plan: delivered, then seen at its ports. Private to ops/tls_*.c. */
#ifndef QUORATE_OPS_TLS_RENEW_STEPS_H
#define QUORATE_OPS_TLS_RENEW_STEPS_H

#include "ops/tls_deliver.h"
#include "ops/tls_stage.h"

/* Adds "deliver MEMBER" and "show MEMBER" for what the stage has of the member's; nothing when it has nothing. */
void tls_add_renewed(struct tls_stage *stage, struct site *site,
                     const struct inventory_member *member, const struct tls_set *to,
                     const char *stamp);

#endif
