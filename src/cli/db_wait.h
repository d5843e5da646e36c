/*
 * etcdutl's --timeout: how long to wait for a database that another process has open. etcdutl 3.7
 * waits 10 s unless told, earlier ones wait for ever; quorate says at once who has it.
 */
#ifndef QUORATE_CLI_DB_WAIT_H
#define QUORATE_CLI_DB_WAIT_H

#include "cli/app.h"
#include "format/db_file.h"

#define DB_WAIT_OPTION                                                                             \
    {                                                                                              \
        .name = "timeout", .type = OPTION_DURATION, .arg = "DURATION",                             \
        .help = "Wait so long for a database that is in use; 0: for ever [default: not at all]"    \
    }

/* As format/db_file.h takes it; for commands with and without the option. */
static inline int64_t
db_wait_ms(const struct app *app)
{
    if (!option_exists(&app->options, "timeout") || !option_given(&app->options, "timeout"))
        return DB_FILE_WAIT_NOT;
    return option_ms(&app->options, "timeout") == 0 ? DB_FILE_WAIT_FOREVER
                                                    : option_ms(&app->options, "timeout");
}

#endif
