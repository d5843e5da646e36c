/*
 * Lines of etcd's log, in each form in which 3.4 to 3.7 write them, and what they tell of: JSON (zap), text
 * (capnslog, 3.4's default), raft's own text, and zap's console form (--log-format=console, 3.6 on). One log has
 * several of them, and the plain lines of a Go program that dies.
 */
#ifndef QUORATE_FORMAT_ETCD_LOG_H
#define QUORATE_FORMAT_ETCD_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"

enum etcd_log_level {
    ETCD_LOG_DEBUG,
    ETCD_LOG_INFO,
    ETCD_LOG_WARN,
    ETCD_LOG_ERROR,
    ETCD_LOG_FATAL, /* with it, or soon behind it, the process ends: fatal, panic */
};

struct etcd_log_line {
    enum etcd_log_level level;
    int64_t time_ms; /* since 1970; 0: the line has none */
    bool has_zone;   /* false: it is the host's local time, read as if it were UTC */
    const char *message;
    const char *error;         /* the field of that name; "": it has none */
    const struct json *fields; /* all of a line that is JSON; NULL: text */
};

/*
 * Reads a line. False: it is none of etcd's (a stack trace, what another program says).
 * In 'mem', which 'line' must outlive.
 * Source: go.uber.org/zap as etcd's client/pkg/logutil/zap.go sets it up; github.com/coreos/pkg/capnslog,
 * PrettyFormatter, and 3.4's raft/logger.go.
 */
bool etcd_log_line_read(struct arena *mem, const char *line, struct etcd_log_line *ret_line);

enum etcd_log_kind {
    ETCD_LOG_OTHER,
    ETCD_LOG_START,               /* what follows is a new process's */
    ETCD_LOG_END,                 /* it ends by itself: panic, fatal */
    ETCD_LOG_SLOW_SYNC,           /* a sync of the log took more than a second */
    ETCD_LOG_SLOW_APPLY,          /* more than 100 ms */
    ETCD_LOG_SLOW_READ_INDEX,     /* a linearizable read waited for the leader */
    ETCD_LOG_LATE_HEARTBEAT,      /* a leader's */
    ETCD_LOG_LEADER_LOST,         /* raft has no leader any more */
    ETCD_LOG_CLOCK_DRIFT,         /* against a peer, more than a second */
    ETCD_LOG_PEER_SILENT,         /* the prober does not reach it */
    ETCD_LOG_BUFFER_FULL,         /* messages to a peer were dropped */
    ETCD_LOG_SLOW_SNAPSHOT,       /* a client's: more than a second for each 100 MiB, and 30 s */
    ETCD_LOG_REJECTED_CONNECTION, /* its TLS handshake failed */
    ETCD_LOG_OTHER_CLUSTER,       /* a peer has another cluster id */
    ETCD_LOG_REMOVED_MEMBER,      /* it is told that it was removed, or tells another so */
    ETCD_LOG_RAFT_LOST,           /* entries that raft counts on are not in the log */
    ETCD_LOG_WAL_DAMAGED,
    ETCD_LOG_SNAPSHOT_DAMAGED, /* of raft: the .snap, or its database */
    ETCD_LOG_DATABASE_LOCKED,  /* by another process */
    ETCD_LOG_DATA_DIFFERS,     /* hashes of members */
    ETCD_LOG_DESCRIPTORS,      /* files open, near or at the limit */
    ETCD_LOG_UNPUBLISHED,      /* it started, and cannot make itself known: no quorum */
    ETCD_LOG_KINDS,
};

/* What a line tells of. Source: etcd's own messages, 3.4.23 to 3.7.3; docs/formats/log.md. */
enum etcd_log_kind etcd_log_kind_of(const struct etcd_log_line *line);

#endif
