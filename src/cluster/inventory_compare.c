#include "cluster/inventory_compare.h"

#include <string.h>

#include "base/buf.h"

struct comparing {
    struct arena *mem;
    const struct inventory *inventory;
    const struct cluster_view *view;
    struct inventory_comparison *result;
    bool *seen; /* members of the view that are configured */
};

static struct inventory_difference *
differ(struct comparing *c, const char *what, const char *member, const char *configured,
       const char *found)
{
    struct inventory_difference *d = ARRAY_PUSH(c->mem, &c->result->items);

    *d = (struct inventory_difference){
        .what = what, .member = member, .configured = configured, .found = found};
    return d;
}

static const char *
id_text(struct arena *mem, uint64_t id)
{
    return arena_printf(mem, "%llx", (unsigned long long)id);
}

static const char *
urls_text(struct arena *mem, const char *const *urls, size_t count)
{
    AUTO_BUF text = BUF_INIT;

    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s%s", i > 0 ? "," : "", urls[i]);
    return arena_text(mem, buf_text(&text));
}

static bool
has_url(const char *const *urls, size_t count, const char *url)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(urls[i], url) == 0)
            return true;
    }
    return false;
}

static bool
is_one_of(const struct member_view *m, const struct inventory_urls *peer_urls)
{
    for (size_t i = 0; i < peer_urls->count; i++) {
        if (has_url(m->member.peer_urls, m->member.peer_url_count, peer_urls->items[i]))
            return true;
    }
    return false;
}

static const struct member_view *
member_find(const struct comparing *c, const struct inventory_member *configured)
{
    const struct member_view *found =
        configured->id != 0 ? view_member_by_id(c->view, configured->id) : NULL;

    if (found == NULL)
        found = view_member_by_name(c->view, configured->name);
    for (size_t i = 0; found == NULL && i < c->view->member_count; i++) {
        if (is_one_of(&c->view->members[i], &configured->peer_urls))
            found = &c->view->members[i];
    }
    return found;
}

static void
urls_compare(struct comparing *c, const char *what, const char *member,
             const struct inventory_urls *configured, const char *const *found, size_t count)
{
    bool same = configured->count == count;

    for (size_t i = 0; same && i < configured->count; i++)
        same = has_url(found, count, configured->items[i]);
    if (configured->count > 0 && !same)
        differ(c, what, member,
               urls_text(c->mem, (const char *const *)configured->items, configured->count),
               urls_text(c->mem, found, count));
}

static void
version_compare(struct comparing *c, const struct inventory_member *configured,
                const struct member_view *found)
{
    if (c->inventory->version == NULL)
        return;
    if (!found->known)
        *ARRAY_PUSH(c->mem, &c->result->unknown) =
            arena_printf(c->mem, "%s: its version is not known: %s", configured->name,
                         found->unknown_because.text);
    else if (strcmp(c->inventory->version, found->status.version) != 0)
        differ(c, "version", configured->name, c->inventory->version, found->status.version);
}

static void
member_compare(struct comparing *c, const struct inventory_member *configured)
{
    const struct member_view *found = member_find(c, configured);
    const struct etcd_member *m;

    if (found == NULL) {
        differ(c, "member-missing", configured->name, configured->name, "")->remark =
            "it is not in the member list";
        return;
    }
    m = &found->member;
    c->seen[found - c->view->members] = true;
    if (configured->id != 0 && configured->id != m->id)
        differ(c, "member-id", configured->name, id_text(c->mem, configured->id),
               id_text(c->mem, m->id))
            ->remark = "it was replaced since";
    if (strcmp(configured->name, m->name) != 0)
        differ(c, "member-name", configured->name, configured->name, m->name)->remark =
            m->name[0] == '\0' ? "it was added, and never started" : NULL;
    urls_compare(c, "client-urls", configured->name, &configured->client_urls, m->client_urls,
                 m->client_url_count);
    urls_compare(c, "peer-urls", configured->name, &configured->peer_urls, m->peer_urls,
                 m->peer_url_count);
    version_compare(c, configured, found);
}

/* An inventory without members says nothing about which there are. */
static void
extra_members(struct comparing *c)
{
    for (size_t i = 0; i < c->view->member_count && c->inventory->members.count > 0; i++) {
        const struct etcd_member *m = &c->view->members[i].member;

        if (!c->seen[i])
            differ(c, "member-extra", view_member_label(c->mem, c->view, m->id), "",
                   urls_text(c->mem, m->peer_urls, m->peer_url_count));
    }
}

static void
endpoints_compare(struct comparing *c)
{
    for (size_t i = 0; i < c->view->stray_count; i++) {
        const struct stray_endpoint *stray = &c->view->strays[i];
        struct inventory_difference *d;

        if (stray->member_id == 0) {
            differ(c, "endpoint", "", stray->endpoint, "")->remark = arena_printf(
                c->mem, "it is no member's, and does not answer: %s", stray->error.text);
            continue;
        }
        d = differ(c, "endpoint", "", stray->endpoint, id_text(c->mem, stray->member_id));
        if (stray->cluster_id != c->view->cluster_id) {
            d->weight = DIFFERENCE_OTHER_CLUSTER;
            d->found = id_text(c->mem, stray->cluster_id);
            d->remark = "it is another cluster's";
        } else {
            d->remark = "who answers there is not in the member list";
        }
    }
}

void
inventory_compare(struct arena *mem, const struct inventory *inventory,
                  const struct cluster_view *view, struct inventory_comparison *ret_comparison)
{
    struct comparing c = {mem, inventory, view, ret_comparison, NULL};

    *ret_comparison = (struct inventory_comparison){0};
    c.seen = arena_zero(mem, (view->member_count + 1) * sizeof(*c.seen));
    if (inventory->id != 0 && inventory->id != view->cluster_id) {
        struct inventory_difference *d = differ(&c, "cluster-id", "", id_text(mem, inventory->id),
                                                id_text(mem, view->cluster_id));

        d->weight = DIFFERENCE_OTHER_CLUSTER;
        d->remark = "this is another cluster, or it was restored since";
    }
    for (size_t i = 0; i < inventory->members.count; i++)
        member_compare(&c, &inventory->members.items[i]);
    extra_members(&c);
    endpoints_compare(&c);
}
