#include "format/value/proto_tree.h"

#include "base/time.h"
#include "format/proto.h"
#include "format/value/kube_fields.h"

/* Years 0 to 9999: what RFC 3339 can say. */
static const int64_t seconds_least = -62167219200;
static const int64_t seconds_most = 253402300799;

static bool
reads_as_message(struct bytes message)
{
    struct proto_reader r = proto_reader_of(message);
    struct proto_field f;

    while (proto_next(&r, &f)) {
    }
    return !r.failed;
}

static bool
has_controls(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20)
            return true;
    }
    return false;
}

static struct value_node *
leaf(struct value_budget *budget, struct bytes name, struct bytes bytes)
{
    struct value_node *node =
        value_node_new(budget, value_is_text(bytes) ? VALUE_TEXT : VALUE_BYTES, name);

    node->bytes = bytes;
    return node;
}

static struct value_node *
number(struct value_budget *budget, struct bytes name, enum value_type type, uint64_t value)
{
    struct value_node *node = value_node_new(budget, type, name);

    node->number = (int64_t)value;
    return node;
}

/* A field of which only number and wire type are known. */
static struct value_node *
unknown_value(struct value_budget *budget, const struct proto_field *f, struct bytes name)
{
    struct value_node *node = NULL;

    if (f->wire == PROTO_VARINT)
        return number(budget, name, VALUE_I64, f->value);
    if (f->wire == PROTO_FIXED64)
        return number(budget, name, VALUE_FIXED64, f->value);
    if (f->wire == PROTO_FIXED32)
        return number(budget, name, VALUE_FIXED32, f->value);
    if (f->bytes.size > 0 && (has_controls(f->bytes) || !value_is_text(f->bytes)))
        node = proto_tree(budget, f->bytes, NULL, name);
    return node != NULL ? node : leaf(budget, name, f->bytes);
}

/* The varint and the bytes of a small message's fields 1 to 3; missing is 0 and none. */
struct small {
    uint64_t numbers[4];
    struct bytes texts[4];
};

static bool
small_read(struct bytes message, struct small *ret)
{
    struct proto_reader r = proto_reader_of(message);
    struct proto_field f;

    *ret = (struct small){{0}, {BYTES_NONE}};
    while (proto_next(&r, &f)) {
        if (f.number > 3)
            return false;
        if (f.wire == PROTO_LENGTH)
            ret->texts[f.number] = f.bytes;
        else
            ret->numbers[f.number] = f.value;
    }
    return !r.failed;
}

/* NULL: it is no time that can be written as one. */
static struct value_node *
time_value(struct value_budget *budget, struct bytes message, struct bytes name)
{
    struct value_node *node;
    struct small s;
    int64_t seconds;
    const char *text;

    if (!small_read(message, &s))
        return NULL;
    seconds = (int64_t)s.numbers[1];
    if (seconds < seconds_least || seconds > seconds_most || s.numbers[2] > 999999999)
        return NULL;
    if (message.size == 0)
        return value_node_new(budget, VALUE_NULL, name);
    text = time_rfc3339(budget->mem, seconds * 1000);
    if (s.numbers[2] > 0)
        text = arena_printf(budget->mem, "%.19s.%09uZ", text, (unsigned)s.numbers[2]);
    node = value_node_new(budget, VALUE_TEXT, name);
    node->bytes = bytes_of_text(text);
    return node;
}

/* What a message wraps: IntOrString tells by its first field which, the others hold one. */
static struct value_node *
wrapped_value(struct value_budget *budget, struct bytes message, const char *of, struct bytes name)
{
    bool int_or_string = bytes_equal_text(bytes_of_text(of), "IntOrString");
    struct small s;

    if (!small_read(message, &s))
        return NULL;
    if (int_or_string && s.numbers[1] == 0)
        return number(budget, name, VALUE_I64, s.numbers[2]);
    if (s.numbers[1] != 0 && !int_or_string)
        return number(budget, name, VALUE_I64, s.numbers[1]);
    return leaf(budget, name, s.texts[int_or_string ? 3 : 1]);
}

