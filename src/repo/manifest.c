#include "repo/manifest.h"

#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/time.h"

static const char *const proof_words[] = {
    [BACKUP_PROOF_COMPARED] = "compared",
    [BACKUP_PROOF_NOT_COMPARABLE] = "not-comparable",
};

static void
texts_encode(struct json_writer *w, const char *key, const char *const *texts, size_t count)
{
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; i < count; i++)
        json_text(w, texts[i]);
    json_array_end(w);
}

static void
member_encode(struct json_writer *w, const struct backup_member *m)
{
    json_object_begin(w);
    json_key_id(w, "id", m->id);
    json_key_text(w, "name", m->name);
    json_key_text(w, "version", m->version);
    json_key_bool(w, "learner", m->is_learner);
    texts_encode(w, "peerUrls", m->peer_urls, m->peer_url_count);
    texts_encode(w, "clientUrls", m->client_urls, m->client_url_count);
    texts_encode(w, "flags", m->flags, m->flag_count);
    json_object_end(w);
}

static void
source_encode(struct json_writer *w, const struct backup_manifest *m)
{
    json_key(w, "source");
    json_object_begin(w);
    json_key_text(w, "endpoint", m->source_endpoint);
    json_key_id(w, "memberId", m->source_member_id);
    json_key_text(w, "serverVersion", m->server_version);
    json_key_text(w, "clusterVersion", m->cluster_version);
    json_key_text(w, "storageVersion", m->storage_version);
    json_key_u64(w, "raftIndex", m->raft_index);
    json_key_u64(w, "raftTerm", m->raft_term);
    json_object_end(w);
}

static void
snapshot_encode(struct json_writer *w, const struct backup_manifest *m)
{
    char digest[2 * SHA256_SIZE + 1];

    hex_encode(m->sha256, sizeof(m->sha256), digest);
    json_key(w, "snapshot");
    json_object_begin(w);
    json_key_text(w, "file", m->file);
    json_key_u64(w, "sizeBytes", m->size_bytes);
    json_key_text(w, "sha256", digest);
    json_key_u64(w, "pageSizeBytes", m->page_size_bytes);
    json_key_i64(w, "revision", m->revision);
    json_key_i64(w, "compactRevision", m->compact_revision);
    json_key_u64(w, "hashKv", m->hash_kv);
    json_key_u64(w, "statusHash", m->status_hash);
    json_key_u64(w, "keys", m->key_count);
    json_key_u64(w, "rows", m->row_count);
    texts_encode(w, "alarms", m->alarms, m->alarm_count);
    json_object_end(w);
}

void
backup_manifest_encode(const struct backup_manifest *m, struct buf *out)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct json_writer w;

    json_writer_init(&w, out, 2);
    json_object_begin(&w);
    json_key_u64(&w, "format", m->format);
    json_key_text(&w, "quorate", m->quorate_version);
    json_key_text(&w, "cluster", m->cluster);
    json_key_text(&w, "label", m->label);
    json_key_text(&w, "createdAt", time_rfc3339(&tmp, m->created_at_ms));
    json_key_id(&w, "clusterId", m->cluster_id);
    json_key(&w, "members");
    json_array_begin(&w);
    for (size_t i = 0; i < m->member_count; i++)
        member_encode(&w, &m->members[i]);
    json_array_end(&w);
    source_encode(&w, m);
    snapshot_encode(&w, m);
    json_key(&w, "proof");
    json_object_begin(&w);
    json_key_text(&w, "serverHash", proof_words[m->proof]);
    json_key_text(&w, "note", m->proof_note);
    json_key_i64(&w, "streamMs", m->stream_ms);
    json_key_i64(&w, "proofMs", m->proof_ms);
    json_object_end(&w);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

static bool
texts_decode(struct arena *mem, const struct json *object, const char *key, const char ***ret_texts,
             size_t *ret_count, struct error *e)
{
    const struct json *array;
    const char **texts;

    if (!json_get_array(object, key, &array, e))
        return false;
    texts = arena_zero(mem, (json_array_count(array) + 1) * sizeof(*texts));
    for (size_t i = 0; i < json_array_count(array); i++) {
        if (!json_as_text(mem, json_array_at(array, i), &texts[i], e))
            return error_wrap(e, "'%s'", key);
    }
    *ret_texts = texts;
    *ret_count = json_array_count(array);
    return true;
}

static bool
member_decode(struct arena *mem, const struct json *json, struct backup_member *m, struct error *e)
{
    return json_get_id(json, "id", &m->id, e) && json_get_text(mem, json, "name", &m->name, e) &&
           json_get_text(mem, json, "version", &m->version, e) &&
           json_get_bool(json, "learner", &m->is_learner, e) &&
           texts_decode(mem, json, "peerUrls", &m->peer_urls, &m->peer_url_count, e) &&
           texts_decode(mem, json, "clientUrls", &m->client_urls, &m->client_url_count, e) &&
           texts_decode(mem, json, "flags", &m->flags, &m->flag_count, e);
}

static bool
members_decode(struct arena *mem, const struct json *json, struct backup_manifest *m,
               struct error *e)
{
    const struct json *array;

