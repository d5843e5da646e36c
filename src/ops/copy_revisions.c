#include "ops/copy_revisions.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/number.h"

enum { RANGES_A_MARK = 50 };

bool
copy_revisions_parse(struct arena *mem, const char *text, struct copy_revisions *r, struct error *e)
{
    while (*text != '\0') {
        size_t size = strcspn(text, ",");
        char *range = arena_printf(mem, "%.*s", (int)size, text);
        char *dash = strchr(range, '-');
        struct copy_revision_range one;

        if (dash == NULL)
            return error_set(e, ERROR_FORMAT, "'%s' is no range of revisions", range);
        *dash = '\0';
        if (!number_parse_i64(range, &one.first, e) || !number_parse_i64(dash + 1, &one.last, e))
            return error_wrap(e, "revisions");
        *ARRAY_PUSH(mem, &r->ranges) = one;
        text += size + (text[size] == ',');
    }
    return true;
}

bool
copy_revisions_load(struct plan *plan, const char *prefix, struct copy_revisions *ret_revisions,
                    struct error *e)
{
    struct copy_revisions r = {.ranges = ARRAY_INIT};

    for (unsigned i = 0;; i++) {
        const char *text = plan_mark_get(plan, arena_printf(plan->mem, "%s-%u", prefix, i));

        if (text == NULL)
            break;
        if (!copy_revisions_parse(plan->mem, text, &r, e))
            return error_wrap(e, "mark '%s-%u'", prefix, i);
    }
    *ret_revisions = r;
    return true;
}

bool
copy_revisions_has(const struct copy_revisions *r, int64_t revision)
{
    size_t low = 0;
    size_t high = r->ranges.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (r->ranges.items[middle].last < revision)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->ranges.count && r->ranges.items[low].first <= revision;
}

void
copy_revisions_add(struct arena *mem, struct copy_revisions *r, int64_t revision)
{
    size_t at = r->ranges.count;

    if (copy_revisions_has(r, revision))
        return;
    if (at > 0 && r->ranges.items[at - 1].last + 1 == revision) {
        r->ranges.items[at - 1].last = revision;
        return;
    }
    (void)ARRAY_PUSH(mem, &r->ranges);
    for (; at > 0 && r->ranges.items[at - 1].first > revision; at--)
        r->ranges.items[at] = r->ranges.items[at - 1];
    r->ranges.items[at] = (struct copy_revision_range){revision, revision};
}

bool
copy_revisions_save(struct plan *plan, const char *prefix, const struct copy_revisions *r,
                    struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF text = BUF_INIT;
    size_t mark = r->ranges.count > 0 ? (r->ranges.count - 1) / RANGES_A_MARK : 0;

    for (size_t i = mark * RANGES_A_MARK; i < r->ranges.count; i++)
        buf_printf(&text, "%s%" PRId64 "-%" PRId64, text.size > 0 ? "," : "",
                   r->ranges.items[i].first, r->ranges.items[i].last);
    return plan_mark(plan, arena_printf(&tmp, "%s-%zu", prefix, mark), buf_text(&text), e);
}
