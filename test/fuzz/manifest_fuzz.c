/*
 * Any bytes as the manifest of a static pod, and edited: an edit is refused, or all else stays as it was (which
 * pod_manifest_change finds out itself by reading the result).
 */
#include "format/settings/config_file.h"
#include "format/settings/pod_manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7 does not free all of what it made of some broken files. */
const char *
__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static const struct setting_change changes[] = {
    {"name", "a, 'b' \"c\" #"},
    {"snapshot-count", NULL},
    {"listen-metrics-urls", "http://127.0.0.1:2381"},
};
static const struct pod_mount_change mounts[] = {
    {"certs", "/etc/q", "/etc/q", true, "Directory"},
};

static void
manifest_try(struct arena *mem, struct bytes bytes)
{
    struct error e = ERROR_INIT;
    struct pod_manifest pod;
    struct bytes changed;

    if (!pod_manifest_parse(mem, "fuzz.yaml", bytes, &pod, &e))
        return;
    if (!pod_manifest_change(mem, &pod, changes, 3, mounts, 1, &changed, &e))
        return;
    ASSERT(pod_manifest_parse(mem, "fuzz.yaml", changed, &pod, &e));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bytes changed;

    manifest_try(&tmp, bytes_of(data, size));
    (void)!config_file_change(&tmp, "fuzz.yml", bytes_of(data, size), changes, 3, &changed, &e);
    return 0;
}
