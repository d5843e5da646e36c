#include "expect.h"

#include <string.h>

#include "base/json.h"
#include "cli/help.h"
#include "cli/text.h"

static void
test_lines_fit(void **state)
{
    (void)state;
    for (size_t i = 0; commands[i] != NULL; i++) {
        AUTO_BUF out = BUF_INIT;
        const char *example = commands[i]->example;

        help_append_command(&out, &tool_quorate, commands[i]);
        for (const char *at = buf_text(&out); *at != '\0'; at += strcspn(at, "\n") + 1) {
            size_t size = strcspn(at, "\n");
            AUTO_ARENA mem = ARENA_INIT;
            const char *line = arena_printf(&mem, "%.*s", (int)size, at);

            /* Examples are for pasting: they are not broken. Nor is the list of choices. */
            if (size > 80 && (example == NULL || strstr(example, line + 2) == NULL) &&
                strchr(line, '|') == NULL)
                fail_msg("%s: %s", commands[i]->name, line);
        }
    }
}

static void
test_option_texts(void **state)
{
    static const struct option_def choice = {
        "write-out",      OPTION_CHOICE,   'w',
        .choices = "a|b", .fallback = "a", .environment = "ETCDCTL_WRITE_OUT"};
    static const struct option_def needed = {"host", OPTION_URL, .arg = "URL", .required = true};
    static const struct option_def bare = {"cluster", OPTION_TEXT, .arg = "NAME", .bare = "true"};
    static const struct option_def flag = {.name = "hex", .type = OPTION_BOOL};
    AUTO_ARENA mem = ARENA_INIT;

    (void)state;
    assert_string_equal(option_synopsis(&mem, &choice), "--write-out a|b");
    assert_string_equal(option_remark(&mem, &choice), " [default: a] [ETCDCTL_WRITE_OUT]");
    assert_string_equal(option_synopsis(&mem, &needed), "--host URL");
    assert_string_equal(option_remark(&mem, &needed), " [required]");
    assert_string_equal(option_synopsis(&mem, &bare), "--cluster[=NAME]");
    assert_string_equal(option_synopsis(&mem, &flag), "--hex");
    assert_string_equal(option_remark(&mem, &flag), "");
}

static void
test_words(void **state)
{
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_OK(help_append(&out, &tool_quorate, "member list", &e));
    assert_non_null(strstr(buf_text(&out), "List the members of the cluster.\n\n"
                                           "Usage: quorate member list [OPTIONS]\n"));
    assert_non_null(strstr(buf_text(&out), "\nExample:\n  quorate member list -w table\n"));
    buf_clear(&out);
    EXPECT_OK(help_append(&out, &tool_quorate, "endpoint", &e));
    assert_non_null(strstr(buf_text(&out), "  endpoint hashkv     "));
    buf_clear(&out);
    EXPECT_OK(help_append(&out, &tool_quorate, "options", &e));
    assert_non_null(
        strstr(buf_text(&out), "  -w, --write-out simple|table|json|fields|protobuf\n"));
    assert_null(strstr(buf_text(&out), "--compat")); /* hidden */
    buf_clear(&out);
    EXPECT_OK(help_append(&out, &tool_quorate, "", &e));
    assert_non_null(strstr(buf_text(&out), "\nKeys:\n  get  "));
    assert_null(strstr(buf_text(&out), "__complete"));
    EXPECT_ERROR(help_append(&out, &tool_quorate, "gte", &e), ERROR_USAGE,
                 "there is no command 'gte'");
    assert_string_equal(error_hint_text(&e), "did you mean 'quorate help get'?");
    EXPECT_ERROR(help_append(&out, &tool_quorate, "xyzzyxyzzy", &e), ERROR_USAGE,
                 "there is no command 'xyzzyxyzzy'");
    assert_string_equal(error_hint_text(&e), "see 'quorate help'");
}

static void
test_effect_is_named(void **state)
{
    AUTO_BUF out = BUF_INIT;

    (void)state;
    help_append_command(&out, &tool_quorate, command_find(&tool_quorate, "put"));
    assert_non_null(strstr(buf_text(&out), "\nChanges the cluster's keys.\n"));
    buf_clear(&out);
    help_append_command(&out, &tool_quorate, command_find(&tool_quorate, "get"));
    assert_null(strstr(buf_text(&out), "\nChanges "));
}

static void
test_json(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;
    const struct json *doc;
    const struct json *list;
    size_t visible = 0;

    (void)state;
    help_append_json(&out);
    EXPECT_OK(json_parse(&mem, buf_bytes(&out), &doc, &e));
    EXPECT_OK(json_get_array(doc, "commands", &list, &e));
    for (size_t i = 0; commands[i] != NULL; i++)
        visible += !commands[i]->hidden;
    assert_int_equal(json_array_count(list), visible);
    for (size_t i = 0; i < json_array_count(list); i++) {
        const char *name;

        EXPECT_OK(json_get_text(&mem, json_array_at(list, i), "name", &name, &e));
        assert_true(name[0] != '\0');
    }
}

int
main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_lines_fit), cmocka_unit_test(test_option_texts),
        cmocka_unit_test(test_words),     cmocka_unit_test(test_effect_is_named),
        cmocka_unit_test(test_json),
    };

    return cmocka_run_group_tests(all, NULL, NULL);
}
