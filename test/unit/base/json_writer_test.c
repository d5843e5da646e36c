#include "expect.h"

#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/json_writer.h"

static void
test_one_line(void **state)
{
    AUTO_BUF out = BUF_INIT;
    struct json_writer w;

    (void)state;
    buf_append_text(&out, "> ");
    json_writer_init(&w, &out, 0);
    json_object_begin(&w);
    json_key_text(&w, "text", "t");
    json_key_u64(&w, "most", UINT64_MAX);
    json_key_i64(&w, "least", INT64_MIN);
    json_key_bool(&w, "yes", true);
    json_key_bool(&w, "no", false);
    json_key_id(&w, "id", 0x08e9e05c52164694u);
    json_key(&w, "none");
    json_null(&w);
    json_key(&w, "array");
    json_array_begin(&w);
    json_u64(&w, 1);
    json_array_begin(&w);
    json_array_end(&w);
    json_object_begin(&w);
    json_object_end(&w);
    json_raw(&w, BYTES_LITERAL("{\"raw\":1}"));
    json_base64(&w, BYTES_LITERAL("\xff"));
    json_array_end(&w);
    json_object_end(&w);
    assert_string_equal(buf_text(&out), "> {\"text\":\"t\",\"most\":18446744073709551615,"
                                        "\"least\":-9223372036854775808,\"yes\":true,\"no\":false,"
                                        "\"id\":\"8e9e05c52164694\",\"none\":null,"
                                        "\"array\":[1,[],{},{\"raw\":1},\"/w==\"]}");
}

static void
test_indented(void **state)
{
    AUTO_BUF out = BUF_INIT;
    struct json_writer w;

    (void)state;
    json_writer_init(&w, &out, 2);
    json_object_begin(&w);
    json_key_u64(&w, "a", 1);
    json_key(&w, "b");
    json_array_begin(&w);
    json_text(&w, "x");
    json_text(&w, "y");
    json_array_end(&w);
    json_key(&w, "c");
    json_object_begin(&w);
    json_object_end(&w);
    json_object_end(&w);
    assert_string_equal(buf_text(&out), "{\n"
                                        "  \"a\": 1,\n"
                                        "  \"b\": [\n"
                                        "    \"x\",\n"
                                        "    \"y\"\n"
                                        "  ],\n"
                                        "  \"c\": {}\n"
                                        "}");
}

