/*
 * Each page is judged once, when the first reference to it is followed; a bit a page remembers that.
 * So a loop, a second parent and an overlapping run are all the same finding, and no input can make
 * the walk longer than the file.
 */
#include "format/bbolt_check.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "base/cursor.h"
#include "format/bbolt_page.h"

struct checker {
    struct arena *mem;
    const struct bbolt *db;
    size_t most_findings;
    ARRAY(struct bbolt_finding) findings;
    uint64_t *used;   /* a bit a page: reached */
    uint64_t *listed; /* a bit a page: in the freelist; NULL without one */
    struct bbolt_check_report report;
};

/* The keys that a page may hold: from 'least' on, below 'limit'; an empty one is no bound. */
struct bounds {
    struct bytes least;
    struct bytes limit;
};

/* A branch page whose children are being walked. */
struct step {
    struct bbolt_page page;
    uint32_t index;
    uint32_t sound; /* elements that are good enough to follow */
    struct bounds bounds;
};

static bool
bit_is_set(const uint64_t *bits, uint64_t number)
{
    return (bits[number / 64] >> (number % 64) & 1) != 0;
}

static void
bit_set(uint64_t *bits, uint64_t number)
{
    bits[number / 64] |= (uint64_t)1 << (number % 64);
}

static void
finding_add(struct checker *c, const struct bbolt_damage *d)
{
    struct bbolt_finding *finding;

    c->report.found++;
    if (c->findings.count == c->most_findings)
        return;
    finding = ARRAY_PUSH(c->mem, &c->findings);
    finding->page = d->place.page;
    finding->offset = d->place.offset;
    finding->text = arena_printf(c->mem, "page %" PRIu64 ", byte %" PRIu64 ": %s", d->place.page,
                                 d->place.offset, d->text);
}

#define FINDING(c, place, ...)                                                                     \
    do {                                                                                           \
        struct bbolt_damage damage_;                                                               \
                                                                                                   \
        bbolt_damage_set_(&damage_, (place), __VA_ARGS__);                                         \
        finding_add((c), &damage_);                                                                \
    } while (0)

/* Marks a run as reached; stops, with a finding, at a page that was reached before. */
static bool
run_claim(struct checker *c, const struct bbolt_page *page, struct bbolt_place referrer)
{
    for (uint64_t id = page->id; id <= page->id + page->overflow; id++) {
        if (!bit_is_set(c->used, id)) {
            bit_set(c->used, id);
            continue;
        }
        if (id == page->id)
            FINDING(c, referrer, "refers to page %" PRIu64 ", which is in use already", id);
        else
            FINDING(c, ((struct bbolt_place){page->id, page->offset}),
                    "overflow page %" PRIu64 " is in use already", id);
        return false;
    }
    return true;
}

/* Loads a page of a tree and claims its run; false after a finding that leaves nothing to follow. */
static bool
node_enter(struct checker *c, uint64_t id, struct bbolt_place referrer, struct bbolt_page *ret_page)
{
    struct bbolt_damage damage;

    if (bbolt_page_load_node(c->db, id, referrer, ret_page, &damage))
        return run_claim(c, ret_page, referrer);
    finding_add(c, &damage);
    /* The page itself is bad: it is in use all the same. */
    if (id >= 2 && id < c->db->pgid)
        bit_set(c->used, id);
    return false;
}

static void
order_check(struct checker *c, const struct bbolt_page *page, uint32_t index, struct bytes key,
            struct bytes before, struct bytes least)
{
    char text[BBOLT_KEY_TEXT_SIZE];
    char other[BBOLT_KEY_TEXT_SIZE];

    if (before.size > 0 && bytes_compare(before, key) >= 0)
        FINDING(c, bbolt_page_place(page, index), "key %s is not greater than %s before it",
                bbolt_key_text(key, text), bbolt_key_text(before, other));
    else if (before.size == 0 && least.size > 0 && bytes_compare(key, least) < 0)
        FINDING(c, bbolt_page_place(page, index), "key %s is less than %s in the branch above",
                bbolt_key_text(key, text), bbolt_key_text(least, other));
}

/* The next child's key bounds all keys; the first that reaches it stands for those behind it. */
static bool
limit_check(struct checker *c, const struct bbolt_page *page, uint32_t index, struct bytes key,
            struct bytes limit)
{
    char text[BBOLT_KEY_TEXT_SIZE];
    char other[BBOLT_KEY_TEXT_SIZE];

    if (limit.size == 0 || bytes_compare(key, limit) < 0)
        return true;
    FINDING(c, bbolt_page_place(page, index),
            "key %s is not less than %s, the next in the branch above", bbolt_key_text(key, text),
            bbolt_key_text(limit, other));
    return false;
}

/*
 * Judges all elements of a page. Returns how many can be followed: data that lie over each other
 * end the page, because looking at the same bytes for each of 65,534 elements has no bound.
 */
