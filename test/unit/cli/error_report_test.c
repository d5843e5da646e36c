#include "expect.h"

#include "cli/error_report.h"

static void
check(const struct error *e, bool json, bool color, const char *expected)
{
    AUTO_BUF out = BUF_INIT;

    error_report(e, json, color, &out);
    assert_string_equal(buf_text(&out), expected);
}

static void
test_forms(void **state)
{
    struct error e = ERROR_INIT;

    (void)state;
    error_set_(&e, ERROR_NOT_FOUND, 0, "no '%s'", "x\x1b[2J");
    check(&e, false, false, "Error: no 'x [2J'\n");
    check(&e, false, true, "\x1b[31;1mError:\x1b[0m no 'x [2J'\n");
    check(&e, true, true,
          "{\"error\":{\"code\":\"not-found\",\"text\":\"no 'x [2J'\",\"hint\":\"\"}}\n");
    error_hint_(&e, "look elsewhere");
    check(&e, false, false, "Error: no 'x [2J'\nHint: look elsewhere\n");
    error_set_(&e, ERROR_NO_SPACE, 0, "full");
    check(&e, false, false,
          "Error: full\nHint: free space on the file system, then run the command again\n");
}

int
main(void)
{
    const struct CMUnitTest all[] = {cmocka_unit_test(test_forms)};

    return cmocka_run_group_tests(all, NULL, NULL);
}
