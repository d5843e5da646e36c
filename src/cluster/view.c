#include "cluster/view.h"

#include <string.h>

#include "base/number.h"
#include "base/time.h"
#include "etcd/cluster.h"
#include "etcd/maintenance.h"
#include "etcd/reasons.h"
#include "net/loop.h"

struct fetch {
    struct arena *mem;
    const struct etcd_options *options;
    struct view_connections *connections;
    struct cluster_view *view;
    ARRAY(struct member_view) members;
    ARRAY(struct stray_endpoint) strays;
    ARRAY(struct etcd_alarm) alarms;
};

const struct member_view *
view_member_by_id(const struct cluster_view *view, uint64_t id)
{
    for (size_t i = 0; i < view->member_count; i++) {
        if (view->members[i].member.id == id)
            return &view->members[i];
    }
    return NULL;
}

const struct member_view *
view_member_by_name(const struct cluster_view *view, const char *name)
{
    for (size_t i = 0; i < view->member_count; i++) {
        if (strcmp(view->members[i].member.name, name) == 0)
            return &view->members[i];
    }
    return NULL;
}

const char *
view_member_label(struct arena *mem, const struct cluster_view *view, uint64_t id)
{
    const struct member_view *m = view_member_by_id(view, id);

    if (m != NULL && m->member.name[0] != '\0')
        return arena_text(mem, m->member.name);
    return arena_printf(mem, "%llx", (unsigned long long)id);
}

size_t
view_voter_count(const struct cluster_view *view)
{
    size_t count = 0;

    for (size_t i = 0; i < view->member_count; i++)
        count += !view->members[i].member.is_learner;
    return count;
}

bool
view_member_serves(const struct cluster_view *view, const struct member_view *member)
{
    return member->known && member->status.leader != 0 && member->status.leader == view->leader_id;
}

size_t
view_voters_serving(const struct cluster_view *view)
{
    size_t count = 0;

    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        count += !m->member.is_learner && view_member_serves(view, m);
    }
    return count;
}

int64_t
view_revision(const struct cluster_view *view)
{
    int64_t most = 0;

    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (m->known && m->status.header.revision > most)
            most = m->status.header.revision;
    }
    return most;
}

int64_t
view_revision_of_all(const struct cluster_view *view)
{
    int64_t least = 0;

    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (m->known && (least == 0 || m->status.header.revision < least))
            least = m->status.header.revision;
    }
    return least;
}

uint64_t
view_db_bytes_most(const struct cluster_view *view)
{
    int64_t most = 0;

    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (m->known && m->status.db_size_bytes > most)
            most = m->status.db_size_bytes;
    }
    return (uint64_t)most;
}

uint64_t
view_lag(const struct cluster_view *view, const struct member_view *member)
{
    return view->applied_most - member->status.raft_applied_index;
}

bool
view_has_alarm(const struct cluster_view *view, uint64_t member_id, enum etcd_alarm_type type)
{
    for (size_t i = 0; i < view->alarm_count; i++) {
        if (view->alarms[i].member_id == member_id && view->alarms[i].type == type)
            return true;
    }
    return false;
}

bool
status_error_alarm(const char *text, struct etcd_alarm *ret_alarm)
{
    static const char before[] = "memberID:";
    static const char between[] = "alarm:";
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    const char *word = strstr(text, between);
    char *id;

    if (strncmp(text, before, sizeof(before) - 1) != 0 || word == NULL)
        return false;
    id = arena_text(&tmp, text + sizeof(before) - 1);
    id[strcspn(id, " ")] = '\0'; /* one blank or, from 3.7 on, two */
    if (!number_parse_u64(id, &ret_alarm->member_id, &ignored))
        return false;
    word += sizeof(between) - 1;
    if (strncmp(word, "NOSPACE", 7) == 0)
        ret_alarm->type = ETCD_ALARM_NOSPACE;
    else if (strncmp(word, "CORRUPT", 7) == 0)
        ret_alarm->type = ETCD_ALARM_CORRUPT;
    else
        return false;
    return true;
}

static struct member_view *
member_of_id(struct fetch *f, uint64_t id)
{
    for (size_t i = 0; i < f->members.count; i++) {
        if (f->members.items[i].member.id == id)
            return &f->members.items[i];
    }
    return NULL;
}

/* "http://h:1" and "h:1" are the same endpoint. */
static const char *
without_scheme(const char *url)
{
    const char *colon = strstr(url, "://");

    return colon != NULL ? colon + 3 : url;
}

