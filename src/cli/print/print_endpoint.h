/* What etcdctl prints for endpoint status, health and hashkv. */
#ifndef QUORATE_CLI_PRINT_ENDPOINT_H
#define QUORATE_CLI_PRINT_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/print/print.h"
#include "etcd/message/maintenance_message.h"

struct endpoint_status {
    const char *endpoint;
    const struct etcd_status *status;
};

struct endpoint_hash_kv {
    const char *endpoint;
    const struct etcd_hash_kv *hash;
};

struct endpoint_health {
    const char *endpoint;
    bool healthy;
    int64_t took_us;
    const char *error; /* "" when healthy */
};

void print_endpoint_status(struct buf *out, const struct output_style *style,
                           const struct endpoint_status *items, size_t count);
void print_endpoint_hash_kv(struct buf *out, const struct output_style *style,
                            const struct endpoint_hash_kv *items, size_t count);
/* 'errors' gets what etcdctl writes to stderr: the unhealthy ones in the simple form. */
void print_endpoint_health(struct buf *out, struct buf *errors, const struct output_style *style,
                           const struct endpoint_health *items, size_t count);

#endif
