#include "format/backend/backend_row.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/cursor.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "format/proto.h"

/* Fields of etcdserverpb.AlarmMember. */
enum { ALARM_MEMBER_ID = 1, ALARM_TYPE = 2 };

const char *
backend_alarm_word(uint32_t type)
{
    switch (type) {
    case BACKEND_ALARM_NONE:
        return "NONE";
    case BACKEND_ALARM_NOSPACE:
        return "NOSPACE";
    case BACKEND_ALARM_CORRUPT:
        return "CORRUPT";
    default:
        return "UNKNOWN";
    }
}

static void
texts_write(struct json_writer *w, const char *const *texts, size_t count)
{
    json_array_begin(w);
    for (size_t i = 0; i < count; i++)
        json_text(w, texts[i]);
    json_array_end(w);
}

void
backend_member_encode(struct buf *out, const struct backend_member *member)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    json_key_u64(&w, "id", member->id);
    json_key(&w, "peerURLs");
    if (member->peer_url_count == 0)
        json_null(&w);
    else
        texts_write(&w, member->peer_urls, member->peer_url_count);
    if (member->is_learner)
        json_key_bool(&w, "isLearner", true);
    if (member->name[0] != '\0')
        json_key_text(&w, "name", member->name);
    if (member->client_url_count > 0) {
        json_key(&w, "clientURLs");
        texts_write(&w, member->client_urls, member->client_url_count);
    }
    json_object_end(&w);
}

/* A list that is missing or null is empty. */
static bool
texts_read(struct arena *mem, const struct json *object, const char *key,
           const char *const **ret_texts, size_t *ret_count, struct error *e)
{
    const struct json *array;
    const char **texts;
    size_t count;

    *ret_texts = NULL;
    *ret_count = 0;
    if (json_get(object, key) == NULL)
        return true;
    if (!json_get_array(object, key, &array, e))
        return false;
    count = json_array_count(array);
    texts = arena_alloc(mem, count * sizeof(*texts));
    for (size_t i = 0; i < count; i++) {
        if (!json_as_text(mem, json_array_at(array, i), &texts[i], e))
            return error_wrap(e, "'%s'", key);
    }
    *ret_texts = texts;
    *ret_count = count;
    return true;
}

bool
backend_member_decode(struct arena *mem, struct bytes value, struct backend_member *ret_member,
                      struct error *e)
{
    struct backend_member member = {.name = ""};
    const struct json *doc;

    if (!json_parse(mem, value, &doc, e) || !json_get_u64(doc, "id", &member.id, e) ||
        !texts_read(mem, doc, "peerURLs", &member.peer_urls, &member.peer_url_count, e) ||
        !texts_read(mem, doc, "clientURLs", &member.client_urls, &member.client_url_count, e))
        return false;
    if (json_get(doc, "name") != NULL && !json_get_text(mem, doc, "name", &member.name, e))
        return false;
    if (json_get(doc, "isLearner") != NULL &&
        !json_get_bool(doc, "isLearner", &member.is_learner, e))
        return false;
    *ret_member = member;
    return true;
}

static void
ids_write(struct json_writer *w, const char *key, const struct raft_ids *ids)
{
    if (ids->count == 0)
        return;
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; i < ids->count; i++)
        json_u64(w, ids->items[i]);
    json_array_end(w);
}

void
backend_conf_state_encode(struct buf *out, const struct raft_conf_state *state)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    ids_write(&w, "voters", &state->voters);
    ids_write(&w, "learners", &state->learners);
    ids_write(&w, "voters_outgoing", &state->voters_outgoing);
    ids_write(&w, "learners_next", &state->learners_next);
    json_key_bool(&w, "auto_leave", state->auto_leave);
    json_object_end(&w);
}

static bool
ids_read(struct arena *mem, const struct json *object, const char *key, struct raft_ids *ret_ids,
         struct error *e)
{
    const struct json *array;
    uint64_t *ids;
    size_t count;

    if (json_get(object, key) == NULL)
        return true;
    if (!json_get_array(object, key, &array, e))
        return false;
    count = json_array_count(array);
    ids = arena_alloc(mem, count * sizeof(*ids));
    for (size_t i = 0; i < count; i++) {
        if (!json_as_u64(json_array_at(array, i), &ids[i], e))
            return error_wrap(e, "'%s'", key);
    }
    *ret_ids = (struct raft_ids){ids, count};
    return true;
}

