#include "ops/doctor_hosts.h"

#include <string.h>

#include "base/io.h"
#include "base/parallel.h"
#include "base/time.h"
#include "cluster/doctor/log_digest.h"
#include "node/host/host_file.h"
#include "node/service_pod.h"
#include "ops/tls_probes.h"

enum { LOG_LINES = 2000 };

/* One member's host, with an arena of its own: hosts are looked at side by side. */
struct looking {
    struct arena mem;
    const struct inventory *inventory;
    const struct inventory_member *member;
    enum host_looks looks;
    bool sync;
    struct site site;
    const struct host *host;
    struct service service;
    struct host_picture *picture;
};

struct lookings {
    ARRAY(struct looking *) items;
};

static const char *
because(struct looking *l, const struct error *e)
{
    return arena_text(&l->mem, e->text);
}

static void
settings_look(struct looking *l)
{
    struct error e = ERROR_INIT;

    l->picture->settings_state = FACT_KNOWN;
    if (service_settings(&l->mem, &l->service, &l->picture->settings, &e))
        return;
    l->picture->settings_state = FACT_UNKNOWN;
    l->picture->settings_because = because(l, &e);
}

static void
log_look(struct looking *l)
{
    struct error e = ERROR_INIT;
    const char *text;

    if (service_log_tail(&l->mem, &l->service, LOG_LINES, &text, &e)) {
        log_digest(&l->mem, text, time_wall_ms(), &l->picture->log);
        l->picture->log_text = text;
        return;
    }
    l->picture->log.state = FACT_UNKNOWN;
    l->picture->log.because = because(l, &e);
}

static void
sync_look(struct looking *l)
{
    struct error e = ERROR_INIT;

    l->picture->sync_state = FACT_ABSENT;
    if (!l->sync)
        return;
    l->picture->sync_state = FACT_KNOWN;
    if (host_fsync_probe(l->host, l->picture->disk.exists, &l->picture->sync_mean_us, &e))
        return;
    l->picture->sync_state = FACT_UNKNOWN;
    l->picture->sync_because = because(l, &e);
}

static bool
data_dir_look(struct looking *l, struct error *e)
{
    struct host_file file;

    if (l->member->data_dir == NULL)
        return error_set(e, ERROR_NOT_FOUND, "nobody says where its data lie");
    l->picture->data_dir = l->member->data_dir;
    if (!host_disk_look(&l->mem, l->host, l->member->data_dir, &l->picture->disk, e) ||
        !host_file_look(&l->mem, l->host, l->member->data_dir, &file, e))
        return false;
    l->picture->data_dir_mode = file.kind == HOST_DIR ? file.mode : 0;
    return true;
}

static void
disk_look(struct looking *l)
{
    struct error e = ERROR_INIT;

    if (data_dir_look(l, &e)) {
        l->picture->disk_state = FACT_KNOWN;
        sync_look(l);
        return;
    }
    l->picture->disk_state = FACT_UNKNOWN;
    l->picture->disk_because = because(l, &e);
}

/* --- a static pod's --- */

/* Whether the kubelet would start an etcd of it: a file that is no pod it leaves alone. */
static bool
runs_etcd(struct looking *l, const char *path)
{
    struct error ignored = ERROR_INIT;
    struct pod_manifest pod;
    struct bytes content;

    return host_file_read(&l->mem, l->host, path, POD_MANIFEST_MAX_BYTES, &content, &ignored) &&
           (pod_manifest_parse(&l->mem, path, content, &pod, &ignored) ||
            ignored.code == ERROR_REFUSED);
}

