/*
 * What the v2 API says when it refuses: {"errorCode":100,"message":"Key not found","cause":"/a",
 * "index":3} for keys, {"message":"..."} for members and authorization.
 * Source: etcd client/keys.go (Error), etcdserver/api/v2error/error.go (3.4, 3.5).
 */
#ifndef QUORATE_ETCD2_REFUSAL_H
#define QUORATE_ETCD2_REFUSAL_H

#include "net/http1.h"

/* Codes that callers look for. */
enum {
    ETCD2_KEY_NOT_FOUND = 100,
    ETCD2_TEST_FAILED = 101,
    ETCD2_NOT_FILE = 102,
    ETCD2_NOT_DIR = 104,
    ETCD2_NODE_EXIST = 105,
    ETCD2_ROOT_READ_ONLY = 107,
    ETCD2_DIR_NOT_EMPTY = 108,
    ETCD2_UNAUTHORIZED = 110,
    ETCD2_RAFT_INTERNAL = 300,
    ETCD2_LEADER_ELECT = 301,
    ETCD2_EVENT_INDEX_CLEARED = 401,
};

/*
 * The error of an answer that is a refusal of the keys API; the value is false. The text is etcd's
 * own, "100: Key not found (/a) [3]", the hint says what to do.
 */
bool etcd2_key_refusal(const struct http1_exchange *answer, struct error *e);

/* The same of the other APIs: their message, else the status. */
bool etcd2_refusal(const struct http1_exchange *answer, struct error *e);

#endif
