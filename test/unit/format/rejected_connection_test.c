/* Lines as etcd 3.4.23, 3.5.30 and 3.7.3 write them. */
#include "format/rejected_connection.h"

#include "expect.h"

static void
expect_read(const char *line, const char *from, const char *error)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct rejected_connection got;
    struct etcd_log_line read;

    assert_true(etcd_log_line_read(&mem, line, &read));
    assert_true(rejected_connection_read(&mem, &read, &got));
    assert_string_equal(got.from, from);
    assert_string_equal(got.error, error);
}

static void
test_json(void **state)
{
    (void)state;
    expect_read(
        "{\"level\":\"warn\",\"ts\":\"2026-01-01T00:00:00.000Z\",\"caller\":\"embed/"
        "config_logging.go:169\",\"msg\":\"rejected connection\",\"remote-addr\":\"127.0.0.1:"
        "36442\",\"server-name\":\"\",\"error\":\"EOF\"}",
        "127.0.0.1", "EOF");
    expect_read(
        "{\"level\":\"warn\",\"msg\":\"rejected connection on client endpoint\",\"remote-addr\":"
        "\"[fd00::7]:5\",\"server-name\":\"\",\"error\":\"tls: first record does not look "
        "like a TLS handshake\"}",
        "fd00::7", "tls: first record does not look like a TLS handshake");
}

static void
test_text(void **state)
{
    (void)state;
    expect_read("2018-02-06 12:41:06.905234 I | embed: rejected connection from "
                "\"10.0.0.9:36442\" (error \"EOF\", ServerName \"\")",
                "10.0.0.9", "EOF");
}

static void
test_other_lines(void **state)
{
    static const char *const lines[] = {
        "{\"level\":\"warn\",\"msg\":\"rejected connection\"}",
        "2018-02-06 12:41:06.905234 I | embed: rejected connection from \"1.2.3.4:5",
        "{\"level\":\"info\",\"msg\":\"became leader\",\"remote-addr\":\"a:1\",\"error\":\"EOF\"}"};
    AUTO_ARENA mem = ARENA_INIT;
    struct rejected_connection got;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct etcd_log_line read;

        assert_true(etcd_log_line_read(&mem, lines[i], &read));
        assert_false(rejected_connection_read(&mem, &read, &got));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_other_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
