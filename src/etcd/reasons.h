/* Several endpoints, several reasons: one error that tells them all, and shortly. */
#ifndef QUORATE_ETCD_REASONS_H
#define QUORATE_ETCD_REASONS_H

#include "base/error.h"

/*
 * Adds the next endpoint's reason: "endpoint 'a': connection refused; endpoint 'b': ...". The same
 * reason of two in a row is told once: "endpoints 'a', 'b': connection refused". Code, cause and
 * remedy are the first one's, and what a server said stands before connections that failed.
 * Evidence is collected. 'all' is ERROR_INIT at first.
 */
void reasons_add(struct error *all, const struct error *one);

/* The reason why no further endpoint was asked: stands in front, with its code, cause and remedy. */
void reasons_decide(struct error *all, const struct error *one);

#endif
