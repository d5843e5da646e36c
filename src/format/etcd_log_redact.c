#include "format/etcd_log_redact.h"

#include <string.h>

#include "base/buf.h"
#include "base/json_writer.h"
#include "format/etcd_log.h"

#define LEFT_OUT "(left out)"

/* Fields whose text is nobody's data. Source: what etcd 3.4 to 3.7 passes to zap.String and its like, but for requests
 * ("request", "response", "request content", "prefix", "key", ...), settings ("args") and tokens. */
static const char *const harmless[] = {
    "level",
    "ts",
    "logger",
    "caller",
    "msg",
    "error",
    "took",
    "time spent",
    "start time",
    "expected-duration",
    "exceeded-duration",
    "heartbeat-interval",
    "election-timeout",
    "duration",
    "rtt",
    "clock-drift",
    "from",
    "to",
    "remote",
    "local-member-id",
    "remote-peer-id",
    "remote-peer-name",
    "remote-peer-cluster-id",
    "local-member-cluster-id",
    "remote-addr",
    "remote-peer-urls",
    "peer-id",
    "cluster-id",
    "address",
    "endpoint",
    "path",
    "data-dir",
    "name",
    "alarm",
    "etcd-version",
    "server-version",
    "cluster-version",
    "go-version",
    "go-os",
    "go-arch",
    "git-sha",
    "signal",
    "stream-reader-type",
    "stream-writer-type",
    "round-tripper-name",
    "server-name",
    "suffix",
    "revision",
    "method",
    "response type",
};

static bool
is_harmless(const char *key)
{
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        if (strcmp(key, harmless[i]) == 0)
            return true;
    }
    return false;
}

struct redaction {
    struct arena *mem;
    struct json_writer writer;
};

static bool
field_write(void *context, const char *key, const struct json *value, struct error *e)
{
    struct redaction *r = context;
    enum json_kind kind = json_kind_of(value);
    bool shown = kind == JSON_TEXT ? is_harmless(key) : kind != JSON_ARRAY && kind != JSON_OBJECT;

    (void)e;
    json_key(&r->writer, key);
    if (shown)
        json_raw(&r->writer, json_print(r->mem, value));
    else
        json_text(&r->writer, LEFT_OUT);
    return true;
}

static const char *
fields_redacted(struct arena *mem, const struct json *fields)
{
    AUTO_BUF text = BUF_INIT;
    struct redaction r = {.mem = mem};
    struct error ignored = ERROR_INIT;

    json_writer_init(&r.writer, &text, 0);
    json_object_begin(&r.writer);
    (void)!json_each(fields, field_write, &r, &ignored);
    json_object_end(&r.writer);
    return arena_text(mem, buf_text(&text));
}

/* capnslog quotes what a request was about, and all of its answer. */
static const char *
text_redacted(struct arena *mem, const char *line)
{
    const char *first = strchr(line, '"');
    const char *last = strrchr(line, '"');

    if (first == NULL)
        return line;
    return arena_printf(mem, "%.*s" LEFT_OUT "%s", (int)(first - line), line, last + 1);
}

static bool
is_trace(const char *line)
{
    return strncmp(line, "goroutine ", strlen("goroutine ")) == 0 ||
           (line[0] == '\t' && strstr(line, ".go:") != NULL);
}

const char *
etcd_log_redacted(struct arena *mem, const char *line)
{
    struct etcd_log_line read;

    if (!etcd_log_line_read(mem, line, &read))
        return is_trace(line) ? line : NULL;
    if (read.fields == NULL)
        return text_redacted(mem, line);
    if (line[0] == '{')
        return fields_redacted(mem, read.fields);
    return arena_printf(mem, "%.*s%s", (int)strcspn(line, "{"), line,
                        fields_redacted(mem, read.fields));
}
