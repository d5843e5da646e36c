/* A member that joins a cluster with TLS is given a certificate, before anything of the cluster is
 * changed. One that is there and does is taken as it is; one that does not is kept aside. */

#include <string.h>

#include "base/io.h"
#include "ops/lab_certs.h"
#include "ops/member_state.h"

static const char *
kept_path(struct arena *mem, const struct member_job *job, const char *path)
{
    return arena_printf(mem, "%s.replaced-%s", path, job->of->stamp);
}

static bool
certificate_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    struct inventory *inventory;

    if (!membership_inventory(&tmp, job->of, &inventory, e))
        return false;
    *ret_progress = PROGRESS_DONE;
    if (!lab_member_cert_check(inventory, &job->member, e)) {
        error_clear(e);
        *ret_progress = PROGRESS_TODO;
    }
    return true;
}

static bool
certificate_guard(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    struct inventory *inventory;

    return membership_inventory(&tmp, job->of, &inventory, e) && lab_authority_check(inventory, e);
}

/* The journal says of each file whether it is new or stands in the place of another, which is kept:
 * once, since what stands there afterwards is ours. */
static bool
place_take(const struct member_job *job, const char *path, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *kept = kept_path(&tmp, job, path);

    if (plan_mark_get(job->of->plan, path) != NULL)
        return true;
    if (path_exists(path) && !path_exists(kept) && !file_rename_new(path, kept, e))
        return false;
    return plan_mark(job->of->plan, path, path_exists(kept) ? "replaced" : "new", e);
}

static bool
certificate_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    struct inventory *inventory;

    return membership_inventory(&tmp, job->of, &inventory, e) &&
           place_take(job, job->member.tls.cert_file, e) &&
           place_take(job, job->member.tls.key_file, e) &&
           lab_member_cert_issue(inventory, &job->member, e);
}

static bool
certificate_verify(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    struct inventory *inventory;

    return membership_inventory(&tmp, job->of, &inventory, e) &&
           lab_member_cert_check(inventory, &job->member, e);
}

static bool
place_give_back(const struct member_job *job, const char *path, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *kept = kept_path(&tmp, job, path);
    const char *mark = plan_mark_get(job->of->plan, path);

    if (path_exists(kept))
        return file_rename_over(kept, path, e);
    return mark == NULL || strcmp(mark, "new") != 0 || tree_remove(path, e);
}

static bool
certificate_undo(void *op, struct error *e)
{
    const struct member_job *job = op;

    return place_give_back(job, job->member.tls.cert_file, e) &&
           place_give_back(job, job->member.tls.key_file, e);
}

static const struct step certificate_step = {
    .name = "certificate",
    .intent = "issue a certificate for %{member}, for its URLs and this host, as server and client",
    .field = job_field,
    .check = certificate_check,
    .guard = certificate_guard,
    .run = certificate_run,
    .verify = certificate_verify,
    .undo = certificate_undo,
};

/* On hosts they are there already, or an authority was given. */
static void
host_certificates_add(struct member_job *job)
{
    if (job->pki == NULL)
        return;
    job_add_issue(job);
    if (job->member.runner == INVENTORY_RUNNER_STATIC_POD)
        job_add_delivery(job);
}

void
membership_add_certificates(struct membership *ms)
{
    for (size_t i = 0; i < ms->job_count; i++) {
        struct member_job *job = &ms->jobs[i];

        if (ms->cluster.config != NULL) {
            host_certificates_add(job);
            continue;
        }
        if (job->action == MEMBER_JOINS && job->member.tls.cert_file != NULL)
            plan_add_step(ms->plan, &certificate_step, job->member.name, job);
    }
}
