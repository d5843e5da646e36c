#include "format/etcd_log.h"

#include <string.h>

#include "base/time.h"

enum { SECONDS_SIZE = sizeof("2026-11-23T03:10:39") - 1 };

/* "2026-11-23T03:10:39.437Z": to the second. Another separator than 'T' is one that the caller knows. */
static int64_t
time_of(struct arena *mem, const char *text)
{
    struct error ignored = ERROR_INIT;
    int64_t time_ms;
    char *copy;

    if (strnlen(text, SECONDS_SIZE) < SECONDS_SIZE)
        return 0;
    copy = arena_printf(mem, "%.*sZ", SECONDS_SIZE, text);
    for (char *c = copy; *c != '\0'; c++) {
        if (*c == '/')
            *c = '-';
        else if (*c == ' ')
            *c = 'T';
    }
    return time_parse_rfc3339(copy, &time_ms, &ignored) ? time_ms : 0;
}

/* --- zap --- */

static enum etcd_log_level
level_of_word(const char *word)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) == 0)
            return (enum etcd_log_level)i;
    }
    return ETCD_LOG_FATAL; /* dpanic, panic, fatal */
}

static const char *
field_text(struct arena *mem, const struct json *fields, const char *key)
{
    struct error ignored = ERROR_INIT;
    const char *text;

    return fields != NULL && json_get_text(mem, fields, key, &text, &ignored) ? text : "";
}

static bool
json_read(struct arena *mem, const char *line, struct etcd_log_line *ret_line)
{
    struct error ignored = ERROR_INIT;
    const struct json *fields;
    const char *level;

    if (!json_parse(mem, bytes_of_text(line), &fields, &ignored))
        return false;
    level = field_text(mem, fields, "level");
    *ret_line = (struct etcd_log_line){
        .level = level_of_word(level),
        .time_ms = time_of(mem, field_text(mem, fields, "ts")),
        .has_zone = true,
        .message = field_text(mem, fields, "msg"),
        .error = field_text(mem, fields, "error"),
        .fields = fields,
    };
    return level[0] != '\0';
}

/* TS, LEVEL, perhaps a logger's name, CALLER, MESSAGE, perhaps fields as JSON: with tabs between. */
static bool
console_read(struct arena *mem, const char *line, struct etcd_log_line *ret_line)
{
    char *rest = arena_text(mem, line);
    const char *time = strsep(&rest, "\t");
    const char *level = strsep(&rest, "\t");
    const char *caller;
    struct error ignored = ERROR_INIT;

    do
        caller = strsep(&rest, "\t");
    while (caller != NULL && strstr(caller, ".go:") == NULL);
    if (caller == NULL || rest == NULL)
        return false;
    *ret_line = (struct etcd_log_line){
        .level = level_of_word(level),
        .time_ms = time_of(mem, time),
        .has_zone = true,
        .message = strsep(&rest, "\t"),
        .error = "",
    };
    if (rest != NULL && json_parse(mem, bytes_of_text(rest), &ret_line->fields, &ignored))
        ret_line->error = field_text(mem, ret_line->fields, "error");
    return true;
}

/* --- text of 3.4 --- */

static bool
level_of_letter(char letter, enum etcd_log_level *ret_level)
{
    static const char letters[] = "DIWEC";
    const char *at = letter != '\0' ? strchr(letters, letter == 'N' ? 'I' : letter) : NULL;

    if (at != NULL)
        *ret_level = (enum etcd_log_level)(at - letters);
    return at != NULL;
}

/* "2026-11-23 03:10:39.437233 W | etcdserver: server is likely overloaded" */
static bool
text_read(struct arena *mem, const char *line, struct etcd_log_line *ret_line)
{
    const char *bar = strstr(line, " | ");
    struct etcd_log_line read = {.error = "", .time_ms = time_of(mem, line)};

    if (bar == NULL || bar - line < SECONDS_SIZE || read.time_ms == 0 ||
        !level_of_letter(bar[-1], &read.level))
        return false;
    read.message = bar + strlen(" | ");
    *ret_line = read;
    return true;
}

/* "raft2026/11/23 03:06:10 INFO: 8e9e05c52164694d became leader at term 2" */
static bool
raft_read(struct arena *mem, const char *line, struct etcd_log_line *ret_line)
{
    static const char before[] = "raft";
    static const struct {
        const char *text;
        enum etcd_log_level level;
    } levels[] = {
        {" DEBUG: ", ETCD_LOG_DEBUG}, {" INFO: ", ETCD_LOG_INFO},   {" WARN: ", ETCD_LOG_WARN},
        {" ERROR: ", ETCD_LOG_ERROR}, {" FATAL: ", ETCD_LOG_FATAL}, {" PANIC: ", ETCD_LOG_FATAL},
    };
    const char *time = line + strlen(before);
    int64_t time_ms = strncmp(line, before, strlen(before)) == 0 ? time_of(mem, time) : 0;

    for (size_t i = 0; time_ms != 0 && i < sizeof(levels) / sizeof(levels[0]); i++) {
        const char *level = time + SECONDS_SIZE;

        if (strncmp(level, levels[i].text, strlen(levels[i].text)) != 0)
            continue;
        *ret_line = (struct etcd_log_line){.level = levels[i].level,
                                           .time_ms = time_ms,
                                           .message = level + strlen(levels[i].text),
                                           .error = ""};
        return true;
    }
    return false;
}

