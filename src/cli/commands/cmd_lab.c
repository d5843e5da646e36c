/* 'lab up', 'status', 'load', 'kill', 'stop', 'start', 'down', 'list': clusters to rehearse on. */

#include "base/io.h"
#include "cli/app.h"
#include "cli/observe.h"
#include "cli/report.h"
#include "cluster/connect.h"
#include "cluster/inventory_lab.h"
#include "ops/lab.h"
#include "ops/lab_load.h"
#include "plan/state_dir.h"

#define NAME_OPTION                                                                                \
    {                                                                                              \
        "name", OPTION_TEXT,                                                                       \
            .arg = "NAME", .fallback = LAB_NAME_DEFAULT,                                           \
            .help = "The lab's name; other commands know it as --cluster lab:NAME"                 \
    }

static const struct option_def up_options[] = {
    NAME_OPTION,
    {"members", OPTION_U64, .arg = "N", .fallback = "3", .help = "Members, 1 to 9"},
    {"etcd", OPTION_TEXT, .arg = "VERSION|PATH", .environment = "QUORATE_ETCD",
     .help = "The etcd to run: a version under QUORATE_ETCDS, a program, or its folder "
             "[default: the newest there, else etcd in PATH]"},
    {"tls", OPTION_BOOL, .help = "Make certificates and use TLS for clients and peers"},
    {"quota-backend-bytes", OPTION_U64, .arg = "N",
     .help = "The members' quota: a small one to rehearse NOSPACE, a large one for large databases "
             "[default: etcd's, 2 GiB]"},
    {"timeout", OPTION_DURATION, .arg = "DURATION", .fallback = "30s",
     .help = "Give up when a member is not healthy by then"},
    OPTIONS_END,
};

static const struct option_def name_options[] = {NAME_OPTION, OPTIONS_END};

static const struct option_def load_options[] = {
    NAME_OPTION,
    {"keys", OPTION_U64, .arg = "N", .fallback = "20000", .help = "Keys to create"},
    {"seed", OPTION_U64, .arg = "N", .fallback = "1",
     .help = "Another number gives other keys and values; the same gives the same"},
    {"rewrites", OPTION_U64, .arg = "N", .fallback = "1",
     .help = "How often each key of the quarter that is rewritten gets a new value"},
    {"txn-ops", OPTION_U64, .arg = "N", .fallback = "100",
     .help = "Changes in one transaction, 1 to 128: Kubernetes makes one"},
    {"event-leases", OPTION_BOOL,
     .help = "Attach events to leases, about 500 to one, as Kubernetes does"},
    OPTIONS_END,
};

static const struct option_def down_options[] = {
    NAME_OPTION,
    {"keep-data", OPTION_BOOL, .help = "Leave the lab's folder as it is: 'lab up' goes on with it"},
    OPTIONS_END,
};

static void
lab_fill(struct report *r, const struct lab *lab)
{
    report_title(r, "Lab %s: etcd %s, --cluster %s", path_name(lab->inventory->lab->dir),
                 lab->inventory->lab->etcd_version, lab->inventory->name);
    report_column(r, COLUMN_TEXT, "MEMBER", "name");
    report_column(r, COLUMN_TEXT, "STATE", "state");
    report_column(r, COLUMN_BOOL, "HEALTHY", "healthy");
    report_column(r, COLUMN_I64, "PID", "pid");
    report_column(r, COLUMN_U64, "RESTARTS", "restarts");
    report_column(r, COLUMN_TEXT, "CLIENT URL", "clientUrl");
    report_column(r, COLUMN_TEXT, "DATA", "dataDir");
    for (size_t i = 0; i < lab->members.count; i++) {
        const struct lab_member *m = &lab->members.items[i];

        report_row(r);
        report_text(r, m->configured->name);
        report_text(r, supervisor_state_word(m->state));
        report_bool(r, m->healthy);
        report_mark(r, m->healthy ? MARK_GOOD : MARK_BAD);
        report_i64(r, m->pid);
        report_u64(r, m->restarts);
        report_text(r, m->configured->client_urls.items[0]);
        report_text(r, m->configured->data_dir);
        if (!m->healthy && m->reason != NULL)
            report_note(r, "%s: %s", m->configured->name, m->reason);
    }
    if (lab->supervisor_pid == 0)
        report_note(r, "its supervisor does not run: 'quorate lab up --name %s' starts it again",
                    path_name(lab->inventory->lab->dir));
}

