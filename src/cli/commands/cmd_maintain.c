/* 'maintain': the upkeep of a cluster that serves, as plans. */

#include "cli/app.h"
#include "cli/plan_context.h"
#include "cluster/defrag_when.h"
#include "ops/maintain_defrag.h"

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
