/* Whether another user may read a file, asked of the kernel as that user. */
#include "node/host/host_access.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "expect.h"
#include "scratch.h"

enum { SOMEBODY = 65534, A_GROUP = 54321 };

struct place {
    struct arena mem;
    const struct host *host;
    const char *dir;
    const char *file;
};

static int
setup(void **state)
{
    static struct place p;
    const char *base;
    struct host *host;
    struct error e = ERROR_INIT;

    if (geteuid() != 0)
        return 0;
    p = (struct place){.mem = ARENA_INIT};
    base = scratch_dir(&p.mem);
    assert_int_equal(chmod(base, 0755), 0);
    p.dir = path_join(&p.mem, base, "it's a folder");
    p.file = path_join(&p.mem, p.dir, "key $1");
    EXPECT_OK(dir_make(p.dir, 0755, &e));
    EXPECT_OK(file_replace(p.file, bytes_of_text("secret"), 0600, &e));
    EXPECT_OK(host_open(&p.mem, "local:", NULL, &host, &e));
    p.host = host;
    *state = &p;
    return 0;
}

static int
teardown(void **state)
{
    struct place *p = *state;

    if (p != NULL)
        arena_release(&p->mem);
    return 0;
}

static const char *
blocker(struct place *p, gid_t gid, const char *groups)
{
    const struct host_reader reader = {SOMEBODY, gid, groups};
    const char *found;
    struct error e = ERROR_INIT;

    EXPECT_OK(host_may_read(&p->mem, p->host, &reader, p->file, &found, &e));
    return found;
}

static void
test_owner_and_groups(void **state)
{
    struct place *p = *state;

    if (p == NULL) {
        skip(); /* only root becomes another user */
        return;
    }
    assert_string_equal(blocker(p, SOMEBODY, ""),
                        arena_printf(&p->mem, "%s (-rw------- root:root)", p->file));
    assert_int_equal(chown(p->file, 0, A_GROUP), 0);
    assert_int_equal(chmod(p->file, 0640), 0);
    assert_non_null(blocker(p, SOMEBODY, "12345"));
    assert_null(blocker(p, SOMEBODY, "12345,54321"));
    assert_null(blocker(p, A_GROUP, ""));
    assert_int_equal(chown(p->file, SOMEBODY, 0), 0);
    assert_null(blocker(p, SOMEBODY, ""));
}

static void
test_folders(void **state)
{
    struct place *p = *state;

    if (p == NULL) {
        skip();
        return;
    }
    assert_int_equal(chmod(p->file, 0644), 0);
    assert_null(blocker(p, SOMEBODY, ""));
    assert_int_equal(chmod(p->dir, 0700), 0);
    assert_string_equal(blocker(p, SOMEBODY, ""),
                        arena_printf(&p->mem, "%s (drwx------ root:root)", p->dir));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_owner_and_groups, setup, teardown),
        cmocka_unit_test_setup_teardown(test_folders, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
