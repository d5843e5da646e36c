/* What etcdctl prints for auth, user and role; changes that have a sentence print it themselves. */
#ifndef QUORATE_CLI_PRINT_AUTH_H
#define QUORATE_CLI_PRINT_AUTH_H

#include "cli/print/print.h"
#include "etcd/message/auth_message.h"

/*
 * An answer that is nothing but a header. False, and nothing, with -w simple: then the command has
 * a sentence of its own.
 */
bool print_header_only(struct buf *out, const struct output_style *style,
                       const struct etcd_header_only *response);

/* etcdctl has no fields for the status, a user and the users: print_no_fields refuses them. */
void print_auth_status(struct buf *out, const struct output_style *style,
                       const struct etcd_auth_status *status);
void print_user(struct buf *out, const struct output_style *style, const char *name,
                const struct etcd_user *user);
void print_user_list(struct buf *out, const struct output_style *style,
                     const struct etcd_user_list *list);

void print_role(struct buf *out, const struct output_style *style, const char *name,
                const struct etcd_role *role);
void print_role_list(struct buf *out, const struct output_style *style,
                     const struct etcd_role_list *list);
/* 'key' as it was typed; in the request an empty one is "\0". */
void print_role_revoked(struct buf *out, const struct output_style *style, const char *role,
                        const char *key, struct bytes range_end,
                        const struct etcd_header_only *response);

#endif
