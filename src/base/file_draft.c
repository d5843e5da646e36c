#include "base/file_draft.h"

#include <errno.h>
#include <fcntl.h>

#include "base/io.h"

bool
file_draft_open(const char *path, struct file_draft *ret_draft, struct error *e)
{
    struct file_draft draft = FILE_DRAFT_INIT;
    struct stat st;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return error_set(e, ERROR_EXISTS, "'%s': is there, and is not a plain file", path);
    draft.path = arena_text(&draft.mem, path);
    draft.part = arena_printf(&draft.mem, "%s.part", path);
    draft.fd = open(path_dir(&draft.mem, path), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (draft.fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        draft.named = true;
        draft.fd = open(draft.part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    }
    if (draft.fd < 0) {
        error_set_errno_(e, errno, "'%s'", path);
        arena_release(&draft.mem);
        return false;
    }
    *ret_draft = draft;
    return true;
}

const char *
file_draft_self(struct arena *mem, const struct file_draft *draft)
{
    return arena_printf(mem, "/proc/self/fd/%d", draft->fd);
}

/* linkat replaces nothing, so the name it gives is one that may be replaced. */
static bool
part_link(struct file_draft *draft, struct error *e)
{
    const char *self = file_draft_self(&draft->mem, draft);

    if (unlink(draft->part) != 0 && errno != ENOENT)
        return error_set_errno(e, errno, "'%s'", draft->part);
    if (linkat(AT_FDCWD, self, AT_FDCWD, draft->part, AT_SYMLINK_FOLLOW) != 0)
        return error_set_errno(e, errno, "'%s'", draft->part);
    draft->named = true;
    return true;
}

bool
file_draft_keep(struct file_draft *draft, struct error *e)
{
    if (!file_sync(draft->fd, draft->path, e) || (!draft->named && !part_link(draft, e)) ||
        !file_rename_over(draft->part, draft->path, e))
        return false;
    draft->named = false;
    file_draft_drop(draft);
    return true;
}

bool
file_draft_keep_new(struct file_draft *draft, struct error *e)
{
    const char *self = file_draft_self(&draft->mem, draft);

    if (!file_sync(draft->fd, draft->path, e))
        return false;
    if (draft->named && !file_rename_new(draft->part, draft->path, e))
        return false;
    if (!draft->named && linkat(AT_FDCWD, self, AT_FDCWD, draft->path, AT_SYMLINK_FOLLOW) != 0)
        return error_set_errno(e, errno, "'%s'", draft->path);
    if (!dir_sync_parent(draft->path, e))
        return false;
    draft->named = false;
    file_draft_drop(draft);
    return true;
}

void
file_draft_drop(struct file_draft *draft)
{
    if (draft->fd < 0)
        return;
    fd_close(&draft->fd);
    if (draft->named)
        unlink(draft->part);
    arena_release(&draft->mem);
}
