/*
 * The kubelet is never asked: it reacts to files. What runs is seen in the host's processes, so that any
 * container runtime will do. A pod is held down by moving its manifest out of the directory.
 */
#include "node/service_pod.h"

#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/time.h"
#include "format/settings/etcd_flag.h"
#include "node/host/host_file.h"
#include "node/host/host_script.h"
#include "node/host/host_tree.h"

enum {
    /* The kubelet lists anew every 20 s, and gives a container 30 s to end. */
    STOP_MS = 120 * 1000,
    /* An image may have to be fetched, and a pod that failed waits up to 5 min. */
    START_MS = 330 * 1000,
    POLL_MS = 500,
    FILES_MOST = 64,
};

static const struct host_file dir_of_root = {.kind = HOST_DIR, .mode = 0700};

static const char *
held_dir(struct arena *mem, const struct service *s)
{
    return path_join(mem, path_dir(mem, path_dir(mem, s->place)), "quorate-held");
}

static const char *
held_path(struct arena *mem, const struct service *s)
{
    return path_join(mem, held_dir(mem, s), path_name(s->place));
}

static bool
place_check(const struct service *s, struct error *e)
{
    if (s->place[0] != '/' || path_name(s->place)[0] == '\0' || path_name(s->place)[0] == '.')
        return error_set(e, ERROR_USAGE, "'%s' is no manifest's path", s->place);
    return true;
}

struct pod_place {
    bool in_force; /* the manifest is where the kubelet sees it */
    bool held;
};

static bool
place_look(struct arena *mem, const struct service *s, struct pod_place *ret_place, struct error *e)
{
    struct host_file file, held;

    if (!place_check(s, e) || !host_file_look(mem, s->host, s->place, &file, e) ||
        !host_file_look(mem, s->host, held_path(mem, s), &held, e))
        return false;
    *ret_place = (struct pod_place){file.kind != HOST_NOTHING, held.kind != HOST_NOTHING};
    if (ret_place->in_force && ret_place->held)
        return error_set(e, ERROR_CONFLICT, "%s: '%s' is there, and held down as '%s' as well",
                         host_name(s->host), s->place, held_path(mem, s)) ||
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

    if (!place_look(mem, service, &place, e))
        return false;
    if (!place.in_force && !place.held)
        return error_set(e, ERROR_NOT_FOUND, "%s: there is no manifest '%s'",
                         host_name(service->host), service->place);
    file.held = place.held;
    file.path = place.held ? held_path(mem, service) : service->place;
    if (!host_file_read(mem, service->host, file.path, POD_MANIFEST_MAX_BYTES, &bytes, e))
        return false;
    if (!pod_manifest_parse(mem, file.path, bytes, &file.pod, e))
        return error_wrap(e, "%s", host_name(service->host));
    *ret_file = file;
    return true;
}

/* The words of each process called etcd, a line each; before them a line with \001 and its id. */
static const char processes_script[] =
    "for d in /proc/[0-9]*; do\n"
    "  { read -r name <\"$d/comm\"; } 2>/dev/null && [ \"$name\" = etcd ] || continue\n"
    "  printf '\\001%s\\n' \"${d#/proc/}\"\n"
    "  { tr '\\000\\n' '\\n ' <\"$d/cmdline\"; } 2>/dev/null\n"
    "  echo\n"
    "done\n";

/* Whether a process is the pod's: two etcds cannot listen for peers at one address of a host. */
static bool
is_pods(struct arena *mem, const struct pod_manifest *pod, const struct setting_words *words)
{
    struct etcd_settings settings = ETCD_SETTINGS_INIT;
    struct error ignored = ERROR_INIT;
    const char *theirs, *ours;

    if (!settings_add_words(mem, &settings, words, &ignored))
        return false;
    settings_resolve(&settings);
    theirs = settings_value(mem, &settings, "listen-peer-urls", FLAG_MINOR_NEWEST);
    ours = settings_value(mem, &pod->settings, "listen-peer-urls", FLAG_MINOR_NEWEST);
    return strcmp(theirs, ours) == 0 ||
           (settings_get(&settings, "name") != NULL &&
            settings_get(&pod->settings, "name") != NULL &&
            strcmp(settings_value(mem, &settings, "name", FLAG_MINOR_NEWEST),
                   settings_value(mem, &pod->settings, "name", FLAG_MINOR_NEWEST)) == 0);
}

/* The words of a process, of what the script printed of it: lines, the program first. */
static struct setting_words
record_words(struct arena *mem, char *lines)
{
    struct setting_words words = {ARRAY_INIT};

    (void)strsep(&lines, "\n");
    while (lines != NULL)
        ARRAY_PUSH(mem, &words.words)->text = strsep(&lines, "\n");
    while (words.words.count > 0 && words.words.items[words.words.count - 1].text[0] == '\0')
        words.words.count--;
    return words;
}

