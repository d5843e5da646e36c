/* Watches on members that come and go: every event once, in order, or an error that says why. */
#include "etcd/watch.h"

#include <inttypes.h>
#include <string.h>

#include "etcd/fake_etcd.h"
#include "expect.h"

enum { REVISION_NOW = 10 };

struct scene {
    struct fake_cluster cluster;
    struct etcd_watcher watcher;
    struct etcd_watch a, b;
    struct fake_stream *stream; /* the newest on the server */
    char asked[512];            /* what the servers were asked: "create 5;cancel 1;progress;" */
    char got[512];              /* what came: "5 6 | 7 | progress 9" */
    char ended[512];
    struct error why; /* of the last end */
    int64_t compact_revision;
    const char *refusal; /* of creations; NULL: take them */
    const char *good_token;
    bool no_leader; /* member 0 says so */
    bool silent;    /* creations get no answer */
    bool removes_b;
    unsigned losses;
    size_t created;
    bool flag;
};

static void PRINTF_LIKE(2, 3) note(char *text, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;

    va_start(args, format);
    vsnprintf(text + used, 512 - used, format, args);
    va_end(args);
}

static void
respond(struct scene *s, struct etcd_watch_response response)
{
    response.header.revision =
        response.header.revision > 0 ? response.header.revision : REVISION_NOW;
    fake_send_value(s->stream, &etcd_watch_response_message, &response);
}

static void
create_answer(struct scene *s, struct fake_stream *stream)
{
    struct etcd_watch_response response = {.created = true, .watch_id = (int64_t)s->created};

    if (s->silent)
        return;
    if (s->refusal != NULL ||
        (s->good_token != NULL && strcmp(stream->token, s->good_token) != 0)) {
        response.canceled = true;
        response.watch_id = ETCD_WATCH_ID_NONE;
        response.cancel_reason = s->refusal != NULL ? s->refusal : "etcdserver: invalid auth token";
    } else {
        s->created++;
    }
    respond(s, response);
}

static void
server_message(struct fake_member *m, struct fake_stream *stream, struct bytes message)
{
    struct scene *s = m->cluster->note;
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_watch_request request;
    struct error e;

    EXPECT_OK(message_decode(&tmp, &etcd_watch_request_message, message, &request, &e));
    if (s->no_leader && m == &s->cluster.members[0]) {
        if (!stream->finishing)
            fake_answer_trailers_only(stream, "14", "etcdserver: no leader");
        stream->finishing = true;
        return;
    }
    if (s->stream != stream)
        s->created = 0;
    s->stream = stream;
    s->flag = true;
    if (request.create_request != NULL) {
        note(s->asked, "create %" PRId64 ";", request.create_request->start_revision);
        create_answer(s, stream);
    } else if (request.cancel_request != NULL) {
        note(s->asked, "cancel %" PRId64 ";", request.cancel_request->watch_id);
    } else {
        note(s->asked, "progress;");
        respond(s, (struct etcd_watch_response){.watch_id = ETCD_WATCH_ID_NONE,
                                                .header.revision = REVISION_NOW + 5});
    }
}

static void
on_response(void *context, const struct etcd_watch_response *response)
{
    struct scene *s = context;

    for (size_t i = 0; i < response->event_count; i++)
        note(s->got, "%" PRId64 "%.*s ", response->events[i].kv->mod_revision,
             (int)response->events[i].kv->key.size, response->events[i].kv->key.data);
    if (etcd_watch_response_is_progress(response))
        note(s->got, "progress %" PRId64 " ", response->header.revision);
    note(s->got, response->fragment ? "+" : "|");
    if (s->removes_b)
        etcd_watch_remove(&s->b);
    s->flag = true;
}

static void
on_end(void *context, const struct etcd_watch_response *last, const struct error *e)
{
    struct scene *s = context;

    assert_true(last->canceled);
    assert_int_not_equal(e->code, ERROR_NONE);
    note(s->ended, "%s: %s;", error_code_word(e->code), strstr(e->text, "': ") + 3);
    s->why = *e;
    s->compact_revision = last->compact_revision;
    s->flag = true;
}

