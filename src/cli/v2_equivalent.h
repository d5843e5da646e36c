/* The v3 command that does what a v2 one was asked for. */
#ifndef QUORATE_CLI_V2_EQUIVALENT_H
#define QUORATE_CLI_V2_EQUIVALENT_H

#include "cli/app.h"

/*
 * The command line, with the endpoints and TLS files that were given (not the password), quoted for
 * the shell: "ETCDCTL_API=3 etcdctl del /a/ --prefix". Where v3 has nothing of the kind it says so.
 */
const char *v2_equivalent(struct arena *mem, const struct app *app);

/* What --endpoints, --endpoint and --peers give, else the default; with commas between. */
const char *v2_endpoints(const struct app *app);

#endif
