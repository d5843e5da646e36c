/* Which certificates the members of a cluster have now, and quorate itself. Private to ops/tls_*.c. */
#ifndef QUORATE_OPS_TLS_SURVEY_H
#define QUORATE_OPS_TLS_SURVEY_H

#include "ops/tls_stage.h"

struct surveyed_certificate {
    const struct inventory_member *member; /* NULL: quorate's own */
    const char *use;
    const char *path;
    struct certificate found; /* the first in the file */
};

struct surveyed_member {
    const struct inventory_member *member;
    struct tls_set places;
};

struct tls_survey {
    ARRAY(struct surveyed_member) members;
    ARRAY(struct surveyed_certificate) certificates; /* each file once */
};

/*
 * Reads them where the settings name them; in 'mem'.
 *
 * e  ERROR_REFUSED: a member shows no certificate: it has no TLS yet. As tls_places_find; certificates that cannot be read.
 */
MUST_CHECK bool tls_survey_fetch(struct arena *mem, struct site *site,
                                 const struct inventory *inventory, struct tls_survey *ret,
                                 struct error *e);

/* The authority of a request: what it names, else a lab's own. e: ERROR_USAGE: none is known. In 'mem'. */
MUST_CHECK bool tls_authority_of(struct arena *mem, const struct inventory *inventory,
                                 const char *ca_cert, const char *ca_key, const char **ret_cert,
                                 const char **ret_key, struct error *e);

#endif
