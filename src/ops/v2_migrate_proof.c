/* What was written, read back from v3: compared with v2, and counted. */
#include <inttypes.h>
#include <string.h>

#include "etcd2/keys.h"
#include "ops/v2_migrate_state.h"

enum { PAGE_KEYS = 1000 };

/* --- every key that may be the plan's --- */

static bool
page_visit(struct v2_migrate *m, struct bytes *from, struct bytes end, bool *ret_more,
           key_copy_visit *visit, void *context, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_range_request request = {
        .key = *from, .range_end = end, .limit = PAGE_KEYS, .keys_only = true};
    struct etcd_range_response response;
    AUTO_BUF next = BUF_INIT;

    if (!etcd_range(&tmp, m->sides.v3, &request, &response, e))
        return false;
    for (size_t i = 0; i < response.kv_count; i++) {
        if (!visit(context, &response.kvs[i], e))
            return false;
    }
    *ret_more = response.more && response.kv_count > 0;
    if (*ret_more) {
        buf_append_bytes(&next, response.kvs[response.kv_count - 1].key);
        buf_append_byte(&next, '\0');
        *from = arena_copy(m->copy.plan->mem, buf_bytes(&next));
    }
    return true;
}

static bool
prefix_walk(struct v2_migrate *m, const char *root, key_copy_visit *visit, void *context,
            struct error *e)
{
    struct bytes from = bytes_of_text(root);
    struct bytes end = etcd_prefix_end(m->copy.plan->mem, from);
    bool more = true;

    while (more) {
        if (!page_visit(m, &from, end, &more, visit, context, e))
            return error_wrap(e, "reading from v3");
    }
    return true;
}

bool
v2_migrate_walk(struct key_copy *copy, key_copy_visit *visit, void *context, struct error *e)
{
    struct v2_migrate *m = (struct v2_migrate *)copy;

    if (!prefix_walk(m, m->root, visit, context, e))
        return false;
    for (size_t i = 0; i < m->hidden_count; i++) {
        if (strncmp(m->hidden[i], m->root, strlen(m->root)) != 0 &&
            !prefix_walk(m, m->hidden[i], visit, context, e))
            return false;
    }
    return true;
}

/* --- prove --- */

struct proof {
    struct v2_migrate *m;
    uint64_t keys;
    uint64_t ours;  /* of them, written by the plan */
    uint64_t in_v3; /* the plan's, as v3 counts them */
};

/* A key with a TTL may end between the reads; then v2 has it no more either. */
static bool
is_gone(struct v2_migrate *m, const struct key_pair *pair)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd2_get_options options = {.quorum = true};
    struct etcd2_response response;
    struct error e = ERROR_INIT;

    return pair->ttl_s > 0 &&
           !etcd2_get(&tmp, m->sides.v2, arena_text_of_bytes(&tmp, pair->key), &options, &response,
                      &e) &&
           e.code == ERROR_NOT_FOUND;
}

static bool
prove_batch(void *context, const struct key_batch *batch, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct proof *p = context;
    const struct etcd_key_value **found;
    int64_t revision;

    if (!key_batch_read(&tmp, p->m->sides.v3, batch, &found, &revision, e))
        return error_wrap(e, "reading from v3");
    for (size_t i = 0; i < batch->count; i++) {
        if (!key_pair_is(&batch->pairs[i], found[i])) {
            if (found[i] == NULL && is_gone(p->m, &batch->pairs[i]))
                continue;
            return error_set(e, ERROR_VERIFY, "key '%s' %s",
                             arena_text_of_bytes(&tmp, batch->pairs[i].key),
                             found[i] == NULL ? "is not in v3" : "is not the same in v3");
        }
        p->keys++;
        p->ours += copy_revisions_has(&p->m->copy.revisions, found[i]->mod_revision);
    }
    return true;
}

static bool
count_ours(void *context, const struct etcd_key_value *kv, struct error *e UNUSED)
{
    struct proof *p = context;

    p->in_v3 += copy_revisions_has(&p->m->copy.revisions, kv->mod_revision);
    return true;
}

bool
v2_migrate_prove(struct v2_migrate *m, struct error *e)
{
    struct proof p = {.m = m};

    if (!v2_migrate_each(&m->copy, prove_batch, &p, e) ||
        !v2_migrate_walk(&m->copy, count_ours, &p, e))
        return false;
    if (p.in_v3 > p.ours) {
        error_set_(e, ERROR_VERIFY, 0, "%" PRIu64 " keys were copied that v2 has no more",
                   p.in_v3 - p.ours);
        return error_hint(e, "stop what writes to v2 and run it again");
    }
    plan_note(m->copy.plan, "%" PRIu64 " keys, equal in v2 and v3; %" PRIu64 " of them written now",
              p.keys, p.ours);
    return true;
}
