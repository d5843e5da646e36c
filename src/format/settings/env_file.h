/*
 * Environment files as systemd reads them (EnvironmentFile=): NAME=value lines, '#' and ';' comments,
 * quotes, backslashes, continued lines. /etc/default/etcd and /etc/etcd.env are such files.
 *
 * Source: systemd.exec(5) and the behaviour of systemd 252.
 */
#ifndef QUORATE_FORMAT_SETTINGS_ENV_FILE_H
#define QUORATE_FORMAT_SETTINGS_ENV_FILE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "format/settings/settings.h"

enum { ENV_FILE_MAX_BYTES = 64 << 10 };

struct env_variable {
    const char *name;
    const char *value;
    const char *file;
    unsigned line;
    size_t start, end;             /* from the name to the line end, which is not counted */
    size_t value_start, value_end; /* as it is written, with quotes */
};

struct env_variables {
    ARRAY(struct env_variable) items; /* as they stand; of two with one name the last holds */
};

/* Adds a file's variables. What is no assignment is passed over, as systemd does. ERROR_LIMIT, or
 * ERROR_FORMAT: a NUL. */
MUST_CHECK bool env_file_parse(struct arena *mem, const char *file, struct bytes bytes,
                               struct env_variables *vars, struct error *e);

/* The last of that name, or NULL. */
const struct env_variable *env_variables_get(const struct env_variables *vars, const char *name);

/*
 * The file with changes: an assignment is rewritten in its place, one that is taken out goes with its line, a
 * new one comes behind the last line. All else stays, byte for byte; what would not read back as wanted
 * is ERROR_VERIFY, a value with a line end or a NUL ERROR_USAGE.
 */
MUST_CHECK bool env_file_change(struct arena *mem, const char *file, struct bytes bytes,
                                const struct setting_change *changes, size_t count,
                                struct bytes *ret_bytes, struct error *e);

#endif
