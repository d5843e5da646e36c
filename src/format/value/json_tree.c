#include "format/value/json_tree.h"

#include "base/json.h"

static struct value_node *value_of(struct value_budget *budget, const struct json *value,
                                   struct bytes name);

struct members {
    struct value_budget *budget;
    struct value_node *parent;
};

static bool
member_add(struct members *m, const struct json *value, struct bytes name)
{
    struct value_node *child = value_of(m->budget, value, name);

    if (child == NULL)
        return false;
    value_node_add(m->parent, child);
    return true;
}

static bool
object_member(void *context, const char *key, const struct json *value, struct error *e UNUSED)
{
    struct members *m = context;

    return member_add(m, value, bytes_of_text(arena_text(m->budget->mem, key)));
}

static bool
members_add(struct members *m, const struct json *value)
{
    struct error ignored = ERROR_INIT;

    if (m->parent->type == VALUE_OBJECT)
        return json_each(value, object_member, m, &ignored);
    for (size_t i = 0; i < json_array_count(value); i++) {
        if (!member_add(m, json_array_at(value, i), BYTES_NONE))
            return false;
    }
    return true;
}

static void
scalar_set(struct value_node *node, struct arena *mem, const struct json *value)
{
    struct error ignored = ERROR_INIT;
    uint64_t u64 = 0;

    if (node->type == VALUE_BOOL)
        node->number = json_bool_of(value);
    else if (node->type == VALUE_I64)
        node->number = json_i64_of(value);
    else if (node->type == VALUE_U64 && json_as_u64(value, &u64, &ignored))
        node->number = (int64_t)u64;
    else if (node->type == VALUE_DOUBLE)
        node->bytes = json_print(mem, value);
    else if (node->type == VALUE_TEXT)
        node->bytes = json_text_of(value);
}

/* NULL when the budget is spent. */
static struct value_node *
value_of(struct value_budget *budget, const struct json *value, struct bytes name)
{
    static const enum value_type types[] = {
        [JSON_NULL] = VALUE_NULL,  [JSON_BOOL] = VALUE_BOOL,     [JSON_I64] = VALUE_I64,
        [JSON_U64] = VALUE_U64,    [JSON_DOUBLE] = VALUE_DOUBLE, [JSON_TEXT] = VALUE_TEXT,
        [JSON_ARRAY] = VALUE_LIST, [JSON_OBJECT] = VALUE_OBJECT,
    };
    struct value_node *node;
    struct members m;
    bool whole;

    if (!value_budget_left(budget))
        return NULL;
    node = value_node_new(budget, types[json_kind_of(value)], name);
    if (node->type != VALUE_OBJECT && node->type != VALUE_LIST) {
        scalar_set(node, budget->mem, value);
        return node;
    }
    m = (struct members){budget, node};
    budget->depth++;
    whole = members_add(&m, value);
    budget->depth--;
    return whole ? node : NULL;
}

struct value_node *
json_tree(struct value_budget *budget, struct bytes text)
{
    const struct json *document;
    struct error ignored = ERROR_INIT;

    if (text.size == 0 || (text.data[0] != '{' && text.data[0] != '[') ||
        !json_parse(budget->mem, text, &document, &ignored))
        return NULL;
    return value_of(budget, document, BYTES_NONE);
}
