/* ResponseHeader: who answered, and at which revision; and the messages that have nothing else. */
#ifndef QUORATE_ETCD_HEADER_H
#define QUORATE_ETCD_HEADER_H

#include <stdint.h>

#include "etcd/message/message.h"

/*
 * All zero where etcd sends none: Defragment and MoveLeader answers, every Snapshot message, Alarm
 * on 3.4. revision is 0 in the Cluster service's answers.
 */
struct etcd_header {
    uint64_t cluster_id;
    uint64_t member_id;
    int64_t revision;
    uint64_t raft_term;
};

/* Requests without fields: Status, Hash, Defragment, Snapshot, AuthStatus, UserList and others. */
struct etcd_empty {
    char unused;
};

/* Defragment, MoveLeader (without the header), most of Auth. */
struct etcd_header_only {
    struct etcd_header header;
};

extern const struct message etcd_header_message;
extern const struct message etcd_empty_message;
extern const struct message etcd_header_only_message;

#endif
