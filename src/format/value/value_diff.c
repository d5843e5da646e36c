#include "format/value/value_diff.h"

#include <stdlib.h>
#include <string.h>

struct diff {
    struct arena *mem;
    struct buf path;
    value_change_visit *visit;
    void *context;
};

/* A child, and what it is matched by. */
struct part {
    struct bytes key;
    const struct value_node *node;
    size_t place;
};

struct parts {
    struct part *items;
    size_t count;
};

static int
part_compare(const void *a, const void *b)
{
    const struct part *x = a;
    const struct part *y = b;
    int order = bytes_compare(x->key, y->key);

    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

static bool
is_scalar(const struct value_node *node)
{
    return node->type != VALUE_OBJECT && node->type != VALUE_LIST;
}

/* --- by what the items of lists are matched --- */

/* Merge keys of Kubernetes' own lists, the surest first. */
static const char *const item_keys[] = {"uid", "name", "type", "ip", "key", "manager"};

static bool
all_have(const struct value_node *list, const char *key)
{
    for (const struct value_node *item = list->first; item != NULL; item = item->next) {
        if (value_node_text(item, key).size == 0)
            return false;
    }
    return true;
}

static bool
all_scalar(const struct value_node *list)
{
    for (const struct value_node *item = list->first; item != NULL; item = item->next) {
        if (!is_scalar(item) || item->hidden)
            return false;
    }
    return true;
}

static struct bytes
scalar_text(struct arena *mem, const struct value_node *node)
{
    AUTO_BUF out = BUF_INIT;
    struct json_writer w;

    json_writer_init(&w, &out, 0);
    value_node_write(&w, node, false);
    return bytes_of_text(arena_text(mem, buf_text(&out)));
}

enum { BY_NAME, BY_PLACE, BY_VALUE, BY_KEY };

struct rule {
    int by;
    const char *key;
};

static struct parts
parts_of(struct arena *mem, const struct value_node *parent, const struct rule *rule)
{
    struct parts parts = {arena_alloc(mem, (parent->count + 1) * sizeof(struct part)), 0};

    for (const struct value_node *node = parent->first; node != NULL; node = node->next) {
        struct part *part = &parts.items[parts.count];

        *part = (struct part){.node = node, .place = parts.count++};
        if (rule->by == BY_NAME)
            part->key = node->name;
        else if (rule->by == BY_KEY)
            part->key = value_node_text(node, rule->key);
        else if (rule->by == BY_VALUE)
            part->key = scalar_text(mem, node);
        else
            part->key = bytes_of_text(arena_printf(mem, "%08zu", part->place));
    }
    return parts;
}

static struct parts
parts_sorted(struct arena *mem, const struct parts *parts)
{
    struct parts sorted = {arena_alloc(mem, (parts->count + 1) * sizeof(struct part)),
                           parts->count};

    memcpy(sorted.items, parts->items, parts->count * sizeof(struct part));
    qsort(sorted.items, sorted.count, sizeof(struct part), part_compare);
    return sorted;
}

static bool
keys_are_distinct(struct arena *mem, const struct value_node *list, const struct rule *rule)
{
    struct parts parts = parts_of(mem, list, rule);
    struct parts sorted = parts_sorted(mem, &parts);

    for (size_t i = 1; i < sorted.count; i++) {
        if (bytes_equal(sorted.items[i - 1].key, sorted.items[i].key))
            return false;
    }
    return true;
}

static struct rule
rule_of(struct arena *mem, const struct value_node *a, const struct value_node *b)
{
    const struct rule whole = {a->type == VALUE_OBJECT ? BY_NAME : BY_VALUE, NULL};

    /* What names the items of a hidden list is hidden, too. */
    if (a->type == VALUE_LIST && (a->hidden || b->hidden))
        return (struct rule){BY_PLACE, NULL};
    if (a->type == VALUE_OBJECT || (all_scalar(a) && all_scalar(b)))
        return keys_are_distinct(mem, a, &whole) && keys_are_distinct(mem, b, &whole)
                   ? whole
                   : (struct rule){BY_PLACE, NULL};
    for (size_t i = 0; i < sizeof(item_keys) / sizeof(item_keys[0]); i++) {
        struct rule rule = {BY_KEY, item_keys[i]};

        if (all_have(a, rule.key) && all_have(b, rule.key) && keys_are_distinct(mem, a, &rule) &&
            keys_are_distinct(mem, b, &rule))
            return rule;
    }
    return (struct rule){BY_PLACE, NULL};
}

/* --- paths --- */

static bool
is_plain(struct bytes name)
{
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-'))
            return false;
    }
    return name.size > 0;
}

