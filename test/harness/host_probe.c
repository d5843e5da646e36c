/*
 * A host by itself (node/host), for test/nodes: one call a run, facts on stdout. What runs on it is service_probe's.
 * An error is
 * "WORD CAUSE: TEXT", its hint behind, on stderr, with exit code 1; what the observer hears goes to
 * stderr, a line each. The host is PROBE_HOST; PROBE_BECOME=yes runs commands by sudo; PROBE_OWNER is
 * a path whose owner and mode what is sent gets; PROBE_TIMEOUT_MS is for run.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "node/host/host_facts.h"
#include "node/host/host_tree.h"

enum { READ_MOST = 16 << 20 };

struct probe {
    struct arena mem;
    const struct host *host;
    char **args; /* behind the call, NULL at the end */
    struct error e;
};

static void
progress_print(void *context, const char *what, const char *unit, uint64_t done, uint64_t total)
{
    (void)context;
    fprintf(stderr, "progress: %s %" PRIu64 " of %" PRIu64 " %s\n", what, done, total,
            unit != NULL ? unit : "bytes");
}

static const struct observer watching = {.progress = progress_print};

/* What a new file or directory is to be like; NULL without PROBE_OWNER. */
static bool
pattern(struct probe *p, const struct host_file **ret_like)
{
    const char *path = getenv("PROBE_OWNER");
    struct host_file *like = NULL;

    if (path != NULL) {
        like = arena_zero(&p->mem, sizeof(*like));
        if (!host_file_look(&p->mem, p->host, path, like, &p->e))
            return false;
    }
    *ret_like = like;
    return true;
}

/* run ARGUMENT... */
static bool
run(struct probe *p)
{
    const char *timeout = getenv("PROBE_TIMEOUT_MS");
    struct host_command command = {
        .argv = (const char *const *)p->args,
        .timeout_ms = timeout != NULL ? (int64_t)strtoll(timeout, NULL, 10) : 0,
    };
    struct host_result result;

    if (!host_run(&p->mem, p->host, &command, &result, &p->e))
        return false;
    fwrite(result.out.data, 1, result.out.size, stdout);
    printf("exit %d\n", result.exit_code);
    return true;
}

/* look PATH */
static bool
look(struct probe *p)
{
    static const char *const kinds[] = {"nothing", "file", "dir", "link", "other"};
    struct host_file file;

    if (!host_file_look(&p->mem, p->host, p->args[0], &file, &p->e))
        return false;
    printf("%s %s:%s %o %" PRIu64 "\n", kinds[file.kind], file.owner, file.group,
           (unsigned)file.mode, file.size_bytes);
    return true;
}

/* cat PATH */
static bool
cat(struct probe *p)
{
    struct bytes content;

    if (!host_file_read(&p->mem, p->host, p->args[0], READ_MOST, &content, &p->e))
        return false;
    fwrite(content.data, 1, content.size, stdout);
    return true;
}

/* replace PATH TEXT */
static bool
replace(struct probe *p)
{
    struct host_file_new file = {.path = p->args[0]};

    return pattern(p, &file.like) &&
           host_file_replace(p->host, &file, bytes_of_text(p->args[1]), &p->e);
}

/* send FILE PATH */
static bool
send_file(struct probe *p)
{
    struct host_file_new file = {.path = p->args[1]};
    struct stat status;
    int fd = open(p->args[0], O_RDONLY | O_CLOEXEC);
    bool ok;

    if (fd < 0 || fstat(fd, &status) != 0)
        return error_set(&p->e, ERROR_IO, "cannot open '%s'", p->args[0]);
    ok = pattern(p, &file.like) &&
         host_file_send(p->host, &file, fd, (uint64_t)status.st_size, p->args[0], &watching, &p->e);
    close(fd);
    return ok;
}

/* fetch PATH FILE */
static bool
fetch_file(struct probe *p)
{
    int fd = open(p->args[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok;

    if (fd < 0)
        return error_set(&p->e, ERROR_IO, "cannot make '%s'", p->args[1]);
    ok = host_file_fetch(p->host, p->args[0], fd, p->args[1], &watching, &p->e);
    close(fd);
    return ok;
}

/* send-tree DIR PATH */
static bool
send_tree(struct probe *p)
{
    const struct host_file *like;

    return pattern(p, &like) &&
           host_tree_send(p->host, p->args[0], p->args[1], like, "probe", &watching, &p->e);
}

/* move FROM TO */
static bool
move(struct probe *p)
{
    return host_tree_move(p->host, p->args[0], p->args[1], &p->e);
}

static bool
facts(struct probe *p)
{
    struct host_facts got;

    if (!host_facts_fetch(&p->mem, p->host, &got, &p->e))
        return false;
    printf("user %s\nhostname %s\nboot %s\nclock %" PRId64 " +- %" PRId64 " ms\n",
           host_user(p->host), got.hostname, got.boot_id, got.clock_offset_ms,
           got.clock_uncertainty_ms);
    for (size_t i = 0; i < got.port_count; i++)
        printf("port %u\n", got.ports[i]);
    return true;
}

/* disk PATH */
static bool
disk(struct probe *p)
{
    struct host_disk got;

    if (!host_disk_look(&p->mem, p->host, p->args[0], &got, &p->e))
        return false;
    printf("%" PRIu64 " of %" PRIu64 " at %s\n", got.free_bytes, got.size_bytes, got.exists);
    return true;
}

static const struct call {
    const char *name;
    int args;
    bool (*run)(struct probe *);
} calls[] = {
    {"run", 1, run},
    {"look", 1, look},
    {"cat", 1, cat},
    {"replace", 2, replace},
    {"send", 2, send_file},
    {"fetch", 2, fetch_file},
    {"send-tree", 2, send_tree},
    {"move", 2, move},
    {"facts", 0, facts},
    {"disk", 1, disk},
};

static const struct call *
call_find(const char *name, int args)
{
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (strcmp(name, calls[i].name) == 0 && args >= calls[i].args)
            return &calls[i];
    }
    fprintf(stderr, "host_probe: no such call\n");
    exit(2);
}

int
main(int argc, char **argv)
{
    struct probe p = {.args = argv + 2};
    const struct call *call = call_find(argc > 1 ? argv[1] : "", argc - 2);
    const struct host_options options = {.become = getenv("PROBE_BECOME") != NULL};
    const char *url = getenv("PROBE_HOST");
    struct host *host = NULL;
    bool ok = host_open(&p.mem, url != NULL ? url : "local:", &options, &host, &p.e);

    p.host = host;
    ok = ok && call->run(&p);
    if (!ok)
        fprintf(stderr, "%s %s: %s\n%s\n", error_code_word(p.e.code),
                p.e.cause != NULL ? p.e.cause : "-", p.e.text, error_hint_text(&p.e));
    arena_release(&p.mem);
    return ok ? 0 : 1;
}
