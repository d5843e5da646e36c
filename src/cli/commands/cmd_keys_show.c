/* 'keys show': one key, and what its value says. */

#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "cli/app.h"
#include "cli/key_source.h"
#include "cli/print/print_value.h"
#include "cli/report.h"
#include "cli/text.h"

static const struct option_def show_options[] = {
    KEY_SOURCE_OPTION,
    {"revision", OPTION_I64, .arg = "REVISION",
     .help = "As the key was at this revision, if it is kept [default: the latest]"},
    {"raw", OPTION_BOOL, .help = "Write the value alone, byte for byte"},
    {"annotations", OPTION_BOOL, .help = "Annotations with their values, not their sizes only"},
    {"show-secrets", OPTION_BOOL, .help = "Also what a Secret of Kubernetes holds"},
    OPTIONS_END,
};

struct show {
    struct app *app;
    struct key_value kv; /* in app->mem */
    bool found;
};

static bool
row_keep(void *context, const struct key_row *row, struct error *e UNUSED)
{
    struct show *s = context;

    s->found = true;
    s->kv = row->kv;
    s->kv.key = arena_copy(s->app->mem, row->kv.key);
    s->kv.value = arena_copy(s->app->mem, row->kv.value);
    return true;
}

static bool
key_read(struct show *s, struct bytes key, struct error *e)
{
    AUTO_KEY_SOURCE source = NULL;
    struct operation_face face;
    const struct key_range range = {.start = key};
    int64_t revision = option_i64(&s->app->options, "revision");
    bool ok;

    operation_face_begin(&face, s->app);
    ok = app_key_source(s->app, &face, &source, e) &&
         key_source_live(source, &range, revision, KEY_READ_ALL, row_keep, s, e);
    operation_face_end(&face);
    if (!ok || s->found)
        return ok;
    error_set_(e, ERROR_NOT_FOUND, 0, "there is no key '%s' at revision %" PRId64,
               app_operand(s->app, 0), revision > 0 ? revision : source->revision);
    return error_hint(e, "'quorate keys history' tells whether it was there before");
}

/* --- for people --- */

static bool
is_object(const struct stored_value *v)
{
    return v->form == STORED_KUBERNETES || v->form == STORED_KUBERNETES_JSON;
}

static const char *
text_of(struct arena *mem, struct bytes bytes)
{
    return arena_text_of_bytes(mem, bytes);
}

static void
field_bytes(struct report *r, const char *heading, struct bytes bytes)
{
    if (bytes.size > 0)
        report_field_text(r, heading, heading, text_of(r->mem, bytes));
}

static void
time_field(struct report *r, const struct output_style *style, const struct value_node *metadata,
           const char *name, const char *heading)
{
    const char *text = text_of(r->mem, value_node_text(metadata, name));
    struct error ignored = ERROR_INIT;
    int64_t at;

    if (text[0] == '\0')
        return;
    if (style->now_ms > 0 && time_parse_rfc3339(text, &at, &ignored) && at <= style->now_ms)
        text = arena_printf(r->mem, "%s, %s ago", text, duration_human(r->mem, style->now_ms - at));
    report_field_text(r, heading, heading, text);
}

/* "app=web, tier=front" */
static void
labels_field(struct report *r, const struct value_node *labels)
{
    AUTO_BUF all = BUF_INIT;

    if (labels == NULL || labels->count == 0)
        return;
    for (const struct value_node *label = labels->first; label != NULL; label = label->next) {
        buf_append_text(&all, all.size > 0 ? ", " : "");
        buf_append_bytes(&all, label->name);
        buf_append_byte(&all, '=');
        buf_append_bytes(&all, label->bytes);
    }
    report_field_text(r, "Labels", "labels", buf_text(&all));
}

static void
annotations_field(struct report *r, const struct value_node *annotations)
{
    AUTO_BUF all = BUF_INIT;

    if (annotations == NULL || annotations->count == 0)
        return;
    for (const struct value_node *each = annotations->first; each != NULL; each = each->next) {
        buf_append_text(&all, all.size > 0 ? ", " : "");
        buf_append_bytes(&all, each->name);
        buf_printf(&all, " (%s)", size_human(r->mem, value_node_size(each)));
    }
    report_field_text(r, "Annotations", "annotations", buf_text(&all));
}

