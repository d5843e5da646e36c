#include "ops/tls_shown.h"

#include <string.h>

#include "base/time.h"
#include "net/endpoint.h"
#include "net/tls_presented.h"
#include "pki/certificate.h"

enum { AGAIN_MS = 500, HANDSHAKE_MS = 5000 };

static bool
one_shows(struct arena *mem, const struct endpoint *endpoint, const struct tls_presented *presented,
          const struct certificate *wanted, struct error *e)
{
    struct certificate shown;

    if (presented->chain_count == 0)
        return error_set(e, ERROR_VERIFY, "%s: %s", endpoint->url, presented->failure.text);
    if (!certificate_decode(mem, presented->chain[0], &shown, e))
        return error_wrap(e, "%s", endpoint->url);
    return strcmp(shown.fingerprint, wanted->fingerprint) == 0 ||
           error_set(e, ERROR_VERIFY, "%s shows the certificate with serial number %s, not %s",
                     endpoint->url, shown.serial, wanted->serial);
}

/* We need no certificate to see theirs. */
static bool
all_show(const struct inventory_urls *urls, const struct certificate *wanted, struct error *e)
{
    static const struct tls_options options = {.insecure_skip_verify = true};
    AUTO_ARENA tmp = ARENA_INIT;
    struct endpoint *endpoints = arena_zero(&tmp, (urls->count + 1) * sizeof(*endpoints));
    struct tls_presented *presented = arena_zero(&tmp, (urls->count + 1) * sizeof(*presented));
    struct tls_context *tls = tls_context_new(&tmp, &options);
    size_t count = 0;

    if (!tls_context_load(tls, e))
        return false;
    for (size_t i = 0; i < urls->count; i++) {
        if (!endpoint_parse(&tmp, urls->items[i], true, &endpoints[count], e))
            return false;
        count += endpoints[count].tls;
    }
    tls_presented_fetch(&tmp, endpoints, count, tls, HANDSHAKE_MS, presented);
    for (size_t i = 0; i < count; i++) {
        if (!one_shows(&tmp, &endpoints[i], &presented[i], wanted, e))
            return false;
    }
    return true;
}

bool
tls_shown_wait(const struct inventory_urls *urls, const char *cert_path, int64_t deadline_ms,
               struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct certificates wanted;

    if (!certificates_load(&tmp, cert_path, &wanted, e))
        return false;
    while (!all_show(urls, &wanted.items[0], e)) {
        if (time_monotonic_ms() + AGAIN_MS > deadline_ms)
            return false;
        error_clear(e);
        time_sleep_ms(AGAIN_MS);
    }
    return true;
}
