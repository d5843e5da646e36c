/* What is told to those who type v2 words where there is no v2 API. */
#include "cli/v2_equivalent.h"

#include <stdlib.h>
#include <string.h>

#include "../expect.h"
#include "cli/parse.h"

struct typed_case {
    const char *typed; /* words with blanks between; "_" stands for a blank in one */
    const char *v3;
};

#define V3 "ETCDCTL_API=3 etcdctl "

static const struct typed_case cases[] = {
    {"ls", V3 "get \"\" --prefix --keys-only"},
    {"ls /a --recursive", V3 "get /a/ --prefix --keys-only"},
    {"get /a", V3 "get /a"},
    {"get --quorum /a_b", V3 "get '/a b'"},
    {"set /a it's", V3 "put /a 'it'\\''s'"},
    {"set /a", V3 "put /a"},
    {"set /a 1 --ttl 60", V3 "put /a 1 --lease=ID, with the ID of: lease grant 60"},
    {"set /a 2 --swap-with-value 1",
     V3 "put /a 2, in a txn whose compare is: value(\"/a\") = \"1\""},
    {"mk /a 1", V3 "put /a 1, in a txn whose compare is: create(\"/a\") = \"0\""},
    {"mk --in-order /q 1", V3 "put /q/NAME 1, with a NAME of your own: it numbers none"},
    {"update /a 1", V3 "put /a 1, in a txn whose compare is: create(\"/a\") > \"0\""},
    {"mkdir /a", "nothing is needed, it has no directories"},
    {"rm /a", V3 "del /a"},
    {"rm -r /a", V3 "del /a/ --prefix"},
    {"rm --with-value 1 /a", V3 "del /a, in a txn whose compare is: value(\"/a\") = \"1\""},
    {"watch -f -r /a", V3 "watch /a/ --prefix"},
    {"exec-watch /a -- sh -c echo_1", V3 "watch /a -- sh -c 'echo 1'"},
    {"cluster-health", V3 "endpoint health --cluster"},
    {"member list", V3 "member list"},
    {"member add m2 http://10.0.0.2:2380", V3 "member add m2 --peer-urls=http://10.0.0.2:2380"},
    {"member remove 1a", V3 "member remove 1a"},
    {"member update 1a http://h:1,http://h:2",
     V3 "member update 1a --peer-urls=http://h:1,http://h:2"},
    {"--endpoints http://h:1 --ca-file c --cert-file d --key-file e -u root:x get /a",
     V3 "--endpoints=http://h:1 --cacert=c --cert=d --key=e --user=root get /a"},
    {"-C http://h:1 get /a", V3 "--endpoints=http://h:1 get /a"},
};

static void
test_each(void **state)
{
    (void)state;
    setenv("ETCDCTL_API", "2", 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_ARENA mem = ARENA_INIT;
        struct error e = ERROR_INIT;
        struct command_line line;
        struct app app = {.mem = &mem, .tool = tool_of_program("etcdctl")};
        char *argv[16] = {arena_text(&mem, "etcdctl")};
        int argc = 1;
        char *rest = arena_text(&mem, cases[i].typed);

        for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
            for (char *c = word; *c != '\0'; c++)
                *c = *c == '_' ? ' ' : *c;
            argv[argc++] = word;
        }
        EXPECT_OK(command_line_parse(&mem, app.tool, argc, argv, &line, &e));
        app.command = line.command;
        app.options = line.options;
        app.operands = line.operands;
        app.operand_count = line.operand_count;
        assert_string_equal(v2_equivalent(&mem, &app), cases[i].v3);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
