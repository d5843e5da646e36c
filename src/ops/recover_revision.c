#include "ops/recover_revision.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/io.h"
#include "cluster/site.h"
#include "format/backend/mvcc.h"
#include "format/bbolt/bbolt_page.h"
#include "node/host/host_file.h"

enum { RUN_MOST = 64 << 20, FIRST_BYTES = 2 * BBOLT_PAGE_SIZE_MOST /* both meta pages */ };

/* The file as far as it was fetched; elsewhere it is zero, and takes no memory. */
struct glimpse {
    const struct host *host;
    const char *path;
    uint8_t *data;
    size_t size;
    struct bbolt db;
};

static void
glimpse_release(struct glimpse *g)
{
    if (g->data != NULL)
        munmap(g->data, g->size);
}

#define AUTO_GLIMPSE __attribute__((cleanup(glimpse_release))) struct glimpse

static bool
bytes_fetch(struct glimpse *g, uint64_t offset, uint64_t size, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *const argv[] = {"dd",
                                "status=none",
                                "bs=64K",
                                "iflag=skip_bytes,count_bytes,fullblock",
                                arena_printf(&tmp, "skip=%llu", (unsigned long long)offset),
                                arena_printf(&tmp, "count=%llu", (unsigned long long)size),
                                arena_printf(&tmp, "if=%s", g->path),
                                NULL};
    struct host_command command = {.argv = argv};
    struct host_result result;

    if (offset > g->size || size > g->size - offset || size > RUN_MOST)
        return error_set(e, ERROR_CORRUPT, "'%s': %llu bytes at byte %llu of %zu", g->path,
                         (unsigned long long)size, (unsigned long long)offset, g->size);
    command.output_most = (size_t)size + 1;
    if (!host_run_well(&tmp, g->host, &command, &result, e))
        return false;
    if (result.out.size != size)
        return error_set(e, ERROR_CORRUPT, "'%s' became shorter", g->path);
    memcpy(g->data + offset, result.out.data, result.out.size);
    return true;
}

static bool
glimpse_open(struct glimpse *g, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_file file;
    void *data;

    if (!host_file_look(&tmp, g->host, g->path, &file, e))
        return false;
    if (file.kind != HOST_FILE)
        return error_set(e, ERROR_NOT_FOUND, "%s: there is no file '%s'", host_name(g->host),
                         g->path);
    data = mmap(NULL, file.size_bytes + 1, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data == MAP_FAILED)
        return error_set_errno(e, errno, "room for '%s'", g->path);
    g->data = data;
    g->size = file.size_bytes + 1;
    return bytes_fetch(g, 0, file.size_bytes < FIRST_BYTES ? file.size_bytes : FIRST_BYTES, e) &&
           bbolt_open(bytes_of(g->data, file.size_bytes), g->path, &g->db, e);
}

/* Fetches the page's header, then what it says it has. */
static bool
node_fetch(struct glimpse *g, uint64_t id, struct bbolt_page *ret_page, struct error *e)
{
    const struct bbolt_place referrer = bbolt_root_place(&g->db);
    struct bbolt_damage damage;

    if (id >= g->db.pgid)
        return error_set(e, ERROR_CORRUPT, "'%s': page %llu of %llu", g->path,
                         (unsigned long long)id, (unsigned long long)g->db.pgid);
    if (!bytes_fetch(g, id * g->db.page_size, g->db.page_size, e))
        return false;
    if (!bbolt_page_load_node(&g->db, id, referrer, ret_page, &damage))
        return bbolt_damage_error(g->path, &damage, e);
    return ret_page->overflow == 0 || bytes_fetch(g, ret_page->offset, ret_page->size, e);
}

