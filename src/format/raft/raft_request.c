#include "format/raft/raft_request.h"

#include <string.h>

#include "format/proto.h"

/* InternalRaftRequest. */
enum {
    FIELD_V2 = 2,
    FIELD_HEADER = 100,
    FIELD_CLUSTER_MEMBER_ATTR_SET = 1301,
    FIELD_DOWNGRADE_VERSION_TEST = 9900,
};

/* Request, the v2 API's; all its numbers and flags up to 17 are varints. */
enum { V2_METHOD = 2, V2_PATH = 3, V2_VALUE = 4, V2_PREV_VALUE = 6, V2_LAST = 17 };

enum { MEMBER_ID_DIGITS_MOST = 16 };

#define MEMBERS_PREFIX       "/0/members/"
#define ATTRIBUTES_SUFFIX    "/attributes"
#define CLUSTER_VERSION_PATH "/0/version"

static bool
v2_field_is_text(uint32_t number)
{
    return number == V2_METHOD || number == V2_PATH || number == V2_VALUE ||
           number == V2_PREV_VALUE;
}

/* Go's decoder refuses a known field of the wrong type, and that is what tells the forms apart. */
static bool
v2_decode(struct bytes message, struct v2_request *ret_request)
{
    struct proto_reader r = proto_reader_of(message);
    struct proto_field f;

    *ret_request = (struct v2_request){BYTES_NONE, BYTES_NONE};
    while (proto_next(&r, &f)) {
        if (f.number <= V2_LAST &&
            f.wire != (v2_field_is_text(f.number) ? PROTO_LENGTH : PROTO_VARINT))
            return false;
        if (f.number == V2_METHOD)
            ret_request->method = f.bytes;
        else if (f.number == V2_PATH)
            ret_request->path = f.bytes;
    }
    return !r.failed;
}

static bool
version_test_decode(struct bytes message, struct bytes *ret_version)
{
    struct proto_reader r = proto_reader_of(message);
    struct proto_field f;

    *ret_version = BYTES_NONE;
    while (proto_next(&r, &f)) {
        if (f.number == 1 && !proto_field_bytes(&r, &f, ret_version))
            return false;
    }
    return !r.failed;
}

static bool
internal_decode(struct bytes message, struct raft_request *ret_request)
{
    struct proto_reader r = proto_reader_of(message);
    struct proto_field f;

    *ret_request = (struct raft_request){.has_header = false};
    while (proto_next(&r, &f)) {
        /* Every field is a message, but for the first: the id. */
        if (f.wire != (f.number == 1 ? PROTO_VARINT : PROTO_LENGTH))
            return false;
        switch (f.number) {
        case FIELD_V2:
            ret_request->has_v2 = true;
            if (!v2_decode(f.bytes, &ret_request->v2))
                return false;
            break;
        case FIELD_HEADER:
            ret_request->has_header = true;
            break;
        case FIELD_CLUSTER_MEMBER_ATTR_SET:
            ret_request->sets_member_attributes = true;
            break;
        case FIELD_DOWNGRADE_VERSION_TEST:
            ret_request->has_version_test = true;
            if (!version_test_decode(f.bytes, &ret_request->version_test))
                return false;
            break;
        default:
            break;
        }
    }
    return !r.failed;
}

bool
raft_request_decode(struct bytes data, struct raft_request *ret_request, struct error *e)
{
    struct raft_request request;

    if (!internal_decode(data, &request)) {
        request = (struct raft_request){.has_v2 = true};
        if (!v2_decode(data, &request.v2))
            return error_set(e, ERROR_FORMAT, "raft request: malformed");
    }
    *ret_request = request;
    return true;
}

/* etcd's pattern, anywhere in the path: /0/members/[[:xdigit:]]{1,16}/attributes */
static bool
names_member_attributes(struct bytes path)
{
    const uint8_t *end;
    const uint8_t *at = path.data;

    if (path.size == 0)
        return false;
    end = path.data + path.size;
    while ((at = memmem(at, (size_t)(end - at), MEMBERS_PREFIX, strlen(MEMBERS_PREFIX))) != NULL) {
        struct bytes rest;
        size_t digits = 0;

        at += strlen(MEMBERS_PREFIX);
        while (at + digits < end && hex_digit((char)at[digits]) >= 0)
            digits++;
        rest = bytes_of(at + digits, (size_t)(end - at) - digits);
        if (digits >= 1 && digits <= MEMBER_ID_DIGITS_MOST &&
            bytes_starts_with(rest, BYTES_LITERAL(ATTRIBUTES_SUFFIX)))
            return true;
    }
    return false;
}

bool
v2_request_sets_attributes(const struct v2_request *request)
{
    return bytes_equal_text(request->method, "PUT") && names_member_attributes(request->path);
}

bool
v2_request_is_members_own(const struct v2_request *request)
{
    return v2_request_sets_attributes(request) ||
           (bytes_equal_text(request->method, "PUT") &&
            bytes_equal_text(request->path, CLUSTER_VERSION_PATH));
}
