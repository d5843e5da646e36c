/*
 * One watch as etcdctl shows it: events go to standard output response by response, also into a
 * pipe, and each event may run a command. The command is waited for: meanwhile nothing is read, so a
 * slow one slows the watch and loses nothing.
 *
 * Source: printWatchCh in etcdctl/ctlv3/command/watch_command.go (3.4 to 3.7).
 */
#ifndef QUORATE_CLI_WATCH_PRINTER_H
#define QUORATE_CLI_WATCH_PRINTER_H

#include "cli/app.h"
#include "cli/watch_request.h"
#include "etcd/watch.h"

enum { WATCH_EXIT_INTERRUPTED = 5 }; /* etcdctl's ExitInterrupted: the server ended the watch */

struct watch_printer;

/* The watch is over: the server ended it (canceled). Or no server could be asked, results cannot be
 * written, a command failed: then the whole program is to end with 'e'. */
typedef void watch_printer_ended(void *context, struct watch_printer *p, bool canceled,
                                 const struct error *e);

/* Stays where it is while the watch goes on. */
struct watch_printer {
    struct app *app;
    struct etcd_watch watch;
    struct watch_request request; /* lives as long as the watch */
    watch_printer_ended *on_end;
    void *context;
};

/* For people: the server was lost, and is looked for elsewhere. */
void watch_say_lost(const struct app *app, const struct error *why);

void watch_printer_start(struct watch_printer *p, struct app *app, struct etcd_watcher *watcher,
                         const struct watch_request *request, watch_printer_ended *on_end,
                         void *context);

#endif
