/*
 * The context of one command: what was asked (options, operands), where results go, and the things
 * opened on demand. Results go to stdout through app->out, everything else to stderr.
 */
#ifndef QUORATE_CLI_APP_H
#define QUORATE_CLI_APP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/secret.h"
#include "cli/command.h"
#include "cli/option.h"
#include "cli/output.h"
#include "cluster/inventory.h"

struct etcd_client;
struct etcd_options;
struct tls_options;

/* etcdctl's exit codes beside 1. Source: pkg/cobrautl/error.go, 3.7. */
enum { ETCD_EXIT_BAD_CONNECTION = 2, ETCD_EXIT_INTERRUPTED = 5, ETCD_EXIT_BAD_ARGS = 128 };

struct app {
    struct arena *mem;             /* lives until the command has ended */
    const struct tool *tool;       /* under which name the program runs */
    const struct command *command; /* never NULL when a command runs */
    struct options options;        /* the command's and the global ones */
    const char **operands;
    size_t operand_count;
    size_t dash_at;            /* operands before "--"; SIZE_MAX: there is none */
    struct output_style style; /* .output is -w */
    struct buf out;            /* results; written to stdout by app_flush and at the end */
    int exit_code;             /* for a command that succeeds and still has to say "no": e.g. 1 */
    /* Of a failure from now on, where the exit code of etcd's word is not the error code's: 2 when
     * etcdctl takes any failed call for a bad connection, a code passed on. 0: the error code's. */
    int failure_code;
    struct etcd_client *client;        /* NULL until app_etcd */
    const struct etcd_options *etcd;   /* NULL until app_etcd_options */
    const struct inventory *inventory; /* NULL until app_inventory, and without --cluster */
    struct secret password;            /* of --user; set by app_etcd_options */
    struct secret token;               /* --auth-jwt-token; set by app_etcd_options */
};

/* The whole program: parses, runs, prints, returns the exit code. */
int app_main(int argc, char **argv);

/*
 * The inventory of --cluster; NULL when there is no --cluster.
 *
 * e  ERROR_NOT_FOUND: no cluster of that name.
 */
MUST_CHECK bool app_inventory(struct app *app, const struct inventory **ret_inventory,
                              struct error *e);
/*
 * The same for a command whose operand is a cluster's name, which then counts for all else; without
 * one it is --cluster's. e: also ERROR_USAGE: neither is there.
 */
MUST_CHECK bool app_inventory_of_operand(struct app *app, const struct inventory **ret_inventory,
                                         struct error *e);
/* The quorate.yaml that --config names; NULL: the one that is found. */
const char *app_config(const struct app *app);
/*
 * The repository of a command that has --repo: the flag's, else the cluster's own, else the
 * variable's. e: ERROR_USAGE when nobody names one.
 */
MUST_CHECK bool app_repository(struct app *app, const char **ret_path, struct error *e);
/* Where quorate keeps plans, locks and labs (plan/state_dir.h). */
MUST_CHECK bool app_state_dir(struct app *app, const char **ret_state_dir, struct error *e);

/* The certificates of the command line, else of the cluster: for those who shake hands and say no more, so
 * that nobody is asked for a password. e: as app_etcd_options. */
MUST_CHECK bool app_tls_options(struct app *app, struct tls_options *ret_tls, struct error *e);
/*
 * How to reach the cluster: endpoints, TLS files, time-outs, user and password. Endpoints are those
 * of --endpoints, else the inventory's of --cluster, else of ETCDCTL_ENDPOINTS, else 127.0.0.1:2379;
 * a cluster's TLS files and user likewise stand above the environment's and below the flags. Asks
 * for the password of the user when it is nowhere given.
 */
MUST_CHECK bool app_etcd_options(struct app *app, const struct etcd_options **ret_options,
                                 struct error *e);
/* How the cluster is called: its name in the inventory, or the endpoints with commas. */
const char *app_cluster_text(struct app *app, const struct etcd_options *options);
/* How a command names it: "--cluster prod", "--endpoints 10.0.0.1:2379". */
const char *app_target_text(struct app *app, const struct etcd_options *options);
/* etcd_client_open, with etcdctl's exit codes for what cannot be opened. */
MUST_CHECK bool app_open_client(struct app *app, const struct etcd_options *options,
                                struct etcd_client **ret_client, struct error *e);
/* The client for them, opened at the first call; owned by the app. */
MUST_CHECK bool app_etcd(struct app *app, struct etcd_client **ret_client, struct error *e);
/* The same for the endpoints of all members, as the member list has them, from now on. */
MUST_CHECK bool app_etcd_of_members(struct app *app, struct etcd_client **ret_client,
                                    struct error *e);
/* As etcdctl's own --cluster says, a flag without a value: all members, or the endpoints given. */
MUST_CHECK bool app_etcd_to_ask(struct app *app, struct etcd_client **ret_client, struct error *e);

/*
 * Meets what the command's entry needs: an inventory, endpoints that can be opened, a leader that
 * answers. The lock is the plan engine's.
 */
MUST_CHECK bool app_meet_needs(struct app *app, struct error *e);

/* The operand at 'index', or NULL when it was left out. */
const char *app_operand(const struct app *app, size_t index);

/* Results so far to stdout. ERROR_IO when stdout is full or closed. */
MUST_CHECK bool app_flush(struct app *app, struct error *e);

/* A line on stderr for people; nothing is added to it but the line end. */
void app_say(const struct app *app, const char *format, ...) PRINTF_LIKE(2, 3);
/* "Warning: " and the text on stderr. */
void app_warn(const struct app *app, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * Asks "text [y/N]" on the terminal; --yes answers it. ERROR_REFUSED without a terminal,
 * ERROR_CANCELLED for any answer but yes.
 */
MUST_CHECK bool app_confirm(struct app *app, const char *text, struct error *e);

#endif
