#include "sshd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/spawn.h"
#include "base/time.h"
#include "expect.h"

enum { START_MS = 15000 };

#define SSHD_PROGRAM "/usr/sbin/sshd"

/* What stands before a host's key in authorized_keys: sshd runs it instead of what was asked for. */
static const struct {
    const char *name;
    const char *shell; /* the host is there when this is; NULL: always */
    const char *command;
} hosts[] = {
    {"box", NULL, NULL},
    {"noisy", NULL,
     "echo Welcome to noisy; printf no-line-end; echo stty: not a tty >&2; timeout 0.2 cat "
     ">/dev/null; eval \\\"$SSH_ORIGINAL_COMMAND\\\""},
    {"bash", "/bin/bash", "exec bash -c \\\"$SSH_ORIGINAL_COMMAND\\\""},
    {"zsh", "/bin/zsh", "exec zsh -c \\\"$SSH_ORIGINAL_COMMAND\\\""},
    {"fish", "/usr/bin/fish", "exec fish -c \\\"$SSH_ORIGINAL_COMMAND\\\""},
    {"csh", "/bin/csh", "exec csh -c \\\"$SSH_ORIGINAL_COMMAND\\\""},
    {"nologin", NULL, "echo This account is currently not available.; exit 1"},
};

enum { HOSTS = sizeof(hosts) / sizeof(hosts[0]) };

/* Runs a shell script; its failure is the test's. */
static void
shell(const char *script)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct spawn_request request = {.argv = (const char *const[]){"sh", "-ec", script, NULL},
                                    .timeout_ms = 60000,
                                    .output_max = 10000};
    struct spawn_result result;
    struct error e = ERROR_INIT;

    EXPECT_OK(spawn_run(&tmp, &request, &result, &e));
    if (result.exit_code != 0)
        fail_msg("%s: %s", script, (const char *)result.err.data);
}

static unsigned
free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void
file_write(const char *path, const char *text)
{
    struct error e = ERROR_INIT;

    EXPECT_OK(file_replace(path, bytes_of_text(text), 0600, &e));
}

static void
keys_make(struct sshd *sshd)
{
    struct buf script = BUF_INIT;

    buf_printf(
        &script,
        "cd %s; for key in host_key other_key keyless; do ssh-keygen -q -t ed25519 -N '' -f $key; "
        "done\n",
        sshd->dir);
    for (size_t i = 0; i < HOSTS; i++) {
        buf_printf(&script, "ssh-keygen -q -t ed25519 -N '' -f %s\n", hosts[i].name);
        if (hosts[i].command != NULL)
            buf_printf(&script, "printf '%%s ' >>authorized_keys 'command=\"%s\"'\n",
                       hosts[i].command);
        buf_printf(&script, "cat %s.pub >>authorized_keys\n", hosts[i].name);
    }
    buf_printf(&script,
               "{ printf '[127.0.0.1]:%u '; cat host_key.pub; } >known_hosts\n"
               "{ printf '[127.0.0.1]:%u '; cat other_key.pub; } >impostor_hosts\n"
               ": >no_hosts\n",
               sshd->port, sshd->port);
    shell(buf_text(&script));
    buf_release(&script);
}

static void
client_host(struct buf *text, const struct sshd *sshd, const char *name, unsigned port,
            const char *key, const char *known)
{
    buf_printf(text,
               "Host %s\n HostName 127.0.0.1\n Port %u\n IdentityFile %s/%s\n"
               " UserKnownHostsFile %s/%s\n",
               name, port, sshd->dir, key, sshd->dir, known);
}

