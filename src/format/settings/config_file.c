#include "format/settings/config_file.h"

#include <string.h>

#include "base/buf.h"
#include "format/settings/etcd_flag.h"
#include "format/text_edit.h"
#include "format/yaml/yaml_edit.h"

/* Where a flag stands in the file when it does not stand under its own name. */
struct config_key {
    const char *flag;
    const char *section;
    const char *key;
};

static const struct config_key keys[] = {
    {"cert-file", "client-transport-security", "cert-file"},
    {"key-file", "client-transport-security", "key-file"},
    {"client-cert-file", "client-transport-security", "client-cert-file"},
    {"client-key-file", "client-transport-security", "client-key-file"},
    {"client-cert-auth", "client-transport-security", "client-cert-auth"},
    {"trusted-ca-file", "client-transport-security", "trusted-ca-file"},
    {"auto-tls", "client-transport-security", "auto-tls"},
    {"client-cert-allowed-hostname", "client-transport-security", "allowed-hostname"},
    {"peer-cert-file", "peer-transport-security", "cert-file"},
    {"peer-key-file", "peer-transport-security", "key-file"},
    {"peer-client-cert-file", "peer-transport-security", "client-cert-file"},
    {"peer-client-key-file", "peer-transport-security", "client-key-file"},
    {"peer-client-cert-auth", "peer-transport-security", "client-cert-auth"},
    {"peer-trusted-ca-file", "peer-transport-security", "trusted-ca-file"},
    {"peer-auto-tls", "peer-transport-security", "auto-tls"},
    {"peer-cert-allowed-cn", "peer-transport-security", "allowed-cn"},
    {"peer-cert-allowed-hostname", "peer-transport-security", "allowed-hostname"},
    {"peer-skip-client-san-verification", "peer-transport-security",
     "skip-client-san-verification"},
};

enum { CONFIG_KEYS = sizeof(keys) / sizeof(keys[0]) };

static const struct config_key *
key_of_flag(const char *flag)
{
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        if (strcmp(keys[i].flag, flag) == 0)
            return &keys[i];
    }
    return NULL;
}

static const char *
flag_of_key(struct arena *mem, const char *section, const char *key)
{
    for (size_t i = 0; section != NULL && i < CONFIG_KEYS; i++) {
        if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].key, key) == 0)
            return keys[i].flag;
    }
    return section != NULL ? arena_printf(mem, "%s.%s", section, key) : key;
}

/* A scalar's text, or a list's items with commas between. */
static bool
value_text(struct arena *mem, const struct yaml *doc, const struct yaml_node *node,
           const char **ret_text, struct error *e)
{
    AUTO_BUF out = BUF_INIT;

    if (yaml_is_null(node)) {
        *ret_text = "";
        return true;
    }
    if (node->kind != YAML_LIST)
        return yaml_as_text(doc, node, ret_text, e);
    for (const struct yaml_node *item = node->first; item != NULL; item = item->next) {
        const char *text;

        if (!yaml_as_text(doc, item, &text, e))
            return false;
        buf_printf(&out, "%s%s", item != node->first ? "," : "", text);
    }
    *ret_text = arena_text(mem, buf_text(&out));
    return true;
}

static bool
map_read(struct arena *mem, const struct yaml *doc, const struct yaml_node *map,
         const char *section, struct etcd_settings *settings, struct error *e)
{
    for (const struct yaml_node *node = map->first; node != NULL; node = node->next) {
        struct etcd_setting setting = {.origin = SETTING_CONFIG_FILE, .file = doc->file};
        unsigned column;

        if (section == NULL && node->kind == YAML_MAP) {
            if (!map_read(mem, doc, node, node->key->text, settings, e))
                return false;
            continue;
        }
        setting.name = flag_of_key(mem, section, node->key->text);
        yaml_place(doc, node->key->start, &setting.line, &column);
        if (!value_text(mem, doc, node, &setting.value, e))
            return false;
        settings_add(mem, settings, setting);
    }
    return true;
}

bool
config_file_read(struct arena *mem, const char *file, struct bytes bytes,
                 struct etcd_settings *settings, struct error *e)
{
    const struct yaml *doc;

    if (bytes.size > CONFIG_FILE_MAX_BYTES)
        return error_set(e, ERROR_LIMIT, "%s: %zu bytes, at most %d are read", file, bytes.size,
                         CONFIG_FILE_MAX_BYTES);
    if (!yaml_parse(mem, file, bytes, &doc, e))
        return false;
    if (doc->root == NULL)
        return true;
    return yaml_expect(doc, doc->root, YAML_MAP, e) &&
           map_read(mem, doc, doc->root, NULL, settings, e);
}

struct config_change {
    struct arena *mem;
    const struct yaml *doc;
    const struct setting_change *changes;
    size_t count;
    struct text_edits edits;
    const char *new_sections[2];     /* the lines of those that are missing */
    const struct yaml_node *gone[2]; /* those of which nothing is left */
};

static size_t
section_number(const struct config_key *key)
{
    return strcmp(key->section, keys[0].section) != 0;
}

/* A list stays a list: it is written anew in brackets. */
static bool
value_set(struct config_change *c, const struct yaml_node *node, const char *value, struct error *e)
{
    if (node->kind != YAML_LIST)
        return yaml_edit_scalar(c->mem, c->doc, node, value, &c->edits, e);
    if (node->style != YAML_FLOW && node->count > 1) {
        (void)yaml_error(c->doc, node, e, "'%s' is a list of several lines, and is not changed",
                         node->key->text);
        e->code = ERROR_REFUSED;
        return false;
    }
    if (node->count == 1)
        return yaml_edit_scalar(c->mem, c->doc, node->first, value, &c->edits, e);
    text_edit_add(c->mem, &c->edits, node->start, node->end - node->start,
                  arena_printf(c->mem, "[%s]", yaml_scalar_written(c->mem, value, true)));
    return true;
}

