#include "node/local_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* The bytes of an address, without port; NULL for other families. */
static const void *
address_bytes(const struct sockaddr *a, size_t *ret_size)
{
    if (a != NULL && a->sa_family == AF_INET) {
        *ret_size = sizeof(struct in_addr);
        return &((const struct sockaddr_in *)(const void *)a)->sin_addr;
    }
    if (a != NULL && a->sa_family == AF_INET6) {
        *ret_size = sizeof(struct in6_addr);
        return &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
    }
    return NULL;
}

/* All of 127.0.0.0/8 is here, though an interface names only one of it. */
static bool
is_loopback(const struct sockaddr *a)
{
    return a->sa_family == AF_INET &&
           ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr) >> 24 == 127;
}

static bool
is_ours(const struct sockaddr *a, const struct ifaddrs *interfaces)
{
    size_t size;
    const void *bytes = address_bytes(a, &size);

    if (bytes == NULL || is_loopback(a))
        return bytes != NULL;
    for (const struct ifaddrs *i = interfaces; i != NULL; i = i->ifa_next) {
        size_t other_size;
        const void *other = address_bytes(i->ifa_addr, &other_size);

        if (other != NULL && other_size == size && memcmp(other, bytes, size) == 0)
            return true;
    }
    return false;
}

static const char *
foreign_find(struct arena *mem, const struct addrinfo *found, const struct ifaddrs *interfaces)
{
    char text[INET6_ADDRSTRLEN] = "";
    size_t size;

    for (const struct addrinfo *a = found; a != NULL; a = a->ai_next) {
        if (is_ours(a->ai_addr, interfaces))
            continue;
        inet_ntop(a->ai_family, address_bytes(a->ai_addr, &size), text, sizeof(text));
        return arena_text(mem, text);
    }
    return NULL;
}

bool
local_address_check(struct arena *mem, const char *host, const char **ret_foreign, struct error *e)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    struct ifaddrs *interfaces;
    int failed;

    if (getifaddrs(&interfaces) != 0)
        return error_set_errno(e, errno, "the addresses of this machine");
    failed = getaddrinfo(host, NULL, &hints, &found);
    if (failed == 0) {
        *ret_foreign = foreign_find(mem, found, interfaces);
        freeaddrinfo(found);
    }
    freeifaddrs(interfaces);
    return failed == 0 || error_set(e, ERROR_NOT_FOUND, "'%s': %s", host, gai_strerror(failed));
}
