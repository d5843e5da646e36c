#include "expect.h"

#include <string.h>

#include "cli/parse.h"

enum { WORDS_MAX = 16 };

/* Splits at blanks; '' is an empty word. */
static int
split(struct arena *mem, const char *line, char **argv)
{
    int argc = 0;

    argv[argc++] = arena_text(mem, "quorate");
    while (*line != '\0') {
        size_t size = strcspn(line, " ");
        bool empty = size == 2 && memcmp(line, "''", 2) == 0;

        ASSERT(argc < WORDS_MAX);
        argv[argc++] = arena_printf(mem, "%.*s", empty ? 0 : (int)size, line);
        line += size + (line[size] == ' ');
    }
    argv[argc] = NULL;
    return argc;
}

static bool
parse(struct arena *mem, const char *text, struct command_line *ret_line, struct error *e)
{
    char *argv[WORDS_MAX + 1];
    int argc = split(mem, text, argv);

    return command_line_parse(mem, &tool_quorate, argc, argv, ret_line, e);
}

/* "command|operands|write-out|limit" of a command line. */
static const char *
parsed(struct arena *mem, const char *text)
{
    struct error e = ERROR_INIT;
    struct command_line line;
    const char *result;

    if (!parse(mem, text, &line, &e)) {
        print_message("%s: %s\n", text, e.text);
        return "failed";
    }
    result = arena_printf(mem, "%s|", line.command->name);
    for (size_t i = 0; i < line.operand_count; i++)
        result = arena_printf(mem, "%s%s%s", result, i > 0 ? " " : "", line.operands[i]);
    result = arena_printf(mem, "%s|%s", result, option_text(&line.options, "write-out"));
    if (option_exists(&line.options, "limit"))
        result =
            arena_printf(mem, "%s|%lld", result, (long long)option_i64(&line.options, "limit"));
    if (option_given(&line.options, "cluster"))
        result = arena_printf(mem, "%s|%s", result, option_text(&line.options, "cluster"));
    return result;
}

static void
test_good(void **state)
{
    static const struct {
        const char *line;
        const char *result;
    } cases[] = {
        /* every way to give a value */
        {"lease --keys timetolive 12", "lease timetolive|12|simple"},
        {"lab --keys 12 load", "lab load||simple"},
        {"get a -w json", "get|a|json|0"},
        {"get a -wjson", "get|a|json|0"},
        {"get a -w=json", "get|a|json|0"},
        {"get a --write-out json", "get|a|json|0"},
        {"get a --write-out=json", "get|a|json|0"},
        {"get a -w table -w json", "get|a|json|0"},
        {"get a --limit=-5", "get|a|simple|-5"},
        {"get a --limit -5", "get|a|simple|-5"},
        /* flags anywhere, also the command's own before its name */
        {"-w json get a", "get|a|json|0"},
        {"--limit 3 get a", "get|a|simple|3"},
        {"get --limit 3 a b", "get|a b|simple|3"},
        {"-w json member --hex list", "member list||json"},
        {"member -w json list", "member list||json"},
        {"endpoint --hex -wjson hashkv --rev 3", "endpoint hashkv||json"},
        /* bools take no next word; letters may stand together */
        {"get --prefix a", "get|a|simple|0"},
        {"get --prefix=false a", "get|a|simple|0"},
        {"get -yw json a", "get|a|json|0"},
        /* "--" ends the flags; "-" alone is an operand */
        {"put -- -k -v", "put|-k -v|simple"},
        {"put k -- --prev-kv", "put|k --prev-kv|simple"},
        {"get -", "get|-|simple|0"},
        {"put k ''", "put|k |simple"},
        /* operands that look like commands */
        {"get get put", "get|get put|simple|0"},
        {"help member list", "help|member list|simple"},
        /* --cluster: a name everywhere, and alone it means all members to endpoint's commands */
        {"--cluster prod get a", "get|a|simple|0|prod"},
        {"get a --cluster prod", "get|a|simple|0|prod"},
        {"endpoint status --cluster", "endpoint status||simple|true"},
        {"endpoint --cluster status", "endpoint status||simple|true"},
        {"endpoint status --cluster -w json", "endpoint status||json|true"},
        {"endpoint status --cluster lab:demo", "endpoint status||simple|lab:demo"},
        {"endpoint --cluster lab:demo status", "endpoint status||simple|lab:demo"},
        {"endpoint status --cluster=false", "endpoint status||simple|false"},
        {"--cluster lab:demo endpoint status", "endpoint status||simple|lab:demo"},
        {"member list --cluster=status", "member list||simple|status"},
    };
    AUTO_ARENA mem = ARENA_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(parsed(&mem, cases[i].line), cases[i].result);
}

