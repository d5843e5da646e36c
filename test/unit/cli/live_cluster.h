/* A cluster of three for tests of the live view, and its screen as text. */
#ifndef QUORATE_TEST_LIVE_CLUSTER_H
#define QUORATE_TEST_LIVE_CLUSTER_H

#include "expect.h"

#include <locale.h>
#include <string.h>

#include "cli/live/live_layout.h"

enum { MEMBERS = 3, TAKEN_S = 1700000000 };

struct live_cluster {
    struct arena mem;
    struct member_view members[MEMBERS];
    struct cluster_view view;
    struct judgement judgement;
    struct history history;
    struct live_state state;
    struct live_shown shown;
    struct page_lines page;
    struct live_picture picture;
};

static void
cluster_init(struct live_cluster *c)
{
    static const char *const names[] = {"m1", "m2", "m10"};
    static const char *const url[] = {"http://10.0.0.1:2379"};

    setlocale(LC_CTYPE, "C.UTF-8");
    *c = (struct live_cluster){.mem = ARENA_INIT};
    for (size_t i = 0; i < MEMBERS; i++)
        c->members[i] = (struct member_view){
            .member = {.id = 0xa0 + i, .name = names[i], .client_urls = url, .client_url_count = 1},
            .endpoint = url[0],
            .known = true,
            .took_us = 1200 + 1000 * (int64_t)i,
            .status = {.version = "3.6.16",
                       .storage_version = "3.6.0",
                       .leader = 0xa1,
                       .raft_applied_index = 5000,
                       .raft_index = 5000,
                       .raft_term = 2,
                       .db_size_bytes = 20000000 - 1000000 * (int64_t)i,
                       .db_size_in_use_bytes = 19000000,
                       .db_size_quota_bytes = 2000000000,
                       .header = {.revision = 4000}},
        };
    c->view = (struct cluster_view){.taken_s = TAKEN_S,
                                    .cluster_id = 0xbeef,
                                    .leader_id = 0xa1,
                                    .applied_most = 5000,
                                    .members = c->members,
                                    .member_count = MEMBERS};
    live_state_init(&c->state, 2000);
    history_init(&c->history, &c->mem);
    c->picture = (struct live_picture){.target = "prod",
                                       .view = &c->view,
                                       .judgement = &c->judgement,
                                       .history = &c->history,
                                       .state = &c->state,
                                       .days = {.warning = 30, .critical = 7},
                                       .looked_ms = TAKEN_S * 1000LL,
                                       .width = 80,
                                       .height = 24,
                                       .utf8 = true};
}

/* One more look, a second later, after so many writes. */
static void
cluster_look(struct live_cluster *c, int64_t writes)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        c->members[i].status.header.revision += writes;
        c->members[i].status.raft_applied_index += (uint64_t)writes;
    }
    c->view.applied_most += (uint64_t)writes;
    history_add(&c->history, &c->view, (int64_t)c->history.looks * 1000000);
}

static void
cluster_show(struct live_cluster *c)
{
    if (c->picture.view != NULL)
        rule_judge(&c->mem, &c->view, c->picture.days, &c->judgement);
    c->page = (struct page_lines){.mem = &c->mem};
    live_layout(&c->picture, &c->page, &c->shown);
}

static const char *
screen_line(struct live_cluster *c, size_t i)
{
    assert_true(i < c->page.rows.count);
    return page_line_text(&c->page, &c->page.rows.items[i]);
}

/* The first line that has this text; NULL: none. */
static const char *
screen_find(struct live_cluster *c, const char *text)
{
    for (size_t i = 0; i < c->page.rows.count; i++) {
        if (strstr(screen_line(c, i), text) != NULL)
            return screen_line(c, i);
    }
    return NULL;
}

/* The line that begins so. */
static const char *
screen_row(struct live_cluster *c, const char *begin)
{
    for (size_t i = 0; i < c->page.rows.count; i++) {
        if (strncmp(screen_line(c, i), begin, strlen(begin)) == 0)
            return screen_line(c, i);
    }
    fail_msg("no line begins with '%s'", begin);
    return NULL;
}

static void
screen_key(struct live_cluster *c, int key)
{
    live_state_key(&c->state, key, &c->shown);
    cluster_show(c);
}

#endif
