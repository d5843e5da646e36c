/*
 * The Watch service's messages.
 * Source: etcd api/etcdserverpb/rpc.proto and api/mvccpb/kv.proto, 3.4 to 3.7.
 */
#ifndef QUORATE_ETCD_WATCH_MESSAGE_H
#define QUORATE_ETCD_WATCH_MESSAGE_H

#include "etcd/message/kv_message.h"

/* The server takes no cancellation of this one, and answers progress requests with it. */
#define ETCD_WATCH_ID_NONE ((int64_t)-1)

struct etcd_watch_create_request {
    struct bytes key;
    struct bytes range_end;
    int64_t start_revision; /* 0: from now */
    bool progress_notify;   /* tell the revision every 10 minutes, when nothing happens */
    bool prev_kv;
    int64_t watch_id; /* 0: the server chooses */
    bool fragment;    /* responses above 1.5 MiB may come in pieces */
};

struct etcd_watch_cancel_request {
    int64_t watch_id;
};

struct etcd_watch_progress_request {
    char none; /* no fields */
};

/* Exactly one is not NULL. */
struct etcd_watch_request {
    const struct etcd_watch_create_request *create_request;
    const struct etcd_watch_cancel_request *cancel_request;
    const struct etcd_watch_progress_request *progress_request;
};

enum etcd_event_type { ETCD_EVENT_PUT, ETCD_EVENT_DELETE };

struct etcd_event {
    enum etcd_event_type type;
    const struct etcd_key_value *kv;      /* of a deletion: key and mod_revision only */
    const struct etcd_key_value *prev_kv; /* NULL: not asked for, compacted, or there was none */
};

struct etcd_watch_response {
    struct etcd_header header;
    int64_t watch_id;
    bool created;
    bool canceled;
    int64_t compact_revision; /* not 0: the revisions below are gone */
    const char *cancel_reason;
    bool fragment; /* more of this response follows */
    const struct etcd_event *events;
    size_t event_count;
};

extern const struct message etcd_event_message;
extern const struct message etcd_watch_request_message;
extern const struct message etcd_watch_response_message;

#endif
