/* The terminal's echo is off only while a password is typed, and back on whatever happens. */

#include "cli/prompt.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/io.h"

enum { ANSWER_SIZE = PROMPT_ANSWER_MAX + 1 };

enum line { LINE_NONE, LINE_READ, LINE_TOO_LONG };

static bool
terminal_open(int *ret_fd)
{
    struct error ignored = ERROR_INIT;

    return file_open("/dev/tty", O_RDWR | O_NOCTTY, 0, ret_fd, &ignored);
}

/* One line without its end, byte by byte: what follows is somebody else's. */
static enum line
read_line(int fd, char ret_line[ANSWER_SIZE])
{
    size_t used = 0;
    bool ended = false;
    char c;

    while (!ended && read(fd, &c, 1) == 1) {
        ended = c == '\n';
        if (!ended && used < ANSWER_SIZE)
            ret_line[used++] = c;
    }
    if (used == ANSWER_SIZE)
        return LINE_TOO_LONG;
    if (used > 0 && ret_line[used - 1] == '\r')
        used--;
    ret_line[used] = '\0';
    return ended || used > 0 ? LINE_READ : LINE_NONE;
}

/*
 * Asks and reads with the echo off; signals that could end us in between wait until it is on again.
 * The question comes after the echo is gone: who types fast must not be seen, nor be lost.
 */
static enum line
ask_silently(int fd, const char *question, char *ret_line)
{
    struct termios old;
    struct termios silent;
    sigset_t block;
    sigset_t before;
    enum line line;

    if (tcgetattr(fd, &old) != 0)
        return LINE_NONE;
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
    line = read_line(fd, ret_line);
    tcsetattr(fd, TCSAFLUSH, &old);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return line;
}

/* As etcdctl does it when standard input is no terminal. */
static enum line
ask_input(const char *question, struct buf *out, char ret_line[ANSWER_SIZE])
{
    enum line line;

    buf_append_text(out, question);
    line = read_line(STDIN_FILENO, ret_line);
    buf_append_byte(out, '\n');
    return line;
}

static enum line
ask_terminal(const char *question, char ret_line[ANSWER_SIZE])
{
    AUTO_FD fd = -1;

    return terminal_open(&fd) ? ask_silently(fd, question, ret_line) : LINE_NONE;
}

/* The answer goes into a secret, and nowhere else. */
static enum line
ask(const char *question, bool of_input, struct buf *out, struct secret *ret_answer)
{
    char answer[ANSWER_SIZE] = "";
    enum line line = of_input ? ask_input(question, out, answer) : ask_terminal(question, answer);

    if (line == LINE_READ)
        secret_set(ret_answer, bytes_of_text(answer));
    explicit_bzero(answer, sizeof(answer));
    return line;
}

static bool
too_long(struct error *e)
{
    return error_set(e, ERROR_LIMIT, "a password of more than %d bytes cannot be typed",
                     PROMPT_ANSWER_MAX);
}

bool
prompt_password(const char *user, bool input_is_data, struct buf *out, struct secret *ret_password,
                struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    enum line line = LINE_NONE;

    if (!input_is_data && !isatty(STDIN_FILENO))
        line = ask("Password: ", true, out, ret_password);
    if (line == LINE_NONE)
        line = ask(arena_printf(&tmp, "Password of %s: ", user), false, out, ret_password);
    if (line == LINE_TOO_LONG)
        return too_long(e);
    if (line == LINE_READ)
        return true;
    error_set_(e, ERROR_AUTH, 0, "user '%s' needs a password, and there is nobody to ask", user);
    return error_hint(e, "set ETCDCTL_PASSWORD, or give --user NAME:PASSWORD");
}

bool
prompt_new_password(const char *user, struct buf *out, struct secret *ret_password, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_SECRET first = SECRET_INIT;
    AUTO_SECRET second = SECRET_INIT;
    const char *again = arena_printf(&tmp, "Type password of %s again for confirmation: ", user);
    bool of_input = !isatty(STDIN_FILENO);
    enum line line = ask(arena_printf(&tmp, "Password of %s: ", user), of_input, out, &first);

    if (line == LINE_TOO_LONG)
        return too_long(e);
    if (line == LINE_NONE || first.size == 0)
        return error_set(e, ERROR_USAGE, "empty password");
    if (ask(again, of_input, out, &second) != LINE_READ || strcmp(first.text, second.text) != 0)
        return error_set(e, ERROR_USAGE, "the two passwords differ");
    secret_set(ret_password, bytes_of_text(first.text));
    return true;
}

bool
prompt_read_word(const char *user, struct secret *ret_password, struct error *e)
{
    static const char blanks[] = " \t";
    char text[ANSWER_SIZE] = "";
    enum line line = read_line(STDIN_FILENO, text);
    const char *word = text + strspn(text, blanks);
    size_t size = strcspn(word, blanks);

    if (line == LINE_READ && size > 0)
        secret_set(ret_password, bytes_of(word, size));
    explicit_bzero(text, sizeof(text));
    if (line == LINE_TOO_LONG)
        return too_long(e);
    return size > 0 ||
           error_set(e, ERROR_USAGE, "empty password: standard input has none for user '%s'", user);
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
    if (read_line(fd, line) == LINE_READ &&
        (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0))
        return true;
    return error_set(e, ERROR_CANCELLED, "not confirmed, nothing was changed");
}
