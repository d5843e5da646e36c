/*
 * A client that writes over gRPC, for test/nodes/writer. Endpoints and TLS files come from the ETCDCTL_ variables.
 *
 *   grpc_writer NOTE RATE PREFIX    puts PREFIX00000001, 2, ... at that rate, until NOTE.stop is there
 *
 * NOTE has a line for each put that was acknowledged (test/nodes/writer says which), stdout one for each attempt that
 * was not: "refused: ...", "dropped: ...", "cut: ..." or "lost: ...", and one "late" for each put that took too long.
 *
 * It does what a fair client of etcd does. It stays at one endpoint until a call to that one fails, then takes the next.
 * A connection that is not ready in time is given up for the next endpoint (grpc-go: "happy eyeballs", 250 ms), and
 * nothing is sent over one on which the server has not spoken. A call that the server says it has not seen (GOAWAY with
 * a lower stream, no connection) is made again; so is one that was cut or ended as UNAVAILABLE ("cut"), since these puts
 * may be done twice, and one that was dropped by raft, which etcd says with another code. Any other end, and a put that
 * is not acknowledged within 10 s, is a write that failed.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/number.h"
#include "base/time.h"
#include "etcd/message/kv_message.h"
#include "etcd/message/message.h"
#include "net/grpc.h"

enum {
    ENDPOINTS_MOST = 32,
    PUTS_MOST = 512, /* under way; with so many no new one begins: no pile grows */
    CONNECT_TIMEOUT_MS = 250,
    PUT_TIMEOUT_MS = 10000, /* etcd gives up by itself after 7 s */
    PAUSE_MS = 20,          /* between attempts at one put */
};

struct writer;

struct put {
    struct writer *of;
    uint64_t number; /* 0: free */
    size_t chosen;   /* the writer's, when the attempt began */
    int64_t begun_ms, begun_wall_ms;
    unsigned refused, failed, dropped;
    int64_t revision;
    struct loop_timer pause;
};

struct writer {
    struct arena mem;
    struct loop loop;
    struct grpc_channel *channels[ENDPOINTS_MOST];
    size_t channel_count;
    size_t chosen;
    struct put puts[PUTS_MOST];
    size_t open;
    const char *prefix;
    const char *stop;
    FILE *note;
    uint64_t number;
    int64_t begun_us, apart_us;
    struct loop_timer tick;
    bool ending, done;
};

static void attempt(void *context);

/* --- one attempt --- */

static void
acknowledge(struct put *put)
{
    struct writer *w = put->of;

    if (time_monotonic_ms() - put->begun_ms > PUT_TIMEOUT_MS)
        printf("late\n");
    fprintf(w->note, "%" PRIu64 " %" PRId64 " %" PRId64 " %" PRId64 " %u %u %u %s\n", put->number,
            put->revision, put->begun_wall_ms, time_wall_ms(), put->refused, put->failed,
            put->dropped, grpc_channel_endpoint(w->channels[put->chosen % w->channel_count]));
    put->number = 0;
    w->open--;
    w->done = w->ending && w->open == 0;
}

/* To the next endpoint, unless another put has gone already. */
static void
again(struct put *put)
{
    struct writer *w = put->of;

    if (w->chosen == put->chosen)
        w->chosen++;
    loop_timer_set(&w->loop, &put->pause, loop_now_ms(&w->loop) + PAUSE_MS, attempt, put);
}

static void
put_message(void *context, struct grpc_call *call UNUSED, struct bytes message)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct put *put = context;
    struct etcd_put_response response;
    struct error e = ERROR_INIT;

    if (message_decode(&tmp, &etcd_put_response_message, message, &response, &e))
        put->revision = response.header.revision;
}

/* "lost" is what a client cannot mend by doing it again at once. */
static const char *
attempt_end(struct put *put, const struct grpc_result *result, const struct error *e)
{
    if (strstr(result->status.message, "raft proposal dropped") != NULL) {
        put->dropped++;
        return "dropped";
    }
    if (result->failure.kind != NET_FAILURE_NONE && result->failure.not_processed) {
        put->refused++;
        return "refused";
    }
    put->failed++;
    return e->code == ERROR_UNAVAILABLE || e->code == ERROR_CONNECTION ? "cut" : "lost";
}

