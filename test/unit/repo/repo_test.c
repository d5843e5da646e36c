#include "expect.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "scratch.h"

#include "base/io.h"
#include "repo/repo.h"

#include "repo/manifest_sample.h"

static struct error e;

static struct repo
repo_new(struct arena *mem)
{
    struct repo repo;

    EXPECT_OK(repo_open(mem, path_join(mem, scratch_dir(mem), "repo"), true, &repo, &e));
    return repo;
}

/* A complete backup; its folder. */
static const char *
backup_make(struct arena *mem, const struct repo *repo, const char *cluster, const char *label,
            int64_t created_at_ms)
{
    AUTO_REPO_DRAFT draft = REPO_DRAFT_INIT;
    struct backup_manifest m = manifest_sample(cluster, label);
    const char *folder = NULL;

    m.created_at_ms = created_at_ms;
    EXPECT_OK(repo_draft_begin(mem, repo, cluster, &draft, &e));
    EXPECT_OK(file_replace(draft.snapshot_path, BYTES_LITERAL("db"), 0600, &e));
    EXPECT_OK(repo_draft_commit(mem, &draft, &m, &folder, &e));
    return folder;
}

static void
test_open(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = path_join(&tmp, scratch_dir(&tmp), "a/repo");
    const char *file = path_join(&tmp, path_dir(&tmp, path_dir(&tmp, dir)), "file");
    struct repo repo;
    struct stat st;

    (void)state;
    EXPECT_ERROR(repo_open(&tmp, dir, false, &repo, &e), ERROR_NOT_FOUND,
                 arena_printf(&tmp, "repository '%s': No such file or directory", dir));
    assert_string_equal(error_hint_text(&e),
                        "name the repository with --repo DIR; 'backup now' creates it");
    EXPECT_OK(repo_open(&tmp, dir, true, &repo, &e));
    assert_string_equal(repo.dir, dir);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    EXPECT_OK(repo_open(&tmp, dir, false, &repo, &e));
    EXPECT_OK(file_replace(file, BYTES_NONE, 0600, &e));
    EXPECT_ERROR(repo_open(&tmp, file, false, &repo, &e), ERROR_IO,
                 arena_printf(&tmp, "repository '%s': is not a directory", file));
    EXPECT_ERROR(repo_open(&tmp, file, true, &repo, &e), ERROR_EXISTS,
                 arena_printf(&tmp, "repository: '%s': is there, but is not a directory", file));
}

static void
test_names(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    assert_string_equal(repo_cluster_folder(&tmp, "lab:demo"), "lab-demo");
    assert_string_equal(repo_cluster_folder(&tmp, "Prod_1.eu-x"), "Prod_1.eu-x");
    assert_string_equal(repo_cluster_folder(&tmp, "../etc"), "-.-etc");
    assert_string_equal(repo_cluster_folder(&tmp, "."), "-");
    assert_string_equal(repo_cluster_folder(&tmp, ""), "cluster");
    assert_string_equal(repo_cluster_folder(&tmp, "\xc3\xa9"), "--");
    assert_string_equal(repo_label(&tmp, 1795414544000, 20001), "20261123T061544Z-r20001");
}

