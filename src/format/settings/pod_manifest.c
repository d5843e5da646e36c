#include "format/settings/pod_manifest.h"

#include <string.h>

static const char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* The text of a map's value, or 'fallback'. */
static const char *
text_of(const struct yaml_node *map, const char *key, const char *fallback)
{
    const struct yaml_node *node = yaml_get(map, key);

    return node != NULL && node->kind == YAML_SCALAR && !yaml_is_null(node) ? node->text : fallback;
}

/* "registry.k8s.io/etcd:3.5.16-0": the image's name is etcd. */
static bool
image_is_etcd(const char *image)
{
    const char *name = base_name(image);

    return strncmp(name, "etcd", 4) == 0 && (name[4] == '\0' || name[4] == ':' || name[4] == '@');
}

/* Whether the container runs etcd, as far as its command and its image tell; another program is known by its command
 * alone. */
static bool
container_runs(const struct yaml_node *container, const char *wanted)
{
    const struct yaml_node *program = yaml_at(yaml_get(container, "command"), 0);

    if (strcmp(wanted, "etcd") != 0)
        return program != NULL && program->kind == YAML_SCALAR &&
               strcmp(base_name(program->text), wanted) == 0;
    if (program != NULL && program->kind == YAML_SCALAR)
        return strcmp(base_name(program->text), "etcd") == 0 ||
               (image_is_etcd(text_of(container, "image", "")) &&
                strcmp(text_of(container, "name", ""), "etcd") == 0);
    return image_is_etcd(text_of(container, "image", ""));
}

static bool
container_find(struct pod_manifest *pod, const struct yaml_node *containers, struct error *e)
{
    for (const struct yaml_node *item = containers->first; item != NULL; item = item->next) {
        if (!container_runs(item, pod->program))
            continue;
        if (pod->container != NULL) {
            (void)yaml_error(pod->doc, item, e, "a second container that runs %s", pod->program);
            e->code = ERROR_REFUSED;
            return false;
        }
        pod->container = item;
    }
    if (pod->container == NULL) {
        (void)yaml_error(pod->doc, containers, e, "no container of this pod runs %s", pod->program);
        e->code = ERROR_NOT_FOUND;
        return false;
    }
    return true;
}

static bool
list_words(struct arena *mem, struct pod_manifest *pod, const struct yaml_node *list,
           struct error *e)
{
    if (yaml_is_null(list))
        return true;
    if (!yaml_expect(pod->doc, list, YAML_LIST, e))
        return false;
    for (const struct yaml_node *item = list->first; item != NULL; item = item->next) {
        struct setting_word word = {.file = pod->doc->file, .start = item->start, .end = item->end};
        unsigned column;

        if (!yaml_as_text(pod->doc, item, &word.text, e))
            return false;
        /* The kubelet would put a variable's value there. */
        if (strstr(word.text, "$(") != NULL) {
            (void)yaml_error(pod->doc, item, e, "'$(...)' in a command is not supported");
            e->code = ERROR_REFUSED;
            return false;
        }
        yaml_place(pod->doc, item->start, &word.line, &column);
        *ARRAY_PUSH(mem, &pod->words.words) = word;
    }
    return true;
}

static bool
command_read(struct arena *mem, struct pod_manifest *pod, struct error *e)
{
    const struct yaml_node *command = yaml_get(pod->container, "command");
    const struct yaml_node *args = yaml_get(pod->container, "args");
    const char *wanted = pod->program;

    if (!list_words(mem, pod, command, e) || !list_words(mem, pod, args, e))
        return false;
    if (!yaml_is_null(command) && command->count > 0) {
        pod->program = pod->words.words.items[0].text;
        pod->words.words.items++;
        pod->words.words.count--;
        pod->words.words.capacity = 0;
    }
    if (strcmp(base_name(pod->program), wanted) != 0) {
        (void)yaml_error(pod->doc, command, e,
                         "the container starts '%s' and not %s: its flags cannot be told",
                         pod->program, wanted);
        e->code = ERROR_REFUSED;
        return false;
    }
    pod->flags = !yaml_is_null(args) && args->count > 0 ? args : command;
    return settings_add_words(mem, &pod->settings, &pod->words, e);
}

