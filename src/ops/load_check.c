#include "ops/load_check.h"

#include <string.h>
#include <sys/resource.h>

#include "base/hash.h"
#include "base/time.h"
#include "etcd/kv.h"
#include "etcd/maintenance.h"
#include "etcd/pipeline.h"
#include "ops/load_pacer.h"

enum {
    RANDOM_BYTES = 10, /* as many as etcdctl's varint of a random number has at most */
    FILES_BESIDE = 64, /* standard streams, the loop's own */
    TELL_EVERY_MS = 250,
};

static const struct load_model models[] = {
    {"s", "small", 50, 150, 10000},
    {"m", "medium", 200, 1000, 100000},
    {"l", "large", 500, 8000, 1000000},
    {"xl", "xLarge", 1000, 15000, 3000000},
};

const struct load_model *
load_model_find(const char *name)
{
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        if (strcmp(name, models[i].name) == 0 || strcmp(name, models[i].long_name) == 0)
            return &models[i];
    }
    return NULL;
}

/* Failing to raise it is no error: what lacks a connection in the end says so by itself. */
static void
files_allow(rlim_t count)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= count)
        return;
    limit.rlim_cur = limit.rlim_max < count ? limit.rlim_max : count;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

void
load_client_options(struct arena *mem, const struct etcd_options *options, unsigned connections,
                    struct etcd_options *ret_options)
{
    const char **endpoints = arena_zero(mem, connections * sizeof(endpoints[0]));

    for (unsigned i = 0; i < connections && options->endpoint_count > 0; i++)
        endpoints[i] = options->endpoints[i % options->endpoint_count];
    *ret_options = *options;
    ret_options->endpoints = endpoints;
    ret_options->endpoint_count = options->endpoint_count > 0 ? connections : 0;
    files_allow(connections + FILES_BESIDE);
}

/* The first key that begins with the prefix; etcd knows no empty key. */
static struct bytes
prefix_begin(struct bytes prefix)
{
    return prefix.size > 0 ? prefix : BYTES_LITERAL("\0");
}

bool
load_require_empty(struct etcd_client *client, struct bytes prefix, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_range_request request = {
        .key = prefix_begin(prefix),
        .range_end = etcd_prefix_end(&tmp, prefix),
        .limit = 1,
        .keys_only = true,
    };
    struct etcd_range_response response;
    const char *name = arena_text_of_bytes(&tmp, prefix);

    if (!etcd_range(&tmp, client, &request, &response, e))
        return false;
    if (response.kv_count == 0)
        return true;
    error_set_(e, ERROR_INPUT, 0, "prefix '%s' has keys, which the check would delete", name);
    return error_hint(e, "delete them first: del --prefix %s", name);
}

struct run {
    struct load *load;
    struct etcd_pipeline pipeline;
    struct load_pacer pacer;
    struct buf key;
    struct buf value;
    int64_t started_us;
    int64_t told_ms;
    uint64_t sent;
    uint64_t queued; /* that the pacer has let through, but which wait for a connection */
};

static bool
put_answered(void *context, const struct etcd_pipeline_answer *answer, struct error *e UNUSED)
{
    struct load *load = context;

    if (answer->ok)
        load_stats_add(&load->stats, answer->took_us);
    else
        load_stats_add_error(&load->stats, answer->error.text);
    return true;
}

static void
run_begin(struct run *r, struct load *load)
{
    const struct etcd_pipeline_options options = {
        .calls = load->connections,
        .timeout_ms = LOAD_CALL_TIMEOUT_MS,
        .spread = true,
        .answered = put_answered,
        .context = load,
    };

    *r = (struct run){.load = load};
    etcd_pipeline_begin(&r->pipeline, load->client, &options);
    buf_append_bytes(&r->key, load->prefix);
    buf_append_zeros(&r->key, load->key_bytes);
    buf_append_zeros(&r->value, load->value_bytes);
    r->started_us = time_monotonic_us();
    load_pacer_init(&r->pacer, load->puts_per_second, r->started_us);
}

