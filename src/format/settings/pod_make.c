#include "format/settings/pod_make.h"

#include <string.h>

#include "base/buf.h"

#define METRICS "listen-metrics-urls"

struct making {
    struct arena *mem;
    struct buf *out;
    ARRAY(const char *) files; /* directories of files: each once */
};

/* A YAML scalar in double quotes: JSON's form is one of YAML's. */
static void
quoted_put(struct buf *out, const char *text)
{
    buf_printf(out, "\"");
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;

        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < ' ')
            buf_printf(out, "\\u%04x", c);
        else
            buf_printf(out, "%c", c);
    }
    buf_printf(out, "\"");
}

static bool
ends_with(const char *text, const char *ending)
{
    size_t size = strlen(text);
    size_t of_ending = strlen(ending);

    return size >= of_ending && strcmp(text + size - of_ending, ending) == 0;
}

/* Directories that are in one another would be mounted twice, which is fine; the same one is not. */
static void
dir_add(struct making *m, const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *dir;

    if (file[0] != '/' || slash == file)
        return;
    dir = arena_printf(m->mem, "%.*s", (int)(slash - file), file);
    for (size_t i = 0; i < m->files.count; i++) {
        if (strcmp(m->files.items[i], dir) == 0)
            return;
    }
    *ARRAY_PUSH(m->mem, &m->files) = dir;
}

static void
flag_put(struct making *m, const char *name, const char *value)
{
    buf_printf(m->out, "    - ");
    quoted_put(m->out, arena_printf(m->mem, "--%s=%s", name, value));
    buf_printf(m->out, "\n");
}

static void
flags_put(struct making *m, const struct etcd_settings *settings)
{
    for (size_t i = 0; i < settings->items.count; i++) {
        const struct etcd_setting *setting = &settings->items.items[i];

        if (!setting->in_force)
            continue;
        flag_put(m, setting->name, setting->value);
        if (ends_with(setting->name, "-file"))
            dir_add(m, setting->value);
    }
    if (settings_get(settings, METRICS) == NULL)
        flag_put(m, METRICS, "http://127.0.0.1:2381");
}

static void
mount_put(struct buf *out, const char *name, const char *path, bool read_only)
{
    buf_printf(out, "    - mountPath: ");
    quoted_put(out, path);
    buf_printf(out, "\n      name: %s\n%s", name, read_only ? "      readOnly: true\n" : "");
}

static void
volume_put(struct buf *out, const char *name, const char *path, const char *type)
{
    buf_printf(out, "  - hostPath:\n      path: ");
    quoted_put(out, path);
    buf_printf(out, "\n      type: %s\n    name: %s\n", type, name);
}

static const char *
file_volume(struct making *m, size_t i)
{
    return arena_printf(m->mem, "etcd-files-%zu", i + 1);
}

/* A log is made beside its place, and renamed: its folder is what is to be there. */
static const char *
log_volume(struct making *m, const struct etcd_settings *settings)
{
    const struct etcd_setting *wal = settings_get(settings, "wal-dir");
    const char *slash = wal != NULL ? strrchr(wal->value, '/') : NULL;

    if (slash == NULL || slash == wal->value)
        return NULL;
    return arena_printf(m->mem, "%.*s", (int)(slash - wal->value), wal->value);
}

static void
volumes_put(struct making *m, const char *data, const char *log)
{
    struct buf *out = m->out;

    buf_printf(out, "    volumeMounts:\n");
    mount_put(out, "etcd-data", data, false);
    if (log != NULL)
        mount_put(out, "etcd-log", log, false);
    for (size_t i = 0; i < m->files.count; i++)
        mount_put(out, file_volume(m, i), m->files.items[i], true);
    buf_printf(out, "  hostNetwork: true\n"
                    "  priority: 2000001000\n"
                    "  priorityClassName: system-node-critical\n"
                    "  volumes:\n");
    volume_put(out, "etcd-data", data, "DirectoryOrCreate");
    if (log != NULL)
        volume_put(out, "etcd-log", log, "DirectoryOrCreate");
    for (size_t i = 0; i < m->files.count; i++)
        volume_put(out, file_volume(m, i), m->files.items[i], "Directory");
}

/* Of the first URL of a list; 'at' 0: the scheme in capitals, 1: the host, 2: the port. */
static const char *
url_part(struct making *m, const char *urls, int at)
{
    const char *scheme_end = strstr(urls, "://");
    const char *host = scheme_end != NULL ? scheme_end + 3 : urls;
    size_t size = strcspn(host, ",/");
    const char *colon = memrchr(host, ':', size);

    if (at == 0)
        return strncmp(urls, "https:", 6) == 0 ? "HTTPS" : "HTTP";
    if (colon == NULL)
        return at == 1 ? arena_printf(m->mem, "%.*s", (int)size, host) : "2381";
    return at == 1 ? arena_printf(m->mem, "%.*s", (int)(colon - host), host)
                   : arena_printf(m->mem, "%.*s", (int)(host + size - colon - 1), colon + 1);
}

/* Whoever serves from its own data lives, with or without a quorum. */
static void
probe_put(struct making *m, const struct etcd_settings *settings)
{
    const struct etcd_setting *setting = settings_get(settings, METRICS);
    const char *urls = setting != NULL ? setting->value : "http://127.0.0.1:2381";

    if (strcmp(url_part(m, urls, 0), "HTTPS") == 0)
        return;
    buf_printf(m->out,
               "    livenessProbe:\n      failureThreshold: 8\n      httpGet:\n"
               "        host: \"%s\"\n        path: /health?exclude=NOSPACE&serializable=true\n"
               "        port: %s\n        scheme: HTTP\n      initialDelaySeconds: 10\n"
               "      periodSeconds: 10\n      timeoutSeconds: 15\n",
               url_part(m, urls, 1), url_part(m, urls, 2));
}

struct bytes
pod_manifest_make(struct arena *mem, const struct etcd_settings *settings, const char *image)
{
    AUTO_BUF out = BUF_INIT;
    struct making m = {.mem = mem, .out = &out};
    const struct etcd_setting *data = settings_get(settings, "data-dir");

    buf_printf(&out, "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    component: etcd\n"
                     "    tier: control-plane\n  name: etcd\n  namespace: kube-system\nspec:\n"
                     "  containers:\n  - command:\n    - etcd\n");
    flags_put(&m, settings);
    buf_printf(&out, "    image: ");
    quoted_put(&out, image);
    buf_printf(&out, "\n    imagePullPolicy: IfNotPresent\n");
    probe_put(&m, settings);
    buf_printf(&out, "    name: etcd\n    resources:\n      requests:\n        cpu: 100m\n"
                     "        memory: 100Mi\n");
    volumes_put(&m, data != NULL ? data->value : "/var/lib/etcd", log_volume(&m, settings));
    return bytes_of_text(arena_text(mem, buf_text(&out)));
}
