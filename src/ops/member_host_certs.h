/*
 * The certificates of a member, as they lie on its host: would its etcd, started with them, serve its clients
 * and be one of its peers? What a plan asks before it starts or restarts a member, so that what is wrong is
 * told while the old process still runs.
 */
#ifndef QUORATE_OPS_MEMBER_HOST_CERTS_H
#define QUORATE_OPS_MEMBER_HOST_CERTS_H

#include "cluster/inventory.h"
#include "cluster/rules_certificate.h"
#include "cluster/site.h"
#include "format/settings/pod_manifest.h"
#include "format/settings/settings.h"

/* What a plan will have changed of a member before it starts it. */
struct member_start_changes {
    const struct setting_change *settings;
    size_t setting_count;
    const struct pod_mount_change *mounts; /* of a static pod */
    size_t mount_count;
};

/*
 * Judges the files that the member's settings name, towards clients and towards peers: there, complete and
 * seen by its container; readable for the user its etcd runs as; a certificate's own key; dates by the
 * host's clock; both usages; the names it is dialled by; signed by an authority of its own CA file, which
 * is one and valid; and, as a peer, the address that the others see it come from. In a lab the files are
 * the inventory's. Without TLS all is well. Changes nothing; keys are wiped as soon as they were compared.
 *
 * inventory  the other members.
 * changes    NULL: none.
 * e          ERROR_TLS: what cluster/rules_certificate.h says. ERROR_NOT_FOUND "file-missing", ERROR_PERMISSION
 *            "file-unreadable", ERROR_TLS "file-damaged", ERROR_REFUSED "file-not-named", "file-not-mounted".
 *            Text and evidence have file, setting and field; the hint is the mend.
 */
MUST_CHECK bool member_start_certs_check(struct site *site, const struct inventory *inventory,
                                         const struct inventory_member *member,
                                         const struct member_start_changes *changes,
                                         struct error *e);

/* The same of a member that is still to be laid out there: the files that are configured of it. */
MUST_CHECK bool member_host_certs_check(const struct host *host,
                                        const struct inventory_member *member, struct error *e);

/* One certificate that a setting names, or what a setting named in vain. */
struct member_cert_seen {
    const char *setting;       /* "peer-cert-file" */
    const char *path;          /* on the host */
    struct certificates chain; /* its own first; none: 'problem' says why */
    const bool *has_key;       /* NULL: the key was not read */
    const char *key_path;      /* on the host; NULL: none is named */
    struct certificate_flaws flaws;
    const char *problem; /* NULL: none */
};

struct member_certs_seen {
    struct member_cert_seen *items;
    size_t count;
    size_t capacity;
};

/*
 * Looks at all of them instead, for people: what cannot be read is told of one, and the next is looked at.
 *
 * days    as in struct certificate_wanted.
 * e       the host, or its settings, cannot be read.
 * Memory  in 'mem'.
 */
MUST_CHECK bool member_start_certs_look(struct arena *mem, struct site *site,
                                        const struct inventory *inventory,
                                        const struct inventory_member *member, int64_t days,
                                        struct member_certs_seen *ret, struct error *e);

#endif
