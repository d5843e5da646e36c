#include "expect.h"

#include <locale.h>

#include "cli/text_table.h"

static const char *const headings[] = {"ID", "NAME"};

static void
check_table(const struct output_style *style, const char *const *cells, size_t count,
            const char *expected)
{
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    struct text_table table;

    text_table_init(&table, &mem, headings, 2);
    for (size_t i = 0; i < count; i++)
        text_table_cell(&table, cells[i]);
    text_table_draw(&table, style, &out);
    assert_string_equal(buf_text(&out), expected);
}

static const struct output_style ascii = {.terminal.utf8 = true};
static const struct output_style boxes = {.terminal.utf8 = true, .boxes = true};
static const struct output_style wrapping = {.terminal.utf8 = true, .wrap_cells = true};
static const struct output_style latin = {.terminal.utf8 = false};

static void
test_borders(void **state)
{
    static const char *const cells[] = {"1", "longer", "12345", "x "};

    (void)state;
    check_table(&ascii, cells, 4,
                "+-------+--------+\n"
                "|  ID   |  NAME  |\n"
                "+-------+--------+\n"
                "|     1 | longer |\n"
                "| 12345 |      x |\n"
                "+-------+--------+\n");
    check_table(&boxes, cells, 2,
                "┌────┬────────┐\n"
                "│ ID │  NAME  │\n"
                "├────┼────────┤\n"
                "│  1 │ longer │\n"
                "└────┴────────┘\n");
}

static void
test_empty(void **state)
{
    (void)state;
    check_table(&ascii, NULL, 0,
                "+----+------+\n"
                "| ID | NAME |\n"
                "+----+------+\n"
                "+----+------+\n");
    check_table(&boxes, NULL, 0,
                "┌────┬──────┐\n"
                "│ ID │ NAME │\n"
                "└────┴──────┘\n");
}

static void
test_wide_and_hostile_text(void **state)
{
    static const char *const cells[] = {"1", "漢字", "2", "a\x1b[2Jb"};

    (void)state;
    check_table(&ascii, cells, 4,
                "+----+-----------+\n"
                "| ID |   NAME    |\n"
                "+----+-----------+\n"
                "|  1 |      漢字 |\n"
                "|  2 | a\\x1b[2Jb |\n"
                "+----+-----------+\n");
    check_table(&latin, cells, 2,
                "+----+--------------------------+\n"
                "| ID |           NAME           |\n"
                "+----+--------------------------+\n"
                "|  1 | \\xe6\\xbc\\xa2\\xe5\\xad\\x97 |\n"
                "+----+--------------------------+\n");
}

/* As etcdctl 3.5.16 printed it; the column is as wide as the limit. */
static void
test_wrapping(void **state)
{
    static const char *const cells[] = {"1", "memberID:975050037397374526 alarm:NOSPACE "};

    (void)state;
    check_table(&wrapping, cells, 2,
                "+----+--------------------------------+\n"
                "| ID |              NAME              |\n"
                "+----+--------------------------------+\n"
                "|  1 |    memberID:975050037397374526 |\n"
                "|    |                 alarm:NOSPACE  |\n"
                "+----+--------------------------------+\n");
    check_table(&ascii, cells, 2,
                "+----+-------------------------------------------+\n"
                "| ID |                   NAME                    |\n"
                "+----+-------------------------------------------+\n"
                "|  1 | memberID:975050037397374526 alarm:NOSPACE |\n"
                "+----+-------------------------------------------+\n");
}

static void
test_plain(void **state)
{
    static const enum cell_align align[] = {ALIGN_RIGHT, ALIGN_LEFT};
    static const struct output_style colored = {.terminal = {.utf8 = true, .color = true}};
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    struct text_table table;

    (void)state;
    text_table_init(&table, &mem, headings, 2);
    table.align = align;
    text_table_cellf(&table, "%d", 7);
    text_table_cell(&table, "good");
    text_table_color(&table, "\x1b[32m");
    text_table_cell(&table, "12345");
    text_table_cell(&table, "");
    text_table_draw_plain(&table, &ascii, &out);
    assert_string_equal(buf_text(&out), "   ID  NAME\n"
                                        "    7  good\n"
                                        "12345\n");
    buf_clear(&out);
    text_table_draw_plain(&table, &colored, &out);
    assert_string_equal(buf_text(&out), "   ID  NAME\n"
                                        "    7  \x1b[32mgood\x1b[0m\n"
                                        "12345\n");
}

int
main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_borders),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_wide_and_hostile_text),
        cmocka_unit_test(test_wrapping),
        cmocka_unit_test(test_plain),
    };

    ASSERT(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
    return cmocka_run_group_tests(all, NULL, NULL);
}
