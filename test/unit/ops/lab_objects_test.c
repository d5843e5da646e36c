/* The changes of a data set: how many, in which order, and that they stay the same for ever. */
#include "expect.h"

#include <string.h>

#include "base/hash.h"
#include "ops/lab_objects.h"

struct tally {
    uint64_t made;
    uint64_t rewritten;
    uint64_t deleted;
    uint64_t leased;
    uint64_t rounds;
    uint32_t crc; /* of keys and values */
};

static struct tally
tally_of(const struct lab_objects *objects)
{
    struct lab_walk walk = {.objects = objects};
    struct tally t = {0};

    for (;;) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct lab_change change;

        if (!lab_walk_next(&tmp, &walk, &change))
            return t;
        assert_int_equal(change.deletes, change.version == objects->rewrites + 2);
        *(change.deletes ? &t.deleted : change.version == 1 ? &t.made : &t.rewritten) += 1;
        t.leased += change.lease != 0;
        t.rounds += change.ends;
        t.crc = crc32c(t.crc, change.key.data, change.key.size);
        t.crc = crc32c(t.crc, change.value.data, change.value.size);
    }
}

static void
test_counts(void **state)
{
    static const struct lab_objects objects = {1000, 1, 2, true};
    struct tally t = tally_of(&objects);

    (void)state;
    assert_int_equal(t.made, 1000);
    assert_int_equal(t.rewritten, 500);
    assert_int_equal(t.rewritten, lab_objects_rewritten(&objects));
    assert_int_equal(t.deleted, 100);
    assert_int_equal(t.deleted, lab_objects_deleted(&objects));
    assert_int_equal(t.rounds, 4);
    assert_in_range(t.leased, 400, 500); /* three in ten of what is put */
    assert_int_equal(lab_objects_lease_count(&objects), 1);
}

/* Who changes this number changes every data set that was ever measured. */
static void
test_always_the_same(void **state)
{
    static const struct lab_objects objects = {1000, 1, 2, false};
    static const struct lab_objects other = {1000, 2, 2, false};

    (void)state;
    assert_int_equal(tally_of(&objects).crc, 0xe30779f4);
    assert_int_not_equal(tally_of(&other).crc, tally_of(&objects).crc);
}

static void
test_few(void **state)
{
    static const struct lab_objects one = {1, 1, 1, false};
    static const struct lab_objects never_rewritten = {14, 1, 0, false};

    (void)state;
    assert_int_equal(tally_of(&one).made, 1);
    assert_int_equal(tally_of(&one).rewritten, 1);
    assert_int_equal(tally_of(&one).deleted, 0);
    assert_int_equal(lab_objects_deleted(&one), 0);
    assert_int_equal(tally_of(&never_rewritten).rewritten, 0);
    assert_int_equal(tally_of(&never_rewritten).deleted, 2);
    assert_int_equal(lab_objects_deleted(&never_rewritten), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_always_the_same),
        cmocka_unit_test(test_few),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
