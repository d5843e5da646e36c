#include "ops/data_dir_read.h"

#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "format/backend/backend_auth.h"
#include "format/bbolt/bbolt_check.h"
#include "format/db_file.h"
#include "ops/data_dir_reading.h"

#define ROOT "root"

static const char *
holder_of(struct arena *mem, const char *path)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    struct file_user user;

    if (fd < 0 || !file_user_find(fd, &user))
        return "";
    return arena_printf(mem, "%s (pid %lld)", user.name, (long long)user.pid);
}

static bool
has_role(const struct backend_user *user, const char *role)
{
    for (size_t i = 0; i < user->role_count; i++) {
        if (bytes_equal_text(user->roles[i], role))
            return true;
    }
    return false;
}

static bool
has_root(const struct bbolt *db)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    struct bbolt_bucket bucket;
    struct backend_user user;
    struct bytes value;

    return bbolt_bucket_find(db, BYTES_LITERAL(BACKEND_BUCKET_AUTH_USERS), &bucket, &ignored) &&
           bbolt_bucket_get(&bucket, BYTES_LITERAL(ROOT), &value, &ignored) &&
           backend_user_decode(&tmp, value, &user, &ignored) && has_role(&user, ROOT);
}

static void
db_examine(struct arena *mem, const struct bbolt *bbolt, const struct observer *observer,
           struct db_picture *db)
{
    struct bbolt_check_report report;
    struct error e = ERROR_INIT;

    observer_progress(observer, "checking the database", NULL, 0, bbolt->size_bytes);
    bbolt_check(mem, bbolt, 1, &report);
    observer_progress(observer, "checking the database", NULL, bbolt->size_bytes,
                      bbolt->size_bytes);
    db->state = FACT_KNOWN;
    db->size_bytes = bbolt->size_bytes;
    db->in_use_bytes = report.reachable * bbolt->page_size;
    db->meta_page_bad = bbolt->meta_bad[0] || bbolt->meta_bad[1];
    db->damage_count = report.found;
    db->out_of_order = report.out_of_order;
    db->damage = report.finding_count > 0 ? report.findings[0].text : "";
    if (!backend_info_read(mem, bbolt, &db->info, &e)) {
        db->code = e.code;
        db->info_because = arena_text(mem, e.text);
        return;
    }
    db->info_state = FACT_KNOWN;
    db->has_root_user = has_root(bbolt);
}

/* An empty file is to etcd what no file is: it makes a database in it. */
static void
db_read(struct arena *mem, const char *path, const struct observer *observer,
        struct data_dir_picture *picture)
{
    AUTO_DB_FILE file = DB_FILE_INIT;
    struct db_picture *db = &picture->db;
    struct error e = ERROR_INIT;
    struct stat st;

    if (stat(path, &st) == 0)
        db->file_bytes = (uint64_t)st.st_size;
    picture->db_lock.state = FACT_KNOWN;
    if (db_file_open(path, DB_FILE_READ, DB_FILE_WAIT_NOT, &file, &e)) {
        db_file_read_ahead(&file);
        db_examine(mem, &file.db, observer, db);
        if (db_file_unchanged(&file, &e))
            return;
        db->state = FACT_UNKNOWN;
        db->info_state = FACT_UNKNOWN;
    }
    db->code = e.code;
    db->because = arena_text(mem, e.text);
    if (e.code == ERROR_NOT_FOUND || (db->file_bytes == 0 && e.code == ERROR_FORMAT))
        db->state = FACT_ABSENT;
    else if (e.code == ERROR_LOCKED)
        picture->db_lock = (struct lock_picture){FACT_KNOWN, .is_held = true, holder_of(mem, path)};
    else if (e.code == ERROR_PERMISSION)
        picture->db_lock.state = FACT_UNKNOWN;
}

/* An empty directory is one in which a member will begin; one with other things in it is a mistake. */
static bool
dir_check(struct arena *mem, const struct data_dir *dir, struct error *e)
{
    struct data_dir found;
    struct error ignored = ERROR_INIT;
    bool is_empty;

    if (path_exists(path_join(mem, dir->path, "member")))
        return true;
    if (!path_exists(dir->path) || !dir_is_empty(dir->path, &is_empty, &ignored))
        is_empty = false;
    return is_empty || data_dir_find(mem, dir->path, NULL, &found, e);
}

bool
data_dir_read(struct arena *mem, const struct data_dir_read_request *request,
              struct data_dir_picture *ret_picture, struct error *e)
{
    struct data_dir_picture picture = {.path = request->path};
    struct data_dir dir;
    const char *path;
    const char *wal_dir = request->wal_dir;

    if (!path_absolute(mem, request->path, &path, e) ||
        (wal_dir != NULL && wal_dir[0] != '\0' && !path_absolute(mem, wal_dir, &wal_dir, e)))
        return false;
    data_dir_locate(mem, path, wal_dir, &dir);
    if (!dir_check(mem, &dir, e) || !data_dir_read_user(mem, &dir, request->user, &picture, e))
        return false;
    picture.path = dir.path;
    picture.wal_dir = dir.wal_dir;
    picture.db_path = dir.db_path;
    db_read(mem, dir.db_path, request->observer, &picture);
    data_dir_read_log(mem, &dir, &picture);
    data_dir_read_snaps(mem, &dir, &picture);
    data_dir_read_access(mem, &dir, &picture);
    data_dir_read_leftovers(mem, &dir, &picture);
    picture.is_empty = picture.db.state == FACT_ABSENT && picture.wal.state == FACT_ABSENT;
    *ret_picture = picture;
    return true;
}
