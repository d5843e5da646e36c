/* Looking on at an election: who is elected, now and from then on. */
#ifndef QUORATE_CLI_ELECTION_WATCH_H
#define QUORATE_CLI_ELECTION_WATCH_H

#include "cli/app.h"

/*
 * Prints the elected one's key and proposal, and again whenever another is elected or the proposal
 * changes, until SIGINT or SIGTERM (then true).
 *
 * Source: Election.Observe in etcd client/v3/concurrency/election.go, 3.4 to 3.7.
 */
MUST_CHECK bool election_watch(struct app *app, struct bytes name, struct error *e);

#endif
