#include "ops/member_life.h"

#include <string.h>

#include "base/evidence.h"
#include "base/json.h"

enum {
    FAILURES_MOST = 4, /* looks at which a service had ended by itself, before it is given up */
    LOG_LINES = 40,
};

/* How much a line of a log says about why a server has ended: what systemd says of it is the least. */
static int
line_rank(const char *line)
{
    if (strstr(line, "\"level\":\"fatal\"") != NULL || strstr(line, " C | ") != NULL)
        return 2;
    return line[0] == '{' || strstr(line, " | ") != NULL ? 1 : 0;
}

/* The message of a line of etcd's log, and the error in it; of another line all. */
static const char *
line_message(struct arena *mem, const char *line)
{
    struct error ignored = ERROR_INIT;
    const struct json *doc;
    const char *msg, *error;

    if (line[0] != '{' || !json_parse(mem, bytes_of_text(line), &doc, &ignored) ||
        !json_get_text(mem, doc, "msg", &msg, &ignored))
        return line;
    return json_get_text(mem, doc, "error", &error, &ignored)
               ? arena_printf(mem, "%s: %s", msg, error)
               : msg;
}

/* The last of those lines that say the most; "" when there is none. */
static const char *
last_words(struct arena *mem, const char *log)
{
    char *rest = arena_text(mem, log);
    const char *best = "";
    int rank = 0;

    while (rest != NULL) {
        const char *line = strsep(&rest, "\n");

        if (line[0] == '\0' || line_rank(line) < rank)
            continue;
        best = line;
        rank = line_rank(line);
    }
    return line_message(mem, best);
}

const char *
member_last_words(struct arena *mem, const struct service *service)
{
    struct error ignored = ERROR_INIT;
    const char *log = "";

    return service_log_tail(mem, service, LOG_LINES, &log, &ignored) ? last_words(mem, log) : "";
}

static bool
start_failed(const struct service *service, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *said = member_last_words(&tmp, service);

    error_set_(e, ERROR_FAILED, 0, "member '%s' ends as soon as it is started%s%s", service->name,
               said[0] != '\0' ? ": " : "", said);
    evidence_begin(e, "member-ends");
    return error_hint(e, "the host's journal, or the pod's log, says more");
}

bool
member_life_check(const struct service *service, unsigned *failures, struct error *e)
{
    enum service_state state;

    if (!service_state(service, &state, e))
        return false;
    if (state != SERVICE_FAILED && state != SERVICE_IDLE)
        return true;
    return ++*failures < FAILURES_MOST || start_failed(service, e);
}

bool
member_life_start(const struct service *service, struct error *e)
{
    if (service_start(service, e))
        return true;
    if (!error_is_caused_by(e, "unit-failed"))
        return error_wrap(e, "start of member '%s'", service->name);
    error_clear(e);
    return start_failed(service, e);
}
