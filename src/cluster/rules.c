#include "cluster/rules.h"

#include <string.h>

#include "base/buf.h"
#include "cluster/doctor/doctor.h"
#include "format/minor_version.h"

size_t
quorum_size(size_t voters)
{
    return voters / 2 + 1;
}

size_t
quorum_tolerance(size_t voters)
{
    return voters == 0 ? 0 : (voters - 1) / 2;
}

int64_t
rule_quota(const struct etcd_status *status, const struct metrics *figures)
{
    double quota = 0;

    if (status->db_size_quota_bytes > 0)
        return status->db_size_quota_bytes;
    if (figures == NULL || !metrics_sum(figures, "etcd_server_quota_backend_bytes", &quota) ||
        !(quota > 0))
        return 0;
    return (int64_t)quota;
}

bool
rule_may_back_up_from(const struct cluster_view *view, const struct member_view *member,
                      struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *label = view_member_label(&tmp, view, member->member.id);

    if (!member->known)
        return error_set(e, ERROR_REFUSED, "'%s': %s", label, member->unknown_because.text);
    if (member->member.is_learner || member->status.is_learner)
        return error_set(e, ERROR_REFUSED, "'%s' is a learner", label);
    if (view_has_alarm(view, member->member.id, ETCD_ALARM_CORRUPT))
        return error_set(e, ERROR_REFUSED, "'%s' has a CORRUPT alarm", label);
    if (view_lag(view, member) > CAUGHT_UP_ENTRIES)
        return error_set(e, ERROR_REFUSED, "'%s' is %llu raft entries behind", label,
                         (unsigned long long)view_lag(view, member));
    return true;
}

/* Followers first, then the more advanced one. */
static bool
source_before(const struct cluster_view *view, const struct member_view *a,
              const struct member_view *b)
{
    bool a_leads = a->member.id == view->leader_id;
    bool b_leads = b->member.id == view->leader_id;

    if (a_leads != b_leads)
        return b_leads;
    return a->status.raft_applied_index > b->status.raft_applied_index;
}

static void
source_insert(const struct cluster_view *view, const struct member_view **sources, size_t count,
              const struct member_view *fresh)
{
    size_t at = count;

    while (at > 0 && source_before(view, fresh, sources[at - 1])) {
        sources[at] = sources[at - 1];
        at--;
    }
    sources[at] = fresh;
}

bool
rule_backup_sources(struct arena *mem, const struct cluster_view *view,
                    const struct member_view ***ret_sources, size_t *ret_count, struct error *e)
{
    const size_t room = (view->member_count + 1) * sizeof(const struct member_view *);
    const struct member_view **sources = arena_zero(mem, room);
    AUTO_BUF reasons = BUF_INIT;
    size_t count = 0;

    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (!m->given)
            continue;
        if (rule_may_back_up_from(view, m, e))
            source_insert(view, sources, count++, m);
        else
            buf_printf(&reasons, "%s%s", reasons.size > 0 ? "; " : "", e->text);
    }
    for (size_t i = 0; i < view->stray_count; i++)
        buf_printf(&reasons, "%s'%s': %s", reasons.size > 0 ? "; " : "", view->strays[i].endpoint,
                   view->strays[i].member_id == 0 ? view->strays[i].error.text
                                                  : "belongs to another cluster");
    if (count == 0)
        return error_set(e, ERROR_REFUSED, "no member to take a backup from: %s",
                         buf_text(&reasons));
    error_clear(e);
    *ret_sources = sources;
    *ret_count = count;
    return true;
}

static bool
inventory_has_peer_url(const struct inventory *inventory, const char *url)
{
    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_urls *urls = &inventory->members.items[i].peer_urls;

        for (size_t k = 0; k < urls->count; k++) {
            if (strcmp(urls->items[k], url) == 0)
                return true;
        }
    }
    return false;
}

bool
rule_may_recover(const struct cluster_view *view, const struct inventory *inventory,
                 struct error *e)
{
    for (size_t i = 0; i < view->member_count; i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        const struct etcd_member *m = &view->members[i].member;
        bool known = m->peer_url_count == 0;

        for (size_t k = 0; k < m->peer_url_count && !known; k++)
            known = inventory_has_peer_url(inventory, m->peer_urls[k]);
        if (known)
            continue;
        error_set_(e, ERROR_REFUSED, 0,
                   "the cluster has member %s (%s), and the inventory of '%s' has not: nobody "
                   "would stop it, and it would go on with its old data",
                   view_member_label(&tmp, view, m->id), m->peer_urls[0], inventory->name);
        return error_hint(e,
                          "all members are recovered, or none: quorate cluster discover "
                          "--cluster %s --write",
                          inventory->name);
    }
    return true;
}

bool
rule_may_defragment(const struct cluster_view *view, const struct member_view *member,
                    struct error *e)
{
    static const uint32_t mended = 6; /* in 3.5 */
    AUTO_ARENA tmp = ARENA_INIT;
    const char *version = member->status.version;
    struct minor_version v;
    uint32_t patch;

    if (!minor_version_parse(version, &v, e))
        return error_wrap(e, "member '%s'", view_member_label(&tmp, view, member->member.id));
    if (v.major != 3 || v.minor != 5 || !minor_version_patch(version, &patch) || patch >= mended)
        return true;
    return error_set(
        e, ERROR_REFUSED,
        "member '%s' runs etcd %s: a crash while it defragments can make its data differ",
        view_member_label(&tmp, view, member->member.id), version);
}

struct member_health
rule_member_health(const struct cluster_view *view, const struct member_view *member)
{
    const uint64_t id = member->member.id;

    if (!member->known)
        return (struct member_health){VERDICT_CRITICAL, "no answer"};
    if (view_has_alarm(view, id, ETCD_ALARM_CORRUPT))
        return (struct member_health){VERDICT_CRITICAL, "CORRUPT"};
    if (view_has_alarm(view, id, ETCD_ALARM_NOSPACE))
        return (struct member_health){VERDICT_CRITICAL, "NOSPACE"};
    if (member->status.leader == 0)
        return (struct member_health){VERDICT_CRITICAL, "no leader"};
    if (member->status.leader != view->leader_id)
        return (struct member_health){VERDICT_WARNING, "old leader"};
    if (view_lag(view, member) > CAUGHT_UP_ENTRIES)
        return (struct member_health){VERDICT_WARNING, "lags"};
    return (struct member_health){VERDICT_WELL, "well"};
}

void
rule_judge(struct arena *mem, const struct cluster_view *view, struct judge_days days,
           struct judgement *ret_judgement)
{
    struct judgement j = {.verdict = VERDICT_WELL};
    struct diagnosis diagnosis;

    doctor_judge_view(mem, view, days, &diagnosis);
    for (size_t i = 0; i < diagnosis.finding_count; i++)
        judgement_remark(mem, &j, diagnosis.findings[i].severity, diagnosis.findings[i].text);
    j.summary = diagnosis.summary;
    *ret_judgement = j;
}
