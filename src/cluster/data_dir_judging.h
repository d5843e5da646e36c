/* What the rules of a data directory share; for data_dir_*.c of this folder only. */
#ifndef QUORATE_CLUSTER_DATA_DIR_JUDGING_H
#define QUORATE_CLUSTER_DATA_DIR_JUDGING_H

#include "cluster/data_dir_rules.h"

/* A member as far as membership is concerned. */
struct seat {
    uint64_t id;
    bool is_learner;
};

struct seats {
    struct seat *items; /* ascending */
    size_t count;
};

struct judging {
    struct arena *mem;
    const struct data_dir_picture *picture;
    bool has_version;
    struct minor_version version;
    uint64_t quota_bytes;
    ARRAY(struct dir_finding) findings;

    const struct snap_picture *snap; /* that etcd takes the v2 store from; NULL: none */
    uint64_t start_index;            /* raft index that it starts from */
    uint64_t last_index;             /* of the log, or start_index when that is above */
};

/* Adds a finding; the text is printf's. The pointer is valid until the next one is added. */
struct dir_finding *judging_add(struct judging *j, const char *rule, enum severity severity,
                                const char *format, ...) PRINTF_LIKE(4, 5);

/* Whether the given version is at least major 3, minor 'minor'; false when there is no version. */
bool judging_is_since(const struct judging *j, uint64_t minor);
/* Whether it is known to be older. */
bool judging_is_before(const struct judging *j, uint64_t minor);

/* Sets what etcd would start from; before all rules. */
void judging_find_start(struct judging *j);

void rules_of_access(struct judging *j);
void rules_of_files(struct judging *j);
void rules_of_log(struct judging *j);
void rules_of_database(struct judging *j);
void rules_of_versions(struct judging *j);
void rules_of_members(struct judging *j);

#endif
