/*
 * How a member that joins is made known: to a lab's supervisor by its command line; on a host by a unit or
 * manifest that is like another member's, or by its own that is still there. And to the inventory.
 */

#include <string.h>

#include "cluster/inventory_members.h"
#include "cluster/inventory_save.h"
#include "node/host/host_file.h"
#include "ops/lab_programs.h"
#include "ops/member_state.h"

/* Where the host keeps its files as they were. */
static const char *
keeping_of(struct arena *mem, const struct member_job *job)
{
    return arena_printf(mem, SERVICE_KEEP_DIR "/%s-%s.json", job->of->stamp, job->member.name);
}

bool
job_in_place(const struct member_job *job)
{
    return job->old_id != 0;
}

/* --- like which other member --- */

static bool
may_be_pattern(const struct member_job *job, const struct inventory_member *m,
               struct service *ret_service, struct error *e)
{
    enum service_state state;

    error_clear(e);
    return site_service(&job->of->site, m, ret_service, e) &&
           service_state(ret_service, &state, e) && state != SERVICE_ABSENT;
}

/* The first that can be read. NULL with an error: there were some of the kind, and none can be. */
static const struct inventory_member *
pattern_find(const struct member_job *job, const struct inventory *inventory, bool same_kind,
             struct service *ret_service, struct error *e)
{
    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_member *m = &inventory->members.items[i];

        if (strcmp(m->name, job->member.name) != 0 &&
            (m->runner == job->member.runner) == same_kind &&
            may_be_pattern(job, m, ret_service, e))
            return m;
    }
    return NULL;
}

bool
job_pattern(const struct member_job *job, const struct inventory *inventory,
            const struct inventory_member **ret_pattern, struct service *ret_service,
            struct error *e)
{
    struct arena *mem = job->of->plan->mem;

    error_clear(e);
    if (job->manifest != NULL) {
        struct inventory_member *pattern = arena_zero(mem, sizeof(*pattern));

        *ret_pattern = pattern;
        return manifest_member(mem, job->manifest, pattern, ret_service, e);
    }
    /* The one that was named, unless it is gone by now. */
    *ret_pattern = job->like != NULL ? inventory_member_by_name(inventory, job->like) : NULL;
    if (*ret_pattern != NULL && may_be_pattern(job, *ret_pattern, ret_service, e))
        return true;
    error_clear(e);
    *ret_pattern = pattern_find(job, inventory, true, ret_service, e);
    /* One of its kind that cannot be reached is no reason to make it unlike that one. */
    if (*ret_pattern == NULL && e->code == ERROR_NONE)
        *ret_pattern = pattern_find(job, inventory, false, ret_service, e);
    if (*ret_pattern != NULL)
        return true;
    if (e->code != ERROR_NONE)
        return error_wrap(e, "'%s' has nobody to be laid out like", job->member.name);
    error_set_(e, ERROR_NOT_FOUND, 0, "no other member of '%s' is there to lay '%s' out like",
               inventory->name, job->member.name);
    return error_hint(e, "lay out its service by hand, hold it down, and grow again");
}

/* --- on hosts --- */

static bool
change_in_place(struct member_job *job, const struct service *service, const char *initial_cluster,
                struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct setting_change changes[] = {
        {"initial-cluster", initial_cluster},
        {"initial-cluster-state", "existing"},
    };

    return service_change(service, changes, sizeof(changes) / sizeof(changes[0]),
                          keeping_of(&tmp, job), e);
}

struct job_layout {
    struct service own;
    struct service like;
    struct setting_list changes;
};

static bool
layout_make(struct arena *mem, const struct member_job *job, const struct inventory *inventory,
            const struct service *service, const char *initial_cluster,
            struct job_layout *ret_layout, struct error *e)
{
    const struct inventory_member *pattern;
    struct etcd_settings settings = ETCD_SETTINGS_INIT;
    struct job_layout l = {.own = *service};

    l.own.image = job->image;
    if (!job_pattern(job, inventory, &pattern, &l.like, e) ||
        !service_settings(mem, &l.like, &settings, e) ||
        !joiner_settings(mem, &job->of->site, pattern, &settings, &job->member, &l.changes, e))
        return false;
    *ARRAY_PUSH(mem, &l.changes.items) =
        (struct setting_change){"initial-cluster", initial_cluster};
    *ARRAY_PUSH(mem, &l.changes.items) =
        (struct setting_change){"initial-cluster-state", "existing"};
    *ret_layout = l;
    return true;
}

static bool
lay_out(struct member_job *job, const struct inventory *inventory, const struct service *service,
        const char *initial_cluster, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct job_layout l;

    return layout_make(&tmp, job, inventory, service, initial_cluster, &l, e) &&
           service_lay_out(&l.own, &l.like, l.changes.items.items, l.changes.items.count,
                           keeping_of(&tmp, job), e);
}

