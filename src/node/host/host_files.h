/*
 * Files of a host that belong together, as a certificate and its key, and so change together: sent under
 * other names first, each with its SHA-256, then renamed at once. What was there stays on the host, where
 * nothing is read from here: so keys that are kept never travel.
 */
#ifndef QUORATE_NODE_HOST_FILES_H
#define QUORATE_NODE_HOST_FILES_H

#include "node/host/host_file.h"

enum { HOST_FILES_MOST = 16, HOST_FILES_MOST_BYTES = 4 << 20 };

struct host_files_item {
    const char *path;      /* on the host */
    const char *from;      /* here: what is to be in it */
    struct host_file like; /* its owner, mode and label */
};

/*
 * Replaces or makes all of them. Missing directories are made for root, or the login user, with mode 0755. The
 * owner of a file is set on it before it has its name.
 *
 * keeping  a directory on the host, made for its owner alone: what was there, or that nothing was. One that is complete
 *          is from an earlier try of the same change, and stays.
 * e        ERROR_REFUSED: a directory or a link is there. ERROR_VERIFY: what arrived is not what was sent. After an
 *          error either all or none have been renamed, unless the host went away in between.
 */
MUST_CHECK bool host_files_replace(const struct host *host, const char *keeping,
                                   const struct host_files_item *items, size_t count,
                                   struct error *e);

/* Whether all are as they are to be: their SHA-256, made on the host, and owner and mode. */
MUST_CHECK bool host_files_are(const struct host *host, const struct host_files_item *items,
                               size_t count, bool *ret_are, struct error *e);

/*
 * Makes all what they were, byte for byte, with owner, mode and times; those that were not there go, and directories
 * that were made for them. The keeping is taken away. Fine when there is no keeping: nothing was changed.
 */
MUST_CHECK bool host_files_put_back(const struct host *host, const char *keeping,
                                    const char *const *paths, size_t count, struct error *e);

#endif
