#include "plan/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/io.h"
#include "plan/lock.h"
#include "plan/state_dir.h"
#include "toy.h"

struct fixture {
    struct arena mem;
    struct toy_place place;
    const char *path;
    struct error e;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->place = toy_place_make(&f->mem);
    f->path = path_join(&f->mem, f->place.dir, "a/b/" JOURNAL_FILE);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    toy_place_remove(&f->place);
    arena_release(&f->mem);
    free(f);
    return 0;
}

static void
append(struct journal *j, const char *type, const char *value)
{
    AUTO_BUF line = BUF_INIT;
    struct json_writer w;
    struct error e = ERROR_INIT;

    journal_record_begin(j, &w, &line, type);
    json_key_text(&w, "value", value);
    assert_true(journal_append(j, &w, &e));
}

/* Three records; returns the file's content. */
static struct bytes
journal_of_three(struct fixture *f)
{
    AUTO_JOURNAL j = JOURNAL_INIT;
    struct bytes text;

    assert_true(journal_create(&f->mem, f->path, &j, &f->e));
    append(&j, "first", "a");
    append(&j, "second", "line\nbreak \"quoted\"");
    append(&j, "third", "c");
    assert_true(file_read_all(&f->mem, f->path, 10000, &text, &f->e));
    return text;
}

static void
put(struct fixture *f, struct bytes text)
{
    assert_true(file_replace(f->path, text, 0600, &f->e));
}