bool
backend_conf_state_decode(struct arena *mem, struct bytes value, struct raft_conf_state *ret_state,
                          struct error *e)
{
    struct raft_conf_state state = {0};
    const struct json *doc;

    if (!json_parse(mem, value, &doc, e))
        return false;
    if (!json_is_object(doc))
        return error_set(e, ERROR_FORMAT, "not a JSON object");
    if (!ids_read(mem, doc, "voters", &state.voters, e) ||
        !ids_read(mem, doc, "learners", &state.learners, e) ||
        !ids_read(mem, doc, "voters_outgoing", &state.voters_outgoing, e) ||
        !ids_read(mem, doc, "learners_next", &state.learners_next, e))
        return false;
    if (json_get(doc, "auto_leave") != NULL &&
        !json_get_bool(doc, "auto_leave", &state.auto_leave, e))
        return false;
    *ret_state = state;
    return true;
}

void
backend_alarm_encode(struct buf *out, const struct backend_alarm *alarm)
{
    proto_put_u64(out, ALARM_MEMBER_ID, alarm->member_id);
    proto_put_u64(out, ALARM_TYPE, alarm->type);
}

bool
backend_alarm_decode(struct bytes key, struct backend_alarm *ret_alarm, struct error *e)
{
    struct proto_reader r = proto_reader_of(key);
    struct backend_alarm alarm = {0};
    struct proto_field f;

    while (proto_next(&r, &f)) {
        if (f.number == ALARM_MEMBER_ID)
            proto_field_u64(&r, &f, &alarm.member_id);
        else if (f.number == ALARM_TYPE)
            proto_field_u32(&r, &f, &alarm.type);
    }
    if (r.failed)
        return error_set(e, ERROR_FORMAT, "no AlarmMember message");
    *ret_alarm = alarm;
    return true;
}

void
backend_u64_encode(uint64_t value, uint8_t ret_bytes[BACKEND_U64_SIZE])
{
    for (int i = BACKEND_U64_SIZE - 1; i >= 0; i--, value >>= 8)
        ret_bytes[i] = (uint8_t)value;
}

bool
backend_u64_decode(struct bytes value, uint64_t *ret_value, struct error *e)
{
    struct cursor c = cursor_of(value);

    if (value.size != BACKEND_U64_SIZE || !cursor_u64be(&c, ret_value))
        return error_set(e, ERROR_FORMAT, "%zu bytes, not 8", value.size);
    return true;
}

void
backend_member_key(uint64_t id, char ret_key[BACKEND_MEMBER_KEY_SIZE])
{
    snprintf(ret_key, BACKEND_MEMBER_KEY_SIZE, "%" PRIx64, id);
}

bool
backend_member_key_decode(struct bytes key, uint64_t *ret_id, struct error *e)
{
    uint64_t id = 0;

    for (size_t i = 0; i < key.size; i++) {
        uint8_t c = key.data[i];
        bool digit = c >= '0' && c <= '9';

        if ((!digit && (c < 'a' || c > 'f')) || i == 16)
            return error_set(e, ERROR_FORMAT, "the key is not a member id in hex");
        id = id << 4 | (uint64_t)(digit ? c - '0' : c - 'a' + 10);
    }
    if (key.size == 0)
        return error_set(e, ERROR_FORMAT, "the key is not a member id in hex");
    *ret_id = id;
    return true;
}

bool
backend_lease_decode(struct bytes value, struct backend_lease *ret_lease, struct error *e)
{
    struct proto_reader r = proto_reader_of(value);
    struct backend_lease lease = {.id = 0};
    struct proto_field f;

    while (proto_next(&r, &f)) {
        if (f.number == 1)
            proto_field_i64(&r, &f, &lease.id);
        else if (f.number == 2)
            proto_field_i64(&r, &f, &lease.ttl_s);
        else if (f.number == 3)
            proto_field_i64(&r, &f, &lease.remaining_ttl_s);
    }
    if (r.failed)
        return error_set(e, ERROR_FORMAT, "leasepb.Lease: malformed");
    *ret_lease = lease;
    return true;
}
