#include "node/kubeadm_map.h"

#include <string.h>

#include "base/evidence.h"
#include "base/json_writer.h"
#include "node/host/host_file.h"

/* An object is 1.5 MiB at most, what etcd takes, and twice that with all its quotes escaped. */
enum { KUBECTL_MS = 30000, OBJECT_MOST = 4 << 20 };

#define CONFIGURATION "ClusterConfiguration"
/* kubectl's own patience, which tells more than a command that was ended. */
#define REQUEST_TIMEOUT "--request-timeout=15s"
/* By kubectl, which would fetch some MiB of schemas for it; the API server does it again. */
#define VALIDATE_NOT "--validate=false"

/* --- read --- */

static bool
object_read(struct arena *mem, const struct host_result *result, struct kubeadm_map *ret_map,
            struct error *e)
{
    struct kubeadm_map map;
    const char *version;

    if (result->cut)
        return error_set(e, ERROR_LIMIT, "kubectl's answer is larger than %d bytes", OBJECT_MOST);
    if (!json_parse(mem, result->out, &map.object, e) ||
        !json_get_text(mem, json_get(map.object, "metadata"), "resourceVersion", &version, e) ||
        !json_get_text(mem, json_get(map.object, "data"), CONFIGURATION, &map.text, e))
        return error_wrap(e, "kubectl's answer");
    *ret_map = map;
    return true;
}

static bool
is_no_kubectl(const struct error *e)
{
    return error_is_caused_by(e, "command-not-found") || error_is_caused_by(e, "command-timeout");
}

bool
kubeadm_map_read(struct arena *mem, const struct host *host, const char *kubeconfig,
                 struct kubeadm_map *ret_map, const char **ret_why, struct error *e)
{
    const char *const argv[] = {"kubectl",   "--kubeconfig", kubeconfig, REQUEST_TIMEOUT,
                                "-n",        "kube-system",  "get",      "configmap",
                                KUBEADM_MAP, "-o",           "json",     NULL};
    const struct host_command command = {
        .argv = argv, .timeout_ms = KUBECTL_MS, .output_most = OBJECT_MOST};
    struct host_result result;
    struct host_file file;

    *ret_why = NULL;
    if (!host_file_look(mem, host, kubeconfig, &file, e))
        return false;
    if (file.kind == HOST_NOTHING) {
        *ret_why = arena_printf(mem, "%s: there is no '%s'", host_name(host), kubeconfig);
        return true;
    }
    if (!host_run(mem, host, &command, &result, e)) {
        if (!is_no_kubectl(e))
            return false;
        *ret_why = arena_text(mem, e->text);
        error_clear(e);
        return true;
    }
    if (result.exit_code != 0) {
        (void)host_failure(host, &result, e);
        *ret_why = arena_printf(mem, "%s (kubectl get configmap " KUBEADM_MAP ")", e->text);
        error_clear(e);
        return true;
    }
    return object_read(mem, &result, ret_map, e) ||
           error_wrap(e, "%s: config map " KUBEADM_MAP, host_name(host));
}

/* --- replace --- */

struct object_writer {
    struct arena *mem;
    struct json_writer w;
    const char *text;
};

static bool
datum_write(void *context, const char *key, const struct json *value, struct error *e UNUSED)
{
    struct object_writer *o = context;

    json_key(&o->w, key);
    if (strcmp(key, CONFIGURATION) == 0)
        json_text(&o->w, o->text);
    else
        json_raw(&o->w, json_print(o->mem, value));
    return true;
}

static bool
field_write(void *context, const char *key, const struct json *value, struct error *e)
{
    struct object_writer *o = context;

    json_key(&o->w, key);
    if (strcmp(key, "data") != 0) {
        json_raw(&o->w, json_print(o->mem, value));
        return true;
    }
    json_object_begin(&o->w);
    if (!json_each(value, datum_write, o, e))
        return false;
    json_object_end(&o->w);
    return true;
}

/* All else of it as it was read, its resourceVersion too: by that the API server finds out that it is another now. */
static bool
object_write(struct arena *mem, const struct kubeadm_map *map, const char *text,
             struct buf *ret_object, struct error *e)
{
    struct object_writer o = {.mem = mem, .text = text};

    json_writer_init(&o.w, ret_object, 0);
    json_object_begin(&o.w);
    if (!json_each(map->object, field_write, &o, e))
        return false;
    json_object_end(&o.w);
    return true;
}

bool
kubeadm_map_replace(const struct host *host, const char *kubeconfig, const struct kubeadm_map *map,
                    const char *text, struct error *e)
{
    const char *const argv[] = {"kubectl",  "--kubeconfig",
                                kubeconfig, REQUEST_TIMEOUT,
                                "-n",       "kube-system",
                                "replace",  VALIDATE_NOT,
                                "-f",       "-",
                                NULL};
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF object = BUF_INIT;
    struct host_command command = {.argv = argv, .timeout_ms = KUBECTL_MS};
    struct host_result result;

    if (!object_write(&tmp, map, text, &object, e))
        return false;
    command.input = buf_bytes(&object);
    if (!host_run(&tmp, host, &command, &result, e))
        return false;
    if (result.exit_code == 0)
        return true;
    (void)host_failure(host, &result, e);
    /* Source: kubernetes apimachinery pkg/apis/meta/v1/types.go, StatusReasonConflict; kubectl prints it so. */
    if (strstr((const char *)result.err.data, "(Conflict)") != NULL)
        e->code = ERROR_CONFLICT;
    return false;
}
