/* compaction. Source: etcdctl/ctlv3/command/compaction_command.go, 3.4 to 3.7. */

#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "cli/app.h"
#include "etcd/kv.h"
#include "etcd/maintenance.h"

static const struct option_def compaction_options[] = {
    {"physical", OPTION_BOOL,
     .help = "Wait until the old revisions are gone from the database, not only from sight"},
    OPTIONS_END,
};

/* The newest revision that a member knows; false when none says. */
static bool
newest_revision(struct app *app, int64_t *ret_revision)
{
    struct error ignored = ERROR_INIT;
    struct etcd_status_answer *answers;
    struct etcd_client *client;

    if (!app_etcd(app, &client, &ignored))
        return false;
    etcd_status_each(app->mem, client, &answers);
    *ret_revision = 0;
    for (size_t i = 0; i < etcd_client_endpoint_count(client); i++)
        if (answers[i].answer.ok && answers[i].status.header.revision > *ret_revision)
            *ret_revision = answers[i].status.header.revision;
    return *ret_revision > 0;
}

static bool
is_about_revisions(const struct error *e)
{
    return e->cause != NULL &&
           (strcmp(e->cause, "compacted") == 0 || strcmp(e->cause, "future-revision") == 0);
}

static bool
hint_newest(struct app *app, struct error *e)
{
    int64_t revision;

    if (newest_revision(app, &revision))
        return error_hint(e, "the newest revision is %" PRId64, revision);
    return false;
}

static bool
compaction_run(struct app *app, struct error *e)
{
    const char *operand = app_operand(app, 0);
    struct etcd_compact_response response;
    struct etcd_compact_request request = {.physical = option_bool(&app->options, "physical")};
    struct etcd_client *client;

    if (operand == NULL) {
        error_set_(e, ERROR_USAGE, 0, "'compaction' needs the revision up to which to compact");
        return hint_newest(app, e);
    }
    if (!number_parse_i64(operand, &request.revision, e)) {
        e->code = ERROR_FLAG; /* etcdctl exits with 1 here, with 128 above */
        return error_wrap(e, "revision");
    }
    if (!app_etcd(app, &client, e))
        return false;
    if (!etcd_compact(app->mem, client, &request, &response, e))
        return is_about_revisions(e) && hint_newest(app, e);
    buf_printf(&app->out, "compacted revision %" PRId64 "\n", request.revision);
    return true;
}

const struct command command_compaction = {
    .name = "compaction",
    .operands = "[REVISION]",
    .summary = "Drop the history of keys up to a revision",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = compaction_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_KEYS,
    .run = compaction_run,
    .example = "quorate compaction 5",
    .description =
        "What the keys hold at REVISION and later stays readable. The freed pages stay in "
        "the file until 'defrag'. Without REVISION the error says which is the newest.",
};
