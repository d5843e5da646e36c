/* Alarms, the leader's move, a downgrade. */

#include "cli/print/print_maintenance.h"

#include <inttypes.h>

#include "cli/print/print_answer.h"

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

    if (print_answer(out, style, &etcd_alarm_list_message, list))
        return;
    if (style->output == OUTPUT_FIELDS) {
        alarms_fields(&tmp, out, style, list);
        return;
    }
    /* Up to 3.6 this is gogo's text form with its blank at the end; 3.7 has Google's without. */
    for (size_t i = 0; i < list->alarm_count; i++)
        buf_printf(out, "memberID:%" PRIu64 " alarm:%s%s\n", list->alarms[i].member_id,
                   alarm_word(&tmp, list->alarms[i].type), style->compat < COMPAT_3_7 ? " " : "");
}

void
print_leader_moved(struct buf *out, const struct output_style *style, uint64_t from, uint64_t to,
                   const struct etcd_header_only *moved)
{
    if (!print_answer(out, style, &etcd_header_only_message, moved))
        buf_printf(out, "Leadership transferred from %" PRIx64 " to %" PRIx64 "\n", from, to);
}

void
print_downgrade(struct buf *out, const struct output_style *style, const char *action,
                const struct etcd_downgrade *downgrade)
{
    if (!print_answer(out, style, &etcd_downgrade_message, downgrade))
        buf_printf(out, "Downgrade %s success, cluster version %s\n", action, downgrade->version);
}