static void
up_say(void *context, const char *text)
{
    app_say(context, "%s", text);
}

static bool
lab_up_report(struct app *app, struct report *report, struct error *e)
{
    const struct options *o = &app->options;
    struct lab_up_request request = {
        .name = option_text(o, "name"),
        .member_count = option_given(o, "members") ? (unsigned)option_u64(o, "members") : 0,
        .etcd = option_given(o, "etcd") ? option_text(o, "etcd") : NULL,
        .tls = option_bool(o, "tls"),
        .quota_bytes =
            option_given(o, "quota-backend-bytes") ? option_u64(o, "quota-backend-bytes") : 0,
        .timeout_ms = option_ms(o, "timeout"),
        .observe = up_say,
        .observe_context = app,
    };
    struct lab *lab;

    if (option_u64(o, "members") > LAB_MEMBERS_MOST)
        return error_set(e, ERROR_USAGE, "--members: %llu, at most %d are possible",
                         (unsigned long long)option_u64(o, "members"), LAB_MEMBERS_MOST);
    if (!state_dir_find(app->mem, &request.state_dir, e) || !lab_up(app->mem, &request, &lab, e))
        return false;
    report_init(report, app->mem, "members");
    lab_fill(report, lab);
    return true;
}

static bool
lab_status_report(struct app *app, struct report *report, struct error *e)
{
    const char *state_dir;
    struct lab *lab;

    if (!state_dir_find(app->mem, &state_dir, e) ||
        !lab_status(app->mem, state_dir, option_text(&app->options, "name"), &lab, e))
        return false;
    report_init(report, app->mem, "members");
    lab_fill(report, lab);
    for (size_t i = 0; i < lab->members.count; i++)
        app->exit_code |= !lab->members.items[i].healthy;
    return true;
}

static bool
lab_list_report(struct app *app, struct report *report, struct error *e)
{
    const char *state_dir;
    const char **names;
    size_t count;

    if (!state_dir_find(app->mem, &state_dir, e) ||
        !lab_list(app->mem, state_dir, &names, &count, e))
        return false;
    report_init(report, app->mem, "labs");
    report_column(report, COLUMN_TEXT, "NAME", "name");
    report_column(report, COLUMN_TEXT, "CLUSTER", "cluster");
    report_column(report, COLUMN_TEXT, "FOLDER", "dir");
    for (size_t i = 0; i < count; i++) {
        report_row(report);
        report_text(report, names[i]);
        report_textf(report, INVENTORY_LAB_PREFIX "%s", names[i]);
        report_text(report, inventory_lab_dir(app->mem, state_dir, names[i]));
    }
    return true;
}

static bool
lab_load_report(struct app *app, struct report *report, struct error *e)
{
    struct operation_face face;
    struct etcd_options etcd;
    struct lab_load_request request = {
        .etcd = &etcd,
        .key_count = option_u64(&app->options, "keys"),
        .seed = option_u64(&app->options, "seed"),
        .rewrites = option_u64(&app->options, "rewrites"),
        .txn_ops = option_u64(&app->options, "txn-ops"),
        .with_leases = option_bool(&app->options, "event-leases"),
        .observer = &face.observer,
    };
    const char *state_dir;
    struct inventory *lab;
    struct lab_load_result result;
    bool loaded;

    if (!state_dir_find(app->mem, &state_dir, e) ||
        !inventory_load_lab(app->mem, state_dir, option_text(&app->options, "name"), &lab, e))
        return false;
    inventory_etcd_options(lab, &etcd);
    operation_face_begin(&face, app);
    loaded = lab_load(&request, &result, e);
    operation_face_end(&face);
    if (!loaded)
        return false;
    report_record_init(report, app->mem, "load");
    report_field_u64(report, "Created", "created", result.created);
    report_field_u64(report, "Rewritten", "rewritten", result.rewritten);
    report_field_u64(report, "Deleted", "deleted", result.deleted);
    report_field_u64(report, "Leases", "leases", result.leases);
    report_field_size(report, "Values", "valueBytes", result.value_bytes);
    report_field_i64(report, "Revision", "revision", result.revision);
    report_field_duration(report, "Took", "tookMs", result.took_ms);
    return true;
}

