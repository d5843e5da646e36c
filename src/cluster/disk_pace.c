#include "cluster/disk_pace.h"

#include <math.h>

#include "base/time.h"
#include "etcd/metrics.h"
#include "format/metrics_histogram.h"

static double
share_ms(const struct metrics *before, const struct metrics *now, const char *name)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct histogram old, new, window;

    if (!metrics_histogram(&tmp, before, name, NULL, BYTES_NONE, &old) ||
        !metrics_histogram(&tmp, now, name, NULL, BYTES_NONE, &new) ||
        !histogram_since(&tmp, &new, &old, &window) || window.count < 1)
        return NAN;
    return histogram_quantile(&window, 0.99) * 1000;
}

struct disk_pace
disk_pace_between(const struct metrics *before, const struct metrics *now)
{
    return (struct disk_pace){.fsync_ms = share_ms(before, now, ETCD_METRIC_WAL_FSYNC),
                              .commit_ms = share_ms(before, now, ETCD_METRIC_BACKEND_COMMIT)};
}

static struct disk_reading *
reading_find(const struct disk_readings *r, uint64_t member_id)
{
    for (size_t i = 0; i < r->items.count; i++) {
        if (r->items.items[i].member_id == member_id)
            return &r->items.items[i];
    }
    return NULL;
}

struct disk_pace
disk_readings_pace(const struct disk_readings *r, uint64_t member_id)
{
    const struct disk_reading *reading = reading_find(r, member_id);

    return reading != NULL ? reading->pace : (struct disk_pace){NAN, NAN};
}

/* Who has left the cluster is forgotten; of the others nothing is known until they have answered. */
static void
readings_age(struct disk_readings *r, const struct cluster_view *view)
{
    for (size_t i = r->items.count; i-- > 0;) {
        struct disk_reading *reading = &r->items.items[i];

        reading->pace = (struct disk_pace){NAN, NAN};
        if (view_member_by_id(view, reading->member_id) != NULL)
            continue;
        arena_release(&reading->mem);
        *reading = r->items.items[--r->items.count];
    }
}

/* A page in the place of the member's last one, which it is compared with. */
static void
page_take(struct disk_readings *r, uint64_t member_id, struct bytes text)
{
    struct disk_reading *last = reading_find(r, member_id);
    struct disk_reading now = {.member_id = member_id, .pace = {NAN, NAN}};
    struct error unsaid = ERROR_INIT;

    if (!metrics_parse(&now.mem, arena_copy(&now.mem, text), &now.page, &unsaid)) {
        arena_release(&now.mem);
        return;
    }
    if (last == NULL) {
        last = ARRAY_PUSH(&r->mem, &r->items);
    } else {
        now.pace = disk_pace_between(&last->page, &now.page);
        arena_release(&last->mem);
    }
    *last = now;
}

/* The endpoints of the members that answered, and whose they are. */
static size_t
members_to_ask(const struct cluster_view *view, const char **endpoints, uint64_t *ids)
{
    size_t count = 0;

    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (!m->known)
            continue;
        endpoints[count] = m->endpoint;
        ids[count++] = m->member.id;
    }
    return count;
}

void
disk_readings_renew(struct disk_readings *r, const struct etcd_options *options,
                    const struct cluster_view *view)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_ETCD_CLIENT client = NULL;
    const int64_t now_ms = time_monotonic_ms();
    const char **endpoints = arena_alloc(&tmp, view->member_count * sizeof(void *));
    uint64_t *ids = arena_alloc(&tmp, view->member_count * sizeof(*ids));
    struct etcd_options asked = *options;
    struct etcd_metrics_answer *answers;
    struct error unsaid = ERROR_INIT;

    if (r->read_ms != 0 && now_ms - r->read_ms < DISK_PACE_EVERY_MS)
        return;
    r->read_ms = now_ms;
    readings_age(r, view);
    asked.endpoints = endpoints;
    asked.endpoint_count = members_to_ask(view, endpoints, ids);
    if (asked.command_timeout_ms > DISK_PACE_TIMEOUT_MS)
        asked.command_timeout_ms = DISK_PACE_TIMEOUT_MS;
    if (asked.endpoint_count == 0 || !etcd_client_open(&asked, &client, &unsaid))
        return;
    etcd_metrics_each(&tmp, client, &answers);
    for (size_t i = 0; i < asked.endpoint_count; i++) {
        if (answers[i].ok)
            page_take(r, ids[i], answers[i].text);
    }
}

void
disk_readings_release(struct disk_readings *r)
{
    for (size_t i = 0; i < r->items.count; i++)
        arena_release(&r->items.items[i].mem);
    arena_release(&r->mem);
    *r = (struct disk_readings){.read_ms = 0};
}
