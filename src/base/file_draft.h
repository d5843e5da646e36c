/*
 * A file that gets its name when it is whole. Until then it has none, where the file system can do
 * that, so that whatever ends the process leaves nothing behind; elsewhere it is called NAME.part.
 */
#ifndef QUORATE_BASE_FILE_DRAFT_H
#define QUORATE_BASE_FILE_DRAFT_H

#include "base/arena.h"
#include "base/error.h"

struct file_draft {
    int fd; /* written through fd_write_all(fd, path, ...) */
    const char *path;
    const char *part; /* the name until then; used only when it has one */
    bool named;
    struct arena mem;
};

#define FILE_DRAFT_INIT                                                                            \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
#define AUTO_FILE_DRAFT __attribute__((cleanup(file_draft_drop))) struct file_draft

/* For others unreadable (0600). What 'path' names stays as it is until file_draft_keep. */
MUST_CHECK bool file_draft_open(const char *path, struct file_draft *ret_draft, struct error *e);
/* Syncs it and gives it its name, in place of what had it; ends the draft. */
MUST_CHECK bool file_draft_keep(struct file_draft *draft, struct error *e);
/* The same where nothing of that name may be: ERROR_EXISTS, and the draft stays one. */
MUST_CHECK bool file_draft_keep_new(struct file_draft *draft, struct error *e);
/* A path by which this process can open it once more while it is a draft; in mem. */
const char *file_draft_self(struct arena *mem, const struct file_draft *draft);
/* Away with it; after file_draft_keep and of FILE_DRAFT_INIT nothing happens. */
void file_draft_drop(struct file_draft *draft);

#endif
