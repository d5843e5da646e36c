/*
 * Settings of a static pod's etcd: read, changed where they stand, put back (node/service.h).
 *
 * A keeping has both places of the manifest, in force and held: where it was tells what it was, and meanwhile it
 * may have gone to the other. Where nothing was at either, the pod was laid out by us.
 */
#include <string.h>

#include "base/io.h"
#include "node/host/host_keep.h"
#include "node/pod_place.h"

bool
pod_keep(const struct service *s, const char *keeping, const char *const *made, size_t count,
         struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char **paths = arena_zero(&tmp, (count + 2) * sizeof(*paths));

    if (strcmp(path_dir(&tmp, keeping), path_dir(&tmp, s->place)) == 0)
        return error_set(e, ERROR_USAGE, "'%s' is in the manifests directory", keeping);
    paths[0] = s->place;
    paths[1] = pod_held_path(&tmp, s);
    for (size_t i = 0; i < count; i++)
        paths[2 + i] = made[i];
    return host_keep(s->host, keeping, paths, count + 2, e);
}

bool
service_pod_change(const struct service *service, const struct setting_change *changes,
                   size_t change_count, const struct pod_mount_change *mounts, size_t mount_count,
                   const char *keeping, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct service_pod_file file = {0};
    struct bytes changed;

    if (!service_pod_load(&tmp, service, &file, e))
        return false;
    if (!pod_manifest_change(&tmp, &file.pod, changes, change_count, mounts, mount_count, &changed,
                             e))
        return error_wrap(e, "%s", host_name(service->host));
    return bytes_equal(changed, file.pod.doc->bytes) ||
           (pod_keep(service, keeping, NULL, 0, e) &&
            pod_manifest_write(service, file.path, NULL, changed, e));
}

bool
pod_settings(struct arena *mem, const struct service *s, struct etcd_settings *ret_settings,
             struct error *e)
{
    struct service_pod_file file = {0};

    if (!service_pod_load(mem, s, &file, e))
        return false;
    *ret_settings = file.pod.settings;
    return true;
}

bool
pod_change(const struct service *s, const struct setting_change *changes, size_t count,
           const char *keeping, struct error *e)
{
    return service_pod_change(s, changes, count, NULL, 0, keeping, e);
}

static bool
probes_change(const struct service *s, const struct service_fitting *fitting, const char *keeping,
              struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct service_pod_file file = {0};
    struct bytes changed;

    if (fitting->probe_count == 0)
        return true;
    if (!service_pod_load(&tmp, s, &file, e))
        return false;
    if (!pod_manifest_change_probes(&tmp, &file.pod, fitting->probes, fitting->probe_count,
                                    &changed, e))
        return error_wrap(e, "%s", host_name(s->host));
    return bytes_equal(changed, file.pod.doc->bytes) ||
           (pod_keep(s, keeping, NULL, 0, e) && pod_manifest_write(s, file.path, NULL, changed, e));
}

bool
pod_fit(const struct service *s, const struct service_fitting *fitting, const char *keeping,
        struct error *e)
{
    return service_pod_change(s, NULL, 0, fitting->mounts, fitting->mount_count, keeping, e) &&
           probes_change(s, fitting, keeping, e);
}

static bool
original_put_back(struct arena *mem, const struct service *s, const struct host_kept *original,
                  struct error *e)
{
    struct pod_place place;

    if (!pod_place_look(mem, s, &place, e))
        return false;
    if (!place.in_force && !place.held)
        return error_set(e, ERROR_NOT_FOUND, "%s: there is no manifest '%s' to put back",
                         host_name(s->host), s->place);
    return pod_manifest_write(s, place.held ? pod_held_path(mem, s) : s->place, &original->file,
                              original->content, e);
}

/* What we laid out goes. */
static bool
laid_out_remove(struct arena *mem, const struct service *s, struct error *e)
{
    struct pod_place place;

    if (!pod_place_look(mem, s, &place, e))
        return false;
    if (!place.in_force && !place.held)
        return true;
    return (place.held || pod_hold(s, e)) && host_file_remove(s->host, pod_held_path(mem, s), e) &&
           pod_held_tidy(s, e);
}

static bool
is_manifest(const struct host_kept *kept, const struct service *s, const char *held)
{
    return strcmp(kept->path, s->place) == 0 || strcmp(kept->path, held) == 0;
}

bool
pod_put_back(const struct service *s, const char *keeping, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *held = pod_held_path(&tmp, s);
    const struct host_kept *original = NULL;
    struct host_keeping all;
    struct host_file there;

    if (!host_file_look(&tmp, s->host, keeping, &there, e))
        return false;
    if (there.kind == HOST_NOTHING)
        return true;
    if (!host_keeping_read(&tmp, s->host, keeping, &all, e))
        return false;
    for (size_t i = 0; i < all.items.count; i++) {
        if (is_manifest(&all.items.items[i], s, held) && all.items.items[i].file.kind == HOST_FILE)
            original = &all.items.items[i];
    }
    if (original != NULL ? !original_put_back(&tmp, s, original, e) : !laid_out_remove(&tmp, s, e))
        return false;
    for (size_t i = 0; i < all.items.count; i++) {
        if (!is_manifest(&all.items.items[i], s, held) &&
            !host_kept_put_back(s->host, &all.items.items[i], e))
            return false;
    }
    return true;
}
