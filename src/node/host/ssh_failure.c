#include "node/host/ssh_failure.h"

#include <string.h>

#include "base/arena.h"
#include "base/evidence.h"

struct failure {
    const char *said;
    enum error_code code;
    const char *cause;
    const char *hint;
};

#define HINT_REACH "is the host up, and may port and address be reached from here?"
#define HINT_LOST                                                                                  \
    "is the host up, and does its sshd take more connections (MaxStartups, a ban by fail2ban)? "   \
    "see "                                                                                         \
    "'journalctl -u ssh' there; what was begun there may be done or not: look again"

/* The first that is said counts. What stands for itself is shown as ssh put it. */
static const struct failure failures[] = {
    {"Could not resolve hostname", ERROR_CONNECTION, "name-not-found",
     "check the name, or name its address in ssh's configuration (Host, HostName)"},
    {"Connection refused", ERROR_CONNECTION, "refused",
     "does sshd run there, and on this port? ('systemctl status ssh', 'ss -ltn')"},
    {"No route to host", ERROR_CONNECTION, "unreachable", HINT_REACH},
    {"Network is unreachable", ERROR_CONNECTION, "unreachable", HINT_REACH},
    {"Connection timed out", ERROR_CONNECTION, "unreachable", HINT_REACH},
    {"Operation timed out", ERROR_CONNECTION, "unreachable", HINT_REACH},
    {"Unable to negotiate", ERROR_AUTH, "no-common-algorithm",
     "one side is much older than the other; see ssh_config(5), KexAlgorithms and "
     "HostKeyAlgorithms"},
    {"Bad owner or permissions on", ERROR_USAGE, "ssh-configuration", ""},
    {"Bad configuration option", ERROR_USAGE, "ssh-configuration", ""},
    {"Can't open user config file", ERROR_USAGE, "ssh-configuration", ""},
    {"terminating,", ERROR_USAGE, "ssh-configuration", ""},
    {"not responding", ERROR_CONNECTION, "connection-lost", HINT_REACH},
    {"Connection closed", ERROR_CONNECTION, "connection-lost", HINT_LOST},
    {"Connection reset", ERROR_CONNECTION, "connection-lost", HINT_LOST},
    {"closed by remote host", ERROR_CONNECTION, "connection-lost", HINT_LOST},
    {"Broken pipe", ERROR_CONNECTION, "connection-lost", HINT_LOST},
};

/* The line of 'said' that holds 'word'; else its last line. */
static const char *
line_with(struct arena *mem, const char *said, const char *word)
{
    const char *at = word != NULL ? strstr(said, word) : NULL;
    size_t size = strlen(said);

    while (size > 0 && (said[size - 1] == '\n' || said[size - 1] == '\r' || said[size - 1] == ' '))
        size--;
    if (at == NULL)
        at = said + size;
    while (at > said && at[-1] != '\n')
        at--;
    return arena_printf(mem, "%.*s", (int)strcspn(at, "\r\n"), at);
}

static const char *
known_hosts_name(struct arena *mem, const struct ssh_target *target)
{
    if (target->port == NULL || strcmp(target->port, "22") == 0)
        return target->name;
    return arena_printf(mem, "[%s]:%s", target->name, target->port);
}

static const char *
login_command(struct arena *mem, const struct ssh_target *target)
{
    return arena_printf(mem, "ssh %s%s%s%s%s", target->port != NULL ? "-p " : "",
                        target->port != NULL ? target->port : "", target->port != NULL ? " " : "",
                        target->user != NULL ? arena_printf(mem, "%s@", target->user) : "",
                        target->name);
}