static bool
environment_read(struct arena *mem, struct pod_manifest *pod, struct error *e)
{
    const struct yaml_node *env = yaml_get(pod->container, "env");

    if (yaml_is_null(env))
        return true;
    if (!yaml_expect(pod->doc, env, YAML_LIST, e))
        return false;
    if (env->count > SETTING_WORDS_MOST)
        return error_set(e, ERROR_LIMIT, "%s: %zu variables, at most %d are read", pod->doc->file,
                         env->count, SETTING_WORDS_MOST);
    for (const struct yaml_node *item = env->first; item != NULL; item = item->next) {
        unsigned line, column;
        const char *name = text_of(item, "name", "");

        yaml_place(pod->doc, item->start, &line, &column);
        settings_add_variable(mem, &pod->settings, name, text_of(item, "value", ""), pod->doc->file,
                              line);
    }
    return true;
}

static const struct yaml_node *
named_item(const struct yaml_node *list, const char *name)
{
    if (list == NULL || list->kind != YAML_LIST)
        return NULL;
    for (const struct yaml_node *item = list->first; item != NULL; item = item->next) {
        if (strcmp(text_of(item, "name", ""), name) == 0)
            return item;
    }
    return NULL;
}

static void
mounts_read(struct arena *mem, struct pod_manifest *pod, const struct yaml_node *spec)
{
    const struct yaml_node *mounts = yaml_get(pod->container, "volumeMounts");

    if (mounts == NULL || mounts->kind != YAML_LIST)
        return;
    for (const struct yaml_node *item = mounts->first; item != NULL; item = item->next) {
        const char *name = text_of(item, "name", "");
        const struct yaml_node *volume = named_item(yaml_get(spec, "volumes"), name);

        *ARRAY_PUSH(mem, &pod->mounts) = (struct pod_mount){
            .name = name,
            .mount_path = text_of(item, "mountPath", ""),
            .host_path = text_of(yaml_get(volume, "hostPath"), "path", NULL),
            .type = text_of(yaml_get(volume, "hostPath"), "type", ""),
        };
    }
}

static struct pod_probe
probe_read(const struct pod_manifest *pod, const char *key)
{
    struct pod_probe probe = {.node = yaml_get(pod->container, key)};
    const struct yaml_node *get = yaml_get(probe.node, "httpGet");

    if (get != NULL && get->kind == YAML_MAP) {
        probe.scheme = text_of(get, "scheme", "HTTP");
        probe.host = text_of(get, "host", "");
        probe.port = text_of(get, "port", "");
        probe.path = text_of(get, "path", "");
    }
    probe.command = yaml_get(yaml_get(probe.node, "exec"), "command");
    return probe;
}

bool
pod_manifest_parse(struct arena *mem, const char *file, struct bytes bytes,
                   struct pod_manifest *ret_pod, struct error *e)
{
    return pod_manifest_parse_of(mem, file, bytes, "etcd", ret_pod, e);
}

bool
pod_manifest_parse_of(struct arena *mem, const char *file, struct bytes bytes, const char *program,
                      struct pod_manifest *ret_pod, struct error *e)
{
    struct pod_manifest pod = {
        .settings = ETCD_SETTINGS_INIT, .wanted = program, .program = program};
    const struct yaml_node *metadata, *spec, *containers;

