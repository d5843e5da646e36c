/* The other faces of the live view: all of one member, all that the verdict rests on, the keys. */
#include <inttypes.h>
#include <math.h>

#include "base/time.h"
#include "cli/live/live_faces.h"
#include "cli/live/live_spark.h"
#include "cli/report_judgement.h"
#include "cli/status_members.h"
#include "cli/text.h"

enum { LABEL_WIDTH = 20, LATEST_WIDTH = 12 };

static void
field(struct page_lines *p, const char *label, enum mark mark, const char *text)
{
    page_wrapped(p, mark, LABEL_WIDTH,
                 arena_printf(p->mem, "%-*s%s", LABEL_WIDTH, label, text[0] != '\0' ? text : "-"));
}

static void
texts(struct page_lines *p, const char *label, const char *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        field(p, i == 0 ? label : "", MARK_NONE, text_visible(p->mem, items[i], p->utf8));
}

static const char *
u64_text(struct arena *mem, uint64_t value)
{
    return arena_printf(mem, "%" PRIu64, value);
}

/* The last value and, as far as there is room, those before it. */
static void
series_field(struct page_lines *p, const char *label, const struct series *s, const char *latest)
{
    size_t left = p->width > LABEL_WIDTH + LATEST_WIDTH ? p->width - LABEL_WIDTH - LATEST_WIDTH : 0;

    page_line(p);
    page_partf(p, MARK_NONE, "%-*s%-*s", LABEL_WIDTH, label, LATEST_WIDTH, latest);
    page_part(p, MARK_GOOD,
              live_spark(p->mem, s, left > LIVE_SPARK_MOST ? LIVE_SPARK_MOST : left, p->utf8));
}

static void
rates(const struct live_row *row, struct page_lines *p)
{
    const struct member_history *h = row->history;

    series_field(p, "Latency", &h->latency_ms, live_ms_text(p->mem, series_at(&h->latency_ms, 0)));
    series_field(p, "Applied", &h->applied_per_s,
                 live_rate_text(p->mem, series_at(&h->applied_per_s, 0)));
    series_field(p, "Growth", &h->growth_per_s,
                 live_growth_text(p->mem, series_at(&h->growth_per_s, 0)));
}

static void
sizes(const struct live_row *row, struct page_lines *p)
{
    const struct etcd_status *s = &row->member->status;
    double percent = live_quota_percent(row->member);

    field(p, "Database", MARK_NONE,
          arena_printf(p->mem, "%s, %s in use", size_human(p->mem, (uint64_t)s->db_size_bytes),
                       size_human(p->mem, (uint64_t)s->db_size_in_use_bytes)));
    if (!isnan(percent))
        field(p, "Quota", MARK_NONE,
              arena_printf(p->mem, "%s, %.1f %% of it taken",
                           size_human(p->mem, (uint64_t)s->db_size_quota_bytes), percent));
}

static void
versions(const struct live_row *row, struct page_lines *p)
{
    const struct etcd_status *s = &row->member->status;

    field(p, "Version", MARK_NONE, text_visible(p->mem, s->version, p->utf8));
    if (s->storage_version[0] != '\0')
        field(p, "Storage version", MARK_NONE, text_visible(p->mem, s->storage_version, p->utf8));
    if (s->downgrade_info.enabled)
        field(p, "Downgrade to", MARK_WARN,
              text_visible(p->mem, s->downgrade_info.target_version, p->utf8));
}

static void
raft(const struct live_row *row, struct page_lines *p)
{
    const struct etcd_status *s = &row->member->status;

    field(p, "Revision", MARK_NONE, arena_printf(p->mem, "%" PRId64, s->header.revision));
    field(p, "Raft term", MARK_NONE, u64_text(p->mem, s->raft_term));
    field(p, "Raft index", MARK_NONE,
          arena_printf(p->mem, "%" PRIu64 ", applied %" PRIu64 ", %" PRIu64 " behind",
                       s->raft_index, s->raft_applied_index, view_lag(row->view, row->member)));
    field(p, "Leader", MARK_NONE,
          s->leader == 0
              ? "knows none"
              : text_visible(p->mem, view_member_label(p->mem, row->view, s->leader), p->utf8));
}

static void
certificate(const struct live_row *row, struct page_lines *p)
{
    int64_t left;

    if (!member_certificate_days(row->view, row->member, &left))
        return;
    field(p, "Certificate ends", certificate_mark(left, row->days),
          arena_printf(p->mem, "%s, in %" PRId64 " days",
                       time_rfc3339(p->mem, row->member->certificate_end_s * 1000), left));
}

