#include "cli/live/live_signals.h"

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
    sigaddset(set, SIGQUIT);
    sigaddset(set, SIGHUP);
}

bool
live_signals_begin(struct live_signals *s, struct error *e)
{
    sigset_t set;

    signals_set(&set);
    *s = (struct live_signals){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (s->fd < 0)
        return error_set_errno(e, errno, "signalfd");
    sigprocmask(SIG_BLOCK, &set, NULL);
    return true;
}

bool
live_signals_check(struct live_signals *s)
{
    struct signalfd_siginfo info;

    if (s->came == 0 && read(s->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        s->came = (int)info.ssi_signo;
    return s->came != 0;
}

void
live_signals_end(struct live_signals *s)
{
    sigset_t set;

    if (s->fd < 0)
        return;
    fd_close(&s->fd);
    if (s->came != 0)
        signal(s->came, SIG_DFL);
    signals_set(&set);
    if (s->came != 0)
        raise(s->came);
    sigprocmask(SIG_UNBLOCK, &set, NULL); /* here it comes */
}
