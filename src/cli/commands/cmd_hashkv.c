/* 'hashkv': the number by which members compare themselves, from a file. */

#include "cli/app.h"
#include "cli/db_wait.h"
#include "cli/print/print_snapshot.h"
#include "format/backend/backend_hash.h"

static const struct option_def hashkv_options[] = {
    {"rev", OPTION_I64, .arg = "REVISION",
     .help = "Hash what was there at this revision [default: the latest]"},
    DB_WAIT_OPTION,
    OPTIONS_END,
};

static bool
hashkv_run(struct app *app, struct error *e)
{
    AUTO_DB_FILE file = DB_FILE_INIT;
    struct backend_info info;
    struct hash_kv hash;

    if (!print_no_protobuf(&app->style, e) ||
        !db_file_open(app_operand(app, 0), DB_FILE_READ, db_wait_ms(app), &file, e))
        return false;
    db_file_read_ahead(&file);
    if (!db_file_finish(
            &file,
            backend_info_read(app->mem, &file.db, &info, e) &&
                backend_hash_kv(&file.db, &info, option_i64(&app->options, "rev"), &hash, e),
            e))
        return false;
    print_hash_kv(&app->out, &app->style, &hash);
    return true;
}

const struct command command_hashkv = {
    .name = "hashkv",
    .operands = "FILE",
    .operands_are_form = true,
    .summary = "Hash the key space of a database file as members do to compare themselves",
    .family = FAMILY_BACKUP,
    .tools = IN_QUORATE | IN_ETCDUTL,
    .options = hashkv_options,
    .run = hashkv_run,
    .example = "quorate hashkv backup.db --rev 1200 -w json",
    .description = "FILE is a db snapshot, or the database of a member that does not run. Only "
                   "reads, also where a compaction was cut short: the hash is that of a server "
                   "that finished it. The simple form has: hash, revision, compact revision.",
};