typedef bool member_action(const char *state_dir, const char *name, const char *member,
                           struct error *e);

static bool
members_do(struct app *app, member_action *action, const char *done, struct error *e)
{
    const char *state_dir;

    if (!state_dir_find(app->mem, &state_dir, e))
        return false;
    for (size_t i = 0; i < app->operand_count; i++) {
        if (!action(state_dir, option_text(&app->options, "name"), app->operands[i], e))
            return false;
        app_say(app, "member %s: %s", app->operands[i], done);
    }
    return true;
}

static bool
lab_kill_run(struct app *app, struct error *e)
{
    return members_do(app, lab_member_kill, "killed, and held down", e);
}

static bool
lab_stop_run(struct app *app, struct error *e)
{
    return members_do(app, lab_member_stop, "stopped, and held down", e);
}

static bool
lab_start_run(struct app *app, struct error *e)
{
    return members_do(app, lab_member_start, "started", e);
}

static bool
lab_down_run(struct app *app, struct error *e)
{
    const char *name = option_text(&app->options, "name");
    bool keep = option_bool(&app->options, "keep-data");
    const char *state_dir;

    if (!state_dir_find(app->mem, &state_dir, e) || !lab_down(state_dir, name, keep, e))
        return false;
    app_say(app, keep ? "lab %s is down; its data is kept" : "lab %s is down and gone", name);
    return true;
}

const struct command command_lab_up = {
    .name = "lab up",
    .summary = "Start a real etcd cluster on loopback to rehearse on",
    .family = FAMILY_LAB,
    .options = up_options,
    .effect = EFFECT_WRITES_FILES,
    .report = lab_up_report,
    .example = "quorate lab up --name demo\nquorate status --cluster lab:demo",
    .description =
        "Members run under a small supervisor that outlives this command: it starts a member that "
        "dies again, and rotates the logs. Several labs can run side by side, each with a name and "
        "ports of its own. On a lab that exists, what does not run is started again.",
};

const struct command command_lab_status = {
    .name = "lab status",
    .summary = "Show a lab's members: running or held down, healthy or why not",
    .family = FAMILY_LAB,
    .options = name_options,
    .report = lab_status_report,
    .example = "quorate lab status --name demo",
    .description = "The exit code is 0 when every member is healthy, else 1.",
};

const struct command command_lab_list = {
    .name = "lab list",
    .summary = "List the labs on this machine",
    .family = FAMILY_LAB,
    .report = lab_list_report,
    .example = "quorate lab list",
};

const struct command command_lab_load = {
    .name = "lab load",
    .summary = "Fill a lab with keys as Kubernetes writes them",
    .family = FAMILY_LAB,
    .options = load_options,
    .effect = EFFECT_CHANGES_KEYS,
    .report = lab_load_report,
    .example = "quorate lab load --name demo --keys 20000",
    .description =
        "Creates the keys, rewrites a quarter of them and deletes a tenth. The same options "
        "give the same keys, values and revisions: on a fresh lab the same HashKV.",
};

const struct command command_lab_kill = {
    .name = "lab kill",
    .operands = "MEMBER...",
    .summary = "Kill members of a lab with SIGKILL and hold them down",
    .family = FAMILY_LAB,
    .options = name_options,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = lab_kill_run,
    .example = "quorate lab kill m2 --name demo",
};

const struct command command_lab_stop = {
    .name = "lab stop",
    .operands = "MEMBER...",
    .summary = "Stop members of a lab and hold them down",
    .family = FAMILY_LAB,
    .options = name_options,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = lab_stop_run,
    .example = "quorate lab stop m2 --name demo",
};

const struct command command_lab_start = {
    .name = "lab start",
    .operands = "MEMBER...",
    .summary = "Start members of a lab that are held down",
    .family = FAMILY_LAB,
    .options = name_options,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = lab_start_run,
    .example = "quorate lab start m2 --name demo",
};

const struct command command_lab_down = {
    .name = "lab down",
    .summary = "Stop a lab and remove its data",
    .family = FAMILY_LAB,
    .options = down_options,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = lab_down_run,
    .example = "quorate lab down --name demo",
};