    if (!yaml_parse(mem, file, bytes, &pod.doc, e))
        return false;
    if (!yaml_expect(pod.doc, pod.doc->root, YAML_MAP, e))
        return false;
    if (strcmp(text_of(pod.doc->root, "kind", ""), "Pod") != 0)
        return yaml_error(pod.doc, pod.doc->root, e, "not the manifest of a Pod");
    if (!yaml_require(pod.doc, pod.doc->root, "spec", &spec, e) ||
        !yaml_require(pod.doc, spec, "containers", &containers, e) ||
        !yaml_expect(pod.doc, containers, YAML_LIST, e) || !container_find(&pod, containers, e))
        return false;
    metadata = yaml_get(pod.doc->root, "metadata");
    pod.pod_name = text_of(metadata, "name", "");
    pod.namespace = text_of(metadata, "namespace", "default");
    pod.container_name = text_of(pod.container, "name", "");
    pod.image = text_of(pod.container, "image", "");
    if (!command_read(mem, &pod, e) || !environment_read(mem, &pod, e))
        return false;
    settings_resolve(&pod.settings);
    mounts_read(mem, &pod, spec);
    pod.liveness = probe_read(&pod, "livenessProbe");
    pod.readiness = probe_read(&pod, "readinessProbe");
    pod.startup = probe_read(&pod, "startupProbe");
    *ret_pod = pod;
    return true;
}

bool
pod_manifest_runs_as(const struct pod_manifest *pod, const char *key, uint32_t *id, struct error *e)
{
    const struct yaml_node *spec = yaml_get(pod->doc->root, "spec");
    const struct yaml_node *node = yaml_get(yaml_get(pod->container, "securityContext"), key);
    uint64_t number;

    if (yaml_is_null(node))
        node = yaml_get(yaml_get(spec, "securityContext"), key);
    if (yaml_is_null(node))
        return true;
    if (!yaml_as_u64(pod->doc, node, &number, e))
        return false;
    if (number > UINT32_MAX)
        return yaml_error(pod->doc, node, e, "no number of a user or group");
    *id = (uint32_t)number;
    return true;
}

/* Without slashes at its end. */
static size_t
length_of_dir(const char *path)
{
    size_t length = strlen(path);

    while (length > 0 && path[length - 1] == '/')
        length--;
    return length;
}

/* "/x" of "/dir/x"; NULL when it is not in that directory. */
static const char *
path_below(const char *path, const char *dir)
{
    size_t length = length_of_dir(dir);

    return strncmp(path, dir, length) == 0 && (path[length] == '/' || path[length] == '\0')
               ? path + length
               : NULL;
}

/* By the volume whose directory is the nearest above it. Another may be mounted over that place. */
const char *
pod_manifest_path_of_host(struct arena *mem, const struct pod_manifest *pod, const char *host_path)
{
    const struct pod_mount *best = NULL;
    const char *below = NULL;
    const char *inside, *seen = NULL;

    for (size_t i = 0; i < pod->mounts.count; i++) {
        const struct pod_mount *mount = &pod->mounts.items[i];
        const char *rest =
            mount->host_path != NULL ? path_below(host_path, mount->host_path) : NULL;

        if (rest != NULL && (below == NULL || strlen(rest) <= strlen(below))) {
            best = mount;
            below = rest;
        }
    }
    if (best == NULL)
        return NULL;
    inside =
        arena_printf(mem, "%.*s%s", (int)length_of_dir(best->mount_path), best->mount_path, below);
    return pod_manifest_mount_of(mem, pod, inside, &seen) != NULL && seen != NULL &&
                   strcmp(seen, host_path) == 0
               ? inside
               : NULL;
}

const struct pod_mount *
pod_manifest_mount_of(struct arena *mem, const struct pod_manifest *pod, const char *path,
                      const char **ret_host_path)
{
    const struct pod_mount *best = NULL;
    size_t best_length = 0;

    for (size_t i = 0; i < pod->mounts.count; i++) {
        const struct pod_mount *mount = &pod->mounts.items[i];
        size_t length = length_of_dir(mount->mount_path);

        if (strncmp(path, mount->mount_path, length) == 0 &&
            (path[length] == '/' || path[length] == '\0') &&
            (best == NULL || length >= best_length)) {
            best = mount;
            best_length = length;
        }
    }
    if (best != NULL && best->host_path != NULL && ret_host_path != NULL)
        *ret_host_path = arena_printf(mem, "%.*s%s", (int)length_of_dir(best->host_path),
                                      best->host_path, path + best_length);
    return best;
}
