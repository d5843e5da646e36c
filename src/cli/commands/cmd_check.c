/* check perf, check datascale: etcdctl's words, with its loads, its limits and its verdicts. */

#include <inttypes.h>
#include <math.h>

#include "base/time.h"
#include "cli/app.h"
#include "cli/observe.h"
#include "etcd/kv.h"
#include "etcd/maintenance.h"
#include "etcd/metrics.h"
#include "format/metrics_text.h"
#include "net/loop_signal.h"
#include "ops/load_check.h"

/* Source: etcd 3.7 etcdctl/ctlv3/command/check.go; the same since 3.4. */
static const double LEAST_OF_RATE = 0.9;
static const double SLOWEST_MOST_S = 0.5;
static const double DEVIATION_MOST_S = 0.1;

#define LOAD_HELP "How much: s (small), m (medium), l (large), xl (xLarge)"

static const struct option_def check_perf_options[] = {
    {"load", OPTION_TEXT, .arg = "LOAD", .fallback = "s", .help = LOAD_HELP},
    {"prefix", OPTION_TEXT, .arg = "TEXT", .fallback = "/etcdctl-check-perf/",
     .help = "What the keys begin with that are written and deleted"},
    {"auto-compact", OPTION_BOOL, .help = "Compact the key space when done"},
    {"auto-defrag", OPTION_BOOL, .help = "Defragment the endpoints when done"},
    {"duration", OPTION_DURATION, .hidden = true, .arg = "DURATION", .fallback = "60s",
     .help = "Write for this long; what differs from 60s is no verdict on a cluster"},
    OPTIONS_END,
};

static const struct option_def check_datascale_options[] = {
    {"load", OPTION_TEXT, .arg = "LOAD", .fallback = "s", .help = LOAD_HELP},
    {"prefix", OPTION_TEXT, .arg = "TEXT", .fallback = "/etcdctl-check-datascale/",
     .help = "What the keys begin with that are written and deleted"},
    {"auto-compact", OPTION_BOOL, .help = "Compact the key space when done"},
    {"auto-defrag", OPTION_BOOL, .help = "Defragment the endpoints when done"},
    OPTIONS_END,
};

struct check {
    struct app *app;
    struct etcd_client *client; /* for all but the load */
    const struct load_model *model;
    struct load load;
};

static bool
check_begin(struct check *c, struct app *app, struct error *e)
{
    const char *load = option_text(&app->options, "load");

    *c = (struct check){.app = app, .model = load_model_find(load)};
    if (c->model == NULL) {
        error_set_(e, ERROR_FEATURE, 0, "unknown load option '%s'", load);
        return error_hint(e, "there are s, m, l and xl");
    }
    c->load.prefix = bytes_of_text(option_text(&app->options, "prefix"));
    c->load.connections = c->model->connections;
    return app_etcd(app, &c->client, e) && load_require_empty(c->client, c->load.prefix, e);
}

static void
interrupt_came(void *context)
{
    load_stop(context);
}

/* An interrupt ends the load, not the check: keys are deleted, and a verdict is given. */
static bool
check_load(struct check *c, struct error *e)
{
    AUTO_ETCD_CLIENT client = NULL;
    struct operation_face face;
    struct loop_signal interrupt;
    struct etcd_options options;

    c->load.endpoints = etcd_client_endpoint_count(c->client);
    load_client_options(c->app->mem, c->app->etcd, c->load.connections, &options);
    if (!etcd_client_open(&options, &client, e) ||
        !loop_signal_begin(&interrupt, etcd_client_loop(client), interrupt_came, &c->load, e))
        return false;
    operation_face_begin(&face, c->app);
    c->load.client = client;
    c->load.observer = &face.observer;
    load_run(&c->load);
    c->load.client = NULL;
    c->load.observer = NULL;
    operation_face_end(&face);
    loop_signal_end(&interrupt);
    return true;
}