/* Booleans and numbers have to stay what they are: etcd decodes them by type. */
static const char *
value_written(struct arena *mem, const char *flag, const char *value)
{
    bool number = value[0] != '\0' && strspn(value, "0123456789") == strlen(value) &&
                  strcmp(flag, "name") != 0 && strcmp(flag, "auto-compaction-retention") != 0;

    if (number ||
        (etcd_flag_is_bool(flag) && (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)))
        return value;
    return yaml_scalar_written(mem, value, false);
}

static bool
key_new(struct config_change *c, const struct config_key *key, const char *flag, const char *value,
        struct error *e)
{
    const struct yaml_node *root = c->doc->root;
    const struct yaml_node *section = key != NULL ? yaml_get(root, key->section) : root;
    const char *line = arena_printf(c->mem, "%s: %s", key != NULL ? key->key : flag,
                                    value_written(c->mem, flag, value));
    size_t at = key != NULL ? section_number(key) : 0;

    if (key == NULL || (section != NULL && !yaml_is_null(section)))
        return yaml_edit_append_lines(c->mem, c->doc, section, line, &c->edits, e);
    if (section != NULL) {
        (void)yaml_error(c->doc, section, e, "'%s' is empty, and is not added to", key->section);
        e->code = ERROR_REFUSED;
        return false;
    }
    c->new_sections[at] =
        arena_printf(c->mem, "%s\n  %s",
                     c->new_sections[at] != NULL ? c->new_sections[at]
                                                 : arena_printf(c->mem, "%s:", key->section),
                     line);
    return true;
}

static bool
is_removed(const struct config_change *c, const char *flag)
{
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->changes[i].name, flag) == 0)
            return c->changes[i].value == NULL;
    }
    return false;
}

/* Whether each of its keys is removed, and none comes. */
static bool
section_goes(const struct config_change *c, const char *name, const struct yaml_node *section)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct config_key *key = key_of_flag(c->changes[i].name);

        if (key != NULL && strcmp(key->section, name) == 0 && c->changes[i].value != NULL)
            return false;
    }
    for (const struct yaml_node *node = section->first; node != NULL; node = node->next) {
        if (!is_removed(c, flag_of_key(c->mem, name, node->key->text)))
            return false;
    }
    return true;
}

/* The last keys of a section go with it, or an empty section would be left. */
static bool
key_remove(struct config_change *c, const struct config_key *key, const struct yaml_node *section,
           const struct yaml_node *node, struct error *e)
{
    if (key == NULL || !section_goes(c, key->section, section))
        return yaml_edit_remove(c->mem, c->doc, node, &c->edits, e);
    if (c->gone[section_number(key)] == section)
        return true;
    c->gone[section_number(key)] = section;
    return yaml_edit_remove(c->mem, c->doc, section, &c->edits, e);
}

static bool
one_change(struct config_change *c, const struct setting_change *change, struct error *e)
{
    const struct config_key *key = key_of_flag(change->name);
    const struct yaml_node *section =
        key != NULL ? yaml_get(c->doc->root, key->section) : c->doc->root;
    const struct yaml_node *node = yaml_get(section, key != NULL ? key->key : change->name);

    if (node != NULL && change->value != NULL)
        return value_set(c, node, change->value, e);
    if (node == NULL)
        return change->value == NULL || key_new(c, key, change->name, change->value, e);
    return key_remove(c, key, section, node, e);
}

static bool
change_verify(struct arena *mem, const char *file, struct bytes before, struct bytes after,
              const struct setting_change *changes, size_t count, struct error *e)
{
    struct etcd_settings old = ETCD_SETTINGS_INIT;
    struct etcd_settings new = ETCD_SETTINGS_INIT;

    if (!config_file_read(mem, file, before, &old, e) ||
        !config_file_read(mem, file, after, &new, e))
        return false;
    for (size_t i = 0; i < old.items.count; i++)
        old.items.items[i].in_force = true;
    for (size_t i = 0; i < new.items.count; i++)
        new.items.items[i].in_force = true;
    return settings_check_change(&old, &new, changes, count, e);
}

bool
config_file_change(struct arena *mem, const char *file, struct bytes bytes,
                   const struct setting_change *changes, size_t count, struct bytes *ret_bytes,
                   struct error *e)
{
    struct config_change c = {
        .mem = mem, .changes = changes, .count = count, .edits = {ARRAY_INIT}};
    struct etcd_settings read = ETCD_SETTINGS_INIT;
    struct bytes changed;

    if (!config_file_read(mem, file, bytes, &read, e) || !yaml_parse(mem, file, bytes, &c.doc, e))
        return false;
    if (!yaml_expect(c.doc, c.doc->root, YAML_MAP, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!one_change(&c, &changes[i], e))
            return false;
    }
    for (size_t i = 0; i < 2; i++) {
        if (c.new_sections[i] != NULL &&
            !yaml_edit_append_lines(mem, c.doc, c.doc->root, c.new_sections[i], &c.edits, e))
            return false;
    }
    changed = text_edits_apply(mem, bytes, &c.edits);
    if (!change_verify(mem, file, bytes, changed, changes, count, e))
        return false;
    *ret_bytes = changed;
    return true;
}