bool
job_may_be_laid_out(const struct member_job *job, const struct inventory *inventory,
                    const struct cluster_view *view, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct service service;
    struct job_layout l;

    return job->of->lab != NULL || job_in_place(job) ||
           (job_service(job, &service, e) &&
            layout_make(&tmp, job, inventory, &service,
                        member_initial_cluster(&tmp, &job->member, view), &l, e) &&
            service_may_lay_out(&l.own, &l.like, l.changes.items.items, l.changes.items.count,
                                job->pki != NULL, e)) ||
           error_wrap(e, "'%s' cannot join", job->member.name);
}

static bool
host_configure(struct member_job *job, const struct inventory *inventory,
               const struct service *service, const char *initial_cluster, struct error *e)
{
    return (job_in_place(job) ? change_in_place(job, service, initial_cluster, e)
                              : lay_out(job, inventory, service, initial_cluster, e)) &&
           job_dirs_make(job, service, e);
}

static bool
host_put_back_all(struct member_job *job, const struct service *service, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *keeping = keeping_of(&tmp, job);

    return service_put_back(service, keeping, e) && host_file_remove(service->host, keeping, e);
}

/* --- all of it --- */

static bool
setting_is(const struct etcd_settings *settings, const char *name, const char *value)
{
    const struct etcd_setting *setting = settings_get(settings, name);

    return setting != NULL && strcmp(setting->value, value) == 0;
}

/* As the host has it; and nobody but this plan is to start it. */
static bool
host_is_configured(const struct member_job *job, const struct service *service,
                   const char *initial_cluster, bool *ret_is, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_settings settings = ETCD_SETTINGS_INIT;
    enum dir_state data;
    bool down;

    if (!service_is_down(service, &down, e) || !service_settings(&tmp, service, &settings, e) ||
        !member_dir_look(&job->of->site, &job->member, job->member.data_dir, &data, e))
        return false;
    *ret_is = down && data != DIR_ABSENT &&
              setting_is(&settings, "initial-cluster", initial_cluster) &&
              setting_is(&settings, "initial-cluster-state", "existing");
    return true;
}

static bool
lab_is_configured(const struct inventory_member *configured, const char *initial_cluster)
{
    return configured->initial_cluster != NULL &&
           strcmp(configured->initial_cluster, initial_cluster) == 0;
}

bool
job_is_configured(const struct member_job *job, bool *ret_is, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct inventory_member *configured;
    const char *initial_cluster;
    struct inventory *inventory;
    struct cluster_view view;
    enum service_state state;
    struct service service;

    if (!membership_inventory(&tmp, job->of, &inventory, e) ||
        !membership_look(&tmp, job->of, &view, e) || !job_service(job, &service, e) ||
        !service_state(&service, &state, e))
        return false;
    *ret_is = false;
    configured = inventory_member_by_name(inventory, job->member.name);
    if (state == SERVICE_ABSENT || configured == NULL)
        return true;
    initial_cluster = member_initial_cluster(&tmp, &job->member, &view);
    if (job->of->lab == NULL)
        return host_is_configured(job, &service, initial_cluster, ret_is, e);
    *ret_is = lab_is_configured(configured, initial_cluster);
    return true;
}

bool
job_configure(struct member_job *job, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct inventory_member member = job->member;
    const struct member_view *listed;
    struct inventory *inventory;
    struct cluster_view view;
    struct service service;

    if (!membership_inventory(&tmp, job->of, &inventory, e) ||
        !job_look(&tmp, job, &view, &listed, e) || !job_service(job, &service, e))
        return false;
    member.id = listed != NULL ? listed->member.id : 0;
    member.initial_cluster = member_initial_cluster(&tmp, &job->member, &view);
    inventory_member_put(&tmp, inventory, &member);
    if (!inventory_save(inventory, e))
        return false;
    return job->of->lab != NULL
               ? service_install(&service, lab_member_argv(&tmp, inventory, &member), e)
               : host_configure(job, inventory, &service, member.initial_cluster, e);
}

static bool
inventory_forget(struct member_job *job, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct inventory *inventory;

    return membership_inventory(&tmp, job->of, &inventory, e) &&
           (!inventory_member_drop(&tmp, inventory, job->member.name) ||
            inventory_save(inventory, e));
}

/* On a host its unit or manifest stays, held down. */
bool
job_forget(struct member_job *job, struct error *e)
{
    struct service service;

    if (job->of->lab != NULL && (!job_service(job, &service, e) || !service_uninstall(&service, e)))
        return false;
    return inventory_forget(job, e);
}

bool
job_unconfigure(struct member_job *job, struct error *e)
{
    struct service service;

    if (job->of->lab != NULL)
        return job_forget(job, e);
    return job_service(job, &service, e) && host_put_back_all(job, &service, e) &&
           job_dirs_unmake(job, e) && (job_in_place(job) || inventory_forget(job, e));
}

/* One that came back for an undo has read what was changed for it; a pod would be started once more. */
bool
job_settings_back(struct member_job *job, struct error *e)
{
    struct service service;

    if (job->of->lab != NULL || job->member.runner != INVENTORY_RUNNER_SYSTEMD)
        return true;
    return job_service(job, &service, e) && host_put_back_all(job, &service, e);
}
