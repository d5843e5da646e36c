#include "format/backend/backend_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend_sample.h"

static void
member_becomes(const struct backend_member *member, const char *json)
{
    AUTO_BUF out = BUF_INIT;

    backend_member_encode(&out, member);
    assert_string_equal(buf_text(&out), json);
}

static void
test_member_is_written_as_go_does(void **state)
{
    static const char *const peers[] = {"http://h:2380"};
    static const char *const odd[] = {"http://h:2380?a=1&b=<2>", "unix://x\"y"};

    (void)state;
    member_becomes(&(struct backend_member){.id = 394420219895321698,
                                            .peer_urls = peers,
                                            .peer_url_count = 1,
                                            .is_learner = true,
                                            .name = "m1",
                                            .client_urls = (const char *const[]){"http://h:2379"},
                                            .client_url_count = 1},
                   "{\"id\":394420219895321698,\"peerURLs\":[\"http://h:2380\"],\"isLearner\":true,"
                   "\"name\":\"m1\",\"clientURLs\":[\"http://h:2379\"]}");
    member_becomes(
        &(struct backend_member){
            .id = UINT64_MAX, .peer_urls = odd, .peer_url_count = 2, .name = ""},
        "{\"id\":18446744073709551615,\"peerURLs\":[\"http://"
        "h:2380?a=1\\u0026b=\\u003c2\\u003e\",\"unix://x\\\"y\"]}");
    member_becomes(&(struct backend_member){.id = 1, .name = "n"},
                   "{\"id\":1,\"peerURLs\":null,\"name\":\"n\"}");
}

static void
test_member_comes_back(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct backend_member m;

    (void)state;
    OK(backend_member_decode(
        &tmp,
        bytes_of_text("{\"id\":18446744073709551615,\"peerURLs\":[\"http://a:1?\\u0026\",\"b\"],"
                      "\"isLearner\":true,\"name\":\"n\",\"clientURLs\":[\"c\"],\"later\":{}}"),
        &m, &e));
    assert_true(m.id == UINT64_MAX);
    assert_int_equal(m.peer_url_count, 2);
    assert_string_equal(m.peer_urls[0], "http://a:1?&");
    assert_string_equal(m.peer_urls[1], "b");
    assert_true(m.is_learner);
    assert_string_equal(m.name, "n");
    assert_int_equal(m.client_url_count, 1);
    assert_string_equal(m.client_urls[0], "c");

    OK(backend_member_decode(&tmp, bytes_of_text("{\"id\":7,\"peerURLs\":null}"), &m, &e));
    assert_int_equal(m.id, 7);
    assert_int_equal(m.peer_url_count, 0);
    assert_int_equal(m.client_url_count, 0);
    assert_string_equal(m.name, "");
    assert_false(m.is_learner);
}

