/* Any text as a list of peer URLs and as an initial cluster: what is taken is printed and taken again,
 * with the same ids. */

#include "format/member_identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
urls_try(struct arena *tmp, const char *text)
{
    struct error e = ERROR_INIT;
    struct peer_urls urls;
    struct peer_urls again;
    const char *host;
    const char *port;

    if (!peer_urls_parse(tmp, text, &urls, &e)) {
        ASSERT(e.code == ERROR_USAGE || e.code == ERROR_LIMIT);
        return;
    }
    ASSERT(urls.count > 0);
    for (size_t i = 0; i < urls.count; i++)
        (void)peer_url_host_port(tmp, urls.items[i], &host, &port);
    ASSERT(peer_urls_parse(tmp, peer_urls_text(tmp, &urls), &again, &e));
    ASSERT(peer_urls_equal(&urls, &again));
    ASSERT(member_id_of(&urls, "t") == member_id_of(&again, "t"));
}

static void
cluster_try(struct arena *tmp, const char *text)
{
    struct error e = ERROR_INIT;
    struct initial_cluster cluster;
    struct initial_cluster again;

    if (!initial_cluster_parse(tmp, text, &cluster, &e)) {
        ASSERT(e.code == ERROR_USAGE || e.code == ERROR_LIMIT);
        return;
    }
    if (!initial_cluster_identify(&cluster, "t", &e))
        return;
    ASSERT(initial_cluster_parse(tmp, initial_cluster_text(tmp, &cluster), &again, &e));
    ASSERT(initial_cluster_identify(&again, "t", &e));
    ASSERT(again.count == cluster.count && again.cluster_id == cluster.cluster_id);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *text = arena_text_of_bytes(&tmp, bytes_of(data, size));

    urls_try(&tmp, text);
    cluster_try(&tmp, text);
    return 0;
}
