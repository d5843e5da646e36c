#include "ops/mirror_dest.h"

#include "base/time.h"
#include "etcd/message/message.h"
#include "net/loop.h"

enum {
    PAUSE_LEAST_MS = 100,
    PAUSE_MOST_MS = 1000,
    OP_OVERHEAD_BYTES = 24, /* tags and lengths around a key and its value, at most */
};

/* A request that goes out once more. */
struct mirror_again {
    struct arena mem;
    struct mirror_again *next;
    bool is_txn;
    struct bytes request; /* encoded */
    size_t ops;
};

static void
again_add(struct mirror_dest *d, bool is_txn, struct bytes request, size_t ops)
{
    struct arena mem = ARENA_INIT;
    struct mirror_again *item = arena_zero(&mem, sizeof(*item));

    item->is_txn = is_txn;
    item->request = arena_copy(&mem, request);
    item->ops = ops;
    item->mem = mem;
    *d->again_end = item;
    d->again_end = &item->next;
}

static struct mirror_again *
again_take(struct mirror_dest *d)
{
    struct mirror_again *item = d->again;

    d->again = item->next;
    if (d->again == NULL)
        d->again_end = &d->again;
    return item;
}

static void
again_free(struct mirror_again *item)
{
    struct arena mem = item->mem; /* it lies in it */

    arena_release(&mem);
}

static void
again_add_txn(struct mirror_dest *d, const struct etcd_request_op *ops, size_t count)
{
    const struct etcd_txn_request txn = {.success = ops, .success_count = count};
    AUTO_BUF encoded = BUF_INIT;

    message_encode(&encoded, &etcd_txn_request_message, &txn);
    again_add(d, true, buf_bytes(&encoded), count);
}

/* Two halves go out instead, in this order. */
static bool
batch_split(struct mirror_dest *d, const struct etcd_pipeline_answer *answer, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_txn_request txn;
    size_t half;

    if (!message_decode(&tmp, &etcd_txn_request_message, answer->request, &txn, e))
        return false;
    half = txn.success_count / 2;
    again_add_txn(d, txn.success, half);
    again_add_txn(d, txn.success + half, txn.success_count - half);
    if (d->options.batch_ops > half)
        d->options.batch_ops = half;
    if (d->options.batch_bytes > answer->request.size / 2)
        d->options.batch_bytes = answer->request.size / 2;
    return true;
}

/* The first failure of a row is told, the rest is waited for. */
static bool
batch_repeat(struct mirror_dest *d, const struct etcd_pipeline_answer *answer, struct error *e)
{
    int64_t now_ms = time_monotonic_ms();

    if (d->failing_since_ms < 0) {
        AUTO_ARENA tmp = ARENA_INIT;

        d->failing_since_ms = now_ms;
        d->pause_ms = PAUSE_LEAST_MS;
        observer_note(d->options.observer, "destination: %s; trying again for %s",
                      answer->error.text, duration_human(&tmp, d->options.retry_ms));
    } else if (now_ms - d->failing_since_ms >= d->options.retry_ms) {
        *e = answer->error;
        return error_wrap(e, "destination");
    }
    again_add(d, answer->is_txn, answer->request, (size_t)answer->tag);
    if (d->retry_at_ms <= now_ms) {
        d->retry_at_ms = now_ms + d->pause_ms;
        d->pause_ms = 2 * d->pause_ms < PAUSE_MOST_MS ? 2 * d->pause_ms : PAUSE_MOST_MS;
    }
    return true;
}

static bool
batch_answered(void *context, const struct etcd_pipeline_answer *answer, struct error *e)
{
    struct mirror_dest *d = context;

    if (answer->ok) {
        d->done += answer->tag;
        if (d->failing_since_ms >= 0)
            observer_note(d->options.observer, "destination: it answers again");
        d->failing_since_ms = -1;
        return true;
    }
    if (answer->error.code == ERROR_LIMIT && answer->is_txn && answer->tag > 1)
        return batch_split(d, answer, e);
    if (error_code_retryable(answer->error.code) && d->options.retry_ms > 0)
        return batch_repeat(d, answer, e);
    *e = answer->error;
    return error_wrap(e, "destination");
}

