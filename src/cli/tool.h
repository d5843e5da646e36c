/*
 * Under which name the program runs. Links called etcdctl and etcdutl make it behave as that tool:
 * its words, its help, its usage errors. ETCDCTL_API=2 gives etcdctl's words of the v2 API, under
 * the names quorate and etcdctl.
 */
#ifndef QUORATE_CLI_TOOL_H
#define QUORATE_CLI_TOOL_H

#include <stdbool.h>

/* The sets of words a command can be in; or-ed together. */
enum tool_set {
    IN_QUORATE = 1,    /* quorate's own; a command that names no set is in this one */
    IN_ETCDCTL = 2,    /* etcdctl, v3 API */
    IN_ETCDUTL = 4,    /* etcdutl */
    IN_ETCDCTL_V2 = 8, /* etcdctl, v2 API */
};

struct tool {
    const char *name;  /* "etcdctl": as it is called in help and hints */
    unsigned sets;     /* a word of one of these is one of its words ... */
    unsigned not_sets; /* ... unless it is in one of these too */
    bool etcd;         /* help and usage errors have the form of etcd's tools */
};

extern const struct tool tool_quorate;

/* By argv[0] and ETCDCTL_API; quorate for any other name. */
const struct tool *tool_of_program(const char *program);

/* Whether a command in these sets (0: quorate's own) is one of the tool's. */
bool tool_has(const struct tool *tool, unsigned sets);
/* A tool that has words of these sets: quorate where it does. */
const struct tool *tool_of_sets(unsigned sets);
/* Whether the word is etcd's: its exit codes and its output are etcd's under any name. */
bool tool_sets_are_etcd(unsigned sets);

#endif
