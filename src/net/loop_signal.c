#include "net/loop_signal.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void
signal_ready(void *context, unsigned events UNUSED)
{
    struct loop_signal *s = context;
    struct signalfd_siginfo info;

    if (s->caught != 0 || read(s->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    s->caught = (int)info.ssi_signo;
    loop_watch_change(&s->watch, 0);
    sigprocmask(SIG_SETMASK, &s->before, NULL);
    s->came(s->context);
}

static void
signal_add(sigset_t *signals, int number)
{
    struct sigaction action;

    if (sigaction(number, NULL, &action) != 0 || action.sa_handler != SIG_IGN)
        sigaddset(signals, number);
}

bool
loop_signal_begin(struct loop_signal *s, struct loop *loop, void (*came)(void *context),
                  void *context, struct error *e)
{
    sigset_t signals;

    *s = (struct loop_signal){.loop = loop, .came = came, .context = context};
    sigemptyset(&signals);
    signal_add(&signals, SIGINT);
    signal_add(&signals, SIGTERM);
    s->fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->fd < 0)
        return error_set_errno(e, errno, "signalfd");
    sigprocmask(SIG_BLOCK, &signals, &s->before);
    loop_watch_add(loop, &s->watch, s->fd, LOOP_READ, signal_ready, s);
    return true;
}

void
loop_signal_end(struct loop_signal *s)
{
    loop_watch_remove(s->loop, &s->watch);
    close(s->fd);
    sigprocmask(SIG_SETMASK, &s->before, NULL);
}

void
loop_signal_die(const struct loop_signal *s)
{
    signal(s->caught, SIG_DFL);
    raise(s->caught);
    _exit(128 + s->caught);
}
