/*
 * Calls of the etcd API: one unary call on one endpoint with its token, and the ways of asking
 * ("any", "each", "at") that all services share. For etcd/ only.
 */
#ifndef QUORATE_ETCD_CALL_H
#define QUORATE_ETCD_CALL_H

#include "base/secret.h"
#include "etcd/client.h"
#include "etcd/message/message.h"
#include "etcd/permission.h"
#include "net/grpc.h"

/* A unary method. */
struct etcd_method {
    const char *path; /* "/etcdserverpb.KV/Range" */
    const struct message *request;
    const struct message *response;
    bool read_only; /* may be asked twice */
    bool local;     /* a member answers it by itself, without a leader */
    bool secret;    /* etcd_ask_any wipes the encoded request: it may hold a password */
    uint64_t receive_limit_bytes; /* of the answer; 0: the channel's */
};

/* Of etcd/kv.c, for etcd/pipeline.c; a transaction is taken for a change. */
extern const struct etcd_method etcd_put_method;
extern const struct etcd_method etcd_txn_method;
/* Of etcd/maintenance.c, for etcd/health.c. */
extern const struct etcd_method etcd_status_method;

struct etcd_endpoint {
    const char *url; /* as given */
    struct grpc_channel *channel;
    struct secret token; /* not set: none asked for yet, or it was refused */
};

struct etcd_client {
    struct arena mem;
    struct loop *loop; /* its own, or that of the client it runs beside */
    struct loop own_loop;
    struct tls_context *tls; /* of all endpoints that are https */
    struct etcd_endpoint *endpoints;
    size_t endpoint_count;
    size_t preferred; /* the endpoint that answered last: where "any" calls begin */
    int64_t command_timeout_ms;
    int64_t dial_timeout_ms;
    const char *user; /* NULL: none */
    struct secret password;
    uint64_t request_limit_bytes; /* 0: none */
    bool auth_off;                /* the cluster said that it has no authentication */
    size_t open_calls;
    bool idle;                 /* open_calls == 0, for loop_run */
    etcd_no_leader *no_leader; /* NULL: none */
    void *no_leader_context;
    struct permission_needs denied; /* of the last call to which permission was denied */
};

struct etcd_call;
typedef void etcd_call_ended(void *context, struct etcd_call *call);

/*
 * One unary call on one endpoint. When the client has a user, a token is fetched first where there
 * is none, and once more when the server refuses the one we have. All in the loop's callbacks.
 */
struct etcd_call {
    /* Set by the caller; 'request' must live until the end. */
    struct etcd_client *client;
    struct etcd_endpoint *endpoint;
    const struct etcd_method *method;
    struct bytes request;
    struct arena *mem;   /* for the response */
    int64_t deadline_ms; /* of time_monotonic_ms */
    bool has_leader;     /* refused at once by a member that knows no leader, not kept waiting */
    etcd_call_ended *on_end; /* may be NULL; may start calls */
    void *context;

    /* The result. */
    bool ok;
    struct bytes response;
    struct grpc_result result;
    int64_t took_us;

    /* Its own. */
    struct grpc_call *grpc; /* under way; NULL: none */
    int64_t started_us;
    bool answered;
    bool token_renewed;      /* the second token was asked for */
    struct error auth_error; /* why there is no token; ERROR_NONE when there is or need not be */
};

void etcd_call_start(struct etcd_call *call);
/* Ends a call that is under way without its on_end: its owner goes away. */
void etcd_call_drop(struct etcd_call *call);
/* Runs the loop until no started call is open. */
void etcd_calls_finish(struct etcd_client *client);

/* Why a call that is not ok failed, with the endpoint in front. The value is false. */
bool etcd_call_error(const struct etcd_call *call, struct error *e);

/* Notes what a stream to which permission was denied would have needed (etcd_client_denied): to read
 * this range, or, without a key, the role root. 'call' is a constant word: "Watch". */
void etcd_denied_note(struct etcd_client *client, const char *call, struct bytes key,
                      struct bytes range_end);

/* May the call be asked of another endpoint, or was it perhaps done? */
bool etcd_call_may_move(const struct etcd_call *call);
bool etcd_call_outcome_unknown(const struct etcd_call *call);

/* The next three encode the request and decode the answer into ret_response. */

/* The first endpoint that takes it. When no member knows a leader, the client's etcd_no_leader
 * decides whether to wait for one. */
MUST_CHECK bool etcd_ask_any(struct arena *mem, struct etcd_client *client,
                             const struct etcd_method *method, const void *request,
                             void *ret_response, struct error *e);
/* This endpoint. */
MUST_CHECK bool etcd_ask_at(struct arena *mem, struct etcd_client *client, size_t endpoint,
                            const struct etcd_method *method, const void *request,
                            void *ret_response, struct error *e);
/*
 * All endpoints at once. 'entries' has one for each endpoint, of entry_size bytes: a struct
 * etcd_answer at its start, the response at response_offset.
 */
void etcd_ask_each(struct arena *mem, struct etcd_client *client, const struct etcd_method *method,
                   const void *request, void *entries, size_t entry_size, size_t response_offset);

/* A call's outcome as an answer's, response decoded when there is one. */
void etcd_answer_set(struct etcd_answer *answer, const struct etcd_call *call, void *ret_response);

/* Encodes a request into 'mem'. */
struct bytes etcd_request_encode(struct arena *mem, const struct message *m, const void *request);

#endif
