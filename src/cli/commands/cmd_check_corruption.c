/* 'check corruption': whether all members have the same data, and which one has not. */

#include "cli/app.h"
#include "cli/observe.h"
#include "cli/report_judgement.h"
#include "ops/corruption_check.h"

static void
columns_add(struct report *r)
{
    report_column(r, COLUMN_TEXT, "MEMBER", "name");
    report_column(r, COLUMN_ID, "ID", "id");
    report_column(r, COLUMN_TEXT, "ENDPOINT", "endpoint");
    report_column(r, COLUMN_TEXT, "VERSION", "version");
    report_column(r, COLUMN_U64, "HASH", "hash");
    report_column(r, COLUMN_I64, "COMPACTED AT", "compactRevision");
    report_column(r, COLUMN_TEXT, "DATA", "data");
}

static void
finding_cell(struct report *r, enum hash_finding finding)
{
    static const char *const words[] = {"", "same", "differs"};
    static const enum mark marks[] = {MARK_NONE, MARK_GOOD, MARK_BAD};

    report_text(r, words[finding]);
    report_mark(r, marks[finding]);
}

static void
member_row(struct report *r, const struct cluster_view *view, const struct member_hash *h)
{
    const struct member_view *m = h->member;

    report_row(r);
    report_text(r, view_member_label(r->mem, view, m->member.id));
    report_id(r, m->member.id);
    report_text(r, m->endpoint != NULL ? m->endpoint : "");
    if (m->known)
        report_text(r, m->status.version);
    else
        report_unknown(r, h->unknown_because);
    if (h->known) {
        report_u64(r, h->hash);
        report_i64(r, h->compact_revision);
    } else {
        report_unknown(r, h->unknown_because);
        report_unknown(r, h->unknown_because);
    }
    finding_cell(r, h->ret_finding);
}

/* What to do about it. */
static void
remedy_note(struct app *app, struct report *r, const struct corruption_check *c)
{
    const char *cluster = option_text(&app->options, "cluster");

    for (size_t i = 0; i < c->view.member_count; i++)
        if (c->hashes[i].ret_finding == HASH_FINDING_ODD)
            report_note(
                r,
                "Back up a member with the right data ('quorate backup now'), then: quorate member "
                "replace --cluster %s %s",
                cluster != NULL && cluster[0] != '\0' ? cluster : "NAME",
                view_member_label(r->mem, &c->view, c->hashes[i].member->member.id));
}

static bool
corruption_report(struct app *app, struct report *report, struct error *e)
{
    const struct etcd_options *options;
    struct corruption_check check;
    struct operation_face face;
    bool ok;

    if (!app_etcd_options(app, &options, e))
        return false;
    operation_face_begin(&face, app);
    ok = corruption_check(app->mem, options, &face.observer, &check, e);
    operation_face_end(&face);
    if (!ok)
        return false;
    report_init(report, app->mem, "members");
    report_title(report, "Cluster %llx, revision %lld", (unsigned long long)check.view.cluster_id,
                 (long long)check.revision);
    columns_add(report);
    for (size_t i = 0; i < check.view.member_count; i++)
        member_row(report, &check.view, &check.hashes[i]);
    remedy_note(app, report, &check);
    report_judgement(report, &check.judgement);
    app->exit_code = (int)check.judgement.verdict;
    return true;
}

const struct command command_check_corruption = {
    .name = "check corruption",
    .summary = "Compare the data of all members, and name the one that differs",
    .family = FAMILY_STATUS,
    .needs = NEEDS_ENDPOINTS,
    .report = corruption_report,
    .example = "quorate check corruption --cluster lab:demo\n"
               "quorate check corruption --endpoints 127.0.0.1:2379 -w json",
    .description = "Asks one member after the other for its HashKV, all at a revision that all of "
                   "them have. Writers "
                   "go on; a member that hashes is slow meanwhile (some 0.3 s for a gigabyte). A "
                   "member with another "
                   "hash than more than half of the voters has other data. Without such a majority "
                   "it cannot be told "
                   "who is right.\n\n"
                   "The exit code is 0 when all have the same, 1 when it is not known of all, 2 "
                   "when one differs.",
};
