/* Runs the rules, and says on the whole what they found. */
#include <stdarg.h>

#include "base/time.h"
#include "cluster/doctor/looking.h"

static const struct doctor_rule *const tables[] = {
    doctor_rules_of_members, doctor_rules_of_versions, doctor_rules_of_space,
    doctor_rules_of_metrics, doctor_rules_of_settings, doctor_rules_of_hosts,
    doctor_rules_of_logs,
};

const struct doctor_rule *
doctor_rule_at(size_t i)
{
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        for (const struct doctor_rule *rule = tables[t]; rule->id != NULL; rule++) {
            if (i-- == 0)
                return rule;
        }
    }
    return NULL;
}

const char *
severity_of_verdict_word(enum verdict severity)
{
    return severity == VERDICT_WELL ? "note" : verdict_word(severity);
}

struct doctor_finding *
doctor_add(struct doctor *d, enum verdict severity, const struct member_picture *member,
           const char *format, ...)
{
    struct doctor_finding *f = ARRAY_PUSH(d->mem, &d->findings);
    va_list args;

    va_start(args, format);
    *f = (struct doctor_finding){
        .rule = d->rule,
        .severity = severity,
        .member = member != NULL ? member->label : "",
        .text = arena_vprintf(d->mem, format, args),
        .evidence = "",
        .command = "",
    };
    va_end(args);
    return f;
}

const char *
doctor_command(struct doctor *d, const char *format, ...)
{
    const char *words;
    va_list args;

    va_start(args, format);
    words = arena_vprintf(d->mem, format, args);
    va_end(args);
    return arena_printf(d->mem, "quorate %s %s", words, d->picture->target);
}

const struct inventory_member *
doctor_configured(const struct doctor *d, const struct member_picture *member)
{
    const struct inventory *inventory = d->picture->inventory;

    return inventory != NULL ? inventory_member_by_name(inventory, member->view->member.name)
                             : NULL;
}

static const char *
tolerance_text(struct arena *mem, size_t voters, size_t serving)
{
    size_t needed = quorum_size(voters);

    if (serving < needed)
        return "quorum is lost";
    if (serving == needed)
        return "no further member may fail";
    if (serving - needed == 1)
        return "one member may fail";
    return arena_printf(mem, "%zu members may fail", serving - needed);
}

static const char *
summary_of(struct arena *mem, const struct cluster_view *view)
{
    size_t voters = view_voter_count(view);
    size_t serving = view_voters_serving(view);

    if (view->unlisted_because.code != ERROR_NONE)
        return arena_printf(mem, "%zu member%s; whether there are more is not known",
                            view->member_count, view->member_count == 1 ? " answers" : "s answer");
    return arena_printf(mem, "%zu of %zu voters serve; %s", serving, voters,
                        tolerance_text(mem, voters, serving));
}

/* Weightiest first, else as the rules found them: there are few, so by insertion. */
static void
findings_sort(struct doctor_finding *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct doctor_finding moved = items[i];
        size_t at = i;

        for (; at > 0 && items[at - 1].severity < moved.severity; at--)
            items[at] = items[at - 1];
        items[at] = moved;
    }
}

static void
look_by(struct doctor *d, const struct doctor_rule *table, bool of_status)
{
    for (d->rule = table; d->rule->id != NULL; d->rule++) {
        if (d->rule->in_status || !of_status)
            d->rule->look(d);
    }
}

static void
look_by_all(struct doctor *d, bool of_status)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        look_by(d, tables[i], of_status);
}

static void
conclude(const struct doctor *d, struct diagnosis *ret_diagnosis)
{
    struct diagnosis all = {.verdict = VERDICT_WELL,
                            .summary = summary_of(d->mem, d->picture->view),
                            .findings = d->findings.items,
                            .finding_count = d->findings.count};

    for (size_t i = 0; i < all.finding_count; i++) {
        all.counts[all.findings[i].severity]++;
        if (all.findings[i].severity > all.verdict)
            all.verdict = all.findings[i].severity;
    }
    *ret_diagnosis = all;
}

void
doctor_judge(struct arena *mem, const struct doctor_picture *picture,
             struct diagnosis *ret_diagnosis)
{
    struct doctor d = {.mem = mem, .picture = picture};

    look_by_all(&d, false);
    findings_sort(d.findings.items, d.findings.count);
    conclude(&d, ret_diagnosis);
}

void
doctor_judge_space(struct arena *mem, const struct doctor_picture *picture,
                   struct diagnosis *ret_diagnosis)
{
    struct doctor d = {.mem = mem, .picture = picture};

    look_by(&d, doctor_rules_of_space, false);
    findings_sort(d.findings.items, d.findings.count);
    conclude(&d, ret_diagnosis);
}

void
doctor_judge_view(struct arena *mem, const struct cluster_view *view, struct judge_days days,
                  struct diagnosis *ret_diagnosis)
{
    struct member_picture *members = arena_zero(mem, view->member_count * sizeof(*members));
    struct doctor_picture *picture = arena_zero(mem, sizeof(*picture));
    struct doctor d = {.mem = mem, .picture = picture};

    for (size_t i = 0; i < view->member_count; i++) {
        members[i].view = &view->members[i];
        members[i].label = view_member_label(mem, view, view->members[i].member.id);
    }
    *picture = (struct doctor_picture){.view = view,
                                       .target = "",
                                       .days = days,
                                       .members = members,
                                       .member_count = view->member_count};
    look_by_all(&d, true);
    conclude(&d, ret_diagnosis);
}
