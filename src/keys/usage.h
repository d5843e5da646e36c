/*
 * What fills the key space: keys, bytes, old versions and tombstones, by group; the biggest keys and
 * those that were rewritten most.
 *
 * Bytes are those of keys and values, as clients see them: the same in a file and in a cluster. What
 * old versions take is known of a file only, since a Range tells nothing of them.
 */
#ifndef QUORATE_KEYS_USAGE_H
#define QUORATE_KEYS_USAGE_H

#include "keys/key_path.h"
#include "keys/source.h"
#include "keys/top_keys.h"

/* Groups that are told apart. What a narrower group would be too many is counted in the wider one. */
enum { USAGE_GROUPS_MOST = 20000 };

struct usage_request {
    struct key_range range;
    enum key_grouping by;
    size_t depth; /* of groups, 1 to KEY_PATH_MOST */
    uint8_t separator;
    size_t biggest;   /* so many keys */
    size_t rewritten; /* so many keys */
};

struct usage_count {
    uint64_t keys;       /* that live */
    uint64_t live_bytes; /* of these */
    uint64_t rows;       /* all versions and tombstones; with history only */
    uint64_t row_bytes;
    uint64_t tombstones;
};

/* A group; what its narrower groups hold counts here, too. */
struct usage_group {
    struct bytes name;         /* "pods"; of KEY_GROUP_PREFIX "pods/" */
    struct usage_group *wider; /* NULL: of the first level */
    size_t depth;              /* 0 for the first level */
    struct usage_count count;
};

struct usage {
    struct usage_count total;
    bool has_history;            /* rows, row_bytes and tombstones are known */
    struct usage_group **groups; /* the larger ones first; narrower ones behind their wider one */
    size_t group_count;
    bool merged;               /* there were more groups than are told apart */
    struct top_keys biggest;   /* by bytes of key and value */
    struct top_keys rewritten; /* by version; those that were written once are not in it */
};

/*
 * Measures what lives now, and of a file all that is left of the past.
 *
 * ret_usage  in 'mem'
 * e          as key_source_live and key_source_rows
 */
MUST_CHECK bool usage_measure(struct arena *mem, struct key_source *source,
                              const struct usage_request *request, struct usage **ret_usage,
                              struct error *e);

#endif
