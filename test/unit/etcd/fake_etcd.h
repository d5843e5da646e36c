/*
 * Members of a cluster that do what the test tells them, with a client for them on one loop. A
 * member hands out tokens ("token-1", "token-2", ...) and gives every message that comes on another
 * call to the test.
 */
#ifndef QUORATE_TEST_FAKE_ETCD_H
#define QUORATE_TEST_FAKE_ETCD_H

#include "etcd/call.h"
#include "net/fake_server.h"

enum { FAKE_MEMBERS_MAX = 3 };

struct fake_cluster;

struct fake_member {
    struct fake_server server;
    struct fake_cluster *cluster;
    char path[128];
    bool up;
    unsigned tokens; /* handed out */
};

/* One whole message on a call. */
typedef void fake_message(struct fake_member *member, struct fake_stream *stream,
                          struct bytes message);

struct fake_cluster {
    struct etcd_client *client;
    struct loop *loop;
    struct fake_member members[FAKE_MEMBERS_MAX];
    size_t count;
    fake_message *message;
    void *note; /* the test's own */
};

/* 'user' may be NULL. */
void fake_cluster_open(struct fake_cluster *c, size_t count, const char *user,
                       fake_message *message);
void fake_cluster_close(struct fake_cluster *c);
/* Kills a member: its connections break, new ones are refused. */
void fake_member_kill(struct fake_member *m);
void fake_member_start(struct fake_member *m);

/* Sends a message; the headers first, when they were not sent yet. */
void fake_send(struct fake_stream *stream, struct bytes message);
void fake_send_value(struct fake_stream *stream, const struct message *m, const void *value);

/* Runs until *done, for as long as a test may take. */
void fake_run_until(struct fake_cluster *c, const bool *done);
void fake_run_for(struct fake_cluster *c, int64_t ms);

#endif