static void
member_refused(const char *json, const char *text)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct backend_member m;

    assert_false(backend_member_decode(&tmp, bytes_of_text(json), &m, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_string_equal(e.text, text);
}

static void
test_damaged_members_are_refused(void **state)
{
    (void)state;
    member_refused("[]", "'id' is missing");
    member_refused("{\"peerURLs\":[]}", "'id' is missing");
    member_refused("{\"id\":\"1\"}", "'id' is not a whole number");
    member_refused("{\"id\":-1}", "'id' is negative");
    member_refused("{\"id\":1,\"peerURLs\":\"x\"}", "'peerURLs' is not an array");
    member_refused("{\"id\":1,\"peerURLs\":[1]}", "'peerURLs': a value is not text");
    member_refused("{\"id\":1,\"clientURLs\":[null]}", "'clientURLs': a value is not text");
    member_refused("{\"id\":1,\"name\":3}", "'name' is not text");
    member_refused("{\"id\":1,\"isLearner\":3}", "'isLearner' is not true or false");
}

static void
test_conf_state_is_written_as_etcd_does(void **state)
{
    static const uint64_t voters[] = {17476247305729834209u, 2};
    static const uint64_t others[] = {3};
    struct raft_conf_state conf = {.voters = {voters, 2}};
    AUTO_BUF out = BUF_INIT;

    (void)state;
    backend_conf_state_encode(&out, &conf);
    assert_string_equal(buf_text(&out),
                        "{\"voters\":[17476247305729834209,2],\"auto_leave\":false}");
    conf.learners = conf.voters_outgoing = conf.learners_next = (struct raft_ids){others, 1};
    conf.auto_leave = true;
    buf_clear(&out);
    backend_conf_state_encode(&out, &conf);
    assert_string_equal(buf_text(&out),
                        "{\"voters\":[17476247305729834209,2],\"learners\":[3],"
                        "\"voters_outgoing\":[3],\"learners_next\":[3],\"auto_leave\":true}");
}

static void
test_conf_state_comes_back(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct raft_conf_state conf;

    (void)state;
    OK(backend_conf_state_decode(
        &tmp,
        bytes_of_text("{\"voters\":[17476247305729834209,2],\"learners\":[3],"
                      "\"voters_outgoing\":[4],\"learners_next\":[5],\"auto_leave\":true}"),
        &conf, &e));
    assert_int_equal(conf.voters.count, 2);
    assert_true(conf.voters.items[0] == 17476247305729834209u);
    assert_int_equal(conf.learners.items[0], 3);
    assert_int_equal(conf.voters_outgoing.items[0], 4);
    assert_int_equal(conf.learners_next.items[0], 5);
    assert_true(conf.auto_leave);
    /* etcd 3.7 leaves out what is false, Go writes nil lists as null. */
    OK(backend_conf_state_decode(&tmp, bytes_of_text("{\"voters\":[1],\"learners\":null}"), &conf,
                                 &e));
    assert_int_equal(conf.voters.count, 1);
    assert_int_equal(conf.learners.count, 0);
    assert_false(conf.auto_leave);
}

static void
conf_state_refused(const char *json, const char *text)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct raft_conf_state conf;

    assert_false(backend_conf_state_decode(&tmp, bytes_of_text(json), &conf, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_string_equal(e.text, text);
}

static void
test_damaged_conf_states_are_refused(void **state)
{
    (void)state;
    conf_state_refused("7", "not a JSON object");
    conf_state_refused("{\"voters\":3}", "'voters' is not an array");
    conf_state_refused("{\"learners\":[\"1\"]}", "'learners': a value is not a whole number");
    conf_state_refused("{\"learners_next\":[-4]}", "'learners_next': a value is negative");
    conf_state_refused("{\"auto_leave\":1}", "'auto_leave' is not true or false");
}

static void
test_alarm_key_is_etcds(void **state)
{
    /* From the rich golden: NOSPACE of member f2881a54d8e77ce1. */
    static const char hex[] = "08e1f99dc7cdca86c4f2011001";
    struct backend_alarm alarm = {0xf2881a54d8e77ce1u, BACKEND_ALARM_NOSPACE};
    struct error e = ERROR_INIT;
    struct backend_alarm back;
    char text[sizeof(hex)];
    AUTO_BUF out = BUF_INIT;

    (void)state;
    backend_alarm_encode(&out, &alarm);
    assert_int_equal(out.size, sizeof(hex) / 2);
    hex_encode(out.data, out.size, text);
    assert_string_equal(text, hex);
    OK(backend_alarm_decode(buf_bytes(&out), &back, &e));
    assert_true(back.member_id == alarm.member_id);
    assert_int_equal(back.type, BACKEND_ALARM_NOSPACE);
    assert_false(backend_alarm_decode(bytes_of("\x08", 1), &back, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_string_equal(e.text, "no AlarmMember message");
}

static void
test_alarms_have_words(void **state)
{
    (void)state;
    assert_string_equal(backend_alarm_word(BACKEND_ALARM_NONE), "NONE");
    assert_string_equal(backend_alarm_word(BACKEND_ALARM_NOSPACE), "NOSPACE");
    assert_string_equal(backend_alarm_word(BACKEND_ALARM_CORRUPT), "CORRUPT");
    assert_string_equal(backend_alarm_word(77), "UNKNOWN");
}

static void
test_numbers_are_big_endian(void **state)
{
    static const uint8_t wanted[] = {1, 2, 3, 4, 5, 6, 7, 0xf8};
    struct error e = ERROR_INIT;
    uint8_t bytes[BACKEND_U64_SIZE];
    uint64_t value = 0;

    (void)state;
    backend_u64_encode(0x01020304050607f8, bytes);
    assert_memory_equal(bytes, wanted, sizeof(wanted));
    OK(backend_u64_decode(bytes_of(bytes, 8), &value, &e));
    assert_true(value == 0x01020304050607f8);
    assert_false(backend_u64_decode(bytes_of(bytes, 7), &value, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_string_equal(e.text, "7 bytes, not 8");
}

static void
test_member_keys_are_hex_without_padding(void **state)
{
    static const char *const bad[] = {"", "8E", "0x8e", "11112222333344445", "g", "8e "};
    struct error e = ERROR_INIT;
    char key[BACKEND_MEMBER_KEY_SIZE];
    uint64_t id = 0;

    (void)state;
    backend_member_key(0x5794319ab179462, key);
    assert_string_equal(key, "5794319ab179462");
    backend_member_key(UINT64_MAX, key);
    assert_string_equal(key, "ffffffffffffffff");
    OK(backend_member_key_decode(bytes_of_text("5794319ab179462"), &id, &e));
    assert_true(id == 0x5794319ab179462);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(backend_member_key_decode(bytes_of_text(bad[i]), &id, &e));
        assert_int_equal(e.code, ERROR_FORMAT);
        assert_string_equal(e.text, "the key is not a member id in hex");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_member_is_written_as_go_does),
        cmocka_unit_test(test_member_comes_back),
        cmocka_unit_test(test_damaged_members_are_refused),
        cmocka_unit_test(test_conf_state_is_written_as_etcd_does),
        cmocka_unit_test(test_conf_state_comes_back),
        cmocka_unit_test(test_damaged_conf_states_are_refused),
        cmocka_unit_test(test_alarm_key_is_etcds),
        cmocka_unit_test(test_alarms_have_words),
        cmocka_unit_test(test_numbers_are_big_endian),
        cmocka_unit_test(test_member_keys_are_hex_without_padding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
