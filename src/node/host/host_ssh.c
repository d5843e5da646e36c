/*
 * A host by way of ssh(1). The command's line becomes that of /bin/sh on the host, which writes a marker
 * to both of its streams before the command begins and its exit code behind it: so what login shells
 * print is told from what the command does, a command's own 255 from a connection that broke, and no
 * input is sent that a login shell's files could read.
 */
#include <string.h>

#include "base/evidence.h"
#include "base/hash.h"
#include "base/number.h"
#include "base/spawn.h"
#include "node/host/host_pipe.h"
#include "node/host/host_way.h"
#include "node/host/marker.h"
#include "node/host/shell_words.h"
#include "node/host/ssh_failure.h"

enum { MARK_BYTES = 8, SSH_FAILED = 255, SSH_ASK_MS = 30000, SAID_MOST = 200, OFFERED_MOST = 300 };

struct ssh_flow {
    struct host_pipe pipe;
    struct marker out;
    struct marker err;
    const char *end; /* what stands before the exit code */
};

static void
ssh_flow_release(struct ssh_flow *flow)
{
    host_pipe_release(&flow->pipe);
    marker_release(&flow->out);
    marker_release(&flow->err);
}

static bool
flow_input(void *context, void *ret_data, size_t most, size_t *ret_size, bool *ret_wait,
           struct error *e)
{
    struct ssh_flow *flow = context;

    *ret_size = 0;
    *ret_wait = !flow->out.seen;
    return !flow->out.seen || host_pipe_input(&flow->pipe, ret_data, most, ret_size, ret_wait, e);
}

static bool
flow_output(void *context, bool is_error, struct bytes part, struct error *e)
{
    struct ssh_flow *flow = context;
    struct bytes rest;

    marker_pass(is_error ? &flow->err : &flow->out, part, &rest);
    return host_pipe_output(&flow->pipe, is_error, rest, e);
}

/* The options that make ssh predictable; whatever else the operator has configured holds. */
static const char *const fixed_options[] = {
    "BatchMode=yes",           "ServerAliveInterval=5", "ServerAliveCountMax=2",
    "ClearAllForwardings=yes", "ForwardAgent=no",       "ForwardX11=no",
    "PermitLocalCommand=no",   "RemoteCommand=none",    "EscapeChar=none",
};

struct words {
    ARRAY(const char *) list;
};

static void
option_push(struct arena *mem, struct words *words, const char *option, const char *value)
{
    *ARRAY_PUSH(mem, &words->list) = option;
    *ARRAY_PUSH(mem, &words->list) = value;
}

static const char *const *
ssh_vector(struct arena *mem, const struct host *host, const char *log_level, const char *line)
{
    struct words words = {0};

    *ARRAY_PUSH(mem, &words.list) = "ssh";
    *ARRAY_PUSH(mem, &words.list) = "-T";
    if (host->config != NULL)
        option_push(mem, &words, "-F", host->config);
    for (size_t i = 0; i < sizeof(fixed_options) / sizeof(fixed_options[0]); i++)
        option_push(mem, &words, "-o", fixed_options[i]);
    option_push(mem, &words, "-o", arena_printf(mem, "LogLevel=%s", log_level));
    option_push(mem, &words, "-o",
                arena_printf(mem, "ConnectTimeout=%lld",
                             (long long)(host->connect_timeout_ms + 999) / 1000));
    option_push(mem, &words, "-o",
                host->control != NULL ? "ControlMaster=auto" : "ControlMaster=no");
    option_push(
        mem, &words, "-o",
        arena_printf(mem, "ControlPath=%s", host->control != NULL ? host->control : "none"));
    option_push(mem, &words, "-o", arena_printf(mem, "ControlPersist=%d", HOST_PERSIST_S));
    if (host->user != NULL)
        option_push(mem, &words, "-l", host->user);
    if (host->port != NULL)
        option_push(mem, &words, "-p", host->port);
    *ARRAY_PUSH(mem, &words.list) = "--";
    option_push(mem, &words, host->name, line);
    *ARRAY_PUSH(mem, &words.list) = NULL;
    return words.list.items;
}

/* The key files and agent's keys of "debug1: Offering public key: PATH TYPE SHA256:... [agent]". */
static const char *
offered_keys(struct arena *mem, const char *said)
{
    static const char word[] = "Offering public key: ";
    const char *all = "";

    for (const char *at = strstr(said, word); at != NULL; at = strstr(at, word)) {
        at += sizeof(word) - 1;
        all = arena_printf(mem, "%s%s%.*s", all, all[0] != '\0' ? ", " : "",
                           (int)strcspn(at, "\r\n"), at);
        if (strlen(all) > OFFERED_MOST)
            return arena_printf(mem, "%.*s...", OFFERED_MOST, all);
    }
    return all;
}

/* Logs in once more, in vain, to hear which keys are tried. */
static const char *
offered_ask(struct arena *mem, const struct host *host)
{
    struct host alone = *host;
    struct spawn_request request = {.timeout_ms = SSH_ASK_MS,
                                    .output_max = 256 << 10,
                                    .interruptible = true,
                                    .dies_with_parent = true};
    struct spawn_result result;
    struct error e = ERROR_INIT;

    alone.control = NULL;
    request.argv = ssh_vector(mem, &alone, "DEBUG1", "true");
    if (!spawn_run(mem, &request, &result, &e))
        return NULL;
    return offered_keys(mem, (const char *)result.err.data);
}

