#include "etcd2/keys.h"

#include <string.h>

#include "base/buf.h"
#include "base/number.h"
#include "etcd2/ask.h"
#include "etcd2/refusal.h"
#include "etcd2/url.h"

#define KEYS_PATH "/v2/keys"
#define FORM_TYPE "application/x-www-form-urlencoded"

enum { STATUS_OK = 200, STATUS_CREATED = 201 };

static const char *
bool_word(bool value)
{
    return value ? "true" : "false";
}

/* The path with its query. */
static const char *
key_path(struct arena *mem, const char *key, struct buf *query)
{
    AUTO_BUF path = BUF_INIT;

    url_path_append(&path, KEYS_PATH, key);
    if (query->size > 0) {
        buf_append_byte(&path, '?');
        buf_append_bytes(&path, buf_bytes(query));
    }
    return arena_text(mem, buf_text(&path));
}

static uint64_t
index_of(struct arena *mem, const struct http1_exchange *answer)
{
    struct error ignored = ERROR_INIT;
    struct bytes value;
    uint64_t index;

    if (!http1_header(answer, "X-Etcd-Index", &value) ||
        !number_parse_u64(arena_text_of_bytes(mem, value), &index, &ignored))
        return 0;
    return index;
}

static bool
answer_decode(struct arena *mem, const struct http1_exchange *answer,
              struct etcd2_response *ret_response, struct error *e)
{
    if (answer->status != STATUS_OK && answer->status != STATUS_CREATED)
        return etcd2_key_refusal(answer, e);
    if (!etcd2_response_decode(mem, answer->body, ret_response, e))
        return error_wrap(e, "the answer (HTTP %u) is not what etcd's v2 API says", answer->status);
    ret_response->index = index_of(mem, answer);
    return true;
}

static bool
ask(struct arena *mem, struct etcd2_client *client, const struct etcd2_request *request,
    struct etcd2_response *ret_response, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct http1_exchange answer;

    return etcd2_ask(&tmp, client, request, &answer, e) &&
           answer_decode(mem, &answer, ret_response, e);
}

bool
etcd2_get(struct arena *mem, struct etcd2_client *client, const char *key,
          const struct etcd2_get_options *options, struct etcd2_response *ret_response,
          struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF query = BUF_INIT;
    struct etcd2_request request = {.method = HTTP1_GET};

    url_form_append_text(&query, "quorum", bool_word(options->quorum));
    url_form_append_text(&query, "recursive", bool_word(options->recursive));
    url_form_append_text(&query, "sorted", bool_word(options->sorted));
    request.path = key_path(&tmp, key, &query);
    return ask(mem, client, &request, ret_response, e);
}

static void
append_conditions(struct buf *query, const char *prev_value, uint64_t prev_index)
{
    if (prev_index != 0)
        url_form_append_u64(query, "prevIndex", prev_index);
    if (prev_value != NULL && prev_value[0] != '\0')
        url_form_append_text(query, "prevValue", prev_value);
}

bool
etcd2_set(struct arena *mem, struct etcd2_client *client, const char *key, struct bytes value,
          const struct etcd2_set_options *options, struct etcd2_response *ret_response,
          struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF query = BUF_INIT;
    AUTO_BUF form = BUF_INIT;
    struct etcd2_request request = {
        .method = HTTP1_PUT,
        .content_type = FORM_TYPE,
        .once = options->prev_exist == ETCD2_PREV_NO_EXIST,
    };

    if (options->dir)
        url_form_append_text(&query, "dir", "true");
    if (options->prev_exist != ETCD2_PREV_IGNORE)
        url_form_append_text(&query, "prevExist",
                             bool_word(options->prev_exist == ETCD2_PREV_EXIST));
    append_conditions(&query, options->dir ? NULL : options->prev_value, options->prev_index);
    if (options->ttl_s > 0)
        url_form_append_u64(&form, "ttl", (uint64_t)options->ttl_s);
    if (!options->dir)
        url_form_append(&form, "value", value);
    request.path = key_path(&tmp, key, &query);
    request.body = buf_bytes(&form);
    return ask(mem, client, &request, ret_response, e);
}

bool
etcd2_create_in_order(struct arena *mem, struct etcd2_client *client, const char *dir,
                      struct bytes value, int64_t ttl_s, struct etcd2_response *ret_response,
                      struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF query = BUF_INIT;
    AUTO_BUF form = BUF_INIT;
    /* A second one would be a second key, so once; etcd's own client repeats it. */
    struct etcd2_request request = {.method = HTTP1_POST, .content_type = FORM_TYPE, .once = true};

    if (ttl_s > 0)
        url_form_append_u64(&form, "ttl", (uint64_t)ttl_s);
    url_form_append(&form, "value", value);
    request.path = key_path(&tmp, dir, &query);
    request.body = buf_bytes(&form);
    return ask(mem, client, &request, ret_response, e);
}

bool
etcd2_delete(struct arena *mem, struct etcd2_client *client, const char *key,
             const struct etcd2_delete_options *options, struct etcd2_response *ret_response,
             struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF query = BUF_INIT;
    struct etcd2_request request = {
        .method = HTTP1_DELETE, .content_type = FORM_TYPE, .once = true};

    if (options->dir)
        url_form_append_text(&query, "dir", "true");
    append_conditions(&query, options->prev_value, options->prev_index);
    if (options->recursive)
        url_form_append_text(&query, "recursive", "true");
    request.path = key_path(&tmp, key, &query);
    return ask(mem, client, &request, ret_response, e);
}

static bool
poll(struct arena *mem, struct etcd2_client *client, const struct etcd2_watch *watch,
     struct http1_exchange *ret_answer, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF query = BUF_INIT;
    struct etcd2_request request = {.method = HTTP1_GET, .long_poll = true};

    url_form_append_text(&query, "recursive", bool_word(watch->recursive));
    url_form_append_text(&query, "wait", "true");
    url_form_append_u64(&query, "waitIndex", watch->next_index);
    request.path = key_path(&tmp, watch->key, &query);
    return etcd2_ask(mem, client, &request, ret_answer, e);
}

bool
etcd2_watch_next(struct arena *mem, struct etcd2_client *client, struct etcd2_watch *watch,
                 struct etcd2_response *ret_response, struct error *e)
{
    for (;;) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct http1_exchange answer;

        if (!poll(&tmp, client, watch, &answer, e))
            return false;
        if (answer.status == STATUS_OK && answer.body.size == 0) {
            /* What the head said is the index at the start of the wait: go on behind it. */
            if (watch->next_index == 0)
                watch->next_index = index_of(&tmp, &answer) + 1;
            continue;
        }
        if (!answer_decode(mem, &answer, ret_response, e))
            return false;
        watch->next_index = ret_response->node->modified_index + 1;
        return true;
    }
}
