/* The list of free pages against the pages that were reached: every page is one or the other. */
#include <inttypes.h>

#include "base/cursor.h"
#include "format/bbolt/bbolt_checker.h"

/* The ids of a freelist page; a count of 0xffff says that the number stands in front of them. */
static bool
freelist_ids(const struct bbolt_page *page, struct cursor *ret_ids, struct bbolt_damage *d)
{
    struct cursor c = cursor_of(bytes_of(page->data, page->size));
    uint64_t count = page->count;
    bool complete = cursor_skip(&c, BBOLT_PAGE_HEADER_SIZE);

    if (complete && count > BBOLT_COUNT_MOST)
        complete = cursor_u64le(&c, &count);
    if (!complete || count > cursor_left(&c) / sizeof(uint64_t))
        return bbolt_damage_set(d, ((struct bbolt_place){page->id, page->offset}),
                                "%" PRIu64 " free pages do not fit into %zu bytes", count,
                                page->size);
    *ret_ids = cursor_of(bytes_of(c.at, (size_t)count * sizeof(uint64_t)));
    return true;
}

static void
free_id_check(struct checker *c, uint64_t *listed, uint64_t id, struct bbolt_place place)
{
    if (id < 2 || id >= c->db->pgid)
        FINDING(c, place, "free page %" PRIu64 ", but pages 2 to %" PRIu64 " are possible", id,
                c->db->pgid - 1);
    else if (page_bit_is_set(listed, id))
        FINDING(c, place, "page %" PRIu64 " is listed as free twice", id);
    else if (page_bit_is_set(c->used, id))
        FINDING(c, place, "page %" PRIu64 " is listed as free, but in use", id);
    if (id < c->db->pgid)
        (void)page_bit_set(listed, id);
}

static bool
is_lost(const struct checker *c, const uint64_t *listed, uint64_t id)
{
    return !page_bit_is_set(c->used, id) && !page_bit_is_set(listed, id);
}

/* Pages neither in use nor listed, told by their ranges. */
static void
lost_pages_check(struct checker *c, const uint64_t *listed)
{
    struct bbolt_place place;
    uint64_t end;

    for (uint64_t id = 2; id < c->db->pgid; id = end) {
        end = id + 1;
        if (!is_lost(c, listed, id))
            continue;
        while (end < c->db->pgid && is_lost(c, listed, end))
            end++;
        place = (struct bbolt_place){id, id * c->db->page_size};
        if (end == id + 1)
            FINDING(c, place, "the page is neither in use nor listed as free");
        else
            FINDING(c, place,
                    "pages %" PRIu64 " to %" PRIu64 " are neither in use nor listed as free", id,
                    end - 1);
    }
}

void
freelist_claim(struct checker *c, struct freelist *ret_list)
{
    struct bbolt_place place = bbolt_freelist_place(c->db);
    struct bbolt_damage damage;
    struct cursor ids;

    *ret_list = (struct freelist){.listed = false};
    if (c->db->freelist == BBOLT_FREELIST_NONE)
        return;
    if (!bbolt_page_load(c->db, c->db->freelist, place, &ret_list->page, &damage)) {
        checker_finding(c, &damage);
        return;
    }
    if (ret_list->page.flags != BBOLT_PAGE_FREELIST) {
        FINDING(c, place, "page %" PRIu64 " is no freelist page", ret_list->page.id);
        return;
    }
    (void)checker_claim(c, &ret_list->page, place);
    ret_list->listed = freelist_ids(&ret_list->page, &ids, &damage);
    if (ret_list->listed)
        ret_list->ids = bytes_of(ids.at, cursor_left(&ids));
    else
        checker_finding(c, &damage);
}

void
freelist_check(struct checker *c, const struct freelist *list)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bbolt_place place = {list->page.id, 0};
    struct cursor ids = cursor_of(list->ids);
    uint64_t *listed;
    uint64_t id;

    if (!list->listed)
        return;
    /* Not more than the file has pages: bbolt_open compared them. */
    listed = arena_zero(&tmp, (size_t)(c->db->pgid / 64 + 1) * sizeof(*listed));
    for (;;) {
        place.offset = list->page.offset + (uint64_t)(ids.at - list->page.data);
        if (!cursor_u64le(&ids, &id))
            break;
        free_id_check(c, listed, id, place);
    }
    lost_pages_check(c, listed);
}
