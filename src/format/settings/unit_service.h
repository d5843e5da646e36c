/*
 * A systemd service that runs etcd: its unit with drop-ins and environment files, as settings, and changes of
 * settings as minimal edits of these files.
 *
 * systemd's order holds: drop-ins behind the unit, an empty assignment forgets all before it, files of
 * EnvironmentFile= come before Environment=, UnsetEnvironment= before both.
 */
#ifndef QUORATE_FORMAT_SETTINGS_UNIT_SERVICE_H
#define QUORATE_FORMAT_SETTINGS_UNIT_SERVICE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "format/settings/env_file.h"
#include "format/settings/settings.h"
#include "format/settings/unit_text.h"

/* A file that settings are written in. */
struct settings_file {
    const char *path;
    struct bytes bytes;
    bool missing; /* named, and not there */
};

struct settings_files {
    ARRAY(struct settings_file) items;
};

struct unit_env_file {
    const char *path;
    bool optional; /* '-' in front: may be missing */
};

struct unit_service {
    const struct settings_file *files; /* the unit, then its drop-ins */
    size_t file_count;
    const char *program;                   /* of ExecStart */
    struct setting_words words;            /* specifiers expanded, variables not */
    bool no_variables;                     /* ':' in front of the program */
    struct env_variables variables;        /* of Environment= */
    ARRAY(struct unit_env_file) env_files; /* to be read by the caller, in this order */
    ARRAY(const char *) unset;
    const char *user, *group; /* "" when not set: root */
    const char *working_directory;
};

/*
 * Reads a unit (files[0]) and its drop-ins, in systemd's order. 'files' must outlive the result.
 *
 * e  ERROR_FORMAT: no ExecStart, more than one, or something in the unit that is not understood.
 *    ERROR_REFUSED: ExecStart starts a shell and not etcd; its flags cannot be told.
 */
MUST_CHECK bool unit_service_parse(struct arena *mem, const struct settings_file *files,
                                   size_t file_count, const struct unit_names *names,
                                   struct unit_service *ret_unit, struct error *e);

/*
 * The settings, resolved. 'env_files' are those that unit->env_files names, in that order.
 * e  ERROR_NOT_FOUND: one is missing and not optional: systemd does not start the service.
 */
MUST_CHECK bool unit_service_settings(struct arena *mem, const struct unit_service *unit,
                                      const struct settings_file *env_files,
                                      struct etcd_settings *ret_settings, struct error *e);

/*
 * Changes settings where they stand: in ExecStart, in Environment= or in an environment file. A new one goes to
 * the last environment file that is there, else to 'drop_in' (made when it does not exist; "[Service]"
 * with one Environment= line each). Files below /lib and /usr are the package's and are not changed.
 * With a config file in force nothing here counts: config_file_change.
 *
 * ret_files  the files that differ, with their new bytes; 'missing': 'drop_in' is to go, nothing is left in it.
 * e  ERROR_REFUSED, with the reason: the setting stands where it cannot be changed.
 *    ERROR_VERIFY: the result would not read as wanted (a bug, or a file of a strange form).
 */
MUST_CHECK bool unit_service_change(struct arena *mem, const struct unit_service *unit,
                                    const struct settings_file *env_files, const char *drop_in,
                                    const struct unit_names *names,
                                    const struct setting_change *changes, size_t count,
                                    struct settings_files *ret_files, struct error *e);

#endif
