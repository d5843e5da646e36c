/* Changes of a manifest. Whatever an edit does, the result is read again and compared as a tree. */

#include <string.h>

#include "format/settings/pod_manifest.h"
#include "format/text_edit.h"
#include "format/yaml/yaml_edit.h"

struct pod_change {
    struct arena *mem;
    const struct pod_manifest *pod;
    const struct yaml_node *spec;
    struct text_edits edits;
    const char *new_mounts; /* the lines of lists that are missing */
    const char *new_volumes;
    const char *annotation; /* its new text; NULL: it stays */
};

/* Where kubeadm looks for a member's client URL. Source: kubeadm's app/constants, EtcdAdvertiseClientURLs. */
static const struct yaml_node *
annotation_of(const struct pod_manifest *pod)
{
    return yaml_get(yaml_get(yaml_get(pod->doc->root, "metadata"), "annotations"),
                    "kubeadm.kubernetes.io/etcd.advertise-client-urls");
}

static bool
annotation_change(struct pod_change *c, const struct setting_change *change, struct error *e)
{
    const struct yaml_node *node = annotation_of(c->pod);

    if (node == NULL || change->value == NULL || strcmp(change->name, "advertise-client-urls") != 0)
        return true;
    /* kubeadm takes it for one URL. */
    c->annotation = arena_printf(c->mem, "%.*s", (int)strcspn(change->value, ","), change->value);
    return yaml_edit_scalar(c->mem, c->pod->doc, node, c->annotation, &c->edits, e);
}

static const struct yaml_node *
word_node(const struct pod_manifest *pod, const struct setting_word *word)
{
    static const char *const lists[] = {"command", "args"};

    for (size_t i = 0; i < 2; i++) {
        const struct yaml_node *list = yaml_get(pod->container, lists[i]);

        for (const struct yaml_node *item = list != NULL ? list->first : NULL; item != NULL;
             item = item->next) {
            if (item->start == word->start)
                return item;
        }
    }
    return NULL;
}

static bool
flag_edit(struct pod_change *c, size_t i, size_t count, const char *value, struct error *e)
{
    const struct setting_word *words = c->pod->words.words.items;
    const struct yaml_node *node = word_node(c->pod, &words[i + count - 1]);
    const char *equals = strchr(words[i].text, '=');
    const char *text = value;

    if (value == NULL) {
        for (size_t k = i; k < i + count; k++) {
            if (!yaml_edit_remove(c->mem, c->pod->doc, word_node(c->pod, &words[k]), &c->edits, e))
                return false;
        }
        return true;
    }
    if (count == 1)
        text = arena_printf(
            c->mem, "%.*s=%s",
            (int)(equals != NULL ? (size_t)(equals - words[i].text) : strlen(words[i].text)),
            words[i].text, value);
    return yaml_edit_scalar(c->mem, c->pod->doc, node, text, &c->edits, e);
}

static bool
env_refuse(const struct pod_change *c, const char *name, struct error *e)
{
    for (size_t i = 0; i < c->pod->settings.items.count; i++) {
        const struct etcd_setting *item = &c->pod->settings.items.items[i];

        if (item->origin == SETTING_ENVIRONMENT && strcmp(item->name, name) == 0)
            return error_set(e, ERROR_REFUSED,
                             "%s:%u: '%s' is set in the container's env, and is not changed there",
                             item->file, item->line, name);
    }
    return true;
}

static bool
flag_change(struct pod_change *c, const struct setting_change *change, struct error *e)
{
    const struct setting_words *words = &c->pod->words;
    size_t last = words->words.count;
    size_t last_count = 0;
    size_t count;

    if (!env_refuse(c, change->name, e))
        return false;
    for (size_t i = 0; i < words->words.count; i += count) {
        const char *name, *value;

        if (!setting_word_flag(c->mem, words, i, &name, &value, &count, e))
            return false;
        if (strcmp(name, change->name) != 0)
            continue;
        if (change->value == NULL && !flag_edit(c, i, count, NULL, e))
            return false;
        last = i;
        last_count = count;
    }
    if (change->value == NULL)
        return true;
    if (last < words->words.count)
        return flag_edit(c, last, last_count, change->value, e);
    if (c->pod->flags == NULL)
        return error_set(e, ERROR_REFUSED, "%s: the container has neither command nor args",
                         c->pod->doc->file);
    return yaml_edit_append(c->mem, c->pod->doc, c->pod->flags,
                            arena_printf(c->mem, "--%s=%s", change->name, change->value), &c->edits,
                            e);
}

static bool
mount_refuse(const struct pod_change *c, const struct pod_mount_change *mount, const char *what,
             struct error *e)
{
    return error_set(e, ERROR_REFUSED, "%s: %s is taken by another volume: '%s' at '%s'",
                     c->pod->doc->file, what, mount->name, mount->mount_path);
}

