/*
 * Each bucket has a reader that takes one row; backend_info_read() walks the buckets that matter.
 * The readers run while the lists still grow, so these live in struct info_reader.
 */
#include "format/backend/backend.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "format/backend/mvcc.h"
#include "format/bbolt/bbolt_cursor.h"

/* Rows of the small buckets are small; a version longer than this is none. */
enum { VERSION_MOST_BYTES = 32 };

struct info_reader {
    struct arena *mem;
    struct backend_info info;
    ARRAY(struct backend_member) members;
    ARRAY(uint64_t) removed;
    ARRAY(struct backend_alarm) alarms;
};

typedef bool row_take(struct info_reader *r, const struct bbolt_row *row, struct error *e);

static bool
compact_revision_take(struct bytes value, int64_t *ret_main, struct error *e)
{
    struct revision_key revision;

    if (!revision_key_decode(value, &revision, e))
        return false;
    *ret_main = revision.main;
    return true;
}

static bool
version_take(struct arena *mem, struct bytes value, const char **ret_version, struct error *e)
{
    if (value.size == 0 || value.size > VERSION_MOST_BYTES)
        return error_set(e, ERROR_FORMAT, "%zu bytes, not a version", value.size);
    for (size_t i = 0; i < value.size; i++) {
        uint8_t c = value.data[i];

        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\')
            return error_set(e, ERROR_FORMAT, "byte 0x%02x in a version", c);
    }
    *ret_version = arena_text_of_bytes(mem, value);
    return true;
}

static bool
meta_take(struct info_reader *r, const struct bbolt_row *row, struct error *e)
{
    struct backend_info *info = &r->info;

    if (bytes_equal_text(row->key, BACKEND_CONSISTENT_INDEX)) {
        info->has_consistent_index = true;
        return backend_u64_decode(row->value, &info->consistent_index, e);
    }
    if (bytes_equal_text(row->key, BACKEND_TERM)) {
        info->has_term = true;
        return backend_u64_decode(row->value, &info->term, e);
    }
    if (bytes_equal_text(row->key, BACKEND_CONF_STATE)) {
        info->has_conf_state = true;
        return backend_conf_state_decode(r->mem, row->value, &info->conf_state, e);
    }
    if (bytes_equal_text(row->key, BACKEND_FINISHED_COMPACT))
        return compact_revision_take(row->value, &info->finished_compact_revision, e);
    if (bytes_equal_text(row->key, BACKEND_SCHEDULED_COMPACT))
        return compact_revision_take(row->value, &info->scheduled_compact_revision, e);
    if (bytes_equal_text(row->key, BACKEND_STORAGE_VERSION))
        return version_take(r->mem, row->value, &info->storage_version, e);
    return true;
}

static bool
downgrade_take(struct info_reader *r, struct bytes value, struct error *e)
{
    struct backend_info *info = &r->info;
    const struct json *doc;

    return json_parse(r->mem, value, &doc, e) &&
           json_get_text(r->mem, doc, "target-version", &info->downgrade_target, e) &&
           json_get_bool(doc, "enabled", &info->downgrade_enabled, e);
}

static bool
cluster_take(struct info_reader *r, const struct bbolt_row *row, struct error *e)
{
    if (bytes_equal_text(row->key, BACKEND_CLUSTER_VERSION))
        return version_take(r->mem, row->value, &r->info.cluster_version, e);
    if (bytes_equal_text(row->key, BACKEND_DOWNGRADE))
        return downgrade_take(r, row->value, e);
    return true;
}

static bool
auth_take(struct info_reader *r, const struct bbolt_row *row, struct error *e)
{
    if (bytes_equal_text(row->key, BACKEND_AUTH_REVISION))
        return backend_u64_decode(row->value, &r->info.auth_revision, e);
    if (bytes_equal_text(row->key, BACKEND_AUTH_ENABLED)) {
        if (row->value.size != 1 || row->value.data[0] > 1)
            return error_set(e, ERROR_FORMAT, "neither 0x00 nor 0x01");
        r->info.auth_enabled = row->value.data[0] == 1;
    }
    return true;
}

static bool
member_take(struct info_reader *r, const struct bbolt_row *row, struct error *e)
{
    struct backend_member *member = ARRAY_PUSH(r->mem, &r->members);
    uint64_t id;

    if (!backend_member_key_decode(row->key, &id, e) ||
        !backend_member_decode(r->mem, row->value, member, e))
        return false;
    if (member->id != id)
        return error_set(e, ERROR_FORMAT, "the id in the value is another than the key's");
    return true;
}

