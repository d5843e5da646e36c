#include "cli/reader.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static void
reader_gone(void *context, unsigned events UNUSED)
{
    struct reader *r = context;
    struct error why;

    reader_end(r);
    (void)error_set_errno(&why, EPIPE, "standard output");
    r->left(r->context, &why);
}

void
reader_begin(struct reader *r, struct loop *loop, reader_left *left, void *context)
{
    struct stat st;

    *r = (struct reader){.loop = loop, .left = left, .context = context};
    if (fstat(STDOUT_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
        loop_watch_add(loop, &r->watch, STDOUT_FILENO, LOOP_HANGUP, reader_gone, r);
}

void
reader_end(struct reader *r)
{
    loop_watch_remove(r->loop, &r->watch);
}
