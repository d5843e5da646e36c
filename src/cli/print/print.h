/*
 * What etcdctl's printers share: the response header in JSON and fields, and fields' lines. The
 * printers (print_kv.h, print_member.h, print_endpoint.h, print_snapshot.h) write etcdctl's output
 * key by key and blank by blank; 'style.compat' chooses where its versions differ.
 *
 * Source: etcdctl/ctlv3/command/printer*.go of 3.4, 3.5, 3.6, 3.7; compared byte for byte with those
 * binaries by test/e2e/output.bats.
 */
#ifndef QUORATE_CLI_PRINT_H
#define QUORATE_CLI_PRINT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json_writer.h"
#include "cli/output.h"
#include "etcd/message/header.h"

/* "header":{...}, unless the answer came without one. */
void print_header_json(struct json_writer *w, const struct etcd_header *header);
/* "ClusterID" : 1 and so on, a line each. */
void print_header_fields(struct buf *out, const struct output_style *style,
                         const struct etcd_header *header);

/* "name" : value, one line. */
void print_field_text(struct buf *out, const char *name, const char *text); /* quoted */
void print_field_bytes(struct buf *out, const char *name, struct bytes bytes);
void print_field_i64(struct buf *out, const char *name, int64_t value);
void print_field_u64(struct buf *out, const char *name, uint64_t value);
void print_field_bool(struct buf *out, const char *name, bool value);
void print_field_plain(struct buf *out, const char *name, const char *text);
/* An id: decimal, or hex with --hex (3.6 and later). */
void print_field_id(struct buf *out, const struct output_style *style, const char *name,
                    uint64_t id);
/* A lease's id: decimal with its sign, or 16 digits of hex with --hex (3.6 and later). */
void print_field_lease(struct buf *out, const struct output_style *style, const char *name,
                       int64_t id);

/* Keys with a value of zero or "" are left out, as Go's omitempty does. */
void print_json_u64(struct json_writer *w, const char *key, uint64_t value);
void print_json_i64(struct json_writer *w, const char *key, int64_t value);
void print_json_text(struct json_writer *w, const char *key, const char *text);
void print_json_true(struct json_writer *w, const char *key, bool value);
void print_json_texts(struct json_writer *w, const char *key, const char *const *texts,
                      size_t count);

/* "a,b" with the separator asked for. */
void print_joined(struct buf *out, const char *const *texts, size_t count, const char *separator);

/*
 * ERROR_FEATURE for the forms that etcdctl does not have: -w table of most answers, -w fields (and
 * table) of some, -w protobuf where the result is no single answer of etcd's. Asked before anything
 * is sent, while etcdctl changes things first and then finds that it cannot print.
 */
MUST_CHECK bool print_no_table(const struct output_style *style, struct error *e);
MUST_CHECK bool print_no_fields(const struct output_style *style, struct error *e);
MUST_CHECK bool print_no_protobuf(const struct output_style *style, struct error *e);

#endif