static void
test_a_draft_is_no_backup_until_committed(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct repo repo = repo_new(&tmp);
    AUTO_REPO_DRAFT draft = REPO_DRAFT_INIT;
    struct backup_manifest m = manifest_sample("c", "l");
    const char *folder;
    struct repo_entry *entries;
    size_t count;
    struct stat st;

    (void)state;
    EXPECT_OK(repo_draft_begin(&tmp, &repo, "c", &draft, &e));
    assert_int_equal(stat(draft.folder, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    EXPECT_OK(file_replace(draft.snapshot_path, BYTES_LITERAL("db"), 0600, &e));
    EXPECT_OK(repo_list(&tmp, &repo, "c", &entries, &count, &e));
    assert_int_equal(count, 0);
    EXPECT_OK(repo_draft_commit(&tmp, &draft, &m, &folder, &e));
    assert_string_equal(folder, path_join(&tmp, repo.dir, "c/l"));
    assert_null(draft.folder);
    repo_draft_abandon(&draft); /* nothing any more */
    EXPECT_OK(repo_list(&tmp, &repo, "c", &entries, &count, &e));
    assert_int_equal(count, 1);
    assert_string_equal(entries[0].cluster, "c");
    assert_string_equal(entries[0].label, "l");
    assert_string_equal(entries[0].folder, folder);
    assert_non_null(entries[0].manifest);
    assert_true(entries[0].manifest->revision == 20001);
    assert_string_equal(repo_entry_snapshot(&tmp, &entries[0]),
                        path_join(&tmp, folder, "snapshot.db"));
    assert_true(path_exists(repo_entry_snapshot(&tmp, &entries[0])));
}

static void
test_an_abandoned_draft_goes(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct repo repo = repo_new(&tmp);
    struct repo_draft draft = REPO_DRAFT_INIT;
    bool empty;

    (void)state;
    repo_draft_abandon(&draft);
    EXPECT_OK(repo_draft_begin(&tmp, &repo, "c", &draft, &e));
    EXPECT_OK(file_replace(draft.snapshot_path, BYTES_LITERAL("db"), 0600, &e));
    repo_draft_abandon(&draft);
    EXPECT_OK(dir_is_empty(path_join(&tmp, repo.dir, "c"), &empty, &e));
    assert_true(empty);
}

/* What a killed process left is removed by the next one; what a living one makes is not. */
static void
test_leftovers(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct repo repo = repo_new(&tmp);
    const char *dir = path_join(&tmp, repo.dir, "c");
    AUTO_REPO_DRAFT living = REPO_DRAFT_INIT;
    AUTO_REPO_DRAFT next = REPO_DRAFT_INIT;
    const char **names;
    size_t count;
    int status;
    pid_t pid;

    (void)state;
    EXPECT_OK(repo_draft_begin(&tmp, &repo, "c", &living, &e));
    EXPECT_OK(dir_list(&tmp, dir, &names, &count, &e));
    assert_int_equal(count, 1);
    pid = fork();
    if (pid == 0) {
        struct repo_draft killed = REPO_DRAFT_INIT;

        if (!repo_draft_begin(&tmp, &repo, "c", &killed, &e) ||
            !file_replace(killed.snapshot_path, BYTES_LITERAL("db"), 0600, &e))
            _exit(1);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    EXPECT_OK(dir_list(&tmp, dir, &names, &count, &e));
    assert_int_equal(count, 2);
    EXPECT_OK(repo_draft_begin(&tmp, &repo, "c", &next, &e));
    EXPECT_OK(dir_list(&tmp, dir, &names, &count, &e));
    assert_int_equal(count, 2);
    assert_true(path_exists(living.folder));
    assert_true(path_exists(next.folder));
}

static void
test_a_taken_label_gets_a_number(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct repo repo = repo_new(&tmp);
    AUTO_REPO_DRAFT draft = REPO_DRAFT_INIT;
    struct backup_manifest m = manifest_sample("c", "l");
    const char *folder;
    struct repo_entry entry;

    (void)state;
    assert_string_equal(path_name(backup_make(&tmp, &repo, "c", "l", 1000)), "l");
    assert_string_equal(path_name(backup_make(&tmp, &repo, "c", "l", 2000)), "l-2");
    assert_string_equal(path_name(backup_make(&tmp, &repo, "c", "l", 3000)), "l-3");
    assert_string_equal(path_name(backup_make(&tmp, &repo, "other", "l", 4000)), "l");
    EXPECT_OK(repo_find(&tmp, &repo, "c", "l-2", &entry, &e));
    assert_string_equal(entry.manifest->label, "l-2");
    for (int i = 4; i <= 100; i++)
        EXPECT_OK(dir_make(arena_printf(&tmp, "%s/c/l-%d", repo.dir, i), 0700, &e));
    EXPECT_OK(repo_draft_begin(&tmp, &repo, "c", &draft, &e));
    EXPECT_ERROR(repo_draft_commit(&tmp, &draft, &m, &folder, &e), ERROR_EXISTS,
                 arena_printf(&tmp, "repository: '%s/c/l' and its 100 successors are there already",
                              repo.dir));
    assert_non_null(draft.folder);
}

static void
test_list_is_in_order_and_keeps_the_unreadable(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct repo repo = repo_new(&tmp);
    static const char *const want[] = {"b/20260101", "b/20260102", "c/20260103", "c/20260104"};
    struct repo_entry *entries;
    const char *broken;
    size_t count;

    (void)state;
    EXPECT_OK(repo_list(&tmp, &repo, NULL, &entries, &count, &e));
    assert_int_equal(count, 0);
    EXPECT_OK(repo_list(&tmp, &repo, "unknown", &entries, &count, &e));
    assert_int_equal(count, 0);
    backup_make(&tmp, &repo, "c", "20260104", 4000);
    backup_make(&tmp, &repo, "c", "20260103", 3000);
    backup_make(&tmp, &repo, "b", "20260102", 2000);
    broken = backup_make(&tmp, &repo, "b", "20260101", 1000);
    EXPECT_OK(
        file_replace(path_join(&tmp, broken, "manifest.json"), BYTES_LITERAL("{}"), 0600, &e));
    /* Neither is a backup: a folder without a manifest, a file between the clusters. */
    EXPECT_OK(dir_make(path_join(&tmp, repo.dir, "c/20260105"), 0700, &e));
    EXPECT_OK(file_replace(path_join(&tmp, repo.dir, "notes.txt"), BYTES_NONE, 0600, &e));
    EXPECT_OK(repo_list(&tmp, &repo, NULL, &entries, &count, &e));
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(arena_printf(&tmp, "%s/%s", entries[i].cluster, entries[i].label),
                            want[i]);
        assert_int_equal(entries[i].manifest == NULL, i == 0);
    }
    assert_int_equal(entries[0].problem.code, ERROR_FORMAT);
    assert_string_equal(entries[0].problem.text,
                        arena_printf(&tmp, "'%s/manifest.json': 'format' is missing", broken));
    assert_string_equal(repo_entry_snapshot(&tmp, &entries[0]),
                        path_join(&tmp, broken, "snapshot.db"));
}

static void
test_find(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct repo repo = repo_new(&tmp);
    struct repo_entry entry;
    const char *broken;

    (void)state;
    EXPECT_ERROR(repo_find(&tmp, &repo, NULL, "latest", &entry, &e), ERROR_NOT_FOUND,
                 arena_printf(&tmp, "no backup 'latest' in repository '%s'", repo.dir));
    assert_string_equal(error_hint_text(&e),
                        arena_printf(&tmp, "see 'quorate backup list --repo %s'", repo.dir));
    backup_make(&tmp, &repo, "c", "20260101", 1000);
    backup_make(&tmp, &repo, "c", "20260102", 2000);
    backup_make(&tmp, &repo, "c", "20260102-2", 3000);
    backup_make(&tmp, &repo, "b", "20260103", 4000);
    broken = backup_make(&tmp, &repo, "c", "20260104", 5000);
    EXPECT_OK(file_replace(path_join(&tmp, broken, "manifest.json"), BYTES_LITERAL("x"), 0600, &e));

    EXPECT_OK(repo_find(&tmp, &repo, "c", "20260101", &entry, &e));
    assert_string_equal(entry.label, "20260101");
    /* Exact beats a longer one that begins like it. */
    EXPECT_OK(repo_find(&tmp, &repo, NULL, "20260102", &entry, &e));
    assert_string_equal(entry.label, "20260102");
    EXPECT_OK(repo_find(&tmp, &repo, NULL, "20260103", &entry, &e));
    assert_string_equal(entry.cluster, "b");
    EXPECT_OK(repo_find(&tmp, &repo, "b", "2026", &entry, &e));
    assert_string_equal(entry.label, "20260103");
    EXPECT_ERROR(repo_find(&tmp, &repo, "b", "20260101", &entry, &e), ERROR_NOT_FOUND,
                 arena_printf(&tmp, "no backup '20260101' in repository '%s'", repo.dir));
    /* The newest is the newest when it cannot be read, too: its problem is to be told. */
    EXPECT_OK(repo_find(&tmp, &repo, "c", "latest", &entry, &e));
    assert_string_equal(entry.label, "20260104");
    assert_null(entry.manifest);
    assert_string_equal(error_hint_text(&entry.problem),
                        arena_printf(&tmp,
                                     "use another backup; the file beside it can still be restored "
                                     "by itself: 'quorate snapshot restore %s/snapshot.db'",
                                     broken));
    EXPECT_OK(tree_remove(broken, &e));
    EXPECT_OK(repo_find(&tmp, &repo, "c", "latest", &entry, &e));
    assert_string_equal(entry.label, "20260102-2");
    EXPECT_OK(repo_find(&tmp, &repo, NULL, "latest", &entry, &e));
    assert_string_equal(entry.label, "20260103");
    EXPECT_ERROR(repo_find(&tmp, &repo, "c", "2026010", &entry, &e), ERROR_USAGE,
                 "'2026010' fits more than one backup: '20260101' and '20260102'");
}

/* The header: without a cluster, a label has to be found in one cluster only. */
static void
test_the_same_label_in_two_clusters(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct repo repo = repo_new(&tmp);
    struct repo_entry entry;

    (void)state;
    backup_make(&tmp, &repo, "a", "20260101", 1000);
    backup_make(&tmp, &repo, "b", "20260101", 2000);
    EXPECT_OK(repo_find(&tmp, &repo, "b", "20260101", &entry, &e));
    assert_string_equal(entry.cluster, "b");
    EXPECT_ERROR(repo_find(&tmp, &repo, NULL, "20260101", &entry, &e), ERROR_USAGE,
                 "'20260101' fits more than one backup: 'a/20260101' and 'b/20260101'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_draft_is_no_backup_until_committed),
        cmocka_unit_test(test_an_abandoned_draft_goes),
        cmocka_unit_test(test_leftovers),
        cmocka_unit_test(test_a_taken_label_gets_a_number),
        cmocka_unit_test(test_list_is_in_order_and_keeps_the_unreadable),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_the_same_label_in_two_clusters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