static void
quoted_append(struct buf *out, struct bytes text)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_text_bytes(&w, text);
}

static void
path_append(struct buf *path, const struct rule *rule, const struct part *part)
{
    if (rule->by == BY_NAME && is_plain(part->key)) {
        if (path->size > 0)
            buf_append_byte(path, '.');
        buf_append_bytes(path, part->key);
        return;
    }
    buf_append_byte(path, '[');
    if (rule->by == BY_KEY)
        buf_printf(path, "%s=", rule->key);
    if (rule->by == BY_NAME || (rule->by == BY_KEY && !is_plain(part->key)))
        quoted_append(path, part->key);
    else if (rule->by == BY_PLACE)
        buf_printf(path, "%zu", part->place);
    else
        buf_append_bytes(path, part->key);
    buf_append_byte(path, ']');
}

/* --- the walk --- */

static bool
tell(struct diff *d, const struct value_node *before, const struct value_node *after,
     struct error *e)
{
    const struct value_change change = {
        .path = buf_text(&d->path), .before = before, .after = after};

    return d->visit(d->context, &change, e);
}

static const struct part *
part_find(const struct parts *sorted, const struct part *wanted)
{
    size_t low = 0;
    size_t high = sorted->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(sorted->items[middle].key, wanted->key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sorted->count && bytes_equal(sorted->items[low].key, wanted->key)
               ? &sorted->items[low]
               : NULL;
}

static bool walk(struct diff *d, const struct value_node *before, const struct value_node *after,
                 struct error *e);

static bool
part_tell(struct diff *d, const struct rule *rule, const struct part *part,
          const struct value_node *before, const struct value_node *after, struct error *e)
{
    size_t size = d->path.size;
    bool ok;

    path_append(&d->path, rule, part);
    ok = before != NULL && after != NULL ? walk(d, before, after, e) : tell(d, before, after, e);
    d->path.size = size;
    return ok;
}

static bool
children_walk(struct diff *d, const struct value_node *before, const struct value_node *after,
              struct error *e)
{
    struct rule rule = rule_of(d->mem, before, after);
    struct parts old = parts_of(d->mem, before, &rule);
    struct parts new = parts_of(d->mem, after, &rule);
    struct parts old_sorted = parts_sorted(d->mem, &old);
    struct parts new_sorted = parts_sorted(d->mem, &new);

    for (size_t i = 0; i < new.count; i++) {
        const struct part *was = part_find(&old_sorted, &new.items[i]);

        if (!part_tell(d, &rule, &new.items[i], was != NULL ? was->node : NULL, new.items[i].node,
                       e))
            return false;
    }
    for (size_t i = 0; i < old.count; i++) {
        if (part_find(&new_sorted, &old.items[i]) == NULL &&
            !part_tell(d, &rule, &old.items[i], old.items[i].node, NULL, e))
            return false;
    }
    return true;
}

static bool
walk(struct diff *d, const struct value_node *before, const struct value_node *after,
     struct error *e)
{
    if (before->type == after->type && !is_scalar(after))
        return children_walk(d, before, after, e);
    if (before->type == after->type && before->number == after->number &&
        bytes_equal(before->bytes, after->bytes))
        return true;
    return tell(d, before, after, e);
}

bool
value_diff(const struct value_node *before, const struct value_node *after,
           value_change_visit *visit, void *context, struct error *e)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct diff d = {.mem = &mem, .path = BUF_INIT, .visit = visit, .context = context};
    bool ok = walk(&d, before, after, e);

    buf_release(&d.path);
    return ok;
}
