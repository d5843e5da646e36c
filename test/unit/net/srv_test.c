#include "net/srv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

/* An answer to _e._tcp.x: two SRV records with an A record between them; names point back. */
static const uint8_t answer[] = {
    0,    1,   0x81, 0x80, 0,    1,    0,   3,   0,   0,    0,  0,            /* header */
    2,    '_', 'e',  4,    '_',  't',  'c', 'p', 1,   'x',  0,  0,  33, 0, 1, /* question: at 12, x at 20 */
    0xc0, 12,  0,    33,   0,    1,    0,   0,   0,   60,   0,  11,           /* SRV */
    0,    20,  0,    5,    0x09, 0x4b, 2,   'd', '2', 0xc0, 20,               /* 20 5 2379 d2.x */
    0xc0, 20,  0,    1,    0,    1,    0,   0,   0,   60,   0,  4,  10, 0, 0, 1, /* A */
    0xc0, 12,  0,    33,   0,    1,    0,   0,   0,   60,   0,  11,              /* SRV */
    0,    10,  0,    5,    0x09, 0x4c, 2,   'd', '1', 0xc0, 20, /* 10 5 2380 d1.x */
};

static void
records_come_by_priority(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct srv_records records;

    EXPECT_OK(srv_parse(&mem, bytes_of(answer, sizeof(answer)), &records, &e));
    assert_int_equal(records.list.count, 2);
    assert_string_equal(records.list.items[0].host, "d1.x");
    assert_int_equal(records.list.items[0].port, 2380);
    assert_string_equal(records.list.items[1].host, "d2.x");
    assert_int_equal(records.list.items[1].port, 2379);
    assert_int_equal(records.list.items[1].priority, 20);
}

static void
every_cut_is_told(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct srv_records records;

    for (size_t size = 0; size < sizeof(answer); size++) {
        struct error e = ERROR_INIT;

        assert_false(srv_parse(&mem, bytes_of(answer, size), &records, &e));
        assert_int_equal(e.code, ERROR_FORMAT);
    }
}

static void
a_name_that_points_at_itself(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct srv_records records;
    uint8_t bad[sizeof(answer)];

    memcpy(bad, answer, sizeof(answer));
    bad[28] = 27;
    EXPECT_ERROR(srv_parse(&mem, bytes_of(bad, sizeof(bad)), &records, &e), ERROR_FORMAT,
                 "a name in the DNS answer leads nowhere");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_by_priority),
        cmocka_unit_test(every_cut_is_told),
        cmocka_unit_test(a_name_that_points_at_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
