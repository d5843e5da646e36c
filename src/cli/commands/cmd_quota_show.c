/* 'quota show': what each member's database takes of its quota, where that is set, and what to do about it. */
#include "cli/observe.h"
#include "cli/report.h"
#include "cluster/doctor/doctor.h"
#include "ops/doctor.h"

static const struct option_def show_options[] = {
    {"no-hosts", OPTION_BOOL, .help = "Do not look on the members' hosts, only at the endpoints"},
    OPTIONS_END,
};

static void
columns_add(struct report *r)
{
    report_column(r, COLUMN_TEXT, "MEMBER", "member");
    report_column(r, COLUMN_SIZE, "QUOTA", "quotaBytes");
    report_column(r, COLUMN_SIZE, "DB SIZE", "dbSizeBytes");
    report_column(r, COLUMN_PERCENT, "TAKEN", "takenPerMille");
    report_column(r, COLUMN_SIZE, "IN USE", "dbSizeInUseBytes");
    report_column(r, COLUMN_SIZE, "FREE PAGES", "dbSizeFreeBytes");
    report_column(r, COLUMN_SIZE, "DISK FREE", "diskFreeBytes");
    report_column(r, COLUMN_TEXT, "SET BY", "setBy");
}

static void
sizes_cells(struct report *r, const struct member_picture *m)
{
    const struct etcd_status *status = &m->view->status;
    int64_t size = status->db_size_bytes, in_use = status->db_size_in_use_bytes;
    double quota = doctor_quota(m);

    if (quota > 0)
        report_size(r, (uint64_t)quota);
    else
        report_unknown(r, arena_printf(r->mem,
                                       "%s: neither its status nor its figures say its "
                                       "quota",
                                       m->label));
    report_size(r, (uint64_t)size);
    if (quota > 0)
        report_permille(r, (int64_t)((double)size * 1000 / quota));
    else
        report_unknown(r, NULL);
    report_size(r, (uint64_t)in_use);
    report_size(r, (uint64_t)(size > in_use ? size - in_use : 0));
}

static void
host_cells(struct report *r, const struct host_picture *host)
{
    if (host != NULL && host->state == FACT_KNOWN && host->disk_state == FACT_KNOWN)
        report_size(r, host->disk.free_bytes);
    else
        report_unknown(r, NULL);
    if (host != NULL && host->state == FACT_KNOWN && host->settings_state == FACT_KNOWN)
        report_text(
            r, setting_place_text(r->mem, settings_get(&host->settings, "quota-backend-bytes")));
    else
        report_unknown(r, NULL);
}

enum { CELLS_OF_SIZES = 5 };

static void
member_row(struct report *r, const struct member_picture *m)
{
    report_row(r);
    report_text(r, m->label);
    if (m->view->known) {
        sizes_cells(r, m);
    } else {
        for (int i = 0; i < CELLS_OF_SIZES; i++)
            report_unknown(r, i == 0 ? m->view->unknown_because.text : NULL);
    }
    host_cells(r, m->host);
}

static void
findings_note(struct report *r, const struct diagnosis *all)
{
    for (size_t i = 0; i < all->finding_count; i++) {
        const struct doctor_finding *f = &all->findings[i];

        report_note(r, "%s: %s%s%s; %s", severity_of_verdict_word(f->severity), f->text,
                    f->evidence[0] != '\0' ? ": " : "", f->evidence, f->rule->mend);
        if (f->command[0] != '\0')
            report_note(r, "    $ %s", f->command);
    }
}

static bool
quota_show_report(struct app *app, struct report *report, struct error *e)
{
    struct doctor_request request = {
        .hosts = option_bool(&app->options, "no-hosts") ? HOST_LOOKS_NONE : HOST_LOOKS_SPACE};
    struct doctor_picture picture;
    struct operation_face face;
    struct diagnosis diagnosis;
    bool ok;

    if (!app_inventory(app, &request.inventory, e) || !app_etcd_options(app, &request.options, e))
        return false;
    request.target = app_target_text(app, request.options);
    operation_face_begin(&face, app);
    request.observer = &face.observer;
    ok = doctor_gather(app->mem, &request, &picture, e);
    operation_face_end(&face);
    if (!ok)
        return false;
    doctor_judge_space(app->mem, &picture, &diagnosis);
    report_init(report, app->mem, "members");
    columns_add(report);
    for (size_t i = 0; i < picture.member_count; i++)
        member_row(report, &picture.members[i]);
    findings_note(report, &diagnosis);
    app->exit_code = (int)diagnosis.verdict;
    return true;
}

const struct command command_quota_show = {
    .name = "quota show",
    .summary = "Show what the databases take of their quota, and who has set it",
    .family = FAMILY_STATUS,
    .options = show_options,
    .needs = NEEDS_ENDPOINTS,
    .report = quota_show_report,
    .example = "quorate quota show --cluster lab:demo\n"
               "quorate quota show --endpoints 127.0.0.1:2379 -w json",
    .description =
        "etcd refuses writes, on the whole cluster, once the database of one member has reached "
        "its "
        "quota: its size on disk counts, with the pages that are free. Of a cluster of the "
        "inventory "
        "it shows where each member's quota is set (a file and a line, or etcd's default of 2 "
        "GiB), "
        "and how much room the disk has for more. Below stand the findings of 'quorate doctor' "
        "about "
        "space, with the next command: what was compacted comes back by 'quorate maintain defrag', "
        "what fills the rest shows 'quorate keys du', and 'quorate quota raise' gives more.\n\n"
        "The exit code is 0 when nothing is wrong, 1 with a warning, 2 when something is critical.",
};