static void
test_records_come_back(void **state)
{
    struct fixture *f = *state;
    struct journal_content content;
    struct stat st;
    const char *value;

    journal_of_three(f);
    assert_true(journal_read(&f->mem, f->path, &content, &f->e));
    assert_int_equal(content.records.count, 3);
    assert_false(content.torn);
    assert_true(json_get_text(&f->mem, content.records.items[1], "value", &value, &f->e));
    assert_string_equal(value, "line\nbreak \"quoted\"");
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(path_dir(&f->mem, f->path), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void
test_create_refuses_an_existing_journal(void **state)
{
    struct fixture *f = *state;
    AUTO_JOURNAL j = JOURNAL_INIT;

    journal_of_three(f);
    assert_false(journal_create(&f->mem, f->path, &j, &f->e));
    assert_int_equal(f->e.code, ERROR_EXISTS);
    assert_string_equal(f->e.text, arena_printf(&f->mem, "'%s': File exists", f->path));
}

/* However the last record is cut, the two before it stay, and a new one takes its place. */
static void
test_torn_last_record_is_dropped(void **state)
{
    struct fixture *f = *state;
    struct bytes whole = journal_of_three(f);
    const uint8_t *two = memchr(whole.data, '\n', whole.size);
    size_t start;

    two = memchr(two + 1, '\n', whole.size - (size_t)(two + 1 - whole.data));
    start = (size_t)(two + 1 - whole.data);
    for (size_t size = start + 1; size < whole.size; size++) {
        AUTO_JOURNAL j = JOURNAL_INIT;
        struct journal_content content;

        put(f, bytes_of(whole.data, size));
        assert_true(journal_open(&f->mem, f->path, &j, &content, &f->e));
        assert_true(content.torn);
        assert_int_equal(content.records.count, 2);
        append(&j, "third", "again");
        assert_true(journal_read(&f->mem, f->path, &content, &f->e));
        assert_false(content.torn);
        assert_int_equal(content.records.count, 3);
    }
}

static void
test_damaged_byte_is_found(void **state)
{
    struct fixture *f = *state;
    struct bytes whole = journal_of_three(f);

    for (size_t i = 0; i < whole.size; i++) {
        uint8_t *copy = arena_alloc(&f->mem, whole.size);
        struct journal_content content;

        memcpy(copy, whole.data, whole.size);
        copy[i] ^= 0x01;
        put(f, bytes_of(copy, whole.size));
        if (journal_read(&f->mem, f->path, &content, &f->e)) {
            assert_true(content.torn);
            assert_int_equal(content.records.count, 2);
        } else {
            assert_int_equal(f->e.code, ERROR_CORRUPT);
        }
    }
}

static void
assert_damage(struct fixture *f, const char *text)
{
    struct journal_content content;

    assert_false(journal_read(&f->mem, f->path, &content, &f->e));
    assert_int_equal(f->e.code, ERROR_CORRUPT);
    assert_string_equal(f->e.text, arena_printf(&f->mem, "'%s': line %s", f->path, text));
}

static void
test_damage_names_file_and_line(void **state)
{
    struct fixture *f = *state;
    struct bytes whole = journal_of_three(f);
    size_t first = (size_t)((const uint8_t *)memchr(whole.data, '\n', whole.size) + 1 - whole.data);
    uint8_t *copy = arena_alloc(&f->mem, whole.size);

    memcpy(copy, whole.data, whole.size);
    copy[first + 4] ^= 1;
    put(f, bytes_of(copy, whole.size));
    assert_damage(f, "2: the record's checksum is wrong");
    put(f, bytes_of_text(arena_printf(&f->mem, "{}\n%s", (const char *)whole.data)));
    assert_damage(f, "1: the record is cut");
    put(f, bytes_of_text(arena_printf(&f->mem, "{\"seq\":1,\"type\":\"plan\"}\n%s",
                                      (const char *)whole.data)));
    assert_damage(f, "1: the record has no checksum");
    put(f, bytes_of(whole.data + first, whole.size - first));
    assert_damage(f, "1: record 2 stands where record 1 belongs");
}

static void
test_failed_append_is_cut_back(void **state)
{
    struct fixture *f = *state;
    AUTO_JOURNAL j = JOURNAL_INIT;
    AUTO_BUF line = BUF_INIT;
    struct json_writer w;
    struct journal_content content;

    assert_true(journal_create(&f->mem, f->path, &j, &f->e));
    append(&j, "first", "a");
    fd_close(&j.fd);
    assert_true(file_open("/dev/full", O_WRONLY, 0, &j.fd, &f->e));
    journal_record_begin(&j, &w, &line, "second");
    assert_false(journal_append(&j, &w, &f->e));
    assert_int_equal(f->e.code, ERROR_NO_SPACE);
    journal_record_begin(&j, &w, &line, "second");
    assert_false(journal_append(&j, &w, &f->e));
    assert_string_equal(
        f->e.text, arena_printf(&f->mem, "'%s': an earlier record could not be written", f->path));
    assert_true(journal_read(&f->mem, f->path, &content, &f->e));
    assert_int_equal(content.records.count, 1);
}

static void
test_lock_says_who_holds_it(void **state)
{
    struct fixture *f = *state;
    AUTO_FD lock = -1;
    AUTO_FD second = -1;
    struct lock_holder holder;

    assert_true(lock_holder_find(&f->mem, f->place.state, "a/b", &holder, &f->e));
    assert_int_equal(holder.pid, 0);
    assert_true(lock_take(f->place.state, "a/b", "plan-1", &lock, &f->e));
    assert_true(path_exists(path_join(&f->mem, f->place.state, "locks/a%2Fb.lock")));
    assert_true(lock_holder_find(&f->mem, f->place.state, "a/b", &holder, &f->e));
    assert_int_equal(holder.pid, getpid());
    assert_string_equal(holder.plan, "plan-1");
    assert_false(lock_take(f->place.state, "a/b", "plan-2", &second, &f->e));
    assert_int_equal(f->e.code, ERROR_LOCKED);
    assert_string_equal(
        f->e.text, arena_printf(&f->mem, "cluster 'a/b' is locked by plan 'plan-1' (process %d)",
                                (int)getpid()));
    assert_string_equal(f->e.hint,
                        "wait until it ends; 'quorate plan show plan-1' says what it does");
    /* Another cluster is free. */
    assert_true(lock_take(f->place.state, "b", "plan-2", &second, &f->e));
    fd_close(&lock);
    assert_true(lock_holder_find(&f->mem, f->place.state, "a/b", &holder, &f->e));
    assert_int_equal(holder.pid, 0);
    assert_true(lock_take(f->place.state, "a/b", "plan-3", &lock, &f->e));
}

static void
test_lock_whose_holder_wrote_nothing(void **state)
{
    struct fixture *f = *state;
    AUTO_FD lock = -1;
    AUTO_FD second = -1;
    struct lock_holder holder;

    assert_true(lock_take(f->place.state, "c", "plan-1", &lock, &f->e));
    assert_int_equal(ftruncate(lock, 0), 0);
    assert_true(lock_holder_find(&f->mem, f->place.state, "c", &holder, &f->e));
    assert_int_equal(holder.pid, -1);
    assert_false(lock_take(f->place.state, "c", "plan-2", &second, &f->e));
    assert_string_equal(f->e.text, "cluster 'c' is locked by another plan");
}

static void
test_state_dir_comes_from_the_environment(void **state)
{
    struct fixture *f = *state;
    const char *path;

    setenv("QUORATE_STATE", "/somewhere", 1);
    assert_true(state_dir_find(&f->mem, &path, &f->e));
    assert_string_equal(path, "/somewhere");
    unsetenv("QUORATE_STATE");
    setenv("XDG_STATE_HOME", "/xdg", 1);
    assert_true(state_dir_find(&f->mem, &path, &f->e));
    assert_string_equal(path, geteuid() == 0 ? "/var/lib/quorate" : "/xdg/quorate");
    if (geteuid() == 0 && seteuid(65534) != 0)
        skip();
    assert_true(state_dir_find(&f->mem, &path, &f->e));
    assert_string_equal(path, "/xdg/quorate");
    setenv("XDG_STATE_HOME", "relative", 1);
    setenv("HOME", "/home/x", 1);
    assert_true(state_dir_find(&f->mem, &path, &f->e));
    assert_string_equal(path, "/home/x/.local/state/quorate");
    unsetenv("HOME");
    assert_false(state_dir_find(&f->mem, &path, &f->e));
    assert_int_equal(f->e.code, ERROR_USAGE);
    assert_string_equal(f->e.text, "no place for state: HOME is not set");
    assert_string_equal(f->e.hint, "set QUORATE_STATE to a folder for plans, locks and labs");
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
}

static void
test_file_names_stay_apart(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(state_file_name(&f->mem, "lab:demo-1.x_Y"), "lab:demo-1.x_Y");
    assert_string_equal(state_file_name(&f->mem, "../a b%"), "%2E.%2Fa%20b%25");
}

static void
write_plan(struct fixture *f, const char *id, const char *text)
{
    const char *path = arena_printf(&f->mem, "%s/plans/%s/" JOURNAL_FILE, f->place.state, id);

    assert_true(dir_make(path_dir(&f->mem, path), 0700, &f->e));
    assert_true(file_replace(path, bytes_of_text(text), 0600, &f->e));
}

static void
test_list_and_beginnings_of_ids(void **state)
{
    struct fixture *f = *state;
    struct plan_env env = {.state_dir = f->place.state};
    struct plan_list_entry *entries;
    struct plan_info *info;
    const char *id;
    size_t count;

    assert_true(plan_list(&f->mem, f->place.state, NULL, &entries, &count, &f->e));
    assert_int_equal(count, 0);
    assert_true(plan_run(toy_plan(&f->mem, &f->place, NULL), &env, &id, &f->e));
    write_plan(f, "0-cut-before-its-first-record", "{\"seq\":1,\"at\":");
    write_plan(f, "0-damaged", "{}\n{}\n");
    assert_true(plan_list(&f->mem, f->place.state, "toy/1", &entries, &count, &f->e));
    assert_int_equal(count, 2);
    assert_string_equal(entries[0].id, "0-damaged");
    assert_null(entries[0].info);
    assert_string_equal(entries[0].error, arena_printf(&f->mem,
                                                       "'%s/plans/0-damaged/" JOURNAL_FILE
                                                       "': line 1: the record is cut",
                                                       f->place.state));
    assert_string_equal(entries[1].id, id);
    assert_int_equal(entries[1].info->state, PLAN_STATE_DONE);
    assert_true(plan_list(&f->mem, f->place.state, "other", &entries, &count, &f->e));
    assert_int_equal(count, 1);

    assert_true(plan_info_load(&f->mem, f->place.state, "2", &info, &f->e));
    assert_string_equal(info->id, id);
    assert_false(plan_info_load(&f->mem, f->place.state, "0-", &info, &f->e));
    assert_int_equal(f->e.code, ERROR_CONFLICT);
    assert_string_equal(f->e.text, "'0-' fits several plans: '0-cut-before-its-first-record' "
                                   "and '0-damaged'");
    assert_string_equal(f->e.hint, "give more of the id; 'quorate plan list' shows all");
    assert_false(plan_info_load(&f->mem, f->place.state, "x", &info, &f->e));
    assert_int_equal(f->e.code, ERROR_NOT_FOUND);
    assert_string_equal(f->e.text, arena_printf(&f->mem, "no plan 'x' in '%s'", f->place.state));
    assert_string_equal(f->e.hint, "'quorate plan list' shows all plans");
}

/* Records that are whole but make no sense. */
static void
assert_decode_fails(struct fixture *f, const char *records, enum error_code code, const char *text)
{
    struct journal_content content = {0};
    struct plan_info *info;
    const struct json *all;

    error_clear(&f->e);
    assert_true(json_parse(&f->mem, bytes_of_text(records), &all, &f->e));
    for (size_t i = 0; i < json_array_count(all); i++)
        *ARRAY_PUSH(&f->mem, &content.records) = json_array_at(all, i);
    assert_false(plan_info_decode(&f->mem, &content, &info, &f->e));
    assert_string_equal(f->e.text, text);
    assert_int_equal(f->e.code, code);
}

#define HEADER                                                                                     \
    "[{\"at\":1,\"format\":1,\"id\":\"i\",\"kind\":\"k\",\"cluster\":\"c\",\"title\":\"t\","       \
    "\"quorate\":\"0\",\"inputs\":{},\"steps\":[{\"label\":\"l\",\"intent\":\"i\"}]}"

static void
test_senseless_records_are_refused(void **state)
{
    struct fixture *f = *state;

    assert_decode_fails(f, "[]", ERROR_NOT_FOUND, "the journal has no record: nothing was done");
    assert_decode_fails(f, "[{\"format\":2}]", ERROR_TOO_NEW,
                        "line 1: journal format 2, newest known is 1");
    assert_decode_fails(f, "[{\"format\":1}]", ERROR_FORMAT, "line 1: 'inputs' is not an object");
    assert_decode_fails(f, HEADER ",{\"at\":1,\"type\":\"dance\"}]", ERROR_FORMAT,
                        "line 2: record of unknown type 'dance'");
    assert_decode_fails(f, HEADER ",{\"at\":1,\"type\":\"begin\",\"step\":1}]", ERROR_FORMAT,
                        "line 2: step 1 of 1");
    assert_decode_fails(f, HEADER ",{\"at\":1,\"type\":\"end\",\"state\":\"running\"}]",
                        ERROR_FORMAT, "line 2: a plan cannot end as 'running'");
    assert_decode_fails(f, HEADER ",{\"at\":1,\"type\":\"mark\",\"key\":\"k\"}]", ERROR_FORMAT,
                        "line 2: 'value' is missing");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_records_come_back),
        TEST(test_create_refuses_an_existing_journal),
        TEST(test_torn_last_record_is_dropped),
        TEST(test_damaged_byte_is_found),
        TEST(test_damage_names_file_and_line),
        TEST(test_failed_append_is_cut_back),
        TEST(test_lock_says_who_holds_it),
        TEST(test_lock_whose_holder_wrote_nothing),
        TEST(test_state_dir_comes_from_the_environment),
        TEST(test_file_names_stay_apart),
        TEST(test_list_and_beginnings_of_ids),
        TEST(test_senseless_records_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
