/* The member list, and what a change of it answers. */

#include "cli/print/print_member.h"

#include <inttypes.h>

#include "cli/print/print_answer.h"
#include "cli/text.h"
#include "cli/text_table.h"

enum { MEMBER_COLUMNS = 6 };

/* The cells of the simple form and of the table. */
static void
member_cells(struct arena *mem, const struct etcd_member *m, const char *cells[MEMBER_COLUMNS])
{
    AUTO_BUF urls = BUF_INIT;

    cells[0] = arena_printf(mem, "%" PRIx64, m->id);
    cells[1] = m->name[0] != '\0' ? "started" : "unstarted";
    cells[2] = m->name;
    print_joined(&urls, m->peer_urls, m->peer_url_count, ",");
    cells[3] = arena_text(mem, buf_text(&urls));
    buf_clear(&urls);
    print_joined(&urls, m->client_urls, m->client_url_count, ",");
    cells[4] = arena_text(mem, buf_text(&urls));
    cells[5] = m->is_learner ? "true" : "false";
}

static void
members_simple(struct arena *mem, struct buf *out, const struct output_style *style,
               const struct etcd_member_list *list)
{
    for (size_t i = 0; i < list->member_count; i++) {
        const char *cells[MEMBER_COLUMNS];

        member_cells(mem, &list->members[i], cells);
        /* A member's name is anybody's text: harmless on a terminal, exact in a pipe. */
        if (style->terminal.tty)
            cells[2] = text_visible(mem, cells[2], style->terminal.utf8);
        print_joined(out, cells, MEMBER_COLUMNS, ", ");
        buf_append_byte(out, '\n');
    }
}

static void
members_table(struct arena *mem, struct buf *out, const struct output_style *style,
              const struct etcd_member_list *list)
{
    static const char *const headings[MEMBER_COLUMNS] = {
        "ID", "STATUS", "NAME", "PEER ADDRS", "CLIENT ADDRS", "IS LEARNER",
    };
    struct text_table table;

    text_table_init(&table, mem, headings, MEMBER_COLUMNS);
    for (size_t i = 0; i < list->member_count; i++) {
        const char *cells[MEMBER_COLUMNS];

        member_cells(mem, &list->members[i], cells);
        for (size_t k = 0; k < MEMBER_COLUMNS; k++)
            text_table_cell(&table, cells[k]);
    }
    text_table_draw(&table, style, out);
}

static void
members_fields(struct buf *out, const struct output_style *style,
               const struct etcd_member_list *list)
{
    print_header_fields(out, style, &list->header);
    for (size_t i = 0; i < list->member_count; i++) {
        const struct etcd_member *m = &list->members[i];

        print_field_id(out, style, "ID", m->id);
        print_field_text(out, "Name", m->name);
        for (size_t k = 0; k < m->peer_url_count; k++)
            print_field_text(out, "PeerURL", m->peer_urls[k]);
        for (size_t k = 0; k < m->client_url_count; k++)
            print_field_text(out, "ClientURL", m->client_urls[k]);
        print_field_bool(out, "IsLearner", m->is_learner);
        buf_append_byte(out, '\n');
    }
}

static void
member_json_hex(struct json_writer *w, const struct etcd_member *m)
{
    json_object_begin(w);
    json_key_id(w, "ID", m->id);
    print_json_text(w, "name", m->name);
    print_json_texts(w, "peerURLs", m->peer_urls, m->peer_url_count);
    print_json_texts(w, "clientURLs", m->client_urls, m->client_url_count);
    print_json_true(w, "isLearner", m->is_learner);
    json_object_end(w);
}

/* Before 3.7 --hex was written by hand and left nothing out: no text is "", no list is null. */
static void
member_json_hex_by_hand(struct json_writer *w, const struct output_style *style,
                        const struct etcd_member *m)
{
    /* 3.5's spelling. */
    const char *client_urls = style->compat < COMPAT_3_6 ? "clientURLS" : "clientURLs";

    json_object_begin(w);
    json_key_id(w, "ID", m->id);
    json_key_text(w, "name", m->name);
    print_json_texts(w, "peerURLs", m->peer_urls, m->peer_url_count);
    print_json_texts(w, client_urls, m->client_urls, m->client_url_count);
    if (m->client_url_count == 0) {
        json_key(w, client_urls);
        json_null(w);
    }
    json_object_end(w);
}

