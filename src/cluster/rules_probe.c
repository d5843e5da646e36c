#include "cluster/rules_probe.h"

#include <string.h>

#include "format/peer_urls.h"
#include "format/settings/etcd_flag.h"

static const char *const listen_settings[] = {"listen-client-urls", "listen-client-http-urls",
                                              "listen-peer-urls", "listen-metrics-urls"};

static bool
is_https(const char *url)
{
    return strncmp(url, "https://", strlen("https://")) == 0;
}

/* Walks the URLs of a list, each a text in 'mem'; NULL behind the last. */
static const char *
next_url(struct arena *mem, const char **list)
{
    size_t size;
    const char *url;

    *list += strspn(*list, ",");
    if (**list == '\0')
        return NULL;
    size = strcspn(*list, ",");
    url = arena_printf(mem, "%.*s", (int)size, *list);
    *list += size;
    return url;
}

static enum port_speech
speech_in(struct arena *mem, const char *list, const char *wanted)
{
    enum port_speech speech = PORT_UNUSED;
    const char *url, *host, *port;

    while ((url = next_url(mem, &list)) != NULL) {
        if (!peer_url_host_port(mem, url, &host, &port) || strcmp(port, wanted) != 0)
            continue;
        if (!is_https(url))
            return PORT_PLAIN;
        speech = PORT_TLS;
    }
    return speech;
}

enum port_speech
port_speech_of(struct arena *mem, const struct etcd_settings *settings, const char *port)
{
    enum port_speech speech = PORT_UNUSED;

    for (size_t i = 0; i < sizeof(listen_settings) / sizeof(listen_settings[0]); i++) {
        const char *list = settings_value(mem, settings, listen_settings[i], FLAG_MINOR_NEWEST);
        enum port_speech one = list != NULL ? speech_in(mem, list, port) : PORT_UNUSED;

        if (one == PORT_PLAIN)
            return one;
        if (one == PORT_TLS)
            speech = one;
    }
    return speech;
}

/* The first plain URL that metrics and health are served at; NULL: none. */
static const char *
plain_metrics_url(struct arena *mem, const struct etcd_settings *settings)
{
    const char *list = settings_value(mem, settings, "listen-metrics-urls", FLAG_MINOR_NEWEST);
    const char *url;

    while (list != NULL && (url = next_url(mem, &list)) != NULL) {
        if (!is_https(url))
            return url;
    }
    return NULL;
}

/* Source: etcd server/etcdserver/api/etcdhttp/health.go: /livez and /readyz from 3.5.11 on. */
const char *
probe_remedy(struct arena *mem, const struct etcd_settings *settings)
{
    const char *url = plain_metrics_url(mem, settings);

    if (url != NULL)
        return arena_printf(mem,
                            "ask %s/livez, which is answered without TLS (before 3.5.11: "
                            "/health?serializable=true)",
                            url);
    return "start etcd with --listen-metrics-urls=http://127.0.0.1:2381, and have it ask "
           "http://127.0.0.1:2381/livez (before 3.5.11: /health?serializable=true)";
}

static bool
asks_for_certificates(const struct etcd_settings *settings)
{
    const struct etcd_setting *ca = settings_get(settings, "trusted-ca-file");

    return (ca != NULL && ca->value[0] != '\0') ||
           settings_bool(settings, "client-cert-auth", FLAG_MINOR_NEWEST);
}

struct probe_flaw
probe_judge(struct arena *mem, const struct health_probe *probe,
            const struct etcd_settings *settings)
{
    struct probe_flaw none = {0};

    if (port_speech_of(mem, settings, probe->port) != PORT_TLS)
        return none;
    if (probe->is_client)
        return (struct probe_flaw){
            "client-plain-http",
            arena_printf(mem, "a client speaks plain HTTP to port %s, where etcd speaks TLS",
                         probe->port),
            "give it https URLs, the authority, and a certificate of its own"};
    if (probe->way == PROBE_HTTP)
        return (struct probe_flaw){
            "probe-plain-http",
            arena_printf(mem, "it speaks plain HTTP to port %s, where etcd speaks TLS: it fails",
                         probe->port),
            probe_remedy(mem, settings)};
    if (probe->way == PROBE_TCP)
        return (struct probe_flaw){
            "probe-tcp",
            arena_printf(mem,
                         "it connects to port %s and hangs up: etcd logs 'rejected connection' "
                         "each time, and whether it serves is not asked",
                         probe->port),
            probe_remedy(mem, settings)};
    if (!probe->shows_certificate && asks_for_certificates(settings))
        return (struct probe_flaw){
            "probe-without-certificate",
            arena_printf(mem, "it shows no certificate to port %s, where etcd asks for one",
                         probe->port),
            probe_remedy(mem, settings)};
    return none;
}
