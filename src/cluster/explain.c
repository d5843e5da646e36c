#include "cluster/explain.h"

#include <string.h>

#include "base/evidence.h"
#include "cluster/explain_parts.h"

/* The first line with the error's cause counts. */
static const struct {
    const char *cause;
    void (*explain)(struct explain *x, struct error *e);
} parts[] = {
    {"no-leader", explain_quorum},        {"server-timeout", explain_quorum},
    {"deadline", explain_quorum},         {"leader-changed", explain_quorum},
    {"learner", explain_learner},         {"no-space", explain_space},
    {"compacted", explain_compacted},     {"server-too-old", explain_version},
    {"cluster-too-old", explain_version}, {"permission-denied", explain_permission},
    {"tls-expired", explain_clock},       {"tls-not-yet-valid", explain_clock},
    {"http1-server", explain_peer_port},  {"not-http2", explain_peer_port},
    {"no-status", explain_peer_port},     {"closed", explain_peer_port},
    {"tls-no-http2", explain_peer_port},
};

static void
explain_prepare(struct explain *x, struct arena *mem, const struct etcd_options *options,
                struct etcd_client *client, const struct error *e)
{
    *x = (struct explain){.mem = mem, .options = options, .client = client};
    x->endpoint = arena_text(mem, evidence_value(e, "endpoint"));
    x->shortly = *options;
    x->shortly.dial_timeout_ms = EXPLAIN_TIMEOUT_MS;
    x->shortly.command_timeout_ms = EXPLAIN_TIMEOUT_MS;
    x->shortly.beside = NULL;
    x->this_one = x->shortly;
    x->this_one.endpoints = &x->endpoint;
    x->this_one.endpoint_count = 1;
}

void
explain_error(const struct etcd_options *options, struct etcd_client *client, struct error *e)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct explain x;

    if (e->cause == NULL)
        return;
    explain_prepare(&x, &mem, options, client, e);
    for (size_t i = 0; x.endpoint[0] != '\0' && i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcmp(e->cause, parts[i].cause) == 0) {
            parts[i].explain(&x, e);
            return;
        }
    }
}

bool
explain_no_leader(void *options, struct error *e)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct explain x;

    explain_prepare(&x, &mem, options, NULL, e);
    explain_quorum(&x, e);
    return strcmp(e->cause, "quorum-lost") != 0;
}
