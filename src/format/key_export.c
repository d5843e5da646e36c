#include "format/key_export.h"

#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/utf8.h"

#define FORMAT_NAME "quorate-keys"

/* Text where it is UTF-8, else base64 under another name: so each line can be read in one way only. */
static void
bytes_put(struct json_writer *w, const char *name, const char *name_base64, struct bytes bytes)
{
    if (utf8_valid(bytes)) {
        json_key(w, name);
        json_text_bytes(w, bytes);
    } else {
        json_key(w, name_base64);
        json_base64(w, bytes);
    }
}

void
key_export_header_encode(struct buf *out, const struct key_export_header *header)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    json_key_text(&w, "format", FORMAT_NAME);
    json_key_u64(&w, "formatVersion", KEY_EXPORT_FORMAT);
    json_key_i64(&w, "revision", header->revision);
    bytes_put(&w, "prefix", "prefixBase64", header->prefix);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

void
key_export_lease_encode(struct buf *out, const struct key_export_lease *lease)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    json_key_id(&w, "leaseId", (uint64_t)lease->id);
    json_key_i64(&w, "ttlSeconds", lease->ttl_s);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

void
key_export_key_encode(struct buf *out, const struct key_value *kv)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    bytes_put(&w, "key", "keyBase64", kv->key);
    bytes_put(&w, "value", "valueBase64", kv->value);
    json_key_i64(&w, "createRevision", kv->create_revision);
    json_key_i64(&w, "modRevision", kv->mod_revision);
    json_key_i64(&w, "version", kv->version);
    if (kv->lease != 0)
        json_key_id(&w, "lease", (uint64_t)kv->lease);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

void
key_export_end_encode(struct buf *out, const struct key_export_end *end)
{
    char digest[2 * SHA256_SIZE + 1];
    struct json_writer w;

    hex_encode(end->sha256, SHA256_SIZE, digest);
    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    json_key_u64(&w, "keys", end->keys);
    json_key_u64(&w, "leases", end->leases);
    json_key_u64(&w, "bytes", end->bytes);
    json_key_text(&w, "sha256", digest);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

static bool
bytes_get(struct arena *mem, const struct json *object, const char *name, const char *name_base64,
          struct bytes *ret_bytes, struct error *e)
{
    const struct json *plain = json_get(object, name);
    AUTO_BUF decoded = BUF_INIT;
    struct bytes text;

    if ((plain != NULL) == (json_get(object, name_base64) != NULL))
        return error_set(e, ERROR_FORMAT, "one of '%s' and '%s' should be there", name,
                         name_base64);
    if (plain != NULL)
        return json_get_bytes(mem, object, name, ret_bytes, e);
    if (!json_get_bytes(mem, object, name_base64, &text, e))
        return false;
    if (!base64_decode(&decoded, text))
        return error_set(e, ERROR_FORMAT, "'%s' is not base64", name_base64);
    *ret_bytes = arena_copy(mem, buf_bytes(&decoded));
    return true;
}

static bool
header_decode(struct arena *mem, const struct json *object, struct key_export_header *ret_header,
              struct error *e)
{
    const char *name;
    uint64_t version;

    if (!json_get_text(mem, object, "format", &name, e) ||
        !json_get_u64(object, "formatVersion", &version, e))
        return false;
    if (strcmp(name, FORMAT_NAME) != 0)
        return error_set(e, ERROR_FORMAT, "'format' is not '%s'", FORMAT_NAME);
    if (version != KEY_EXPORT_FORMAT)
        return error_set(e, ERROR_TOO_NEW, "version %llu of the format, newest known is %d",
                         (unsigned long long)version, KEY_EXPORT_FORMAT);
    return json_get_i64(object, "revision", &ret_header->revision, e) &&
           bytes_get(mem, object, "prefix", "prefixBase64", &ret_header->prefix, e);
}

static bool
lease_decode(const struct json *object, struct key_export_lease *ret_lease, struct error *e)
{
    uint64_t id;

    if (!json_get_id(object, "leaseId", &id, e) ||
        !json_get_i64(object, "ttlSeconds", &ret_lease->ttl_s, e))
        return false;
    if (id == 0 || ret_lease->ttl_s < 0)
        return error_set(e, ERROR_FORMAT, "no lease is like that");
    ret_lease->id = (int64_t)id;
    return true;
}

static bool
key_decode(struct arena *mem, const struct json *object, struct key_value *ret_kv, struct error *e)
{
    uint64_t lease = 0;

    if (!bytes_get(mem, object, "key", "keyBase64", &ret_kv->key, e) ||
        !bytes_get(mem, object, "value", "valueBase64", &ret_kv->value, e) ||
        !json_get_i64(object, "createRevision", &ret_kv->create_revision, e) ||
        !json_get_i64(object, "modRevision", &ret_kv->mod_revision, e) ||
        !json_get_i64(object, "version", &ret_kv->version, e))
        return false;
    if (json_get(object, "lease") != NULL && !json_get_id(object, "lease", &lease, e))
        return false;
    if (ret_kv->key.size == 0)
        return error_set(e, ERROR_FORMAT, "the key is empty");
    ret_kv->lease = (int64_t)lease;
    return true;
}

static bool
end_decode(struct arena *mem, const struct json *object, struct key_export_end *ret_end,
           struct error *e)
{
    const char *digest;

    if (!json_get_u64(object, "keys", &ret_end->keys, e) ||
        !json_get_u64(object, "leases", &ret_end->leases, e) ||
        !json_get_u64(object, "bytes", &ret_end->bytes, e) ||
        !json_get_text(mem, object, "sha256", &digest, e))
        return false;
    if (!hex_decode(digest, ret_end->sha256, SHA256_SIZE))
        return error_set(e, ERROR_FORMAT, "'sha256' is none");
    return true;
}

bool
key_export_line_decode(struct arena *mem, struct bytes line, struct key_export_line *ret_line,
                       struct error *e)
{
    struct key_export_line read = {.type = KEY_EXPORT_KEY};
    AUTO_ARENA tmp = ARENA_INIT;
    const struct json *object;
    bool ok;

    if (!json_parse(&tmp, line, &object, e))
        return false;
    if (!json_is_object(object))
        return error_set(e, ERROR_FORMAT, "it is no JSON object");
    if (json_get(object, "format") != NULL)
        read.type = KEY_EXPORT_HEADER;
    else if (json_get(object, "leaseId") != NULL)
        read.type = KEY_EXPORT_LEASE;
    else if (json_get(object, "sha256") != NULL)
        read.type = KEY_EXPORT_END;
    ok = read.type == KEY_EXPORT_HEADER  ? header_decode(mem, object, &read.header, e)
         : read.type == KEY_EXPORT_LEASE ? lease_decode(object, &read.lease, e)
         : read.type == KEY_EXPORT_END   ? end_decode(mem, object, &read.end, e)
                                         : key_decode(mem, object, &read.kv, e);
    if (ok)
        *ret_line = read;
    return ok;
}
