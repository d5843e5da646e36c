/* The inputs of the plans that change the membership: one JSON object, the same for all kinds. */

#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "cluster/inventory_json.h"
#include "node/host/host_file.h"
#include "ops/member_state.h"
#include "ops/plan_cluster.h"

static const char *const action_words[] = {
    [MEMBER_JOINS] = "join",
    [MEMBER_LEAVES] = "leave",
};

static void
job_write(struct json_writer *w, const struct member_job *job)
{
    json_object_begin(w);
    json_key_text(w, "action", action_words[job->action]);
    json_key_id(w, "oldId", job->old_id);
    json_key(w, "member");
    inventory_member_encode(w, &job->member);
    if (job->like != NULL)
        json_key_text(w, "like", job->like);
    if (job->manifest != NULL)
        json_key_text(w, "manifest", job->manifest);
    if (job->image != NULL)
        json_key_text(w, "image", job->image);
    if (job->pki != NULL) {
        json_key_text(w, "pki", job->pki);
        json_key_bool(w, "hasAuthority", job->has_authority);
    }
    if (job->lost)
        json_key_bool(w, "lost", true);
    json_object_end(w);
}

bool
member_inputs_begin(struct arena *mem, const struct member_request *request,
                    struct member_inputs *ret_inputs, struct cluster_view *ret_view,
                    struct error *e)
{
    *ret_inputs = (struct member_inputs){.inventory = request->inventory};
    site_init(&ret_inputs->site, mem, request->inventory);
    if (!cluster_view_fetch(mem, request->etcd, ret_view, e))
        return false;
    ret_inputs->voters = view_voter_count(ret_view);
    return true;
}

/* One that cannot be looked at has none: whoever brings it there says why not. */
static bool
has_authority(struct site *site, const struct inventory_member *member)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    struct host_file file = {.kind = HOST_NOTHING};
    const struct host *host;

    return member->tls.ca_file != NULL && site_host(site, member, &host, &ignored) &&
           host_file_look(&tmp, host, member->tls.ca_file, &file, &ignored) &&
           file.kind != HOST_NOTHING;
}

void
member_inputs_join(struct arena *mem, struct member_inputs *inputs,
                   const struct inventory_member *member, uint64_t old_id)
{
    struct member_job *job = ARRAY_PUSH(mem, &inputs->jobs);

    *job = (struct member_job){.action = MEMBER_JOINS, .old_id = old_id, .member = *member};
    if (old_id != 0)
        return;
    job->like = inputs->layout.like;
    job->manifest = inputs->layout.manifest;
    job->image = inputs->layout.image;
    job->pki = inputs->layout.pki;
    job->has_authority = job->pki != NULL && has_authority(&inputs->site, member);
}

static bool
member_find(const struct inventory *inventory, const struct cluster_view *view, const char *name,
            const struct inventory_member **ret_member, uint64_t *ret_id, struct error *e)
{
    const struct inventory_member *configured = inventory_member_by_name(inventory, name);
    const struct member_view *m = view_member_by_name(view, name);

    if (configured == NULL)
        return error_set(e, ERROR_NOT_FOUND, "the inventory of '%s' has no member '%s'",
                         inventory->name, name);
    if (m == NULL)
        m = view_member_by_peer_url(view, configured->peer_urls.items[0]);
    if (m == NULL)
        return error_set(e, ERROR_NOT_FOUND, "'%s' is not in the cluster's member list", name);
    *ret_member = configured;
    *ret_id = m->member.id;
    return true;
}

/* Who is to be stopped has to be reached, and its data has to be known. */
static bool
leaver_check(struct site *site, const struct inventory_member *member, struct error *e)
{
    struct service service;
    enum service_state state;

    if (site->lab_dir != NULL)
        return true;
    if (member->data_dir == NULL)
        return error_set(e, ERROR_REFUSED, "cluster '%s' does not say where the data of '%s' is",
                         site->name, member->name) ||
               error_hint(e, "quorate cluster discover --cluster %s --host %s --write", site->name,
                          member->host != NULL ? member->host : "ssh://root@HOST");
    return site_service(site, member, &service, e) && service_state(&service, &state, e);
}

bool
member_inputs_lose(struct arena *mem, struct member_inputs *inputs, const struct cluster_view *view,
                   const char *name, struct error *e)
{
    const struct inventory_member *member;
    uint64_t id;

    if (!member_find(inputs->inventory, view, name, &member, &id, e))
        return false;
    *ARRAY_PUSH(mem, &inputs->jobs) =
        (struct member_job){.action = MEMBER_LEAVES, .old_id = id, .member = *member, .lost = true};
    return true;
}

