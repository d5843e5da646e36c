/* What must hold for every entry of the command table. */

#include "expect.h"

#include <ctype.h>
#include <string.h>

#include "cli/cfssl_words.h"
#include "cli/command.h"
#include "cli/parse.h"

static void
test_entries(void **state)
{
    (void)state;
    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct command *c = commands[i];
        size_t size = strlen(c->summary);

        assert_ptr_equal(command_find(tool_of_sets(c->tools), c->name), c);
        assert_int_equal((c->plan != NULL) + (c->report != NULL) + (c->run != NULL), 1);
        assert_true(size > 0 && size <= 80 && c->summary[size - 1] != '.');
        assert_true(isupper((unsigned char)c->summary[0]));
        assert_true(c->family < FAMILY_COUNT);
        if (!c->hidden)
            assert_non_null(c->example);
    }
}

static void
check_table(const struct option_def *table)
{
    for (const struct option_def *def = table; def != NULL && def->name != NULL; def++) {
        size_t size = strlen(def->help);

        assert_true(size > 0 && def->help[size - 1] != '.');
        assert_true(def->type != OPTION_CHOICE || def->choices != NULL);
        assert_true(def->type == OPTION_BOOL || def->type == OPTION_CHOICE || def->arg != NULL);
        if (strncmp(def->name, "insecure", 8) != 0 && def->environment != NULL)
            assert_true(strncmp(def->environment, "ETCDCTL_", 8) == 0 ||
                        strncmp(def->environment, "QUORATE_", 8) == 0);
    }
}

static void
test_options(void **state)
{
    (void)state;
    check_table(global_options);
    check_table(plan_options);
    for (size_t i = 0; commands[i] != NULL; i++)
        check_table(commands[i]->options);
}

static bool
first_words_agree(const char *a, const char *b)
{
    size_t size = strcspn(a, " ");

    return size == strcspn(b, " ") && strncmp(a, b, size) == 0;
}

/* The parser looks for the command before it knows whose flags it sees: a flag of one name must
 * take a value in every command of a group or in none. */
static void
test_flags_agree_on_values(void **state)
{
    (void)state;
    for (size_t i = 0; commands[i] != NULL; i++) {
        for (const struct option_def *a = commands[i]->options; a != NULL && a->name != NULL; a++) {
            for (size_t k = 0; commands[k] != NULL; k++)
                for (const struct option_def *b = commands[k]->options;
                     b != NULL && b->name != NULL; b++)
                    if (strcmp(a->name, b->name) == 0 &&
                        first_words_agree(commands[i]->name, commands[k]->name) &&
                        tool_has(tool_of_sets(commands[i]->tools), commands[k]->tools))
                        assert_int_equal(a->type == OPTION_BOOL, b->type == OPTION_BOOL);
            for (const struct option_def *b = global_options; b->name != NULL; b++)
                if (strcmp(a->name, b->name) == 0)
                    assert_int_equal(a->type == OPTION_BOOL, b->type == OPTION_BOOL);
        }
    }
}

/* Each line of an example is a command line that the parser takes; is it the command's own? */
static bool
check_example(const struct command *c, const char *text)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct command_line line;
    char *words[32];
    char **argv = words;
    int argc = 0;

    while (*text != '\0') {
        size_t size = strcspn(text, " ");

        /* A backslash at a line's end goes on with the next line. */
        ASSERT(argc < 31);
        if (size > 0 && strncmp(text, "\\", size) != 0)
            argv[argc++] = arena_printf(&mem, "%.*s", (int)size, text);
        text += size + (text[size] == ' ');
    }
    argv[argc] = NULL;
    cfssl_words(&mem, &argc, &argv);
    assert_string_equal(argv[0], tool_of_sets(c->tools)->name);
    EXPECT_OK(command_line_parse(&mem, tool_of_sets(c->tools), argc, argv, &line, &e));
    return line.command == c;
}

static void
test_examples(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;

    (void)state;
    for (size_t i = 0; commands[i] != NULL; i++) {
        char *text = arena_text(&mem, commands[i]->example != NULL ? commands[i]->example : "");
        const char *at = text;
        bool shell = strstr(text, "<(") != NULL || strstr(text, " | ") != NULL;
        size_t own = 0;

        for (char *c = text; (c = strstr(c, "\\\n")) != NULL;)
            c[1] = ' ';
        while (*at != '\0') {
            size_t size = strcspn(at, "\n");

            if (commands[i]->tools == IN_ETCDCTL_V2) {
                assert_int_equal(strncmp(at, "ETCDCTL_API=2 ", 14), 0);
                at += 14;
                size -= 14;
            }
            /* "source <(...)" and pipes are the shell's, not ours. */
            if (strncmp(at, tool_of_sets(commands[i]->tools)->name, 7) == 0 &&
                memchr(at, '|', size) == NULL && memchr(at, '$', size) == NULL &&
                memchr(at, '>', size) == NULL)
                own += check_example(commands[i], arena_printf(&mem, "%.*s", (int)size, at));
            at += size + (at[size] == '\n');
        }
        assert_true(own > 0 || shell || commands[i]->hidden);
    }
}

static void
test_operands(void **state)
{
    static const struct {
        const char *operands;
        size_t least;
        size_t most;
        const char *second;
    } cases[] = {
        {NULL, 0, 0, ""},
        {"", 0, 0, ""},
        {"KEY", 1, 1, ""},
        {"KEY [RANGE_END]", 1, 2, "RANGE_END"},
        {"FILE...", 1, SIZE_MAX, ""},
        {"A [B...]", 1, SIZE_MAX, "B"},
        {"[A] [B]", 0, 2, "B"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct command c = {.operands = cases[i].operands};
        size_t least;
        size_t most;
        char name[16];

        command_operand_limits(&c, &least, &most);
        assert_true(least == cases[i].least && most == cases[i].most);
        command_operand_name(&c, 1, name, sizeof(name));
        assert_string_equal(name, cases[i].second);
    }
}

int
main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_flags_agree_on_values),
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_operands),
    };

    return cmocka_run_group_tests(all, NULL, NULL);
}
