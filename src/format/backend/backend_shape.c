#include "format/backend/backend_shape.h"

#include "format/backend/backend.h"
#include "format/backend/backend_auth.h"
#include "format/backend/mvcc.h"
#include "format/proto.h"

enum { BUCKET_NAME_MOST_BYTES = 64, NAME_BYTES_WRONG_MOST = 2 };

/* The last field of authpb.Role. */
enum { ROLE_PERMISSIONS = 2 };

/* A revision's key stands twice: in front of the row, and as the mod revision inside. */
static bool
is_key_row(struct bytes key, struct bytes value)
{
    struct error ignored = ERROR_INIT;
    struct revision_key revision;
    struct key_value kv;

    if (!revision_key_decode(key, &revision, &ignored) || !key_value_decode(value, &kv, &ignored))
        return false;
    if (value.size == 0) /* --bump-revision's */
        return !revision.tombstone;
    if (revision.tombstone)
        return kv.mod_revision == 0 && kv.create_revision == 0 && kv.version == 0 &&
               kv.value.size == 0;
    return kv.mod_revision == revision.main && kv.version > 0 && kv.create_revision > 0 &&
           kv.create_revision <= kv.mod_revision;
}

static bool
is_lease_row(struct bytes key, struct bytes value)
{
    struct error ignored = ERROR_INIT;
    struct backend_lease lease;
    uint64_t id;

    return backend_u64_decode(key, &id, &ignored) &&
           backend_lease_decode(value, &lease, &ignored) && (uint64_t)lease.id == id;
}

static bool
is_user_row(struct bytes key, struct bytes value)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    struct backend_user user;

    return backend_user_decode(&tmp, value, &user, &ignored) && bytes_equal(user.name, key);
}

/* A user's password is no permission, and a role has no fields behind its permissions. */
static bool
is_role_row(struct bytes key, struct bytes value)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    struct proto_reader r = proto_reader_of(value);
    struct backend_role role;
    struct proto_field f;

    while (proto_next(&r, &f)) {
        if (f.number > ROLE_PERMISSIONS)
            return false;
    }
    return backend_role_decode(&tmp, value, &role, &ignored) && bytes_equal(role.name, key);
}

bool
backend_row_has_shape(struct bytes bucket, struct bytes key, struct bytes value)
{
    const struct bbolt_row row = {key, value};
    struct error ignored = ERROR_INIT;

    if (bytes_equal_text(bucket, BACKEND_BUCKET_KEY))
        return is_key_row(key, value);
    if (bytes_equal_text(bucket, BACKEND_BUCKET_LEASE))
        return is_lease_row(key, value);
    if (bytes_equal_text(bucket, BACKEND_BUCKET_AUTH_USERS))
        return is_user_row(key, value);
    if (bytes_equal_text(bucket, BACKEND_BUCKET_AUTH_ROLES))
        return is_role_row(key, value);
    return backend_row_check(bucket, &row, &ignored);
}

const char *const backend_buckets[BACKEND_BUCKET_COUNT] = {
    BACKEND_BUCKET_ALARM,      BACKEND_BUCKET_AUTH,    BACKEND_BUCKET_AUTH_ROLES,
    BACKEND_BUCKET_AUTH_USERS, BACKEND_BUCKET_CLUSTER, BACKEND_BUCKET_KEY,
    BACKEND_BUCKET_LEASE,      BACKEND_BUCKET_MEMBERS, BACKEND_BUCKET_MEMBERS_REMOVED,
    BACKEND_BUCKET_META,
};

const char *
backend_bucket_name_mend(struct bytes name)
{
    for (size_t i = 0; i < BACKEND_BUCKET_COUNT; i++) {
        struct bytes one = bytes_of_text(backend_buckets[i]);
        size_t wrong = 0;

        for (size_t at = 0; at < one.size && one.size == name.size; at++)
            wrong += one.data[at] != name.data[at] ? 1 : 0;
        if (one.size == name.size && wrong <= NAME_BYTES_WRONG_MOST)
            return backend_buckets[i];
    }
    return NULL;
}

bool
backend_bucket_name_is_plain(struct bytes name)
{
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] <= ' ' || name.data[i] >= 0x7f)
            return false;
    }
    return name.size > 0 && name.size <= BUCKET_NAME_MOST_BYTES;
}
