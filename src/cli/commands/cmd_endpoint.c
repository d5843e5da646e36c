/* endpoint: the members as they answer, all asked at the same time. */

#include "cli/app.h"
#include "cli/print/print_endpoint.h"
#include "cli/print/print_maintenance.h"
#include "etcd/client.h"
#include "etcd/maintenance.h"

/* One line of each of this noun's option tables. etcdctl's flag says "all members"; with a name it
 * is also the global --cluster. */
#define OPTION_CLUSTER                                                                             \
    {                                                                                              \
        "cluster", OPTION_TEXT,                                                                    \
            .arg = "NAME", .bare = "true", .environment = "QUORATE_CLUSTER",                       \
            .help = "Ask all endpoints of the member list; with a name, those of that cluster"     \
    }

static const struct option_def endpoint_options[] = {
    OPTION_CLUSTER,
    OPTIONS_END,
};

static const struct option_def hashkv_options[] = {
    OPTION_CLUSTER,
    {"rev", OPTION_I64, .arg = "REVISION", .fallback = "0",
     .help = "Hash up to this revision; 0: each member's newest"},
    OPTIONS_END,
};

/* The exit code tells that not all answered, the lines on stderr which and why. */
static void
tell_failure(struct app *app, const char *what, const struct etcd_answer *answer)
{
    app_say(app, "Failed to get the %s of endpoint %s (%s)", what, answer->endpoint,
            answer->error.text);
    if (app->exit_code == 0)
        app->exit_code = error_code_exit_etcd(answer->error.code);
}

static bool
endpoint_status_run(struct app *app, struct error *e)
{
    ARRAY(struct endpoint_status) items = ARRAY_INIT;
    struct etcd_client *client;
    struct etcd_status_answer *answers;

    if (!print_no_protobuf(&app->style, e) || !app_etcd_to_ask(app, &client, e))
        return false;
    etcd_status_each(app->mem, client, &answers);
    for (size_t i = 0; i < etcd_client_endpoint_count(client); i++) {
        if (answers[i].answer.ok)
            *ARRAY_PUSH(app->mem, &items) =
                (struct endpoint_status){answers[i].answer.endpoint, &answers[i].status};
        else
            tell_failure(app, "status", &answers[i].answer);
    }
    print_endpoint_status(&app->out, &app->style, items.items, items.count);
    return true;
}

/* Here etcdctl says the last reason once more, as the command's error. */
static bool
hash_failed(const struct etcd_answer *answer, struct error *e)
{
    *e = answer->error;
    return false;
}

static bool
endpoint_hashkv_run(struct app *app, struct error *e)
{
    const struct etcd_answer *last = NULL;
    ARRAY(struct endpoint_hash_kv) items = ARRAY_INIT;
    struct etcd_client *client;
    struct etcd_hash_kv_answer *answers;

    if (!print_no_protobuf(&app->style, e) || !app_etcd_to_ask(app, &client, e))
        return false;
    etcd_hash_kv_each(app->mem, client, option_i64(&app->options, "rev"), &answers);
    for (size_t i = 0; i < etcd_client_endpoint_count(client); i++) {
        if (answers[i].answer.ok)
            *ARRAY_PUSH(app->mem, &items) =
                (struct endpoint_hash_kv){answers[i].answer.endpoint, &answers[i].hash_kv};
        else
            tell_failure(app, "hash", last = &answers[i].answer);
    }
    print_endpoint_hash_kv(&app->out, &app->style, items.items, items.count);
    return last == NULL || hash_failed(last, e);
}

/* etcdctl's words for active alarms; any other error speaks for itself. */
static const char *
health_error(struct arena *mem, const struct etcd_health_answer *answer)
{
    AUTO_BUF text = BUF_INIT;

    if (answer->answer.ok)
        return "";
    if (answer->alarm_count == 0)
        return answer->answer.error.text;
    buf_append_text(&text, "Active Alarm(s): ");
    for (size_t i = 0; i < answer->alarm_count; i++)
        buf_printf(&text, "%s ", alarm_word(mem, answer->alarms[i].type));
    return arena_text(mem, buf_text(&text));
}

static bool
endpoint_health_run(struct app *app, struct error *e)
{
    ARRAY(struct endpoint_health) items = ARRAY_INIT;
    AUTO_BUF errors = BUF_INIT;
    struct etcd_client *client;
    struct etcd_health_answer *answers;
    size_t unhealthy = 0;

    if (!print_no_protobuf(&app->style, e) || !app_etcd_to_ask(app, &client, e))
        return false;
    etcd_health_each(app->mem, client, &answers);
    for (size_t i = 0; i < etcd_client_endpoint_count(client); i++) {
        const struct etcd_answer *answer = &answers[i].answer;

        *ARRAY_PUSH(app->mem, &items) = (struct endpoint_health){
            .endpoint = answer->endpoint,
            .healthy = answer->ok,
            .took_us = answer->took_us,
            .error = health_error(app->mem, &answers[i]),
        };
        unhealthy += !answer->ok;
    }
    print_endpoint_health(&app->out, &errors, &app->style, items.items, items.count);
    if (errors.size > 0)
        fwrite(errors.data, 1, errors.size, stderr);
    return unhealthy == 0 || error_set(e, ERROR_FAILED, "unhealthy cluster");
}

const struct command command_endpoint_status = {
    .name = "endpoint status",
    .summary = "Show the state of each endpoint",
    .family = FAMILY_STATUS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = endpoint_options,
    .needs = NEEDS_ENDPOINTS,
    .run = endpoint_status_run,
    .example = "quorate endpoint status --cluster -w table",
    .description =
        "The simple form has, with commas between: endpoint, id, version, storage version, "
        "database size, of it in use, percentage not in use, quota, is it leader, is it learner, "
        "raft term, raft index, raft applied index, errors, downgrade target version, downgrade "
        "enabled.",
};

const struct command command_endpoint_health = {
    .name = "endpoint health",
    .summary = "Check that each endpoint can read through the leader and has no alarm",
    .family = FAMILY_STATUS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = endpoint_options,
    .needs = NEEDS_ENDPOINTS,
    .run = endpoint_health_run,
    .example = "quorate endpoint health --cluster",
    .description = "A learner is healthy when it reads what it has and its status has no errors.",
};

const struct command command_endpoint_hashkv = {
    .name = "endpoint hashkv",
    .summary = "Show each endpoint's hash of the key space's history",
    .family = FAMILY_STATUS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = hashkv_options,
    .needs = NEEDS_ENDPOINTS,
    .run = endpoint_hashkv_run,
    .example = "quorate endpoint hashkv --cluster -w table",
    .description = "Hashes of one revision are equal on all members, unless their data differs or "
                   "they were compacted at different revisions.",
};
