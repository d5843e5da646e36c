/* Judgement about the files of keys and certificates: whose they are to be, and who may read them. */
#ifndef QUORATE_CLUSTER_RULES_KEY_FILE_H
#define QUORATE_CLUSTER_RULES_KEY_FILE_H

#include <stdbool.h>

#include "node/host/host_file.h"
#include "node/service.h"

/*
 * Owner and mode that a file is to have: what it has, when etcd's user can read it and nobody can who should not; else
 * etcd's user, with 0600 for a key and 0644 for a certificate.
 *
 * there  what is there now; may be nothing.
 */
struct host_file rule_key_file_owner(const struct host_file *there,
                                     const struct service_account *account, bool is_key);

#endif
