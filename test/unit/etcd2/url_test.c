#include "etcd2/url.h"

#include "../expect.h"

struct path_case {
    const char *key;
    const char *path;
};

/* What etcdctl 3.4.23 --debug shows for these keys. */
static const struct path_case paths[] = {
    {"", "/v2/keys"},
    {"/", "/v2/keys/"},
    {"a", "/v2/keys/a"},
    {"/a/b", "/v2/keys/a/b"},
    {"//a//b/", "/v2/keys/a/b/"},
    {"/a/./b/../c", "/v2/keys/a/c"},
    {"/a b%?#\"", "/v2/keys/a%20b%25%3F%23%22"},
    {"/$&+,:;=@-_.~", "/v2/keys/$&+,:;=@-_.~"},
    {"/\xc3\xa4", "/v2/keys/%C3%A4"},
    {"/..", "/v2"},
};

static void
test_paths_are_cleaned_and_escaped(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        AUTO_BUF out = BUF_INIT;

        url_path_append(&out, "/v2/keys", paths[i].key);
        assert_string_equal(buf_text(&out), paths[i].path);
    }
}

static void
test_forms(void **state)
{
    AUTO_BUF out = BUF_INIT;

    (void)state;
    url_form_append_u64(&out, "prevIndex", 18446744073709551615u);
    url_form_append(&out, "value", bytes_of("a b&=\0\xff/", 8));
    url_form_append_text(&out, "x", "");
    assert_string_equal(buf_text(&out),
                        "prevIndex=18446744073709551615&value=a+b%26%3D%00%FF%2F&x=");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_are_cleaned_and_escaped),
        cmocka_unit_test(test_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
