#include "expect.h"

#include "base/evidence.h"
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

static void
test_evidence_becomes_fields(void **state)
{
    struct error e = ERROR_INIT;

    (void)state;
    error_set_(&e, ERROR_TLS, 0, "endpoint 'a': other names; endpoint 'b': connection refused");
    error_hint_(&e, "do this");
    evidence_begin(&e, "tls-name-mismatch");
    evidence_text(&e, "endpoint", "a");
    evidence_item(&e, "names", "DNS:\"db1\"");
    evidence_item(&e, "names", "IP:10.0.0.1");
    evidence_item(&e, "more", "x");
    evidence_date(&e, "not_after", 1700000000);
    evidence_begin(&e, "refused");
    evidence_text(&e, "endpoint", "b");
    evidence_item(&e, "tried", "::1");
    check(&e, true, false,
          "{\"error\":{\"code\":\"tls\",\"text\":\"endpoint 'a': other names; endpoint 'b': "
          "connection refused\",\"hint\":\"do this\",\"cause\":\"tls-name-mismatch\",\"evidence\":"
          "[{\"cause\":\"tls-name-mismatch\",\"endpoint\":\"a\",\"names\":[\"DNS:\\\"db1\\\"\","
          "\"IP:10.0.0.1\"],\"more\":[\"x\"],\"not_after\":\"2023-11-14T22:13:20Z\"},"
          "{\"cause\":\"refused\",\"endpoint\":\"b\",\"tried\":[\"::1\"]}]}}\n");
    check(&e, false, false,
          "Error: endpoint 'a': other names; endpoint 'b': connection refused\nHint: do this\n");
}

int
main(void)
{
    const struct CMUnitTest all[] = {cmocka_unit_test(test_forms),
                                     cmocka_unit_test(test_evidence_becomes_fields)};

    return cmocka_run_group_tests(all, NULL, NULL);
}
