/* No leader, or no answer in time: who is there, and is it enough? */
#include <stdlib.h>
#include <string.h>

#include "base/evidence.h"
#include "cluster/explain_parts.h"

/* A member that answers anything is there, also when it refuses to tell its status. */
static bool
member_answers(const struct member_view *m)
{
    return m->known || evidence_value(&m->unknown_because, "grpc_code")[0] != '\0';
}

/* The reason without the endpoint in front, which stands beside it anyway. */
static const char *
silence_text(struct arena *mem, const struct member_view *m)
{
    const char *text = m->unknown_because.text;
    const char *end = strstr(text, "': ");

    if (m->endpoint == NULL)
        return text;
    if (strncmp(text, "endpoint '", 10) == 0 && end != NULL)
        text = end + 3;
    return arena_printf(mem, "%s: %s", m->endpoint, text);
}

static int
by_name(const void *a, const void *b)
{
    const struct member_view *const *left = a;
    const struct member_view *const *right = b;

    return strcmp((*left)->member.name, (*right)->member.name);
}

/* The voters that do not answer, in the order of their names and not of their ids. */
static size_t
silent_voters(struct arena *mem, const struct cluster_view *view,
              const struct member_view ***ret_silent)
{
    const struct member_view **silent = arena_zero(mem, view->member_count * sizeof(void *));
    size_t count = 0;

    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (!m->member.is_learner && !member_answers(m))
            silent[count++] = m;
    }
    qsort(silent, count, sizeof(void *), by_name);
    *ret_silent = silent;
    return count;
}

/* "'m2' (http://10.0.0.2:2379: connection refused), 'm3' (...)" */
static const char *
silent_tell(struct arena *mem, const struct cluster_view *view, struct error *e)
{
    const char *text = "";
    const struct member_view **silent;
    size_t count = silent_voters(mem, view, &silent);

    for (size_t i = 0; i < count; i++) {
        const char *one =
            arena_printf(mem, "'%s' (%s)", view_member_label(mem, view, silent[i]->member.id),
                         silence_text(mem, silent[i]));

        evidence_item(e, "silent", one);
        text = arena_printf(mem, "%s%s%s", text, i > 0 ? ", " : "", one);
    }
    return text;
}

static size_t
voters_answering(const struct cluster_view *view)
{
    size_t count = 0;

    for (size_t i = 0; i < view->member_count; i++)
        count += !view->members[i].member.is_learner && member_answers(&view->members[i]);
    return count;
}

static void
quorum_lost(struct arena *mem, const struct cluster_view *view, size_t voters, size_t answering,
            struct error *e)
{
    e->cause = NULL;
    evidence_begin(e, "quorum-lost");
    evidence_number(e, "voters", (int64_t)voters);
    evidence_number(e, "answering", (int64_t)answering);
    evidence_number(e, "needed", (int64_t)(voters / 2 + 1));
    error_append(e,
                 "quorum is lost: %zu of %zu voting members %s, %zu %s needed; no answer from %s",
                 answering, voters, answering == 1 ? "answers" : "answer", voters / 2 + 1,
                 voters / 2 + 1 == 1 ? "is" : "are", silent_tell(mem, view, e));
    error_hint(e, "start the members that do not answer; if they are lost for good, restore the "
                  "cluster from a snapshot");
}

bool
quorum_judge(struct arena *mem, const struct cluster_view *view, struct error *e)
{
    size_t voters = view_voter_count(view);
    size_t answering = voters_answering(view);

    if (voters == 0)
        return true;
    if (answering < voters / 2 + 1) {
        quorum_lost(mem, view, voters, answering, e);
        return false;
    }
    if (view->leader_id == 0)
        error_append(e, "no member knows a leader, though %zu of %zu voting members answer",
                     answering, voters);
    else
        error_append(e, "%zu of %zu voting members answer, the leader is '%s'", answering, voters,
                     view_member_label(mem, view, view->leader_id));
    error_hint(e, "%s",
               view->leader_id == 0
                   ? "an election is running, or they do not reach one another's peer URLs"
                   : "the cluster is there: look at this member's disk and load");
    return true;
}

void
explain_quorum(struct explain *x, struct error *e)
{
    struct error ignored = ERROR_INIT;
    struct cluster_view view;

    /* Without a leader nobody gets a token; waiting for one would only take time. */
    x->shortly.user = NULL;
    if (cluster_view_fetch(x->mem, &x->shortly, &view, &ignored))
        (void)quorum_judge(x->mem, &view, e);
    else if (ignored.code == ERROR_AUTH)
        error_append(e, "who the members are is not told without a user, and that takes a leader");
}
