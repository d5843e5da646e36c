/* The terminal's echo is off only while a password is typed, and back on whatever happens. */

#include "cli/prompt.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <termios.h>

#include "base/arena.h"
#include "base/io.h"

enum { ANSWER_SIZE = 1024 };

static bool
terminal_open(int *ret_fd)
{
    struct error ignored = ERROR_INIT;

    return file_open("/dev/tty", O_RDWR | O_NOCTTY, 0, ret_fd, &ignored);
}

/* One line without its end; false at the end of the input. */
static bool
read_line(int fd, char *ret_line, size_t size)
{
    size_t used = 0;
    char c;

    while (read(fd, &c, 1) == 1) {
        if (c == '\n') {
            ret_line[used] = '\0';
            return true;
        }
        if (used + 1 < size)
            ret_line[used++] = c;
    }
    return false;
}

/*
 * Asks and reads with the echo off; signals that could end us in between wait until it is on again.
 * The question comes after the echo is gone: who types fast must not be seen, nor be lost.
 */
static bool
ask_silently(int fd, const char *question, char *ret_line, size_t size)
{
    struct termios old;
    struct termios silent;
    sigset_t block;
    sigset_t before;
    bool ok;

    if (tcgetattr(fd, &old) != 0)
        return false;
    silent = old;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ISIG);
    silent.c_lflag |= ECHONL;
    sigemptyset(&block);
    sigaddset(&block, SIGINT);
    sigaddset(&block, SIGTERM);
    sigaddset(&block, SIGTSTP);
    sigprocmask(SIG_BLOCK, &block, &before);
    tcsetattr(fd, TCSAFLUSH, &silent);
    dprintf(fd, "%s", question);
    ok = read_line(fd, ret_line, size);
    tcsetattr(fd, TCSAFLUSH, &old);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return ok;
}

bool
prompt_password(const char *user, struct secret *ret_password, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_FD fd = -1;
    char line[ANSWER_SIZE] = "";
    bool ok;

    if (!terminal_open(&fd)) {
        error_set_(e, ERROR_AUTH, 0, "user '%s' needs a password, and there is no terminal to ask",
                   user);
        return error_hint(e, "set ETCDCTL_PASSWORD, or give --user NAME:PASSWORD");
    }
    ok = ask_silently(fd, arena_printf(&tmp, "Password of %s: ", user), line, sizeof(line));
    if (ok)
        secret_set(ret_password, bytes_of_text(line));
    explicit_bzero(line, sizeof(line));
    return ok || error_set(e, ERROR_CANCELLED, "no password was typed");
}

bool
prompt_yes(const char *text, struct error *e)
{
    AUTO_FD fd = -1;
    char line[ANSWER_SIZE];

    if (!terminal_open(&fd)) {
        error_set_(e, ERROR_REFUSED, 0, "there is no terminal to ask: %s", text);
        return error_hint(e, "add --yes to go on without being asked");
    }
    dprintf(fd, "%s [y/N] ", text);
    if (read_line(fd, line, sizeof(line)) &&
        (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0))
        return true;
    return error_set(e, ERROR_CANCELLED, "not confirmed, nothing was changed");
}
