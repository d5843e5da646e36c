/* Rules about members' hosts: disks, data directories, manifests, and who asks etcd whether it lives. */
#include <string.h>

#include "base/time.h"
#include "cluster/doctor/looking.h"
#include "cluster/rules_joiner_host.h"

enum {
    DISK_LEAST_BYTES = 256 << 20, /* four segments of the log */
    DISK_LEAST_PERCENT = 5,
    SYNC_CRITICAL_US = 100 * 1000,
    OTHERS_MODE = 077, /* permissions that a data directory is not to give */
};

static void
unseen(struct doctor *d, const struct member_picture *m, const char *what, const char *because)
{
    doctor_add(d, VERDICT_WELL, m, "%s of member %s was not looked at", what, m->label)->evidence =
        because;
}

static void
look_unseen(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        const struct host_picture *h = m->host;

        if (h == NULL)
            continue;
        if (h->state == FACT_UNKNOWN) {
            unseen(d, m, "the host", h->because);
            continue;
        }
        if (h->settings_state == FACT_UNKNOWN)
            unseen(d, m, "the configuration", h->settings_because);
        if (h->log.state == FACT_UNKNOWN)
            unseen(d, m, "the log", h->log.because);
        if (h->disk_state == FACT_UNKNOWN)
            unseen(d, m, "the disk", h->disk_because);
        if (h->sync_state == FACT_UNKNOWN)
            unseen(d, m, "the speed of the disk", h->sync_because);
    }
}

/* --- the disk --- */

static const struct host_picture *
with_disk(const struct member_picture *m)
{
    return m->host != NULL && m->host->disk_state == FACT_KNOWN ? m->host : NULL;
}

static bool
disk_is_full(const struct host_disk *disk)
{
    return disk->free_bytes < DISK_LEAST_BYTES ||
           disk->free_bytes < disk->size_bytes / 100 * DISK_LEAST_PERCENT;
}

static void
look_space(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        const struct host_picture *h = with_disk(m);
        uint64_t db = m->view->known && m->view->status.db_size_bytes > 0
                          ? (uint64_t)m->view->status.db_size_bytes
                          : 0;
        bool full;

        if (h == NULL)
            continue;
        full = disk_is_full(&h->disk);
        if (!full && h->disk.free_bytes >= db)
            continue;
        doctor_add(d, full ? VERDICT_CRITICAL : VERDICT_WARNING, m,
                   "the disk of member %s has %s free", m->label,
                   size_human(d->mem, h->disk.free_bytes))
            ->evidence = arena_printf(d->mem, "of %s, in %s; the database takes %s",
                                      size_human(d->mem, h->disk.size_bytes), h->data_dir,
                                      size_human(d->mem, db));
    }
}

static void
look_sync(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        const struct host_picture *h = m->host;

        if (h == NULL || h->sync_state != FACT_KNOWN || h->sync_mean_us <= FSYNC_SLOW_US)
            continue;
        doctor_add(d, h->sync_mean_us > SYNC_CRITICAL_US ? VERDICT_CRITICAL : VERDICT_WARNING, m,
                   "a synced write on the disk of member %s takes %s", m->label,
                   duration_text_us(d->mem, h->sync_mean_us))
            ->evidence = arena_printf(d->mem, "the mean of %d writes of %d bytes in %s",
                                      HOST_FSYNC_WRITES, HOST_FSYNC_SIZE, h->data_dir);
    }
}

/* Names as GNU stat has them. */
static bool
is_of_network(const char *file_system)
{
    static const char *const names[] = {"nfs",  "nfsd", "smb",     "smb2",   "cifs", "9p",
                                        "v9fs", "ceph", "gluster", "lustre", "afs",  "fuseblk"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(file_system, names[i]) == 0)
            return true;
    }
    return false;
}

static void
look_file_system(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        const struct host_picture *h = with_disk(m);

        if (h == NULL || !is_of_network(h->disk.file_system))
            continue;
        doctor_add(d, VERDICT_WARNING, m, "the data of member %s lie on '%s'", m->label,
                   h->disk.file_system)
            ->evidence = h->data_dir;
    }
}

static void
look_data_dir(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        const struct host_picture *h = with_disk(m);

        if (h == NULL || (h->data_dir_mode & OTHERS_MODE) == 0)
            continue;
        doctor_add(d, VERDICT_WARNING, m, "others may look into the data of member %s", m->label)
            ->evidence =
            arena_printf(d->mem, "%s has mode %04o; chmod 0700 it", h->data_dir, h->data_dir_mode);
    }
}