    if (!json_get_array(json, "members", &array, e))
        return false;
    m->member_count = json_array_count(array);
    m->members = arena_zero(mem, (m->member_count + 1) * sizeof(*m->members));
    for (size_t i = 0; i < m->member_count; i++) {
        if (!member_decode(mem, json_array_at(array, i), &m->members[i], e))
            return error_wrap(e, "members, number %zu", i + 1);
    }
    return true;
}

static bool
source_decode(struct arena *mem, const struct json *json, struct backup_manifest *m,
              struct error *e)
{
    const struct json *s = json_get(json, "source");

    if (!json_get_text(mem, s, "endpoint", &m->source_endpoint, e) ||
        !json_get_id(s, "memberId", &m->source_member_id, e) ||
        !json_get_text(mem, s, "serverVersion", &m->server_version, e) ||
        !json_get_text(mem, s, "clusterVersion", &m->cluster_version, e) ||
        !json_get_text(mem, s, "storageVersion", &m->storage_version, e) ||
        !json_get_u64(s, "raftIndex", &m->raft_index, e) ||
        !json_get_u64(s, "raftTerm", &m->raft_term, e))
        return error_wrap(e, "source");
    return true;
}

static bool
u32_decode(const struct json *json, const char *key, uint32_t *ret_value, struct error *e)
{
    uint64_t value;

    if (!json_get_u64(json, key, &value, e))
        return false;
    if (value > UINT32_MAX)
        return error_set(e, ERROR_FORMAT, "'%s' is too large", key);
    *ret_value = (uint32_t)value;
    return true;
}

static bool
digest_decode(const struct json *json, uint8_t *ret_digest, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *digest;

    if (!json_get_text(&tmp, json, "sha256", &digest, e))
        return false;
    if (!hex_decode(digest, ret_digest, SHA256_SIZE))
        return error_set(e, ERROR_FORMAT, "'sha256' is not %d digits of hex", 2 * SHA256_SIZE);
    return true;
}

static bool
snapshot_decode(struct arena *mem, const struct json *json, struct backup_manifest *m,
                struct error *e)
{
    const struct json *s = json_get(json, "snapshot");

    if (!json_get_text(mem, s, "file", &m->file, e) ||
        !json_get_u64(s, "sizeBytes", &m->size_bytes, e) || !digest_decode(s, m->sha256, e) ||
        !u32_decode(s, "pageSizeBytes", &m->page_size_bytes, e) ||
        !json_get_i64(s, "revision", &m->revision, e) ||
        !json_get_i64(s, "compactRevision", &m->compact_revision, e) ||
        !u32_decode(s, "hashKv", &m->hash_kv, e) ||
        !u32_decode(s, "statusHash", &m->status_hash, e) ||
        !json_get_u64(s, "keys", &m->key_count, e) || !json_get_u64(s, "rows", &m->row_count, e) ||
        !texts_decode(mem, s, "alarms", &m->alarms, &m->alarm_count, e))
        return error_wrap(e, "snapshot");
    /* The name stays inside the backup's folder. */
    if (m->file[0] == '\0' || strchr(m->file, '/') != NULL || m->file[0] == '.')
        return error_set(e, ERROR_FORMAT, "snapshot: 'file' is not a plain file name");
    return true;
}

static bool
proof_decode(struct arena *mem, const struct json *json, struct backup_manifest *m, struct error *e)
{
    const struct json *p = json_get(json, "proof");
    const char *word;

    if (!json_get_text(mem, p, "serverHash", &word, e) ||
        !json_get_text(mem, p, "note", &m->proof_note, e) ||
        !json_get_i64(p, "streamMs", &m->stream_ms, e) ||
        !json_get_i64(p, "proofMs", &m->proof_ms, e))
        return error_wrap(e, "proof");
    for (size_t i = 0; i < sizeof(proof_words) / sizeof(proof_words[0]); i++) {
        if (strcmp(proof_words[i], word) == 0) {
            m->proof = (enum backup_proof)i;
            return true;
        }
    }
    return error_set(e, ERROR_FORMAT, "proof: 'serverHash' is '%s', which is not known", word);
}

static bool
head_decode(struct arena *mem, const struct json *json, struct backup_manifest *m, struct error *e)
{
    const char *created;

    if (!u32_decode(json, "format", &m->format, e))
        return false;
    if (m->format > BACKUP_FORMAT_NEWEST)
        return error_set(e, ERROR_TOO_NEW, "format %u, newest known is %d", m->format,
                         BACKUP_FORMAT_NEWEST);
    return json_get_text(mem, json, "quorate", &m->quorate_version, e) &&
           json_get_text(mem, json, "cluster", &m->cluster, e) &&
           json_get_text(mem, json, "label", &m->label, e) &&
           json_get_text(mem, json, "createdAt", &created, e) &&
           time_parse_rfc3339(created, &m->created_at_ms, e) &&
           json_get_id(json, "clusterId", &m->cluster_id, e);
}

bool
backup_manifest_decode(struct arena *mem, struct bytes text, struct backup_manifest **ret_manifest,
                       struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct backup_manifest *m = arena_zero(mem, sizeof(*m));
    const struct json *json;

    if (!json_parse(&tmp, text, &json, e) || !head_decode(mem, json, m, e) ||
        !members_decode(mem, json, m, e) || !source_decode(mem, json, m, e) ||
        !snapshot_decode(mem, json, m, e) || !proof_decode(mem, json, m, e))
        return false;
    *ret_manifest = m;
    return true;
}
