/*
 * A command is one table entry. Parsing, help, manual, completion and the JSON description are made
 * from it. To add one: its entry in cmd_<noun>.c, a line in commands.list, a test.
 *
 * An entry has exactly one of
 *   .report  fills a struct report; the renderer prints it as asked for (-w);
 *   .plan    builds a plan; --dry-run, --yes, the lock and the journal come with it;
 *   .run     does and prints by itself: etcdctl's words, which have printers of their own.
 */
#ifndef QUORATE_CLI_COMMAND_H
#define QUORATE_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "cli/option.h"
#include "cli/tool.h"

struct app;
struct plan;
struct report;

/* What must be there before the command starts; or-ed together. */
enum command_needs {
    NEEDS_NOTHING = 0,
    NEEDS_ENDPOINTS = 1, /* at least one endpoint: flag, environment, cluster or the default */
    NEEDS_CLUSTER = 2,   /* an inventory: --cluster NAME */
    NEEDS_QUORUM = 4,    /* a leader answers */
    NEEDS_LOCK = 8,      /* nobody else changes this cluster meanwhile */
};

/* What it changes. Anything but EFFECT_NONE is named in the help. */
enum command_effect {
    EFFECT_NONE,
    EFFECT_WRITES_FILES,    /* on this machine, where the caller said */
    EFFECT_CHANGES_KEYS,    /* the key space */
    EFFECT_CHANGES_CLUSTER, /* members, their data, their hosts */
};

/* The groups of 'quorate help', in its order. */
enum command_family {
    FAMILY_STATUS,  /* look at a cluster */
    FAMILY_KEYS,    /* keys */
    FAMILY_MEMBERS, /* membership and maintenance */
    FAMILY_USERS,   /* authentication */
    FAMILY_BACKUP,  /* backup and recovery */
    FAMILY_TLS,     /* certificates */
    FAMILY_LAB,     /* labs and plans */
    FAMILY_TOOL,    /* about quorate itself */
    FAMILY_COUNT,
};

struct command {
    const char *name;     /* "get", "member list" */
    const char *operands; /* "KEY [RANGE_END]", "FILE...": how many there may be is read from it */
    bool operands_are_form; /* a wrong number of them ends with the exit code of a wrong flag, as
                             * where etcd's tools leave the counting to their parser */
    const char *summary;    /* one line, no full stop */
    enum command_family family;
    unsigned tools; /* enum tool_set: the programs that have this word; 0: quorate alone */
    const struct option_def *options; /* ends with OPTIONS_END; NULL for none */
    unsigned needs;                   /* enum command_needs */
    enum command_effect effect;
    bool reads_input; /* standard input is its data: a password is not read from there */
    bool (*plan)(struct app *app, struct plan **ret_plan, struct error *e);
    bool (*report)(struct app *app, struct report *report, struct error *e);
    bool (*run)(struct app *app, struct error *e);
    const char *example;     /* command lines that work when pasted, one a line */
    const char *description; /* paragraphs, separated by an empty line; NULL for none */
    bool hidden;             /* in no help, no completion */
};

/* All commands in the order of commands.list; ends with NULL. */
extern const struct command *const commands[];

/* The options that every command has, and those that every plan has; end with OPTIONS_END. */
extern const struct option_def global_options[];
extern const struct option_def plan_options[];
/* Of commands that run a plan (ops/cluster_lock.h). */
#define OPTION_TAKE_OVER                                                                           \
    {                                                                                              \
        "take-over", OPTION_BOOL,                                                                  \
            .help = "Take the cluster's lock from whoever has it: only when they are certainly "   \
                    "dead or stuck"                                                                \
    }

const char *command_family_title(enum command_family family);

/* The tool's command of exactly that name ("member list"), or NULL. */
const struct command *command_find(const struct tool *tool, const char *name);
/* How many of the tool's commands begin with these words ("member" has several). */
size_t command_group_size(const struct tool *tool, const char *words);
/* Whether the command belongs into the tool's help. */
bool command_is_shown(const struct tool *tool, const struct command *command);
/*
 * The words of a command, or of the beginning of some, with 'typed' behind 'words': itself, or the
 * only one that begins with it, as in etcdctl ("mem" is "member"). NULL when there is none; then
 * ret_candidates tells how many there are. 'words' is "" or what this function returned.
 */
const char *command_words_next(struct arena *mem, const struct tool *tool, const char *words,
                               const char *typed, size_t *ret_candidates);
/* The fewest and the most operands ("KEY [RANGE_END]": 1 and 2; "...": SIZE_MAX). */
void command_operand_limits(const struct command *command, size_t *ret_least, size_t *ret_most);
/* The name of the operand at 'index' ("RANGE_END"), without brackets and dots, into ret_name. */
void command_operand_name(const struct command *command, size_t index, char *ret_name, size_t size);

#endif