/* NULL: it is not what the field should be. */
static struct value_node *
known_value(struct value_budget *budget, const struct proto_field *f,
            const struct kube_field *known, struct bytes name)
{
    struct value_node *node;

    if ((known->type == KUBE_NUMBER || known->type == KUBE_BOOL) != (f->wire == PROTO_VARINT) ||
        (f->wire != PROTO_VARINT && f->wire != PROTO_LENGTH))
        return NULL;
    switch (known->type) {
    case KUBE_NUMBER:
        return number(budget, name, VALUE_I64, f->value);
    case KUBE_BOOL:
        return number(budget, name, VALUE_BOOL, f->value != 0);
    case KUBE_TEXT:
        return leaf(budget, name, f->bytes);
    case KUBE_BYTES:
        node = value_node_new(budget, VALUE_BYTES, name);
        node->bytes = f->bytes;
        return node;
    case KUBE_MESSAGE:
        return proto_tree(budget, f->bytes, known->of, name);
    case KUBE_TIME:
        return time_value(budget, f->bytes, name);
    case KUBE_VALUE:
        return wrapped_value(budget, f->bytes, known->of, name);
    }
    return NULL;
}

/* One entry of a map: the key is field 1, the value field 2; missing is empty. */
static struct value_node *
entry_value(struct value_budget *budget, struct bytes entry, const struct kube_field *known)
{
    struct proto_reader r = proto_reader_of(entry);
    struct proto_field value = {.number = 2, .wire = PROTO_LENGTH, .bytes = BYTES_NONE};
    struct bytes key = BYTES_NONE;
    struct value_node *node;
    struct proto_field f;

    while (proto_next(&r, &f)) {
        if (f.number == 1 && f.wire == PROTO_LENGTH)
            key = f.bytes;
        else if (f.number == 2)
            value = f;
        else
            return NULL;
    }
    if (r.failed)
        return NULL;
    node = known_value(budget, &value, known, key);
    return node != NULL ? node : unknown_value(budget, &value, key);
}

static struct value_node *
child_named(struct value_budget *budget, struct value_node *parent, enum value_type type,
            struct bytes name)
{
    struct value_node *child = value_node_get_bytes(parent, name);

    if (child == NULL) {
        child = value_node_new(budget, type, name);
        value_node_add(parent, child);
    }
    return child;
}

/* A known field goes under its name: into a map, into a list, or by itself. */
static bool
known_add(struct value_budget *budget, struct value_node *parent, const struct proto_field *f,
          const struct kube_field *known)
{
    struct bytes name = bytes_of_text(known->name);
    struct value_node *node;

    if (known->map)
        node = f->wire == PROTO_LENGTH ? entry_value(budget, f->bytes, known) : NULL;
    else
        node = known_value(budget, f, known, known->repeated ? BYTES_NONE : name);
    if (node == NULL)
        return false;
    if (known->map)
        parent = child_named(budget, parent, VALUE_OBJECT, name);
    else if (known->repeated)
        parent = child_named(budget, parent, VALUE_LIST, name);
    value_node_add(parent, node);
    return true;
}

/* An unknown field goes under its number; there it becomes a list when it is there again. */
static void
unknown_add(struct value_budget *budget, struct value_node *parent, const struct proto_field *f)
{
    struct bytes name = bytes_of_text(arena_printf(budget->mem, "%u", (unsigned)f->number));
    struct value_node *there = value_node_get_bytes(parent, name);
    struct value_node *only;

    if (there == NULL) {
        value_node_add(parent, unknown_value(budget, f, name));
        return;
    }
    if (there->type != VALUE_LIST) {
        only = value_node_new(budget, there->type, BYTES_NONE);
        *only = *there;
        only->name = BYTES_NONE;
        only->next = NULL;
        *there = (struct value_node){.name = name, .type = VALUE_LIST, .next = there->next};
        value_node_add(there, only);
    }
    value_node_add(there, unknown_value(budget, f, BYTES_NONE));
}

struct value_node *
proto_tree(struct value_budget *budget, struct bytes message, const char *known, struct bytes name)
{
    struct proto_reader r = proto_reader_of(message);
    struct value_node *node;
    struct bytes left = message;
    struct proto_field f;

    if (budget->depth >= VALUE_DEPTH_MAX || !reads_as_message(message))
        return NULL;
    node = value_node_new(budget, VALUE_OBJECT, name);
    budget->depth++;
    while (value_budget_left(budget) && node->count < PROTO_TREE_FIELDS_MAX && proto_next(&r, &f)) {
        const struct kube_field *field = kube_field_find(known, f.number);

        if (field == NULL || !known_add(budget, node, &f, field))
            unknown_add(budget, node, &f);
        left = bytes_of(r.cursor.at, cursor_left(&r.cursor));
    }
    budget->depth--;
    if (left.size > 0 && cursor_left(&r.cursor) > 0)
        value_node_add(node, leaf(budget, BYTES_LITERAL("rest"), left));
    return node;
}