static void
owners_field(struct report *r, const struct value_node *owners)
{
    AUTO_BUF all = BUF_INIT;

    if (owners == NULL || owners->count == 0)
        return;
    for (const struct value_node *owner = owners->first; owner != NULL; owner = owner->next) {
        const struct value_node *controller = value_node_get(owner, "controller");

        buf_append_text(&all, all.size > 0 ? ", " : "");
        buf_append_bytes(&all, value_node_text(owner, "kind"));
        buf_append_byte(&all, ' ');
        buf_append_bytes(&all, value_node_text(owner, "name"));
        buf_append_text(&all, controller != NULL && controller->number != 0 ? " (controller)" : "");
    }
    report_field_text(r, "Owners", "owners", buf_text(&all));
}

static void
finalizers_field(struct report *r, const struct value_node *finalizers)
{
    AUTO_BUF all = BUF_INIT;

    if (finalizers == NULL || finalizers->count == 0)
        return;
    for (const struct value_node *each = finalizers->first; each != NULL; each = each->next) {
        buf_append_text(&all, all.size > 0 ? ", " : "");
        buf_append_bytes(&all, each->bytes);
    }
    report_field_text(r, "Finalizers", "finalizers", buf_text(&all));
}

/* Who wrote which part of it last, and when. */
static void
managers_field(struct report *r, const struct value_node *managers)
{
    if (managers == NULL)
        return;
    for (const struct value_node *each = managers->first; each != NULL; each = each->next) {
        struct bytes part = value_node_text(each, "subresource");

        report_field_text(r, each == managers->first ? "Managers" : "", "manager",
                          arena_printf(r->mem, "%s: %s%s%s at %s",
                                       text_of(r->mem, value_node_text(each, "manager")),
                                       text_of(r->mem, value_node_text(each, "operation")),
                                       part.size > 0 ? " of " : "", text_of(r->mem, part),
                                       text_of(r->mem, value_node_text(each, "time"))));
    }
}

static void
object_fields(struct report *r, const struct output_style *style, const struct stored_value *v,
              bool annotations)
{
    const struct value_node *metadata = value_node_get(v->root, "metadata");

    field_bytes(r, "Kind", v->kind);
    field_bytes(r, "API version", v->api_version);
    if (metadata == NULL)
        return;
    field_bytes(r, "Name", value_node_text(metadata, "name"));
    field_bytes(r, "Namespace", value_node_text(metadata, "namespace"));
    field_bytes(r, "UID", value_node_text(metadata, "uid"));
    time_field(r, style, metadata, "creationTimestamp", "Created");
    time_field(r, style, metadata, "deletionTimestamp", "Deletion");
    labels_field(r, value_node_get(metadata, "labels"));
    if (!annotations)
        annotations_field(r, value_node_get(metadata, "annotations"));
    owners_field(r, value_node_get(metadata, "ownerReferences"));
    finalizers_field(r, value_node_get(metadata, "finalizers"));
    managers_field(r, value_node_get(metadata, "managedFields"));
}

static void
key_fields(struct report *r, const struct key_value *kv, const struct stored_value *v)
{
    AUTO_BUF key = BUF_INIT;

    text_append_visible(&key, kv->key, true);
    report_field_text(r, "Key", "key", buf_text(&key));
    report_field_i64(r, "Create revision", "createRevision", kv->create_revision);
    report_field_i64(r, "Mod revision", "modRevision", kv->mod_revision);
    report_field_i64(r, "Version", "version", kv->version);
    if (kv->lease != 0)
        report_field_id(r, "Lease", "lease", (uint64_t)kv->lease);
    report_field_size(r, "Size", "sizeBytes", kv->value.size);
    report_field_text(r, "Value", "format", stored_form_word(v->form));
    if (v->form != STORED_ENCRYPTED)
        return;
    report_field_text(r, "Encrypted by", "provider", text_of(r->mem, v->provider));
    report_field_text(r, "With the key", "keyName", text_of(r->mem, v->key_name));
}

/* --- what stands above already is left out of the tree --- */

static bool
is_told_above(const struct value_node *child, bool annotations)
{
    static const char *const told[] = {"name",
                                       "namespace",
                                       "uid",
                                       "creationTimestamp",
                                       "labels",
                                       "ownerReferences",
                                       "finalizers",
                                       "managedFields",
                                       "deletionTimestamp"};

    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        if (bytes_equal_text(child->name, told[i]))
            return true;
    }
    return !annotations && bytes_equal_text(child->name, "annotations");
}

static bool
is_told_of_object(const struct value_node *child, bool annotations UNUSED)
{
    return bytes_equal_text(child->name, "kind") || bytes_equal_text(child->name, "apiVersion") ||
           (bytes_equal_text(child->name, "metadata") && child->count == 0);
}

