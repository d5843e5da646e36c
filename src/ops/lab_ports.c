#include "ops/lab_ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/hash.h"
#include "base/io.h"
#include "cluster/inventory_lab.h"
#include "ops/lab.h"

/* Linux gives outgoing connections 32768-60999 (net.ipv4.ip_local_port_range). */
enum { PORT_FIRST = 20000, PORT_COUNT = 12000, TRIES = 5000 };

void
lab_ports_release(struct lab_ports *ports)
{
    for (size_t i = 0; i < ports->count; i++)
        fd_close(&ports->fds[i]);
    ports->count = 0;
}

static bool
port_bind(uint16_t port, int *ret_fd)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };

    *ret_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*ret_fd >= 0 && bind(*ret_fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return true;
    fd_close(ret_fd);
    return false;
}

bool
lab_ports_hold(struct lab_ports *ports, size_t count,
               bool (*is_taken)(void *context, uint16_t port), void *context, struct error *e)
{
    ASSERT(ports->count + count <= LAB_PORTS_MOST);
    for (unsigned tries = 0; count > 0; tries++) {
        uint16_t random;
        uint16_t port;

        if (tries == TRIES)
            return error_set(e, ERROR_LIMIT, "no free port on 127.0.0.1 between %d and %d",
                             PORT_FIRST, PORT_FIRST + PORT_COUNT - 1);
        random_bytes(&random, sizeof(random));
        port = (uint16_t)(PORT_FIRST + random % PORT_COUNT);
        if ((is_taken != NULL && is_taken(context, port)) ||
            !port_bind(port, &ports->fds[ports->count]))
            continue;
        ports->numbers[ports->count++] = port;
        count--;
    }
    return true;
}

/* Ports of other labs: their members may be down, and come back. */
struct other_labs {
    ARRAY(const struct inventory *) labs;
};

static bool
port_in_urls(const struct inventory_urls *urls, const char *suffix)
{
    size_t length = strlen(suffix);

    for (size_t i = 0; i < urls->count; i++) {
        size_t size = strlen(urls->items[i]);

        if (size >= length && strcmp(urls->items[i] + size - length, suffix) == 0)
            return true;
    }
    return false;
}

static bool
port_is_taken(void *context, uint16_t port)
{
    const struct other_labs *others = context;
    char suffix[8];

    snprintf(suffix, sizeof(suffix), ":%u", port);
    for (size_t i = 0; i < others->labs.count; i++) {
        const struct inventory *lab = others->labs.items[i];

        for (size_t k = 0; k < lab->members.count; k++) {
            if (port_in_urls(&lab->members.items[k].client_urls, suffix) ||
                port_in_urls(&lab->members.items[k].peer_urls, suffix))
                return true;
        }
    }
    return false;
}

bool
lab_ports_choose(const char *state_dir, size_t count, struct lab_ports *ports, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct other_labs others = {0};
    const char **names;
    size_t name_count;

    if (!lab_list(&tmp, state_dir, &names, &name_count, e))
        return false;
    for (size_t i = 0; i < name_count; i++) {
        struct error ignored = ERROR_INIT;
        struct inventory *lab;

        /* One that cannot be read keeps its ports to itself. */
        if (inventory_load_lab(&tmp, state_dir, names[i], &lab, &ignored))
            *ARRAY_PUSH(&tmp, &others.labs) = lab;
    }
    return lab_ports_hold(ports, count, port_is_taken, &others, e);
}

bool
lab_port_is_free(uint16_t port)
{
    AUTO_FD fd = -1;

    return port_bind(port, &fd);
}
