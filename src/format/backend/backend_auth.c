#include "format/backend/backend_auth.h"

#include "format/proto.h"

static bool
permission_decode(struct bytes message, struct backend_permission *permission)
{
    struct proto_reader r = proto_reader_of(message);
    struct proto_field f;

    while (proto_next(&r, &f)) {
        switch (f.number) {
        case 1:
            proto_field_u32(&r, &f, &permission->type);
            break;
        case 2:
            proto_field_bytes(&r, &f, &permission->key);
            break;
        case 3:
            proto_field_bytes(&r, &f, &permission->range_end);
            break;
        default:
            break;
        }
    }
    return !r.failed;
}

bool
backend_role_decode(struct arena *mem, struct bytes value, struct backend_role *ret_role,
                    struct error *e)
{
    struct proto_reader r = proto_reader_of(value);
    ARRAY(struct backend_permission) permissions = ARRAY_INIT;
    struct backend_role role = {.name = BYTES_NONE};
    struct proto_field f;

    while (proto_next(&r, &f)) {
        struct bytes message;

        if (f.number == 1)
            proto_field_bytes(&r, &f, &role.name);
        else if (f.number == 2 && proto_field_bytes(&r, &f, &message))
            r.failed = r.failed || !permission_decode(message, ARRAY_PUSH(mem, &permissions));
    }
    if (r.failed)
        return error_set(e, ERROR_FORMAT, "authpb.Role: malformed");
    role.permissions = permissions.items;
    role.permission_count = permissions.count;
    *ret_role = role;
    return true;
}

static bool
options_decode(struct bytes message, struct backend_user *user)
{
    struct proto_reader r = proto_reader_of(message);
    struct proto_field f;

    user->has_options = true;
    while (proto_next(&r, &f)) {
        if (f.number == 1)
            proto_field_bool(&r, &f, &user->no_password);
    }
    return !r.failed;
}

bool
backend_user_decode(struct arena *mem, struct bytes value, struct backend_user *ret_user,
                    struct error *e)
{
    struct proto_reader r = proto_reader_of(value);
    ARRAY(struct bytes) roles = ARRAY_INIT;
    struct backend_user user = {.name = BYTES_NONE};
    struct proto_field f;

    while (proto_next(&r, &f)) {
        struct bytes message;

        if (f.number == 1)
            proto_field_bytes(&r, &f, &user.name);
        else if (f.number == 3)
            proto_field_bytes(&r, &f, ARRAY_PUSH(mem, &roles));
        else if (f.number == 4 && proto_field_bytes(&r, &f, &message))
            r.failed = r.failed || !options_decode(message, &user);
    }
    if (r.failed)
        return error_set(e, ERROR_FORMAT, "authpb.User: malformed");
    user.roles = roles.items;
    user.role_count = roles.count;
    *ret_user = user;
    return true;
}
