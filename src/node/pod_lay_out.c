/*
 * A manifest for a member that joins, after the pattern of another member's (node/service.h). It is written
 * where it is held down, never into the manifests directory; what it needs of the host is asked for before.
 */
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/time.h"
#include "format/peer_urls.h"
#include "format/settings/etcd_flag.h"
#include "format/settings/pod_make.h"
#include "node/host/host_tree.h"
#include "node/pod_place.h"

struct made_dir {
    const char *path;
    struct host_file like;
};

struct pod_layout {
    struct arena mem;
    const struct service *from;
    const struct service *to;
    const struct setting_change *changes;
    size_t change_count;
    struct service_pod_file pattern; /* path NULL: it is no pod, and has settings only */
    struct pod_manifest pod;         /* as it is to be */
    ARRAY(const char *) missing;
    ARRAY(struct made_dir) dirs;
    ARRAY(const char *) made; /* those that are not there, and what is above them */
    bool has_labels;
    bool certificates_follow; /* they are not there yet */
};

static void
layout_release(struct pod_layout *l)
{
    arena_release(&l->mem);
}

static const char *
value(struct pod_layout *l, const struct pod_manifest *pod, const char *name)
{
    const char *text = settings_value(&l->mem, &pod->settings, name, FLAG_MINOR_NEWEST);

    return text != NULL ? text : "";
}

/* --- what is the pattern's own ----------------------------------------------------------------- */

/* The address that others reach a member at, of the first URL of a setting; "" when it has none. */
static const char *
address(struct pod_layout *l, const struct pod_manifest *pod, const char *name)
{
    const char *urls = value(l, pod, name);
    const char *first = arena_printf(&l->mem, "%.*s", (int)strcspn(urls, ","), urls);
    const char *host, *port;

    return peer_url_host_port(&l->mem, first, &host, &port) ? host : "";
}

static const char *const addresses[] = {"initial-advertise-peer-urls", "advertise-client-urls"};

/* The new member's address in the place of one of the pattern's; NULL: it is none of them, or the same. */
static const char *
address_instead(struct pod_layout *l, const char *host)
{
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        const char *old = address(l, &l->pattern.pod, addresses[i]);
        const char *now = address(l, &l->pod, addresses[i]);

        if (strcmp(host, old) == 0 && strcmp(now, old) != 0)
            return now;
    }
    return NULL;
}

