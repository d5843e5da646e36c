/*
 * A joiner on a host gets certificates of an authority whose folder was given: issued there, as 'tls issue'
 * does, and brought to its host (ops/tls_deliver.h). Those that were issued before are taken as they are.
 */
#include <string.h>

#include "base/io.h"
#include "cluster/inventory_members.h"
#include "ops/member_state.h"
#include "ops/tls_deliver.h"
#include "ops/tls_issue.h"

enum { CERTIFICATE_DAYS = 365 };

static const char *
issued_mark(struct arena *mem, const struct member_job *job)
{
    return arena_printf(mem, "issued-%s", job->member.name);
}

static const char *
issued_dir(struct arena *mem, const struct member_job *job)
{
    return path_join(mem, job->pki, job->member.name);
}

static bool
issue_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    struct error ignored = ERROR_INIT;
    struct tls_set files;

    *ret_progress = tls_issued_find(&tmp, job->pki, job->member.name, &files, &ignored)
                        ? PROGRESS_DONE
                        : PROGRESS_TODO;
    return true;
}

static bool
issue_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    const char *const names[] = {job->member.name};
    struct tls_issue_request request = {
        .dir = job->pki,
        .ca_cert = path_join(&tmp, job->pki, "ca.crt"),
        .ca_key = path_join(&tmp, job->pki, "ca.key"),
        .members = names,
        .member_count = 1,
        .days = CERTIFICATE_DAYS,
    };
    struct inventory *inventory;
    struct tls_issued_list issued;

    if (!membership_inventory(&tmp, job->of, &inventory, e))
        return false;
    inventory_member_put(&tmp, inventory, &job->member);
    request.inventory = inventory;
    return plan_mark(job->of->plan, issued_mark(&tmp, job), "yes", e) &&
           tls_issue(&tmp, &request, &issued, e);
}

static bool
issue_undo(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_job *job = op;
    const char *dir = issued_dir(&tmp, job);

    return plan_mark_get(job->of->plan, issued_mark(&tmp, job)) == NULL || !path_exists(dir) ||
           tree_remove(dir, e);
}

static const struct step issue_step = {
    .name = "issue",
    .intent = "issue certificates for %{member}, for its URLs, by the authority in %{pki}",
    .field = job_field,
    .check = issue_check,
    .run = issue_run,
    .undo = issue_undo,
};

void
job_add_issue(struct member_job *job)
{
    plan_add_step(job->of->plan, &issue_step, job->member.name, job);
}

static struct inventory_tls
files_of(struct arena *mem, const struct member_job *job, const char *use, bool with_authority)
{
    const char *dir = issued_dir(mem, job);

    return (struct inventory_tls){
        .ca_file = with_authority ? path_join(mem, dir, "ca.crt") : NULL,
        .cert_file = arena_printf(mem, "%s/%s.crt", dir, use),
        .key_file = arena_printf(mem, "%s/%s.key", dir, use),
    };
}

void
job_add_delivery(struct member_job *job)
{
    struct plan *plan = job->of->plan;
    struct tls_delivery *delivery = arena_zero(plan->mem, sizeof(*delivery));
    bool with_authority = !job->has_authority;

    *delivery = (struct tls_delivery){
        .plan = plan,
        .site = &job->of->site,
        .member = &job->member,
        .from = {.server = files_of(plan->mem, job, "server", with_authority),
                 .peer = files_of(plan->mem, job, "peer", with_authority)},
        .to = {.server = job->member.tls, .peer = job->member.peer_tls},
        .keeping = arena_printf(plan->mem, "%s-%s", job->of->stamp, job->member.name),
    };
    tls_add_delivery(delivery, NULL);
}