static void
on_lost(void *context, const struct error *why UNUSED)
{
    ((struct scene *)context)->losses++;
}

static void
run_until_flag(struct scene *s)
{
    fake_run_until(&s->cluster, &s->flag);
    s->flag = false;
}

/* Until everything on its way has arrived. */
static void
run_dry(struct scene *s)
{
    fake_run_for(&s->cluster, 30);
    s->flag = false;
}

static void
watch_key(struct scene *s, struct etcd_watch *w, int64_t revision)
{
    const struct etcd_watch_options options = {
        .key = BYTES_LITERAL("k"),
        .revision = revision,
        .fragments = true,
        .on_response = on_response,
        .on_end = on_end,
        .context = s,
    };

    etcd_watch_add(&s->watcher, w, &options);
}

static void
scene_open(struct scene *s, size_t members, const char *user)
{
    *s = (struct scene){.created = 0};
    fake_cluster_open(&s->cluster, members, user, server_message);
    s->cluster.note = s;
    etcd_watcher_init(&s->watcher, s->cluster.client, on_lost, s);
}

static void
scene_close(struct scene *s)
{
    etcd_watcher_release(&s->watcher);
    etcd_watcher_release(&s->watcher); /* twice is fine */
    fake_cluster_close(&s->cluster);
}

/* Sends events "REVISION KEY", as one response. */
static void
send_events(struct scene *s, int64_t id, bool fragment, size_t count, const int64_t *revisions,
            const char *const *keys)
{
    struct etcd_event events[8];
    struct etcd_key_value kvs[8];

    for (size_t i = 0; i < count; i++) {
        kvs[i] = (struct etcd_key_value){
            .key = bytes_of_text(keys[i]), .mod_revision = revisions[i], .version = 1};
        events[i] = (struct etcd_event){.type = ETCD_EVENT_PUT, .kv = &kvs[i]};
    }
    respond(s, (struct etcd_watch_response){.watch_id = id,
                                            .fragment = fragment,
                                            .events = events,
                                            .event_count = count,
                                            .header.revision = 100});
}

static void
send_event(struct scene *s, int64_t id, int64_t revision)
{
    const char *key = "k";

    send_events(s, id, false, 1, &revision, &key);
    run_until_flag(s);
}

static void
goes_on_behind_the_last_event(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 2, NULL);
    watch_key(&s, &s.a, 5);
    run_dry(&s);
    send_event(&s, 0, 5);
    send_event(&s, 0, 8);
    fake_member_kill(&s.cluster.members[0]);
    run_until_flag(&s);
    run_dry(&s);
    send_event(&s, 0, 9);
    assert_string_equal(s.asked, "create 5;create 9;");
    assert_string_equal(s.got, "5k |8k |9k |");
    assert_int_equal(s.losses, 1);
    assert_int_equal(s.cluster.client->preferred, 1);
    scene_close(&s);
}

static void
from_now_means_from_its_creation(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 2, NULL);
    watch_key(&s, &s.a, 0);
    run_dry(&s);
    fake_member_kill(&s.cluster.members[0]);
    run_until_flag(&s);
    assert_string_equal(s.asked, "create 0;create 11;");
    scene_close(&s);
}

static void
periodic_progress_moves_the_start_but_is_not_shown_unasked(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 2, NULL);
    watch_key(&s, &s.a, 5);
    run_dry(&s);
    respond(&s, (struct etcd_watch_response){.header.revision = 50});
    run_dry(&s);
    fake_member_kill(&s.cluster.members[0]);
    run_until_flag(&s);
    assert_string_equal(s.asked, "create 5;create 51;");
    assert_string_equal(s.got, "");
    scene_close(&s);
}

