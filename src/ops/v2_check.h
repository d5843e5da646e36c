/*
 * Does a member hold data of the v2 API? etcd 3.6 refuses to start on such a data directory, so this
 * is asked before an upgrade from 3.5.
 *
 * Only reads, and needs no lock: it may be asked of a running member, whose log then goes on behind
 * what was read.
 *
 * Source: etcd 3.5.33 etcdutl/etcdutl/check_command.go,
 * server/etcdserver/api/membership/storev2.go (IsMetaStoreOnly).
 */
#ifndef QUORATE_OPS_V2_CHECK_H
#define QUORATE_OPS_V2_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct v2_check {
    const char *snap_name;  /* the raft snapshot that was read; NULL: there is none */
    bool store_has_content; /* in it */
    bool wal_has_content;   /* behind it */
    uint64_t wal_index;     /* raft index of the first such entry */
    const char *wal_method; /* what it asked: "PUT", "QGET" (a health check of --enable-v2), ... */
    const char *wal_path;   /* of which key; "" for none */
};

/*
 * wal_dir  NULL or "": inside the data directory. A member without a log holds nothing.
 * e        as member_log_read; ERROR_FORMAT: the v2 store or an entry is malformed.
 */
MUST_CHECK bool v2_content_check(struct arena *mem, const char *data_dir, const char *wal_dir,
                                 struct v2_check *ret_check, struct error *e);

#endif
