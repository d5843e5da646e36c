#include "format/bbolt/bbolt_writer.h"

#include <errno.h>
#include <string.h>

#include "base/io.h"
#include "format/bbolt/bbolt_meta.h"

enum {
    PAGE_SIZE_DEFAULT = 4096,
    FILL_PERCENT_DEFAULT = 90,
    TXID_DEFAULT = 2, /* a fresh file of bbolt has 0 and 1 */
    FIRST_PAGE = 2,   /* behind the meta pages */
};

void
bbolt_writer_init(struct bbolt_writer *w, int fd, const char *path,
                  const struct bbolt_writer_options *options)
{
    uint32_t page_size = options->page_size == 0 ? PAGE_SIZE_DEFAULT : options->page_size;
    unsigned fill = options->fill_percent == 0 ? FILL_PERCENT_DEFAULT : options->fill_percent;

    ASSERT(fd >= 0 && page_size >= BBOLT_PAGE_SIZE_LEAST && page_size <= BBOLT_PAGE_SIZE_MOST &&
           (page_size & (page_size - 1)) == 0);
    memset(w, 0, sizeof(*w));
    w->txid = options->txid == 0 ? TXID_DEFAULT : options->txid;
    bbolt_out_init(&w->out, fd, path, page_size, FIRST_PAGE, 0);
    bbolt_tree_init(&w->root, &w->out, fill);
    bbolt_tree_init(&w->bucket, &w->out, fill);
}

void
bbolt_writer_release(struct bbolt_writer *w)
{
    bbolt_tree_release(&w->root);
    bbolt_tree_release(&w->bucket);
    bbolt_out_release(&w->out);
    buf_release(&w->name);
    buf_release(&w->value);
}

bool
bbolt_writer_bucket_begin(struct bbolt_writer *w, struct bytes name, struct error *e)
{
    ASSERT(!w->in_bucket);
    if (!bbolt_tree_check_key(&w->root, name, e))
        return error_wrap(e, "bucket names");
    buf_clear(&w->name);
    buf_append_bytes(&w->name, name);
    w->in_bucket = true;
    return true;
}

bool
bbolt_writer_put(struct bbolt_writer *w, struct bytes key, struct bytes value, struct error *e)
{
    ASSERT(w->in_bucket);
    return bbolt_tree_put(&w->bucket, key, value, 0, e);
}

bool
bbolt_writer_bucket_end(struct bbolt_writer *w, struct error *e)
{
    ASSERT(w->in_bucket);
    buf_clear(&w->value);
    if (!bbolt_tree_finish_bucket(&w->bucket, 0, &w->value, e) ||
        !bbolt_tree_put(&w->root, buf_bytes(&w->name), buf_bytes(&w->value), BBOLT_ITEM_BUCKET, e))
        return false;
    w->in_bucket = false;
    return true;
}

bool
bbolt_writer_finish(struct bbolt_writer *w, uint64_t *ret_size_bytes, struct error *e)
{
    struct bbolt_meta meta = {
        .page_size = w->out.page_size, .freelist = BBOLT_FREELIST_NONE, .txid = w->txid};
    AUTO_BUF metas = BUF_INIT;

    ASSERT(!w->in_bucket);
    if (!bbolt_tree_finish(&w->root, &meta.root, e) || !bbolt_out_flush(&w->out, e))
        return false;
    meta.pgid = w->out.next;
    bbolt_meta_encode_both(&meta, &metas);
    if (!fd_pwrite_all(w->out.fd, w->out.path, metas.data, metas.size, 0, e))
        return false;
    *ret_size_bytes = meta.pgid * meta.page_size;
    return true;
}
