/* Where the words of 'keys' read: --file, or the cluster that is asked otherwise. */
#ifndef QUORATE_CLI_KEY_SOURCE_H
#define QUORATE_CLI_KEY_SOURCE_H

#include "cli/app.h"
#include "cli/observe.h"
#include "keys/source.h"

#define KEY_SOURCE_OPTION                                                                          \
    {                                                                                              \
        .name = "file", .type = OPTION_FILE, .arg = "PATH",                                        \
        .help = "Read a db snapshot, a db or a stopped member's data directory, no cluster"        \
    }

/*
 * Opens what the options say; the command has KEY_SOURCE_OPTION.
 *
 * face  begun; it shows the progress, and must stay where it is until the source is closed.
 */
MUST_CHECK bool app_key_source(struct app *app, struct operation_face *face,
                               struct key_source **ret_source, struct error *e);
/* The same for a file or a cluster: path NULL or "" for the cluster. */
MUST_CHECK bool app_key_source_of(struct app *app, const char *path, struct operation_face *face,
                                  struct key_source **ret_source, struct error *e);

#endif
