#include "keys/key_danger.h"

#include "base/buf.h"
#include "etcd/kv.h"
#include "keys/key_path.h"

/* Below a prefix of Kubernetes; the first that a range lies in says what it is. */
static const struct {
    const char *directory;
    const char *danger; /* NULL: none */
} directories[] = {
    {"events/", NULL},
    {"masterleases/",
     "API servers announce their addresses by these leases: without them the service "
     "'kubernetes' loses its endpoints"},
    {"leases/",
     "nodes and controllers show by these leases that they live: without them nodes are taken for "
     "dead, and their pods are moved"},
};

static bool
end_is_last(struct bytes end)
{
    return bytes_equal(end, BYTES_LITERAL("\0"));
}

/* Whether a range has all its keys from 'start' to in front of 'end'. */
static bool
lies_in(const struct key_range *range, struct bytes start, struct bytes end)
{
    return bytes_compare(range->start, start) >= 0 && !end_is_last(range->end) &&
           bytes_compare(range->end, end) <= 0;
}

/* Whether it has any of them. */
static bool
touches(const struct key_range *range, struct bytes start, struct bytes end)
{
    return bytes_compare(range->start, end) < 0 &&
           (end_is_last(range->end) || bytes_compare(start, range->end) < 0);
}

static bool
lies_in_directory(const struct key_range *range, struct bytes prefix, const char *directory)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF start = BUF_INIT;

    buf_append_bytes(&start, prefix);
    buf_append_text(&start, directory);
    return lies_in(range, buf_bytes(&start), etcd_prefix_end(&tmp, buf_bytes(&start)));
}

static const char *
kubernetes_danger(const struct key_range *range, struct bytes prefix)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (!touches(range, prefix, etcd_prefix_end(&tmp, prefix)))
        return NULL;
    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
        if (lies_in_directory(range, prefix, directories[i].directory))
            return directories[i].danger;
    return "Kubernetes' objects are to be deleted through its API: behind its back they go without "
           "their "
           "finalizers, and its servers still know them";
}

const char *
key_danger(const struct key_range *range)
{
    const struct key_range all = key_range_all();

    if (bytes_compare(range->start, all.start) <= 0 && end_is_last(range->end))
        return "these are all keys that the cluster has";
    for (size_t i = 0; i < KUBE_PREFIX_COUNT; i++) {
        const char *danger = kubernetes_danger(range, kube_prefixes[i]);

        if (danger != NULL)
            return danger;
    }
    return NULL;
}