static bool
compact(struct check *c, int64_t revision, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_compact_request request = {.revision = revision, .physical = true};
    struct etcd_compact_response response;
    struct buf *out = &c->app->out;

    buf_printf(out, "Compacting with revision %" PRId64 "\n", revision);
    if (!app_flush(c->app, e) || !etcd_compact(&tmp, c->client, &request, &response, e))
        return false;
    buf_printf(out, "Compacted with revision %" PRId64 "\n", revision);
    return true;
}

static bool
defragment(struct check *c, struct error *e)
{
    struct buf *out = &c->app->out;

    for (size_t i = 0; i < etcd_client_endpoint_count(c->client); i++) {
        const char *endpoint = etcd_client_endpoint(c->client, i);

        buf_printf(out, "Defragmenting \"%s\"\n", endpoint);
        if (!app_flush(c->app, e) || !etcd_defragment_at(c->client, i, e))
            return false;
        buf_printf(out, "Defragmented \"%s\"\n", endpoint);
    }
    return true;
}

static bool
compact_and_defragment(struct check *c, int64_t revision, struct error *e)
{
    const struct options *o = &c->app->options;

    etcd_client_set_command_timeout(c->client, LOAD_CLEANUP_TIMEOUT_MS);
    return (!option_bool(o, "auto-compact") || revision == 0 || compact(c, revision, e)) &&
           (!option_bool(o, "auto-defrag") || defragment(c, e));
}

/* False, and told, when there were errors. */
static bool
errors_print(struct buf *out, const struct load_stats *stats)
{
    if (stats->error_kinds == 0)
        return true;
    buf_append_text(out, "FAIL: too many errors\n");
    for (size_t i = 0; i < stats->error_kinds; i++)
        buf_printf(out, "FAIL: ERROR(%s) -> %" PRIu64 "\n", stats->errors[i].text,
                   stats->errors[i].count);
    return false;
}

static bool
rate_print(struct buf *out, const struct check *c)
{
    double rate = load_stats_rate(&c->load.stats, c->load.took_us);
    bool pass = rate / c->model->puts_per_second > LEAST_OF_RATE;

    buf_printf(out, "%s %d writes/s\n",
               pass ? "PASS: Throughput is" : "FAIL: Throughput too low:", (int)rate + 1);
    return pass;
}

static bool
times_print(struct buf *out, const struct load_stats *stats)
{
    double deviation_s = load_stats_deviation(stats);
    bool slow = stats->slowest_s > SLOWEST_MOST_S;
    bool uneven = deviation_s > DEVIATION_MOST_S;

    buf_printf(out, "%s %fs\n",
               slow ? "Slowest request took too long:" : "PASS: Slowest request took",
               stats->slowest_s);
    if (isnan(deviation_s)) /* not a call succeeded */
        buf_append_text(out, "PASS: Stddev is NaNs\n");
    else
        buf_printf(out, "%s %fs\n", uneven ? "Stddev too high:" : "PASS: Stddev is", deviation_s);
    return !slow && !uneven;
}

static void
verdict_print(struct check *c)
{
    struct buf *out = &c->app->out;
    bool pass = errors_print(out, &c->load.stats);

    pass = rate_print(out, c) && pass;
    pass = times_print(out, &c->load.stats) && pass;
    buf_append_text(out, pass ? "PASS\n" : "FAIL\n");
    c->app->exit_code = pass ? 0 : 1;
}

/* As etcdctl, a verdict is given also when the keys could not be deleted. */
static bool
perf_clean(struct check *c, struct error *e)
{
    int64_t revision = 0;

    if (!load_clean(c->client, c->load.prefix, &revision, e)) {
        buf_printf(&c->app->out, "FAIL: Cleanup failed during key deletion: ERROR(%s)\n", e->text);
        error_clear(e);
    }
    return compact_and_defragment(c, revision, e);
}

