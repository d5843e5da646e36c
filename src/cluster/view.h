/*
 * The picture of a cluster at one moment: who its members are, and what each of them says.
 *
 * Fetched in parallel; each member's facts are known, or unknown because of an error. Reports, rules
 * and steps read the picture; nobody asks twice. Judgement is not here but in cluster/rules.h.
 */
#ifndef QUORATE_CLUSTER_VIEW_H
#define QUORATE_CLUSTER_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "etcd/client.h"
#include "etcd/message/cluster_message.h"
#include "etcd/message/maintenance_message.h"

struct member_view {
    struct etcd_member member; /* from the member list; zero but for 'id' when no list was had */
    const char *endpoint;      /* asked for its status; NULL when it has no client URL */
    bool given;                /* the endpoint was among those the caller gave */
    bool asked;
    bool known; /* 'status' is set */
    struct etcd_status status;
    int64_t took_us;
    int64_t certificate_end_s;    /* of the certificate that the endpoint presented; 0: none */
    struct error unknown_because; /* when not known */
};

/* An endpoint whose answer, or silence, belongs to no member of the list. */
struct stray_endpoint {
    const char *endpoint;
    uint64_t member_id;  /* 0: it did not answer */
    uint64_t cluster_id; /* another cluster's, perhaps */
    struct error error;  /* when it did not answer */
};

struct cluster_view {
    int64_t taken_s; /* when it was fetched, seconds since 1970 UTC */
    uint64_t cluster_id;
    uint64_t leader_id;    /* as most members say; 0: nobody knows one */
    uint64_t applied_most; /* greatest raft applied index that any member told */
    /* Why no member list was had: the members are those that answered, there may be more. ERROR_NONE: it was. */
    struct error unlisted_because;
    struct member_view *members;
    size_t member_count;
    struct stray_endpoint *strays;
    size_t stray_count;
    struct etcd_alarm *alarms; /* as the members' status tells them, without quorum */
    size_t alarm_count;
};

/*
 * Asks the given endpoints for their status and one of them for the members; members that none of
 * the endpoints belongs to are asked at their own client URLs. A silent endpoint takes one command
 * time-out, all of them together.
 *
 * e       when no endpoint answers: the reason of each, with the first one's code and remedy.
 * Memory  everything in 'mem'.
 */
MUST_CHECK bool cluster_view_fetch(struct arena *mem, const struct etcd_options *options,
                                   struct cluster_view *ret_view, struct error *e);

/*
 * Connections that one look leaves to the next: then a member's time is that of its answer, without that of
 * connecting. They belong to one thread at a time; 'options' have to live as long.
 */
struct view_connections {
    const struct etcd_options *options;
    struct etcd_client *given;
    struct etcd_client *others; /* of members that no endpoint was given for; NULL: not asked yet */
};

#define AUTO_VIEW_CONNECTIONS                                                                      \
    __attribute__((cleanup(view_connections_close))) struct view_connections

/* Connects to nothing yet; e: as etcd_client_open. */
MUST_CHECK bool view_connections_open(struct view_connections *c,
                                      const struct etcd_options *options, struct error *e);
/* Of a zeroed one it does nothing. */
void view_connections_close(struct view_connections *c);
/* As cluster_view_fetch, over these connections. */
MUST_CHECK bool cluster_view_fetch_again(struct arena *mem, struct view_connections *connections,
                                         struct cluster_view *ret_view, struct error *e);

/* NULL when there is none. */
const struct member_view *view_member_by_id(const struct cluster_view *view, uint64_t id);
const struct member_view *view_member_by_name(const struct cluster_view *view, const char *name);
/* The member's name, or its id in hex when it has none (never started). In 'mem'. */
const char *view_member_label(struct arena *mem, const struct cluster_view *view, uint64_t id);

/* Whether it has answered, and follows or is the leader that most members say. */
bool view_member_serves(const struct cluster_view *view, const struct member_view *member);
/* Voters in the list, and those of them that answered and know the leader. */
size_t view_voter_count(const struct cluster_view *view);
size_t view_voters_serving(const struct cluster_view *view);
/* The highest revision that any member told; 0: none did. */
int64_t view_revision(const struct cluster_view *view);
/* The highest one that all who told one have reached; 0: none did. */
int64_t view_revision_of_all(const struct cluster_view *view);
/* The size of the largest database that any member told; 0: none did. */
uint64_t view_db_bytes_most(const struct cluster_view *view);
/* How far behind the most advanced member it is, in raft entries. */
uint64_t view_lag(const struct cluster_view *view, const struct member_view *member);
bool view_has_alarm(const struct cluster_view *view, uint64_t member_id, enum etcd_alarm_type type);

/* The alarm in a line of Status.errors ("memberID:123 alarm:NOSPACE ", "memberID:123  alarm:NOSPACE"); false for other lines. */
bool status_error_alarm(const char *text, struct etcd_alarm *ret_alarm);

#endif
