#include "expect.h"

#include <locale.h>

#include "cli/report.h"

static const struct output_style simple = {.output = OUTPUT_SIMPLE, .terminal.utf8 = true};
static const struct output_style table = {.output = OUTPUT_TABLE, .terminal.utf8 = true};
static const struct output_style json = {.output = OUTPUT_JSON};
static const struct output_style fields = {.output = OUTPUT_FIELDS};
static const struct output_style colored = {.output = OUTPUT_SIMPLE,
                                            .terminal = {.utf8 = true, .color = true}};

static void
check(const struct report *r, const struct output_style *style, const char *expected)
{
    AUTO_BUF out = BUF_INIT;

    report_render(r, style, &out);
    assert_string_equal(buf_text(&out), expected);
}

static void
make_members(struct report *r, struct arena *mem)
{
    report_init(r, mem, "members");
    report_title(r, "Cluster %s", "prod\x1b");
    report_column(r, COLUMN_TEXT, "NAME", "name");
    report_column(r, COLUMN_ID, "ID", "id");
    report_column(r, COLUMN_SIZE, "SIZE", "sizeBytes");
    report_column(r, COLUMN_BOOL, "LEADER", "isLeader");
    report_row(r);
    report_text(r, "m1");
    report_id(r, 0xfedcba9876543210ULL);
    report_size(r, 24576);
    report_bool(r, true);
    report_mark(r, MARK_GOOD);
    report_row(r);
    report_text(r, "漢\n");
    report_id(r, 5);
    report_unknown(r, "no answer");
    report_unknown(r, NULL);
    report_note(r, "%d members", 2);
}

static void
test_rows(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct report r;

    (void)state;
    make_members(&r, &mem);
    check(&r, &simple,
          "Cluster prod\\x1b\n"
          "NAME  ID                 SIZE  LEADER\n"
          "m1    fedcba9876543210  25 kB  yes\n"
          "漢\\n  5                     -  -\n"
          "漢\\n: no answer\n"
          "2 members\n");
    check(&r, &table,
          "Cluster prod\\x1b\n"
          "+------+------------------+-------+--------+\n"
          "| NAME |        ID        | SIZE  | LEADER |\n"
          "+------+------------------+-------+--------+\n"
          "| m1   | fedcba9876543210 | 25 kB | yes    |\n"
          "| 漢\\n | 5                |     - | -      |\n"
          "+------+------------------+-------+--------+\n"
          "漢\\n: no answer\n"
          "2 members\n");
    check(&r, &json,
          "{\"members\":[{\"name\":\"m1\",\"id\":\"fedcba9876543210\",\"sizeBytes\":24576,"
          "\"isLeader\":true},{\"name\":\"漢\\n\",\"id\":\"5\",\"sizeBytes\":null,"
          "\"isLeader\":null}],\"notes\":[\"2 members\"]}\n");
    check(&r, &fields,
          "\"NAME\" : \"m1\"\n\"ID\" : fedcba9876543210\n\"SIZE\" : 25 kB\n\"LEADER\" : yes\n\n"
          "\"NAME\" : \"漢\\n\"\n\"ID\" : 5\n\"SIZE\" : -\n\"LEADER\" : -\n\n");
    check(&r, &colored,
          "\x1b[1mCluster prod\\x1b\x1b[0m\n"
          "NAME  ID                 SIZE  LEADER\n"
          "m1    fedcba9876543210  25 kB  \x1b[32myes\x1b[0m\n"
          "漢\\n  5                     \x1b[2m-\x1b[0m  \x1b[2m-\x1b[0m\n"
          "漢\\n: no answer\n"
          "2 members\n");
}

static void
test_all_types_in_a_record(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct report r;

    (void)state;
    report_record_init(&r, &mem, "thing");
    report_field_text(&r, "Text", "text", "a \"b\"");
    report_field_id(&r, "Id", "id", UINT64_MAX);
    report_field_size(&r, "Size", "sizeBytes", 2100000000);
    report_field_i64(&r, "Number", "number", INT64_MIN);
    report_field_u64(&r, "Natural", "natural", UINT64_MAX);
    report_field_duration(&r, "Took", "tookMs", 200000);
    report_field_bool(&r, "Flag", "flag", false);
    report_field_time(&r, "At", "at", 1795414544000);
    report_column(&r, COLUMN_PERCENT, "Used", "usedPerMille");
    report_permille(&r, 345);
    report_mark(&r, MARK_BAD);
    check(&r, &simple,
          "Text     a \"b\"\n"
          "Id       ffffffffffffffff\n"
          "Size     2.1 GB\n"
          "Number   -9223372036854775808\n"
          "Natural  18446744073709551615\n"
          "Took     3 min 20 s\n"
          "Flag     no\n"
          "At       2026-11-23T06:15:44Z\n"
          "Used     34.5 %\n");
    check(&r, &json,
          "{\"thing\":{\"text\":\"a \\\"b\\\"\",\"id\":\"ffffffffffffffff\","
          "\"sizeBytes\":2100000000,\"number\":-9223372036854775808,"
          "\"natural\":18446744073709551615,\"tookMs\":200000,\"flag\":false,"
          "\"at\":\"2026-11-23T06:15:44Z\",\"usedPerMille\":345,"
          "\"marks\":{\"usedPerMille\":\"bad\"}},\"notes\":[]}\n");
}

static void
test_sections_and_nothing(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct report *section;
    struct report r;

    (void)state;
    report_record_init(&r, &mem, "plan");
    report_field_text(&r, "Plan", "id", "x");
    section = report_section(&r, "steps");
    report_column(section, COLUMN_TEXT, "STEP", "label");
    report_note(section, "no steps");
    check(&r, &simple, "Plan  x\n\nno steps\n");
    check(&r, &json, "{\"plan\":{\"id\":\"x\"},\"steps\":[],\"notes\":[\"no steps\"]}\n");
    check(&r, &table, "Plan  x\n\n+------+\n| STEP |\n+------+\n+------+\nno steps\n");
}

/* What is for scripts is not in tables. */
static void
test_details_are_left_out_of_tables(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct report r;

    (void)state;
    report_init(&r, &mem, "files");
    report_column(&r, COLUMN_TEXT, "FILE", "file");
    report_detail_column(&r, COLUMN_TEXT, "SHA-256", "sha256");
    report_column(&r, COLUMN_U64, "N", "n");
    report_row(&r);
    report_text(&r, "a");
    report_text(&r, "ff");
    report_u64(&r, 1);
    check(&r, &simple, "FILE  N\na     1\n");
    check(&r, &json, "{\"files\":[{\"file\":\"a\",\"sha256\":\"ff\",\"n\":1}],\"notes\":[]}\n");
}

int
main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_all_types_in_a_record),
        cmocka_unit_test(test_sections_and_nothing),
        cmocka_unit_test(test_details_are_left_out_of_tables),
    };

    ASSERT(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
    return cmocka_run_group_tests(all, NULL, NULL);
}