static void
test_text_is_escaped_as_gos(void **state)
{
    static const struct {
        struct bytes text;
        const char *json;
    } cases[] = {
        {{(const uint8_t *)"", 0}, "\"\""},
        {{(const uint8_t *)"\"\\/", 3}, "\"\\\"\\\\/\""},
        {{(const uint8_t *)"\n\r\t", 3}, "\"\\n\\r\\t\""},
        {{(const uint8_t *)"a\0b\1\x1f", 5}, "\"a\\u0000b\\u0001\\u001f\""},
        {{(const uint8_t *)"<&>", 3}, "\"\\u003c\\u0026\\u003e\""},
        {{(const uint8_t *)"\x7f", 1}, "\"\x7f\""},
        {{(const uint8_t *)"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9},
         "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {{(const uint8_t *)"\xe2\x80\xa8\xe2\x80\xa9", 6}, "\"\\u2028\\u2029\""},
        {{(const uint8_t *)"\xe2\x80\xaa", 3}, "\"\xe2\x80\xaa\""},
        {{(const uint8_t *)"\xff", 1}, "\"\\ufffd\""},
        {{(const uint8_t *)"\x80z", 2}, "\"\\ufffdz\""},            /* goes on nothing */
        {{(const uint8_t *)"\xe2\x82", 2}, "\"\\ufffd\\ufffd\""},   /* cut */
        {{(const uint8_t *)"\xe2\x82z", 3}, "\"\\ufffd\\ufffdz\""}, /* broken off */
        {{(const uint8_t *)"\xc0\xaf", 2}, "\"\\ufffd\\ufffd\""},   /* too long for '/' */
        {{(const uint8_t *)"\xe0\x80\xaf", 3}, "\"\\ufffd\\ufffd\\ufffd\""},
        {{(const uint8_t *)"\xed\xa0\x80", 3}, "\"\\ufffd\\ufffd\\ufffd\""}, /* a surrogate */
        {{(const uint8_t *)"\xf4\x90\x80\x80", 4}, "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
        {{(const uint8_t *)"\xf4\x8f\xbf\xbf", 4}, "\"\xf4\x8f\xbf\xbf\""}, /* U+10FFFF */
        {{(const uint8_t *)"\xf8\x88\x80\x80\x80", 5}, "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_BUF out = BUF_INIT;
        struct json_writer w;

        json_writer_init(&w, &out, 0);
        json_text_bytes(&w, cases[i].text);
        assert_string_equal(buf_text(&out), cases[i].json);
    }
}

/* Whatever the bytes, the reader takes what the writer wrote; key and value alike. */
static void
test_any_bytes_make_json(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        AUTO_BUF out = BUF_INIT;
        struct error e = ERROR_INIT;
        const struct json *value;
        struct json_writer w;
        uint8_t raw[40];

        random_bytes(raw, sizeof(raw));
        json_writer_init(&w, &out, 0);
        json_object_begin(&w);
        json_key(&w, arena_text_of_bytes(&tmp, bytes_of(raw, 20)));
        json_text_bytes(&w, bytes_of(raw, sizeof(raw)));
        json_object_end(&w);
        EXPECT_OK(json_parse(&tmp, buf_bytes(&out), &value, &e));
    }
}

static void
test_base64(void **state)
{
    /* RFC 4648, section 10, and all that differs from the variant for URLs. */
    static const struct {
        struct bytes raw;
        const char *text;
    } cases[] = {
        {{(const uint8_t *)"", 0}, ""},
        {{(const uint8_t *)"f", 1}, "Zg=="},
        {{(const uint8_t *)"fo", 2}, "Zm8="},
        {{(const uint8_t *)"foo", 3}, "Zm9v"},
        {{(const uint8_t *)"foob", 4}, "Zm9vYg=="},
        {{(const uint8_t *)"fooba", 5}, "Zm9vYmE="},
        {{(const uint8_t *)"foobar", 6}, "Zm9vYmFy"},
        {{(const uint8_t *)"\xfb\xff\xfe\0", 4}, "+//+AA=="},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_BUF out = BUF_INIT;

        base64_append(&out, cases[i].raw);
        assert_string_equal(buf_text(&out), cases[i].text);
    }
}

static void
check_base64(const char *text, const char *expected)
{
    AUTO_BUF out = BUF_INIT;

    if (expected == NULL) {
        assert_false(base64_decode(&out, bytes_of_text(text)));
        assert_int_equal(out.size, 0);
        return;
    }
    assert_true(base64_decode(&out, bytes_of_text(text)));
    assert_string_equal(buf_text(&out), expected);
}

static void
test_base64_comes_back_or_is_refused(void **state)
{
    AUTO_BUF text = BUF_INIT;
    AUTO_BUF back = BUF_INIT;
    uint8_t all[256];

    (void)state;
    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (uint8_t)(255 - i);
    for (size_t size = 0; size < sizeof(all); size++) {
        buf_clear(&text);
        buf_clear(&back);
        base64_append(&text, bytes_of(all, size));
        assert_true(base64_decode(&back, buf_bytes(&text)));
        assert_true(bytes_equal(buf_bytes(&back), bytes_of(all, size)));
    }
    check_base64("", "");
    check_base64("Zm9v", "foo");
    check_base64("Zg==", "f");
    check_base64("Zg=", NULL);
    check_base64("Zg", NULL);
    check_base64("Zh==", NULL); /* bits behind the last byte */
    check_base64("Z===", NULL);
    check_base64("Zm9v====", NULL);
    check_base64("Zm-v", NULL);
    check_base64("Zg==Zg==", NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64_comes_back_or_is_refused),
        cmocka_unit_test(test_one_line),
        cmocka_unit_test(test_indented),
        cmocka_unit_test(test_text_is_escaped_as_gos),
        cmocka_unit_test(test_any_bytes_make_json),
        cmocka_unit_test(test_base64),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