static bool
connection_failed(const struct host *host, const struct ssh_flow *flow, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct buf *all = flow->err.seen ? &flow->pipe.err : &flow->err.before;
    const char *said = arena_text_of_bytes(&tmp, buf_bytes(all));
    struct ssh_target target = {.name = host->name, .user = host->user, .port = host->port};

    if (!flow->err.seen && ssh_failure_is_permission(said))
        target.offered = offered_ask(&tmp, host);
    (void)ssh_failure(&target, said, e);
    if (!flow->out.seen && !flow->err.seen)
        return false;
    return error_append(e, "the connection was lost while '%s' ran", flow->pipe.command->argv[0]);
}

/* It ended well, as ssh sees it, but our line has never been run. */
static bool
login_failed(const struct host *host, const struct ssh_flow *flow, int exit_code, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct buf *printed = flow->out.before.size > 0 ? &flow->out.before : &flow->err.before;
    const char *text = arena_text_of_bytes(&tmp, buf_bytes(printed));

    error_set_(
        e, ERROR_FAILED, 0,
        "%s: the login shell of user '%s' ended with exit code %d and did not run the command",
        host->name, host->user != NULL ? host->user : "of ssh's configuration", exit_code);
    if (text[0] != '\0')
        error_append_(e, "it printed: %.*s%s", SAID_MOST, text,
                      strlen(text) > SAID_MOST ? "..." : "");
    evidence_begin(e, "login-shell");
    return error_hint(
        e, "the user needs a shell that runs commands, and files of it (.bashrc, .zshenv, "
           "ForceCommand of sshd) that let it");
}

/* Takes the exit code's line off the error's end; false when it is not there. */
static bool
exit_code_take(struct ssh_flow *flow, int *ret_code)
{
    struct buf *err = &flow->pipe.err;
    size_t size = strlen(flow->end);
    const char *found = NULL;
    struct error e = ERROR_INIT;
    char digits[4] = "";
    uint32_t code;

    for (const char *at = buf_text(err);
         (at = memmem(at, err->size - (size_t)(at - (const char *)err->data), flow->end, size)) !=
         NULL;
         at++)
        found = at;
    if (found == NULL)
        return false;
    for (size_t i = 0; i < 3 && found[size + i] >= '0' && found[size + i] <= '9'; i++)
        digits[i] = found[size + i];
    if (!number_parse_u32(digits, &code, &e) || code > 255)
        return false;
    err->size = (size_t)(found - (const char *)err->data);
    *ret_code = (int)code;
    return true;
}

/* The whole line for the host. */
static bool
line_make(struct arena *mem, const struct host *host, const char *mark, const char *const *argv,
          const char *program, const char **ret_line, struct error *e)
{
    AUTO_BUF inner = BUF_INIT;
    AUTO_BUF line = BUF_INIT;

    buf_printf(&inner,
               "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH; cd /; echo %s-begin; "
               "echo %s-begin >&2; ",
               mark, mark);
    shell_words(&inner, argv);
    buf_printf(&inner, "; echo %s-end $? >&2", mark);
    shell_login_line(&line, buf_bytes(&inner));
    if (line.size >= SHELL_LINE_MOST)
        return error_set(e, ERROR_LIMIT,
                         "%s: the arguments of '%s' are too long for a command line", host->name,
                         program);
    *ret_line = arena_text_of_bytes(mem, buf_bytes(&line));
    return true;
}

static const char *
mark_make(struct arena *mem)
{
    uint8_t random[MARK_BYTES];
    char hex[2 * MARK_BYTES + 1];

    random_bytes(random, sizeof(random));
    hex_encode(random, sizeof(random), hex);
    return arena_printf(mem, "quorate-%s", hex);
}

static bool
run_ssh(struct arena *mem, const struct host *host, const char *const *argv,
        const struct host_command *command, struct host_result *ret_result, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    __attribute__((cleanup(ssh_flow_release))) struct ssh_flow flow = {0};
    const char *mark = mark_make(&tmp);
    struct spawn_flow hooks = {.context = &flow,
                               .input = flow_input,
                               .output = flow_output,
                               .stall_ms = command->stall_ms};
    struct spawn_request request = {.flow = &hooks,
                                    .timeout_ms = host_patience_ms(host, command),
                                    .interruptible = !command->despite_interrupt,
                                    .dies_with_parent = true};
    struct spawn_result end;
    const char *line;
    int code;

    host_pipe_init(&flow.pipe, command);
    flow.out.text = flow.err.text = arena_printf(&tmp, "%s-begin\n", mark);
    flow.end = arena_printf(&tmp, "%s-end ", mark);
    if (!line_make(&tmp, host, mark, argv, command->argv[0], &line, e))
        return false;
    request.argv = ssh_vector(&tmp, host, "INFO", line);
    if (!spawn_run(&tmp, &request, &end, e))
        return false;
    if (flow.err.seen && exit_code_take(&flow, &code)) {
        host_pipe_result(mem, &flow.pipe, code, ret_result);
        return true;
    }
    if (end.exit_code == SSH_FAILED || flow.err.seen)
        return connection_failed(host, &flow, e);
    return login_failed(host, &flow, end.exit_code, e);
}

const struct host_way host_way_ssh = {.run = run_ssh};
