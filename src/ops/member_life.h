/* Whether a member that was started stays up on its host, and if not, why: in etcd's own words. */
#ifndef QUORATE_OPS_MEMBER_LIFE_H
#define QUORATE_OPS_MEMBER_LIFE_H

#include <stdbool.h>

#include "base/error.h"
#include "node/service.h"

/* Starts the member's service; fine when it runs. e: when its program ends at once, what etcd said last. */
MUST_CHECK bool member_life_start(const struct service *service, struct error *e);

/*
 * One look at a member that was started and does not serve yet.
 *
 * failures  counts the looks at which it had ended by itself; from 0.
 * e         ERROR_FAILED, cause "member-ends": it ends again and again, with what etcd said last. Else as
 *           service_state.
 */
MUST_CHECK bool member_life_check(const struct service *service, unsigned *failures,
                                  struct error *e);

/* What etcd said last that tells most of why it has ended; "" when that is not known. In 'mem'. */
const char *member_last_words(struct arena *mem, const struct service *service);

#endif