static void
configs_write(struct sshd *sshd)
{
    struct buf text = BUF_INIT;

    buf_printf(&text,
               "Port %u\nListenAddress 127.0.0.1\nHostKey %s/host_key\nPidFile none\n"
               "AuthorizedKeysFile %s/authorized_keys\nStrictModes no\nUsePAM no\n"
               "PasswordAuthentication no\nKbdInteractiveAuthentication no\nMaxStartups 100\n"
               "PermitRootLogin yes\nUseDNS no\nSetEnv PATH=%s/bin:/usr/bin:/bin\n",
               sshd->port, sshd->dir, sshd->dir, sshd->dir);
    file_write(arena_printf(&sshd->mem, "%s/sshd_config", sshd->dir), buf_text(&text));
    buf_clear(&text);
    for (size_t i = 0; i < HOSTS; i++)
        client_host(&text, sshd, hosts[i].name, sshd->port, hosts[i].name, "known_hosts");
    client_host(&text, sshd, "keyless", sshd->port, "keyless", "known_hosts");
    client_host(&text, sshd, "stranger", sshd->port, "box", "no_hosts");
    client_host(&text, sshd, "impostor", sshd->port, "box", "impostor_hosts");
    client_host(&text, sshd, "nobody", free_port(), "box", "known_hosts");
    buf_append_text(&text, "Host *\n IdentitiesOnly yes\n IdentityAgent none\n"
                           " GlobalKnownHostsFile /dev/null\n");
    sshd->config = arena_printf(&sshd->mem, "%s/ssh_config", sshd->dir);
    file_write(sshd->config, buf_text(&text));
    buf_release(&text);
}

static bool
port_answers(const struct sshd *sshd)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)},
                                  .sin_port = htons((uint16_t)sshd->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answers = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;

    close(fd);
    return answers;
}

void
sshd_start(struct sshd *sshd)
{
    struct error e = ERROR_INIT;
    int64_t deadline = time_monotonic_ms() + START_MS;
    char dir[] = "/tmp/qh-XXXXXX";

    *sshd = (struct sshd){.mem = ARENA_INIT};
    if (access(SSHD_PROGRAM, X_OK) != 0) {
        sshd->why_not = "no " SSHD_PROGRAM " (openssh-server)";
        return;
    }
    assert_non_null(mkdtemp(dir));
    sshd->dir = arena_text(&sshd->mem, dir);
    sshd->runtime_dir = arena_printf(&sshd->mem, "%s/run", dir);
    sshd->port = free_port();
    keys_make(sshd);
    configs_write(sshd);
    if (geteuid() == 0)
        shell("mkdir -p /run/sshd");
    EXPECT_OK(spawn_start(
        &(struct spawn_child){
            .argv = (const char *const[]){SSHD_PROGRAM, "-D", "-e", "-f",
                                          arena_printf(&sshd->mem, "%s/sshd_config", dir), NULL},
            .stdin_fd = -1,
            .stdout_fd = -1,
            .stderr_fd = open(arena_printf(&sshd->mem, "%s/sshd.log", dir),
                              O_CREAT | O_WRONLY | O_CLOEXEC, 0600),
            .dies_with_parent = true},
        &sshd->pid, &e));
    while (!port_answers(sshd)) {
        if (time_monotonic_ms() > deadline)
            fail_msg("sshd does not listen; see %s/sshd.log", dir);
        time_sleep_ms(20);
    }
}

/* Each connection has two processes of sshd, which carry its command line. */
void
sshd_cut(const struct sshd *sshd)
{
    AUTO_ARENA tmp = ARENA_INIT;

    /* The children of our sshd, and theirs: no others. */
    shell(arena_printf(
        &tmp,
        "for a in $(cat /proc/%d/task/%d/children); do "
        "b=$(cat /proc/$a/task/$a/children 2>/dev/null) || true; kill -9 $a $b || true; done",
        sshd->pid, sshd->pid));
}

void
sshd_stop(struct sshd *sshd)
{
    struct error e = ERROR_INIT;

    if (sshd->pid > 0) {
        sshd_cut(sshd);
        kill(-sshd->pid, SIGKILL);
        waitpid(sshd->pid, NULL, 0);
    }
    if (sshd->dir != NULL)
        EXPECT_OK(tree_remove(sshd->dir, &e));
    arena_release(&sshd->mem);
}

struct host_options
sshd_options(const struct sshd *sshd)
{
    return (struct host_options){.runtime_dir = sshd->runtime_dir, .ssh_config = sshd->config};
}

struct host *
sshd_host(struct arena *mem, const struct sshd *sshd, const char *name)
{
    struct host_options options = sshd_options(sshd);
    struct host *host;
    struct error e = ERROR_INIT;

    EXPECT_OK(host_open(mem, arena_printf(mem, "ssh://%s", name), &options, &host, &e));
    return host;
}
