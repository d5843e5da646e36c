/*
 * Judgement about health checks of an etcd that speaks TLS: does the check ask in a way that is answered? One
 * that speaks plain HTTP to a TLS port, or connects and hangs up, fails for ever or fills the log with "rejected
 * connection" (etcd-io/etcd issue 9285). Pure.
 */
#ifndef QUORATE_CLUSTER_RULES_PROBE_H
#define QUORATE_CLUSTER_RULES_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "format/settings/settings.h"

enum probe_way { PROBE_HTTP, PROBE_HTTPS, PROBE_TCP };

struct health_probe {
    enum probe_way way;
    const char *port;
    bool is_client; /* no check: somebody who reads and writes, as kube-apiserver */
    bool shows_certificate;
};

struct probe_flaw {
    const char *word;   /* "probe-plain-http", for scripts; NULL: none */
    const char *text;   /* one line */
    const char *remedy; /* the mend, with the address that answers plain HTTP */
};

/* One that is flawed, as it was found on a member's host. */
struct tls_probe {
    const char *member;
    const char
        *where;       /* "db1:/etc/kubernetes/manifests/etcd.yaml:44", "db1: log of etcd.service" */
    const char *asks; /* "http://127.0.0.1:2379/health"; of the log: the address it came from */
    const char *word; /* "probe-plain-http"; as struct probe_flaw has it, or "log-rejected" */
    const char *text;
    const char *remedy;
    uint64_t count; /* of lines of the log; 1 otherwise */
};

/* What etcd listens for on a port of its host. */
enum port_speech { PORT_UNUSED, PORT_PLAIN, PORT_TLS };

/* A port with both schemes is a plain one: nobody is refused. */
enum port_speech port_speech_of(struct arena *mem, const struct etcd_settings *settings,
                                const char *port);

/* In 'mem'. */
struct probe_flaw probe_judge(struct arena *mem, const struct health_probe *probe,
                              const struct etcd_settings *settings);

/* The remedy for what is seen in the log only. In 'mem'. */
const char *probe_remedy(struct arena *mem, const struct etcd_settings *settings);

#endif