static void
a_break_inside_a_revision_repeats_nothing(void **state UNUSED)
{
    const int64_t first[] = {5, 6, 6};
    const int64_t again[] = {6, 6, 6, 7};
    const char *keys[] = {"a", "b", "c"};
    const char *all[] = {"b", "c", "d", "e"};
    struct scene s;

    scene_open(&s, 3, NULL);
    watch_key(&s, &s.a, 5);
    run_dry(&s);
    send_events(&s, 0, true, 3, first, keys);
    run_until_flag(&s);
    fake_member_kill(&s.cluster.members[0]);
    run_until_flag(&s);
    run_dry(&s);
    send_events(&s, 0, true, 1, again, all); /* only one of those that are to be skipped */
    run_dry(&s);
    fake_member_kill(&s.cluster.members[1]);
    run_until_flag(&s);
    run_dry(&s);
    send_events(&s, 0, false, 4, again, all);
    run_until_flag(&s);
    send_event(&s, 0, 8);
    assert_string_equal(s.asked, "create 5;create 6;create 6;");
    assert_string_equal(s.got, "5a 6b 6c +6d 7e |8k |");
    scene_close(&s);
}

static void
nothing_left_of_a_broken_revision_is_fine(void **state UNUSED)
{
    const int64_t revisions[] = {6, 6};
    const char *keys[] = {"a", "b"};
    struct scene s;

    scene_open(&s, 2, NULL);
    watch_key(&s, &s.a, 5);
    run_dry(&s);
    send_events(&s, 0, true, 2, revisions, keys);
    run_until_flag(&s);
    fake_member_kill(&s.cluster.members[0]);
    run_until_flag(&s);
    run_dry(&s);
    send_events(&s, 0, false, 2, revisions, keys);
    run_dry(&s);
    send_event(&s, 0, 7);
    assert_string_equal(s.got, "6a 6b +7k |");
    assert_int_equal(s.a.next_revision, 8);
    scene_close(&s);
}

static void
a_compacted_revision_ends_the_watch(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 2, NULL);
    watch_key(&s, &s.a, 2);
    run_dry(&s);
    respond(&s, (struct etcd_watch_response){.canceled = true, .compact_revision = 7});
    run_until_flag(&s);
    assert_string_equal(s.ended, "not-found: mvcc: required revision has been compacted;");
    assert_int_equal(s.compact_revision, 7);
    assert_null(s.watcher.watches);
    run_dry(&s);
    assert_string_equal(s.asked, "create 2;cancel 0;");
    scene_close(&s);
}

static void
a_refusal_ends_only_its_watch(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 1, NULL);
    watch_key(&s, &s.a, 5);
    run_dry(&s);
    s.refusal = "etcdserver: permission denied";
    watch_key(&s, &s.b, 6);
    run_until_flag(&s);
    run_dry(&s);
    assert_string_equal(s.ended, "auth: permission denied;");
    send_event(&s, 0, 5);
    assert_string_equal(s.got, "5k |");
    scene_close(&s);
}

static void
an_old_token_is_renewed(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 1, "root");
    s.good_token = "token-2";
    watch_key(&s, &s.a, 5);
    run_dry(&s);
    send_event(&s, 0, 5);
    assert_string_equal(s.asked, "create 5;create 5;");
    assert_string_equal(s.got, "5k |");
    assert_string_equal(s.ended, "");
    s.good_token = "none";
    watch_key(&s, &s.b, 6);
    run_until_flag(&s);
    run_dry(&s);
    assert_string_equal(s.ended, "auth: invalid auth token;auth: invalid auth token;");
    scene_close(&s);
}

static void
several_watches_share_a_stream(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 2, NULL);
    watch_key(&s, &s.a, 5);
    watch_key(&s, &s.b, 0);
    run_dry(&s);
    send_event(&s, 0, 5);
    send_event(&s, 1, 20);
    etcd_watcher_request_progress(&s.watcher);
    run_dry(&s);
    assert_string_equal(s.got, "5k |20k |progress 15 |progress 15 |");
    fake_member_kill(&s.cluster.members[0]);
    run_dry(&s);
    assert_string_equal(s.asked, "create 5;create 0;progress;create 6;create 21;");
    s.removes_b = true;
    etcd_watcher_request_progress(&s.watcher);
    run_dry(&s);
    assert_string_equal(s.got, "5k |20k |progress 15 |progress 15 |progress 15 |");
    assert_string_equal(s.asked,
                        "create 5;create 0;progress;create 6;create 21;progress;cancel 1;");
    scene_close(&s);
}