static void
put_end(void *context, struct grpc_call *call UNUSED, const struct grpc_result *result)
{
    struct put *put = context;
    struct writer *w = put->of;
    struct error e = ERROR_INIT;

    if (result->failure.kind == NET_FAILURE_NONE && result->status.code == GRPC_OK &&
        put->revision > 0) {
        acknowledge(put);
        return;
    }
    (void)grpc_result_error(w->channels[put->chosen % w->channel_count], result, &e);
    printf("%s: %s\n", attempt_end(put, result, &e), e.text);
    again(put);
}

static void
attempt(void *context)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF message = BUF_INIT;
    struct put *put = context;
    struct writer *w = put->of;
    struct grpc_call_options o = {.method = "/etcdserverpb.KV/Put",
                                  .deadline_ms = PUT_TIMEOUT_MS,
                                  .when_open = true,
                                  .on_message = put_message,
                                  .on_end = put_end,
                                  .context = put};
    const char *value = arena_printf(&tmp, "%" PRIu64, put->number);
    const struct etcd_put_request request = {
        .key = bytes_of_text(arena_printf(&tmp, "%s%08" PRIu64, w->prefix, put->number)),
        .value = bytes_of_text(value),
    };
    struct grpc_call *call;

    put->chosen = w->chosen;
    put->revision = 0;
    message_encode(&message, &etcd_put_request_message, &request);
    call = grpc_call_start(w->channels[put->chosen % w->channel_count], &o);
    grpc_call_send(call, buf_bytes(&message));
    grpc_call_half_close(call);
}

/* --- all of them --- */

static struct put *
free_put(struct writer *w)
{
    for (size_t i = 0; i < PUTS_MOST; i++) {
        if (w->puts[i].number == 0)
            return &w->puts[i];
    }
    return NULL;
}

static bool
begin_one(struct writer *w)
{
    struct put *put = free_put(w);

    if (put == NULL)
        return false;
    *put = (struct put){.of = w,
                        .number = ++w->number,
                        .begun_ms = time_monotonic_ms(),
                        .begun_wall_ms = time_wall_ms()};
    w->open++;
    attempt(put);
    return true;
}

/* Those that are due. Who is late waits, and does not catch up. */
static void
tick(void *context)
{
    struct writer *w = context;

    if (access(w->stop, F_OK) == 0) {
        w->ending = true;
        w->done = w->open == 0;
        return;
    }
    while (w->begun_us + (int64_t)w->number * w->apart_us <= time_monotonic_us()) {
        if (!begin_one(w))
            w->begun_us += w->apart_us;
    }
    loop_timer_set(&w->loop, &w->tick, loop_now_ms(&w->loop) + w->apart_us / 1000, tick, w);
}

static void
channels_open(struct writer *w)
{
    const struct tls_options tls = {.ca_file = getenv("ETCDCTL_CACERT"),
                                    .cert_file = getenv("ETCDCTL_CERT"),
                                    .key_file = getenv("ETCDCTL_KEY")};
    struct grpc_channel_options o = {.tls = tls_context_new(&w->mem, &tls),
                                     .connect_timeout_ms = CONNECT_TIMEOUT_MS};
    char *urls = arena_text(&w->mem, getenv("ETCDCTL_ENDPOINTS"));
    struct error e = ERROR_INIT;

    while ((o.endpoint = strsep(&urls, ",")) != NULL && w->channel_count < ENDPOINTS_MOST) {
        if (!grpc_channel_new(&w->mem, &w->loop, &o, &w->channels[w->channel_count++], &e)) {
            fprintf(stderr, "%s\n", e.text);
            exit(2);
        }
    }
}

int
main(int argc, char **argv)
{
    static struct writer w = {.mem = ARENA_INIT};
    struct error e = ERROR_INIT;
    uint64_t rate;

    if (argc != 4 || !number_parse_u64(argv[2], &rate, &e) || rate == 0 || rate > 1000)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    loop_init(&w.loop);
    channels_open(&w);
    w.prefix = argv[3];
    w.stop = arena_printf(&w.mem, "%s.stop", argv[1]);
    w.note = fopen(argv[1], "we");
    if (w.note == NULL) {
        perror(argv[1]);
        return 1;
    }
    setvbuf(w.note, NULL, _IOLBF, 0);
    w.apart_us = (int64_t)(1000000 / rate);
    w.begun_us = time_monotonic_us();
    loop_timer_set(&w.loop, &w.tick, loop_now_ms(&w.loop), tick, &w);
    (void)loop_run(&w.loop, &w.done, LOOP_FOREVER);
    fclose(w.note);
    arena_release(&w.mem);
    loop_release(&w.loop);
    return 0;
}
