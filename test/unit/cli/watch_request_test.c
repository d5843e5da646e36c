/* What the words of a watch mean, and which are refused. */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

#include "cli/watch_request.h"

/* The words of a line, split at blanks; the first "--" is where it stands. */
static bool
make(struct arena *mem, const char *line, bool prefix, struct watch_request *ret_request,
     struct error *e)
{
    struct bytes *all = arena_zero(mem, 16 * sizeof(*all));
    struct watch_words words = {.words = all, .dash_at = SIZE_MAX};
    struct options options = {.values = ARRAY_INIT};

    options_add(mem, &options, watch_options);
    if (prefix)
        assert_true(option_set(mem, options_find(&options, "prefix"), "--prefix", "true",
                               OPTION_FROM_FLAG, e));
    while (*line != '\0') {
        size_t size = strcspn(line, " ");

        if (size == 2 && strncmp(line, "--", 2) == 0 && words.dash_at == SIZE_MAX)
            words.dash_at = words.count;
        else
            all[words.count++] = bytes_of_text(arena_printf(mem, "%.*s", (int)size, line));
        line += size + (line[size] == ' ');
    }
    return watch_request_make(mem, &options, &words, ret_request, e);
}

static void
request_is(const char *line, bool prefix, const char *key, const char *end, size_t end_size,
           const char *command)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct watch_request request;
    struct error e;
    const char *got = "";

    EXPECT_OK(make(&mem, line, prefix, &request, &e));
    assert_true(bytes_equal_text(request.key, key));
    assert_int_equal(request.range_end.size, end_size);
    if (end_size > 0)
        assert_memory_equal(request.range_end.data, end, end_size);
    for (size_t i = 0; request.command != NULL && request.command[i] != NULL; i++)
        got = arena_printf(&mem, "%s%s;", got, request.command[i]);
    assert_string_equal(got, command);
}

static void
words_make_a_range_and_a_command(void **state UNUSED)
{
    request_is("k", false, "k", "", 0, "");
    request_is("k l", false, "k", "l", 1, "");
    request_is("k", true, "k", "l", 1, "");
    request_is("k -- echo", false, "k", "", 0, "echo;");
    request_is("k l -- echo echo k", false, "k", "l", 1, "echo;echo;k;");
    request_is("k -- echo -- x", false, "k", "", 0, "echo;--;x;");
}

static void
the_environment_may_name_the_key(void **state UNUSED)
{
    setenv("ETCDCTL_WATCH_KEY", "k", 1);
    request_is("", false, "k", "", 0, "");
    request_is("-- echo", false, "k", "", 0, "echo;");
    request_is("", true, "k", "l", 1, "");
    setenv("ETCDCTL_WATCH_RANGE_END", "z", 1);
    request_is("", false, "k", "z", 1, "");
    unsetenv("ETCDCTL_WATCH_KEY");
    unsetenv("ETCDCTL_WATCH_RANGE_END");
}

static void
the_empty_prefix_is_everything(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct watch_request request;
    struct error e;

    setenv("ETCDCTL_WATCH_KEY", "", 1); /* counts as none */
    EXPECT_ERROR(make(&mem, "", true, &request, &e), ERROR_USAGE, "no KEY to watch");
    unsetenv("ETCDCTL_WATCH_KEY");
    EXPECT_OK(make(&mem, " ", true, &request, &e)); /* one empty word */
    assert_int_equal(request.key.size, 1);
    assert_int_equal(request.range_end.size, 1);
    assert_int_equal(request.range_end.data[0], 0);
}

static void
what_cannot_be_meant_is_refused(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct watch_request request;
    struct error e;

    EXPECT_ERROR(make(&mem, "", false, &request, &e), ERROR_USAGE, "no KEY to watch");
    EXPECT_ERROR(make(&mem, "-- echo", false, &request, &e), ERROR_USAGE, "no KEY to watch");
    EXPECT_ERROR(make(&mem, "k --", false, &request, &e), ERROR_USAGE, "no command behind '--'");
    EXPECT_ERROR(make(&mem, "a b c", false, &request, &e), ERROR_USAGE,
                 "'c' is one operand too many");
    EXPECT_ERROR(make(&mem, "a b", true, &request, &e), ERROR_USAGE,
                 "a RANGE_END ('b') cannot go with --prefix");
    setenv("ETCDCTL_WATCH_RANGE_END", "z", 1);
    EXPECT_ERROR(make(&mem, "a", false, &request, &e), ERROR_USAGE,
                 "ETCDCTL_WATCH_RANGE_END is 'z', but ETCDCTL_WATCH_KEY is not set");
    setenv("ETCDCTL_WATCH_KEY", "k", 1);
    EXPECT_ERROR(make(&mem, "a", false, &request, &e), ERROR_USAGE,
                 "the key is given twice: 'a', and 'k' by ETCDCTL_WATCH_KEY");
    unsetenv("ETCDCTL_WATCH_KEY");
    unsetenv("ETCDCTL_WATCH_RANGE_END");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_make_a_range_and_a_command),
        cmocka_unit_test(the_environment_may_name_the_key),
        cmocka_unit_test(the_empty_prefix_is_everything),
        cmocka_unit_test(what_cannot_be_meant_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