static void
put_send(struct run *r)
{
    const struct etcd_put_request request = {.key = buf_bytes(&r->key),
                                             .value = buf_bytes(&r->value)};
    struct error never;

    random_bytes(r->key.data + r->load->prefix.size, RANDOM_BYTES);
    ASSERT(etcd_pipeline_put(&r->pipeline, &request, 0, &never));
    r->sent++;
}

static void
run_wait(struct run *r, int64_t until_ms)
{
    struct error never;

    ASSERT(etcd_pipeline_wait(&r->pipeline, until_ms, &never));
}

static void
progress_tell(struct run *r, int64_t now_us)
{
    const struct load *load = r->load;

    if (now_us / 1000 < r->told_ms + TELL_EVERY_MS)
        return;
    r->told_ms = now_us / 1000;
    observer_progress(load->observer, "writing", "keys", r->sent,
                      load->puts > 0 ? load->puts
                                     : (uint64_t)load->duration_ms * load->puts_per_second / 1000);
}

/*
 * As etcdctl's: what the pacer lets through waits in a queue as long as there are connections, and
 * while that is full the pacer stands still.
 */
static void
run_paced(struct run *r)
{
    const struct load *load = r->load;
    int64_t end_us = r->started_us + load->duration_ms * 1000;
    int64_t now_us = r->started_us;

    while (now_us < end_us && !load->stop) {
        int64_t next_us;

        r->queued += load_pacer_take(&r->pacer, now_us, load->connections - r->queued);
        while (r->queued > 0 && etcd_pipeline_has_room(&r->pipeline, 0)) {
            put_send(r);
            r->queued--;
        }
        next_us = r->queued < load->connections ? load_pacer_next_us(&r->pacer) : end_us;
        if (next_us > end_us)
            next_us = end_us;
        run_wait(r, (next_us + 999) / 1000);
        now_us = time_monotonic_us();
        progress_tell(r, now_us);
    }
    for (; r->queued > 0; r->queued--)
        put_send(r);
}

static void
run_all(struct run *r)
{
    while (r->sent < r->load->puts && !r->load->stop) {
        put_send(r);
        progress_tell(r, time_monotonic_us());
    }
}

/* Connections are made before the time counts, as etcdctl's are; who does not answer will be seen. */
static void
connect_all(struct load *load)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_status_answer *answers;
    struct etcd_status status;
    struct error ignored;

    /* A token for each endpoint, which its other connections will use, too. */
    for (size_t i = 0; i < load->endpoints; i++)
        (void)!etcd_status_at(&tmp, load->client, i, &status, &ignored);
    etcd_status_each(&tmp, load->client, &answers);
}

void
load_run(struct load *load)
{
    struct run r;
    struct error never;

    connect_all(load);
    run_begin(&r, load);
    load->pipeline = &r.pipeline;
    if (load->puts > 0)
        run_all(&r);
    else
        run_paced(&r);
    ASSERT(etcd_pipeline_finish(&r.pipeline, &never));
    load->took_us = time_monotonic_us() - r.started_us;
    load->pipeline = NULL;
    etcd_pipeline_end(&r.pipeline);
    buf_release(&r.key);
    buf_release(&r.value);
}

bool
load_clean(struct etcd_client *client, struct bytes prefix, int64_t *ret_revision, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_delete_range_request request = {
        .key = prefix_begin(prefix),
        .range_end = etcd_prefix_end(&tmp, prefix),
    };
    struct etcd_delete_range_response response;

    etcd_client_set_command_timeout(client, LOAD_CLEANUP_TIMEOUT_MS);
    if (!etcd_delete_range(&tmp, client, &request, &response, e))
        return false;
    *ret_revision = response.header.revision;
    return true;
}

void
load_stop(struct load *load)
{
    load->stop = true;
    if (load->pipeline != NULL)
        etcd_pipeline_wake(load->pipeline);
}
