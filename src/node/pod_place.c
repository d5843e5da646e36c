#include "node/pod_place.h"

#include <string.h>

#include "base/io.h"
#include "node/host/host_tree.h"

enum { FILES_MOST = 64 };

static const struct host_file dir_of_root = {.kind = HOST_DIR, .mode = 0700};

const char *
pod_held_dir(struct arena *mem, const struct service *s)
{
    return path_join(mem, path_dir(mem, path_dir(mem, s->place)), "quorate-held");
}

const char *
pod_held_path(struct arena *mem, const struct service *s)
{
    return path_join(mem, pod_held_dir(mem, s), path_name(s->place));
}

static bool
place_check(const struct service *s, struct error *e)
{
    if (s->place[0] != '/' || path_name(s->place)[0] == '\0' || path_name(s->place)[0] == '.')
        return error_set(e, ERROR_USAGE, "'%s' is no manifest's path", s->place);
    return true;
}

bool
pod_place_look(struct arena *mem, const struct service *s, struct pod_place *ret_place,
               struct error *e)
{
    struct host_file file, held;

    if (!place_check(s, e) || !host_file_look(mem, s->host, s->place, &file, e) ||
        !host_file_look(mem, s->host, pod_held_path(mem, s), &held, e))
        return false;
    *ret_place = (struct pod_place){file.kind != HOST_NOTHING, held.kind != HOST_NOTHING};
    if (ret_place->in_force && ret_place->held)
        return error_set(e, ERROR_CONFLICT, "%s: '%s' is there, and held down as '%s' as well",
                         host_name(s->host), s->place, pod_held_path(mem, s)) ||
               error_hint(e, "compare them, and move one of them away");
    return true;
}

bool
service_pod_load(struct arena *mem, const struct service *service,
                 struct service_pod_file *ret_file, struct error *e)
{
    struct service_pod_file file = {0};
    struct pod_place place;
    struct bytes bytes;

    if (!pod_place_look(mem, service, &place, e))
        return false;
    if (!place.in_force && !place.held)
        return error_set(e, ERROR_NOT_FOUND, "%s: there is no manifest '%s'",
                         host_name(service->host), service->place);
    file.held = place.held;
    file.path = place.held ? pod_held_path(mem, service) : service->place;
    if (!host_file_read(mem, service->host, file.path, POD_MANIFEST_MAX_BYTES, &bytes, e))
        return false;
    if (!pod_manifest_parse_of(mem, file.path, bytes,
                               service->program != NULL ? service->program : "etcd", &file.pod, e))
        return error_wrap(e, "%s", host_name(service->host));
    *ret_file = file;
    return true;
}

bool
pod_held_tidy(const struct service *s, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *const rmdir[] = {"rmdir", "--ignore-fail-on-non-empty", "--", pod_held_dir(&tmp, s),
                                 NULL};
    struct host_file dir;
    struct host_result result = {0};

    if (!host_file_look(&tmp, s->host, pod_held_dir(&tmp, s), &dir, e))
        return false;
    return dir.kind == HOST_NOTHING ||
           host_run_well(&tmp, s->host, &(struct host_command){.argv = rmdir}, &result, e);
}

bool
pod_hold(const struct service *s, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return host_dir_make(s->host, pod_held_dir(&tmp, s), &dir_of_root, e) &&
           host_tree_move(s->host, s->place, pod_held_path(&tmp, s), e);
}

bool
pod_release(const struct service *s, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return host_tree_move(s->host, pod_held_path(&tmp, s), s->place, e) && pod_held_tidy(s, e);
}

bool
pod_manifest_write(const struct service *s, const char *path, const struct host_file *like,
                   struct bytes bytes, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct host_file_new new = {
        .path = path, .like = like, .temporary_dir = pod_held_dir(&tmp, s)};

    return host_dir_make(s->host, pod_held_dir(&tmp, s), &dir_of_root, e) &&
           host_file_replace(s->host, &new, bytes, e) && pod_held_tidy(s, e);
}

/* Whether another file is the same pod: the kubelet would run it as soon as ours is gone. */
static bool
copy_refuse(struct arena *mem, const struct service *s, const struct pod_manifest *pod,
            const char *name, struct error *e)
{
    const char *path = path_join(mem, path_dir(mem, s->place), name);
    struct error ignored = ERROR_INIT;
    const struct yaml_node *metadata, *other_name, *other_namespace;
    const struct yaml *doc;
    struct bytes bytes;

    if (!host_file_read(mem, s->host, path, POD_MANIFEST_MAX_BYTES, &bytes, &ignored) ||
        !yaml_parse(mem, path, bytes, &doc, &ignored))
        return true;
    metadata = yaml_get(doc->root, "metadata");
    other_name = yaml_get(metadata, "name");
    other_namespace = yaml_get(metadata, "namespace");
    if (other_name == NULL || strcmp(other_name->text, pod->pod_name) != 0 ||
        strcmp(other_namespace != NULL ? other_namespace->text : "default", pod->namespace) != 0)
        return true;
    error_set_(e, ERROR_REFUSED, 0, "%s: '%s' is the same pod as '%s': the kubelet would run it",
               host_name(s->host), path, s->place);
    return error_hint(e, "move the copy out of the manifests directory");
}

bool
pod_copies_refuse(struct arena *mem, const struct service *s, const struct pod_manifest *pod,
                  struct error *e)
{
    const char **names;
    size_t count;

    if (!host_dir_list(mem, s->host, path_dir(mem, s->place), &names, &count, e))
        return false;
    if (count > FILES_MOST)
        return error_set(e, ERROR_LIMIT, "%s: %zu files beside '%s'", host_name(s->host), count,
                         s->place);
    for (size_t i = 0; i < count; i++) {
        if (names[i][0] != '.' && strcmp(names[i], path_name(s->place)) != 0 &&
            !copy_refuse(mem, s, pod, names[i], e))
            return false;
    }
    return true;
}
