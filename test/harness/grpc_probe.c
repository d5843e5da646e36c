/*
 * The gRPC layer by itself, for test/e2e/net.bats. Endpoints and TLS files come from the ETCDCTL_
 * variables; settings from GRPC_PROBE_DEADLINE_MS, _KEEPALIVE_MS, _SERVER_NAME.
 *
 *   status           Status of all endpoints at once; a line for each, in the order of their answers:
 *                    "URL ok SIZE MS" or "URL WORD MS", and on stderr "WORD: text" and the hint
 *   snapshot         the first endpoint's database, thrown away: "BYTES bytes MS"
 *   snapshot-paused  the same, but pauses at the first message: "paused", goes on at a line of stdin
 *   crowd N          N snapshots that are never read, then a Status beside them, three times
 *   watch            a long-lived watch: "watching", until it ends
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "net/grpc.h"

enum { ENDPOINTS_MAX = 16 };

struct probe {
    struct arena mem;
    struct loop loop;
    struct grpc_channel_options options;
    struct tls_options tls;
    const char *endpoints[ENDPOINTS_MAX];
    size_t endpoint_count;
    int64_t deadline_ms;
    int64_t started_ms;
    struct grpc_channel *channel;
    struct grpc_call *call;
    struct loop_watch input;
    uint64_t bytes;
    size_t open_calls;
    bool pausing;
    bool failed;
    bool done;
};

static int64_t
setting_ms(const char *name)
{
    const char *text = getenv(name);

    return text != NULL ? (int64_t)strtoll(text, NULL, 10) : 0;
}

static void
settings_read(struct probe *p)
{
    char *urls = arena_text(&p->mem, getenv("ETCDCTL_ENDPOINTS"));
    char *url;

    while ((url = strsep(&urls, ",")) != NULL && p->endpoint_count < ENDPOINTS_MAX)
        p->endpoints[p->endpoint_count++] = url;
    p->tls = (struct tls_options){.ca_file = getenv("ETCDCTL_CACERT"),
                                  .cert_file = getenv("ETCDCTL_CERT"),
                                  .key_file = getenv("ETCDCTL_KEY"),
                                  .server_name = getenv("GRPC_PROBE_SERVER_NAME")};
    p->options.tls = tls_context_new(&p->mem, &p->tls);
    p->options.keepalive_time_ms = setting_ms("GRPC_PROBE_KEEPALIVE_MS");
    p->deadline_ms = setting_ms("GRPC_PROBE_DEADLINE_MS");
    p->started_ms = time_monotonic_ms();
}

static struct grpc_channel *
channel_open(struct probe *p, const char *url)
{
    struct grpc_channel *channel;
    struct error e = ERROR_INIT;

    p->options.endpoint = url;
    if (!grpc_channel_new(&p->mem, &p->loop, &p->options, &channel, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(2);
    }
    return channel;
}

static void
failure_print(struct probe *p, struct grpc_channel *channel, const struct grpc_result *result)
{
    struct error e = ERROR_INIT;
    const char *word = result->failure.kind != NET_FAILURE_NONE
                           ? net_failure_word(result->failure.kind)
                           : arena_printf(&p->mem, "status-%d", (int)result->status.code);

    p->failed = true;
    (void)grpc_result_error(channel, result, &e);
    fprintf(stderr, "%s: %s\n%s\n", word, e.text, error_hint_text(&e));
}

struct asked {
    struct probe *probe;
    struct grpc_channel *channel;
    size_t size;
};

static void
status_message(void *context, struct grpc_call *call UNUSED, struct bytes message)
{
    ((struct asked *)context)->size = message.size;
}

static void
status_end(void *context, struct grpc_call *call UNUSED, const struct grpc_result *result)
{
    const struct asked *asked = context;
    struct probe *p = asked->probe;
    bool ok = result->status.code == GRPC_OK && result->failure.kind == NET_FAILURE_NONE;

    if (!ok)
        failure_print(p, asked->channel, result);
    printf("%s %s %zu %" PRId64 "\n", grpc_channel_endpoint(asked->channel),
           ok ? "ok" : net_failure_word(result->failure.kind), asked->size,
           result->failure.elapsed_ms);
    p->done = --p->open_calls == 0;
}

static void
status_ask(struct probe *p, struct grpc_channel *channel)
{
    struct asked *asked = arena_zero(&p->mem, sizeof(*asked));
    struct grpc_call_options o = {.method = "/etcdserverpb.Maintenance/Status",
                                  .deadline_ms = p->deadline_ms > 0 ? p->deadline_ms : 5000,
                                  .on_message = status_message,
                                  .on_end = status_end,
                                  .context = asked};
    struct grpc_call *call;

    *asked = (struct asked){.probe = p, .channel = channel};
    p->open_calls++;
    call = grpc_call_start(channel, &o);
    grpc_call_send(call, BYTES_NONE);
    grpc_call_half_close(call);
}

static void
probe_run(struct probe *p)
{
    p->done = false;
    (void)loop_run(&p->loop, &p->done, LOOP_FOREVER);
}

static void
do_status(struct probe *p)
{
    for (size_t i = 0; i < p->endpoint_count; i++)
        status_ask(p, channel_open(p, p->endpoints[i]));
    probe_run(p);
}

static void
input_came(void *context, unsigned events UNUSED)
{
    struct probe *p = context;
    char line[16];

    if (read(STDIN_FILENO, line, sizeof(line)) >= 0)
        loop_watch_remove(&p->loop, &p->input);
    p->pausing = false;
    if (p->call != NULL)
        grpc_call_resume(p->call);
}

static void
stream_message(void *context, struct grpc_call *call, struct bytes message)
{
    struct probe *p = context;

    p->bytes += message.size;
    if (!p->pausing)
        return;
    grpc_call_pause(call);
    puts("paused");
}

static void
watch_message(void *context UNUSED, struct grpc_call *call UNUSED, struct bytes message UNUSED)
{
    puts("watching");
}

static void
stream_end(void *context, struct grpc_call *call UNUSED, const struct grpc_result *result)
{
    struct probe *p = context;

    p->call = NULL;
    p->done = true;
    if (result->status.code != GRPC_OK || result->failure.kind != NET_FAILURE_NONE)
        failure_print(p, p->channel, result);
}

static void
stream_start(struct probe *p, const char *method, grpc_on_message *on_message, bool long_lived)
{
    struct grpc_call_options o = {.method = method,
                                  .deadline_ms = p->deadline_ms,
                                  .long_lived = long_lived,
                                  .on_message = on_message,
                                  .on_end = stream_end,
                                  .context = p};

    p->channel = p->channel != NULL ? p->channel : channel_open(p, p->endpoints[0]);
    p->call = grpc_call_start(p->channel, &o);
}

static void
snapshot_start(struct probe *p)
{
    stream_start(p, "/etcdserverpb.Maintenance/Snapshot", stream_message, false);
    grpc_call_send(p->call, BYTES_NONE);
    grpc_call_half_close(p->call);
}

static void
do_snapshot(struct probe *p, bool paused)
{
    p->pausing = paused;
    if (paused)
        loop_watch_add(&p->loop, &p->input, STDIN_FILENO, LOOP_READ, input_came, p);
    snapshot_start(p);
    probe_run(p);
    loop_watch_remove(&p->loop, &p->input);
    printf("%" PRIu64 " bytes %" PRId64 "\n", p->bytes, time_monotonic_ms() - p->started_ms);
}

static void
do_crowd(struct probe *p, size_t count)
{
    p->pausing = true;
    for (size_t i = 0; i < count; i++)
        snapshot_start(p);
    for (int i = 0; i < 3; i++) {
        status_ask(p, p->channel);
        probe_run(p);
    }
}

static void
do_watch(struct probe *p)
{
    stream_start(p, "/etcdserverpb.Watch/Watch", watch_message, true);
    /* WatchRequest.create_request (1), its key (1) "k". */
    grpc_call_send(p->call, BYTES_LITERAL("\x0a\x03\x0a\x01k"));
    probe_run(p);
}

int
main(int argc, char **argv)
{
    struct probe p = {.mem = ARENA_INIT};
    const char *command = argc > 1 ? argv[1] : "";

    setvbuf(stdout, NULL, _IOLBF, 0);
    loop_init(&p.loop);
    settings_read(&p);
    if (strcmp(command, "status") == 0)
        do_status(&p);
    else if (strcmp(command, "snapshot") == 0)
        do_snapshot(&p, false);
    else if (strcmp(command, "snapshot-paused") == 0)
        do_snapshot(&p, true);
    else if (strcmp(command, "crowd") == 0 && argc > 2)
        do_crowd(&p, (size_t)strtoul(argv[2], NULL, 10));
    else if (strcmp(command, "watch") == 0)
        do_watch(&p);
    else
        return 2;
    arena_release(&p.mem);
    loop_release(&p.loop);
    return p.failed ? 1 : 0;
}