static void
what_is_removed_is_cancelled_once_created(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 1, NULL);
    watch_key(&s, &s.a, 5);
    watch_key(&s, &s.b, 6);
    etcd_watch_remove(&s.a);
    etcd_watch_remove(&s.a);
    run_dry(&s);
    assert_string_equal(s.asked, "create 5;create 6;cancel 0;");
    send_events(&s, 0, false, 1, (const int64_t[]){7}, (const char *const[]){"x"});
    send_event(&s, 1, 8);
    assert_string_equal(s.got, "8k |");
    scene_close(&s);
}

static void
no_endpoint_at_the_start_is_an_error_at_once(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 2, NULL);
    fake_member_kill(&s.cluster.members[0]);
    fake_member_kill(&s.cluster.members[1]);
    watch_key(&s, &s.a, 5);
    run_until_flag(&s);
    assert_non_null(strstr(s.ended, "connection: "));
    assert_non_null(strstr(s.why.text, s.cluster.members[1].path));
    assert_int_equal(s.losses, 0);
    scene_close(&s);
}

static void
a_dead_endpoint_is_passed_over(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 2, NULL);
    fake_member_kill(&s.cluster.members[0]);
    watch_key(&s, &s.a, 5);
    run_until_flag(&s);
    run_dry(&s);
    assert_true(s.a.created);
    scene_close(&s);
}

static void
a_lost_cluster_is_waited_for(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 1, NULL);
    watch_key(&s, &s.a, 5);
    run_dry(&s);
    fake_member_kill(&s.cluster.members[0]);
    fake_run_for(&s.cluster, 200);
    assert_in_range(s.losses, 2, 4);
    fake_member_start(&s.cluster.members[0]);
    run_until_flag(&s);
    assert_string_equal(s.asked, "create 5;create 5;");
    assert_string_equal(s.ended, "");
    scene_close(&s);
}

static void
a_member_without_leader_is_left(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 2, NULL);
    s.no_leader = true;
    watch_key(&s, &s.a, 5);
    run_until_flag(&s);
    run_dry(&s);
    assert_true(s.a.created);
    scene_close(&s);
    scene_open(&s, 1, NULL);
    s.no_leader = true;
    watch_key(&s, &s.a, 5);
    run_until_flag(&s);
    assert_string_equal(s.ended, "unavailable: no leader;");
    scene_close(&s);
}

static void
a_paused_watcher_is_silent(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 2, NULL);
    etcd_watcher_pause(&s.watcher);
    watch_key(&s, &s.a, 5);
    run_dry(&s);
    assert_false(s.a.created);
    etcd_watcher_resume(&s.watcher);
    run_dry(&s);
    assert_true(s.a.created);
    scene_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_behind_the_last_event),
        cmocka_unit_test(from_now_means_from_its_creation),
        cmocka_unit_test(periodic_progress_moves_the_start_but_is_not_shown_unasked),
        cmocka_unit_test(a_break_inside_a_revision_repeats_nothing),
        cmocka_unit_test(nothing_left_of_a_broken_revision_is_fine),
        cmocka_unit_test(a_compacted_revision_ends_the_watch),
        cmocka_unit_test(a_refusal_ends_only_its_watch),
        cmocka_unit_test(an_old_token_is_renewed),
        cmocka_unit_test(several_watches_share_a_stream),
        cmocka_unit_test(what_is_removed_is_cancelled_once_created),
        cmocka_unit_test(no_endpoint_at_the_start_is_an_error_at_once),
        cmocka_unit_test(a_dead_endpoint_is_passed_over),
        cmocka_unit_test(a_lost_cluster_is_waited_for),
        cmocka_unit_test(a_member_without_leader_is_left),
        cmocka_unit_test(a_paused_watcher_is_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