/* The pod's process: its id as text, or NULL. */
static bool
process_find(struct arena *mem, const struct service *s, const struct pod_manifest *pod,
             const char **ret_pid, struct error *e)
{
    const struct host_command command = {0};
    struct host_result result;
    const char *found = NULL;
    char *text;

    if (!host_script(mem, s->host, processes_script, "/proc", NULL, &command, &result, e))
        return false;
    text = arena_text_of_bytes(mem, result.out);
    (void)strsep(&text, "\001");
    while (text != NULL) {
        char *record = strsep(&text, "\001");
        const char *pid = strsep(&record, "\n");
        struct setting_words words = {ARRAY_INIT};

        if (record != NULL)
            words = record_words(mem, record);
        if (is_pods(mem, pod, &words))
            found = pid;
    }
    *ret_pid = found;
    return true;
}

static bool
pod_state(const struct service *s, enum service_state *ret_state, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct service_pod_file file = {0};
    const char *pid;

    if (!service_pod_load(&tmp, s, &file, e)) {
        if (e->code != ERROR_NOT_FOUND)
            return false;
        error_clear(e);
        *ret_state = SERVICE_ABSENT;
        return true;
    }
    if (!process_find(&tmp, s, &file.pod, &pid, e))
        return false;
    if (file.held)
        *ret_state = pid != NULL ? SERVICE_STOPPING : SERVICE_STOPPED;
    else
        *ret_state = pid != NULL ? SERVICE_RUNNING : SERVICE_FAILED;
    return true;
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

static bool
copies_refuse(struct arena *mem, const struct service *s, const struct pod_manifest *pod,
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

/* Until the pod's process is there, or is gone. */
static bool
process_wait(const struct service *s, const struct pod_manifest *pod, bool there, struct error *e)
{
    int64_t patience_ms = there ? START_MS : STOP_MS;
    int64_t deadline = time_monotonic_ms() + patience_ms;

    for (;;) {
        AUTO_ARENA tmp = ARENA_INIT;
        const char *pid;

        if (!process_find(&tmp, s, pod, &pid, e))
            return false;
        if ((pid != NULL) == there)
            return true;
        if (time_monotonic_ms() >= deadline) {
            error_set_(e, ERROR_TIMEOUT, 0, "%s: the kubelet has not %s '%s' within %d s%s%s",
                       host_name(s->host), there ? "started" : "ended", s->place,
                       (int)(patience_ms / 1000), pid != NULL ? ": process " : "",
                       pid != NULL ? pid : "");
            return error_hint(e, "see 'journalctl -u kubelet' and 'crictl ps -a' there");
        }
        time_sleep_ms(POLL_MS);
    }
}

static bool
pod_stop(const struct service *s, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct service_pod_file file = {0};

    if (!service_pod_load(&tmp, s, &file, e)) {
        if (e->code != ERROR_NOT_FOUND)
            return false;
        error_clear(e);
        return true;
    }
    if (!file.held && (!copies_refuse(&tmp, s, &file.pod, e) ||
                       !host_dir_make(s->host, held_dir(&tmp, s), &dir_of_root, e) ||
                       !host_tree_move(s->host, s->place, held_path(&tmp, s), e)))
        return false;
    return process_wait(s, &file.pod, false, e);
}

/* The folder goes with the last that was held in it. */
static bool
held_dir_tidy(struct arena *mem, const struct service *s, struct error *e)
{
    const char *const rmdir[] = {"rmdir", "--ignore-fail-on-non-empty", "--", held_dir(mem, s),
                                 NULL};
    struct host_file dir;
    struct host_result result = {0};

    if (!host_file_look(mem, s->host, held_dir(mem, s), &dir, e))
        return false;
    return dir.kind == HOST_NOTHING ||
           host_run_well(mem, s->host, &(struct host_command){.argv = rmdir}, &result, e);
}

static bool
pod_start(const struct service *s, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct service_pod_file file = {0};

    if (!service_pod_load(&tmp, s, &file, e))
        return false;
    if (file.held &&
        (!host_tree_move(s->host, held_path(&tmp, s), s->place, e) || !held_dir_tidy(&tmp, s, e)))
        return false;
    return process_wait(s, &file.pod, true, e);
}

static bool
manifest_replace(const struct service *s, const struct service_pod_file *file, struct bytes bytes,
                 struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct host_file_new new = {.path = file->path, .temporary_dir = held_dir(&tmp, s)};

    return host_dir_make(s->host, held_dir(&tmp, s), &dir_of_root, e) &&
           host_file_replace(s->host, &new, bytes, e) && held_dir_tidy(&tmp, s, e);
}

static bool
original_keep(const struct service *s, const struct service_pod_file *file, const char *keeping,
              struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_file kept, now;
    const struct host_file_new new = {.path = keeping, .like = &now};

    if (strcmp(path_dir(&tmp, keeping), path_dir(&tmp, s->place)) == 0)
        return error_set(e, ERROR_USAGE, "'%s' is in the manifests directory", keeping);
    if (!host_file_look(&tmp, s->host, keeping, &kept, e))
        return false;
    return kept.kind != HOST_NOTHING ||
           (host_dir_make(s->host, path_dir(&tmp, keeping), &dir_of_root, e) &&
            host_file_look(&tmp, s->host, file->path, &now, e) &&
            host_file_replace(s->host, &new, file->pod.doc->bytes, e));
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
           (original_keep(service, &file, keeping, e) &&
            manifest_replace(service, &file, changed, e));
}

static bool
pod_settings(struct arena *mem, const struct service *s, struct etcd_settings *ret_settings,
             struct error *e)
{
    struct service_pod_file file = {0};

    if (!service_pod_load(mem, s, &file, e))
        return false;
    *ret_settings = file.pod.settings;
    return true;
}

static bool
pod_change(const struct service *s, const struct setting_change *changes, size_t count,
           const char *keeping, struct error *e)
{
    return service_pod_change(s, changes, count, NULL, 0, keeping, e);
}

/* Where the manifest is now, be it held meanwhile or let go. */
static bool
pod_put_back(const struct service *s, const char *keeping, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct service_pod_file file = {0};
    struct pod_place place;
    struct bytes bytes;

    if (!place_look(&tmp, s, &place, e) ||
        !host_file_read(&tmp, s->host, keeping, POD_MANIFEST_MAX_BYTES, &bytes, e))
        return false;
    if (!place.in_force && !place.held)
        return error_set(e, ERROR_NOT_FOUND, "%s: there is no manifest '%s' to put '%s' back for",
                         host_name(s->host), s->place, keeping);
    file.path = place.held ? held_path(&tmp, s) : s->place;
    return manifest_replace(s, &file, bytes, e);
}

const char *
pod_log_text(struct arena *mem, struct bytes log)
{
    AUTO_BUF out = BUF_INIT;

    for (size_t at = 0; at < log.size;) {
        const uint8_t *line = log.data + at;
        const uint8_t *end = memchr(line, '\n', log.size - at);
        size_t size = end != NULL ? (size_t)(end - line) : log.size - at;
        const uint8_t *stream = memchr(line, ' ', size);
        const uint8_t *tag =
            stream != NULL ? memchr(stream + 1, ' ', (size_t)(line + size - stream) - 1) : NULL;
        size_t left = tag != NULL ? (size_t)(line + size - tag) - 1 : 0;
        bool prefixed =
            left >= 1 && (tag[1] == 'F' || tag[1] == 'P') && (left == 1 || tag[2] == ' ');

        if (prefixed) {
            buf_append(&out, tag + 1 + (left >= 2 ? 2 : 1), left - (left >= 2 ? 2 : 1));
            if (tag[1] == 'F')
                buf_append_byte(&out, '\n');
        } else {
            buf_append(&out, line, size);
            buf_append_byte(&out, '\n');
        }
        at += size + (end != NULL);
    }
    return arena_text(mem, buf_text(&out));
}

/*
 * $1 the folder of logs, $2 NAMESPACE_NAME, $3 the container, $4 the number of lines. The pod's name has the
 * node's behind it; a pod whose name begins with ours is another one's, so the node's name is asked first.
 */
static const char log_script[] =
    "newest() { [ -e \"$1\" ] && ls -1t -- \"$@\" | head -n 1; }\n"
    "node=$(uname -n | tr A-Z a-z)\n"
    "f=$(newest \"$1/$2-${node}_\"*\"/$3/\"*.log || newest \"$1/$2-${node%%.*}_\"*\"/$3/\"*.log "
    "||\n"
    "    newest \"$1/$2_\"*\"/$3/\"*.log || newest \"$1/$2-\"*\"/$3/\"*.log)\n"
    "[ -z \"$f\" ] || tail -n \"$4\" -- \"$f\"\n";

static bool
pod_log_tail(struct arena *mem, const struct service *s, unsigned lines, const char **ret_text,
             struct error *e)
{
    const struct host_command command = {0};
    struct service_pod_file file = {0};
    struct host_result result;
    const char *rest[] = {NULL, NULL, NULL, NULL};

    if (!service_pod_load(mem, s, &file, e))
        return false;
    rest[0] = arena_printf(mem, "%s_%s", file.pod.namespace, file.pod.pod_name);
    rest[1] = file.pod.container_name;
    rest[2] = arena_printf(mem, "%u", lines);
    if (!host_script(mem, s->host, log_script, "/var/log/pods", rest, &command, &result, e))
        return false;
    *ret_text = pod_log_text(mem, result.out);
    return true;
}

const struct service_class service_pod = {
    .word = "static-pod",
    .state = pod_state,
    .start = pod_start,
    .stop = pod_stop,
    .log_tail = pod_log_tail,
    .settings = pod_settings,
    .change = pod_change,
    .put_back = pod_put_back,
};
