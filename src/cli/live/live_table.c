/* The live view's table: which member stands where, and its cells. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/live/live_faces.h"
#include "cli/status_members.h"
#include "cli/text.h"

void
live_row_of(const struct live_picture *picture, struct arena *mem, const struct member_view *m,
            struct live_row *ret_row)
{
    static const struct member_history none = {.pace = {NAN, NAN}};
    const struct member_history *history = history_member(picture->history, m->member.id);

    *ret_row = (struct live_row){
        .mem = mem,
        .view = picture->view,
        .member = m,
        .history = history != NULL ? history : &none,
        .days = picture->days,
        .label =
            text_visible(mem, view_member_label(mem, picture->view, m->member.id), picture->utf8),
        .utf8 = picture->utf8,
    };
}

/* --- sorting --- */

struct sortable {
    const struct member_view *member;
    const char *label;
    struct live_cell cell;
    bool by_text;
    bool reversed;
};

static int
numbers_compare(double a, double b)
{
    return (a > b) - (a < b);
}

static int
labels_compare(const struct sortable *a, const struct sortable *b)
{
    int order = strverscmp(a->label, b->label);

    return order != 0 ? order : (a->member->member.id > b->member->member.id) * 2 - 1;
}

/* What is not known comes last, whichever way the rest is turned. */
static int
sortables_compare(const void *left, const void *right)
{
    const struct sortable *a = left, *b = right;
    bool a_known = a->by_text || !isnan(a->cell.order);
    bool b_known = b->by_text || !isnan(b->cell.order);
    int order;

    if (a_known != b_known)
        return a_known ? -1 : 1;
    if (!a_known)
        return labels_compare(a, b);
    order = a->by_text ? strverscmp(a->cell.text, b->cell.text)
                       : numbers_compare(a->cell.order, b->cell.order);
    if (order == 0)
        return labels_compare(a, b);
    return a->reversed ? -order : order;
}

const struct member_view **
live_members_sorted(const struct live_picture *picture, struct arena *mem)
{
    const struct live_column *column = live_column_at(picture->state->sort);
    const size_t count = picture->view != NULL ? picture->view->member_count : 0;
    struct sortable *all = arena_alloc(mem, count * sizeof(*all));
    const struct member_view **members = arena_alloc(mem, count * sizeof(void *));

    for (size_t i = 0; i < count; i++) {
        struct live_row row;

        live_row_of(picture, mem, &picture->view->members[i], &row);
        all[i] = (struct sortable){.member = row.member,
                                   .label = row.label,
                                   .by_text = column->by_text,
                                   .reversed = picture->state->reversed};
        column->fill(&row, 0, &all[i].cell);
    }
    if (count > 1)
        qsort(all, count, sizeof(*all), sortables_compare);
    for (size_t i = 0; i < count; i++)
        members[i] = all[i].member;
    return members;
}

/* --- drawing --- */

static size_t
label_width(const struct live_picture *picture, struct arena *mem)
{
    size_t most = 0;

    for (size_t i = 0; i < picture->view->member_count; i++) {
        struct live_row row;

        live_row_of(picture, mem, &picture->view->members[i], &row);
        if (text_width(row.label) > most)
            most = text_width(row.label);
    }
    return most;
}

/* The sorted column's heading ends with '^', or with 'v' when it is turned, where there is room for it. */
static const char *
heading_text(const struct live_picture *picture, struct arena *mem, const struct live_column *c,
             size_t width)
{
    bool sorted = live_column_at(picture->state->sort) == c;

    if (!sorted || text_width(c->heading) + 1 > width)
        return c->heading;
    return arena_printf(mem, "%s%s", c->heading, picture->state->reversed ? "v" : "^");
}

static void
row_draw(const struct live_row *row, const struct live_choice *choice, struct page_lines *p)
{
    for (size_t i = 0; i < choice->count; i++) {
        const struct live_column *column = choice->columns[i];
        struct live_cell cell;

        column->fill(row, choice->widths[i], &cell);
        page_part(p, MARK_NONE, i > 0 ? "  " : "");
        page_part(p, cell.mark, page_fit(p->mem, cell.text, choice->widths[i], column->align));
    }
}

void
live_table(const struct live_picture *picture, const struct member_view *const *members,
           size_t selected, struct page_lines *p)
{
    struct live_choice choice;

    live_columns_choose(p->width, label_width(picture, p->mem),
                        members_have_certificates(picture->view), &choice);
    page_line(p)->heading = true;
    for (size_t i = 0; i < choice.count; i++) {
        const char *text = heading_text(picture, p->mem, choice.columns[i], choice.widths[i]);

        page_part(p, MARK_NONE, i > 0 ? "  " : "");
        page_part(p, MARK_NONE, page_fit(p->mem, text, choice.widths[i], choice.columns[i]->align));
    }
    for (size_t i = 0; i < picture->view->member_count; i++) {
        struct live_row row;

        live_row_of(picture, p->mem, members[i], &row);
        page_line(p)->selected = i == selected;
        row_draw(&row, &choice, p);
    }
}
