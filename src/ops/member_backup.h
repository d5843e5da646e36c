/*
 * The backup of old: a copy of a stopped member's data directory in which it is the only member, with
 * its v2 keys and, when wanted, its v3 keys. To be started with etcd 3.5 and --force-new-cluster.
 *
 * The log is copied entry for entry, so that raft indexes stay what they are; what changed the
 * membership becomes an empty entry.
 *
 * Source: etcd 3.5 etcdutl/etcdutl/backup_command.go; 3.4 etcdctl/ctlv2/command/backup_command.go.
 */
#ifndef QUORATE_OPS_MEMBER_BACKUP_H
#define QUORATE_OPS_MEMBER_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/observer.h"

struct member_backup_request {
    const char *data_dir;
    const char *wal_dir;        /* NULL or "": in the data directory */
    const char *backup_dir;     /* must not exist, or be empty */
    const char *backup_wal_dir; /* NULL or "": in the backup; otherwise must not exist */
    bool with_v3;               /* false: an empty v3 key space */
    int64_t wait_ms;            /* for the lock: see format/db_file.h */
};

struct member_backup_result {
    uint64_t snapshot_index; /* raft index of the raft snapshot; 0: there is none */
    uint64_t entry_count;    /* entries behind it */
    uint64_t emptied_count;  /* of these, emptied: membership, and v3 requests without with_v3 */
};

/*
 * Makes the backup; on failure nothing of it stays.
 *
 * e       ERROR_NOT_FOUND, ERROR_PERMISSION, ERROR_LOCKED (a server has it open), ERROR_EXISTS,
 *         ERROR_CORRUPT, ERROR_FORMAT, ERROR_NO_SPACE, ERROR_IO.
 */
MUST_CHECK bool member_backup(const struct member_backup_request *request,
                              const struct observer *observer,
                              struct member_backup_result *ret_result, struct error *e);

#endif
