/* 'maintain': the upkeep of a cluster that serves, as plans. */

#include "base/number.h"
#include "cli/app.h"
#include "cli/plan_context.h"
#include "cluster/defrag_when.h"
#include "ops/maintain_compact.h"
#include "ops/maintain_defrag.h"

/* --- compact ----------------------------------------------------------------------------------- */

/* What etcd's guide keeps with --auto-compaction-mode=revision. */
#define REVISIONS_DEFAULT "1000"

static const struct option_def compact_options[] = {
    {"now", OPTION_BOOL, .help = "Keep nothing but the newest revision"},
    {"keep-revisions", OPTION_U64, .arg = "N", .fallback = REVISIONS_DEFAULT,
     .help = "Keep so many revisions behind the newest one"},
    {"keep", OPTION_DURATION, .arg = "DURATION",
     .help = "Keep what is younger than that; the plan waits for so long"},
    OPTIONS_END,
};

/* One of the four ways to say it. */
static bool
compact_request_read(const struct app *app, struct maintain_compact_request *request,
                     struct error *e)
{
    const struct options *o = &app->options;
    int ways = (app->operand_count > 0) + option_bool(o, "now") +
               option_given(o, "keep-revisions") + option_given(o, "keep");

    if (ways > 1)
        return error_set(e, ERROR_USAGE,
                         "REVISION, --now, --keep-revisions and --keep say the same in four ways: "
                         "give one of them");
    if (app->operand_count > 0) {
        request->keep = COMPACT_TO_REVISION;
        if (!number_parse_i64(app->operands[0], &request->amount, e))
            return error_wrap(e, "revision");
        return request->amount > 0 ||
               error_set(e, ERROR_USAGE, "revision %s: they begin with 1", app->operands[0]);
    }
    if (option_given(o, "keep")) {
        request->keep = COMPACT_KEEP_TIME;
        request->amount = option_ms(o, "keep");
        return request->amount > 0 ||
               error_set(e, ERROR_USAGE, "--keep needs a time above 0; '--now' keeps nothing");
    }
    if (option_u64(o, "keep-revisions") > INT64_MAX)
        return error_set(e, ERROR_USAGE, "--keep-revisions: no cluster has so many");
    request->keep = COMPACT_KEEP_REVISIONS;
    request->amount = option_bool(o, "now") ? 0 : (int64_t)option_u64(o, "keep-revisions");
    return true;
}

static bool
maintain_compact_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    AUTO_BUF inputs = BUF_INIT;
    struct maintain_compact_request request;
    struct plan_context *context;

    return compact_request_read(app, &request, e) && app_inventory(app, &request.inventory, e) &&
           plan_context_of_app(app, &context, e) &&
           maintain_compact_inputs(app->mem, &request, context, &inputs, e) &&
           plan_new(app->mem, &maintain_compact_kind, buf_bytes(&inputs), context, ret_plan, e);
}

const struct command command_maintain_compact = {
    .name = "maintain compact",
    .operands = "[REVISION]",
    .summary = "Give up old revisions of keys, and see on each member that they are gone",
    .family = FAMILY_MEMBERS,
    .options = compact_options,
    .needs = NEEDS_CLUSTER | NEEDS_QUORUM | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_CLUSTER,
    .plan = maintain_compact_plan,
    .example = "quorate maintain compact --cluster lab:demo --dry-run\n"
               "quorate maintain compact --cluster prod --keep 1h --yes",
    .description =
        "REVISION is the oldest one that can be read afterwards. Without it and without an option "
        "the last "
        "1000 are kept, as etcd does with --auto-compaction-mode=revision and its usual number.\n\n"
        "etcd knows no times, so with --keep the plan notes the newest revision, waits, and then "
        "gives up what is "
        "older: stop it and resume it as you like.\n\n"
        "A watch that is behind is cancelled, and its client reads everything anew: keep a margin "
        "where "
        "there are such. API servers compact by themselves every five minutes "
        "(--etcd-compaction-interval), and "
        "leave little to win.\n\n"
        "The pages become free within the database; 'quorate maintain defrag' gives them back to "
        "the disk.",
};

/* --- defrag ------------------------------------------------------------------------------------ */

static const struct option_def defrag_options[] = {
    {"when", OPTION_TEXT, .arg = "EXPRESSION", .fallback = DEFRAG_WHEN_DEFAULT,
     .help = "Which members: over size, inuse, free and quota"},
    {"force", OPTION_BOOL, .help = "Also etcd 3.5.0 to 3.5.5, which may lose data by it"},
    OPTIONS_END,
};

static bool
maintain_defrag_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    AUTO_BUF inputs = BUF_INIT;
    struct maintain_defrag_request request = {
        .when = option_text(&app->options, "when"),
        .members = app->operands,
        .member_count = app->operand_count,
        .force = option_bool(&app->options, "force"),
    };
    struct plan_context *context;

    return app_inventory(app, &request.inventory, e) && plan_context_of_app(app, &context, e) &&
           maintain_defrag_inputs(app->mem, &request, context, &inputs, e) &&
           plan_new(app->mem, &maintain_defrag_kind, buf_bytes(&inputs), context, ret_plan, e);
}

const struct command command_maintain_defrag = {
    .name = "maintain defrag",
    .operands = "[MEMBER...]",
    .summary = "Defragment the members for which it pays, one after the other",
    .family = FAMILY_MEMBERS,
    .options = defrag_options,
    .needs = NEEDS_CLUSTER | NEEDS_QUORUM | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_CLUSTER,
    .plan = maintain_defrag_plan,
    .example =
        "quorate maintain defrag --cluster lab:demo --dry-run\n"
        "quorate maintain defrag --cluster prod --when 'free > 1GB || size > 80% * quota' --yes",
    .description =
        "A member that defragments answers nothing else. So it is begun when all voters serve and "
        "have "
        "caught up, and its leadership is moved away before; the next one is begun when it serves "
        "again. Those with the most free pages come first, the leader last. The first failure ends "
        "it, and "
        "'quorate plan resume' goes on.\n\n"
        "EXPRESSION is over size, inuse, free (both in bytes; free is size less inuse) and quota, "
        "with "
        "numbers like 100MB, 1GiB or 45%, and || && ! < <= > >= == != + - * / and parentheses.\n\n"
        "Free pages come of compaction: without it there is little to win. On one member alone it "
        "is a "
        "time in which nobody is served.",
};