/* What Go prints when a program dies. */
static bool
go_read(const char *line, struct etcd_log_line *ret_line)
{
    if (strncmp(line, "panic: ", strlen("panic: ")) != 0 &&
        strncmp(line, "fatal error: ", strlen("fatal error: ")) != 0)
        return false;
    *ret_line = (struct etcd_log_line){.level = ETCD_LOG_FATAL, .message = line, .error = ""};
    return true;
}

bool
etcd_log_line_read(struct arena *mem, const char *line, struct etcd_log_line *ret_line)
{
    if (line[0] == '{')
        return json_read(mem, line, ret_line);
    return raft_read(mem, line, ret_line) || console_read(mem, line, ret_line) ||
           text_read(mem, line, ret_line) || go_read(line, ret_line);
}

/* --- what it tells --- */

/*
 * Looked for in the message, then in the error: a start that fails says why in the error only. The first that fits
 * counts; where a text of 3.4 is another one, it has a line of its own.
 */
static const struct {
    enum etcd_log_kind kind;
    const char *stem;
} stems[] = {
    {ETCD_LOG_START, "starting an etcd server"},
    {ETCD_LOG_START, "etcdmain: etcd Version: "},
    {ETCD_LOG_SLOW_SYNC, "slow fdatasync"},
    {ETCD_LOG_SLOW_SYNC, "wal: sync duration of "},
    {ETCD_LOG_SLOW_READ_INDEX, "waiting for ReadIndex response took too long"},
    {ETCD_LOG_SLOW_READ_INDEX, "timed out waiting for read index response"},
    {ETCD_LOG_SLOW_READ_INDEX, "ignored out-of-date read index response"},
    {ETCD_LOG_SLOW_APPLY, "apply request took too long"},
    {ETCD_LOG_SLOW_APPLY, ") to execute"},
    {ETCD_LOG_LATE_HEARTBEAT, "failed to send out heartbeat on time"},
    {ETCD_LOG_LEADER_LOST, " lost leader "},
    {ETCD_LOG_CLOCK_DRIFT, "prober found high clock drift"},
    {ETCD_LOG_CLOCK_DRIFT, "the clock difference against peer "},
    {ETCD_LOG_PEER_SILENT, "prober detected unhealthy status"},
    {ETCD_LOG_PEER_SILENT, "rafthttp: health check for peer "},
    {ETCD_LOG_BUFFER_FULL, "since sending buffer is full"},
    {ETCD_LOG_BUFFER_FULL, "'s sending buffer is full"},
    {ETCD_LOG_SLOW_SNAPSHOT, "snapshotting taking too long"},
    {ETCD_LOG_SLOW_SNAPSHOT, "snapshotting is taking more than "},
    {ETCD_LOG_REJECTED_CONNECTION, "rejected connection"},
    {ETCD_LOG_OTHER_CLUSTER, "cluster ID mismatch"},
    {ETCD_LOG_REMOVED_MEMBER, "because it was removed"},
    {ETCD_LOG_REMOVED_MEMBER, "since it was removed"},
    {ETCD_LOG_REMOVED_MEMBER, "has been permanently removed from the cluster"},
    {ETCD_LOG_REMOVED_MEMBER, "data-dir used by this member must be removed"},
    {ETCD_LOG_RAFT_LOST, ") is out of range [lastIndex("},
    {ETCD_LOG_WAL_DAMAGED, "walpb: crc mismatch"},
    {ETCD_LOG_WAL_DAMAGED, "wal: crc mismatch"},
    {ETCD_LOG_WAL_DAMAGED, "failed to read WAL, cannot be repaired"},
    {ETCD_LOG_WAL_DAMAGED, ") and cannot be repaired"},
    {ETCD_LOG_WAL_DAMAGED, "max entry size limit exceeded"},
    {ETCD_LOG_SNAPSHOT_DAMAGED, "snap: crc mismatch"},
    {ETCD_LOG_SNAPSHOT_DAMAGED, "corrupted snapshot file "},
    {ETCD_LOG_SNAPSHOT_DAMAGED, "failed to recover v3 backend from snapshot"},
    {ETCD_LOG_SNAPSHOT_DAMAGED, "failed to find database snapshot file"},
    {ETCD_LOG_SNAPSHOT_DAMAGED, ") of the backend is missing"},
    {ETCD_LOG_SNAPSHOT_DAMAGED, ") does not match with snapshot (index "},
    {ETCD_LOG_DATABASE_LOCKED, "db file is flocked by another process"},
    {ETCD_LOG_DATABASE_LOCKED, "and holds the file lock"},
    {ETCD_LOG_DATA_DIFFERS, "found data inconsistency with peers"},
    {ETCD_LOG_DATA_DIFFERS, "found hash mismatch"},
    {ETCD_LOG_DATA_DIFFERS, "same compact revision then hashes must match"},
    {ETCD_LOG_DATA_DIFFERS, "Detected compaction hash mismatch"},
    {ETCD_LOG_DESCRIPTORS, "too many open files"},
    {ETCD_LOG_DESCRIPTORS, "80% of file descriptors are used"},
    {ETCD_LOG_DESCRIPTORS, "80% of the file descriptor limit is used"},
    {ETCD_LOG_UNPUBLISHED, "failed to publish local member to cluster through raft"},
    {ETCD_LOG_UNPUBLISHED, "etcdserver: publish error: "},
};

enum etcd_log_kind
etcd_log_kind_of(const struct etcd_log_line *line)
{
    for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]); i++) {
        if (strstr(line->message, stems[i].stem) != NULL ||
            strstr(line->error, stems[i].stem) != NULL)
            return stems[i].kind;
    }
    return line->level == ETCD_LOG_FATAL ? ETCD_LOG_END : ETCD_LOG_OTHER;
}
