/*
 * quorate.yaml: one's clusters in one file, each an inventory. docs/formats/inventory.md describes it.
 *
 * Nothing is guessed: a key that is not known, a value that cannot be, a name or URL that is there
 * twice is an error with file, line and column. Secrets have no place in the file.
 */
#ifndef QUORATE_CLUSTER_CONFIG_CONFIG_H
#define QUORATE_CLUSTER_CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "cluster/inventory.h"
#include "format/yaml/yaml_tree.h"

#define CONFIG_FILE "quorate.yaml"

enum { CONFIG_FORMAT = 1 };

struct config {
    const char *path;
    const struct yaml *doc;
    ARRAY(struct inventory) clusters; /* in the file's order */
    ARRAY(const char *) warnings;     /* about the file itself: who may change it */
};

/*
 * Reads what a file says. Relative paths in it are taken from the folder of 'path'.
 *
 * e       ERROR_FORMAT: 'PATH:LINE:COLUMN: text'. ERROR_TOO_NEW: another 'format'. ERROR_LIMIT.
 * Memory  everything in 'mem'; 'text' must live as long.
 */
MUST_CHECK bool config_parse(struct arena *mem, const char *path, struct bytes text,
                             struct config **ret_config, struct error *e);

/*
 * As config_parse, of the file at 'path'; warns of a file that others can change.
 *
 * e  also ERROR_NOT_FOUND, ERROR_PERMISSION, ...
 */
MUST_CHECK bool config_load(struct arena *mem, const char *path, struct config **ret_config,
                            struct error *e);

/*
 * The file that counts: 'named' (--config, QUORATE_CONFIG), else the first that is there of
 * ./quorate.yaml, $XDG_CONFIG_HOME/quorate/quorate.yaml (~/.config/...), /etc/quorate/quorate.yaml;
 * NULL when there is none.
 *
 * e  ERROR_NOT_FOUND: the named one is not there. ERROR_REFUSED: the one in the working directory is
 *    another user's, who could send our passwords to endpoints of his.
 */
MUST_CHECK bool config_find(struct arena *mem, const char *named, const char **ret_path,
                            struct error *e);

/* The same for a file that may be made: without any, root's is in /etc, others' below their HOME. */
MUST_CHECK bool config_find_or_new(struct arena *mem, const char *named, const char **ret_path,
                                   bool *ret_exists, struct error *e);

/*
 * Writes 'text' over the file at 'path', or a new one, whose folder is made. A file that was there keeps
 * owner and mode, and as it was it stays beside the new one; a link is followed.
 *
 * old       what the change was made from.
 * ret_kept  the path of the old one; NULL when there was none. In 'mem'. It is not kept when this is NULL.
 * e         ERROR_CONFLICT: the file is not 'old' any more.
 */
MUST_CHECK bool config_save(struct arena *mem, const char *path, bool exists, struct bytes old,
                            struct bytes text, const char **ret_kept, struct error *e);

/* e: ERROR_USAGE: not a name that a cluster in the file can have. */
MUST_CHECK bool config_name_check(const char *name, struct error *e);

/* NULL when the file has no such cluster. */
struct inventory *config_cluster(const struct config *config, const char *name);

/*
 * Sets an ERROR_NOT_FOUND that says which clusters there are, and which one was probably meant; the
 * value is false. 'config' may be NULL: there is no file.
 */
#define config_no_cluster(config, name, e)                                                         \
    (config_no_cluster_((config), (name), (e)), error_false())
void config_no_cluster_(const struct config *config, const char *name, struct error *e);

#endif
