/*
 * The kubelet is never asked: it reacts to files. What runs is seen in the host's processes, so that any
 * container runtime will do. A pod is held down by moving its manifest out of the directory.
 */
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "node/host/host_script.h"
#include "node/pod_place.h"

enum {
    /* The kubelet lists anew every 20 s, and gives a container 30 s to end. */
    STOP_MS = 120 * 1000,
    /* An image may have to be fetched, and a pod that failed waits up to 5 min. */
    START_MS = 330 * 1000,
    POLL_MS = 500,
};

/* The words of each process called etcd, a line each; before them a line with \001 and its id. */
static const char processes_script[] =
    "for d in /proc/[0-9]*; do\n"
    "  { read -r name <\"$d/comm\"; } 2>/dev/null && [ \"$name\" = etcd ] || continue\n"
    "  printf '\\001%s\\n' \"${d#/proc/}\"\n"
    "  { tr '\\000\\n' '\\n ' <\"$d/cmdline\"; } 2>/dev/null\n"
    "  echo\n"
    "done\n";

static bool
is_same(const struct etcd_settings *a, const struct etcd_settings *b, const char *name)
{
    const struct etcd_setting *one = settings_get(a, name);
    const struct etcd_setting *other = settings_get(b, name);

    return one != NULL && other != NULL && strcmp(one->value, other->value) == 0;
}

static bool
words_equal(const struct setting_words *a, const struct setting_words *b)
{
    for (size_t i = 0; i < a->words.count && i < b->words.count; i++) {
        if (strcmp(a->words.items[i].text, b->words.items[i].text) != 0)
            return false;
    }
    return a->words.count == b->words.count;
}

/*
 * Whether a process is the pod's: two etcds cannot listen for peers at one address of a host. What its command line does
 * not say counts for nothing: it may stand in its environment.
 */
static bool
is_pods(struct arena *mem, const struct pod_manifest *pod, const struct setting_words *words)
{
    struct etcd_settings settings = ETCD_SETTINGS_INIT;
    struct error ignored = ERROR_INIT;

    if (!settings_add_words(mem, &settings, words, &ignored))
        return false;
    settings_resolve(&settings);
    return is_same(&settings, &pod->settings, "listen-peer-urls") ||
           is_same(&settings, &pod->settings, "name") || words_equal(words, &pod->words);
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
    if (!file.held && (!pod_copies_refuse(&tmp, s, &file.pod, e) || !pod_hold(s, e)))
        return false;
    return process_wait(s, &file.pod, false, e);
}

/* A try before may have come as far as the folder. */
static bool
pod_let_go(const struct service *s, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct pod_place place;

    return pod_place_look(&tmp, s, &place, e) &&
           (place.held ? pod_release(s, e) : pod_held_tidy(s, e));
}

static bool
pod_start(const struct service *s, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct service_pod_file file = {0};

    if (!service_pod_load(&tmp, s, &file, e))
        return false;
    return pod_let_go(s, e) && process_wait(s, &file.pod, true, e);
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
    .release = pod_let_go,
    .uninstall = pod_uninstall,
    .log_tail = pod_log_tail,
    .account = pod_account,
    .host_path = pod_path_on_host,
    .own_path = pod_path_of_host,
    .fit = pod_fit,
    .settings = pod_settings,
    .change = pod_change,
    .put_back = pod_put_back,
    .lay_out = pod_lay_out,
    .may_lay_out = pod_may_lay_out,
};
