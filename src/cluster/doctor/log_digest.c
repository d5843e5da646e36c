#include "cluster/doctor/log_digest.h"

#include <string.h>

struct dated_line {
    enum etcd_log_kind kind;
    int64_t time_ms; /* a line without one has the one before */
    bool has_zone;
    const char *said;
};

struct dated_lines {
    ARRAY(struct dated_line) lines;
    int64_t time_ms;
    bool has_zone;
};

static const char *
said_by(struct arena *mem, const struct etcd_log_line *line)
{
    return line->error[0] != '\0' ? arena_printf(mem, "%s: %s", line->message, line->error)
                                  : line->message;
}

static void
line_take(struct arena *mem, const char *text, struct dated_lines *all)
{
    struct etcd_log_line line;

    if (!etcd_log_line_read(mem, text, &line))
        return;
    if (line.time_ms != 0) {
        all->time_ms = line.time_ms;
        all->has_zone = line.has_zone;
    }
    *ARRAY_PUSH(mem, &all->lines) = (struct dated_line){
        .kind = etcd_log_kind_of(&line),
        .time_ms = all->time_ms,
        .has_zone = all->has_zone,
        .said = said_by(mem, &line),
    };
}

static void
line_count(const struct dated_line *line, struct log_picture *ret)
{
    struct log_sight *sight = &ret->seen[line->kind];

    sight->count++;
    sight->last_ms = line->time_ms;
    sight->last = line->said;
}

/* What an earlier process told is no longer so; that it ended, and of what, stays true. */
static void
begin_anew(struct log_picture *ret)
{
    static const enum etcd_log_kind ends[] = {
        ETCD_LOG_END,
        ETCD_LOG_RAFT_LOST,
        ETCD_LOG_WAL_DAMAGED,
        ETCD_LOG_SNAPSHOT_DAMAGED,
        ETCD_LOG_DATABASE_LOCKED,
        ETCD_LOG_DATA_DIFFERS,
    };
    struct log_picture kept = {.state = ret->state};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        kept.seen[ends[i]] = ret->seen[ends[i]];
    *ret = kept;
}

void
log_digest(struct arena *mem, const char *text, int64_t now_ms, struct log_picture *ret)
{
    struct dated_lines all = {0};
    char *rest = arena_text(mem, text);
    int64_t from_ms;

    *ret = (struct log_picture){.state = text[0] != '\0' ? FACT_KNOWN : FACT_ABSENT};
    while (rest != NULL)
        line_take(mem, strsep(&rest, "\n"), &all);
    from_ms = (all.has_zone && now_ms > all.time_ms ? now_ms : all.time_ms) - LOG_DIGEST_MS;
    for (size_t i = 0; i < all.lines.count; i++) {
        const struct dated_line *line = &all.lines.items[i];

        if (line->kind == ETCD_LOG_START)
            begin_anew(ret);
        if (line->time_ms == 0 || line->time_ms >= from_ms)
            line_count(line, ret);
    }
}
