/* Any bytes as a page of metrics: what is read lies within them, and its histograms are in order. */
#include "format/metrics_histogram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char name[] = "etcd_disk_wal_fsync_duration_seconds";
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct metrics page;
    struct histogram h;

    if (!metrics_parse(&mem, bytes_of(data, size), &page, &e))
        return 0;
    ASSERT(page.count <= METRICS_SAMPLES_MOST);
    for (size_t i = 0; i < page.count; i++) {
        ASSERT(page.items[i].name.size > 0);
        ASSERT(page.items[i].name.data >= data);
        ASSERT(page.items[i].name.data + page.items[i].name.size <= data + size);
        ASSERT(page.items[i].label_count <= METRIC_LABELS_MOST);
    }
    if (metrics_histogram(&mem, &page, name, NULL, BYTES_NONE, &h)) {
        ASSERT(h.bucket_count > 0 && h.bucket_count <= HISTOGRAM_BUCKETS_MOST);
        ASSERT(histogram_quantile(&h, 0.5) <= histogram_quantile(&h, 0.99));
    }
    return 0;
}
