/*
 * Why a connection or a call came to nothing: the one place where that is judged and put into
 * words. The layers collect evidence (what OpenSSL said, which bytes arrived, how long it took);
 * this turns it into a kind, one line of text and a remedy.
 */
#ifndef QUORATE_NET_FAILURE_H
#define QUORATE_NET_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum net_failure_kind {
#define NET_FAILURE(name, word, error_code, hint) NET_FAILURE_##name,
#include "net/failures.list"
#undef NET_FAILURE
    NET_FAILURE_COUNT
};

enum { NET_TEXT_SIZE = 768, NET_NAMES_SIZE = 512, NET_NAME_SIZE = 256, NET_SERVER_LINE_SIZE = 96 };

/* What the certificate at fault says, the server's or ours; "" and 0 where it was not seen. */
struct net_certificate {
    bool seen;
    bool ours;               /* the client certificate that we sent */
    bool without_clientauth; /* its extended key usage has no place for clients */
    char subject[NET_NAME_SIZE];
    char issuer[NET_NAME_SIZE];
    char names[NET_NAMES_SIZE]; /* the SANs: "DNS:localhost, IP:127.0.0.1" */
    int64_t not_before_s;       /* seconds since 1970 UTC */
    int64_t not_after_s;
};

struct net_failure {
    enum net_failure_kind kind;             /* NET_FAILURE_NONE: the server itself answered */
    int sys_errno;                          /* of the system call that failed, or 0 */
    int64_t elapsed_ms;                     /* from the start of the call, or of the connection */
    uint64_t received_bytes;                /* of messages, before it broke off */
    bool not_processed;                     /* the server never saw the request: safe to repeat */
    char text[NET_TEXT_SIZE];               /* one line, with the endpoint in front */
    char server_line[NET_SERVER_LINE_SIZE]; /* an HTTP/1 server's status line, a GOAWAY's reason */
    char endpoint[NET_NAME_SIZE];           /* its URL */
    struct net_certificate certificate;
    char expected[NET_NAME_SIZE]; /* the name looked for in the server's certificate; "": none */
    int64_t clock_s;              /* ours, when a certificate's dates were looked at; else 0 */
};

/* "refused", "tls-name-mismatch", ...: for JSON output. */
const char *net_failure_word(enum net_failure_kind kind);

/* Sets code, text, hint and evidence from the failure; the value is false. */
bool net_failure_error(const struct net_failure *failure, struct error *e);

#endif