static bool
removed_take(struct info_reader *r, const struct bbolt_row *row, struct error *e)
{
    return backend_member_key_decode(row->key, ARRAY_PUSH(r->mem, &r->removed), e);
}

static bool
alarm_take(struct info_reader *r, const struct bbolt_row *row, struct error *e)
{
    return backend_alarm_decode(row->key, ARRAY_PUSH(r->mem, &r->alarms), e);
}

static bool
lease_take(struct info_reader *r, const struct bbolt_row *row, struct error *e)
{
    r->info.lease_count++;
    if (row->key.size != BACKEND_U64_SIZE)
        return error_set(e, ERROR_FORMAT, "a lease id has 8 bytes, not %zu", row->key.size);
    return true;
}

static bool
user_take(struct info_reader *r, const struct bbolt_row *row UNUSED, struct error *e UNUSED)
{
    r->info.auth_user_count++;
    return true;
}

static bool
role_take(struct info_reader *r, const struct bbolt_row *row UNUSED, struct error *e UNUSED)
{
    r->info.auth_role_count++;
    return true;
}

static bool
bucket_read(struct info_reader *r, const struct bbolt *db, const char *name, row_take *take,
            struct error *e)
{
    struct bbolt_bucket bucket;
    struct bbolt_cursor c;
    struct bbolt_row row;

    if (!bbolt_bucket_find(db, bytes_of_text(name), &bucket, e)) {
        if (e->code != ERROR_NOT_FOUND)
            return false;
        error_clear(e);
        return true;
    }
    bbolt_cursor_init(&c, &bucket);
    while (bbolt_cursor_next(&c, &row, e)) {
        char key[BBOLT_KEY_TEXT_SIZE];
        int64_t offset = row.key.data - db->file.data;

        if (!take(r, &row, e))
            return error_wrap(e, "'%s': page %" PRId64 ", byte %" PRId64 ": bucket '%s', row %s",
                              db->name, offset / db->page_size, offset, name,
                              bbolt_key_text(row.key, key));
    }
    return !c.failed;
}

/* In the order in which their errors are told. */
static const struct {
    const char *bucket;
    row_take *take;
} readers[] = {
    {BACKEND_BUCKET_META, meta_take},       {BACKEND_BUCKET_CLUSTER, cluster_take},
    {BACKEND_BUCKET_MEMBERS, member_take},  {BACKEND_BUCKET_MEMBERS_REMOVED, removed_take},
    {BACKEND_BUCKET_ALARM, alarm_take},     {BACKEND_BUCKET_LEASE, lease_take},
    {BACKEND_BUCKET_AUTH, auth_take},       {BACKEND_BUCKET_AUTH_USERS, user_take},
    {BACKEND_BUCKET_AUTH_ROLES, role_take},
};

bool
backend_row_check(struct bytes bucket, const struct bbolt_row *row, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct info_reader r = {.mem = &tmp};

    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        if (bytes_equal_text(bucket, readers[i].bucket))
            return readers[i].take(&r, row, e);
    }
    return true;
}

/* Before 3.6 nothing in a backend says its version; meta/term and confState came with 3.5. */
static const char *
data_version_of(struct arena *mem, const struct backend_info *info)
{
    const char *version = info->storage_version;
    const char *patch = strrchr(version, '.');

    if (version[0] == '\0')
        return info->has_term || info->has_conf_state ? "3.5" : "3.4";
    if (patch == NULL || patch == strchr(version, '.'))
        return version;
    return arena_text_of_bytes(mem, bytes_of(version, (size_t)(patch - version)));
}

bool
backend_info_read(struct arena *mem, const struct bbolt *db, struct backend_info *ret_info,
                  struct error *e)
{
    struct info_reader r = {
        .mem = mem,
        .info =
            {
                .finished_compact_revision = BACKEND_NEVER_COMPACTED,
                .scheduled_compact_revision = BACKEND_NEVER_COMPACTED,
                .storage_version = "",
                .cluster_version = "",
                .downgrade_target = "",
            },
    };

    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        if (!bucket_read(&r, db, readers[i].bucket, readers[i].take, e))
            return false;
    }
    r.info.data_version = data_version_of(mem, &r.info);
    r.info.members = r.members.items;
    r.info.member_count = r.members.count;
    r.info.removed_members = r.removed.items;
    r.info.removed_member_count = r.removed.count;
    r.info.alarms = r.alarms.items;
    r.info.alarm_count = r.alarms.count;
    *ret_info = r.info;
    return true;
}

int64_t
backend_compact_revision(const struct backend_info *info)
{
    return info->scheduled_compact_revision > info->finished_compact_revision
               ? info->scheduled_compact_revision
               : info->finished_compact_revision;
}
