/*
 * etcd's own configuration file (--config-file): YAML whose keys are the flags' names, except for TLS, which
 * stands in client-transport-security and peer-transport-security.
 *
 * Source: etcd server/embed/config.go, 3.4 to 3.7. With such a file etcd goes by nothing else.
 */
#ifndef QUORATE_FORMAT_SETTINGS_CONFIG_FILE_H
#define QUORATE_FORMAT_SETTINGS_CONFIG_FILE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "format/settings/settings.h"

enum { CONFIG_FILE_MAX_BYTES = 64 << 10 };

/*
 * Adds the file's settings under the names of the flags; lists are joined by commas, and a key that is no
 * flag keeps its path ("socket-options.reuse-port"). Call settings_resolve afterwards.
 */
MUST_CHECK bool config_file_read(struct arena *mem, const char *file, struct bytes bytes,
                                 struct etcd_settings *settings, struct error *e);

/*
 * The file with changes, which are the only difference. A new TLS setting goes into its section, which is made
 * when it is missing.
 *
 * e  ERROR_REFUSED: it stands in brackets or otherwise where no minimal edit is possible. ERROR_VERIFY.
 */
MUST_CHECK bool config_file_change(struct arena *mem, const char *file, struct bytes bytes,
                                   const struct setting_change *changes, size_t count,
                                   struct bytes *ret_bytes, struct error *e);

#endif
