/* etcd-dump-db's words: what stands in a database file, row by row. */

#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "cli/app.h"
#include "cli/db_wait.h"
#include "cli/print/print_bucket.h"
#include "format/backend/backend_hash.h"
#include "format/backend/mvcc.h"
#include "format/bbolt/bbolt_cursor.h"
#include "format/bbolt/bbolt_page.h"
#include "format/data_dir.h"

enum { FLUSH_BYTES = 256 << 10, FIRST_PAGE = 2 };

static const struct option_def bucket_options[] = {
    DB_WAIT_OPTION,
    OPTIONS_END,
};

/* etcd-dump-db takes a path that ends with "db" for the file and any other for a data directory. */
static const char *
db_path(struct app *app)
{
    const char *path = app_operand(app, 0);
    size_t size = strlen(path);
    struct data_dir dir;
    struct stat st;

    if ((size >= 2 && strcmp(path + size - 2, "db") == 0) ||
        (stat(path, &st) == 0 && S_ISREG(st.st_mode)))
        return path;
    data_dir_locate(app->mem, path, NULL, &dir);
    return dir.db_path;
}

static bool
database_open(struct app *app, struct db_file *ret_file, struct error *e)
{
    if (app->style.output != OUTPUT_SIMPLE) {
        error_set_(e, ERROR_FEATURE, 0, "'%s' prints lines of text only", app->command->name);
        return error_hint(e, "leave -w out");
    }
    return db_file_open(db_path(app), DB_FILE_READ, db_wait_ms(app), ret_file, e);
}

static bool
flush_when_due(struct app *app, struct error *e)
{
    return app->out.size < FLUSH_BYTES || app_flush(app, e);
}

static bool
list_bucket_run(struct app *app, struct error *e)
{
    AUTO_DB_FILE file = DB_FILE_INIT;
    struct bbolt_cursor c;
    struct bbolt_bucket bucket;

    if (!database_open(app, &file, e))
        return false;
    bbolt_cursor_init_buckets(&c, &file.db);
    while (bbolt_cursor_next_bucket(&c, &bucket, e)) {
        buf_append_bytes(&app->out, bucket.name);
        buf_append_byte(&app->out, '\n');
    }
    return db_file_finish(&file, !c.failed, e);
}

const struct command command_list_bucket = {
    .name = "list-bucket",
    .operands = "DIR|FILE",
    .summary = "List the buckets of a database file",
    .family = FAMILY_BACKUP,
    .tools = IN_QUORATE | IN_ETCDUTL,
    .options = bucket_options,
    .run = list_bucket_run,
    .example = "quorate list-bucket backup.db",
};

static const struct option_def iterate_bucket_options[] = {
    {"limit", OPTION_U64, .arg = "N", .help = "Print N rows at most; 0: all"},
    {"decode", OPTION_BOOL, .help = "Print what the rows mean instead of their bytes"},
    DB_WAIT_OPTION,
    OPTIONS_END,
};

static bool
iterate_bucket_run(struct app *app, struct error *e)
{
    AUTO_DB_FILE file = DB_FILE_INIT;
    uint64_t limit = option_u64(&app->options, "limit");
    bool decode = option_bool(&app->options, "decode");
    struct bytes name = bytes_of_text(app_operand(app, 1));
    struct bbolt_bucket bucket;
    struct bbolt_cursor c;
    struct bbolt_row row;
    uint64_t printed = 0;

    if (!database_open(app, &file, e))
        return false;
    if (limit == 0)
        db_file_read_ahead(&file);
    if (!bbolt_bucket_find(&file.db, name, &bucket, e))
        return db_file_finish(&file, false, e);
    bbolt_cursor_init(&c, &bucket);
    while ((limit == 0 || printed < limit) && bbolt_cursor_previous(&c, &row, e)) {
        if (!print_bucket_row(&app->out, name, &row, decode, e) || !flush_when_due(app, e))
            return false;
        printed++;
    }
    return db_file_finish(&file, !c.failed, e);
}

const struct command command_iterate_bucket = {
    .name = "iterate-bucket",
    .operands = "DIR|FILE BUCKET",
    .summary = "Print the rows of a bucket, the last one first",
    .family = FAMILY_BACKUP,
    .tools = IN_QUORATE | IN_ETCDUTL,
    .options = iterate_bucket_options,
    .run = iterate_bucket_run,
    .example = "quorate iterate-bucket backup.db lease --decode --limit 10",
    .description = "With --decode the rows of key, lease, auth, authRoles, authUsers and meta are "
                   "told by what they mean; without, authUsers shows the hashes of passwords.",
};

