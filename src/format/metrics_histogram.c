#include "format/metrics_histogram.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

struct building {
    struct histogram_bucket buckets[HISTOGRAM_BUCKETS_MOST];
    size_t count;
};

static bool
bound_read(struct bytes text, double *ret_bound)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;

    if (bytes_equal_text(text, "+Inf")) {
        *ret_bound = INFINITY;
        return true;
    }
    return text.size < 64 && memchr(text.data, '\0', text.size) == NULL &&
           number_parse_f64(arena_text_of_bytes(&tmp, text), ret_bound, &ignored);
}

/* Adds to the bucket of that bound, which is made where there is none. */
static bool
bucket_add(struct building *b, double bound, double count)
{
    size_t at = 0;

    while (at < b->count && b->buckets[at].bound < bound)
        at++;
    if (at == b->count || b->buckets[at].bound > bound) {
        if (b->count == HISTOGRAM_BUCKETS_MOST)
            return false;
        memmove(&b->buckets[at + 1], &b->buckets[at], (b->count - at) * sizeof(b->buckets[0]));
        b->buckets[at] = (struct histogram_bucket){.bound = bound};
        b->count++;
    }
    b->buckets[at].count += count;
    return true;
}

static bool
is_whole(const struct building *b)
{
    double before = 0;

    if (b->count == 0 || !isinf(b->buckets[b->count - 1].bound) ||
        b->buckets[b->count - 1].bound < 0)
        return false;
    for (size_t i = 0; i < b->count; i++) {
        if (!(b->buckets[i].count >= before) || !isfinite(b->buckets[i].count))
            return false;
        before = b->buckets[i].count;
    }
    return true;
}

static void
finish(struct arena *mem, const struct building *b, struct histogram *ret_histogram)
{
    struct histogram_bucket *kept = arena_alloc(mem, b->count * sizeof(*kept));

    memcpy(kept, b->buckets, b->count * sizeof(*kept));
    *ret_histogram = (struct histogram){
        .buckets = kept, .bucket_count = b->count, .count = kept[b->count - 1].count};
}

bool
metrics_histogram(struct arena *mem, const struct metrics *metrics, const char *name,
                  const char *label, struct bytes value, struct histogram *ret_histogram)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *full = arena_printf(&tmp, "%s_bucket", name);
    struct building *b = arena_zero(&tmp, sizeof(*b));

    for (const struct metric *m = metrics_next(metrics, full, NULL); m != NULL;
         m = metrics_next(metrics, full, m)) {
        struct bytes text;
        double bound;

        if (label != NULL && (!metric_label(m, label, &text) || !bytes_equal(text, value)))
            continue;
        if (!metric_label(m, "le", &text) || !bound_read(text, &bound) ||
            !bucket_add(b, bound, m->value))
            return false;
    }
    if (!is_whole(b))
        return false;
    finish(mem, b, ret_histogram);
    return true;
}

bool
histogram_since(struct arena *mem, const struct histogram *now, const struct histogram *before,
                struct histogram *ret_histogram)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct building *b = arena_zero(&tmp, sizeof(*b));

    if (now->bucket_count != before->bucket_count)
        return false;
    for (size_t i = 0; i < now->bucket_count; i++) {
        const struct histogram_bucket *a = &now->buckets[i];
        const struct histogram_bucket *z = &before->buckets[i];
        bool same = a->bound == z->bound || (isinf(a->bound) && isinf(z->bound));

        if (!same)
            return false;
        b->buckets[b->count++] = (struct histogram_bucket){a->bound, a->count - z->count};
    }
    if (!is_whole(b))
        return false;
    finish(mem, b, ret_histogram);
    return true;
}

double
histogram_quantile(const struct histogram *h, double q)
{
    double wanted = q * h->count;
    double below, from;
    size_t i = 0;

    if (!(h->count > 0))
        return 0;
    while (i + 1 < h->bucket_count && h->buckets[i].count < wanted)
        i++;
    if (i + 1 == h->bucket_count)
        return i > 0 ? h->buckets[i - 1].bound : 0;
    from = i > 0 ? h->buckets[i - 1].bound : fmin(0, h->buckets[0].bound);
    below = i > 0 ? h->buckets[i - 1].count : 0;
    if (!(h->buckets[i].count > below))
        return h->buckets[i].bound;
    return from + (h->buckets[i].bound - from) * (wanted - below) / (h->buckets[i].count - below);
}
