#include "node/host/host.h"

#include <string.h>

#include "base/evidence.h"
#include "base/failpoint.h"
#include "base/time.h"
#include "node/host/host_url.h"
#include "node/host/host_way.h"
#include "node/host/ssh_runtime.h"

/* What timeout(1) of GNU coreutils ends with: the time was over, it cannot run the program, there is
 * no such program, the program or it was killed. */
enum { ENDED_IN_TIME = 124, CANNOT_RUN = 126, NO_PROGRAM = 127, KILLED = 137 };

enum { CONNECTION_SLACK_MS = 20000 };

#define NO_PROGRAM_TEXT "timeout: failed to run command"

const char *
host_name(const struct host *host)
{
    return host->name;
}

const char *
host_url(const struct host *host)
{
    return host->url;
}

const char *
host_user(const struct host *host)
{
    return host->login;
}

bool
host_is_local(const struct host *host)
{
    return host->way == &host_way_local;
}

static int64_t
time_of(const struct host_command *command)
{
    return command->timeout_ms > 0 ? command->timeout_ms : HOST_COMMAND_MS;
}

int64_t
host_patience_ms(const struct host *host, const struct host_command *command)
{
    return time_of(command) + HOST_KILL_MS + host->connect_timeout_ms + CONNECTION_SLACK_MS;
}

/* The vector behind what ends it in time and, if it must be, makes it root's. */
static const char *const *
whole_vector(struct arena *mem, const struct host *host, const struct host_command *command)
{
    const char *const root[] = {"sudo", "-n", "--", "env", "LC_ALL=C", NULL};
    const char *const timed[] = {"timeout", "-k", arena_printf(mem, "%d", HOST_KILL_MS / 1000),
                                 arena_printf(mem, "%lld.%03lld",
                                              (long long)(time_of(command) / 1000),
                                              (long long)(time_of(command) % 1000)),
                                 NULL};
    const char *const *const parts[] = {root, timed, command->argv};
    ARRAY(const char *) whole = ARRAY_INIT;

    for (size_t part = host->become && !command->as_login_user ? 0 : 1; part < 3; part++) {
        for (const char *const *word = parts[part]; *word != NULL; word++)
            *ARRAY_PUSH(mem, &whole) = *word;
    }
    *ARRAY_PUSH(mem, &whole) = NULL;
    return whole.items;
}

/* The last line that is not blank. */
static const char *
last_line(struct arena *mem, struct bytes text)
{
    size_t end = text.size;
    size_t begin;

    while (end > 0 &&
           (text.data[end - 1] == '\n' || text.data[end - 1] == '\r' || text.data[end - 1] == ' '))
        end--;
    for (begin = end; begin > 0 && text.data[begin - 1] != '\n';)
        begin--;
    return arena_text_of_bytes(mem, bytes_of(text.data + begin, end - begin));
}

static bool
says(const struct host_result *result, const char *text)
{
    return strstr((const char *)result->err.data, text) != NULL;
}

/* Why sudo did not run the command; true when it did. */
static bool
sudo_judge(const struct host *host, const struct host_result *result, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (result->exit_code == 0)
        return true;
    if (says(result, "sudo: a password is required") ||
        says(result, "sudo: a terminal is required") || says(result, "you must have a tty")) {
        error_set_(e, ERROR_PERMISSION, 0, "%s: sudo wants a password from user '%s'", host->name,
                   host->login);
        evidence_begin(e, "sudo-password");
        return error_hint(e,
                          "allow it without: '%s ALL=(ALL) NOPASSWD: ALL' in a file of "
                          "/etc/sudoers.d (visudo -f), or log in as root",
                          host->login);
    }
    if (says(result, "is not in the sudoers file") || says(result, "is not allowed to") ||
        says(result, "may not run sudo")) {
        error_set_(e, ERROR_PERMISSION, 0, "%s: sudo does not let user '%s' become root: %s",
                   host->name, host->login, last_line(&tmp, result->err));
        evidence_begin(e, "sudo-not-allowed");
        return error_hint(e, "see 'sudo -l' there; it must allow all commands as root");
    }
    if (result->exit_code == NO_PROGRAM && says(result, "sudo: ") && says(result, "not found")) {
        error_set_(e, ERROR_NOT_FOUND, 0, "%s: there is no 'sudo'", host->name);
        evidence_begin(e, "command-not-found");
        return error_hint(e, "install sudo there, or log in as root");
    }
    return true;
}

static bool
not_run(const struct host *host, const char *program, const struct host_result *result,
        struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (result->exit_code == NO_PROGRAM) {
        error_set_(e, ERROR_NOT_FOUND, 0, "%s: there is no '%s'", host->name, program);
        evidence_begin(e, "command-not-found");
        return false;
    }
    return error_set(e, ERROR_PERMISSION, "%s: '%s' cannot be run: %s", host->name, program,
                     last_line(&tmp, result->err));
}

static bool
judge(const struct host *host, const struct host_command *command, int64_t took_ms,
      const struct host_result *result, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    int code = result->exit_code;

    if (host->become && !command->as_login_user && !sudo_judge(host, result, e))
        return false;
    if ((code == ENDED_IN_TIME || code == KILLED) && took_ms >= time_of(command)) {
        error_set_(e, ERROR_TIMEOUT, 0, "%s: '%s' took longer than %s, and was ended", host->name,
                   command->argv[0], duration_human(&tmp, time_of(command)));
        evidence_begin(e, "command-timeout");
        return false;
    }
    if ((code == CANNOT_RUN || code == NO_PROGRAM) && says(result, NO_PROGRAM_TEXT))
        return not_run(host, command->argv[0], result, e);
    if (code == NO_PROGRAM && says(result, "timeout: ") && says(result, "not found"))
        return not_run(host, "timeout", result, e) || error_hint(e, "install GNU coreutils there");
    return true;
}

