#include "cli/print/print_bucket.h"

#include <inttypes.h>

#include "cli/text.h"
#include "format/backend/backend.h"
#include "format/backend/backend_auth.h"
#include "format/backend/mvcc.h"
#include "format/bbolt/bbolt_page.h"

static bool
quoted_print(struct buf *out, const struct bbolt_row *row)
{
    buf_append_text(out, "key=");
    text_append_quoted(out, row->key);
    buf_append_text(out, ", value=");
    text_append_quoted(out, row->value);
    buf_append_byte(out, '\n');
    return true;
}

static bool
number_print(struct buf *out, const struct bbolt_row *row, struct error *e)
{
    uint64_t number;

    if (!backend_u64_decode(row->value, &number, e))
        return false;
    buf_append_text(out, "key=");
    text_append_quoted(out, row->key);
    buf_printf(out, ", value=%" PRIu64 "\n", number);
    return true;
}

bool
print_key_row(struct buf *out, const struct bbolt_row *row, struct error *e)
{
    struct revision_key revision;
    struct key_value kv;

    if (!revision_key_decode(row->key, &revision, e) || !key_value_decode(row->value, &kv, e))
        return false;
    buf_printf(out, "rev={Revision:{Main:%" PRId64 " Sub:%" PRId64 "} tombstone:%s}, value=[key ",
               revision.main, revision.sub, revision.tombstone ? "true" : "false");
    text_append_quoted(out, kv.key);
    buf_append_text(out, " | val ");
    text_append_quoted(out, kv.value);
    buf_printf(out, " | created %" PRId64 " | mod %" PRId64 " | ver %" PRId64 "]\n",
               kv.create_revision, kv.mod_revision, kv.version);
    return true;
}

static bool
lease_print(struct buf *out, const struct bbolt_row *row, struct error *e)
{
    struct backend_lease lease;
    uint64_t id;

    if (!backend_u64_decode(row->key, &id, e) || !backend_lease_decode(row->value, &lease, e))
        return false;
    buf_printf(out, "lease ID=%016" PRIx64 ", TTL=%" PRId64 "s, remaining TTL=%" PRId64 "s\n", id,
               lease.ttl_s, lease.remaining_ttl_s);
    return true;
}

/* Go prints bytes as a list of numbers. */
static bool
auth_print(struct buf *out, const struct bbolt_row *row, struct error *e)
{
    if (bytes_equal_text(row->key, BACKEND_AUTH_REVISION))
        return number_print(out, row, e);
    buf_append_text(out, "key=");
    text_append_quoted(out, row->key);
    buf_append_text(out, ", value=[");
    for (size_t i = 0; i < row->value.size; i++)
        buf_printf(out, "%s%u", i > 0 ? " " : "", row->value.data[i]);
    buf_append_text(out, "]\n");
    return true;
}

/* In protobuf's text form, fields of their default value left out. */
static void
permission_print(struct buf *out, const struct backend_permission *permission)
{
    static const char *const types[] = {"", "WRITE", "READWRITE"};
    const char *blank = "";

    if (permission->type > BACKEND_PERMISSION_READWRITE)
        buf_printf(out, "permType:%" PRIu32, permission->type);
    else if (permission->type != BACKEND_PERMISSION_READ)
        buf_printf(out, "permType:%s", types[permission->type]);
    if (permission->type != BACKEND_PERMISSION_READ)
        blank = " ";
    if (permission->key.size > 0) {
        buf_printf(out, "%skey:", blank);
        text_append_quoted(out, permission->key);
        blank = " ";
    }
    if (permission->range_end.size > 0) {
        buf_printf(out, "%srange_end:", blank);
        text_append_quoted(out, permission->range_end);
    }
}

static bool
role_print(struct buf *out, const struct bbolt_row *row, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct backend_role role;

    if (!backend_role_decode(&tmp, row->value, &role, e))
        return false;
    buf_append_text(out, "role=");
    text_append_quoted(out, role.name);
    buf_append_text(out, ", keyPermission=[");
    for (size_t i = 0; i < role.permission_count; i++) {
        buf_append_text(out, i > 0 ? " " : "");
        permission_print(out, &role.permissions[i]);
    }
    buf_append_text(out, "]\n");
    return true;
}

static bool
user_print(struct buf *out, const struct bbolt_row *row, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct backend_user user;

    if (!backend_user_decode(&tmp, row->value, &user, e))
        return false;
    buf_append_text(out, "user=");
    text_append_quoted(out, user.name);
    buf_append_text(out, ", roles=[");
    for (size_t i = 0; i < user.role_count; i++) {
        buf_append_text(out, i > 0 ? " " : "");
        text_append_quoted(out, user.roles[i]);
    }
    buf_printf(out, "], option=%s\n",
               !user.has_options  ? "<nil>"
               : user.no_password ? "no_password:true"
                                  : "");
    return true;
}

static bool
compaction_print(struct buf *out, const struct bbolt_row *row, struct error *e)
{
    struct revision_key revision;

    if (!revision_key_decode(row->value, &revision, e))
        return false;
    buf_append_text(out, "key=");
    text_append_quoted(out, row->key);
    buf_printf(out, ", value={%" PRId64 " %" PRId64 "}\n", revision.main, revision.sub);
    return true;
}

static bool
meta_print(struct buf *out, const struct bbolt_row *row, struct error *e)
{
    if (bytes_equal_text(row->key, BACKEND_CONSISTENT_INDEX) ||
        bytes_equal_text(row->key, BACKEND_TERM))
        return number_print(out, row, e);
    if (bytes_equal_text(row->key, BACKEND_SCHEDULED_COMPACT) ||
        bytes_equal_text(row->key, BACKEND_FINISHED_COMPACT))
        return compaction_print(out, row, e);
    return quoted_print(out, row);
}

static const struct {
    const char *bucket;
    bool (*print)(struct buf *out, const struct bbolt_row *row, struct error *e);
} decoders[] = {
    {BACKEND_BUCKET_KEY, print_key_row},     {BACKEND_BUCKET_LEASE, lease_print},
    {BACKEND_BUCKET_AUTH, auth_print},       {BACKEND_BUCKET_AUTH_ROLES, role_print},
    {BACKEND_BUCKET_AUTH_USERS, user_print}, {BACKEND_BUCKET_META, meta_print},
};

bool
print_bucket_row(struct buf *out, struct bytes bucket, const struct bbolt_row *row, bool decode,
                 struct error *e)
{
    char key[BBOLT_KEY_TEXT_SIZE];

    for (size_t i = 0; decode && i < sizeof(decoders) / sizeof(*decoders); i++) {
        if (!bytes_equal_text(bucket, decoders[i].bucket))
            continue;
        if (!decoders[i].print(out, row, e)) {
            bbolt_key_text(row->key, key);
            return error_wrap(e, "row %s of '%s'", key, decoders[i].bucket);
        }
        return true;
    }
    return quoted_print(out, row);
}
