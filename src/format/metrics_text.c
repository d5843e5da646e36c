#include "format/metrics_text.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

enum { NUMBER_MOST = 64 }; /* bytes; Go writes some 24 at most */

/* What is left of one line, which holds no line end. */
struct line {
    const uint8_t *at;
    const uint8_t *end;
    size_t number;
};

static bool
is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void
blanks_skip(struct line *line)
{
    while (line->at < line->end && (*line->at == ' ' || *line->at == '\t'))
        line->at++;
}

static bool
take(struct line *line, uint8_t wanted)
{
    if (line->at == line->end || *line->at != wanted)
        return false;
    line->at++;
    return true;
}

/* A colon may be in the names of samples, not in labels'. */
static bool
name_take(struct line *line, bool colons, struct bytes *ret_name)
{
    const uint8_t *from = line->at;

    while (line->at < line->end && (is_letter(*line->at) || (colons && *line->at == ':') ||
                                    (line->at > from && *line->at >= '0' && *line->at <= '9')))
        line->at++;
    *ret_name = bytes_of(from, (size_t)(line->at - from));
    return line->at > from;
}

static struct bytes
unescape(struct arena *mem, struct bytes raw)
{
    uint8_t *text;
    size_t size = 0;

    if (memchr(raw.data, '\\', raw.size) == NULL)
        return raw;
    text = arena_alloc(mem, raw.size);
    for (size_t i = 0; i < raw.size; i++) {
        uint8_t c = raw.data[i];

        if (c == '\\' && i + 1 < raw.size) {
            c = raw.data[++i];
            if (c == 'n')
                c = '\n';
            else if (c != '\\' && c != '"')
                text[size++] = '\\'; /* no escape: both bytes count */
        }
        text[size++] = c;
    }
    return bytes_of(text, size);
}

static bool
quoted_take(struct arena *mem, struct line *line, struct bytes *ret_value)
{
    const uint8_t *from;

    if (!take(line, '"'))
        return false;
    from = line->at;
    while (line->at < line->end && *line->at != '"')
        line->at += *line->at == '\\' && line->end - line->at > 1 ? 2 : 1;
    *ret_value = unescape(mem, bytes_of(from, (size_t)(line->at - from)));
    return take(line, '"');
}

static bool
broken(const struct line *line, const char *what, struct error *e)
{
    return error_set(e, ERROR_FORMAT, "metrics, line %zu: %s", line->number, what);
}

static bool
labels_take(struct arena *mem, struct line *line, struct metric *metric, struct error *e)
{
    struct metric_label labels[METRIC_LABELS_MOST];
    struct metric_label *kept;
    size_t count = 0;

    for (blanks_skip(line); !take(line, '}'); blanks_skip(line)) {
        if (count == METRIC_LABELS_MOST)
            return error_set(e, ERROR_LIMIT, "metrics, line %zu: more than %d labels", line->number,
                             METRIC_LABELS_MOST);
        if (!name_take(line, false, &labels[count].name))
            return broken(line, "a label has no name", e);
        blanks_skip(line);
        if (!take(line, '='))
            return broken(line, "a label has no value", e);
        blanks_skip(line);
        if (!quoted_take(mem, line, &labels[count].value))
            return broken(line, "a label's value is not quoted to its end", e);
        count++;
        blanks_skip(line);
        if (!take(line, ',') && (line->at == line->end || *line->at != '}'))
            return broken(line, "its labels have no end", e);
    }
    kept = arena_alloc(mem, count * sizeof(*kept));
    memcpy(kept, labels, count * sizeof(*kept));
    metric->labels = kept;
    metric->label_count = count;
    return true;
}

static bool
special_value(struct bytes word, double *ret_value)
{
    static const struct {
        const char *word;
        double value;
    } specials[] = {{"NaN", NAN}, {"+Inf", INFINITY}, {"Inf", INFINITY}, {"-Inf", -INFINITY}};

    for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
        if (bytes_equal_text(word, specials[i].word)) {
            *ret_value = specials[i].value;
            return true;
        }
    }
    return false;
}

static bool
value_read(struct bytes word, double *ret_value)
{
    struct error ignored = ERROR_INIT;
    char text[NUMBER_MOST];

    if (special_value(word, ret_value))
        return true;
    if (word.size == 0 || word.size >= sizeof(text))
        return false;
    memcpy(text, word.data, word.size);
    text[word.size] = '\0';
    return strlen(text) == word.size && number_parse_f64(text, ret_value, &ignored);
}

static struct bytes
word_take(struct line *line)
{
    const uint8_t *from;

    blanks_skip(line);
    from = line->at;
    while (line->at < line->end && *line->at != ' ' && *line->at != '\t' && *line->at != '\r')
        line->at++;
    return bytes_of(from, (size_t)(line->at - from));
}

static bool
sample_read(struct arena *mem, struct line *line, struct metric *ret_metric, struct error *e)
{
    struct metric metric = {.labels = NULL};

    if (!name_take(line, true, &metric.name))
        return broken(line, "it begins with no name", e);
    blanks_skip(line);
    if (take(line, '{') && !labels_take(mem, line, &metric, e))
        return false;
    if (!value_read(word_take(line), &metric.value))
        return broken(line, "its value is no number", e);
    *ret_metric = metric;
    return true;
}

bool
metrics_parse(struct arena *mem, struct bytes text, struct metrics *ret_metrics, struct error *e)
{
    struct metrics metrics = {NULL, 0, 0};
    const uint8_t *at = text.data;
    size_t left = text.size;

    for (size_t number = 1; left > 0; number++) {
        const uint8_t *stop = memchr(at, '\n', left);
        size_t size = stop != NULL ? (size_t)(stop - at) : left;
        struct line line = {at, at + size, number};
        struct metric metric;

        left -= stop != NULL ? size + 1 : size;
        at += stop != NULL ? size + 1 : size;
        blanks_skip(&line);
        if (line.at == line.end || *line.at == '#' || *line.at == '\r')
            continue;
        if (metrics.count == METRICS_SAMPLES_MOST)
            return error_set(e, ERROR_LIMIT, "metrics: more than %d samples", METRICS_SAMPLES_MOST);
        if (!sample_read(mem, &line, &metric, e))
            return false;
        *ARRAY_PUSH(mem, &metrics) = metric;
    }
    *ret_metrics = metrics;
    return true;
}

const struct metric *
metrics_next(const struct metrics *metrics, const char *name, const struct metric *after)
{
    size_t i = after != NULL ? (size_t)(after - metrics->items) + 1 : 0;

    for (; i < metrics->count; i++) {
        if (bytes_equal_text(metrics->items[i].name, name))
            return &metrics->items[i];
    }
    return NULL;
}

bool
metric_label(const struct metric *metric, const char *name, struct bytes *ret_value)
{
    for (size_t i = 0; i < metric->label_count; i++) {
        if (bytes_equal_text(metric->labels[i].name, name)) {
            *ret_value = metric->labels[i].value;
            return true;
        }
    }
    return false;
}

bool
metrics_sum(const struct metrics *metrics, const char *name, double *ret_sum)
{
    const struct metric *m = metrics_next(metrics, name, NULL);

    if (m == NULL)
        return false;
    *ret_sum = 0;
    for (; m != NULL; m = metrics_next(metrics, name, m))
        *ret_sum += m->value;
    return true;
}
