/*
 * Certificates that a plan issues: made in a folder of the plan's own, for root or the operator alone, from where they are
 * delivered, and which goes at the end. Private to ops/tls_*.c.
 */
#ifndef QUORATE_OPS_TLS_STAGE_H
#define QUORATE_OPS_TLS_STAGE_H

#include "base/json.h"
#include "base/json_writer.h"
#include "ops/tls_places.h"
#include "pki/certificate.h"
#include "pki/key.h"
#include "plan/plan.h"

struct staged_certificate {
    const char *owner; /* the member's name; "" for quorate itself */
    const char *use;   /* "server", "peer", "client"; others are a client's, that nobody is given */
    const char *common_name;
    enum key_kind key;
    ARRAY(const char *) names;
    const char *cert_path; /* in the stage; set by tls_stage_init */
    const char *key_path;
};

struct tls_stage {
    struct plan *plan;
    const char *dir;
    const char *ca_cert; /* here */
    const char *ca_key;
    unsigned days;
    ARRAY(struct staged_certificate) certificates;
};

/* --- inputs --- */

/*
 * What a certificate that is to be replaced was: common name, kind of key, names; and the hosts of the inventory.
 *
 * member  NULL: quorate's own, as a client.
 */
struct staged_certificate staged_like(struct arena *mem, const struct inventory *inventory,
                                      const struct inventory_member *member, const char *use,
                                      const struct certificate *old);
void tls_stage_encode(struct json_writer *w, const struct tls_stage *stage, const char *stamp);

/* --- the plan --- */

/* From the inputs; the stage is STATE/tls/STAMP. */
MUST_CHECK bool tls_stage_init(struct tls_stage *stage, struct plan *plan,
                               const struct json *inputs, const char *state_dir,
                               const char **ret_stamp, struct error *e);
/* NULL: none is issued for that use. */
const struct staged_certificate *tls_stage_find(const struct tls_stage *stage, const char *owner,
                                                const char *use);
/* The files of a member's that are in the stage. */
struct tls_set tls_stage_set(const struct tls_stage *stage, const char *owner);

void tls_add_issue(struct tls_stage *stage);
/* The last step: the keys that were delivered are nowhere else any more. */
void tls_add_forget(struct tls_stage *stage);

#endif
