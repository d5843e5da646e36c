/* From evidence to a failure: what net's own layers call. Texts and kinds are decided in judge.c
 * and judge_tls.c only. */
#ifndef QUORATE_NET_JUDGE_H
#define QUORATE_NET_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "net/endpoint.h"
#include "net/failure.h"

/* How far a connection has come, for what a time-out means. */
enum net_stage {
    NET_STAGE_NAME,      /* the name server is asked */
    NET_STAGE_CONNECT,   /* TCP or a unix socket */
    NET_STAGE_HANDSHAKE, /* TLS */
    NET_STAGE_SILENT,    /* connected; nothing has come back yet */
    NET_STAGE_OPEN,      /* the server's first SETTINGS arrived */
};

/* Kind and text, "endpoint '<url>': " in front; everything else becomes 0. */
void judge_set(struct net_failure *f, enum net_failure_kind kind, const struct endpoint *ep,
               const char *format, ...) PRINTF_LIKE(4, 5);

void judge_name(struct net_failure *f, const struct endpoint *ep, int gai_error, int sys_errno);

/* 'tried' lists addresses and their errors when the host was a name; "" for a single address. */
void judge_connect(struct net_failure *f, const struct endpoint *ep, int sys_errno,
                   const char *tried);

/* Nothing more came for 'waited_ms'. */
void judge_timeout(struct net_failure *f, const struct endpoint *ep, enum net_stage stage,
                   int64_t waited_ms);

/*
 * The connection ended without our doing, or the peer broke HTTP/2.
 *
 * first      what arrived before the server's SETTINGS, at most NET_SERVER_LINE_SIZE bytes
 * open       the SETTINGS have arrived
 * sys_errno  of the read or write, 0 at end of file
 * library    what nghttp2 said about a broken frame, or ""
 */
void judge_lost(struct net_failure *f, const struct endpoint *ep, struct bytes first, bool open,
                int sys_errno, const char *library);

/* True when 'first' can be no HTTP/2 any more; sets the failure: an HTTP/1 server, a TLS port. */
bool judge_first_bytes(struct net_failure *f, const struct endpoint *ep, struct bytes first,
                       bool ended);

/* The server's GOAWAY, with its reason. */
void judge_goaway(struct net_failure *f, const struct endpoint *ep, uint32_t http2_error,
                  struct bytes reason);

/* RST_STREAM for one call; ret_code is the gRPC code that its specification gives it. */
void judge_reset(struct net_failure *f, const struct endpoint *ep, uint32_t http2_error,
                 int *ret_code);

/* Adds how much of the answer had arrived, which tells a broken stream from one never begun. */
void judge_add_received(struct net_failure *f, uint64_t received_bytes);

/* A failed TLS handshake, or an alert later. */
struct tls_evidence {
    long verify_result;          /* X509_V_ERR_...; X509_V_OK when it was not the verification */
    unsigned long library_error; /* ERR_get_error's, 0: none */
    int sys_errno;               /* 0: end of file */
    bool ended;                  /* the connection was closed */
    bool handshake_done;
    const char *ca_file;  /* NULL: the system's */
    const char *expected; /* the name or address looked for in the certificate */
    int64_t clock_s;      /* our wall clock */
    const struct net_certificate *certificate; /* the server's that was found wanting */
    const struct net_certificate *own;         /* the client certificate; NULL or not seen: none */
};

void judge_tls(struct net_failure *f, const struct endpoint *ep,
               const struct tls_evidence *evidence);

#endif