static bool
hash_run(struct app *app, struct error *e)
{
    AUTO_DB_FILE file = DB_FILE_INIT;
    struct backend_content content;

    if (!database_open(app, &file, e))
        return false;
    db_file_read_ahead(&file);
    if (!db_file_finish(&file,
                        backend_content_read(&file.db, backend_hash_ignored,
                                             BACKEND_HASH_IGNORED_COUNT, &content, e),
                        e))
        return false;
    buf_printf(&app->out, "db path: %s\nHash: %" PRIu32 "\n", file.db.name, content.hash);
    return true;
}

const struct command command_hash = {
    .name = "hash",
    .operands = "DIR|FILE",
    .summary = "Hash all buckets of a database file, but for what may differ between members",
    .family = FAMILY_BACKUP,
    .tools = IN_QUORATE | IN_ETCDUTL,
    .options = bucket_options,
    .run = hash_run,
    .example = "quorate hash /var/lib/etcd",
    .description = "Left out are consistent_index, term and storageVersion of the bucket meta, as "
                   "in the Hash call of etcd 3.6 and later. Members are compared by 'hashkv'.",
};

/* A row of 'key' gets a line on stdout, what is none a line on stderr. */
static void
item_scan(struct app *app, const struct bbolt_page *page, uint32_t index,
          const struct bbolt_item *item, int64_t from)
{
    const struct bbolt_row row = {item->key, item->value};
    struct error problem = ERROR_INIT;
    struct revision_key revision;
    size_t before = app->out.size;

    if (revision_key_decode(item->key, &revision, &problem)) {
        if (from != 0 && revision.main < from)
            return;
        buf_printf(&app->out, "pageID=%" PRIu64 ", index=%" PRIu32 "/%" PRIu32 ", ", page->id,
                   index, page->count - 1);
        if (print_key_row(&app->out, &row, &problem))
            return;
        app->out.size = before;
    }
    app_say(app, "page %" PRIu64 ", element %" PRIu32 ": %s", page->id, index, problem.text);
}

static bool
page_scan(struct app *app, const struct bbolt_page *page, int64_t from, struct error *e)
{
    for (uint32_t i = 0; i < page->count; i++) {
        struct bbolt_damage damage;
        struct bbolt_item item;

        if (!bbolt_page_item(page, i, &item, &damage)) {
            app_say(app, "page %" PRIu64 ", element %" PRIu32 ": %s", page->id, i, damage.text);
            continue;
        }
        /* The root bucket's, or a copy of it. */
        if (item.flags == BBOLT_ITEM_BUCKET)
            break;
        item_scan(app, page, i, &item, from);
    }
    return flush_when_due(app, e);
}

static bool
scan_keys_run(struct app *app, struct error *e)
{
    AUTO_DB_FILE file = DB_FILE_INIT;
    int64_t from;

    if (!number_parse_i64(app_operand(app, 1), &from, e)) {
        e->code = ERROR_REFUSED;
        return error_wrap(e, "start revision");
    }
    if (!database_open(app, &file, e))
        return false;
    db_file_read_ahead(&file);
    for (uint64_t id = FIRST_PAGE; id < file.db.pgid;) {
        struct bbolt_place place = {id, id * file.db.page_size};
        struct bbolt_damage damage;
        struct bbolt_page page;

        if (!bbolt_page_load(&file.db, id, place, &page, &damage)) {
            app_say(app, "page %" PRIu64 ": %s", id, damage.text);
            id++;
        } else if (page.flags != BBOLT_PAGE_LEAF) {
            id++;
        } else {
            if (!page_scan(app, &page, from, e))
                return false;
            id += (uint64_t)page.overflow + 1;
        }
    }
    return db_file_unchanged(&file, e);
}

const struct command command_scan_keys = {
    .name = "scan-keys",
    .operands = "DIR|FILE REVISION",
    .summary = "Print the rows of the key space page by page, from a revision on",
    .family = FAMILY_BACKUP,
    .tools = IN_QUORATE,
    .options = bucket_options,
    .run = scan_keys_run,
    .example = "quorate scan-keys damaged.db 1200",
    .description = "Looks at every page of the file, whether anything refers to it or not: for "
                   "files whose tree is damaged. Rows that were deleted may show up, and rows "
                   "twice.",
};