/* An element of a page: the one at or before 'key', or the last for NULL. */
static bool
item_choose(const struct glimpse *g, const struct bbolt_page *page, const struct bytes *key,
            uint32_t *ret_index, struct bbolt_item *ret_item, struct error *e)
{
    struct bbolt_damage damage;
    uint32_t index = page->count - 1;

    if (key != NULL && !bbolt_page_search(page, *key, &index, &damage))
        return bbolt_damage_error(g->path, &damage, e);
    if (key != NULL && index == page->count)
        index--;
    if (!bbolt_page_item(page, index, ret_item, &damage))
        return bbolt_damage_error(g->path, &damage, e);
    /* A branch's element begins with its own key. */
    if (key != NULL && page->flags == BBOLT_PAGE_BRANCH && index > 0 &&
        bytes_compare(ret_item->key, *key) > 0 &&
        !bbolt_page_item(page, --index, ret_item, &damage))
        return bbolt_damage_error(g->path, &damage, e);
    *ret_index = index;
    return true;
}

/* Down to a leaf. ret_page->count 0: the tree is empty. */
static bool
leaf_find(struct glimpse *g, uint64_t root, const struct bytes *key, struct bbolt_page *ret_page,
          uint32_t *ret_index, struct bbolt_item *ret_item, struct error *e)
{
    uint64_t id = root;

    for (unsigned depth = 0; depth < BBOLT_DEPTH_MOST; depth++) {
        if (!node_fetch(g, id, ret_page, e))
            return false;
        if (ret_page->count == 0)
            return true;
        if (!item_choose(g, ret_page, key, ret_index, ret_item, e))
            return false;
        if (ret_page->flags == BBOLT_PAGE_LEAF)
            return true;
        id = ret_item->child;
    }
    return error_set(e, ERROR_CORRUPT, "'%s': a tree of more than %d levels", g->path,
                     BBOLT_DEPTH_MOST);
}

static bool
key_bucket_find(struct glimpse *g, struct bbolt_bucket *ret_bucket, struct error *e)
{
    const struct bytes name = BYTES_LITERAL("key");
    struct bbolt_damage damage;
    struct bbolt_page page = {.count = 0};
    struct bbolt_item item = {.flags = 0};
    uint32_t index = 0;

    if (!leaf_find(g, g->db.root, &name, &page, &index, &item, e))
        return false;
    if (page.count == 0 || bytes_compare(item.key, name) != 0)
        return error_set(e, ERROR_FORMAT, "'%s' is not etcd's: it has no bucket 'key'", g->path);
    return bbolt_page_bucket(&g->db, &page, index, &item, ret_bucket, &damage) ||
           bbolt_damage_error(g->path, &damage, e);
}

static bool
last_row_find(struct glimpse *g, const struct bbolt_bucket *bucket, struct bbolt_page *ret_page,
              struct bbolt_item *ret_item, struct error *e)
{
    struct bbolt_damage damage;
    uint32_t index;

    if (bucket->root != 0)
        return leaf_find(g, bucket->root, NULL, ret_page, &index, ret_item, e);
    if (!bbolt_page_load_inline(bucket, ret_page, &damage) ||
        (ret_page->count > 0 && !bbolt_page_item(ret_page, ret_page->count - 1, ret_item, &damage)))
        return bbolt_damage_error(g->path, &damage, e);
    return true;
}

bool
recover_database_revision(const struct host *host, const char *db_path, int64_t *ret_revision,
                          struct error *e)
{
    AUTO_GLIMPSE g = {.host = host, .path = db_path};
    struct revision_key revision = {.main = 0};
    struct bbolt_bucket bucket;
    struct bbolt_page page = {.count = 0};
    struct bbolt_item item = {.flags = 0};

    if (!glimpse_open(&g, e) || !key_bucket_find(&g, &bucket, e) ||
        !last_row_find(&g, &bucket, &page, &item, e) ||
        (page.count > 0 && !revision_key_decode(item.key, &revision, e)))
        return error_wrap(e, "%s", host_name(host));
    *ret_revision = revision.main;
    return true;
}

int64_t
recover_surviving_revision(struct arena *mem, const struct inventory *inventory)
{
    struct site site;
    int64_t highest = 0;

    site_init(&site, mem, inventory);
    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_member *m = &inventory->members.items[i];
        struct error ignored = ERROR_INIT;
        const struct host *host;
        int64_t revision;

        if (m->data_dir != NULL && site_host(&site, m, &host, &ignored) &&
            recover_database_revision(host, path_join(mem, m->data_dir, "member/snap/db"),
                                      &revision, &ignored) &&
            revision > highest)
            highest = revision;
    }
    return highest;
}
