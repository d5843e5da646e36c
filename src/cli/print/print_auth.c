/*
 * Users, roles, and whether authentication is on. Source: printer_simple.go, printer_fields.go of
 * etcdctl 3.4 to 3.7.
 */

#include "cli/print/print_auth.h"

#include <inttypes.h>
#include <string.h>

#include "cli/print/print_answer.h"
#include "cli/text.h"
#include "etcd/kv.h"

/* A name or key is anybody's bytes: harmless on a terminal, exact in a pipe. */
static void
append_key(struct buf *out, const struct output_style *style, struct bytes key)
{
    if (style->terminal.tty)
        text_append_visible(out, key, style->terminal.utf8);
    else
        buf_append_bytes(out, key);
}

static void
print_lines(struct buf *out, const struct output_style *style, const char *const *texts,
            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        append_key(out, style, bytes_of_text(texts[i]));
        buf_append_byte(out, '\n');
    }
}

bool
print_header_only(struct buf *out, const struct output_style *style,
                  const struct etcd_header_only *response)
{
    if (print_answer(out, style, &etcd_header_only_message, response))
        return true;
    if (style->output != OUTPUT_FIELDS)
        return false;
    print_header_fields(out, style, &response->header);
    return true;
}

void
print_auth_status(struct buf *out, const struct output_style *style,
                  const struct etcd_auth_status *status)
{
    if (!print_answer(out, style, &etcd_auth_status_message, status))
        buf_printf(out, "Authentication Status: %s\nAuthRevision: %" PRIu64 "\n",
                   status->enabled ? "true" : "false", status->auth_revision);
}

void
print_user(struct buf *out, const struct output_style *style, const char *name,
           const struct etcd_user *user)
{
    if (print_answer(out, style, &etcd_user_message, user))
        return;
    buf_printf(out, "User: %s\nRoles:", name);
    for (size_t i = 0; i < user->role_count; i++) {
        buf_append_byte(out, ' ');
        append_key(out, style, bytes_of_text(user->roles[i]));
    }
    buf_append_byte(out, '\n');
}

void
print_user_list(struct buf *out, const struct output_style *style,
                const struct etcd_user_list *list)
{
    if (!print_answer(out, style, &etcd_user_list_message, list))
        print_lines(out, style, list->users, list->user_count);
}

static const char *
permission_word(struct arena *mem, enum etcd_permission_type type)
{
    switch (type) {
    case ETCD_PERMISSION_READ:
        return "READ";
    case ETCD_PERMISSION_WRITE:
        return "WRITE";
    case ETCD_PERMISSION_READWRITE:
        return "READWRITE";
    }
    return arena_printf(mem, "%d", (int)type);
}

static bool
is_open_ended(struct bytes range_end)
{
    return range_end.size == 1 && range_end.data[0] == 0;
}

/*
 * Is the range all that begins with its key? To etcdctl before 3.6 the range of all keys was one,
 * too, with an empty prefix.
 */
static bool
is_prefix(struct arena *mem, const struct output_style *style, const struct etcd_permission *p)
{
    if (p->key.size == 0 && style->compat >= COMPAT_3_6)
        return false;
    return bytes_equal(etcd_prefix_end(mem, p->key), p->range_end);
}

static void
permission_simple(struct arena *mem, struct buf *out, const struct output_style *style,
                  const struct etcd_permission *p)
{
    buf_append_byte(out, '\t');
    if (p->range_end.size == 0) {
        append_key(out, style, p->key);
        buf_append_byte(out, '\n');
        return;
    }
    buf_append_byte(out, '[');
    append_key(out, style, p->key);
    buf_append_text(out, ", ");
    if (is_open_ended(p->range_end)) {
        buf_append_text(out, "<open ended>");
    } else {
        append_key(out, style, p->range_end);
        buf_append_byte(out, ')');
    }
    if (is_prefix(mem, style, p)) {
        buf_append_text(out, " (prefix ");
        append_key(out, style, p->key);
        buf_append_byte(out, ')');
    }
    buf_append_byte(out, '\n');
}

static void
permissions_simple(struct buf *out, const struct output_style *style, const char *heading,
                   enum etcd_permission_type type, const struct etcd_role *role)
{
    AUTO_ARENA tmp = ARENA_INIT;

    buf_append_text(out, heading);
    for (size_t i = 0; i < role->permission_count; i++) {
        const struct etcd_permission *p = &role->permissions[i];

        if (p->type == type || p->type == ETCD_PERMISSION_READWRITE)
            permission_simple(&tmp, out, style, p);
    }
}

static void
role_fields(struct buf *out, const struct output_style *style, const struct etcd_role *role)
{
    AUTO_ARENA tmp = ARENA_INIT;

    print_header_fields(out, style, &role->header);
    for (size_t i = 0; i < role->permission_count; i++) {
        const struct etcd_permission *p = &role->permissions[i];

        buf_printf(out, "\"PermType\" :  %s\n", permission_word(&tmp, p->type));
        print_field_bytes(out, "Key", p->key);
        print_field_bytes(out, "RangeEnd", p->range_end);
    }
}

void
print_role(struct buf *out, const struct output_style *style, const char *name,
           const struct etcd_role *role)
{
    static const char all_keys[] = "\t[, <open ended>\n";

    if (print_answer(out, style, &etcd_role_message, role))
        return;
    if (style->output == OUTPUT_FIELDS) {
        role_fields(out, style, role);
        return;
    }
    buf_printf(out, "Role %s\n", name);
    /* The role root may do everything without being granted it, which etcdctl says since 3.6. */
    if (strcmp(name, "root") == 0 && role->permission_count == 0 && style->compat >= COMPAT_3_6) {
        buf_printf(out, "KV Read:\n%sKV Write:\n%s", all_keys, all_keys);
        return;
    }
    permissions_simple(out, style, "KV Read:\n", ETCD_PERMISSION_READ, role);
    permissions_simple(out, style, "KV Write:\n", ETCD_PERMISSION_WRITE, role);
}

void
print_role_list(struct buf *out, const struct output_style *style,
                const struct etcd_role_list *list)
{
    if (print_answer(out, style, &etcd_role_list_message, list))
        return;
    if (style->output != OUTPUT_FIELDS) {
        print_lines(out, style, list->roles, list->role_count);
        return;
    }
    print_header_fields(out, style, &list->header);
    buf_append_text(out, "\"Roles\" :");
    for (size_t i = 0; i < list->role_count; i++) {
        buf_append_byte(out, ' ');
        text_append_quoted(out, bytes_of_text(list->roles[i]));
    }
    buf_append_byte(out, '\n');
}

void
print_role_revoked(struct buf *out, const struct output_style *style, const char *role,
                   const char *key, struct bytes range_end, const struct etcd_header_only *response)
{
    if (print_header_only(out, style, response))
        return;
    if (range_end.size == 0) {
        buf_printf(out, "Permission of key %s is revoked from role %s\n", key, role);
    } else if (is_open_ended(range_end)) {
        buf_printf(out, "Permission of range [%s, <open ended> is revoked from role %s\n", key,
                   role);
    } else {
        buf_printf(out, "Permission of range [%s, ", key);
        append_key(out, style, range_end);
        buf_printf(out, ") is revoked from role %s\n", role);
    }
}
