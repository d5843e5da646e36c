#include "format/key_export.h"

#include <string.h>

#include "base/arena.h"
#include "expect.h"

static struct key_export_line
decoded(struct arena *mem, struct bytes line)
{
    struct error e = ERROR_INIT;
    struct key_export_line ret;

    assert_true(line.size > 0 && line.data[line.size - 1] == '\n');
    assert_null(memchr(line.data, '\n', line.size - 1));
    EXPECT_OK(key_export_line_decode(mem, bytes_of(line.data, line.size - 1), &ret, &e));
    return ret;
}

static void
check_key(const struct key_value *kv)
{
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    struct key_export_line line;

    key_export_key_encode(&out, kv);
    line = decoded(&mem, buf_bytes(&out));
    assert_int_equal(line.type, KEY_EXPORT_KEY);
    assert_true(bytes_equal(line.kv.key, kv->key));
    assert_true(bytes_equal(line.kv.value, kv->value));
    assert_true(line.kv.create_revision == kv->create_revision &&
                line.kv.mod_revision == kv->mod_revision && line.kv.version == kv->version &&
                line.kv.lease == kv->lease);
}

/* Every byte, alone and between others; NULs, line ends, quotes, what is no UTF-8. */
static void
test_keys_and_values_come_back_byte_for_byte(void **state UNUSED)
{
    uint8_t bytes[512];

    for (unsigned i = 0; i < 256; i++) {
        bytes[0] = 'a';
        bytes[1] = (uint8_t)i;
        bytes[2] = 'b';
        check_key(&(struct key_value){.key = bytes_of(bytes + 1, 1), .value = bytes_of(bytes, 3)});
    }
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    check_key(&(struct key_value){.key = bytes_of(bytes, 128),
                                  .value = bytes_of(bytes, 512),
                                  .create_revision = 1,
                                  .mod_revision = INT64_MAX,
                                  .version = INT64_MAX,
                                  .lease = INT64_MIN});
    check_key(&(struct key_value){
        .key = BYTES_LITERAL("\xc3\xa9\xe2\x80\xa8<&>\"\\/"), .value = BYTES_NONE, .lease = 1});
}

static void
test_other_lines_come_back(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    struct key_export_line line;

    key_export_header_encode(&out, &(struct key_export_header){7, BYTES_LITERAL("/a\xff")});
    assert_string_equal(buf_text(&out), "{\"format\":\"quorate-keys\",\"formatVersion\":1,"
                                        "\"revision\":7,\"prefixBase64\":\"L2H/\"}\n");
    line = decoded(&mem, buf_bytes(&out));
    assert_int_equal(line.type, KEY_EXPORT_HEADER);
    assert_true(line.header.revision == 7 && bytes_equal_text(line.header.prefix, "/a\xff"));

    buf_clear(&out);
    key_export_lease_encode(&out, &(struct key_export_lease){-2, 60});
    line = decoded(&mem, buf_bytes(&out));
    assert_true(line.type == KEY_EXPORT_LEASE && line.lease.id == -2 && line.lease.ttl_s == 60);

    buf_clear(&out);
    key_export_end_encode(&out, &(struct key_export_end){1, 2, UINT64_MAX / 2, {0xab}});
    line = decoded(&mem, buf_bytes(&out));
    assert_int_equal(line.type, KEY_EXPORT_END);
    assert_true(line.end.keys == 1 && line.end.leases == 2 && line.end.sha256[0] == 0xab);
}

static void
refused(const char *text, enum error_code code, const char *why)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct key_export_line line;
    struct error e = ERROR_INIT;

    EXPECT_ERROR(key_export_line_decode(&mem, bytes_of_text(text), &line, &e), code, why);
}

static void
test_lines_that_are_none_are_refused(void **state UNUSED)
{
    const char *rest = "\"createRevision\":1,\"modRevision\":1,\"version\":1}";
    AUTO_ARENA mem = ARENA_INIT;

    refused("[]", ERROR_FORMAT, "it is no JSON object");
    refused("{}", ERROR_FORMAT, "one of 'key' and 'keyBase64' should be there");
    refused(arena_printf(&mem, "{\"key\":\"a\",\"keyBase64\":\"YQ==\",\"value\":\"\",%s", rest),
            ERROR_FORMAT, "one of 'key' and 'keyBase64' should be there");
    refused(arena_printf(&mem, "{\"key\":\"\",\"value\":\"\",%s", rest), ERROR_FORMAT,
            "the key is empty");
    refused(arena_printf(&mem, "{\"key\":\"a\",\"valueBase64\":\"YQ\",%s", rest), ERROR_FORMAT,
            "'valueBase64' is not base64");
    refused("{\"key\":\"a\",\"value\":\"\"}", ERROR_FORMAT, "'createRevision' is missing");
    refused("{\"format\":\"other\",\"formatVersion\":1}", ERROR_FORMAT,
            "'format' is not 'quorate-keys'");
    refused("{\"format\":\"quorate-keys\",\"formatVersion\":2}", ERROR_TOO_NEW,
            "version 2 of the format, newest known is 1");
    refused("{\"leaseId\":\"0\",\"ttlSeconds\":1}", ERROR_FORMAT, "no lease is like that");
    refused("{\"keys\":1,\"leases\":0,\"bytes\":1,\"sha256\":\"ab\"}", ERROR_FORMAT,
            "'sha256' is none");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_and_values_come_back_byte_for_byte),
        cmocka_unit_test(test_other_lines_come_back),
        cmocka_unit_test(test_lines_that_are_none_are_refused),
    };

    return cmocka_run_group_tests_name("key_export", tests, NULL, NULL);
}
