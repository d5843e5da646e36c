#include "net/endpoint.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

static const char *const schemes[] = {"http://", "https://", "unix://", "unixs://"};

bool
host_is_address(const char *host)
{
    char bare[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];
    size_t size = strcspn(host, "%"); /* fe80::1%eth0 */

    if (inet_pton(AF_INET, host, address) == 1)
        return true;
    if (size >= sizeof(bare))
        return false;
    memcpy(bare, host, size);
    bare[size] = '\0';
    return inet_pton(AF_INET6, bare, address) == 1;
}

static bool
port_parse(const char *url, const char *text, uint16_t *ret_port, struct error *e)
{
    unsigned port = 0;

    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || port > UINT16_MAX)
            return error_set(e, ERROR_USAGE, "endpoint '%s': '%s' is no port", url, text);
        port = port * 10 + (unsigned)(*c - '0');
    }
    if (port == 0 || port > UINT16_MAX)
        return error_set(e, ERROR_USAGE, "endpoint '%s': '%s' is no port", url, text);
    *ret_port = (uint16_t)port;
    return true;
}

/* Bytes that could end the HTTP header the name is put into, or that no name has. */
static bool
host_is_clean(const char *host)
{
    for (const char *c = host; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || strchr("/?#@\\[]\"", *c))
            return false;
    }
    return host[0] != '\0';
}

/* Splits "HOST:PORT[/]" or "[V6]:PORT[/]". */
static bool
authority_parse(struct arena *mem, const char *text, struct endpoint *ep, struct error *e)
{
    char *host = arena_text(mem, text);
    size_t size = strlen(host);
    char *colon;

    if (size > 0 && host[size - 1] == '/')
        host[size - 1] = '\0';
    colon = strrchr(host, ':');
    if (colon == NULL || (host[0] == '[' && colon[-1] != ']'))
        return error_set(e, ERROR_USAGE, "endpoint '%s': no port", ep->url) ||
               error_hint(e, "etcd's client port is 2379 unless it was changed");
    ep->authority = arena_text(mem, host);
    *colon = '\0';
    if (host[0] == '[') {
        colon[-1] = '\0';
        host++;
    } else if (strchr(host, ':') != NULL) {
        return error_set(e, ERROR_USAGE, "endpoint '%s': an IPv6 address needs brackets", ep->url);
    }
    if (!host_is_clean(host))
        return error_set(e, ERROR_USAGE, "endpoint '%s': '%s' is no host name", ep->url, host);
    ep->host = host;
    return port_parse(ep->url, colon + 1, &ep->port, e);
}

static bool
socket_parse(struct arena *mem, const char *path, struct endpoint *ep, struct error *e)
{
    size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

    if (path[0] == '\0')
        return error_set(e, ERROR_USAGE, "endpoint '%s': no path", ep->url);
    if (strlen(path) > most)
        return error_set(e, ERROR_USAGE, "endpoint '%s': the path is longer than %zu bytes",
                         ep->url, most);
    ep->path = arena_text(mem, path);
    ep->authority = "localhost";
    return true;
}

bool
endpoint_parse(struct arena *mem, const char *url, bool tls_by_default,
               struct endpoint *ret_endpoint, struct error *e)
{
    struct endpoint ep = {.url = arena_text(mem, url), .tls = tls_by_default};
    const char *rest = url;
    size_t scheme;

    for (scheme = 0; scheme < 4; scheme++) {
        if (strncmp(url, schemes[scheme], strlen(schemes[scheme])) == 0)
            break;
    }
    if (scheme < 4) {
        ep.tls = scheme % 2 == 1;
        rest += strlen(schemes[scheme]);
    } else if (strstr(url, "://") != NULL) {
        return error_set(e, ERROR_USAGE,
                         "endpoint '%s': the scheme is none of http, https, unix, unixs", url);
    }
    if (scheme == 2 || scheme == 3) {
        if (!socket_parse(mem, rest, &ep, e))
            return false;
    } else if (!authority_parse(mem, rest, &ep, e)) {
        return false;
    }
    *ret_endpoint = ep;
    return true;
}
