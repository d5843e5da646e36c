/*
 * Changes in the text of a quorate.yaml: what is known anew goes in, every other byte stays as it is.
 */
#ifndef QUORATE_CLUSTER_CONFIG_CONFIG_EDIT_H
#define QUORATE_CLUSTER_CONFIG_CONFIG_EDIT_H

#include "cluster/config/config.h"

enum config_extent {
    CONFIG_FACTS, /* what 'wanted' has; members that it does not have stay */
    CONFIG_PRUNE, /* and members that it does not have are taken out */
    CONFIG_WHOLE, /* and endpoints, where the file has any, are those of 'wanted', and so are TLS files */
};

/*
 * Puts a cluster into the text. One that is not there comes behind the last one. Of one that is there,
 * each fact that 'wanted' has (id, version, TLS files, user; of each member id, host, runner, URLs, paths)
 * is set, in its place or behind the last key; what 'wanted' does not have stays, and so do the
 * endpoints. Members are found by their names.
 *
 * path      for messages, and for relative paths.
 * old       the text; empty for a new file.
 * ret_text  in 'mem'; equal to 'old' when nothing is to be changed.
 * e         what config_parse says of 'old'. ERROR_FORMAT: it is written in a way that cannot be changed
 *           here. The result was read again: it says what is wanted, and other clusters have not moved.
 */
MUST_CHECK bool config_edit(struct arena *mem, const char *path, struct bytes old,
                            const struct inventory *wanted, enum config_extent extent,
                            struct bytes *ret_text, struct error *e);

/* The cluster as a whole file. In 'mem'. */
struct bytes config_text(struct arena *mem, const struct inventory *cluster);

#endif
