#include "net/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/un.h>

#include "base/arena.h"
#include "base/io.h"

/* Shared by the loop's thread and the asking one; whoever is last frees it. */
struct resolve_job {
    struct arena mem;
    atomic_int holders;
    int event_fd;
    const char *host;
    char port[8];
    int gai_error;
    int sys_errno;
    struct address_list list;
};

void
address_text(const struct address *a, char *ret_text, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "?";
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)&a->socket;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)&a->socket;
    const struct sockaddr_un *local = (const struct sockaddr_un *)(const void *)&a->socket;

    switch (a->socket.ss_family) {
    case AF_INET:
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
        snprintf(ret_text, size, "%s:%u", host, ntohs(v4->sin_port));
        break;
    case AF_INET6:
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
        snprintf(ret_text, size, "[%s]:%u", host, ntohs(v6->sin6_port));
        break;
    default:
        snprintf(ret_text, size, "%s", local->sun_path);
        break;
    }
}

static void
address_of_path(const char *path, struct address *ret_address)
{
    struct sockaddr_un *local = (struct sockaddr_un *)(void *)&ret_address->socket;

    local->sun_family = AF_UNIX;
    snprintf(local->sun_path, sizeof(local->sun_path), "%s", path);
    ret_address->size = sizeof(*local);
}

static bool
address_of_v6(const char *host, uint16_t port, struct address *ret_address)
{
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&ret_address->socket;
    const char *scope = strchr(host, '%');
    char bare[INET6_ADDRSTRLEN] = "";
    size_t size = scope != NULL ? (size_t)(scope - host) : strlen(host);

    if (size >= sizeof(bare))
        return false;
    snprintf(bare, sizeof(bare), "%.*s", (int)size, host);
    if (inet_pton(AF_INET6, bare, &v6->sin6_addr) != 1)
        return false;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    v6->sin6_scope_id = scope != NULL ? if_nametoindex(scope + 1) : 0;
    ret_address->size = sizeof(*v6);
    return true;
}

bool
address_of_endpoint(const struct endpoint *ep, struct address_list *ret_list)
{
    struct address *a = &ret_list->items[0];
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&a->socket;

    *ret_list = (struct address_list){.count = 1};
    if (ep->path != NULL) {
        address_of_path(ep->path, a);
        return true;
    }
    if (inet_pton(AF_INET, ep->host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(ep->port);
        a->size = sizeof(*v4);
        return true;
    }
    return address_of_v6(ep->host, ep->port, a);
}

static void
job_drop(struct resolve_job *job)
{
    if (atomic_fetch_sub(&job->holders, 1) == 1) {
        struct arena mem = job->mem;

        fd_close(&job->event_fd);
        arena_release(&mem);
    }
}

static void
job_ask(struct resolve_job *job)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;

    job->gai_error = getaddrinfo(job->host, job->port, &hints, &found);
    job->sys_errno = job->gai_error == EAI_SYSTEM ? errno : 0;
    if (job->gai_error != 0)
        return;
    for (const struct addrinfo *i = found; i != NULL && job->list.count < ADDRESS_MAX;
         i = i->ai_next) {
        struct address *a = &job->list.items[job->list.count];

        if (i->ai_addrlen > sizeof(a->socket))
            continue;
        memcpy(&a->socket, i->ai_addr, i->ai_addrlen);
        a->size = i->ai_addrlen;
        job->list.count++;
    }
    freeaddrinfo(found);
}

static void *
job_thread(void *context)
{
    struct resolve_job *job = context;

    job_ask(job);
    /* Fails only when the counter is full, and it is 0. */
    (void)eventfd_write(job->event_fd, 1);
    job_drop(job);
    return NULL;
}

static void
resolve_ready(void *context, unsigned events UNUSED)
{
    struct resolve *r = context;
    struct resolve_job *job = r->job;

    loop_watch_remove(r->loop, &r->watch);
    r->job = NULL;
    r->done(r->context, &job->list, job->gai_error, job->sys_errno);
    job_drop(job);
}

/* The thread takes no signals: they belong to the program's own thread. */
static int
thread_start(struct resolve_job *job)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    int failed;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&thread, &attributes, job_thread, job);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed;
}

bool
resolve_start(struct resolve *r, struct loop *loop, const struct endpoint *ep, resolved *done,
              void *context)
{
    struct arena mem = ARENA_INIT;
    struct resolve_job *job = arena_zero(&mem, sizeof(*job));
    int failed;

    job->host = arena_text(&mem, ep->host);
    snprintf(job->port, sizeof(job->port), "%u", ep->port);
    job->mem = mem;
    atomic_init(&job->holders, 2);
    job->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    failed = job->event_fd < 0 ? errno : thread_start(job);
    if (failed != 0) {
        atomic_store(&job->holders, 1);
        job_drop(job);
        errno = failed;
        return false;
    }
    *r = (struct resolve){.loop = loop, .job = job, .done = done, .context = context};
    loop_watch_add(loop, &r->watch, job->event_fd, LOOP_READ, resolve_ready, r);
    return true;
}

void
resolve_stop(struct resolve *r)
{
    if (r->job == NULL)
        return;
    loop_watch_remove(r->loop, &r->watch);
    job_drop(r->job);
    r->job = NULL;
}
