#include "cli/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/io.h"

static void
signals_set(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

static void
signals_ready(void *context, unsigned events UNUSED)
{
    struct signals *s = context;
    struct signalfd_siginfo info;

    if (read(s->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    signals_end(s);
    s->came(s->context, (int)info.ssi_signo);
}

bool
signals_begin(struct signals *s, struct loop *loop, signals_came *came, void *context,
              struct error *e)
{
    sigset_t set;

    signals_set(&set);
    *s = (struct signals){.loop = loop, .came = came, .context = context};
    s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->fd < 0)
        return error_set_errno(e, errno, "signalfd");
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    loop_watch_add(loop, &s->watch, s->fd, LOOP_READ, signals_ready, s);
    return true;
}

void
signals_end(struct signals *s)
{
    sigset_t set;

    if (s->fd < 0)
        return;
    loop_watch_remove(s->loop, &s->watch);
    fd_close(&s->fd);
    signals_set(&set);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
