/* etcd's flags by version: what a flag takes, its default, and what became of it. */
#ifndef QUORATE_FORMAT_SETTINGS_ETCD_FLAG_H
#define QUORATE_FORMAT_SETTINGS_ETCD_FLAG_H

#include <stdbool.h>

enum {
    FLAG_MINOR_OLDEST = 4, /* of etcd 3: what is known here */
    FLAG_MINOR_NEWEST = 7,
    FLAG_NEWEST = 255,
};

enum etcd_flag_kind { FLAG_KIND_TEXT, FLAG_KIND_BOOL, FLAG_KIND_URLS };

struct etcd_flag {
    const char *name; /* without dashes */
    enum etcd_flag_kind kind;
    unsigned since, until; /* minor versions of 3 */
    const char *fallback;  /* etcd's default, as its help tells it; "" for none */
};

/* The flag as an etcd of this minor version of 3 knows it, or NULL: that etcd would not start with it. */
const struct etcd_flag *etcd_flag_find(const char *name, unsigned minor);
/* Whether any version takes it as a boolean, that is without a value behind it. */
bool etcd_flag_is_bool(const char *name);

/*
 * What an experimental flag is called from 3.6 on: another flag, or with ret_gate != NULL a feature gate
 * ('--feature-gates=NAME=true'). NULL when it has no successor.
 * Source: etcd 3.6 server/embed/config.go, server/features/etcd_features.go.
 */
const char *etcd_flag_successor(const char *name, bool *ret_gate);

#endif