/* The operands' number is the command's own affair, as in etcdctl; the rest is the parser's. */
static enum error_code
code_of(const char *text, const char *hint)
{
    if (strstr(text, "is not one of") != NULL)
        return ERROR_FEATURE;
    return hint != NULL && strncmp(hint, "usage:", 6) == 0 ? ERROR_USAGE : ERROR_FLAG;
}

static void
test_errors(void **state)
{
    static const struct {
        const char *line;
        const char *text;
        const char *hint;
    } cases[] = {
        {"gte a", "unknown command 'gte'", "did you mean 'quorate get'?"},
        {"s", "unknown command 's': it could be status, salvage, snapshot, scan-keys",
         "write more of the word"},
        {"member lits", "unknown command 'member lits'", "did you mean 'quorate member list'?"},
        {"member xyzzyxyzzy", "unknown command 'member xyzzyxyzzy'", "see 'quorate help member'"},
        {"xyzzyxyzzy", "unknown command 'xyzzyxyzzy'", "see 'quorate help'"},
        {"alarm", "'alarm' needs one more word: list, disarm", "see 'quorate help alarm'"},
        {"endpoint -w json", "'endpoint' needs one more word: status, health, hashkv",
         "see 'quorate help endpoint'"},
        {"--hex", "no command in '--hex'", "see 'quorate help'"},
        {"get a --end x", "unknown flag '--end' for 'get'", "did you mean '--endpoints'?"},
        {"get a --prefx", "unknown flag '--prefx' for 'get'", "did you mean '--prefix'?"},
        {"get a --prefx=true", "unknown flag '--prefx' for 'get'", "did you mean '--prefix'?"},
        {"get a --xyzzyxyzzy", "unknown flag '--xyzzyxyzzy' for 'get'", "see 'quorate help get'"},
        {"get a --=x", "unknown flag '--' for 'get'", NULL},
        {"put a -5", "unknown flag '-5' for 'put'",
         "write '--' before a value that begins with '-'"},
        {"get a -yq", "unknown flag '-q' for 'get'", NULL},
        {"put a b --limit 3", "unknown flag '--limit' for 'put'", NULL},
        {"get a --limit", "flag '--limit' needs a value", "see 'quorate help get'"},
        {"get a -w", "flag '-w' needs a value", "see 'quorate help get'"},
        {"member list --cluster", "flag '--cluster' needs a value",
         "see 'quorate help member list'"},
        {"get a --limit x", "--limit: 'x' is not a whole number", NULL},
        {"get a -w xml", "-w: 'xml' is not one of: simple table json fields protobuf", NULL},
        {"get a --hex=maybe", "--hex: 'maybe' is neither true nor false", NULL},
        {"get", "'get' needs KEY", "usage: quorate get KEY [RANGE_END]"},
        {"get a b c", "'c' is one operand too many for 'get'",
         "usage: quorate get KEY [RANGE_END]"},
        {"member add a http://b:1", "'http://b:1' is one operand too many for 'member add'",
         "usage: quorate member add NAME --peer-urls URL[,URL...]"},
        {"version x", "'x' is one operand too many for 'version'", "usage: quorate version"},
        {"--cluster status member list", "a word of 'status' was read as the value of a flag",
         "write the flag as --NAME=VALUE, or behind the command"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_ARENA mem = ARENA_INIT;
        struct error e = ERROR_INIT;
        struct command_line line;

        EXPECT_ERROR(parse(&mem, cases[i].line, &line, &e), code_of(cases[i].text, cases[i].hint),
                     cases[i].text);
        if (cases[i].hint != NULL)
            assert_string_equal(error_hint_text(&e), cases[i].hint);
    }
}

static void
test_words_may_be_shortened(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct command_line line;

    (void)state;
    EXPECT_OK(parse(&mem, "snap sav f", &line, &e));
    assert_string_equal(line.command->name, "snapshot save");
    assert_string_equal(line.words, "snapshot save");
    assert_int_equal(line.operand_count, 1);
    assert_string_equal(line.operands[0], "f");
    EXPECT_OK(parse(&mem, "-w json endp --cluster stat", &line, &e));
    assert_string_equal(line.command->name, "endpoint status");
    assert_string_equal(option_text(&line.options, "cluster"), "true");
    /* A word that is one in full is no beginning of another, and operands are nobody's beginning. */
    EXPECT_OK(parse(&mem, "get mem", &line, &e));
    assert_string_equal(line.operands[0], "mem");
}

static void
test_tools_have_their_own_words(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct command_line line;
    char backup[] = "backup";
    char words[] = "member";
    char program[] = "etcdctl";
    char *list[] = {program, backup, NULL};
    char *member[] = {program, words, NULL};

    (void)state;
    EXPECT_ERROR(command_line_parse(&mem, tool_of_program("/usr/bin/etcdctl"), 2, list, &line, &e),
                 ERROR_FLAG, "unknown command 'backup'");
    assert_string_equal(error_hint_text(&e), "see 'etcdctl help'");
    EXPECT_OK(command_line_parse(&mem, tool_of_program("etcdctl"), 2, member, &line, &e));
    assert_true(line.help);
    EXPECT_ERROR(command_line_parse(&mem, tool_of_program("etcdutl"), 2, member, &line, &e),
                 ERROR_FLAG, "unknown command 'member'");
}

static void
test_help_looks_at_nothing_else(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct command_line line;

    (void)state;
    EXPECT_OK(parse(&mem, "get --help --nosuch", &line, &e));
    assert_true(line.help);
    assert_string_equal(line.command->name, "get");
    EXPECT_OK(parse(&mem, "-h member", &line, &e));
    assert_true(line.help);
    assert_null(line.command);
    assert_string_equal(line.words, "member");
    EXPECT_OK(parse(&mem, "--help", &line, &e));
    assert_true(line.help);
    EXPECT_OK(parse(&mem, "", &line, &e));
    assert_false(line.help);
    assert_null(line.command);
    EXPECT_OK(parse(&mem, "get -- --help", &line, &e));
    assert_false(line.help);
}

static void
test_environment(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct command_line line;
    size_t count;

    (void)state;
    setenv("ETCDCTL_WRITE_OUT", "json", 1);
    setenv("ETCDCTL_ENDPOINTS", "a:1,b:2", 1);
    setenv("ETCDCTL_HEX", "", 1); /* empty: not there */
    EXPECT_OK(parse(&mem, "get a", &line, &e));
    assert_string_equal(option_text(&line.options, "write-out"), "json");
    assert_int_equal(option_source(&line.options, "write-out"), OPTION_FROM_ENVIRONMENT);
    assert_string_equal(option_list(&line.options, "endpoints", &count)[1], "b:2");
    assert_int_equal(count, 2);
    EXPECT_OK(parse(&mem, "get a -w table --endpoints c:3 --endpoints d:4", &line, &e));
    assert_string_equal(option_text(&line.options, "write-out"), "table");
    assert_string_equal(option_list(&line.options, "endpoints", &count)[0], "c:3");
    assert_int_equal(count, 2);

    setenv("ETCDCTL_HEX", "perhaps", 1);
    EXPECT_ERROR(parse(&mem, "get a", &line, &e), ERROR_FLAG,
                 "ETCDCTL_HEX: 'perhaps' is neither true nor false");
    assert_string_equal(error_hint_text(&e),
                        "change or unset the environment variable ETCDCTL_HEX");
    unsetenv("ETCDCTL_WRITE_OUT");
    unsetenv("ETCDCTL_ENDPOINTS");
    unsetenv("ETCDCTL_HEX");
}

/* --prefix takes a value in make-mirror and check, and none in get and del. */
static void
test_flag_of_two_kinds(void **state)
{
    static const struct {
        const char *line;
        const char *command;
        const char *operand;
    } cases[] = {
        {"get --prefix foo", "get", "foo"},
        {"make-mirror --prefix get there:1", "make-mirror", "there:1"},
        {"check --prefix perf datascale", "check datascale", NULL},
    };
    AUTO_ARENA mem = ARENA_INIT;
    struct command_line line;
    struct error e;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        EXPECT_OK(parse(&mem, cases[i].line, &line, &e));
        assert_string_equal(line.command->name, cases[i].command);
        assert_int_equal(line.operand_count, cases[i].operand != NULL);
        if (cases[i].operand != NULL)
            assert_string_equal(line.operands[0], cases[i].operand);
    }
}

int
main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_words_may_be_shortened),
        cmocka_unit_test(test_tools_have_their_own_words),
        cmocka_unit_test(test_help_looks_at_nothing_else),
        cmocka_unit_test(test_flag_of_two_kinds),
        cmocka_unit_test(test_environment),
    };

    return cmocka_run_group_tests(all, NULL, NULL);
}
