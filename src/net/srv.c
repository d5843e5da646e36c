#include "net/srv.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <string.h>

#include "base/cursor.h"

enum {
    DNS_HEADER_BYTES = 12,
    DNS_QUESTION_BYTES = 4, /* behind the name */
    DNS_ANSWER_MAX_BYTES = 65535,
};

static bool
cut(struct error *e)
{
    return error_set(e, ERROR_FORMAT, "the DNS answer is cut");
}

static bool
u16be(struct cursor *c, uint16_t *ret_value)
{
    uint8_t high;
    uint8_t low;

    if (!cursor_u8(c, &high) || !cursor_u8(c, &low))
        return false;
    *ret_value = (uint16_t)(high << 8 | low);
    return true;
}

/* A name, which may go on elsewhere in the packet: dn_expand follows it and stays inside. */
static bool
take_name(struct bytes packet, struct cursor *c, char ret_name[NS_MAXDNAME], struct error *e)
{
    const uint8_t *begin = packet.data;
    int size = dn_expand(begin, begin + packet.size, c->at, ret_name, NS_MAXDNAME);

    if (size < 0 || !cursor_skip(c, (size_t)size))
        return error_set(e, ERROR_FORMAT, "a name in the DNS answer leads nowhere");
    return true;
}

static bool
take_srv(struct arena *mem, struct bytes packet, struct bytes data, struct srv_records *records,
         struct error *e)
{
    struct cursor c = cursor_of(data);
    struct srv_record record;
    char host[NS_MAXDNAME];
    uint16_t weight;
    size_t at;

    if (!u16be(&c, &record.priority) || !u16be(&c, &weight) || !u16be(&c, &record.port))
        return cut(e);
    if (!take_name(packet, &c, host, e))
        return false;
    record.host = arena_text(mem, host);
    ARRAY_PUSH(mem, &records->list);
    for (at = records->list.count - 1;
         at > 0 && records->list.items[at - 1].priority > record.priority; at--)
        records->list.items[at] = records->list.items[at - 1];
    records->list.items[at] = record;
    return true;
}

static bool
take_record(struct arena *mem, struct bytes packet, struct cursor *c, struct srv_records *records,
            struct error *e)
{
    char name[NS_MAXDNAME];
    uint16_t type;
    uint16_t class;
    uint32_t ttl;
    uint16_t size;
    struct bytes data;

    if (!take_name(packet, c, name, e))
        return false;
    if (!u16be(c, &type) || !u16be(c, &class) || !cursor_u32be(c, &ttl) || !u16be(c, &size) ||
        !cursor_bytes(c, size, &data))
        return cut(e);
    return type != ns_t_srv || class != ns_c_in || take_srv(mem, packet, data, records, e);
}

bool
srv_parse(struct arena *mem, struct bytes packet, struct srv_records *ret_records, struct error *e)
{
    struct cursor c = cursor_of(packet);
    struct srv_records records = {ARRAY_INIT};
    char name[NS_MAXDNAME];
    uint16_t questions;
    uint16_t answers;

    if (!cursor_skip(&c, 4) || !u16be(&c, &questions) || !u16be(&c, &answers) ||
        !cursor_skip(&c, DNS_HEADER_BYTES - 8))
        return cut(e);
    while (questions-- > 0) {
        if (!take_name(packet, &c, name, e))
            return false;
        if (!cursor_skip(&c, DNS_QUESTION_BYTES))
            return cut(e);
    }
    while (answers-- > 0)
        if (!take_record(mem, packet, &c, &records, e))
            return false;
    *ret_records = records;
    return true;
}

/* res_nquery's h_errno. */
static bool
lookup_error(int code, const char *name, struct error *e)
{
    if (code == HOST_NOT_FOUND || code == NO_DATA)
        return error_set(e, ERROR_NOT_FOUND, "no DNS record '%s'", name);
    error_set_(e, ERROR_UNAVAILABLE, 0, "DNS name '%s': no name server answered", name);
    return error_hint(e, "see /etc/resolv.conf");
}

bool
srv_lookup(struct arena *mem, const char *name, struct srv_records *ret_records, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct __res_state state;
    unsigned char *answer = arena_alloc(&tmp, DNS_ANSWER_MAX_BYTES);
    int size;
    int code;

    memset(&state, 0, sizeof(state));
    if (res_ninit(&state) != 0)
        return error_set(e, ERROR_UNAVAILABLE, "the system's resolver cannot be used");
    size = res_nquery(&state, name, ns_c_in, ns_t_srv, answer, DNS_ANSWER_MAX_BYTES);
    code = state.res_h_errno;
    res_nclose(&state);
    if (size < 0)
        return lookup_error(code, name, e);
    if (!srv_parse(mem, bytes_of(answer, (size_t)size), ret_records, e))
        return error_wrap(e, "DNS name '%s'", name);
    return true;
}