/* --- static pods, and who asks --- */

static void
look_manifests(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];

        for (size_t k = 0; m->host != NULL && k < m->host->other_manifests.count; k++)
            doctor_add(d, VERDICT_CRITICAL, m, "a second manifest of etcd on the host of member %s",
                       m->label)
                ->evidence = m->host->other_manifests.items[k];
    }
}

/* From 3.5.11 on /livez is asked, before that /health, which says no when the leader is away. */
static void
look_liveness(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        const char *path = m->host != NULL ? m->host->liveness_path : NULL;

        if (path == NULL || strncmp(path, "/livez", strlen("/livez")) == 0 ||
            (strncmp(path, "/health", strlen("/health")) == 0 &&
             strstr(path, "serializable=true") != NULL))
            continue;
        doctor_add(d, VERDICT_WARNING, m,
                   "the kubelet kills member %s when the cluster has no leader", m->label)
            ->evidence = arena_printf(d->mem, "livenessProbe: %s", path);
    }
}

static void
look_probes(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];

        for (size_t k = 0; m->host != NULL && k < m->host->probe_count; k++) {
            const struct tls_probe *probe = &m->host->probes[k];
            struct doctor_finding *f =
                doctor_add(d, VERDICT_WARNING, m, "%s: %s", probe->where, probe->text);

            f->evidence = arena_printf(d->mem, "it asks %s; %s", probe->asks, probe->remedy);
            f->command = doctor_command(d, "tls probes");
        }
    }
}

const struct doctor_rule doctor_rules_of_hosts[] = {
    {.id = "not-looked-at",
     .when = "note: a part of a member's host that could not be looked at",
     .source = "quorate",
     .why = "what was not seen is not judged",
     .mend = "see why, or leave hosts out with --no-hosts",
     .look = look_unseen},
    {.id = "disk-space",
     .when = "critical: less than 5 %, or than 256 MiB, is free; warning: less than the database "
             "takes",
     .source = "etcd server/storage/wal: segments of 64 MiB; a defragmentation writes the database "
               "a second time",
     .why = "without space a member ends, and cannot be defragmented",
     .mend = "free space, or give it a disk of its own",
     .look = look_space},
    {.id = "disk-slow",
     .when = "with --disk; warning: a synced write takes more than 10 ms; critical: 100 ms",
     .source = "etcd documentation, op-guide/hardware; FAQ (10 ms); tuning, heartbeat interval "
               "(100 ms)",
     .why = "no write is acknowledged before a majority has synced it",
     .mend = "a disk of its own, SSD or NVMe; see who else writes there (iostat -x 1)",
     .look = look_sync},
    {.id = "file-system-of-network",
     .when = "warning: the data lie on NFS, SMB, 9p and their like",
     .source = "etcd documentation, op-guide/hardware; FAQ",
     .why = "locks and syncs do not hold there what they promise, and each takes the network's "
            "time",
     .mend = "a local disk: move the member to another host, or its data directory",
     .look = look_file_system},
    {.id = "data-directory-open",
     .when = "warning: others than its owner may enter the data directory",
     .source = "etcd client/pkg/fileutil, CheckDirPermission (0700)",
     .why = "who reads the database has every Secret in it",
     .mend = "chmod 0700",
     .look = look_data_dir},
    {.id = "manifest-twice",
     .when = "critical: another file in the manifests directory runs etcd, too",
     .source = "Kubernetes documentation, static pods: each file not beginning with a dot is read",
     .why = "the kubelet starts either of them: with old settings, or on the same data",
     .mend = "move the copy out of the directory",
     .look = look_manifests},
    {.id = "liveness-needs-quorum",
     .when = "warning: a livenessProbe other than /livez or /health?serializable=true",
     .source = "etcd documentation, op-guide/monitoring, Health Check",
     .why = "when the leader is away all members are restarted, again and again, and none can "
            "be elected",
     .mend = "ask /livez (before 3.5.11: /health?serializable=true)",
     .look = look_liveness},
    {.id = "probe-in-vain",
     .when = "warning: a health check or client that does not speak TLS to a port that does",
     .source = "etcd-io/etcd issue 9285",
     .why = "it fails for ever, or fills the log with 'rejected connection'",
     .mend = "--listen-metrics-urls=http://127.0.0.1:2381, and have it ask there",
     .look = look_probes},
    {.id = NULL},
};
