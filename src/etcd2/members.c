#include "etcd2/members.h"

#include "base/json_writer.h"
#include "etcd2/ask.h"
#include "etcd2/refusal.h"
#include "etcd2/url.h"

#define MEMBERS_PATH "/v2/members"
#define JSON_TYPE    "application/json"

enum { STATUS_OK = 200, STATUS_CREATED = 201, STATUS_NO_CONTENT = 204, STATUS_GONE = 410 };

static bool
urls_decode(struct arena *mem, const struct json *json, const char *key,
            struct etcd2_urls *ret_urls, struct error *e)
{
    const struct json *array = json_get(json, key);

    for (size_t i = 0; i < json_array_count(array); i++) {
        if (!json_as_text(mem, json_array_at(array, i), ARRAY_PUSH(mem, ret_urls), e))
            return error_wrap(e, "%s", key);
    }
    return true;
}

static bool
member_decode(struct arena *mem, const struct json *json, struct etcd2_member *ret_member,
              struct error *e)
{
    struct etcd2_member member = {.name = ""};

    if (!json_get_text(mem, json, "id", &member.id, e) ||
        (json_get(json, "name") != NULL && !json_get_text(mem, json, "name", &member.name, e)))
        return error_wrap(e, "a member");
    if (!urls_decode(mem, json, "peerURLs", &member.peer_urls, e) ||
        !urls_decode(mem, json, "clientURLs", &member.client_urls, e))
        return false;
    *ret_member = member;
    return true;
}

/* Asks, and wants this status (or the other). */
static bool
ask(struct arena *mem, struct etcd2_client *client, const struct etcd2_request *request,
    unsigned status, unsigned or_status, struct http1_exchange *ret_answer, struct error *e)
{
    return etcd2_ask(mem, client, request, ret_answer, e) &&
           (ret_answer->status == status || ret_answer->status == or_status ||
            etcd2_refusal(ret_answer, e));
}

static const char *
member_path(struct arena *mem, const char *id)
{
    AUTO_BUF path = BUF_INIT;

    url_path_append(&path, MEMBERS_PATH, id);
    return arena_text(mem, buf_text(&path));
}

static void
urls_encode(struct buf *out, const char *const *urls, size_t count)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    json_key(&w, "peerURLs");
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++)
        json_text(&w, urls[i]);
    json_array_end(&w);
    json_object_end(&w);
}

bool
etcd2_member_list(struct arena *mem, struct etcd2_client *client, struct etcd2_member **ret_members,
                  size_t *ret_count, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd2_request request = {.method = HTTP1_GET, .path = MEMBERS_PATH};
    struct http1_exchange answer;
    struct etcd2_member *members;
    const struct json *json;
    const struct json *array;

    if (!ask(&tmp, client, &request, STATUS_OK, STATUS_OK, &answer, e) ||
        !etcd2_answer_json(&tmp, &answer, &json, e))
        return false;
    array = json_get(json, "members");
    members = arena_zero(mem, (json_array_count(array) + 1) * sizeof(*members));
    for (size_t i = 0; i < json_array_count(array); i++) {
        if (!member_decode(mem, json_array_at(array, i), &members[i], e))
            return false;
    }
    *ret_members = members;
    *ret_count = json_array_count(array);
    return true;
}

bool
etcd2_member_leader(struct arena *mem, struct etcd2_client *client, struct etcd2_member *ret_leader,
                    struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd2_request request = {.method = HTTP1_GET, .path = MEMBERS_PATH "/leader"};
    struct http1_exchange answer;
    const struct json *json;

    return ask(&tmp, client, &request, STATUS_OK, STATUS_OK, &answer, e) &&
           etcd2_answer_json(&tmp, &answer, &json, e) && member_decode(mem, json, ret_leader, e);
}

bool
etcd2_member_add(struct arena *mem, struct etcd2_client *client, const char *peer_url,
                 struct etcd2_member *ret_member, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF body = BUF_INIT;
    struct etcd2_request request = {
        .method = HTTP1_POST, .path = MEMBERS_PATH, .content_type = JSON_TYPE, .once = true};
    struct http1_exchange answer;
    const struct json *json;

    urls_encode(&body, &peer_url, 1);
    request.body = buf_bytes(&body);
    return ask(&tmp, client, &request, STATUS_CREATED, STATUS_CREATED, &answer, e) &&
           etcd2_answer_json(&tmp, &answer, &json, e) && member_decode(mem, json, ret_member, e);
}

bool
etcd2_member_update(struct etcd2_client *client, const char *id, const char *const *peer_urls,
                    size_t peer_url_count, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF body = BUF_INIT;
    struct etcd2_request request = {
        .method = HTTP1_PUT, .path = member_path(&tmp, id), .content_type = JSON_TYPE};
    struct http1_exchange answer;

    urls_encode(&body, peer_urls, peer_url_count);
    request.body = buf_bytes(&body);
    return ask(&tmp, client, &request, STATUS_NO_CONTENT, STATUS_NO_CONTENT, &answer, e);
}

bool
etcd2_member_remove(struct etcd2_client *client, const char *id, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd2_request request = {
        .method = HTTP1_DELETE, .path = member_path(&tmp, id), .once = true};
    struct http1_exchange answer;

    return ask(&tmp, client, &request, STATUS_NO_CONTENT, STATUS_GONE, &answer, e);
}
