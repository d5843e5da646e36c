#include "net/grpc_framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

/* Three messages, "ab", "" and 300 bytes of 'x', as one run of bytes. */
static void
stream_make(struct buf *out)
{
    grpc_framing_put_prefix(out, 2);
    buf_append_text(out, "ab");
    grpc_framing_put_prefix(out, 0);
    grpc_framing_put_prefix(out, 300);
    for (int i = 0; i < 300; i++)
        buf_append_byte(out, 'x');
}

static void
test_any_cut_gives_the_same_messages(void **state)
{
    AUTO_BUF stream = BUF_INIT;
    const size_t sizes[] = {2, 0, 300};

    (void)state;
    stream_make(&stream);
    for (size_t piece = 1; piece <= stream.size; piece++) {
        struct grpc_framing f = {.size = 0};
        size_t found = 0;

        for (size_t at = 0; at < stream.size; at += piece) {
            size_t left = stream.size - at;
            struct bytes input = {stream.data + at, left < piece ? left : piece};
            struct bytes message = BYTES_NONE;

            while (found < 3 &&
                   grpc_framing_next(&f, &input, 1000, &message) == GRPC_FRAMING_MESSAGE) {
                assert_int_equal(message.size, sizes[found]);
                if (found == 0)
                    assert_memory_equal(message.data, "ab", 2);
                found++;
            }
            assert_int_equal(input.size, 0);
        }
        assert_int_equal(found, 3);
        assert_true(grpc_framing_at_boundary(&f));
        grpc_framing_release(&f);
    }
}

static void
test_a_whole_message_is_not_copied(void **state)
{
    AUTO_BUF stream = BUF_INIT;
    struct grpc_framing f = {.size = 0};
    struct bytes input, message;

    (void)state;
    stream_make(&stream);
    input = buf_bytes(&stream);
    assert_int_equal(grpc_framing_next(&f, &input, 1000, &message), GRPC_FRAMING_MESSAGE);
    assert_ptr_equal(message.data, stream.data + GRPC_PREFIX_SIZE);
    assert_null(f.partial.data);
    grpc_framing_release(&f);
}

static void
test_a_large_announcement_takes_no_memory(void **state)
{
    struct grpc_framing f = {.size = 0};
    struct bytes input = BYTES_LITERAL("\0\x7f\xff\xff\xff"
                                       "abc");
    struct bytes message;

    (void)state;
    assert_int_equal(grpc_framing_next(&f, &input, UINT32_MAX, &message), GRPC_FRAMING_MORE);
    assert_int_equal(f.partial.size, 3);
    assert_true(f.partial.capacity < 4096);
    assert_false(grpc_framing_at_boundary(&f));
    grpc_framing_release(&f);
}

/* The framing reads on while the message lives. */
static void
test_a_large_message_is_kept_without_a_copy(void **state)
{
    enum { LARGE_BYTES = 200000, PIECE_BYTES = 1000 };
    AUTO_BUF stream = BUF_INIT;
    struct arena mem = ARENA_INIT;
    struct grpc_framing f = {.size = 0};
    struct bytes message = BYTES_NONE;
    struct bytes kept[2] = {BYTES_NONE, BYTES_NONE};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        grpc_framing_put_prefix(&stream, LARGE_BYTES);
        memset(buf_reserve(&stream, LARGE_BYTES), i == 0 ? 'a' : 'b', LARGE_BYTES);
        stream.size += LARGE_BYTES;
    }
    for (size_t at = 0, found = 0; at < stream.size; at += PIECE_BYTES) {
        size_t left = stream.size - at;
        struct bytes input = {stream.data + at, left < PIECE_BYTES ? left : PIECE_BYTES};

        while (grpc_framing_next(&f, &input, LARGE_BYTES, &message) == GRPC_FRAMING_MESSAGE) {
            assert_true(found < 2);
            kept[found] = grpc_framing_keep(&f, &mem, message);
            assert_ptr_equal(kept[found].data, message.data);
            assert_null(f.partial.data);
            found++;
        }
    }
    grpc_framing_release(&f);
    for (size_t i = 0; i < 2; i++) {
        const uint8_t *sent = stream.data + i * stream.size / 2 + GRPC_PREFIX_SIZE;

        assert_true(bytes_equal(kept[i], bytes_of(sent, LARGE_BYTES)));
    }
    arena_release(&mem);
}

static void
test_what_is_small_or_lies_in_the_input_is_copied(void **state)
{
    AUTO_BUF stream = BUF_INIT;
    struct arena mem = ARENA_INIT;
    struct grpc_framing f = {.size = 0};
    struct bytes input, message, kept;

    (void)state;
    stream_make(&stream);
    for (size_t first = 6; first <= 7; first++) { /* "a", or "ab" */
        f = (struct grpc_framing){.size = 0};
        input = bytes_of(stream.data, first);
        if (grpc_framing_next(&f, &input, 1000, &message) == GRPC_FRAMING_MORE) {
            input = bytes_of(stream.data + first, 1);
            assert_int_equal(grpc_framing_next(&f, &input, 1000, &message), GRPC_FRAMING_MESSAGE);
        }
        kept = grpc_framing_keep(&f, &mem, message);
        assert_ptr_not_equal(kept.data, message.data);
        assert_true(bytes_equal(kept, BYTES_LITERAL("ab")));
        grpc_framing_release(&f);
    }
    arena_release(&mem);
}

static void
test_above_the_limit_and_compressed_are_refused(void **state)
{
    struct grpc_framing f = {.size = 0};
    struct bytes input = BYTES_LITERAL("\0\0\0\0\x0b");
    struct bytes message;

    (void)state;
    assert_int_equal(grpc_framing_next(&f, &input, 10, &message), GRPC_FRAMING_TOO_LARGE);
    assert_int_equal(f.size, 11);
    f = (struct grpc_framing){.size = 0};
    input = BYTES_LITERAL("\1\0\0\0\1x");
    assert_int_equal(grpc_framing_next(&f, &input, 10, &message), GRPC_FRAMING_COMPRESSED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_cut_gives_the_same_messages),
        cmocka_unit_test(test_a_whole_message_is_not_copied),
        cmocka_unit_test(test_a_large_announcement_takes_no_memory),
        cmocka_unit_test(test_a_large_message_is_kept_without_a_copy),
        cmocka_unit_test(test_what_is_small_or_lies_in_the_input_is_copied),
        cmocka_unit_test(test_above_the_limit_and_compressed_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
