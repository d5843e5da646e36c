/* A call that is to fail, and what is said about it: shared by the tests of the failure table. */
#ifndef QUORATE_TEST_FAILING_CALL_H
#define QUORATE_TEST_FAILING_CALL_H

#include "base/arena.h"
#include "certs.h"
#include "fake_server.h"
#include "net/failure.h"
#include "net/grpc.h"

struct scene {
    struct arena mem;
    struct loop loop;
    struct fake_server server;
    char dir[64];
    struct test_ca ca;
    struct grpc_unary u;
    struct error e;
    int64_t took_ms;
};

struct attempt {
    const char *url;               /* NULL: the fake server's */
    const struct tls_options *tls; /* NULL: none given */
    int64_t deadline_ms;           /* 0: 5 s */
    int64_t connect_timeout_ms;
    int64_t keepalive_ms; /* the time, and the time-out unless that is given */
    int64_t keepalive_timeout_ms;
    uint64_t receive_limit_bytes;
};

struct scene *scene_open(void);
void scene_close(struct scene *s);

/* One unary call that is to fail; what it says is in s->e and s->u.result. */
void attempt(struct scene *s, const struct attempt *a);

/* 'text' is what stands behind the endpoint. */
void assert_told(const struct scene *s, enum net_failure_kind kind, enum error_code code,
                 const char *text);
/* What is known at once is told at once. */
void assert_quick(const struct scene *s);

/* The server sends these bytes as soon as it is spoken to. */
void answer_raw(struct scene *s, struct bytes bytes, bool then_close);

#endif