static bool
check_perf_run(struct app *app, struct error *e)
{
    struct check c;

    if (!check_begin(&c, app, e))
        return false;
    c.load.key_bytes = LOAD_PERF_KEY_BYTES;
    c.load.value_bytes = LOAD_PERF_VALUE_BYTES;
    c.load.puts_per_second = c.model->puts_per_second;
    c.load.duration_ms = option_ms(&app->options, "duration");
    if (!check_load(&c, e) || !perf_clean(&c, e))
        return false;
    verdict_print(&c);
    return true;
}

const struct command command_check_perf = {
    .name = "check perf",
    .summary = "Write at a fixed rate for a minute, and judge how the cluster keeps up",
    .family = FAMILY_STATUS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = check_perf_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_KEYS,
    .run = check_perf_run,
    .example = "quorate check perf --load m",
    .description =
        "Puts keys of 256 bytes with values of 1 KiB for 60 seconds: s 150 a second from 50 "
        "connections, m 1000 from 200, l 8000 from 500, xl 15000 from 1000. PASS means at least "
        "90% of that rate, no error, no put that took longer than 500 ms, and a standard deviation "
        "of at most 100 ms. The keys are deleted afterwards; an interrupt ends the writing early. "
        "This is load: other clients of the cluster will feel it.",
};

/* etcdctl takes an unknown figure and 0 for the same. */
static bool
memory_read(struct check *c, const char *when, double *ret_bytes, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct metrics metrics = {0};
    struct bytes text;

    *ret_bytes = 0;
    if (etcd_metrics_fetch(&tmp, c->client, 0, &text, e) && metrics_parse(&tmp, text, &metrics, e))
        (void)metrics_sum(&metrics, "process_resident_memory_bytes", ret_bytes);
    if (*ret_bytes > 0)
        return true;
    if (e->code != ERROR_NONE)
        app_say(c->app, "%s", e->text);
    error_clear(e);
    buf_printf(&c->app->out,
               "FAIL: Could not read process_resident_memory_bytes %s the put operations.\n", when);
    c->app->exit_code = 1;
    return false;
}

static bool
datascale_load(struct check *c, struct error *e)
{
    buf_printf(&c->app->out,
               "Start data scale check for work load [%u key-value pairs, %d bytes per key-value, "
               "%u concurrent clients].\n",
               c->model->puts, LOAD_DATASCALE_KEY_BYTES + LOAD_DATASCALE_VALUE_BYTES,
               c->model->connections);
    return app_flush(c->app, e) && check_load(c, e);
}

static bool
check_datascale_run(struct app *app, struct error *e)
{
    struct check c;
    double before;
    double after;
    int64_t revision;

    if (!check_begin(&c, app, e))
        return false;
    c.load.key_bytes = LOAD_DATASCALE_KEY_BYTES;
    c.load.value_bytes = LOAD_DATASCALE_VALUE_BYTES;
    c.load.puts = c.model->puts;
    if (!memory_read(&c, "before", &before, e))
        return true;
    if (!datascale_load(&c, e))
        return false;
    if (!memory_read(&c, "after", &after, e))
        return true;
    if (!load_clean(c.client, c.load.prefix, &revision, e) ||
        !compact_and_defragment(&c, revision, e))
        return false;
    if (!errors_print(&app->out, &c.load.stats)) {
        app->exit_code = 1;
        return true;
    }
    buf_printf(&app->out, "PASS: Approximate system memory used : %.2f MB.\n",
               (after - before) / (1024 * 1024));
    return true;
}

const struct command command_check_datascale = {
    .name = "check datascale",
    .summary = "Write many keys, and tell how much memory the first endpoint takes for them",
    .family = FAMILY_STATUS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = check_datascale_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_KEYS,
    .run = check_datascale_run,
    .example = "quorate check datascale --load s",
    .description =
        "Puts pairs of 1 KiB as fast as they go: s 10000 from 50 connections, m 100000 from 200, l "
        "1000000 from 500, xl 3000000 from 1000. The keys are deleted afterwards. xl needs a quota "
        "of 8 GB (--quota-backend-bytes) on the members.",
};
