/* The document is copied value by value; only what leads to /0/members is opened. */
#include "format/v2_store_edit.h"

#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "format/v2_store.h"

struct copying {
    struct arena *mem;
    struct json_writer *w;
    const struct initial_member *member;
    uint64_t index; /* of the store, after the change */
};

static void
value_copy(struct copying *c, const char *key, const struct json *value)
{
    json_key(c->w, key);
    if (value == NULL)
        json_null(c->w);
    else
        json_raw(c->w, json_print(c->mem, value));
}

/* The children of /0. */
static bool
cluster_child_copy(void *context, const char *key, const struct json *value, struct error *e UNUSED)
{
    if (strcmp(key, "members") != 0 && strcmp(key, "removed_members") != 0)
        value_copy(context, key, value);
    return true;
}

static bool
cluster_node_copy(void *context, const char *key, const struct json *value, struct error *e)
{
    struct copying *c = context;

    if (strcmp(key, "Children") != 0) {
        value_copy(c, key, value);
        return true;
    }
    json_key(c->w, key);
    json_object_begin(c->w);
    json_key(c->w, "members");
    v2_store_directory_begin(c->w, "/0/members", c->index);
    v2_store_member_encode(c->w, c->member, c->index);
    v2_store_directory_end(c->w);
    if (value != NULL && !json_each(value, cluster_child_copy, c, e))
        return false;
    json_object_end(c->w);
    return true;
}

/* Opens an object whose members are copied by 'visit'. */
static bool
object_copy(struct copying *c, const char *key, const struct json *object, json_visit *visit,
            struct error *e)
{
    json_key(c->w, key);
    json_object_begin(c->w);
    if (!json_each(object, visit, c, e))
        return false;
    json_object_end(c->w);
    return true;
}

static bool
root_child_copy(void *context, const char *key, const struct json *value, struct error *e)
{
    if (strcmp(key, "0") == 0 && json_is_object(value))
        return object_copy(context, key, value, cluster_node_copy, e);
    value_copy(context, key, value);
    return true;
}

static bool
root_node_copy(void *context, const char *key, const struct json *value, struct error *e)
{
    if (strcmp(key, "Children") == 0 && json_is_object(value))
        return object_copy(context, key, value, root_child_copy, e);
    value_copy(context, key, value);
    return true;
}

static bool
document_copy(void *context, const char *key, const struct json *value, struct error *e)
{
    struct copying *c = context;

    if (strcmp(key, "Root") == 0)
        return object_copy(c, key, value, root_node_copy, e);
    if (strcmp(key, "CurrentIndex") == 0)
        json_key_u64(c->w, key, c->index);
    else
        value_copy(c, key, value);
    return true;
}

bool
v2_store_replace_members(struct buf *out, struct bytes store, const struct initial_member *member,
                         struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct json_writer w;
    struct copying c = {.mem = &tmp, .w = &w, .member = member};
    const struct json *document;

    if (!json_parse(&tmp, store, &document, e))
        return error_wrap(e, "v2 store");
    if (!json_is_object(json_get(json_get(json_get(document, "Root"), "Children"), "0")))
        return error_set(e, ERROR_FORMAT, "v2 store: no '/0'");
    if (!json_get_u64(document, "CurrentIndex", &c.index, e))
        return error_wrap(e, "v2 store");
    c.index++;
    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    if (!json_each(document, document_copy, &c, e))
        return error_wrap(e, "v2 store");
    json_object_end(&w);
    return true;
}
