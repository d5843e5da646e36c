#include "etcd2/refusal.h"

#include <inttypes.h>

#include "base/json.h"
#include "etcd2/ask.h"

struct meaning {
    uint64_t code;
    enum error_code error;
    const char *hint;
};

static const struct meaning meanings[] = {
    {ETCD2_KEY_NOT_FOUND, ERROR_NOT_FOUND, "see what is there with 'ls'"},
    {ETCD2_TEST_FAILED, ERROR_CONFLICT, "somebody changed it meanwhile: read it again"},
    {ETCD2_NOT_FILE, ERROR_CONFLICT,
     "it is a directory: 'ls' shows it, 'rm --recursive' removes it"},
    {ETCD2_NOT_DIR, ERROR_CONFLICT, "a part of the path is a key with a value"},
    {ETCD2_NODE_EXIST, ERROR_EXISTS, "'set' and 'update' change what exists"},
    {ETCD2_ROOT_READ_ONLY, ERROR_REFUSED, "name what is in it"},
    {ETCD2_DIR_NOT_EMPTY, ERROR_CONFLICT, "'rm --recursive' removes it with all that is in it"},
    {ETCD2_UNAUTHORIZED, ERROR_AUTH, "give a user that may do this: -u USER:PASSWORD"},
    {ETCD2_RAFT_INTERNAL, ERROR_UNAVAILABLE, "see 'cluster-health'"},
    {ETCD2_LEADER_ELECT, ERROR_UNAVAILABLE, "the cluster elects a leader: try again"},
    {ETCD2_EVENT_INDEX_CLEARED, ERROR_NOT_FOUND,
     "etcd keeps the last 1000 changes: read the key again and watch from its index"},
};

static void
meaning_set(uint64_t code, struct error *e)
{
    e->code = ERROR_RPC;
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (meanings[i].code != code)
            continue;
        e->code = meanings[i].error;
        error_hint_(e, "%s", meanings[i].hint);
    }
}

bool
etcd2_key_refusal(const struct http1_exchange *answer, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct json *json;
    struct error ignored = ERROR_INIT;
    const char *message = "";
    const char *cause = "";
    uint64_t code = 0;
    uint64_t index = 0;

    if (!etcd2_answer_json(&tmp, answer, &json, e))
        return false;
    if (!json_get_u64(json, "errorCode", &code, &ignored))
        return etcd2_refusal(answer, e);
    if (!json_get_text(&tmp, json, "message", &message, &ignored) ||
        !json_get_text(&tmp, json, "cause", &cause, &ignored) ||
        !json_get_u64(json, "index", &index, &ignored))
        error_clear(&ignored); /* each may be left out */
    error_set_(e, ERROR_RPC, 0, "%" PRIu64 ": %s (%s) [%" PRIu64 "]", code, message, cause, index);
    meaning_set(code, e);
    return false;
}

static enum error_code
status_meaning(unsigned status)
{
    switch (status) {
    case 401:
    case 403:
        return ERROR_AUTH;
    case 404:
        return ERROR_NOT_FOUND;
    case 409:
        return ERROR_CONFLICT;
    default:
        return ERROR_RPC;
    }
}

bool
etcd2_refusal(const struct http1_exchange *answer, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct json *json;
    struct error ignored = ERROR_INIT;
    const char *message;

    if (json_parse(&tmp, answer->body, &json, &ignored) &&
        json_get_text(&tmp, json, "message", &message, &ignored))
        error_set_(e, status_meaning(answer->status), 0, "%s", message);
    else
        error_set_(e, status_meaning(answer->status), 0, "the server answered with HTTP status %u",
                   answer->status);
    if (e->code == ERROR_AUTH)
        error_hint_(e, "give a user that may do this: -u USER:PASSWORD");
    return false;
}
