#include "expect.h"

#include "etcd/metrics.h"

static const char text[] = "# HELP process_resident_memory_bytes Resident memory size in bytes.\n"
                           "# TYPE process_resident_memory_bytes gauge\n"
                           "process_resident_memory_bytes 2.3687168e+07\n"
                           "process_resident_memory_bytes_more 1\n"
                           "labelled{le=\"1\"} 5\n"
                           "odd NaN\n"
                           "empty \n"
                           "last 7";

static void
value_is(const char *name, double wanted)
{
    double value = -1;

    assert_true(etcd_metrics_value(BYTES_LITERAL(text), name, &value));
    assert_true(value == wanted);
}

static void
value_is_missing(const char *name)
{
    double value = -1;

    assert_false(etcd_metrics_value(BYTES_LITERAL(text), name, &value));
    assert_true(value == -1);
}

static void
values_are_found(void **state UNUSED)
{
    value_is("process_resident_memory_bytes", 23687168);
    value_is("process_resident_memory_bytes_more", 1);
    value_is("last", 7);
    value_is_missing("process_resident_memory");
    value_is_missing("labelled");
    value_is_missing("odd");
    value_is_missing("empty");
    value_is_missing("las");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