static uint32_t
elements_check(struct checker *c, const struct bbolt_page *page, const struct bounds *bounds)
{
    const uint8_t *free = page->data;
    struct bytes before = BYTES_NONE;
    bool below_limit = true;
    struct bbolt_damage damage;
    struct bbolt_item item;

    for (uint32_t i = 0; i < BBOLT_PREFETCH_AHEAD; i++)
        bbolt_page_prefetch(c->db, page, i);
    for (uint32_t i = 0; i < page->count; i++) {
        if (page->flags == BBOLT_PAGE_LEAF)
            bbolt_page_prefetch(c->db, page, i + BBOLT_PREFETCH_AHEAD);
        if (!bbolt_page_item(page, i, &item, &damage)) {
            finding_add(c, &damage);
            continue;
        }
        if (item.key.data < free) {
            FINDING(c, bbolt_page_place(page, i), "element %u lies over the one before it", i);
            return i;
        }
        free = item.value.data + item.value.size;
        order_check(c, page, i, item.key, before, bounds->least);
        below_limit = below_limit && limit_check(c, page, i, item.key, bounds->limit);
        before = item.key;
    }
    return page->count;
}

/* What the tree's leaves hold: rows, or the buckets themselves. */
typedef void (*leaf_check)(struct checker *c, const struct bbolt_page *page, uint32_t sound);

static void
rows_check(struct checker *c, const struct bbolt_page *page, uint32_t sound)
{
    struct bbolt_damage ignored;
    struct bbolt_item item;
    char text[BBOLT_KEY_TEXT_SIZE];

    c->report.row_count += sound;
    for (uint32_t i = 0; i < sound; i++) {
        if (bbolt_page_item(page, i, &item, &ignored) && item.flags != 0)
            FINDING(c, bbolt_page_place(page, i),
                    "bucket %s stands inside a bucket, which etcd never does",
                    bbolt_key_text(item.key, text));
    }
}

/* The bounds of child 'index': from its own key to the next one's. */
static struct bounds
child_bounds(const struct step *step, const struct bbolt_item *item)
{
    struct bounds bounds = {item->key, step->bounds.limit};
    struct bbolt_damage ignored;
    struct bbolt_item next;

    if (step->index + 1 < step->sound &&
        bbolt_page_item(&step->page, step->index + 1, &next, &ignored))
        bounds.limit = next.key;
    return bounds;
}

/* Judges a page; a branch goes on the path, for its children to be walked. */
static unsigned
node_check(struct checker *c, const struct bbolt_page *page, struct bounds bounds,
           struct step *path, unsigned depth, leaf_check check)
{
    uint32_t sound = elements_check(c, page, &bounds);

    if (page->flags == BBOLT_PAGE_LEAF) {
        check(c, page, sound);
        return depth;
    }
    if (depth == BBOLT_DEPTH_MOST) {
        FINDING(c, ((struct bbolt_place){page->id, page->offset}),
                "the tree has more than %d levels", BBOLT_DEPTH_MOST);
        return depth;
    }
    path[depth] = (struct step){*page, 0, sound, bounds};
    return depth + 1;
}

static void
tree_check(struct checker *c, uint64_t root, struct bbolt_place referrer, leaf_check check)
{
    struct step path[BBOLT_DEPTH_MOST];
    unsigned depth = 0;
    struct bounds bounds = {BYTES_NONE, BYTES_NONE};
    struct bbolt_damage ignored;
    struct bbolt_page page;

    if (node_enter(c, root, referrer, &page))
        depth = node_check(c, &page, bounds, path, 0, check);
    while (depth > 0) {
        struct step *step = &path[depth - 1];
        struct bbolt_place place = bbolt_page_place(&step->page, step->index);
        struct bbolt_item item;

        if (step->index == step->sound) {
            depth--;
            continue;
        }
        bbolt_page_prefetch(c->db, &step->page, step->index + BBOLT_PREFETCH_AHEAD);
        if (bbolt_page_item(&step->page, step->index, &item, &ignored)) {
            bounds = child_bounds(step, &item);
            step->index++;
            if (node_enter(c, item.child, place, &page))
                depth = node_check(c, &page, bounds, path, depth, check);
        } else {
            step->index++; /* told already */
        }
    }
}

static void
bucket_check(struct checker *c, const struct bbolt_bucket *bucket)
{
    const struct bounds none = {BYTES_NONE, BYTES_NONE};
    struct bbolt_damage damage;
    struct bbolt_page page;

    c->report.bucket_count++;
    if (bucket->root != 0)
        tree_check(c, bucket->root, (struct bbolt_place){bucket->page, bucket->offset}, rows_check);
    else if (bbolt_page_load_inline(bucket, &page, &damage))
        rows_check(c, &page, elements_check(c, &page, &none));
    else
        finding_add(c, &damage);
}

