/* A cluster's members as 'status' reports them: the table, in JSON all of it, and the verdict. */
#ifndef QUORATE_CLI_STATUS_MEMBERS_H
#define QUORATE_CLI_STATUS_MEMBERS_H

#include "cli/report.h"
#include "cluster/rules.h"

const char *member_role_word(const struct cluster_view *view, const struct member_view *m);
/* "NOSPACE", "NOSPACE,CORRUPT", "". In 'mem'. */
const char *member_alarms_text(struct arena *mem, const struct cluster_view *view, uint64_t id);
/* Whole days until the member's certificate ends, at the time of the view. False: it showed none. */
bool member_certificate_days(const struct cluster_view *view, const struct member_view *m,
                             int64_t *ret_days);
/* What so many days are a sign of. */
enum mark certificate_mark(int64_t days_left, struct judge_days days);
bool members_have_certificates(const struct cluster_view *view);

/* Fills an empty report. */
void status_members_report(struct report *r, struct arena *mem, const struct cluster_view *view,
                           const struct judgement *judgement, struct judge_days days);

#endif
