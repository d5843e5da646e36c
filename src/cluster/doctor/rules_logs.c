/* Rules about members' logs: what etcd itself complained of within the last hour. */
#include "base/time.h"
#include "cluster/doctor/looking.h"

static enum verdict
severity_of(const struct log_sign *sign, size_t count)
{
    if (sign->critical != 0 && count >= sign->critical)
        return VERDICT_CRITICAL;
    return sign->warning != 0 && count >= sign->warning ? VERDICT_WARNING : VERDICT_WELL;
}

static const char *
evidence_of(struct doctor *d, const struct log_sign *sign, const struct log_sight *sight)
{
    const char *when = sight->last_ms != 0 ? arena_printf(d->mem, "last at %s",
                                                          time_rfc3339(d->mem, sight->last_ms))
                                           : "";

    if (!sign->shows_line)
        return when;
    return arena_printf(d->mem, "%s%s'%s'", when, when[0] != '\0' ? ": " : "", sight->last);
}

static void
look_log(struct doctor *d)
{
    const struct log_sign *sign = d->rule->sign;

    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        const struct log_sight *sight;
        struct doctor_finding *f;

        if (m->host == NULL || m->host->log.state != FACT_KNOWN)
            continue;
        sight = &m->host->log.seen[sign->kind];
        if (sight->count == 0)
            continue;
        f = doctor_add(d, severity_of(sign, sight->count), m, "the log of member %s: %zu %s",
                       m->label, sight->count, sign->text);
        f->evidence = evidence_of(d, sign, sight);
        if (sign->command != NULL)
            f->command = doctor_command(d, "%s", sign->command);
    }
}

