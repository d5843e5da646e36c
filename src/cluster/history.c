#include "cluster/history.h"

#include <math.h>

void
series_add(struct series *s, double value)
{
    s->values[s->next] = value;
    s->next = (s->next + 1) % HISTORY_LOOKS;
    s->count += s->count < HISTORY_LOOKS;
}

double
series_at(const struct series *s, size_t back)
{
    if (back >= s->count)
        return NAN;
    return s->values[(s->next + HISTORY_LOOKS - 1 - back) % HISTORY_LOOKS];
}

double
series_most(const struct series *s, size_t count)
{
    double most = 0;

    for (size_t i = 0; i < count; i++) {
        double value = series_at(s, i);

        if (value > most) /* never of NAN */
            most = value;
    }
    return most;
}

void
history_init(struct history *h, struct arena *mem)
{
    *h = (struct history){.mem = mem};
}

static struct member_history *
member_find(const struct history *h, uint64_t id)
{
    for (size_t i = 0; i < h->members.count; i++) {
        if (h->members.items[i]->id == id)
            return h->members.items[i];
    }
    return NULL;
}

const struct member_history *
history_member(const struct history *h, uint64_t id)
{
    return member_find(h, id);
}

/* A place for a new member: that of one which has left, so that a cluster whose members change for months takes no
 * more room. */
static struct member_history *
member_new(struct history *h, uint64_t id)
{
    struct member_history *m = NULL;

    for (size_t i = 0; m == NULL && i < h->members.count; i++) {
        if (!h->members.items[i]->seen)
            m = h->members.items[i];
    }
    if (m == NULL)
        *ARRAY_PUSH(h->mem, &h->members) = m = arena_alloc(h->mem, sizeof(*m));
    *m = (struct member_history){.id = id, .pace = {NAN, NAN}};
    return m;
}

static double
per_second(double change, int64_t from_us, int64_t to_us)
{
    return to_us > from_us ? change * 1e6 / (double)(to_us - from_us) : NAN;
}

static void
member_add(struct member_history *m, const struct member_view *now, int64_t now_us)
{
    double applied = NAN, growth = NAN;

    if (!now->known) {
        series_add(&m->latency_ms, NAN);
        series_add(&m->applied_per_s, NAN);
        series_add(&m->growth_per_s, NAN);
        m->answers = false;
        return;
    }
    if (m->answers && now->status.raft_applied_index >= m->applied) {
        applied = per_second((double)(now->status.raft_applied_index - m->applied), m->answered_us,
                             now_us);
        growth = per_second((double)(now->status.db_size_bytes - m->db_size_bytes), m->answered_us,
                            now_us);
    }
    series_add(&m->latency_ms, (double)now->took_us / 1000);
    series_add(&m->applied_per_s, applied);
    series_add(&m->growth_per_s, growth);
    m->answers = true;
    m->answered_us = now_us;
    m->applied = now->status.raft_applied_index;
    m->db_size_bytes = now->status.db_size_bytes;
}

/* From the last look that told a revision, so that a look without one does not hide what was written meanwhile. */
static void
writes_add(struct history *h, int64_t revision, int64_t now_us)
{
    double rate = NAN;

    if (revision == 0) {
        series_add(&h->writes_per_s, NAN);
        return;
    }
    if (h->has_revision && revision >= h->revision)
        rate = per_second((double)(revision - h->revision), h->revision_us, now_us);
    series_add(&h->writes_per_s, rate);
    h->has_revision = true;
    h->revision = revision;
    h->revision_us = now_us;
}

void
history_add(struct history *h, const struct cluster_view *view, int64_t now_us)
{
    h->looks++;
    for (size_t i = 0; i < h->members.count; i++) {
        struct member_history *m = h->members.items[i];

        /* Nobody's answer does not mean that members have left. */
        m->seen = view == NULL ? m->seen : view_member_by_id(view, m->id) != NULL;
        if (view == NULL && m->seen)
            member_add(m, &(struct member_view){.known = false}, now_us);
    }
    for (size_t i = 0; view != NULL && i < view->member_count; i++) {
        const struct member_view *now = &view->members[i];
        struct member_history *m = member_find(h, now->member.id);

        if (m == NULL)
            m = member_new(h, now->member.id);
        m->seen = true;
        member_add(m, now, now_us);
    }
    writes_add(h, view != NULL ? view_revision(view) : 0, now_us);
}

void
history_pace_add(struct history *h, const struct disk_readings *readings)
{
    for (size_t i = 0; i < h->members.count; i++)
        h->members.items[i]->pace = disk_readings_pace(readings, h->members.items[i]->id);
}