/* Our own patience ended: what is known, and what is not. */
static bool
unanswered(const struct host *host, const struct host_command *command, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (e->code != ERROR_TIMEOUT || e->cause != NULL)
        return false;
    if (command->stall_ms > 0 && strstr(e->text, "nothing has moved") != NULL)
        error_set_(e, ERROR_TIMEOUT, 0, "%s: nothing has moved to or from '%s' for %s", host->name,
                   command->argv[0], duration_human(&tmp, command->stall_ms));
    else
        error_set_(e, ERROR_TIMEOUT, 0, "%s: no answer from '%s' after %s", host->name,
                   command->argv[0], duration_human(&tmp, host_patience_ms(host, command)));
    evidence_begin(e, "unanswered");
    return error_hint(e, "whether it ran is not known; it ends there after %s at the latest",
                      duration_human(&tmp, time_of(command) + HOST_KILL_MS));
}

bool
host_run(struct arena *mem, const struct host *host, const struct host_command *command,
         struct host_result *ret_result, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_result result = {0};
    int64_t begin_ms = time_monotonic_ms();

    if (!host->way->run(mem, host, whole_vector(&tmp, host, command), command, &result, e))
        return unanswered(host, command, e);
    if (FAILPOINT(host_ran))
        return error_set(e, ERROR_CONNECTION, "%s: the connection was lost while '%s' ran",
                         host->name, command->argv[0]);
    if (!judge(host, command, time_monotonic_ms() - begin_ms, &result, e))
        return false;
    *ret_result = result;
    return true;
}

bool
host_failure(const struct host *host, const struct host_result *result, struct error *e)
{
    static const struct {
        const char *text;
        enum error_code code;
    } known[] = {
        {"No space left on device", ERROR_NO_SPACE},
        {"Disk quota exceeded", ERROR_NO_SPACE},
        {"Permission denied", ERROR_PERMISSION},
        {"Operation not permitted", ERROR_PERMISSION},
        {"Read-only file system", ERROR_PERMISSION},
        {"No such file or directory", ERROR_NOT_FOUND},
        {"No such process", ERROR_NOT_FOUND}, /* a file of /proc whose process has ended */
        {"Not a directory", ERROR_NOT_FOUND},
        {"File exists", ERROR_EXISTS},
        {"Input/output error", ERROR_IO},
    };
    AUTO_ARENA tmp = ARENA_INIT;
    const char *line = last_line(&tmp, result->err);

    if (line[0] == '\0')
        return error_set(e, ERROR_FAILED, "%s: exit code %d", host->name, result->exit_code);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (says(result, known[i].text))
            return error_set(e, known[i].code, "%s: %s", host->name, line);
    }
    return error_set(e, ERROR_FAILED, "%s: %s", host->name, line);
}

bool
host_run_well(struct arena *mem, const struct host *host, const struct host_command *command,
              struct host_result *ret_result, struct error *e)
{
    struct host_result result = {0};

    if (!host_run(mem, host, command, &result, e))
        return false;
    if (result.exit_code != 0)
        return host_failure(host, &result, e);
    *ret_result = result;
    return true;
}

/* "uid=1000(etcd) gid=..." */
static const char *
login_of(struct arena *mem, struct bytes id)
{
    char *text = arena_text_of_bytes(mem, id);
    char *open = strchr(text, '(');
    char *close = open != NULL ? strchr(open, ')') : NULL;

    if (close != NULL)
        return arena_printf(mem, "%.*s", (int)(close - open - 1), open + 1);
    return arena_printf(mem, "%.*s", (int)strcspn(text, " \n"), text);
}

/* Who we are there, and whether root is to be had. */
static bool
introduce(struct arena *mem, struct host *host, bool become, struct error *e)
{
    const char *const who[] = {"id", NULL};
    struct host_command command = {.argv = who, .as_login_user = true};
    struct host_result result = {0};

    if (!host_run_well(mem, host, &command, &result, e))
        return false;
    host->login = login_of(mem, result.out);
    host->become = become && !bytes_starts_with(result.out, BYTES_LITERAL("uid=0("));
    command.as_login_user = false;
    return !host->become || host_run_well(mem, host, &command, &result, e);
}

bool
host_open(struct arena *mem, const char *url, const struct host_options *options,
          struct host **ret_host, struct error *e)
{
    const struct host_options none = {0};
    struct host *host = arena_zero(mem, sizeof(*host));
    struct host_url parts;

    if (options == NULL)
        options = &none;
    if (!host_url_parse(mem, url, &parts, e))
        return false;
    *host = (struct host){.way = parts.is_local ? &host_way_local : &host_way_ssh,
                          .url = arena_text(mem, url),
                          .name = parts.host,
                          .user = parts.user,
                          .port = parts.port,
                          .config = options->ssh_config,
                          .connect_timeout_ms = options->connect_timeout_ms > 0
                                                    ? options->connect_timeout_ms
                                                    : HOST_CONNECT_MS};
    if (!parts.is_local &&
        !ssh_runtime_socket(mem, options->runtime_dir, url, options->ssh_config, &host->control, e))
        return false;
    if (!introduce(mem, host, options->become, e))
        return false;
    *ret_host = host;
    return true;
}
