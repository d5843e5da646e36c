#include "cluster/rules_lock.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/time.h"

enum { RECORD_FORMAT = 1, RECORD_MOST_BYTES = 64 * 1024 };

void
lock_record_encode(const struct lock_record *record, struct buf *ret_text)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct json_writer w;

    json_writer_init(&w, ret_text, 0);
    json_object_begin(&w);
    json_key_u64(&w, "format", RECORD_FORMAT);
    json_key_text(&w, "plan", record->plan);
    json_key_text(&w, "title", record->title);
    json_key_text(&w, "user", record->user);
    json_key_text(&w, "host", record->host);
    json_key_i64(&w, "pid", record->pid);
    json_key_text(&w, "since", time_rfc3339(&tmp, record->since_ms));
    json_key_text(&w, "bootId", record->boot_id);
    json_key_text(&w, "stateDir", record->state_dir);
    json_key_text(&w, "cluster", record->cluster);
    json_object_end(&w);
}

bool
lock_record_decode(struct arena *mem, struct bytes text, struct lock_record *ret_record,
                   struct error *e)
{
    const struct json *doc;
    const char *since;

    if (text.size > RECORD_MOST_BYTES)
        return error_set(e, ERROR_FORMAT, "a lock's record of %zu bytes", text.size);
    return (json_parse(mem, text, &doc, e) &&
            json_get_text(mem, doc, "plan", &ret_record->plan, e) &&
            json_get_text(mem, doc, "title", &ret_record->title, e) &&
            json_get_text(mem, doc, "user", &ret_record->user, e) &&
            json_get_text(mem, doc, "host", &ret_record->host, e) &&
            json_get_i64(doc, "pid", &ret_record->pid, e) &&
            json_get_text(mem, doc, "since", &since, e) &&
            json_get_text(mem, doc, "bootId", &ret_record->boot_id, e) &&
            json_get_text(mem, doc, "stateDir", &ret_record->state_dir, e) &&
            json_get_text(mem, doc, "cluster", &ret_record->cluster, e) &&
            time_parse_rfc3339(since, &ret_record->since_ms, e)) ||
           (e->code = ERROR_FORMAT, error_wrap(e, "a lock's record"));
}

const char *
lock_holder_text(struct arena *mem, const struct lock_facts *facts, int64_t now_ms)
{
    const struct lock_record *r = facts->record;
    int64_t age_ms;

    if (r == NULL)
        return "somebody who is not quorate, or a newer one";
    age_ms = now_ms - r->since_ms;
    return arena_printf(mem, "plan '%s' (%s) of %s at %s, process %" PRId64 ", since %s, %s ago",
                        r->plan, r->title, r->user, r->host, r->pid, time_rfc3339(mem, r->since_ms),
                        duration_human(mem, age_ms > 0 ? age_ms : 0));
}

static const char *
lease_text(struct arena *mem, const struct lock_facts *facts)
{
    if (facts->lease == 0)
        return "it has no lease and never ends by itself: it came with keys that were restored or "
               "imported";
    if (facts->ttl_s < 0)
        return "how long its lease has left is not known";
    return arena_printf(mem, "its lease ends in %" PRId64 " s unless it is renewed", facts->ttl_s);
}

static bool
refusal_hint(const struct lock_facts *facts, struct error *e)
{
    const struct lock_record *r = facts->record;

    if (r == NULL || facts->lease == 0)
        return error_hint(e, "when nobody works on the cluster: the same command with --take-over");
    if (facts->here && !facts->runs)
        return error_hint(e,
                          "that process has ended: quorate plan resume %s goes on with it; for "
                          "another plan wait until the lease ends, or: the same command with "
                          "--take-over",
                          r->plan);
    return error_hint(e,
                      "wait until it ends; when process %" PRId64 " at %s is certainly dead or "
                      "stuck: the same command with --take-over",
                      r->pid, r->host);
}

bool
rule_may_take_lock(const struct lock_facts *facts, const char *plan, bool take_over, int64_t now_ms,
                   struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (!facts->held || facts->ended || take_over ||
        (facts->record != NULL && strcmp(facts->record->plan, plan) == 0))
        return true;
    error_set_(e, ERROR_LOCKED, 0, "the cluster is locked (key '" CLUSTER_LOCK_KEY "') by %s; %s",
               lock_holder_text(&tmp, facts, now_ms), lease_text(&tmp, facts));
    return refusal_hint(facts, e);
}
