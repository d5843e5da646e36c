/* Certificates of a lab that gets TLS: its authority, each member's, and the clients'; and an inventory that
 * forgets them. Files that are there and do are taken as they are; none is ever removed. */

#include <string.h>

#include "base/io.h"
#include "cluster/inventory_save.h"
#include "ops/lab_certs.h"
#include "ops/tls_switch_state.h"

static const char *
aside_of(struct arena *mem, const struct tls_job *job, const char *path)
{
    return arena_printf(mem, "%s.replaced-%s", path, job->of->stamp);
}

/* The inventory with the names of files that the lab is going to have. */
static bool
lab_with_tls(struct arena *mem, const struct tls_switch *s, struct inventory **ret_inventory,
             struct error *e)
{
    if (!live_inventory(mem, &s->live, ret_inventory, e))
        return false;
    if (!lab_has_tls(*ret_inventory))
        (*ret_inventory)->client_tls = lab_member_certs(mem, *ret_inventory, "client");
    return true;
}

static bool
member_with_tls(struct arena *mem, const struct tls_job *job, struct inventory **ret_inventory,
                struct inventory_member *ret_member, struct error *e)
{
    const struct inventory_member *member;

    if (!lab_with_tls(mem, job->of, ret_inventory, e))
        return false;
    member = inventory_member_by_name(*ret_inventory, job->name);
    if (member == NULL)
        return error_set(e, ERROR_CONFLICT, "the lab has no '%s' any more", job->name);
    *ret_member = *member;
    ret_member->tls = job->tls;
    ret_member->peer_tls = job->peer_tls;
    return true;
}

/* --- the authority --- */

static bool
authority_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct inventory *inventory;

    if (!lab_with_tls(&tmp, op, &inventory, e))
        return false;
    *ret_progress = path_exists(inventory->client_tls.ca_file) ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
authority_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct inventory *inventory;

    return lab_with_tls(&tmp, op, &inventory, e) && lab_authority_make(inventory, e);
}

static const struct step authority_step = {
    .name = "authority",
    .intent = "make a certificate authority, whose key stays in the lab's folder",
    .check = authority_check,
    .run = authority_run,
    .undo = step_nothing_to_undo,
};

/* --- a member's --- */

static bool
certificate_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_job *job = op;
    struct inventory_member member;
    struct inventory *inventory;

    if (!member_with_tls(&tmp, job, &inventory, &member, e))
        return false;
    *ret_progress = PROGRESS_DONE;
    if (!lab_member_cert_check(inventory, &member, e)) {
        error_clear(e);
        *ret_progress = PROGRESS_TODO;
    }
    return true;
}

static bool
certificate_guard(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_job *job = op;
    struct inventory *inventory;

    return lab_with_tls(&tmp, job->of, &inventory, e) && lab_authority_check(inventory, e);
}

static bool
aside_move(const struct tls_job *job, const char *path, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *aside = aside_of(&tmp, job, path);

    return !path_exists(path) || path_exists(aside) || file_rename_new(path, aside, e);
}

static bool
certificate_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_job *job = op;
    struct inventory_member member;
    struct inventory *inventory;

    return member_with_tls(&tmp, job, &inventory, &member, e) &&
           aside_move(job, member.tls.cert_file, e) && aside_move(job, member.tls.key_file, e) &&
           lab_member_cert_issue(inventory, &member, e);
}

static bool
certificate_verify(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_job *job = op;
    struct inventory_member member;
    struct inventory *inventory;

    return member_with_tls(&tmp, job, &inventory, &member, e) &&
           lab_member_cert_check(inventory, &member, e);
}

static bool
aside_back(const struct tls_job *job, const char *path, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *aside = aside_of(&tmp, job, path);

    return !path_exists(aside) || file_rename_over(aside, path, e);
}

static bool
certificate_undo(void *op, struct error *e)
{
    const struct tls_job *job = op;

    return aside_back(job, job->tls.cert_file, e) && aside_back(job, job->tls.key_file, e);
}

static const struct step certificate_step = {
    .name = "certificate",
    .intent = "issue a certificate for %{member}, for its URLs and this host, as server and client",
    .field = tls_job_field,
    .check = certificate_check,
    .guard = certificate_guard,
    .run = certificate_run,
    .verify = certificate_verify,
    .undo = certificate_undo,
};

/* --- what quorate itself shows --- */

static bool
clients_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_switch *s = op;
    struct inventory *inventory;

    if (!live_inventory(&tmp, &s->live, &inventory, e))
        return false;
    *ret_progress = lab_has_tls(inventory) ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
clients_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_switch *s = op;
    struct inventory *inventory;

    return live_inventory(&tmp, &s->live, &inventory, e) &&
           lab_client_cert_make(&tmp, inventory, e) && inventory_save(inventory, e);
}

static bool
inventory_without_tls(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct tls_switch *s = op;
    struct inventory *inventory;

    if (!live_inventory(&tmp, &s->live, &inventory, e))
        return false;
    inventory->client_tls = (struct inventory_tls){0};
    return inventory_save(inventory, e);
}

static const struct step clients_step = {
    .name = "client-certificate",
    .intent = "issue a certificate for clients, and note it in the inventory",
    .check = clients_check,
    .run = clients_run,
    .undo = inventory_without_tls,
};

void
tls_switch_add_certificates(struct tls_switch *s)
{
    plan_add_step(s->live.plan, &authority_step, NULL, s);
    for (size_t i = 0; i < s->job_count; i++)
        plan_add_step(s->live.plan, &certificate_step, s->jobs[i].name, &s->jobs[i]);
    plan_add_step(s->live.plan, &clients_step, NULL, s);
}

/* --- on the way back --- */

static bool
forget_check(void *op, enum progress *ret_progress, struct error *e)
{
    enum progress there;

    if (!clients_check(op, &there, e))
        return false;
    *ret_progress = there == PROGRESS_DONE ? PROGRESS_TODO : PROGRESS_DONE;
    return true;
}

static const struct step forget_step = {
    .name = "forget-certificates",
    .intent = "take the certificates out of the inventory; their files stay",
    .check = forget_check,
    .run = inventory_without_tls,
    .undo = clients_run,
};

void
tls_switch_add_forget(struct tls_switch *s)
{
    plan_add_step(s->live.plan, &forget_step, NULL, s);
}
