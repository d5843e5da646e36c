/*
 * The step of a recovery that looks at one member's host, before anything is stopped: whether it is
 * reached, whether the member is what the inventory says, and whether there is room.
 */
#include <inttypes.h>
#include <string.h>

#include "base/io.h"
#include "format/settings/etcd_flag.h"
#include "format/wal/wal_segment.h"
#include "node/host/host_facts.h"
#include "node/host/host_tree.h"
#include "ops/member_host_certs.h"
#include "ops/recover_state.h"
#include "ops/restore_site.h"

/* Beyond the database: the changed pages, the .snap, and the log's next file, which etcd makes ahead. */
enum { SLACK_BYTES = (2 << 20) + WAL_SEGMENT_SIZE_BYTES };

static const char *
step_label(struct arena *mem, const struct recover_member *m)
{
    return arena_printf(mem, "%s %s", recover_step_look.name, m->configured->name);
}

static bool
look_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct recover_member *m = op;

    *ret_progress =
        plan_step_recorded(m->recover->plan, step_label(&tmp, m)) ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
setting_agrees(const struct recover_member *m, const struct etcd_settings *settings,
               const char *name, const char *configured, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *value = settings_value(&tmp, settings, name, FLAG_MINOR_NEWEST);

    if (value != NULL && strcmp(restore_path_trim(&tmp, value), configured) == 0)
        return true;
    error_set_(e, ERROR_CONFLICT, 0, "member '%s' is started with --%s %s, the inventory says %s",
               m->configured->name, name, value != NULL ? value : "(none)", configured);
    return error_hint(e, "see 'quorate cluster check %s', and correct the inventory",
                      m->recover->inventory->name);
}

/* A pod's paths are those of its container: the manifest's volumes lead elsewhere. */
static bool
settings_agree(const struct recover_member *m, const struct service *service, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_settings settings = ETCD_SETTINGS_INIT;

    if (!service_settings(&tmp, service, &settings, e) ||
        !setting_agrees(m, &settings, "name", m->configured->name, e))
        return false;
    if (service->class == &service_systemd &&
        !setting_agrees(m, &settings, "data-dir", m->data_dir, e))
        return false;
    if (!settings_bool(&settings, "force-new-cluster", FLAG_MINOR_NEWEST))
        return true;
    error_set_(e, ERROR_REFUSED, 0, "member '%s' is started with --force-new-cluster",
               m->configured->name);
    return error_hint(e, "take it out: it makes a cluster of one at each start");
}

/* etcd ends at once when it may not read its data: the new directory is to belong to whom the old one
 * did, so that must be right. */
static bool
owner_fits(const struct recover_member *m, const struct host *host, const struct recover_tree *tree,
           const struct host_file *found, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct service_account account;
    struct service service;

    if (!recover_member_service(m, &service, e) || !service_account(&tmp, &service, &account, e))
        return false;
    if (account.user == NULL || account.uid == 0 || account.uid == found->uid)
        return true;
    error_set_(e, ERROR_PERMISSION, 0, "%s: '%s' belongs to %s, and '%s' runs as %s",
               host_name(host), tree->place, found->owner, service.place, account.user);
    return error_hint(e, "run 'chown -R %s: %s' there", account.user, tree->place);
}

/* A mount point cannot be renamed. */
static bool
place_is_good(const struct recover_member *m, const struct host *host,
              const struct recover_tree *tree, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_file file;
    bool is_mount;

    if (!host_file_look(&tmp, host, tree->place, &file, e))
        return false;
    if (file.kind == HOST_NOTHING)
        return true;
    if (file.kind != HOST_DIR)
        return error_set(e, ERROR_REFUSED, "%s: '%s' is no directory", host_name(host),
                         tree->place);
    if (!owner_fits(m, host, tree, &file, e) ||
        !host_tree_is_mount(host, tree->place, &is_mount, e))
        return false;
    if (!is_mount)
        return true;
    error_set_(e, ERROR_REFUSED, 0,
               "%s: '%s' of member '%s' is a mount point, and cannot be moved aside",
               host_name(host), tree->place, m->configured->name);
    return error_hint(e, "give etcd a directory below it as its --wal-dir");
}

static bool
room_check(const struct recover_member *m, const struct host *host, const struct recover_tree *tree,
           struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    uint64_t needed = m->recover->report.db_size + SLACK_BYTES;
    struct host_disk disk;

    if (!host_disk_look(&tmp, host, tree->place, &disk, e))
        return false;
    if (disk.free_bytes >= needed)
        return true;
    error_set_(e, ERROR_NO_SPACE, 0,
               "%s: '%s': %" PRIu64 " bytes are needed, the old data staying beside it, %" PRIu64
               " are free",
               host_name(host), disk.exists, needed, disk.free_bytes);
    return error_hint(e, "make room there: remove what earlier recoveries left as *.before-*");
}

static bool
look_run(void *op, struct error *e)
{
    const struct recover_member *m = op;
    const struct host *host;
    struct service service;
    enum service_state state;

    if (!recover_verify_snapshot(m->recover, e) || !recover_member_host(m, &host, e) ||
        !recover_member_service(m, &service, e) || !service_state(&service, &state, e))
        return false;
    if (state == SERVICE_ABSENT)
        return error_set(e, ERROR_NOT_FOUND, "%s: there is no '%s' that runs member '%s'",
                         host_name(host), service.place, m->configured->name);
    if (!settings_agree(m, &service, e) ||
        !member_start_certs_check(&m->recover->site, m->recover->inventory, m->configured, NULL, e))
        return false;
    for (size_t i = 0; i < m->tree_count; i++) {
        if (!place_is_good(m, host, &m->trees[i], e) || !room_check(m, host, &m->trees[i], e))
            return false;
    }
    return true;
}

static bool
look_verify(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

static const char *
look_field(const void *op, struct arena *mem, const char *name)
{
    const struct recover_member *m = op;

    if (strcmp(name, "member") == 0)
        return arena_text(mem, m->configured->name);
    if (strcmp(name, "host") == 0)
        return arena_text(mem, m->configured->host != NULL ? m->configured->host : "its host");
    return NULL;
}

const struct step recover_step_look = {
    .name = "look",
    .intent =
        "look at %{member} on %{host}: what starts it, with which settings, and whether there "
        "is room",
    .field = look_field,
    .check = look_check,
    .run = look_run,
    .verify = look_verify,
    .undo = step_nothing_to_undo,
};
