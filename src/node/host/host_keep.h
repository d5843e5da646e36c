/*
 * Files of a host as they were before a change, kept on the host in one file of root's: so a change that
 * was interrupted, or regretted, is taken back byte for byte, owner and mode included.
 */
#ifndef QUORATE_NODE_HOST_KEEP_H
#define QUORATE_NODE_HOST_KEEP_H

#include "node/host/host_file.h"

/* Of one file, and of all of them in one keeping. */
enum { HOST_KEEP_FILE_MOST = 1 << 20, HOST_KEEP_MOST = 8 << 20 };

/*
 * Keeps what is at these paths, also that nothing is there. A keeping that exists is from an earlier try
 * of the same change, and stays as it is: what it has is the original.
 *
 * keeping  a path on the host; its folder is made, for root alone. JSON.
 * e        ERROR_REFUSED: a directory or a link is there. ERROR_LIMIT: too large.
 */
MUST_CHECK bool host_keep(const struct host *host, const char *keeping, const char *const *paths,
                          size_t count, struct error *e);

/*
 * Makes the files what they were, and removes those that were not there, directories when they are empty; fine
 * when they are so already.
 * The keeping stays: host_file_remove takes it away.
 *
 * e  ERROR_NOT_FOUND: there is no such keeping. ERROR_CORRUPT: it is damaged; nothing was changed.
 */
MUST_CHECK bool host_put_back(const struct host *host, const char *keeping, struct error *e);

/* What a keeping has of one path. */
struct host_kept {
    const char *path;
    struct host_file file; /* HOST_FILE or HOST_NOTHING; without names */
    struct bytes content;
};

struct host_keeping {
    ARRAY(struct host_kept) items; /* in the order in which they were given */
};

/* host_put_back in two: for what has moved meanwhile. */
MUST_CHECK bool host_keeping_read(struct arena *mem, const struct host *host, const char *keeping,
                                  struct host_keeping *ret_keeping, struct error *e);
MUST_CHECK bool host_kept_put_back(const struct host *host, const struct host_kept *kept,
                                   struct error *e);

#endif
