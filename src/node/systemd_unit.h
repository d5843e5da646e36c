/* What the parts of service_systemd share. */
#ifndef QUORATE_NODE_SYSTEMD_UNIT_H
#define QUORATE_NODE_SYSTEMD_UNIT_H

#include "node/host/host_file.h"
#include "node/unit_status.h"

#define UNIT_DIR "/etc/systemd/system"

/* e  ERROR_USAGE: the service's place is no unit's name. A unit that is not there is a result. */
MUST_CHECK bool systemd_status(struct arena *mem, const struct service *s,
                               struct unit_status *ret_status, struct error *e);
/* "there is no unit ..."; the value is false. */
bool systemd_absent(const struct service *s, struct error *e);
/* Has systemd read its units again. */
MUST_CHECK bool systemd_reload(const struct service *s, struct error *e);
/* Puts the drop-in of the hold there. */
MUST_CHECK bool systemd_hold(struct arena *mem, const struct service *s,
                             const struct unit_status *unit, struct error *e);

/* Whether systemd_change could make these changes; writes nothing. e: as service_change. */
MUST_CHECK bool systemd_may_change(const struct service *s, const struct setting_change *changes,
                                   size_t count, struct error *e);

/* Beside a keeping: of a hold that was put on a unit that was idle, and of its being enabled. In 'mem'. */
const char *systemd_keeping_of_hold(struct arena *mem, const char *keeping);
const char *systemd_keeping_of_boot(struct arena *mem, const char *keeping);

extern const struct host_file systemd_file_of_root; /* 0644 */
extern const struct host_file systemd_dir_of_root;  /* 0755 */

/* As in struct service_class. */
bool systemd_account(struct arena *mem, const struct service *s,
                     struct service_account *ret_account, struct error *e);
bool systemd_settings(struct arena *mem, const struct service *s,
                      struct etcd_settings *ret_settings, struct error *e);
bool systemd_change(const struct service *s, const struct setting_change *changes, size_t count,
                    const char *keeping, struct error *e);
bool systemd_put_back(const struct service *s, const char *keeping, struct error *e);
bool systemd_lay_out(const struct service *s, const struct service *pattern,
                     const struct setting_change *changes, size_t count, const char *keeping,
                     struct error *e);
bool systemd_may_lay_out(const struct service *s, const struct service *pattern,
                         const struct setting_change *changes, size_t count,
                         bool certificates_follow, struct error *e);

#endif
