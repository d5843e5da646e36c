#include "base/file_stamp.h"

#include <errno.h>
#include <sys/stat.h>

bool
file_stamp_take(int fd, const char *path, struct file_stamp *ret_stamp, struct error *e)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return error_set_errno(e, errno, "'%s'", path);
    *ret_stamp = (struct file_stamp){(uint64_t)st.st_size, st.st_mtim};
    return true;
}

bool
file_stamp_check(const struct file_stamp *stamp, int fd, const char *path, struct error *e)
{
    struct file_stamp now;

    if (!file_stamp_take(fd, path, &now, e))
        return false;
    if (now.size_bytes < stamp->size_bytes)
        (void)error_set(e, ERROR_CONFLICT, "'%s' was cut from %llu to %llu bytes while it was read",
                        path, (unsigned long long)stamp->size_bytes,
                        (unsigned long long)now.size_bytes);
    else if (now.size_bytes > stamp->size_bytes ||
             now.changed_at.tv_sec != stamp->changed_at.tv_sec ||
             now.changed_at.tv_nsec != stamp->changed_at.tv_nsec)
        (void)error_set(e, ERROR_CONFLICT, "'%s' was changed while it was read", path);
    else
        return true;
    return error_hint(e, "wait until nobody writes to the file, then run the command again");
}
