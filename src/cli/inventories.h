/* All clusters that --cluster knows: those of quorate.yaml, in its order, and the labs. */
#ifndef QUORATE_CLI_INVENTORIES_H
#define QUORATE_CLI_INVENTORIES_H

#include "cli/app.h"

struct inventories {
    ARRAY(const struct inventory *) items;
    ARRAY(const char *) problems; /* of labs that cannot be read: "lab:demo: ..." */
};

/* Warnings about the file are said. In app->mem. e: as config_find, config_load. */
MUST_CHECK bool app_inventories(struct app *app, struct inventories *ret_all, struct error *e);

#endif
