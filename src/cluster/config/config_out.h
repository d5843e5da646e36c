/*
 * Keys and values as YAML text, in lines or in braces: what is put into a quorate.yaml. Private to
 * config*.c.
 */
#ifndef QUORATE_CLUSTER_CONFIG_CONFIG_OUT_H
#define QUORATE_CLUSTER_CONFIG_CONFIG_OUT_H

#include "base/buf.h"
#include "cluster/inventory.h"

struct config_out {
    struct buf text;
    unsigned indent; /* of the keys, in blanks; without meaning in braces */
    bool flow;       /* "a: 1, b: 2" instead of lines */
    const char *eol;
};

/* A text as a scalar: quoted where YAML would take it for something else. */
void out_scalar(struct buf *text, const char *value);
/* "[a, b]" */
void out_list(struct buf *text, const struct inventory_urls *urls);

/* A key with its value; NULL, 0 and empty lists are left out. */
void out_text(struct config_out *o, const char *key, const char *value);
void out_id(struct config_out *o, const char *key, uint64_t id);
void out_urls(struct config_out *o, const char *key, const struct inventory_urls *urls);
void out_tls(struct config_out *o, const char *key, const struct inventory_tls *tls,
             const char *server_name);
void out_user(struct config_out *o, const struct inventory_user *user);
/* A map: everything up to its end is in it. */
void out_map_begin(struct config_out *o, const char *key);
void out_map_end(struct config_out *o);

void out_member(struct config_out *o, const struct inventory_member *member);
void out_cluster(struct config_out *o, const struct inventory *cluster);

#endif