bool
member_inputs_leave(struct arena *mem, struct member_inputs *inputs,
                    const struct inventory *inventory, const struct cluster_view *view,
                    const char *name, struct error *e)
{
    const struct inventory_member *member;
    uint64_t id;

    for (size_t i = 0; i < inputs->jobs.count; i++) {
        if (inputs->jobs.items[i].action == MEMBER_LEAVES &&
            strcmp(inputs->jobs.items[i].member.name, name) == 0)
            return error_set(e, ERROR_USAGE, "'%s' is named twice", name);
    }
    if (!member_find(inventory, view, name, &member, &id, e) ||
        !leaver_check(&inputs->site, member, e))
        return error_wrap(e, "'%s' cannot leave", name);
    *ARRAY_PUSH(mem, &inputs->jobs) =
        (struct member_job){.action = MEMBER_LEAVES, .old_id = id, .member = *member};
    return true;
}

void
member_inputs_write(struct arena *mem, const struct member_inputs *inputs, struct buf *ret_inputs)
{
    struct json_writer w;

    json_writer_init(&w, ret_inputs, 0);
    json_object_begin(&w);
    plan_cluster_encode(&w, inputs->inventory);
    json_key_text(&w, "stamp", plan_stamp_new(mem));
    json_key_u64(&w, "voters", inputs->voters);
    json_key(&w, "jobs");
    json_array_begin(&w);
    for (size_t i = 0; i < inputs->jobs.count; i++)
        job_write(&w, &inputs->jobs.items[i]);
    json_array_end(&w);
    json_object_end(&w);
}

/* NULL when it is not there. */
static bool
text_read(struct arena *mem, const struct json *object, const char *key, const char **ret_text,
          struct error *e)
{
    return json_get(object, key) == NULL || json_get_text(mem, object, key, ret_text, e);
}

static bool
job_read(struct arena *mem, const struct json *object, struct member_job *ret_job, struct error *e)
{
    const char *action;

    if (!json_get_text(mem, object, "action", &action, e) ||
        !json_get_id(object, "oldId", &ret_job->old_id, e) ||
        !inventory_member_decode(mem, json_get(object, "member"), &ret_job->member, e) ||
        !text_read(mem, object, "like", &ret_job->like, e) ||
        !text_read(mem, object, "manifest", &ret_job->manifest, e) ||
        !text_read(mem, object, "image", &ret_job->image, e) ||
        !text_read(mem, object, "pki", &ret_job->pki, e) ||
        (ret_job->pki != NULL &&
         !json_get_bool(object, "hasAuthority", &ret_job->has_authority, e)) ||
        (json_get(object, "lost") != NULL && !json_get_bool(object, "lost", &ret_job->lost, e)))
        return false;
    ret_job->action =
        strcmp(action, action_words[MEMBER_JOINS]) == 0 ? MEMBER_JOINS : MEMBER_LEAVES;
    return ret_job->member.peer_urls.count > 0 ||
           error_set(e, ERROR_FORMAT, "'%s' has no peer URL", ret_job->member.name);
}

static bool
jobs_read(struct membership *ms, const struct json *inputs, struct error *e)
{
    struct arena *mem = ms->plan->mem;
    const struct json *array;
    size_t voters = ms->voters;

    if (!json_get_array(inputs, "jobs", &array, e))
        return false;
    ms->job_count = json_array_count(array);
    ms->jobs = arena_zero(mem, (ms->job_count + 1) * sizeof(*ms->jobs));
    for (size_t i = 0; i < ms->job_count; i++) {
        struct member_job *job = &ms->jobs[i];

        job->of = ms;
        job->last = i + 1 == ms->job_count;
        if (!job_read(mem, json_array_at(array, i), job, e))
            return error_wrap(e, "job %zu", i + 1);
        voters = job->action == MEMBER_JOINS ? voters + 1 : voters - (voters > 0);
        job->voters_after = voters;
    }
    return ms->job_count > 0 || error_set(e, ERROR_FORMAT, "there are no jobs");
}

bool
membership_of_inputs(struct plan *plan, const struct json *inputs, void *context,
                     struct membership **ret_membership, struct error *e)
{
    struct membership *ms = arena_zero(plan->mem, sizeof(*ms));
    struct inventory *inventory;
    uint64_t voters;

    ms->plan = plan;
    ms->context = context;
    if (!plan_cluster_decode(plan->mem, inputs, ms->context, &ms->cluster, e) ||
        !plan_cluster_inventory(plan->mem, &ms->cluster, &inventory, e) ||
        !json_get_text(plan->mem, inputs, "stamp", &ms->stamp, e) ||
        !json_get_u64(inputs, "voters", &voters, e))
        return false;
    ms->voters = (size_t)voters;
    ms->lab = plan_cluster_lab(&ms->cluster);
    site_init(&ms->site, plan->mem, inventory);
    plan->cluster = inventory->name;
    if (!jobs_read(ms, inputs, e))
        return false;
    *ret_membership = ms;
    return true;
}

const char *
membership_names(struct arena *mem, const struct membership *ms, enum member_action action)
{
    AUTO_BUF out = BUF_INIT;

    for (size_t i = 0; i < ms->job_count; i++) {
        if (ms->jobs[i].action == action)
            buf_printf(&out, "%s%s", out.size > 0 ? ", " : "", ms->jobs[i].member.name);
    }
    return arena_text(mem, buf_text(&out));
}
