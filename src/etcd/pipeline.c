/*
 * A fixed set of slots, each with a call and the buffer of its request. A call that ends moves its
 * slot to the 'ended' queue from inside the loop; the waiting functions take it from there.
 */
#include "etcd/pipeline.h"

#include "base/time.h"
#include "etcd/call.h"

struct etcd_pipeline_slot {
    struct etcd_pipeline *pipeline;
    struct etcd_pipeline_slot *next;
    struct etcd_endpoint *endpoint; /* NULL: the client's preferred one */
    uint64_t tag;
    struct etcd_call call;
    struct arena mem; /* of the answer */
    struct buf request;
};

static void
queue_add(struct etcd_pipeline_queue *queue, struct etcd_pipeline_slot *slot)
{
    slot->next = NULL;
    if (queue->first == NULL)
        queue->first = slot;
    else
        queue->last->next = slot;
    queue->last = slot;
}

static struct etcd_pipeline_slot *
queue_take(struct etcd_pipeline_queue *queue)
{
    struct etcd_pipeline_slot *slot = queue->first;

    queue->first = slot->next;
    return slot;
}

static void
slot_clear(struct etcd_pipeline_slot *slot)
{
    arena_release(&slot->mem);
    buf_release(&slot->request);
}

void
etcd_pipeline_begin(struct etcd_pipeline *p, struct etcd_client *client,
                    const struct etcd_pipeline_options *options)
{
    *p = (struct etcd_pipeline){.client = client, .options = *options};
    p->slots = arena_zero(&p->mem, options->calls * sizeof(p->slots[0]));
    for (size_t i = 0; i < options->calls; i++) {
        p->slots[i].pipeline = p;
        if (options->spread)
            p->slots[i].endpoint = &client->endpoints[i % client->endpoint_count];
        queue_add(&p->free, &p->slots[i]);
    }
}

void
etcd_pipeline_end(struct etcd_pipeline *p)
{
    etcd_calls_finish(p->client);
    for (size_t i = 0; i < p->options.calls; i++)
        slot_clear(&p->slots[i]);
    arena_release(&p->mem);
}

bool
etcd_pipeline_has_room(const struct etcd_pipeline *p, size_t bytes)
{
    return p->free.first != NULL &&
           (p->options.bytes == 0 || p->in_flight == 0 || p->bytes + bytes <= p->options.bytes);
}

static void
call_ended(void *context, struct etcd_call *call UNUSED)
{
    struct etcd_pipeline_slot *slot = context;
    struct etcd_pipeline *p = slot->pipeline;

    queue_add(&p->ended, slot);
    p->in_flight--;
    p->bytes -= slot->request.size;
    p->woken = true;
}

static void
slot_start(struct etcd_pipeline *p, struct etcd_pipeline_slot *slot,
           const struct etcd_method *method)
{
    struct etcd_client *client = p->client;

    p->in_flight++;
    p->bytes += slot->request.size;
    slot->call = (struct etcd_call){
        .client = client,
        .endpoint = slot->endpoint != NULL ? slot->endpoint : &client->endpoints[client->preferred],
        .method = method,
        .request = buf_bytes(&slot->request),
        .mem = &slot->mem,
        .deadline_ms = time_monotonic_ms() + p->options.timeout_ms,
        .on_end = call_ended,
        .context = slot,
    };
    etcd_call_start(&slot->call);
}

static void
answer_of(const struct etcd_pipeline_slot *slot, struct etcd_pipeline_answer *ret_answer)
{
    const struct etcd_call *call = &slot->call;

    *ret_answer = (struct etcd_pipeline_answer){
        .tag = slot->tag,
        .ok = call->ok,
        .is_txn = call->method == &etcd_txn_method,
        .request = call->request,
        .response = call->ok ? call->response : BYTES_NONE,
        .started_us = call->started_us,
        .took_us = call->took_us,
    };
    if (!call->ok) {
        etcd_call_error(call, &ret_answer->error);
        ret_answer->outcome_unknown = etcd_call_outcome_unknown(call);
    }
}

/* Tells the answers there are; after a stop they are only taken away. */
static bool
answers_tell(struct etcd_pipeline *p, struct error *e)
{
    while (p->ended.first != NULL) {
        struct etcd_pipeline_slot *slot = queue_take(&p->ended);
        struct etcd_pipeline_answer answer;

        answer_of(slot, &answer);
        if (!p->stopped && !p->options.answered(p->options.context, &answer, &p->why))
            p->stopped = true;
        slot_clear(slot);
        queue_add(&p->free, slot);
    }
    if (p->stopped)
        *e = p->why;
    return !p->stopped;
}

bool
etcd_pipeline_wait(struct etcd_pipeline *p, int64_t until_ms, struct error *e)
{
    if (!p->stopped && p->ended.first == NULL)
        (void)loop_run(p->client->loop, &p->woken, until_ms);
    p->woken = false;
    return answers_tell(p, e);
}

bool
etcd_pipeline_finish(struct etcd_pipeline *p, struct error *e)
{
    while (p->in_flight > 0 || p->ended.first != NULL) {
        if (!etcd_pipeline_wait(p, LOOP_FOREVER, e))
            return false;
    }
    return answers_tell(p, e);
}

void
etcd_pipeline_wake(struct etcd_pipeline *p)
{
    p->woken = true;
}

static bool
room_make(struct etcd_pipeline *p, size_t bytes, struct error *e)
{
    while (!etcd_pipeline_has_room(p, bytes)) {
        if (!etcd_pipeline_wait(p, LOOP_FOREVER, e))
            return false;
    }
    return answers_tell(p, e);
}

/* The request's buffer goes over to the slot. */
static bool
encoded_send(struct etcd_pipeline *p, const struct etcd_method *method, struct buf *request,
             uint64_t tag, struct error *e)
{
    struct etcd_pipeline_slot *slot;

    if (!room_make(p, request->size, e))
        return false;
    slot = queue_take(&p->free);
    slot->tag = tag;
    slot->request = *request;
    *request = (struct buf)BUF_INIT;
    slot_start(p, slot, method);
    return true;
}

bool
etcd_pipeline_send(struct etcd_pipeline *p, bool is_txn, struct bytes request, uint64_t tag,
                   struct error *e)
{
    AUTO_BUF copy = BUF_INIT;

    buf_append_bytes(&copy, request);
    return encoded_send(p, is_txn ? &etcd_txn_method : &etcd_put_method, &copy, tag, e);
}

bool
etcd_pipeline_put(struct etcd_pipeline *p, const struct etcd_put_request *request, uint64_t tag,
                  struct error *e)
{
    AUTO_BUF encoded = BUF_INIT;

    message_encode(&encoded, etcd_put_method.request, request);
    return encoded_send(p, &etcd_put_method, &encoded, tag, e);
}

bool
etcd_pipeline_txn(struct etcd_pipeline *p, const struct etcd_txn_request *request, uint64_t tag,
                  struct error *e)
{
    AUTO_BUF encoded = BUF_INIT;

    message_encode(&encoded, etcd_txn_method.request, request);
    return encoded_send(p, &etcd_txn_method, &encoded, tag, e);
}

bool
etcd_pipeline_txn_response(struct arena *mem, const struct etcd_pipeline_answer *answer,
                           struct etcd_txn_response *ret_response, struct error *e)
{
    return message_decode(mem, etcd_txn_method.response, answer->response, ret_response, e);
}