static void
header_json_hex(struct json_writer *w, const struct etcd_header *header)
{
    json_key(w, "header");
    json_object_begin(w);
    json_key_id(w, "cluster_id", header->cluster_id);
    json_key_id(w, "member_id", header->member_id);
    json_key_u64(w, "raft_term", header->raft_term);
    json_object_end(w);
}

/* What --hex makes of an answer with members; 'added' is NULL unless it has that one. */
static void
members_json_hex(struct buf *out, const struct output_style *style,
                 const struct etcd_header *header, const struct etcd_member *added,
                 const struct etcd_member *members, size_t count)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    header_json_hex(&w, header);
    if (added != NULL) {
        json_key(&w, "member");
        member_json_hex(&w, added);
    }
    json_key(&w, "members");
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++) {
        if (style->compat < COMPAT_3_7)
            member_json_hex_by_hand(&w, style, &members[i]);
        else
            member_json_hex(&w, &members[i]);
    }
    json_array_end(&w);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

static bool
json_has_hex_ids(const struct output_style *style, enum compat since)
{
    return style->output == OUTPUT_JSON && style->hex && style->compat >= since;
}

void
print_member_list(struct buf *out, const struct output_style *style,
                  const struct etcd_member_list *list)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (json_has_hex_ids(style, COMPAT_3_5))
        members_json_hex(out, style, &list->header, NULL, list->members, list->member_count);
    else if (print_answer(out, style, &etcd_member_list_message, list))
        return;
    else if (style->output == OUTPUT_TABLE)
        members_table(&tmp, out, style, list);
    else if (style->output == OUTPUT_FIELDS)
        members_fields(out, style, list);
    else
        members_simple(&tmp, out, style, list);
}

/* NAME=URL of all members with commas between; the new one has no name of its own yet. */
static const char *
initial_cluster(struct arena *mem, const char *name, const struct etcd_member_added *added)
{
    ARRAY(const char *) entries = ARRAY_INIT;
    AUTO_BUF text = BUF_INIT;

    for (size_t i = 0; i < added->member_count; i++) {
        const struct etcd_member *m = &added->members[i];

        for (size_t k = 0; k < m->peer_url_count; k++)
            *ARRAY_PUSH(mem, &entries) = arena_printf(
                mem, "%s=%s", m->id == added->member.id ? name : m->name, m->peer_urls[k]);
    }
    print_joined(&text, entries.items, entries.count, ",");
    return arena_text(mem, buf_text(&text));
}

static void
setting(struct buf *out, const char *variable, const char *value)
{
    buf_printf(out, "%s=", variable);
    text_append_quoted(out, bytes_of_text(value));
    buf_append_byte(out, '\n');
}

void
print_member_added(struct buf *out, const struct output_style *style, const char *name,
                   const char *peer_urls, const struct etcd_member_added *added)
{
    bool as_learner = added->member.is_learner && style->compat >= COMPAT_3_6;
    AUTO_ARENA tmp = ARENA_INIT;

    if (json_has_hex_ids(style, COMPAT_3_7)) {
        members_json_hex(out, style, &added->header, &added->member, added->members,
                         added->member_count);
        return;
    }
    if (print_answer(out, style, &etcd_member_added_message, added))
        return;
    buf_printf(out, "Member %16" PRIx64 " added%s to cluster %16" PRIx64 "\n\n", added->member.id,
               as_learner ? " as learner" : "", added->header.cluster_id);
    setting(out, "ETCD_NAME", name);
    setting(out, "ETCD_INITIAL_CLUSTER", initial_cluster(&tmp, name, added));
    setting(out, "ETCD_INITIAL_ADVERTISE_PEER_URLS", peer_urls);
    setting(out, "ETCD_INITIAL_CLUSTER_STATE", "existing");
}

void
print_member_changed(struct buf *out, const struct output_style *style, uint64_t id,
                     const char *what, const struct etcd_member_list *list)
{
    if (json_has_hex_ids(style, COMPAT_3_7))
        members_json_hex(out, style, &list->header, NULL, list->members, list->member_count);
    else if (!print_answer(out, style, &etcd_member_list_message, list))
        buf_printf(out, "Member %16" PRIx64 " %s cluster %16" PRIx64 "\n", id, what,
                   list->header.cluster_id);
}