static void
buckets_check(struct checker *c, const struct bbolt_page *page, uint32_t sound)
{
    struct bbolt_damage damage;
    struct bbolt_bucket bucket;
    struct bbolt_item item;

    for (uint32_t i = 0; i < sound; i++) {
        if (!bbolt_page_item(page, i, &item, &damage))
            continue;
        if (bbolt_page_bucket(c->db, page, i, &item, &bucket, &damage))
            bucket_check(c, &bucket);
        else
            finding_add(c, &damage);
    }
}

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
free_id_check(struct checker *c, uint64_t id, struct bbolt_place place)
{
    if (id < 2 || id >= c->db->pgid)
        FINDING(c, place, "free page %" PRIu64 ", but pages 2 to %" PRIu64 " are possible", id,
                c->db->pgid - 1);
    else if (bit_is_set(c->listed, id))
        FINDING(c, place, "page %" PRIu64 " is listed as free twice", id);
    else if (bit_is_set(c->used, id))
        FINDING(c, place, "page %" PRIu64 " is listed as free, but in use", id);
    if (id < c->db->pgid)
        bit_set(c->listed, id);
}

/* Pages neither in use nor listed, told by their ranges. */
static void
lost_pages_check(struct checker *c)
{
    struct bbolt_place place;
    uint64_t end;

    for (uint64_t id = 2; id < c->db->pgid; id = end) {
        end = id + 1;
        if (bit_is_set(c->used, id) || bit_is_set(c->listed, id))
            continue;
        while (end < c->db->pgid && !bit_is_set(c->used, end) && !bit_is_set(c->listed, end))
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

/* Claims the freelist's own run; false when there is none to compare with. */
static bool
freelist_enter(struct checker *c, struct cursor *ret_ids, struct bbolt_page *ret_page)
{
    struct bbolt_place place = bbolt_freelist_place(c->db);
    struct bbolt_damage damage;

    if (c->db->freelist == BBOLT_FREELIST_NONE)
        return false;
    if (!bbolt_page_load(c->db, c->db->freelist, place, ret_page, &damage)) {
        finding_add(c, &damage);
        return false;
    }
    if (ret_page->flags != BBOLT_PAGE_FREELIST) {
        FINDING(c, place, "page %" PRIu64 " is no freelist page", ret_page->id);
        return false;
    }
    (void)run_claim(c, ret_page, place);
    if (freelist_ids(ret_page, ret_ids, &damage))
        return true;
    finding_add(c, &damage);
    return false;
}

static void
freelist_check(struct checker *c, struct cursor ids, const struct bbolt_page *page)
{
    const uint8_t *start = page->data;
    struct bbolt_place place = {page->id, 0};
    uint64_t id;

    for (;;) {
        place.offset = page->offset + (uint64_t)(ids.at - start);
        if (!cursor_u64le(&ids, &id))
            break;
        free_id_check(c, id, place);
    }
    lost_pages_check(c);
}

static uint64_t
bits_count(const uint64_t *bits, uint64_t words)
{
    uint64_t count = 0;

    for (uint64_t i = 0; i < words; i++)
        count += (uint64_t)__builtin_popcountll(bits[i]);
    return count;
}

static void
meta_headers_check(struct checker *c)
{
    struct bbolt_damage damage;

    for (unsigned id = 0; id < 2; id++) {
        bit_set(c->used, id);
        if (!bbolt_page_check_meta(c->db, id, &damage))
            finding_add(c, &damage);
    }
}

void
bbolt_check(struct arena *mem, const struct bbolt *db, size_t most_findings,
            struct bbolt_check_report *ret_report)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct checker c = {.mem = mem, .db = db, .most_findings = most_findings};
    /* Not more than the file has pages: bbolt_open compared them. */
    size_t words = (size_t)(db->pgid / 64 + 1);
    struct bbolt_page freelist;
    struct cursor ids;
    bool listed;

    c.used = arena_zero(&tmp, words * sizeof(*c.used));
    meta_headers_check(&c);
    listed = freelist_enter(&c, &ids, &freelist);
    tree_check(&c, db->root, bbolt_root_place(db), buckets_check);
    if (listed) {
        c.listed = arena_zero(&tmp, words * sizeof(*c.listed));
        freelist_check(&c, ids, &freelist);
    }
    c.report.reachable = bits_count(c.used, words);
    c.report.free = db->pgid - c.report.reachable;
    c.report.findings = c.findings.items;
    c.report.finding_count = c.findings.count;
    *ret_report = c.report;
}

bool
bbolt_check_sound(const struct bbolt *db, uint64_t *ret_reachable, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bbolt_check_report report;

    bbolt_check(&tmp, db, 1, &report);
    if (report.found > 0)
        return error_set(e, ERROR_CORRUPT, "'%s': %s (%" PRIu64 " %s in all)", db->name,
                         report.findings[0].text, report.found,
                         report.found == 1 ? "finding" : "findings");
    *ret_reachable = report.reachable;
    return true;
}
