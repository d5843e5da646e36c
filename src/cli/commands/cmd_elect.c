/* elect: takes part in an election, or looks on. */

#include "cli/election_watch.h"
#include "cli/held.h"
#include "cli/print/print.h"

enum { SESSION_TTL_S = 60 }; /* etcd's concurrency.defaultSessionTTL */

static const struct option_def elect_options[] = {
    {"listen", OPTION_BOOL, .letter = 'l', .help = "Only show who is elected, and what they say"},
    OPTIONS_END,
};

static bool
campaign(struct app *app, struct error *e)
{
    struct held h;
    bool ok;

    ok = held_enter(&h, app, SESSION_TTL_S, bytes_of_text(app_operand(app, 0)),
                    bytes_of_text(app_operand(app, 1)), e) &&
         held_show(&h, e) && held_keep(&h, e) && held_leave(&h, e);
    held_release(&h);
    return ok;
}

static bool
elect_run(struct app *app, struct error *e)
{
    bool listen = option_bool(&app->options, "listen");

    if (!listen && app->operand_count < 2) {
        error_set(e, ERROR_USAGE, "no PROPOSAL");
        return error_hint(e, "give one, or say -l to look on");
    }
    if (listen && app->operand_count > 1)
        return error_set(e, ERROR_USAGE, "a PROPOSAL ('%s') cannot go with -l",
                         app_operand(app, 1));
    if (!print_no_table(&app->style, e))
        return false;
    return listen ? election_watch(app, bytes_of_text(app_operand(app, 0)), e) : campaign(app, e);
}

const struct command command_elect = {
    .name = "elect",
    .operands = "NAME [PROPOSAL]",
    .summary = "Take part in an election with a proposal, or look on",
    .family = FAMILY_KEYS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = elect_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_KEYS,
    .run = elect_run,
    .example = "quorate elect primary host-7",
    .description =
        "Waits until elected, prints our key and the PROPOSAL, and stays elected until SIGINT or "
        "SIGTERM. The candidates of NAME are the keys NAME/LEASE, the oldest of which is elected. "
        "With -l prints the elected one's key and proposal, now and whenever they change.",
};
