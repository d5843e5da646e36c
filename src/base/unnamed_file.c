#include "base/unnamed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"

static bool
hidden_open(struct arena *mem, const char *dir, struct unnamed_file *file, struct error *e)
{
    char *name = arena_printf(mem, "%s/.quorate-XXXXXX", dir);

    file->fd = mkostemp(name, O_CLOEXEC);
    if (file->fd < 0)
        return error_set_errno(e, errno, "'%s'", dir);
    file->hidden = name;
    return true;
}

bool
unnamed_file_open(struct arena *mem, const char *dir, struct unnamed_file *ret_file,
                  struct error *e)
{
    struct unnamed_file file = UNNAMED_FILE_INIT;

    file.fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file.fd < 0 && errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
        return error_set_errno(e, errno, "'%s'", dir);
    if (file.fd < 0 && !hidden_open(mem, dir, &file, e))
        return false;
    file.path = arena_printf(mem, "/proc/self/fd/%d", file.fd);
    *ret_file = file;
    return true;
}

bool
unnamed_file_name(struct unnamed_file *file, const char *path, struct error *e)
{
    if (!file_sync(file->fd, path, e))
        return false;
    if (file->hidden != NULL) {
        if (!file_rename_new(file->hidden, path, e))
            return false;
        file->hidden = NULL;
        return true;
    }
    if (linkat(AT_FDCWD, file->path, AT_FDCWD, path, AT_SYMLINK_FOLLOW) != 0)
        return error_set_errno(e, errno, "'%s'", path);
    return dir_sync_parent(path, e);
}

void
unnamed_file_close(struct unnamed_file *file)
{
    if (file->hidden != NULL)
        unlink(file->hidden);
    file->hidden = NULL;
    fd_close(&file->fd);
}