static struct member_view *
member_of_endpoint(struct fetch *f, const char *endpoint)
{
    for (size_t i = 0; i < f->members.count; i++) {
        const struct etcd_member *m = &f->members.items[i].member;

        for (size_t k = 0; k < m->client_url_count; k++) {
            if (strcmp(without_scheme(m->client_urls[k]), without_scheme(endpoint)) == 0)
                return &f->members.items[i];
        }
    }
    return NULL;
}

static void
alarms_note(struct fetch *f, const struct etcd_status *status)
{
    for (size_t i = 0; i < status->error_count; i++) {
        struct etcd_alarm alarm;
        bool new = status_error_alarm(status->errors[i], &alarm);

        for (size_t k = 0; new &&k < f->alarms.count; k++)
            new = f->alarms.items[k].member_id != alarm.member_id ||
                  f->alarms.items[k].type != alarm.type;
        if (new)
            *ARRAY_PUSH(f->mem, &f->alarms) = alarm;
    }
}

static void
stray_note(struct fetch *f, const struct etcd_status_answer *a, const char *endpoint)
{
    struct stray_endpoint *stray = ARRAY_PUSH(f->mem, &f->strays);

    stray->endpoint = endpoint;
    stray->error = a->answer.error;
    if (a->answer.ok) {
        stray->member_id = a->status.header.member_id;
        stray->cluster_id = a->status.header.cluster_id;
    }
}

/* Gives an answer to the member it belongs to. */
static void
answer_place(struct fetch *f, const struct etcd_status_answer *a, bool given)
{
    const char *endpoint = arena_text(f->mem, a->answer.endpoint);
    struct member_view *m = a->answer.ok ? member_of_id(f, a->status.header.member_id)
                                         : member_of_endpoint(f, endpoint);

    if (m == NULL) {
        stray_note(f, a, endpoint);
        return;
    }
    if (m->known) /* two endpoints of one member: the first answer counts */
        return;
    m->endpoint = endpoint;
    m->given = given;
    m->asked = true;
    m->known = a->answer.ok;
    m->took_us = a->answer.took_us;
    m->certificate_end_s = a->answer.certificate_end_s;
    m->unknown_because = a->answer.error;
    if (a->answer.ok) {
        m->status = a->status;
        alarms_note(f, &a->status);
    }
}

static void
members_take(struct fetch *f, const struct etcd_member_list *list)
{
    f->view->cluster_id = list->header.cluster_id;
    for (size_t i = 0; i < list->member_count; i++) {
        struct member_view *m = ARRAY_PUSH(f->mem, &f->members);

        m->member = list->members[i];
        if (m->member.client_url_count > 0)
            m->endpoint = m->member.client_urls[0];
        error_set(&m->unknown_because, ERROR_UNAVAILABLE, "it has no client URL: never started");
    }
}

/* When no list can be had (authentication, a learner), the answers alone make the members. */
static void
members_from_answers(struct fetch *f, const struct etcd_status_answer *answers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct etcd_status *s = &answers[i].status;
        struct member_view *m;

        if (!answers[i].answer.ok || member_of_id(f, s->header.member_id) != NULL)
            continue;
        f->view->cluster_id = s->header.cluster_id;
        m = ARRAY_PUSH(f->mem, &f->members);
        m->member = (struct etcd_member){
            .id = s->header.member_id, .name = "", .is_learner = s->is_learner};
    }
}

/* The client for these endpoints: that of the last look, when it was for the same. */
static bool
others_open(struct fetch *f, const char *const *endpoints, size_t count,
            struct etcd_client **ret_client, struct error *e)
{
    struct etcd_client **client = &f->connections->others;
    struct etcd_options options = *f->options;
    bool same = *client != NULL && etcd_client_endpoint_count(*client) == count;

    for (size_t i = 0; same && i < count; i++)
        same = strcmp(etcd_client_endpoint(*client, i), endpoints[i]) == 0;
    options.endpoints = endpoints;
    options.endpoint_count = count;
    if (!same) {
        etcd_client_close(client);
        if (!etcd_client_open(&options, client, e))
            return false;
    }
    *ret_client = *client;
    return true;
}