/* Adds lines to a list, or to the text of a list that has to be made. */
static bool
lines_add(struct pod_change *c, const struct yaml_node *list, const char *lines,
          const char **new_list, struct error *e)
{
    if (!yaml_is_null(list))
        return yaml_edit_append_lines(c->mem, c->pod->doc, list, lines, &c->edits, e);
    if (list != NULL) {
        (void)yaml_error(c->pod->doc, list, e, "'%s' is empty, and is not added to",
                         list->key->text);
        e->code = ERROR_REFUSED;
        return false;
    }
    *new_list = arena_printf(c->mem, "%s\n%s", *new_list, lines);
    return true;
}

static const struct yaml_node *
volume_find(const struct pod_change *c, const char *name)
{
    const struct yaml_node *volumes = yaml_get(c->spec, "volumes");

    for (const struct yaml_node *item = volumes != NULL ? volumes->first : NULL; item != NULL;
         item = item->next) {
        const struct yaml_node *found = yaml_get(item, "name");

        if (found != NULL && strcmp(found->text, name) == 0)
            return item;
    }
    return NULL;
}

static bool
mount_change(struct pod_change *c, const struct pod_mount_change *mount, struct error *e)
{
    const struct yaml_node *volume = volume_find(c, mount->name);
    const struct yaml_node *path = yaml_get(yaml_get(volume, "hostPath"), "path");
    const char *written = yaml_scalar_written(c->mem, mount->host_path, false);
    const char *name = yaml_scalar_written(c->mem, mount->name, false);

    for (size_t i = 0; i < c->pod->mounts.count; i++) {
        const struct pod_mount *have = &c->pod->mounts.items[i];

        if (strcmp(have->mount_path, mount->mount_path) != 0)
            continue;
        if (have->host_path != NULL && strcmp(have->host_path, mount->host_path) == 0)
            return true;
        return mount_refuse(c, mount, "the mount path", e);
    }
    if (volume != NULL && (path == NULL || strcmp(path->text, mount->host_path) != 0))
        return mount_refuse(c, mount, "the name", e);
    /* As kubeadm writes them: the keys in the order of their names. */
    if (!lines_add(c, yaml_get(c->pod->container, "volumeMounts"),
                   arena_printf(c->mem, "- mountPath: %s\n  name: %s%s",
                                yaml_scalar_written(c->mem, mount->mount_path, false), name,
                                mount->read_only ? "\n  readOnly: true" : ""),
                   &c->new_mounts, e))
        return false;
    return volume != NULL ||
           lines_add(
               c, yaml_get(c->spec, "volumes"),
               mount->type != NULL
                   ? arena_printf(c->mem, "- hostPath:\n    path: %s\n    type: %s\n  name: %s",
                                  written, mount->type, name)
                   : arena_printf(c->mem, "- hostPath:\n    path: %s\n  name: %s", written, name),
               &c->new_volumes, e);
}

/* What changes may touch; it is compared on its own. */
static bool
is_touched(void *context, const struct yaml_node *node)
{
    const struct pod_change *c = context;

    if (node->key == NULL)
        return false;
    if (c->annotation != NULL && node == annotation_of(c->pod))
        return true;
    if (node->parent == c->pod->container)
        return strcmp(node->key->text, "command") == 0 || strcmp(node->key->text, "args") == 0 ||
               strcmp(node->key->text, "volumeMounts") == 0;
    return node->parent == c->spec && strcmp(node->key->text, "volumes") == 0;
}

/* That 'after' begins with all items of 'before', and has 'more' behind them. */
static bool
list_verify(const struct pod_change *c, const struct yaml_node *before,
            const struct yaml_node *after, size_t more, struct error *e)
{
    const struct yaml_node *b = after != NULL ? after->first : NULL;
    const struct yaml_node *a = before != NULL ? before->first : NULL;
    size_t had = before != NULL ? before->count : 0;
    size_t has = after != NULL ? after->count : 0;
    const char *path;

    for (; a != NULL && b != NULL; a = a->next, b = b->next) {
        if (!yaml_equal(c->mem, a, b, NULL, NULL, &path))
            break;
    }
    if (a != NULL || has > had + more)
        return error_set(e, ERROR_VERIFY, "%s: an edit would change the volumes otherwise",
                         c->pod->doc->file);
    return true;
}

static bool
mounts_verify(const struct pod_change *c, const struct pod_manifest *after,
              const struct pod_mount_change *mounts, size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        const char *host_path = NULL;
        const struct pod_mount *mount =
            pod_manifest_mount_of(c->mem, after, mounts[i].mount_path, &host_path);

        if (mount == NULL || host_path == NULL || strcmp(host_path, mounts[i].host_path) != 0)
            return error_set(e, ERROR_VERIFY, "%s: an edit would not mount '%s'", c->pod->doc->file,
                             mounts[i].mount_path);
    }
    return true;
}

static bool
change_verify(struct pod_change *c, struct bytes bytes, const struct setting_change *changes,
              size_t change_count, const struct pod_mount_change *mounts, size_t mount_count,
              struct error *e)
{
    struct pod_manifest after;
    const struct yaml_node *spec;
    const char *path;

