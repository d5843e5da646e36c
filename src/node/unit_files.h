/* All files that the settings of a unit's etcd stand in, read from its host. */
#ifndef QUORATE_NODE_UNIT_FILES_H
#define QUORATE_NODE_UNIT_FILES_H

#include "format/settings/unit_service.h"
#include "node/host/host_file.h"
#include "node/unit_status.h"

struct unit_files {
    struct settings_files unit;        /* the unit and its drop-ins, in systemd's order */
    struct settings_files environment; /* as the unit names them */
    struct settings_file config_file;  /* etcd's own; path NULL: none */
    struct unit_names names;
    struct unit_service service;
    struct etcd_settings settings;
};

/*
 * e       ERROR_NOT_FOUND: there is no such unit, or a file that has to be there is missing.
 *         ERROR_FORMAT, ERROR_REFUSED: as unit_service_parse.
 * Memory  all in 'mem'.
 */
MUST_CHECK bool unit_files_fetch(struct arena *mem, const struct host *host,
                                 const struct unit_status *unit, struct unit_files *ret_files,
                                 struct error *e);

#endif