void
mirror_dest_begin(struct mirror_dest *d, struct etcd_client *client,
                  const struct mirror_dest_options *options)
{
    const struct etcd_pipeline_options pipeline = {
        .calls = options->calls,
        .bytes = options->bytes,
        .timeout_ms = options->call_timeout_ms,
        .answered = batch_answered,
        .context = d,
    };

    *d = (struct mirror_dest){.options = *options, .failing_since_ms = -1};
    d->again_end = &d->again;
    etcd_pipeline_begin(&d->pipeline, client, &pipeline);
}

void
mirror_dest_end(struct mirror_dest *d)
{
    while (d->again != NULL)
        again_free(again_take(d));
    etcd_pipeline_end(&d->pipeline);
}

static bool
dest_wait(struct mirror_dest *d, int64_t until_ms, struct error *e)
{
    if (*d->options.stop)
        return error_set(e, ERROR_CANCELLED, "interrupted");
    return etcd_pipeline_wait(&d->pipeline, until_ms, e);
}

/* What failed goes out again before anything new does. */
static bool
again_send(struct mirror_dest *d, struct error *e)
{
    while (d->again != NULL) {
        struct mirror_again *item;
        bool sent;

        if (d->failing_since_ms >= 0 && d->retry_at_ms > time_monotonic_ms()) {
            if (!dest_wait(d, d->retry_at_ms, e))
                return false;
            continue;
        }
        if (!etcd_pipeline_has_room(&d->pipeline, d->again->request.size)) {
            if (!dest_wait(d, LOOP_FOREVER, e))
                return false;
            continue;
        }
        item = again_take(d);
        sent = etcd_pipeline_send(&d->pipeline, item->is_txn, item->request, item->ops, e);
        again_free(item);
        if (!sent)
            return false;
    }
    return true;
}

bool
mirror_dest_finish(struct mirror_dest *d, struct error *e)
{
    do {
        if (!again_send(d, e))
            return false;
        while (d->pipeline.in_flight > 0 && d->again == NULL) {
            if (!dest_wait(d, LOOP_FOREVER, e))
                return false;
        }
        if (!etcd_pipeline_wait(&d->pipeline, 0, e)) /* what has ended already */
            return false;
    } while (d->again != NULL || d->pipeline.in_flight > 0);
    return true;
}

static bool
room_make(struct mirror_dest *d, size_t bytes, struct error *e)
{
    if (d->options.calls == 1)
        return mirror_dest_finish(d, e);
    do {
        if (!again_send(d, e))
            return false;
        if (etcd_pipeline_has_room(&d->pipeline, bytes))
            return true;
        if (!dest_wait(d, LOOP_FOREVER, e))
            return false;
    } while (true);
}

static size_t
op_bytes(const struct etcd_request_op *op)
{
    return OP_OVERHEAD_BYTES +
           (op->put != NULL ? op->put->key.size + op->put->value.size : op->delete_range->key.size);
}

/* How many of these one transaction may take: at least one. */
static size_t
batch_size(const struct mirror_dest *d, const struct etcd_request_op *ops, size_t count,
           size_t *ret_bytes)
{
    size_t bytes = op_bytes(&ops[0]);
    size_t size = 1;

    while (size < count && size < d->options.batch_ops &&
           bytes + op_bytes(&ops[size]) <= d->options.batch_bytes)
        bytes += op_bytes(&ops[size++]);
    *ret_bytes = bytes;
    return size;
}

bool
mirror_dest_send(struct mirror_dest *d, const struct etcd_request_op *ops, size_t count,
                 struct error *e)
{
    while (count > 0) {
        size_t bytes;
        size_t size = batch_size(d, ops, count, &bytes);
        const struct etcd_txn_request txn = {.success = ops, .success_count = size};

        if (!room_make(d, bytes, e))
            return false;
        if (size == 1 && ops[0].put != NULL ? !etcd_pipeline_put(&d->pipeline, ops[0].put, 1, e)
                                            : !etcd_pipeline_txn(&d->pipeline, &txn, size, e))
            return false;
        ops += size;
        count -= size;
    }
    return true;
}
