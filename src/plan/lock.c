#include "plan/lock.h"

#include <errno.h>
#include <fcntl.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "plan/state_dir.h"

enum { LOCK_MAX_BYTES = 4096 };

static const char *
lock_path(struct arena *mem, const char *state_dir, const char *cluster)
{
    return arena_printf(mem, "%s/locks/%s.lock", state_dir, state_file_name(mem, cluster));
}

/* What the holder wrote; nothing when it has not come to that yet. */
static bool
holder_read(struct arena *mem, const char *path, struct lock_holder *ret_holder, struct error *e)
{
    struct bytes text;
    const struct json *doc;
    int64_t pid;

    *ret_holder = (struct lock_holder){.pid = -1};
    if (!file_read_all(mem, path, LOCK_MAX_BYTES, &text, e))
        return false;
    if (!json_parse(mem, text, &doc, e) || !json_get_i64(doc, "pid", &pid, e) ||
        !json_get_text(mem, doc, "plan", &ret_holder->plan, e)) {
        /* Between its lock and its words: held, by whom is not known. */
        error_clear(e);
        return true;
    }
    ret_holder->pid = (pid_t)pid;
    return true;
}

static bool
holder_write(int fd, const char *path, const char *plan, struct error *e)
{
    AUTO_BUF text = BUF_INIT;
    struct json_writer w;

    json_writer_init(&w, &text, 0);
    json_object_begin(&w);
    json_key_i64(&w, "pid", getpid());
    json_key_text(&w, "plan", plan);
    json_object_end(&w);
    buf_append_byte(&text, '\n');
    if (ftruncate(fd, 0) != 0)
        return error_set_errno(e, errno, "'%s'", path);
    return fd_pwrite_all(fd, path, text.data, text.size, 0, e);
}

bool
lock_take(const char *state_dir, const char *cluster, const char *plan, int *ret_lock,
          struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_FD fd = -1;
    const char *path = lock_path(&tmp, state_dir, cluster);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct lock_holder holder;

    if (!dir_make(path_dir(&tmp, path), STATE_DIR_MODE, e) ||
        !file_open(path, O_RDWR | O_CREAT, STATE_FILE_MODE, &fd, e))
        return false;
    if (fcntl(fd, F_OFD_SETLK, &whole) != 0) {
        if (errno != EAGAIN && errno != EACCES)
            return error_set_errno(e, errno, "'%s': lock", path);
        if (!holder_read(&tmp, path, &holder, e))
            return false;
        if (holder.pid < 0)
            return error_set(e, ERROR_LOCKED, "cluster '%s' is locked by another plan", cluster);
        error_set_(e, ERROR_LOCKED, 0, "cluster '%s' is locked by plan '%s' (process %d)", cluster,
                   holder.plan, (int)holder.pid);
        return error_hint(e, "wait until it ends; 'quorate plan show %s' says what it does",
                          holder.plan);
    }
    if (!holder_write(fd, path, plan, e))
        return false;
    *ret_lock = fd;
    fd = -1;
    return true;
}

bool
lock_holder_find(struct arena *mem, const char *state_dir, const char *cluster,
                 struct lock_holder *ret_holder, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_FD fd = -1;
    const char *path = lock_path(&tmp, state_dir, cluster);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (!file_open(path, O_RDONLY, 0, &fd, e)) {
        if (e->code != ERROR_NOT_FOUND)
            return false;
        error_clear(e);
        *ret_holder = (struct lock_holder){0};
        return true;
    }
    if (fcntl(fd, F_OFD_GETLK, &whole) != 0)
        return error_set_errno(e, errno, "'%s': lock", path);
    if (whole.l_type == F_UNLCK) {
        *ret_holder = (struct lock_holder){0};
        return true;
    }
    return holder_read(mem, path, ret_holder, e);
}