/* The members that no given endpoint belongs to, asked at their own addresses. */
static bool
others_fetch(struct fetch *f, struct error *e)
{
    struct etcd_client *client;
    ARRAY(const char *) endpoints = ARRAY_INIT;
    struct etcd_status_answer *answers;

    for (size_t i = 0; i < f->members.count; i++) {
        const struct member_view *m = &f->members.items[i];

        if (!m->asked && m->endpoint != NULL)
            *ARRAY_PUSH(f->mem, &endpoints) = m->endpoint;
    }
    if (endpoints.count == 0)
        return true;
    if (!others_open(f, endpoints.items, endpoints.count, &client, e))
        return false;
    etcd_status_each(f->mem, client, &answers);
    for (size_t i = 0; i < endpoints.count; i++)
        answer_place(f, &answers[i], false);
    return true;
}

/* The leader that most members name: one that lags may name an old one. */
static uint64_t
leader_by_majority(const struct cluster_view *view)
{
    uint64_t leader = 0;
    size_t most = 0;

    for (size_t i = 0; i < view->member_count; i++) {
        uint64_t candidate = view->members[i].known ? view->members[i].status.leader : 0;
        size_t votes = 0;

        for (size_t k = 0; candidate != 0 && k < view->member_count; k++)
            votes += view->members[k].known && view->members[k].status.leader == candidate;
        if (votes > most) {
            most = votes;
            leader = candidate;
        }
    }
    return leader;
}

static void
view_finish(struct fetch *f)
{
    struct cluster_view *view = f->view;

    view->members = f->members.items;
    view->member_count = f->members.count;
    view->strays = f->strays.items;
    view->stray_count = f->strays.count;
    view->alarms = f->alarms.items;
    view->alarm_count = f->alarms.count;
    view->leader_id = leader_by_majority(view);
    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (m->known && m->status.raft_applied_index > view->applied_most)
            view->applied_most = m->status.raft_applied_index;
    }
}

/* Each endpoint's own reason; code and remedy are the first one's. */
static bool
nobody_answers(const struct etcd_status_answer *answers, size_t count, struct error *e)
{
    struct error all = ERROR_INIT;

    for (size_t i = 0; i < count; i++)
        reasons_add(&all, &answers[i].answer.error);
    *e = all;
    return false;
}

/* Whom to ask for the members: a learner does not tell, and one without a leader may know old ones.
 * 'count' when nobody answers. */
static size_t
endpoint_to_ask(const struct etcd_status_answer *answers, size_t count)
{
    size_t best = count;

    for (size_t i = count; i-- > 0;) {
        const struct etcd_status *s = &answers[i].status;

        if (!answers[i].answer.ok)
            continue;
        if (best == count || (!s->is_learner && s->leader != 0) ||
            (answers[best].status.is_learner && !s->is_learner))
            best = i;
    }
    return best;
}

bool
view_connections_open(struct view_connections *c, const struct etcd_options *options,
                      struct error *e)
{
    *c = (struct view_connections){.options = options};
    return etcd_client_open(options, &c->given, e);
}

void
view_connections_close(struct view_connections *c)
{
    etcd_client_close(&c->given);
    etcd_client_close(&c->others);
}

/* What members closed since the last look is seen before anything is sent there. */
static void
closings_see(struct etcd_client *client)
{
    const bool never = false;

    if (client != NULL)
        (void)loop_run(etcd_client_loop(client), &never, time_monotonic_ms());
}

bool
cluster_view_fetch_again(struct arena *mem, struct view_connections *connections,
                         struct cluster_view *ret_view, struct error *e)
{
    const struct etcd_options *options = connections->options;
    struct etcd_client *client = connections->given;
    struct fetch f = {.mem = mem, .options = options, .connections = connections, .view = ret_view};
    struct etcd_status_answer *answers;
    struct etcd_member_list list;
    size_t first;

    closings_see(connections->given);
    closings_see(connections->others);
    *ret_view = (struct cluster_view){.taken_s = time_wall_ms() / 1000};
    etcd_status_each(mem, client, &answers);
    first = endpoint_to_ask(answers, options->endpoint_count);
    if (first == options->endpoint_count)
        return nobody_answers(answers, first, e);
    if (etcd_member_list_at(mem, client, first, false, &list, &ret_view->unlisted_because))
        members_take(&f, &list);
    else
        members_from_answers(&f, answers, options->endpoint_count);
    for (size_t i = 0; i < options->endpoint_count; i++)
        answer_place(&f, &answers[i], true);
    if (!others_fetch(&f, e))
        return false;
    view_finish(&f);
    return true;
}

bool
cluster_view_fetch(struct arena *mem, const struct etcd_options *options,
                   struct cluster_view *ret_view, struct error *e)
{
    AUTO_VIEW_CONNECTIONS connections = {0};

    return view_connections_open(&connections, options, e) &&
           cluster_view_fetch_again(mem, &connections, ret_view, e);
}
