#include "expect.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "format/yaml/yaml_tree.h"

static struct arena mem = ARENA_INIT;

static int
group_end(void **state)
{
    (void)state;
    arena_release(&mem);
    return 0;
}

static const struct yaml *
parsed(const char *text)
{
    struct error e = ERROR_INIT;
    const struct yaml *doc = NULL;

    EXPECT_OK(yaml_parse(&mem, "f.yaml", bytes_of_text(text), &doc, &e));
    return doc;
}

/* What stands at a node's place in the file. */
static const char *
raw(const struct yaml *doc, const struct yaml_node *node)
{
    assert_non_null(node);
    assert_true(node->start <= node->end && node->end <= doc->bytes.size);
    return arena_text_of_bytes(&mem,
                               bytes_of(doc->bytes.data + node->start, node->end - node->start));
}

static void
places_are_bytes_with_quotes_and_brackets(void **state)
{
    const struct yaml *doc = parsed("\xef\xbb\xbf# \xc3\xa9t\xc3\xa9\r\n"
                                    "a: \"x\xc3\xa9\\t\"  # c\r\n"
                                    "b: [1, 'it''s', {q: 2} ]\r\n"
                                    "c:\r\n"
                                    "- --x=1\r\n"
                                    "-   \"y z\"  # last\r\n"
                                    "\r\n"
                                    "d: {}\r\n"
                                    "e:\r\n"
                                    "f: |\r\n"
                                    "  lit\r\n"
                                    "  two\r\n"
                                    "g: end");
    const struct yaml_node *b = yaml_get(doc->root, "b");
    const struct yaml_node *c = yaml_get(doc->root, "c");

    (void)state;
    assert_string_equal(yaml_get(doc->root, "a")->text, "x\xc3\xa9\t");
    assert_string_equal(raw(doc, yaml_get(doc->root, "a")), "\"x\xc3\xa9\\t\"");
    assert_string_equal(raw(doc, b), "[1, 'it''s', {q: 2} ]");
    assert_int_equal(b->style, YAML_FLOW);
    assert_string_equal(yaml_at(b, 1)->text, "it's");
    assert_string_equal(raw(doc, yaml_at(b, 1)), "'it''s'");
    assert_string_equal(raw(doc, yaml_at(b, 2)), "{q: 2}");
    assert_null(yaml_at(b, 3));
    assert_string_equal(raw(doc, c), "- --x=1\r\n-   \"y z\"");
    assert_int_equal(c->count, 2);
    assert_string_equal(raw(doc, yaml_get(doc->root, "d")), "{}");
    assert_true(yaml_get(doc->root, "e")->absent);
    assert_int_equal(doc->bytes.data[yaml_get(doc->root, "e")->start - 1], ':');
    assert_string_equal(yaml_get(doc->root, "f")->text, "lit\ntwo\n");
    assert_string_equal(raw(doc, yaml_get(doc->root, "g")), "end");
    assert_string_equal(raw(doc, yaml_get(doc->root, "g")->key), "g");
}

static void
a_place_is_line_and_column_of_characters(void **state)
{
    const struct yaml *doc = parsed("a: 1\n\xc3\xa9: {b: \xc3\xa9, c: 7}\n");
    unsigned line, column;

    (void)state;
    yaml_place(doc, yaml_get(doc->root->last, "c")->start, &line, &column);
    assert_int_equal(line, 2);
    assert_int_equal(column, 14);
}

static void
nothing_is_no_tree(void **state)
{
    (void)state;
    assert_null(parsed("")->root);
    assert_null(parsed("# only this\n")->root);
    assert_null(yaml_get(NULL, "a"));
    assert_null(yaml_at(NULL, 0));
    assert_true(yaml_is_null(NULL));
}

static void
typed_values(void **state)
{
    const struct yaml *doc =
        parsed("t: true\nn: 12\ns: \"12\"\nl: [a]\nz: ~\nb: yes\nm:\n  x: 1\n");
    struct error e = ERROR_INIT;
    const struct yaml_node *value;
    const char *text;
    uint64_t number;
    bool yes;

    (void)state;
    EXPECT_OK(yaml_as_bool(doc, yaml_get(doc->root, "t"), &yes, &e));
    assert_true(yes);
    EXPECT_OK(yaml_as_u64(doc, yaml_get(doc->root, "n"), &number, &e));
    assert_int_equal(number, 12);
    EXPECT_OK(yaml_as_text(doc, yaml_get(doc->root, "s"), &text, &e));
    assert_string_equal(text, "12");
    EXPECT_ERROR(yaml_as_u64(doc, yaml_get(doc->root, "s"), &number, &e), ERROR_FORMAT,
                 "f.yaml:3:4: 's' is '12': a whole number belongs here");
    EXPECT_ERROR(yaml_as_text(doc, yaml_get(doc->root, "l"), &text, &e), ERROR_FORMAT,
                 "f.yaml:4:4: 'l' is a list, a single value belongs here");
    EXPECT_ERROR(yaml_as_text(doc, yaml_get(doc->root, "z"), &text, &e), ERROR_FORMAT,
                 "f.yaml:5:4: 'z' is empty, a single value belongs here");
    EXPECT_ERROR(yaml_as_bool(doc, yaml_get(doc->root, "b"), &yes, &e), ERROR_FORMAT,
                 "f.yaml:6:4: 'b' is 'yes': true or false belongs here");
    EXPECT_ERROR(yaml_require(doc, yaml_get(doc->root, "m"), "y", &value, &e), ERROR_FORMAT,
                 "f.yaml:8:3: 'm' lacks 'y'");
    EXPECT_OK(yaml_require(doc, yaml_get(doc->root, "m"), "x", &value, &e));
}