    if (!pod_manifest_parse_of(c->mem, c->pod->doc->file, bytes, c->pod->wanted, &after, e) ||
        !settings_check_change(&c->pod->settings, &after.settings, changes, change_count, e) ||
        !mounts_verify(c, &after, mounts, mount_count, e))
        return false;
    if (c->annotation != NULL && strcmp(annotation_of(&after)->text, c->annotation) != 0)
        return error_set(e, ERROR_VERIFY, "%s: kubeadm's annotation would not read back",
                         c->pod->doc->file);
    spec = yaml_get(after.doc->root, "spec");
    if (!list_verify(c, yaml_get(c->pod->container, "volumeMounts"),
                     yaml_get(after.container, "volumeMounts"), mount_count, e) ||
        !list_verify(c, yaml_get(c->spec, "volumes"), yaml_get(spec, "volumes"), mount_count, e))
        return false;
    /* New lists are skipped in the comparison, so they are taken out of the new tree for it. */
    if (c->new_mounts[0] != '\0')
        yaml_drop_key(after.container, "volumeMounts");
    if (c->new_volumes[0] != '\0')
        yaml_drop_key(spec, "volumes");
    if (!yaml_equal(c->mem, c->pod->doc->root, after.doc->root, is_touched, c, &path))
        return error_set(e, ERROR_VERIFY, "%s: an edit would change '%s' as well",
                         c->pod->doc->file, path);
    return true;
}

bool
pod_manifest_change(struct arena *mem, const struct pod_manifest *pod,
                    const struct setting_change *changes, size_t change_count,
                    const struct pod_mount_change *mounts, size_t mount_count,
                    struct bytes *ret_bytes, struct error *e)
{
    struct pod_change c = {.mem = mem,
                           .pod = pod,
                           .spec = yaml_get(pod->doc->root, "spec"),
                           .edits = {ARRAY_INIT},
                           .new_mounts = "",
                           .new_volumes = ""};
    struct bytes changed;

    for (size_t i = 0; i < change_count; i++) {
        if (!flag_change(&c, &changes[i], e) || !annotation_change(&c, &changes[i], e))
            return false;
    }
    for (size_t i = 0; i < mount_count; i++) {
        if (!mount_change(&c, &mounts[i], e))
            return false;
    }
    if (c.new_mounts[0] != '\0' &&
        !yaml_edit_append_lines(mem, pod->doc, pod->container,
                                arena_printf(mem, "volumeMounts:%s", c.new_mounts), &c.edits, e))
        return false;
    if (c.new_volumes[0] != '\0' &&
        !yaml_edit_append_lines(mem, pod->doc, c.spec,
                                arena_printf(mem, "volumes:%s", c.new_volumes), &c.edits, e))
        return false;
    changed = text_edits_apply(mem, pod->doc->bytes, &c.edits);
    if (!change_verify(&c, changed, changes, change_count, mounts, mount_count, e))
        return false;
    *ret_bytes = changed;
    return true;
}

struct probe_skip {
    const struct pod_manifest *pod;
    const struct pod_probe_change *changes;
    size_t count;
};

static const struct yaml_node *
probe_field(const struct pod_manifest *pod, const struct pod_probe_change *change)
{
    return yaml_get(yaml_get(yaml_get(pod->container, change->probe), "httpGet"), change->field);
}

static bool
is_probe_field(void *context, const struct yaml_node *node)
{
    const struct probe_skip *skip = context;

    for (size_t i = 0; i < skip->count; i++) {
        if (probe_field(skip->pod, &skip->changes[i]) == node)
            return true;
    }
    return false;
}

bool
pod_manifest_change_probes(struct arena *mem, const struct pod_manifest *pod,
                           const struct pod_probe_change *changes, size_t count,
                           struct bytes *ret_bytes, struct error *e)
{
    struct text_edits edits = {ARRAY_INIT};
    struct probe_skip skip = {pod, changes, count};
    struct pod_manifest after;
    struct bytes changed;
    const char *path;

    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *field = probe_field(pod, &changes[i]);

        if (field == NULL)
            return error_set(e, ERROR_REFUSED, "%s: '%s' has no httpGet with '%s'", pod->doc->file,
                             changes[i].probe, changes[i].field);
        if (!yaml_edit_scalar(mem, pod->doc, field, changes[i].value, &edits, e))
            return false;
    }
    changed = text_edits_apply(mem, pod->doc->bytes, &edits);
    if (!pod_manifest_parse_of(mem, pod->doc->file, changed, pod->wanted, &after, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(probe_field(&after, &changes[i])->text, changes[i].value) != 0)
            return error_set(e, ERROR_VERIFY, "%s: '%s' of '%s' would not read back",
                             pod->doc->file, changes[i].field, changes[i].probe);
    }
    if (!yaml_equal(mem, pod->doc->root, after.doc->root, is_probe_field, &skip, &path))
        return error_set(e, ERROR_VERIFY, "%s: an edit would change '%s' as well", pod->doc->file,
                         path);
    *ret_bytes = changed;
    return true;
}