/* Others beside its own; names that begin with a dot are not read by the kubelet. */
static bool
manifests_look(struct looking *l, const char *own, struct error *e)
{
    const char *dir = path_dir(&l->mem, own);
    ARRAY(const char *) others = ARRAY_INIT;
    const char **names;
    size_t count;

    if (!host_dir_list(&l->mem, l->host, dir, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *path = path_join(&l->mem, dir, names[i]);

        if (names[i][0] != '.' && strcmp(path, own) != 0 && runs_etcd(l, path))
            *ARRAY_PUSH(&l->mem, &others) = path;
    }
    l->picture->other_manifests = (struct inventory_urls){others.items, others.count};
    return true;
}

static bool
pod_look(struct looking *l, struct error *e)
{
    struct service_pod_file file = {0};

    if (l->service.class != &service_pod)
        return true;
    if (!service_pod_load(&l->mem, &l->service, &file, e))
        return false;
    l->picture->liveness_path = file.pod.liveness.scheme != NULL ? file.pod.liveness.path : NULL;
    return manifests_look(l, l->service.place, e);
}

/* The log was counted with all that it says. */
static bool
probes_look(struct looking *l, struct error *e)
{
    struct tls_probes all = {0};

    if (l->inventory->lab != NULL || l->picture->settings_state != FACT_KNOWN)
        return true;
    if (!tls_probes_of_files(&l->mem, l->inventory, l->member, &l->service, &l->picture->settings,
                             &all, e))
        return false;
    l->picture->probes = all.items;
    l->picture->probe_count = all.count;
    return true;
}

/* --- all of it --- */

/* A lab's members are processes of this user, here. */
static bool
host_reach(struct looking *l, struct error *e)
{
    struct host *here;

    site_init(&l->site, &l->mem, l->inventory);
    if (l->inventory->lab == NULL)
        return site_host(&l->site, l->member, &l->host, e);
    if (!host_open(&l->mem, "local:", NULL, &here, e))
        return false;
    l->host = here;
    return true;
}

static bool
host_look(void *context, size_t i, struct error *e)
{
    struct looking *l = ((struct lookings *)context)->items.items[i];
    struct error not_started = ERROR_INIT;

    if (!host_reach(l, e))
        return false;
    l->picture->name = host_name(l->host);
    disk_look(l);
    if (!site_service(&l->site, l->member, &l->service, &not_started)) {
        l->picture->settings_state = l->picture->log.state = FACT_UNKNOWN;
        l->picture->settings_because = l->picture->log.because = because(l, &not_started);
        return true;
    }
    settings_look(l);
    if (l->looks < HOST_LOOKS_ALL)
        return true;
    log_look(l);
    return pod_look(l, e) && probes_look(l, e);
}

static void
mem_release(void *mem)
{
    arena_release(mem);
}

static struct looking *
looking_make(struct arena *mem, const struct inventory *inventory,
             const struct inventory_member *member, enum host_looks looks, bool sync)
{
    struct looking *l = arena_zero(mem, sizeof(*l));

    l->inventory = inventory;
    l->member = member;
    l->looks = looks;
    l->sync = sync;
    l->picture = arena_zero(mem, sizeof(*l->picture));
    arena_on_release(mem, mem_release, &l->mem);
    return l;
}

void
doctor_hosts_look(struct arena *mem, const struct inventory *inventory, enum host_looks looks,
                  bool sync, struct member_picture *members, size_t count)
{
    struct error *errors = arena_zero(mem, (count + 1) * sizeof(*errors));
    struct lookings all = {0};

    for (size_t i = 0; inventory != NULL && i < count; i++) {
        const struct inventory_member *member =
            inventory_member_by_name(inventory, members[i].view->member.name);

        if (member == NULL || (inventory->lab == NULL && member->host == NULL))
            continue;
        *ARRAY_PUSH(mem, &all.items) = looking_make(mem, inventory, member, looks, sync);
        members[i].host = all.items.items[all.items.count - 1]->picture;
    }
    if (parallel_each(all.items.count, HOSTS_AT_ONCE, host_look, &all, errors))
        errors = NULL;
    for (size_t i = 0; i < all.items.count; i++) {
        struct host_picture *picture = all.items.items[i]->picture;

        picture->state = errors == NULL || errors[i].code == ERROR_NONE ? FACT_KNOWN : FACT_UNKNOWN;
        picture->because = picture->state == FACT_UNKNOWN ? arena_text(mem, errors[i].text) : NULL;
    }
}
