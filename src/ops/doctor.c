#include "ops/doctor.h"

#include "base/time.h"
#include "etcd/cluster.h"
#include "etcd/metrics.h"

struct gathering {
    struct arena *mem;
    const struct doctor_request *request;
    struct cluster_view *view;
    struct member_picture *members;
    struct etcd_client *client; /* of the members that answer; NULL: of none */
    size_t *asked;              /* the client's endpoints, as numbers of members */
    size_t asked_count;
};

/* A client of all members that answered, each at the endpoint at which it did. */
static bool
client_open(struct gathering *g, struct error *e)
{
    struct etcd_options options = *g->request->options;
    ARRAY(const char *) endpoints = ARRAY_INIT;

    g->asked = arena_zero(g->mem, g->view->member_count * sizeof(*g->asked));
    for (size_t i = 0; i < g->view->member_count; i++) {
        if (!g->view->members[i].known)
            continue;
        g->asked[g->asked_count++] = i;
        *ARRAY_PUSH(g->mem, &endpoints) = g->view->members[i].endpoint;
    }
    if (g->asked_count == 0)
        return true;
    options.endpoints = endpoints.items;
    options.endpoint_count = endpoints.count;
    return etcd_client_open(&options, &g->client, e);
}

static void
clock_take(const struct etcd_metrics_answer *a, struct metrics_picture *metrics)
{
    metrics->has_clock = a->date_s != 0;
    metrics->clock_ms = a->date_s * 1000 - (a->asked_ms + a->told_ms) / 2;
    metrics->clock_uncertainty_ms = (a->told_ms - a->asked_ms) / 2 + 1;
}

static void
page_take(struct gathering *g, const struct etcd_metrics_answer *a, struct metrics_picture *metrics)
{
    struct error e = a->error;

    if (a->ok && metrics_parse(g->mem, a->text, &metrics->now, &e)) {
        metrics->state = FACT_KNOWN;
        metrics->page = a->text;
        clock_take(a, metrics);
        return;
    }
    metrics->state = FACT_UNKNOWN;
    metrics->because = arena_text(g->mem, e.text);
}

static void
pages_fetch(struct gathering *g)
{
    struct etcd_metrics_answer *answers;

    etcd_metrics_each(g->mem, g->client, &answers);
    for (size_t i = 0; i < g->asked_count; i++)
        page_take(g, &answers[i], &g->members[g->asked[i]].metrics);
}

/* What was 'now' a moment ago becomes 'before'. */
static void
pages_again(struct gathering *g, double window_s)
{
    for (size_t i = 0; i < g->asked_count; i++) {
        struct metrics_picture *m = &g->members[g->asked[i]].metrics;

        m->has_before = m->state == FACT_KNOWN;
        m->before = m->now;
        m->window_s = window_s;
    }
    pages_fetch(g);
}

/* A short time is not worth telling of. */
enum { TELL_FROM_MS = 10000, TELL_EVERY_MS = 200 };

static void
wait(const struct gathering *g)
{
    const int64_t window_ms = g->request->window_ms;
    const int64_t began_ms = time_monotonic_ms();

    for (int64_t past_ms = 0; past_ms < window_ms; past_ms = time_monotonic_ms() - began_ms) {
        int64_t left_ms = window_ms - past_ms;

        if (window_ms >= TELL_FROM_MS)
            observer_progress(g->request->observer, "looking for changes", "ms", (uint64_t)past_ms,
                              (uint64_t)window_ms);
        time_sleep_ms(left_ms < TELL_EVERY_MS ? left_ms : TELL_EVERY_MS);
    }
}

/* Each member's own list: a local read, so that one that is behind says what it has. */
static void
lists_fetch(struct gathering *g)
{
    for (size_t i = 0; i < g->asked_count; i++) {
        struct member_picture *m = &g->members[g->asked[i]];
        struct etcd_member_list list;
        struct error ignored = ERROR_INIT;
        uint64_t *ids;

        /* A learner does not tell. */
        if (m->view->status.is_learner ||
            !etcd_member_list_at(g->mem, g->client, i, false, &list, &ignored))
            continue;
        ids = arena_alloc(g->mem, (list.member_count + 1) * sizeof(*ids));
        for (size_t k = 0; k < list.member_count; k++)
            ids[k] = list.members[k].id;
        m->list_state = FACT_KNOWN;
        m->list_ids = ids;
        m->list_count = list.member_count;
    }
}

static void
members_init(struct gathering *g)
{
    g->members = arena_zero(g->mem, (g->view->member_count + 1) * sizeof(*g->members));
    for (size_t i = 0; i < g->view->member_count; i++) {
        g->members[i].view = &g->view->members[i];
        g->members[i].label = view_member_label(g->mem, g->view, g->view->members[i].member.id);
    }
}

static void
figures_fetch(struct gathering *g)
{
    const int64_t began_us = time_monotonic_us();

    pages_fetch(g);
    lists_fetch(g);
    if (g->request->window_ms == 0)
        return;
    wait(g);
    pages_again(g, (double)(time_monotonic_us() - began_us) / 1e6);
}

bool
doctor_gather(struct arena *mem, const struct doctor_request *request,
              struct doctor_picture *ret_picture, struct error *e)
{
    struct gathering g = {.mem = mem, .request = request, .view = arena_zero(mem, sizeof(*g.view))};

    if (!cluster_view_fetch(mem, request->options, g.view, e))
        return false;
    members_init(&g);
    if (!client_open(&g, e))
        return false;
    if (g.client != NULL)
        figures_fetch(&g);
    etcd_client_close(&g.client);
    if (request->hosts != HOST_LOOKS_NONE)
        doctor_hosts_look(mem, request->inventory, request->hosts, request->disk, g.members,
                          g.view->member_count);
    *ret_picture = (struct doctor_picture){
        .view = g.view,
        .inventory = request->inventory,
        .target = request->target,
        .days = request->days,
        .members = g.members,
        .member_count = g.view->member_count,
    };
    return true;
}