static void
children_remove(struct value_node *node, bool (*is_told)(const struct value_node *, bool),
                bool annotations)
{
    struct value_node *all = node->first;

    node->first = NULL;
    node->last = NULL;
    node->count = 0;
    while (all != NULL) {
        struct value_node *next = all->next;

        all->next = NULL;
        if (!is_told(all, annotations))
            value_node_add(node, all);
        all = next;
    }
}

static void
told_remove(struct value_node *root, struct value_node *metadata, bool annotations)
{
    children_remove(metadata, is_told_above, annotations);
    children_remove(root, is_told_of_object, annotations);
}

static void
show_text(struct app *app, const struct key_value *kv, const struct stored_value *v)
{
    bool annotations = option_bool(&app->options, "annotations");
    const struct value_style style = {
        .utf8 = app->style.terminal.utf8,
        .show_hidden = option_bool(&app->options, "show-secrets"),
        .show_empty = v->form != STORED_KUBERNETES,
    };
    struct report head;
    struct value_node *metadata;

    report_record_init(&head, app->mem, "key");
    key_fields(&head, kv, v);
    if (is_object(v))
        object_fields(&head, &app->style, v, annotations);
    report_render(&head, &app->style, &app->out);
    if (v->root == NULL || app->style.output == OUTPUT_FIELDS)
        return;
    metadata = is_object(v) ? value_node_get(v->root, "metadata") : NULL;
    if (metadata != NULL)
        told_remove(v->root, metadata, annotations);
    buf_append_byte(&app->out, '\n');
    print_value_tree(&app->out, &style, v->root, 0);
    if (v->hidden && !style.show_hidden)
        app_say(app, "It is a Secret: --show-secrets shows what it holds.");
}

/* --- for scripts --- */

static void
show_json(struct app *app, const struct key_value *kv, const struct stored_value *v)
{
    struct json_writer w;

    json_writer_init(&w, &app->out, 0);
    json_object_begin(&w);
    print_bytes_json(&w, "key", kv->key);
    json_key_i64(&w, "createRevision", kv->create_revision);
    json_key_i64(&w, "modRevision", kv->mod_revision);
    json_key_i64(&w, "version", kv->version);
    json_key_id(&w, "lease", (uint64_t)kv->lease);
    json_key_u64(&w, "sizeBytes", kv->value.size);
    print_stored_json(&w, v);
    json_key(&w, "value");
    if (v->root != NULL)
        value_node_write(&w, v->root, option_bool(&app->options, "show-secrets"));
    else
        json_null(&w);
    json_object_end(&w);
    buf_append_byte(&app->out, '\n');
}

static bool
show_raw(struct app *app, const struct key_value *kv, const struct stored_value *v, struct error *e)
{
    if (v->hidden && !option_bool(&app->options, "show-secrets")) {
        error_set_(e, ERROR_REFUSED, 0, "the value is a Secret's");
        return error_hint(e, "--raw --show-secrets writes it all the same");
    }
    buf_append_bytes(&app->out, kv->value);
    return true;
}

static bool
show_run(struct app *app, struct error *e)
{
    struct show s = {.app = app};
    struct stored_value v;

    if (app->style.output == OUTPUT_PROTOBUF)
        return error_set(e, ERROR_FEATURE, "'keys show' has no protobuf form");
    if (!key_read(&s, bytes_of_text(app_operand(app, 0)), e))
        return false;
    stored_value_read(app->mem, s.kv.key, s.kv.value, &v);
    if (option_bool(&app->options, "raw"))
        return show_raw(app, &s.kv, &v, e);
    if (app->style.output == OUTPUT_JSON)
        show_json(app, &s.kv, &v);
    else
        show_text(app, &s.kv, &v);
    return true;
}

const struct command command_keys_show = {
    .name = "keys show",
    .operands = "KEY",
    .summary = "Show a key and what its value says: Kubernetes objects, JSON, protobuf",
    .family = FAMILY_KEYS,
    .options = show_options,
    .needs = NEEDS_NOTHING,
    .run = show_run,
    .example = "quorate keys show /registry/deployments/default/web\n"
               "quorate keys show /registry/pods/default/web-0 --file backup.db --revision 1200",
    .description =
        "A Kubernetes object is shown with the names of its fields, any other protobuf message by "
        "their numbers. What is encrypted at rest is said to be so, and no more. Of a Secret only "
        "sizes are shown. Empty fields are left out; -w json has all.",
};
