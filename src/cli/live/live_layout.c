#include "cli/live/live_layout.h"

#include <string.h>

#include "cli/live/live_faces.h"

static const uint64_t *
ids_of(struct arena *mem, const struct member_view *const *members, size_t count)
{
    uint64_t *ids = arena_alloc(mem, count * sizeof(*ids));

    for (size_t i = 0; i < count; i++)
        ids[i] = members[i]->member.id;
    return ids;
}

/* The keys that work here, as many as there is room for; those that lead out of it come first. */
static void
foot(const struct live_picture *picture, struct page_lines *p)
{
    static const char *const of_table[] = {"q quit",  "? help",      "Enter member",
                                           "w why",   "s sort",      "r turn",
                                           "p pause", "+- interval", "Space look"};
    static const char *const of_faces[] = {"q back", "? help", "arrows scroll", "p pause"};
    const bool table = picture->state->face == LIVE_FACE_TABLE;
    const char *const *keys = table ? of_table : of_faces;
    size_t count =
        table ? sizeof(of_table) / sizeof(of_table[0]) : sizeof(of_faces) / sizeof(of_faces[0]);
    size_t left = p->width;

    page_line(p);
    for (size_t i = 0; i < count && strlen(keys[i]) <= left; i++) {
        page_partf(p, MARK_DIM, "%s  ", keys[i]);
        left -= strlen(keys[i]) + 2 < left ? strlen(keys[i]) + 2 : left;
    }
}

/*
 * The head, what fits of the body from 'first' on, and the foot, which is never left out. 'kept' lines of the body stay
 * where they are: headings.
 */
static void
compose(const struct live_picture *picture, const struct page_lines *head,
        const struct page_lines *body, size_t kept, size_t first, struct page_lines *page)
{
    size_t room = picture->height > 0 ? picture->height - 1 : 0;

    for (size_t i = 0; i < head->rows.count && room > 0; i++, room--)
        *page_line(page) = head->rows.items[i];
    for (size_t i = 0; i < kept && i < body->rows.count && room > 0; i++, room--)
        *page_line(page) = body->rows.items[i];
    for (size_t i = kept + first; i < body->rows.count && room > 0; i++, room--)
        *page_line(page) = body->rows.items[i];
    for (; room > 0; room--)
        page_line(page);
    foot(picture, page);
}

/* The first row to show, so that the selected one is on the screen. */
static size_t
table_first(size_t selected, size_t room)
{
    return selected < room ? 0 : selected - room + 1;
}

static void
face_lines(const struct live_picture *picture, const struct member_view *const *members,
           size_t selected, struct page_lines *body)
{
    switch (picture->state->face) {
    case LIVE_FACE_TABLE:
        if (picture->view != NULL)
            live_table(picture, members, selected, body);
        break;
    case LIVE_FACE_MEMBER:
        if (picture->view != NULL && picture->view->member_count > 0)
            live_member(picture, members[selected], body);
        break;
    case LIVE_FACE_WHY:
        live_why(picture, body);
        break;
    case LIVE_FACE_HELP:
        live_help(body);
        break;
    }
}

void
live_layout(const struct live_picture *picture, struct page_lines *page,
            struct live_shown *ret_shown)
{
    const struct page_lines empty = {
        .mem = page->mem, .width = picture->width, .utf8 = picture->utf8};
    const bool table = picture->state->face == LIVE_FACE_TABLE;
    const struct member_view **members = live_members_sorted(picture, page->mem);
    struct page_lines head = empty, body = empty;
    size_t count = picture->view != NULL ? picture->view->member_count : 0;
    size_t selected, taken, room, scroll;

    *ret_shown = (struct live_shown){.ids = ids_of(page->mem, members, count), .row_count = count};
    selected = live_selected_row(picture->state, ret_shown);
    live_head(picture, &head);
    face_lines(picture, members, selected, &body);
    taken = head.rows.count + table + 1;
    room = picture->height > taken ? picture->height - taken : 1;
    ret_shown->page_lines = room;
    ret_shown->scroll_most = body.rows.count > room ? body.rows.count - room : 0;
    scroll = picture->state->scroll < ret_shown->scroll_most ? picture->state->scroll
                                                             : ret_shown->scroll_most;
    *page = empty;
    compose(picture, &head, &body, table, table ? table_first(selected, room) : scroll, page);
}
