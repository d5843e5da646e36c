/*
 * The settings of one etcd, whatever they are written in: what each is, where it stands, and which of them
 * etcd goes by.
 *
 * etcd's rules (pkg/flags/flag.go and server/etcdmain/config.go, 3.4 to 3.7):
 * - a flag on the command line, the last one when it is there twice;
 * - else the variable ETCD_<FLAG>, unless it is empty. A variable besides the flag of that name ends etcd
 *   at its start ("conflicting environment variable");
 * - with --config-file or ETCD_CONFIG_FILE nothing but that file.
 */
#ifndef QUORATE_FORMAT_SETTINGS_SETTINGS_H
#define QUORATE_FORMAT_SETTINGS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

enum setting_origin {
    SETTING_ARGV,        /* of a process, a unit's ExecStart, or a manifest */
    SETTING_ENVIRONMENT, /* of a process, a unit's Environment=, an environment file, a manifest's env */
    SETTING_CONFIG_FILE, /* etcd's own, --config-file */
};

struct etcd_setting {
    const char *name;  /* the flag's, without dashes: "listen-peer-urls" */
    const char *value; /* "true" for a boolean flag without a value */
    enum setting_origin origin;
    const char *file; /* where it stands; NULL: a process */
    unsigned line;    /* from 1; 0 when it has none */
    bool in_force;    /* etcd goes by it; see settings_resolve */
};

struct etcd_settings {
    ARRAY(struct etcd_setting) items; /* in the order in which they were found */
    const char *config_file;          /* NULL: none */
    const struct etcd_setting
        *conflict; /* a variable besides its flag: etcd does not start. Or NULL */
};

enum { SETTING_WORDS_MOST = 4096 };

#define ETCD_SETTINGS_INIT                                                                         \
    {                                                                                              \
        .items = ARRAY_INIT                                                                        \
    }

/* Texts are not copied. */
void settings_add(struct arena *mem, struct etcd_settings *settings, struct etcd_setting setting);
/* What a variable sets: nothing when it is empty or not one of etcd's. */
void settings_add_variable(struct arena *mem, struct etcd_settings *settings, const char *variable,
                           const char *value, const char *file, unsigned line);

/* A word of a command line, and where it stands in the file that it is written in, quotes included. */
struct setting_word {
    const char *text;
    const char *file; /* NULL: nowhere */
    unsigned line;
    size_t start, end;
};

struct setting_words {
    ARRAY(struct setting_word) words; /* without the program */
};

/*
 * The flags of a command line. Go's rules: one dash or two; the value behind '=' or as the next word; a
 * boolean has one only behind '='. An unknown flag takes the next word when that is no flag itself.
 * ERROR_FORMAT: a word that is no flag, or the last flag lacks its value: etcd does not start with it.
 * ERROR_LIMIT: more than SETTING_WORDS_MOST words.
 */
MUST_CHECK bool settings_add_words(struct arena *mem, struct etcd_settings *settings,
                                   const struct setting_words *words, struct error *e);

/* The flag at words[i]: its name and value, and how many words it takes. */
MUST_CHECK bool setting_word_flag(struct arena *mem, const struct setting_words *words, size_t i,
                                  const char **ret_name, const char **ret_value, size_t *ret_count,
                                  struct error *e);

/* Of a process: the contents of /proc/PID/cmdline, the program first, and of /proc/PID/environ. */
MUST_CHECK bool settings_add_process(struct arena *mem, struct etcd_settings *settings,
                                     struct bytes cmdline, struct bytes environ, struct error *e);

/*
 * Applies etcd's rules: marks what is in force and sets 'config_file' and 'conflict'. Call it again once the
 * config file's settings were added, which are the only ones in force then.
 */
void settings_resolve(struct etcd_settings *settings);

/* The setting in force, or NULL: the default holds. */
const struct etcd_setting *settings_get(const struct etcd_settings *settings, const char *name);
/* Where it stands, for people: "/etc/etcd/etcd.conf:12", "its command line"; NULL: "etcd's default". In 'mem', or a
 * constant, or the setting's own. */
const char *setting_place_text(struct arena *mem, const struct etcd_setting *setting);
/*
 * The value in force, or etcd's default at this minor version of 3; NULL when neither is known. Defaults
 * that depend on others are made: the data directory of the name.
 */
const char *settings_value(struct arena *mem, const struct etcd_settings *settings,
                           const char *name, unsigned minor);
/* Go's strconv.ParseBool; what is no boolean is false. */
bool settings_bool(const struct etcd_settings *settings, const char *name, unsigned minor);

/* "ETCD_LISTEN_PEER_URLS" of "listen-peer-urls", and back (NULL: none of etcd's). */
const char *setting_variable(struct arena *mem, const char *name);
const char *setting_of_variable(struct arena *mem, const char *variable);

/* One change: 'value' NULL takes the setting out, wherever it stands. */
struct setting_change {
    const char *name;
    const char *value;
};

struct setting_changes {
    ARRAY(struct setting_change) items;
};

/* Adds what makes 'own' the same as 'wanted' but for the changes, which come last. */
void settings_changes_to(struct arena *mem, const struct etcd_settings *wanted,
                         const struct etcd_settings *own, const struct setting_change *changes,
                         size_t count, struct setting_changes *all);

/* The settings in force with the changes made, as flags of a command line that is written nowhere yet. */
struct etcd_settings settings_with(struct arena *mem, const struct etcd_settings *settings,
                                   const struct setting_change *changes, size_t count);

/* Whether 'after' is 'before' with the changes and nothing else; else ERROR_VERIFY names the first
 * difference. For what was edited and read again. */
MUST_CHECK bool settings_check_change(const struct etcd_settings *before,
                                      const struct etcd_settings *after,
                                      const struct setting_change *changes, size_t count,
                                      struct error *e);

#endif
