#include "node/host/marker.h"

#include <string.h>

#include "expect.h"

/* Cut at every place, noise and rest come out the same. */
static void
test_every_cut(void **state)
{
    static const char whole[] = "Welcome\nquorate-0quorate-01-begin\nrest\n";

    (void)state;
    for (size_t cut = 0; cut < sizeof(whole); cut++) {
        struct marker marker = {.text = "quorate-01-begin\n"};
        struct buf rest = BUF_INIT;
        struct bytes part;

        marker_pass(&marker, bytes_of(whole, cut), &part);
        buf_append_bytes(&rest, part);
        marker_pass(&marker, bytes_of(whole + cut, sizeof(whole) - 1 - cut), &part);
        buf_append_bytes(&rest, part);
        assert_true(marker.seen);
        assert_string_equal(buf_text(&rest), "rest\n");
        assert_string_equal(buf_text(&marker.before), "Welcome\nquorate-0");
        buf_release(&rest);
        marker_release(&marker);
    }
}

static void
test_noise_without_end(void **state)
{
    static uint8_t noise[5000];
    struct marker marker = {.text = "quorate-01-begin\n"};
    struct bytes part;

    (void)state;
    memset(noise, 'n', sizeof(noise));
    for (int i = 0; i < 1000; i++) {
        marker_pass(&marker, bytes_of(noise, sizeof(noise)), &part);
        assert_int_equal(part.size, 0);
        assert_true(marker.before.size < 32768);
    }
    marker_pass(&marker, BYTES_LITERAL("quorate-01-begin\nX"), &part);
    assert_true(bytes_equal_text(part, "X"));
    marker_release(&marker);
}

/* A key that came in one part with the marker is in memory only as long as it is used. */
static void
test_what_stood_behind_it_is_wiped(void **state)
{
    struct marker marker = {.text = "quorate-01-begin\n"};
    struct bytes part;

    (void)state;
    marker_pass(&marker, BYTES_LITERAL("Welcome\nquorate-01-begin\nSECRET"), &part);
    assert_true(bytes_equal_text(part, "SECRET"));
    marker_pass(&marker, BYTES_LITERAL("more"), &part);
    assert_true(bytes_equal_text(part, "more"));
    assert_null(memmem(marker.before.data, marker.before.capacity, "SECRET", 6));
    assert_string_equal(buf_text(&marker.before), "Welcome\n");
    marker_release(&marker);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_noise_without_end),
        cmocka_unit_test(test_what_stood_behind_it_is_wiped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
