#include "plan/plan.h"

#include <stdarg.h>
#include <string.h>

#include "base/buf.h"

bool
plan_new(struct arena *mem, const struct plan_kind *kind, struct bytes inputs, void *context,
         struct plan **ret_plan, struct error *e)
{
    struct plan *plan = arena_zero(mem, sizeof(*plan));

    plan->mem = mem;
    plan->kind = kind->name;
    plan->stops_at = SIZE_MAX;
    plan->inputs = arena_copy(mem, inputs);
    if (!json_parse(mem, plan->inputs, &plan->inputs_json, e))
        return error_wrap(e, "inputs of '%s'", kind->name);
    /* The text goes into a line of the journal as it is. */
    if (!json_is_object(plan->inputs_json) || memchr(inputs.data, '\n', inputs.size) != NULL)
        return error_set(e, ERROR_FORMAT, "inputs of '%s' are no JSON object on one line",
                         kind->name);
    if (!kind->build(plan, plan->inputs_json, context, e))
        return false;
    ASSERT(plan->title != NULL && plan->cluster != NULL);
    *ret_plan = plan;
    return true;
}

void
plan_add_step(struct plan *plan, const struct step *step, const char *subject, void *op)
{
    const char *label =
        subject == NULL ? step->name : arena_printf(plan->mem, "%s %s", step->name, subject);

    ASSERT(step->check != NULL && step->run != NULL);
    ASSERT(step->undo != NULL || step->undo_note != NULL);
    for (size_t i = 0; i < plan->steps.count; i++)
        ASSERT(strcmp(plan->steps.items[i].label, label) != 0);
    *ARRAY_PUSH(plan->mem, &plan->steps) =
        (struct plan_step){.step = step, .label = label, .op = op};
}

void
plan_stops_cluster(struct plan *plan)
{
    plan->stops_at = plan->steps.count;
}

static const char *
input_text(struct arena *mem, const struct json *inputs, const char *name)
{
    const struct json *value = json_get(inputs, name);
    struct error ignored = ERROR_INIT;
    const char *text;

    if (value == NULL)
        return NULL;
    if (json_as_text(mem, value, &text, &ignored))
        return text;
    return arena_text_of_bytes(mem, json_print(mem, value));
}

static const char *
field_text(struct arena *mem, const struct plan *plan, const struct plan_step *step,
           const char *name)
{
    const char *text = NULL;

    if (step->step->field != NULL)
        text = step->step->field(step->op, mem, name);
    return text != NULL ? text : input_text(mem, plan->inputs_json, name);
}

const char *
plan_intent(struct arena *mem, const struct plan *plan, const struct plan_step *step)
{
    AUTO_BUF out = BUF_INIT;
    const char *at = step->step->intent;
    const char *open;

    while ((open = strstr(at, "%{")) != NULL) {
        const char *close = strchr(open, '}');
        const char *name;
        const char *text;

        if (close == NULL)
            break;
        buf_append(&out, at, (size_t)(open - at));
        name = arena_text_of_bytes(mem, bytes_of(open + 2, (size_t)(close - open - 2)));
        text = field_text(mem, plan, step, name);
        if (text != NULL)
            buf_append_text(&out, text);
        else
            buf_append(&out, open, (size_t)(close + 1 - open));
        at = close + 1;
    }
    buf_append_text(&out, at);
    return arena_text(mem, buf_text(&out));
}

bool
step_nothing_to_undo(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}
