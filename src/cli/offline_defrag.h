/* Defragmentation of a stopped member's database: 'etcdutl defrag', and 'defrag --data-dir'. */
#ifndef QUORATE_CLI_OFFLINE_DEFRAG_H
#define QUORATE_CLI_OFFLINE_DEFRAG_H

#include "cli/app.h"

/* Runs it on a data directory, with progress and a last line on stderr; e: as defrag_data_dir. */
MUST_CHECK bool offline_defrag_run(struct app *app, const char *data_dir, struct error *e);

#endif