static void
unknown_keys_get_a_suggestion(void **state)
{
    static const char *const known[] = {"endpoints", "name", NULL};
    const struct yaml *doc = parsed("name: x\nendpoint: y\n");
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_ERROR(yaml_check_keys(doc, doc->root, known, &e), ERROR_FORMAT,
                 "f.yaml:2:1: unknown key 'endpoint'");
    assert_string_equal(e.hint, "did you mean 'endpoints'?");
}

struct refusal {
    const char *yaml;
    const char *text;
    const char *hint;
};

static const struct refusal refusals[] = {
    {"a: 1\nb: 2\na: 3\n", "f.yaml:3:1: key 'a' is here a second time, first in line 1",
     "the line is: >>>a: 3"},
    {"a: {x: 1, x: 2}\n", "f.yaml:1:11: key 'x' is here a second time, first in line 1",
     "the line is: a: {x: 1, >>>x: 2}"},
    {"a: 1\n b: [\n", "f.yaml:1:4: invalid multiline plain key", "the line is: a: >>>1"},
    {"a: &x 1\nb: *x\n", "f.yaml:1:5: anchors and aliases are not supported: write the value out",
     "the line is: a: &>>>x 1"},
    {"a: !!str 1\n", "f.yaml:1:4: tags are not supported: write the value out",
     "the line is: a: >>>!!str 1"},
    {"a: 1\n---\nb: 2\n", "f.yaml:1:5: a second document ('---') follows: only one is read",
     "the line is: a: 1>>>"},
    {"? [a]\n: 2\n", "f.yaml:1:3: a list or map as key is not supported", "the line is: ? >>>[a]"},
    {"\xc3\xa9: \xff\n", "f.yaml:1:4: bytes that are no UTF-8", ""},
    {"a: \x01\n", "f.yaml:1:4: a control character", "the line is: a: >>> "},
    {"a: \"x\\0y\"\n", "f.yaml:1:2: a NUL in a value", "the line is: a>>>: \"x\\0y\""},
};

static void
what_is_refused_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct error e = ERROR_INIT;
        const struct yaml *doc;

        EXPECT_ERROR(yaml_parse(&mem, "f.yaml", bytes_of_text(refusals[i].yaml), &doc, &e),
                     ERROR_FORMAT, refusals[i].text);
        assert_string_equal(e.hint, refusals[i].hint);
    }
}

static void
what_is_too_large_is_refused(void **state)
{
    AUTO_BUF deep = BUF_INIT;
    AUTO_BUF many = BUF_INIT;
    struct error e = ERROR_INIT;
    const struct yaml *doc;

    (void)state;
    for (int i = 0; i <= YAML_DEPTH_MAX; i++)
        buf_append_text(&deep, "- ");
    EXPECT_ERROR(yaml_parse(&mem, "f.yaml", buf_bytes(&deep), &doc, &e), ERROR_LIMIT,
                 "f.yaml:1:97: lists and maps are nested too deeply");
    for (int i = 0; i <= YAML_NODES_MAX; i++)
        buf_append_text(&many, "- 1\n");
    EXPECT_ERROR(yaml_parse(&mem, "f.yaml", buf_bytes(&many), &doc, &e), ERROR_LIMIT,
                 "f.yaml:99999:4: more keys and values than quorate reads of one file");
    buf_append_zeros(&many, YAML_MAX_BYTES);
    EXPECT_ERROR(yaml_parse(&mem, "f.yaml", buf_bytes(&many), &doc, &e), ERROR_LIMIT,
                 "f.yaml: 1448580 bytes, at most 1048576 are read");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_bytes_with_quotes_and_brackets),
        cmocka_unit_test(a_place_is_line_and_column_of_characters),
        cmocka_unit_test(nothing_is_no_tree),
        cmocka_unit_test(typed_values),
        cmocka_unit_test(unknown_keys_get_a_suggestion),
        cmocka_unit_test(what_is_refused_is_told_with_its_place),
        cmocka_unit_test(what_is_too_large_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, group_end);
}
