/* Any bytes as kubeadm's ClusterConfiguration, to TLS and back: what was changed is what was wanted. */
#include "format/kubeadm_config.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7 does not free all of what it made of some broken files. */
const char *
__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static bool
is_members(const void *context, const char *url)
{
    (void)context;
    return strstr(url, "10.0.0.") != NULL;
}

static const struct kubeadm_etcd ways[] = {
    {.scheme = "https",
     .is_members = is_members,
     .ca_file = "/pki/ca.crt",
     .cert_file = "/pki/a, 'b' \"c\" #",
     .key_file = "/pki/key"},
    {.scheme = "https", .is_members = is_members, .keeps_other = true},
    {.scheme = "http", .is_members = is_members},
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        struct kubeadm_config first, again;

        if (!kubeadm_config_change(&tmp, bytes_of(data, size), &ways[i], &first, &e))
            continue;
        ASSERT(kubeadm_config_change(&tmp, first.text, &ways[i], &again, &e));
        ASSERT(!again.changed);
    }
    return 0;
}
