/*
 * A connection to a cluster: endpoints, credentials, time-outs, and two ways of asking.
 *
 * "Any" calls (etcd/kv.h, etcd/cluster.h) go to the first endpoint that takes them: when a
 * connection cannot be made, or a call was certainly not processed, the next endpoint is asked,
 * all within the command time-out. Reads also move on when an endpoint is unavailable. A write
 * whose outcome is unknown is never repeated: its error says so.
 *
 * "Each" calls (etcd/maintenance.h) ask all endpoints at the same time: a dead one costs nothing
 * but its own answer, and all together take one command time-out at most.
 *
 * Opening connects to nothing. A client belongs to one thread.
 */
#ifndef QUORATE_ETCD_CLIENT_H
#define QUORATE_ETCD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/secret.h"

/* etcdctl's defaults: --dial-timeout, --command-timeout, --keepalive-time, --keepalive-timeout. */
enum {
    ETCD_DIAL_TIMEOUT_MS = 2000,
    ETCD_COMMAND_TIMEOUT_MS = 5000,
    ETCD_KEEPALIVE_TIME_MS = 2000,
    ETCD_KEEPALIVE_TIMEOUT_MS = 6000,
};

struct etcd_client;
struct loop;

struct etcd_options {
    /*
     * "http://HOST:PORT", "https://HOST:PORT", "unix://PATH", or "HOST:PORT", which as in etcdctl
     * means https when TLS files are given or insecure_transport is off, otherwise http.
     */
    const char *const *endpoints;
    size_t endpoint_count;
    const char *ca_file;   /* NULL: the system's authorities */
    const char *cert_file; /* client certificate, with key_file; NULL: none */
    const char *key_file;
    const char *server_name;       /* name to expect in the server's certificate; NULL: the host */
    bool insecure_skip_verify;     /* accept any server certificate */
    bool insecure_transport;       /* --insecure-transport, true by default: see endpoints */
    const char *user;              /* NULL: no authentication by password */
    const struct secret *password; /* with user; copied */
    const struct secret *token;    /* instead of a user: sent with each call; NULL: none; copied */
    uint64_t request_limit_bytes;  /* a larger request is not sent; 0: the server decides */
    uint64_t receive_limit_bytes;  /* a larger message is refused; 0: 2 GiB - 1 */
    int64_t dial_timeout_ms;
    int64_t command_timeout_ms;
    int64_t keepalive_time_ms; /* as in Go clients, 10 s at least: etcd refuses under 5 s */
    int64_t keepalive_timeout_ms;
    /* Calls of this client and of that one go on side by side, whichever is waited for. It must be
     * closed after this one. NULL: a loop of its own. */
    struct etcd_client *beside;
};

#define ETCD_OPTIONS_INIT                                                                          \
    {                                                                                              \
        .insecure_transport = true, .dial_timeout_ms = ETCD_DIAL_TIMEOUT_MS,                       \
        .command_timeout_ms = ETCD_COMMAND_TIMEOUT_MS,                                             \
        .keepalive_time_ms = ETCD_KEEPALIVE_TIME_MS,                                               \
        .keepalive_timeout_ms = ETCD_KEEPALIVE_TIMEOUT_MS,                                         \
    }

#define AUTO_ETCD_CLIENT __attribute__((cleanup(etcd_client_close))) struct etcd_client *

/*
 * Checks the options and loads the TLS files; connects to nothing. Everything is copied.
 *
 * e  ERROR_USAGE: no endpoint, an endpoint that is no URL, a certificate without key (or the
 *    reverse), a user without password. Otherwise the TLS files' error.
 */
MUST_CHECK bool etcd_client_open(const struct etcd_options *options,
                                 struct etcd_client **ret_client, struct error *e);
/* Closes all connections; sets to NULL; NULL is accepted. */
void etcd_client_close(struct etcd_client **client);

size_t etcd_client_endpoint_count(const struct etcd_client *client);
/* The endpoint as it was given; lives as long as the client. */
const char *etcd_client_endpoint(const struct etcd_client *client, size_t i);
/* The time that each later call may take, instead of the option's. */
void etcd_client_set_command_timeout(struct etcd_client *client, int64_t timeout_ms);

/* For timers and watches of the caller's own: they go on while a call is waited for. */
struct loop *etcd_client_loop(struct etcd_client *client);

/*
 * Asked when a call needs a leader and the members that were asked know none: is it worth waiting
 * for one? True: the call is repeated, and takes the rest of its time-out. False: it fails with 'e',
 * the members' own words, to which more may have been added.
 */
typedef bool etcd_no_leader(void *context, struct error *e);
/* Without one, such a call fails at once. */
void etcd_client_on_no_leader(struct etcd_client *client, etcd_no_leader *ask, void *context);

struct permission_needs;
/* What the first call to which permission was denied would have needed (etcd/permission.h); 'call'
 * is NULL when none was. Lives as long as the client. */
const struct permission_needs *etcd_client_denied(const struct etcd_client *client);

/* How one endpoint's part of an "each" call ended. */
struct etcd_answer {
    const char *endpoint; /* as given; lives as long as the client */
    bool ok;
    struct error error;        /* when not ok; names the endpoint */
    int64_t took_us;           /* microseconds from the call's start, connecting included */
    int64_t certificate_end_s; /* of what it presented; 0: none, or the connection is gone */
};

#endif