static bool
is_changed(const struct pod_layout *l, const char *name)
{
    for (size_t i = 0; i < l->change_count; i++) {
        if (strcmp(l->changes[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool
setting_refuse(struct pod_layout *l, const struct etcd_setting *setting, struct error *e)
{
    const char *host, *port;

    for (const char *at = setting->value; *at != '\0'; at += at[0] == ',') {
        size_t size = strcspn(at, ",");
        const char *url = arena_printf(&l->mem, "%.*s", (int)size, at);

        at += size;
        if (peer_url_host_port(&l->mem, url, &host, &port) && address_instead(l, host) != NULL)
            return error_set(e, ERROR_REFUSED, "%s: '%s' would be '%s', at the address of %s",
                             host_name(l->to->host), setting->name, url,
                             host_name(l->from->host)) ||
                   error_hint(e, "give it a value of its own");
    }
    return true;
}

static bool
own_check(struct pod_layout *l, struct error *e)
{
    const char *urls = value(l, &l->pod, addresses[0]);

    if (strcmp(urls, value(l, &l->pattern.pod, addresses[0])) == 0)
        return error_set(e, ERROR_REFUSED, "%s: '%s' would be '%s', which are those of %s",
                         host_name(l->to->host), addresses[0], urls, host_name(l->from->host));
    for (size_t i = 0; i < l->pod.settings.items.count; i++) {
        const struct etcd_setting *setting = &l->pod.settings.items.items[i];

        if (setting->in_force && !is_changed(l, setting->name) && !setting_refuse(l, setting, e))
            return false;
    }
    return true;
}

/* Probes that ask at the pattern's address ask at the member's. */
static bool
probes_change(struct pod_layout *l, struct bytes *bytes, struct error *e)
{
    const struct pod_probe *probes[] = {&l->pod.liveness, &l->pod.readiness, &l->pod.startup};
    static const char *const names[] = {"livenessProbe", "readinessProbe", "startupProbe"};
    struct pod_probe_change changes[3];
    size_t count = 0;

    for (size_t i = 0; i < 3; i++) {
        const char *host = probes[i]->scheme != NULL ? address_instead(l, probes[i]->host) : NULL;

        if (host != NULL)
            changes[count++] = (struct pod_probe_change){names[i], "host", host};
    }
    return count == 0 ||
           (pod_manifest_change_probes(&l->mem, &l->pod, changes, count, bytes, e) &&
            pod_manifest_parse(&l->mem, pod_held_path(&l->mem, l->to), *bytes, &l->pod, e));
}

/* --- what it needs of its host ----------------------------------------------------------------- */

static bool
missing_add(struct pod_layout *l, const char *path, bool is_file, struct error *e)
{
    struct host_file there;

    if (!host_file_look(&l->mem, l->to->host, path, &there, e))
        return false;
    if (there.kind == HOST_NOTHING || (is_file && there.kind == HOST_DIR))
        *ARRAY_PUSH(&l->mem, &l->missing) = path;
    return true;
}

/* Certificates, keys, and lists of revoked ones: flags of files. The volume of one, NULL: it is the image's, or the
 * setting is none of them. */
static const struct pod_mount *
file_mount(struct pod_layout *l, const struct etcd_setting *setting, const char **ret_path)
{
    static const char ending[] = "-file";
    size_t size = strlen(setting->name);

    *ret_path = NULL;
    if (!setting->in_force || setting->value[0] == '\0' || size < sizeof(ending) ||
        strcmp(setting->name + size - (sizeof(ending) - 1), ending) != 0)
        return NULL;
    return pod_manifest_mount_of(&l->mem, &l->pod, setting->value, ret_path);
}

static bool
files_check(struct pod_layout *l, struct error *e)
{
    for (size_t i = 0; i < l->pod.settings.items.count && !l->certificates_follow; i++) {
        const char *path;

        if (file_mount(l, &l->pod.settings.items.items[i], &path) != NULL && path != NULL &&
            !missing_add(l, path, true, e))
            return false;
    }
    return true;
}

/* A volume that is made with the certificates that are brought there. */
static bool
follows(struct pod_layout *l, const struct pod_mount *mount)
{
    for (size_t i = 0; i < l->pod.settings.items.count && l->certificates_follow; i++) {
        const char *path;

        if (file_mount(l, &l->pod.settings.items.items[i], &path) == mount)
            return true;
    }
    return false;
}

static bool
is_made(const struct pod_layout *l, const char *path)
{
    for (size_t i = 0; i < l->dirs.count; i++) {
        if (strcmp(l->dirs.items[i].path, path) == 0)
            return true;
    }
    return false;
}

/* Volumes that the kubelet would not make. */
static bool
volumes_check(struct pod_layout *l, struct error *e)
{
    for (size_t i = 0; i < l->pod.mounts.count; i++) {
        const struct pod_mount *mount = &l->pod.mounts.items[i];

        if (mount->host_path != NULL && strstr(mount->type, "OrCreate") == NULL &&
            !is_made(l, mount->host_path) && !follows(l, mount) &&
            !missing_add(l, mount->host_path, false, e))
            return false;
    }
    return true;
}

static bool
missing_refuse(struct pod_layout *l, struct error *e)
{
    const char *all = "";

    for (size_t i = 0; i < l->missing.count; i++) {
        if (strstr(all, arena_printf(&l->mem, "'%s'", l->missing.items[i])) == NULL)
            all = arena_printf(&l->mem, "%s%s'%s'", all, i > 0 ? ", " : "", l->missing.items[i]);
    }
    if (l->missing.count == 0)
        return true;
    error_set_(e, ERROR_NOT_FOUND, 0, "%s: what the manifest needs is not there: %s",
               host_name(l->to->host), all);
    return error_hint(e,
                      "bring certificates with the member's own addresses, and what else is named, "
                      "there first");
}

static bool
directory_check(struct pod_layout *l, struct error *e)
{
    const char *dir = path_dir(&l->mem, l->to->place);
    struct host_file there;

    if (!host_file_look(&l->mem, l->to->host, dir, &there, e))
        return false;
    l->has_labels = there.label != NULL;
    if (there.kind == HOST_DIR)
        return true;
    return error_set(e, ERROR_NOT_FOUND, "%s: there is no manifests directory '%s'",
                     host_name(l->to->host), dir) ||
           error_hint(e, "have a kubelet run there, with this directory as its staticPodPath");
}

/* --- its data ---------------------------------------------------------------------------------- */

/* Owner and label as the pattern's, mode as etcd wants it for data. */
static bool
data_dir_like(struct pod_layout *l, const char *setting, struct host_file *ret_like,
              struct error *e)
{
    struct host_file like = {.kind = HOST_NOTHING};
    const char *path = NULL;

    if (pod_manifest_mount_of(&l->mem, &l->pattern.pod, value(l, &l->pattern.pod, setting),
                              &path) != NULL &&
        path != NULL && !host_file_look(&l->mem, l->from->host, path, &like, e))
        return false;
    like.mode = 0700;
    like.label = l->has_labels ? like.label : NULL;
    *ret_like = like;
    return pod_manifest_runs_as(&l->pod, "runAsUser", &ret_like->uid, e) &&
           pod_manifest_runs_as(&l->pod, "runAsGroup", &ret_like->gid, e);
}

/* One that is there has to be its owner's. */
static bool
dir_add(struct pod_layout *l, const char *path, const struct host_file *like, struct error *e)
{
    struct host_file there;

    if (!host_file_look(&l->mem, l->to->host, path, &there, e))
        return false;
    if (there.kind != HOST_NOTHING && there.kind != HOST_DIR)
        return error_set(e, ERROR_CONFLICT, "%s: '%s' is no directory", host_name(l->to->host),
                         path);
    if (there.kind == HOST_DIR && (there.uid != like->uid || there.gid != like->gid))
        return error_set(e, ERROR_CONFLICT, "%s: '%s' belongs to %u:%u instead of %u:%u",
                         host_name(l->to->host), path, there.uid, there.gid, like->uid,
                         like->gid) ||
               error_hint(e, "run 'chown -R %u:%u' on it there, or move it away", like->uid,
                          like->gid);
    *ARRAY_PUSH(&l->mem, &l->dirs) = (struct made_dir){path, *like};
    while (there.kind == HOST_NOTHING) {
        *ARRAY_PUSH(&l->mem, &l->made) = path;
        path = path_dir(&l->mem, path);
        if (!host_file_look(&l->mem, l->to->host, path, &there, e))
            return false;
    }
    return true;
}

/* etcd makes the directory of its log itself, beside its place. */
static bool
data_plan(struct pod_layout *l, const char *setting, struct error *e)
{
    const char *inside = value(l, &l->pod, setting);
    const struct pod_mount *mount;
    const char *path = NULL;
    struct host_file like;

    if (inside[0] == '\0')
        return true;
    mount = pod_manifest_mount_of(&l->mem, &l->pod, inside, &path);
    if (mount == NULL || path == NULL)
        return error_set(e, ERROR_REFUSED, "%s: '%s' is '%s', which is in no volume of the host",
                         host_name(l->to->host), setting, inside);
    if (!data_dir_like(l, setting, &like, e))
        return false;
    return (strcmp(setting, "wal-dir") == 0 || strcmp(path, mount->host_path) == 0 ||
            dir_add(l, path, &like, e)) &&
           dir_add(l, mount->host_path, &like, e);
}

/* --- all of it --------------------------------------------------------------------------------- */

/* The pattern's manifest with the changes; or the one that is held there, with the pattern's settings. */
static bool
manifest_make(struct pod_layout *l, bool is_there, struct bytes *ret_bytes, struct error *e)
{
    struct setting_changes all = {ARRAY_INIT};
    struct service_pod_file own = {0};
    const char *path = pod_held_path(&l->mem, l->to);

    if (!is_there && l->pattern.path == NULL && l->to->image == NULL)
        return error_set(e, ERROR_REFUSED,
                         "%s: '%s' (static-pod) cannot be laid out like '%s' (%s) on %s: nobody "
                         "says which image it runs",
                         host_name(l->to->host), l->to->place, l->from->place, l->from->class->word,
                         host_name(l->from->host)) ||
               error_hint(e, "name the image, or give a manifest");
    if (!is_there && l->pattern.path == NULL) {
        const struct etcd_settings settings =
            settings_with(&l->mem, &l->pattern.pod.settings, l->changes, l->change_count);

        *ret_bytes = pod_manifest_make(&l->mem, &settings, l->to->image);
        return pod_manifest_parse(&l->mem, path, *ret_bytes, &l->pod, e) && own_check(l, e);
    }
    if (!is_there)
        return (pod_manifest_change(&l->mem, &l->pattern.pod, l->changes, l->change_count, NULL, 0,
                                    ret_bytes, e) ||
                error_wrap(e, "%s", host_name(l->from->host))) &&
               pod_manifest_parse(&l->mem, path, *ret_bytes, &l->pod, e) && own_check(l, e) &&
               probes_change(l, ret_bytes, e);
    if (!service_pod_load(&l->mem, l->to, &own, e))
        return false;
    settings_changes_to(&l->mem, &l->pattern.pod.settings, &own.pod.settings, l->changes,
                        l->change_count, &all);
    return pod_manifest_change(&l->mem, &own.pod, all.items.items, all.items.count, NULL, 0,
                               ret_bytes, e) &&
           pod_manifest_parse(&l->mem, path, *ret_bytes, &l->pod, e) && own_check(l, e);
}

/* A manifest is its folder's owner's; what the kubelet runs is for nobody else to write. */
static bool
manifest_write(struct pod_layout *l, bool is_there, struct bytes bytes, struct error *e)
{
    struct host_file dir, like = {.kind = HOST_FILE, .mode = 0600};

    if (!host_file_look(&l->mem, l->to->host, path_dir(&l->mem, l->to->place), &dir, e) ||
        (l->pattern.path != NULL &&
         !host_file_look(&l->mem, l->from->host, l->pattern.path, &like, e)))
        return false;
    like.uid = dir.uid;
    like.gid = dir.gid;
    like.mode &= 0644;
    like.label = dir.label;
    return pod_manifest_write(l->to, pod_held_path(&l->mem, l->to), is_there ? NULL : &like, bytes,
                              e);
}

static int
dir_compare(const void *a, const void *b)
{
    const struct made_dir *left = a;
    const struct made_dir *right = b;

    return strcmp(left->path, right->path);
}

static int
inner_first(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;

    return -strcmp(*left, *right);
}

static bool
write_all(struct pod_layout *l, bool is_there, struct bytes bytes, const char *keeping,
          struct error *e)
{
    if (l->dirs.count > 1)
        qsort(l->dirs.items, l->dirs.count, sizeof(*l->dirs.items), dir_compare);
    if (l->made.count > 1)
        qsort(l->made.items, l->made.count, sizeof(*l->made.items), inner_first);
    if (!pod_keep(l->to, keeping, l->made.items, l->made.count, e))
        return false;
    for (size_t i = 0; i < l->dirs.count; i++) {
        if (!host_dir_make(l->to->host, l->dirs.items[i].path, &l->dirs.items[i].like, e))
            return false;
    }
    return manifest_write(l, is_there, bytes, e);
}

/* Of a pattern of another kind the settings are all that counts. */
static bool
pattern_load(struct pod_layout *l, struct error *e)
{
    if (l->from->class != l->to->class)
        return service_settings(&l->mem, l->from, &l->pattern.pod.settings, e);
    if (!service_pod_load(&l->mem, l->from, &l->pattern, e))
        return false;
    if (l->pattern.pod.settings.config_file == NULL)
        return true;
    return error_set(e, ERROR_REFUSED, "%s: '%s' has its settings in '%s', which is not laid out",
                     host_name(l->from->host), l->pattern.path,
                     l->pattern.pod.settings.config_file) ||
           error_hint(e, "give a manifest with the settings as flags");
}

/* All that has to be so before anything is written. */
static bool
layout_make(struct pod_layout *l, bool *ret_is_there, struct bytes *ret_bytes, struct error *e)
{
    enum service_state state;

    if (!service_state(l->to, &state, e))
        return false;
    if (state != SERVICE_ABSENT && state != SERVICE_STOPPED)
        return error_set(e, ERROR_CONFLICT, "%s: pod '%s' is %s, and not held down",
                         host_name(l->to->host), l->to->place, service_state_word(state));
    *ret_is_there = state == SERVICE_STOPPED;
    return pattern_load(l, e) && directory_check(l, e) &&
           manifest_make(l, *ret_is_there, ret_bytes, e) &&
           pod_copies_refuse(&l->mem, l->to, &l->pod, e) && data_plan(l, "data-dir", e) &&
           data_plan(l, "wal-dir", e) && files_check(l, e) && volumes_check(l, e) &&
           missing_refuse(l, e);
}

bool
pod_lay_out(const struct service *s, const struct service *pattern,
            const struct setting_change *changes, size_t count, const char *keeping,
            struct error *e)
{
    __attribute__((cleanup(layout_release))) struct pod_layout l = {
        .mem = ARENA_INIT, .from = pattern, .to = s, .changes = changes, .change_count = count};
    struct bytes bytes;
    bool is_there;

    return layout_make(&l, &is_there, &bytes, e) && write_all(&l, is_there, bytes, keeping, e);
}

bool
pod_may_lay_out(const struct service *s, const struct service *pattern,
                const struct setting_change *changes, size_t count, bool certificates_follow,
                struct error *e)
{
    __attribute__((cleanup(layout_release))) struct pod_layout l = {.mem = ARENA_INIT,
                                                                    .from = pattern,
                                                                    .to = s,
                                                                    .changes = changes,
                                                                    .change_count = count,
                                                                    .certificates_follow =
                                                                        certificates_follow};
    struct bytes bytes;
    bool is_there;

    return layout_make(&l, &is_there, &bytes, e);
}

bool
pod_uninstall(const struct service *s, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct pod_place place;
    const char *held = pod_held_path(&tmp, s);

    if (!pod_place_look(&tmp, s, &place, e))
        return false;
    if (place.in_force)
        return error_set(e, ERROR_CONFLICT, "%s: pod '%s' is not held down", host_name(s->host),
                         s->place);
    return !place.held || host_tree_move(s->host, held,
                                         arena_printf(&tmp, "%s" POD_REMOVED "%s", held,
                                                      time_compact(&tmp, time_wall_ms())),
                                         e);
}
