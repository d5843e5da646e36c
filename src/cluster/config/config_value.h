/* The kinds of values that quorate.yaml has, each checked where it stands. Private to config*.c. */
#ifndef QUORATE_CLUSTER_CONFIG_CONFIG_VALUE_H
#define QUORATE_CLUSTER_CONFIG_CONFIG_VALUE_H

#include "base/map.h"
#include "cluster/config/config.h"

struct config_reader {
    struct arena *mem;
    const struct yaml *doc;
    const char *dir;         /* of the file, for relative paths; absolute, or "" */
    struct map *client_urls; /* of the cluster's members: each is one member's */
    struct map *peer_urls;
    struct map *ids;
};

/* Each takes a node that may be NULL (the key is not there) and then leaves ret_... alone. */
MUST_CHECK bool value_text(const struct config_reader *r, const struct yaml_node *node,
                           const char **ret_text, struct error *e);
/* "8e9e05c52164694d"; 0 is no id. */
MUST_CHECK bool value_id(const struct config_reader *r, const struct yaml_node *node,
                         uint64_t *ret_id, struct error *e);
/* "3.5.16" */
MUST_CHECK bool value_version(const struct config_reader *r, const struct yaml_node *node,
                              const char **ret_version, struct error *e);
/* A path on a member's host: absolute. */
MUST_CHECK bool value_host_path(const struct config_reader *r, const struct yaml_node *node,
                                const char **ret_path, struct error *e);
/* A path on this machine: a relative one counts from the file's folder. */
MUST_CHECK bool value_own_path(const struct config_reader *r, const struct yaml_node *node,
                               const char **ret_path, struct error *e);
/* "local:" or "ssh://[USER@]HOST[:PORT]". */
MUST_CHECK bool value_host(const struct config_reader *r, const struct yaml_node *node,
                           const char **ret_host, struct error *e);
/* "systemd:UNIT", "static-pod:PATH", "process". */
MUST_CHECK bool value_runner(const struct config_reader *r, const struct yaml_node *node,
                             enum inventory_runner *ret_runner, const char **ret_name,
                             struct error *e);

enum config_url_kind { CONFIG_ENDPOINTS, CONFIG_CLIENT_URLS, CONFIG_PEER_URLS };

/* A list of URLs, of which none is in 'seen' yet. */
MUST_CHECK bool value_urls(const struct config_reader *r, const struct yaml_node *node,
                           enum config_url_kind kind, struct map *seen,
                           struct inventory_urls *ret_urls, struct error *e);
/* Refuses a text that stands in 'seen' already. */
MUST_CHECK bool value_once(const struct config_reader *r, struct map *seen,
                           const struct yaml_node *node, const char *what, struct error *e);
/* A cluster's name: letters, digits, '-', '_', '.'. */
MUST_CHECK bool value_cluster_name(const struct config_reader *r, const struct yaml_node *key,
                                   struct error *e);
/* A member's name: what --initial-cluster can carry. */
MUST_CHECK bool value_member_name(const struct config_reader *r, const struct yaml_node *key,
                                  struct error *e);

#endif