void
live_member(const struct live_picture *picture, const struct member_view *m, struct page_lines *p)
{
    struct member_health health = rule_member_health(picture->view, m);
    struct live_row row;

    live_row_of(picture, p->mem, m, &row);
    page_line(p)->heading = true;
    page_part(p, MARK_NONE, row.label);
    field(p, "Health", verdict_mark(health.verdict), health.word);
    if (!m->known)
        field(p, "Because", MARK_NONE, text_visible(p->mem, m->unknown_because.text, p->utf8));
    if (!m->known && m->unknown_because.hint[0] != '\0')
        field(p, "Try", MARK_NONE, text_visible(p->mem, m->unknown_because.hint, p->utf8));
    rates(&row, p);
    field(p, "Disk", MARK_NONE,
          arena_printf(p->mem, "99 of 100 syncs in %s, commits in %s",
                       live_ms_text(p->mem, row.history->pace.fsync_ms),
                       live_ms_text(p->mem, row.history->pace.commit_ms)));
    field(p, "Role", MARK_NONE, member_role_word(row.view, m));
    field(p, "Alarms", MARK_BAD, member_alarms_text(p->mem, row.view, m->member.id));
    if (m->known) {
        sizes(&row, p);
        versions(&row, p);
        raft(&row, p);
        certificate(&row, p);
        texts(p, "Errors", m->status.errors, m->status.error_count);
    }
    field(p, "Id", MARK_NONE, arena_printf(p->mem, "%" PRIx64, m->member.id));
    field(p, "Endpoint", MARK_NONE,
          m->endpoint != NULL ? text_visible(p->mem, m->endpoint, p->utf8) : "");
    texts(p, "Client URLs", m->member.client_urls, m->member.client_url_count);
    texts(p, "Peer URLs", m->member.peer_urls, m->member.peer_url_count);
}

static void
stray(const struct stray_endpoint *s, struct page_lines *p)
{
    const char *endpoint = text_visible(p->mem, s->endpoint, p->utf8);

    if (s->member_id == 0)
        page_wrapped(
            p, MARK_NONE, 2,
            arena_printf(p->mem, "%s: %s", endpoint, text_visible(p->mem, s->error.text, p->utf8)));
    else
        page_wrapped(p, MARK_NONE, 2,
                     arena_printf(p->mem, "%s is of member %" PRIx64 " of cluster %" PRIx64,
                                  endpoint, s->member_id, s->cluster_id));
}

void
live_remarks(const struct live_picture *picture, struct page_lines *p)
{
    for (size_t i = 0; i < picture->judgement->remarks.count; i++) {
        const struct remark *remark = &picture->judgement->remarks.items[i];

        page_wrapped(p, verdict_mark(remark->weight), 2,
                     arena_printf(p->mem, "%s: %s", verdict_word(remark->weight),
                                  text_visible(p->mem, remark->text, p->utf8)));
    }
}

void
live_why(const struct live_picture *picture, struct page_lines *p)
{
    page_line(p)->heading = true;
    page_part(p, MARK_NONE, "Why");
    if (picture->silence != NULL)
        page_wrapped(p, MARK_BAD, 2, text_visible(p->mem, picture->silence, p->utf8));
    if (picture->view == NULL)
        return;
    live_remarks(picture, p);
    if (picture->judgement->remarks.count == 0)
        page_wrapped(p, MARK_GOOD, 0, picture->judgement->summary);
    for (size_t i = 0; i < picture->view->stray_count; i++)
        stray(&picture->view->strays[i], p);
    page_line(p);
    page_wrapped(p, MARK_NONE, 0,
                 "'quorate doctor' looks further: figures, hosts, logs, and what mends it.");
}

void
live_help(struct page_lines *p)
{
    static const char *const keys[][2] = {
        {"Up Down k j", "select a member; Page Up, Page Down, Home, End"},
        {"Enter", "all of the selected member, and its errors in full; back"},
        {"w", "why: all that the verdict rests on; back"},
        {"s > <", "sort by the next column, or the one before"},
        {"r", "turn the order"},
        {"p", "pause: no more looks until p again"},
        {"Space", "look now"},
        {"+ -", "a longer, a shorter interval"},
        {"? h", "this help; back"},
        {"q Esc", "back; from the table: the end"},
    };

    page_line(p)->heading = true;
    page_part(p, MARK_NONE, "Keys");
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        page_wrapped(p, MARK_NONE, 14, arena_printf(p->mem, "%-14s%s", keys[i][0], keys[i][1]));
    page_line(p);
    page_line(p)->heading = true;
    page_part(p, MARK_NONE, "Columns, as many as the terminal has room for");
    for (size_t i = 0; live_column_at(i) != NULL; i++)
        page_wrapped(
            p, MARK_NONE, 18,
            arena_printf(p->mem, "%-18s%s", live_column_at(i)->heading, live_column_at(i)->about));
}
