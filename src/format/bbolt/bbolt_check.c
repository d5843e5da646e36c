/*
 * Buckets one after the other. A bucket whose tree is high may be split between threads: its topmost
 * pages are opened until there are enough subtrees, and each thread gets a row of neighbours. So the
 * rows of each part come in their order, and the parts do, too.
 */
#include "format/bbolt/bbolt_check.h"

#include <inttypes.h>

#include "base/thread.h"
#include "format/bbolt/bbolt_checker.h"

/* Subtrees for each thread, so that the parts are about equal; and elements of a page that may be
 * opened for that, which bounds the memory. */
enum { SUBTREES_WANTED = 16, OPEN_ELEMENTS_MOST = 1024 };

/* One thread's part of a bucket. */
struct worker {
    struct checker c;
    const struct subtree *trees;
    size_t count;
    struct thread thread;
};

struct walk {
    struct checker c; /* first: leaves of the root tree come with it alone */
    unsigned threads;
};

static void
worker_run(void *context)
{
    struct worker *w = context;

    for (size_t i = 0; i < w->count; i++)
        subtree_check(&w->c, &w->trees[i], NULL);
}

/* Whether its page may be opened to split it further. */
static bool
may_be_opened(const struct checker *c, const struct subtree *tree)
{
    struct bbolt_damage ignored;
    struct bbolt_page page;

    return bbolt_page_load_node(c->db, tree->page, tree->referrer, &page, &ignored) &&
           page.count <= OPEN_ELEMENTS_MOST;
}

/* Replaces each subtree by its children; false when there was none to open. */
static bool
level_open(struct checker *c, struct arena *mem, subtree_array *trees)
{
    subtree_array below = ARRAY_INIT;
    bool opened = false;

    for (size_t i = 0; i < trees->count; i++) {
        if (may_be_opened(c, &trees->items[i]) && subtree_open(c, mem, &trees->items[i], &below))
            opened = true;
        else
            *ARRAY_PUSH(mem, &below) = trees->items[i];
    }
    *trees = below;
    return opened;
}

static void
workers_start(struct walk *walk, struct worker *workers, const subtree_array *trees)
{
    size_t next = 0;

    for (unsigned i = 0; i < walk->threads; i++) {
        struct worker *w = &workers[i];
        size_t end = trees->count * (i + 1) / walk->threads;

        w->c = (struct checker){.db = walk->c.db,
                                .used = walk->c.used,
                                .visitor = walk->c.visitor,
                                .part = i,
                                .stop = walk->c.stop};
        w->trees = trees->items + next;
        w->count = end - next;
        next = end;
        if (i == 0 || !thread_start(&w->thread, worker_run, w))
            continue; /* workers_join does it */
    }
}

static void
workers_join(struct walk *walk, struct worker *workers)
{
    for (unsigned i = 0; i < walk->threads; i++) {
        if (!workers[i].thread.running)
            worker_run(&workers[i]);
    }
    for (unsigned i = 0; i < walk->threads; i++) {
        thread_join(&workers[i].thread);
        walk->c.report.found += workers[i].c.report.found;
        walk->c.report.out_of_order += workers[i].c.report.out_of_order;
        walk->c.report.row_count += workers[i].c.report.row_count;
    }
}

/* The findings of threads are only counted: whoever wants them asks again with one. */
static void
tree_split(struct walk *walk, const struct bbolt_bucket *bucket, const struct subtree *root)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct worker *workers = arena_zero(&tmp, walk->threads * sizeof(*workers));
    subtree_array trees = ARRAY_INIT;

    *ARRAY_PUSH(&tmp, &trees) = *root;
    while (trees.count < (size_t)walk->threads * SUBTREES_WANTED &&
           level_open(&walk->c, &tmp, &trees))
        continue;
    if (walk->c.visitor != NULL)
        walk->c.visitor->bucket(walk->c.visitor->context, bucket, walk->threads);
    workers_start(walk, workers, &trees);
    workers_join(walk, workers);
}

static void
bucket_check(struct walk *walk, const struct bbolt_bucket *bucket)
{
    const struct subtree root = {.page = bucket->root, .referrer = {bucket->page, bucket->offset}};
    struct checker *c = &walk->c;
    struct bbolt_damage damage;
    struct bbolt_page page;

    c->report.bucket_count++;
    if (bucket->root != 0 && walk->threads > 1) {
        tree_split(walk, bucket, &root);
        return;
    }
    if (c->visitor != NULL)
        c->visitor->bucket(c->visitor->context, bucket, 1);
    if (bucket->root != 0)
        subtree_check(c, &root, NULL);
    else if (bbolt_page_load_inline(bucket, &page, &damage))
        c->report.row_count += elements_check(c, &page, &root.bounds, NULL);
    else
        checker_finding(c, &damage);
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
            bucket_check((struct walk *)c, &bucket);
        else
            checker_finding(c, &damage);
    }
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
        (void)page_bit_set(c->used, id);
        if (!bbolt_page_check_meta(c->db, id, &damage))
            checker_finding(c, &damage);
    }
}

void
bbolt_check_visit(struct arena *mem, const struct bbolt *db,
                  const struct bbolt_check_options *options, struct bbolt_check_report *ret_report)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct walk walk = {.c = {.mem = mem,
                              .db = db,
                              .most_findings = options->most_findings,
                              .visitor = options->visitor,
                              .stop = options->stop},
                        .threads = options->threads};
    struct checker *c = &walk.c;
    /* Not more than the file has pages: bbolt_open compared them. */
    size_t words = (size_t)(db->pgid / 64 + 1);
    const struct subtree root = {.page = db->root, .referrer = bbolt_root_place(db)};
    struct freelist freelist;

    c->used = arena_zero(&tmp, words * sizeof(*c->used));
    meta_headers_check(c);
    freelist_claim(c, &freelist);
    subtree_check(c, &root, buckets_check);
    freelist_check(c, &freelist);
    c->report.reachable = bits_count(c->used, words);
    c->report.free = db->pgid - c->report.reachable;
    c->report.findings = c->findings.items;
    c->report.finding_count = c->findings.count;
    *ret_report = c->report;
}

void
bbolt_check(struct arena *mem, const struct bbolt *db, size_t most_findings,
            struct bbolt_check_report *ret_report)
{
    bbolt_check_visit(mem, db, &(struct bbolt_check_options){.most_findings = most_findings},
                      ret_report);
}

bool
bbolt_check_error(const struct bbolt *db, const struct bbolt_check_report *report, struct error *e)
{
    return error_set(e, ERROR_CORRUPT, "'%s': %s (%" PRIu64 " %s in all)", db->name,
                     report->findings[0].text, report->found,
                     report->found == 1 ? "finding" : "findings");
}

bool
bbolt_check_sound(const struct bbolt *db, uint64_t *ret_reachable, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bbolt_check_report report;

    bbolt_check(&tmp, db, 1, &report);
    if (report.found > 0)
        return bbolt_check_error(db, &report, e);
    *ret_reachable = report.reachable;
    return true;
}
