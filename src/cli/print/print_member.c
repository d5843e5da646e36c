/* Members and alarms. */

#include "cli/print/print_member.h"

#include <inttypes.h>

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
member_json(struct json_writer *w, bool hex, const struct etcd_member *m)
{
    json_object_begin(w);
    if (hex)
        json_key_id(w, "ID", m->id);
    else
        print_json_u64(w, "ID", m->id);
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

static void
members_json(struct buf *out, const struct output_style *style, const struct etcd_member_list *list)
{
    bool hex = style->hex && style->compat >= COMPAT_3_5;
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    if (hex)
        header_json_hex(&w, &list->header);
    else
        print_header_json(&w, &list->header);
    if (list->member_count > 0) {
        json_key(&w, "members");
        json_array_begin(&w);
        for (size_t i = 0; i < list->member_count; i++) {
            if (hex && style->compat < COMPAT_3_7)
                member_json_hex_by_hand(&w, style, &list->members[i]);
            else
                member_json(&w, hex, &list->members[i]);
        }
        json_array_end(&w);
    }
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

void
print_member_list(struct buf *out, const struct output_style *style,
                  const struct etcd_member_list *list)
{
    AUTO_ARENA tmp = ARENA_INIT;

    switch (style->output) {
    case OUTPUT_SIMPLE:
        members_simple(&tmp, out, style, list);
        break;
    case OUTPUT_TABLE:
        members_table(&tmp, out, style, list);
        break;
    case OUTPUT_JSON:
        members_json(out, style, list);
        break;
    case OUTPUT_FIELDS:
        members_fields(out, style, list);
        break;
    case OUTPUT_PROTOBUF:
        message_encode(out, &etcd_member_list_message, list);
        break;
    }
}

const char *
alarm_word(struct arena *mem, enum etcd_alarm_type type)
{
    switch (type) {
    case ETCD_ALARM_NONE:
        return "NONE";
    case ETCD_ALARM_NOSPACE:
        return "NOSPACE";
    case ETCD_ALARM_CORRUPT:
        return "CORRUPT";
    }
    return arena_printf(mem, "%d", (int)type);
}

static void
alarms_json(struct buf *out, const struct etcd_alarm_list *list)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    print_header_json(&w, &list->header);
    if (list->alarm_count > 0) {
        json_key(&w, "alarms");
        json_array_begin(&w);
        for (size_t i = 0; i < list->alarm_count; i++) {
            json_object_begin(&w);
            print_json_u64(&w, "memberID", list->alarms[i].member_id);
            print_json_u64(&w, "alarm", (uint64_t)list->alarms[i].type);
            json_object_end(&w);
        }
        json_array_end(&w);
    }
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

static void
alarms_fields(struct arena *mem, struct buf *out, const struct output_style *style,
              const struct etcd_alarm_list *list)
{
    print_header_fields(out, style, &list->header);
    for (size_t i = 0; i < list->alarm_count; i++) {
        print_field_id(out, style, "MemberID", list->alarms[i].member_id);
        print_field_plain(out, "AlarmType", alarm_word(mem, list->alarms[i].type));
        buf_append_byte(out, '\n');
    }
}

void
print_alarm_list(struct buf *out, const struct output_style *style,
                 const struct etcd_alarm_list *list)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (style->output == OUTPUT_PROTOBUF) {
        message_encode(out, &etcd_alarm_list_message, list);
        return;
    }
    if (style->output == OUTPUT_JSON) {
        alarms_json(out, list);
        return;
    }
    if (style->output == OUTPUT_FIELDS) {
        alarms_fields(&tmp, out, style, list);
        return;
    }
    /* Up to 3.6 this is gogo's text form with its blank at the end; 3.7 has Google's without. */
    for (size_t i = 0; i < list->alarm_count; i++)
        buf_printf(out, "memberID:%" PRIu64 " alarm:%s%s\n", list->alarms[i].member_id,
                   alarm_word(&tmp, list->alarms[i].type), style->compat < COMPAT_3_7 ? " " : "");
}