/* "Offending ED25519 key in /home/op/.ssh/known_hosts:3" */
static bool
host_key_changed(const struct ssh_target *target, const char *said, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *offending = strstr(said, "Offending ");
    const char *file = offending != NULL ? strstr(offending, " in ") : NULL;
    int size = file != NULL ? (int)strcspn(file + 4, ":\r\n") : 0;
    int all = file != NULL ? (int)strcspn(file + 4, "\r\n") : 0;

    error_set_(e, ERROR_AUTH, 0, "%s: its host key is not the one that %.*s has", target->name,
               file != NULL ? all : 16, file != NULL ? file + 4 : "ssh's known_hosts");
    evidence_begin(e, "host-key-changed");
    return error_hint(
        e,
        "was the host set up anew? Then 'ssh-keygen -f \"%.*s\" -R \"%s\"', and '%s' once, "
        "comparing the new key; if not, somebody may stand between",
        file != NULL ? size : 18, file != NULL ? file + 4 : "~/.ssh/known_hosts",
        known_hosts_name(&tmp, target), login_command(&tmp, target));
}

static bool
host_key_unknown(const struct ssh_target *target, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    error_set_(e, ERROR_AUTH, 0, "%s: its host key is not known here", target->name);
    evidence_begin(e, "host-key-unknown");
    return error_hint(e,
                      "run '%s' once and compare the fingerprint with what 'ssh-keygen -lf "
                      "/etc/ssh/ssh_host_ed25519_key.pub' shows on the host",
                      login_command(&tmp, target));
}

bool
ssh_failure_is_permission(const char *said)
{
    return strstr(said, ": Permission denied (") != NULL ||
           strstr(said, "Too many authentication failures") != NULL;
}

/* "root@db1: Permission denied (publickey,password)." */
static bool
permission_denied(const struct ssh_target *target, const char *said, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    bool too_many = strstr(said, "Too many authentication failures") != NULL;
    const char *line =
        line_with(&tmp, said, too_many ? "Too many authentication" : ": Permission denied (");
    const char *at = strrchr(line, '@');
    const char *user = target->user != NULL ? target->user
                       : !too_many && at != NULL
                           ? arena_printf(&tmp, "%.*s", (int)(at - line), line)
                           : "of ssh's configuration";
    const char *why = too_many ? "too many keys were offered"
                      : strstr(line, "Permission denied") != NULL
                          ? strstr(line, "Permission denied")
                          : line;

    error_set_(e, ERROR_AUTH, 0, "%s: user '%s' may not log in: %.*s", target->name, user,
               (int)(strlen(why) - (why[0] != '\0' && why[strlen(why) - 1] == '.')), why);
    evidence_begin(e, "permission-denied");
    if (target->offered != NULL && target->offered[0] != '\0')
        return error_hint(e, "offered: %s; one of them must be in ~%s/.ssh/authorized_keys there",
                          target->offered, user);
    return error_hint(
        e, "ssh has no key to offer: load one (ssh-add), or name it in ssh's configuration "
           "(IdentityFile); nothing is asked for here");
}

bool
ssh_failure(const struct ssh_target *target, const char *said, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (strstr(said, "HOST IDENTIFICATION HAS CHANGED") != NULL)
        return host_key_changed(target, said, e);
    if (strstr(said, "Host key verification failed") != NULL)
        return host_key_unknown(target, e);
    if (ssh_failure_is_permission(said))
        return permission_denied(target, said, e);
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        const struct failure *f = &failures[i];

        if (strstr(said, f->said) == NULL)
            continue;
        error_set_(e, f->code, 0, "%s: %s", target->name, line_with(&tmp, said, f->said));
        evidence_begin(e, f->cause);
        return error_hint(e, "%s", f->hint);
    }
    error_set_(e, ERROR_CONNECTION, 0, "%s: ssh failed%s%s", target->name,
               said[0] != '\0' ? ": " : "", line_with(&tmp, said, NULL));
    evidence_begin(e, "connection-lost");
    return error_hint(e, "try by hand, ssh tells more then: %s true",
                      arena_printf(&tmp, "ssh -v%s", login_command(&tmp, target) + strlen("ssh")));
}