const struct doctor_rule doctor_rules_of_logs[] = {
    {.id = "log-ended",
     .when = "warning: one in the last hour",
     .source = "etcd's log, level fatal or panic",
     .why = "it ended by itself, and will again until its reason is gone",
     .mend = "the line says why; 'quorate datadir check' on its host, when it is about its data",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_END,
                                      .warning = 1,
                                      .text = "times ended by itself",
                                      .shows_line = true}},
    {.id = "log-data-differs",
     .when = "critical: one in the last hour",
     .source = "etcd server/etcdserver/corrupt.go; op-guide/data_corruption",
     .why = "its data differs from the others': who reads from it reads what is not so",
     .mend = "see which member differs, back up one that does not, and replace it",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_DATA_DIFFERS,
                                      .critical = 1,
                                      .text = "times other data than its peers",
                                      .command = "check corruption",
                                      .shows_line = true}},
    {.id = "log-wal-damaged",
     .when = "critical: one in the last hour",
     .source = "etcd server/storage/wal, ErrCRCMismatch and its like",
     .why = "a log that cannot be read is a member that does not start",
     .mend = "'quorate datadir check' on its host; where others serve, replace the member",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_WAL_DAMAGED,
                                      .critical = 1,
                                      .text = "times a damaged log of raft",
                                      .shows_line = true}},
    {.id = "log-snapshot-damaged",
     .when = "critical: one in the last hour",
     .source = "etcd server/etcdserver/api/snap, ErrCRCMismatch; etcdserver/bootstrap.go",
     .why = "without the snapshot and its database a member does not start",
     .mend = "'quorate datadir check' on its host; where others serve, replace the member",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_SNAPSHOT_DAMAGED,
                                      .critical = 1,
                                      .text = "times a damaged snapshot of raft",
                                      .shows_line = true}},
    {.id = "log-raft-lost",
     .when = "critical: one in the last hour",
     .source = "etcd-io/raft log.go, commitTo; op-guide/failures",
     .why = "its data directory was put back to an older state: it has voted for what it does "
            "not have",
     .mend = "replace the member: never start it with those data again",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_RAFT_LOST,
                                      .critical = 1,
                                      .text = "times entries of raft that it had and has no more",
                                      .shows_line = true}},
    {.id = "log-database-locked",
     .when = "critical: one in the last hour",
     .source = "etcd server/etcdserver/backend.go",
     .why = "another process has its database open: it waits, and does not serve",
     .mend = "find it (fuser -v DATADIR/member/snap/db): an etcd that was not stopped, or a tool",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_DATABASE_LOCKED,
                                      .critical = 1,
                                      .text = "times a database that another process has locked"}},
    {.id = "log-other-cluster",
     .when = "warning: one in the last hour",
     .source = "etcd documentation, op-guide/recovery, Restoring a cluster",
     .why = "a peer of another cluster calls it, or it calls one: a member that was forgotten "
            "when the cluster was restored, or a wrong peer URL",
     .mend = "stop that member, and move its data aside; see the peer URLs",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_OTHER_CLUSTER,
                                      .warning = 1,
                                      .text = "messages from or to another cluster",
                                      .shows_line = true}},
    {.id = "log-removed-member",
     .when = "warning: one in the last hour",
     .source = "etcd documentation, op-guide/runtime-configuration, Remove a member",
     .why = "a member that was removed still runs, and calls",
     .mend = "stop it, and move its data aside",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_REMOVED_MEMBER,
                                      .warning = 1,
                                      .text = "times a member that was removed",
                                      .shows_line = true}},
    {.id = "log-slow-sync",
     .when = "note: one in the last hour; warning: 3",
     .source = "etcd server/storage/wal/wal.go, warnSyncDuration (1 s)",
     .why = "no write is acknowledged before a majority has synced it",
     .mend = "a disk of its own, SSD or NVMe; see who else writes there (iostat -x 1)",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_SLOW_SYNC,
                                      .warning = 3,
                                      .text = "syncs of more than a second",
                                      .command = "check perf"}},
    {.id = "log-late-heartbeats",
     .when = "note: one in the last hour; warning: 60",
     .source = "etcd FAQ, 'failed to send out heartbeat on time'",
     .why = "followers that miss them start an election",
     .mend = "see the leader's disk and processor",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_LATE_HEARTBEAT,
                                      .warning = 60,
                                      .text = "heartbeats late"}},
    {.id = "log-slow-applies",
     .when = "note: one in the last hour; warning: 100",
     .source = "etcd FAQ, 'apply entries took too long' (100 ms)",
     .why = "everything behind them waits",
     .mend = "see disk and processor; large ranges and transactions are read in pieces",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_SLOW_APPLY,
                                      .warning = 100,
                                      .text = "requests of more than 100 ms"}},
    {.id = "log-slow-reads",
     .when = "note: one in the last hour; warning: 10",
     .source = "etcd server/etcdserver/v3_server.go, linearizableReadLoop",
     .why = "each linearizable read asks the leader, and it answers late",
     .mend = "see the leader's disk and the network",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_SLOW_READ_INDEX,
                                      .warning = 10,
                                      .text = "reads that waited for the leader"}},
    {.id = "log-leader-lost",
     .when = "note: one in the last hour; warning: 4",
     .source = "etcd contrib/mixin, etcdHighNumberOfLeaderChanges",
     .why = "until another is elected all writes wait",
     .mend = "see the disks, the processors and the network of the members, in this order",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_LEADER_LOST,
                                      .warning = 4,
                                      .text = "times without a leader"}},
    {.id = "log-clock-drift",
     .when = "warning: one in the last hour",
     .source = "etcd server/etcdserver/api/rafthttp/probing_status.go (1 s)",
     .why = "leases, certificates and logs go by the clock",
     .mend = "run an NTP client on both hosts",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_CLOCK_DRIFT,
                                      .warning = 1,
                                      .text = "times another time than a peer's",
                                      .shows_line = true}},
    {.id = "log-peer-silent",
     .when = "note: one in the last hour; warning: 60",
     .source = "etcd server/etcdserver/api/rafthttp/probing_status.go",
     .why = "the way between the two is cut, or the peer is down",
     .mend = "see the peer, its URLs and port, and the certificates of both",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_PEER_SILENT,
                                      .warning = 60,
                                      .text = "times a peer that does not answer",
                                      .shows_line = true}},
    {.id = "log-messages-dropped",
     .when = "note: one in the last hour; warning: 100",
     .source = "etcd server/etcdserver/api/rafthttp/peer.go",
     .why = "messages of raft come faster than the peer takes them: it falls behind",
     .mend = "see the network to the peer, and its disk",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_BUFFER_FULL,
                                      .warning = 100,
                                      .text = "messages to a peer dropped"}},
    {.id = "log-rejected-connections",
     .when = "note: one in the last hour; warning: 10",
     .source = "etcd-io/etcd issue 9285",
     .why = "somebody knocks who is sent away: a health check or client without TLS or with a "
            "wrong certificate, or a peer whose certificate has ended",
     .mend = "see who it is, and how it asks",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_REJECTED_CONNECTION,
                                      .warning = 10,
                                      .text = "connections sent away",
                                      .command = "tls probes",
                                      .shows_line = true}},
    {.id = "log-slow-snapshot",
     .when = "note: one in the last hour",
     .source = "etcd server/etcdserver/api/v3rpc/maintenance.go; storage/backend/backend.go",
     .why = "as long as somebody takes a snapshot, pages that become free are not taken again, "
            "and the database grows",
     .mend = "take it over a faster way, or from a member that is nearer",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_SLOW_SNAPSHOT,
                                      .text = "times a snapshot that takes long"}},
    {.id = "log-descriptors",
     .when = "warning: one in the last hour",
     .source = "etcd server/etcdserver/metrics.go (80 %)",
     .why = "at the limit it takes no connection, and cannot make its next log file",
     .mend = "raise LimitNOFILE= of its unit; see which client opens so many (ss -tnp)",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_DESCRIPTORS,
                                      .warning = 1,
                                      .text = "times too few file descriptors",
                                      .shows_line = true}},
    {.id = "log-unpublished",
     .when = "note: one in the last hour; warning: 3",
     .source = "etcd server/etcdserver/server.go, publishV3",
     .why = "it has started, and finds no quorum to tell so",
     .mend = "start the other members; see whether they reach each other",
     .look = look_log,
     .sign = &(const struct log_sign){.kind = ETCD_LOG_UNPUBLISHED,
                                      .warning = 3,
                                      .text = "times in vain told the others that it is there"}},
    {.id = NULL},
};
