#include "node/host/host_facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/time.h"
#include "node/host/host_script.h"

/* The clock is read when our line arrives, so that the login is no part of the round trip. */
static const char facts_script[] = "read -r go\n"
                                   "date +%s%3N\n"
                                   "uname -n; uname -sr; uname -m\n"
                                   "cat /proc/sys/kernel/random/boot_id || exit 1\n"
                                   "cat /etc/machine-id 2>/dev/null || echo\n"
                                   "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null\n"
                                   "exit 0\n";

enum { CLOCK, HOSTNAME, KERNEL, MACHINE, BOOT_ID, MACHINE_ID, FACT_LINES };

/* A line's end becomes a NUL; NULL when there is no line left. */
static char *
line_next(char **at)
{
    char *line = *at;
    char *end = strchr(line, '\n');

    if (end == NULL)
        return NULL;
    *end = '\0';
    *at = end + 1;
    return line;
}

/* " 0: 0100007F:0016 00000000:0000 0A ...": local address and port, the other's, state (0A: listens). */
static bool
listening_port(const char *line, uint16_t *ret_port)
{
    char local[64], state[8];
    uint64_t port;
    struct error e = ERROR_INIT;
    const char *colon;

    if (sscanf(line, " %*[0-9]: %63s %*s %7s", local, state) != 2 || strcmp(state, "0A") != 0)
        return false;
    colon = strchr(local, ':');
    if (colon == NULL || !number_parse_id(colon + 1, &port, &e) || port > UINT16_MAX)
        return false;
    *ret_port = (uint16_t)port;
    return true;
}

static int
port_compare(const void *a, const void *b)
{
    const uint16_t *left = a;
    const uint16_t *right = b;

    return (*left > *right) - (*left < *right);
}

static void
ports_decode(struct arena *mem, char *at, struct host_facts *facts)
{
    ARRAY(uint16_t) all = ARRAY_INIT;
    size_t kept = 0;
    uint16_t port;

    for (const char *line = line_next(&at); line != NULL; line = line_next(&at)) {
        if (listening_port(line, &port))
            *ARRAY_PUSH(mem, &all) = port;
    }
    if (all.count > 1)
        qsort(all.items, all.count, sizeof(*all.items), port_compare);
    for (size_t i = 0; i < all.count; i++) {
        if (kept == 0 || all.items[kept - 1] != all.items[i])
            all.items[kept++] = all.items[i];
    }
    facts->ports = all.items;
    facts->port_count = kept;
}

static bool
facts_decode(struct arena *mem, const struct host_result *result, struct host_facts *ret_facts,
             struct error *e)
{
    char *at = arena_text_of_bytes(mem, result->out);
    const char *lines[FACT_LINES];
    struct host_facts facts = {0};
    int64_t clock;

    for (size_t i = 0; i < FACT_LINES; i++) {
        lines[i] = line_next(&at);
        if (lines[i] == NULL)
            return error_set(e, ERROR_FORMAT, "its facts end early: '%s'",
                             (const char *)result->out.data);
    }
    if (!number_parse_i64(lines[CLOCK], &clock, e))
        return error_wrap(e, "its clock");
    facts.hostname = lines[HOSTNAME];
    facts.kernel = lines[KERNEL];
    facts.machine = lines[MACHINE];
    facts.boot_id = lines[BOOT_ID];
    facts.machine_id = lines[MACHINE_ID];
    facts.clock_offset_ms = clock - (result->asked_ms + result->told_ms) / 2;
    facts.clock_uncertainty_ms = (result->told_ms - result->asked_ms) / 2 + 1;
    ports_decode(mem, at, &facts);
    *ret_facts = facts;
    return true;
}

bool
host_facts_fetch(struct arena *mem, const struct host *host, struct host_facts *ret_facts,
                 struct error *e)
{
    const struct host_command command = {.input = BYTES_LITERAL("go\n")};
    struct host_result result = {0};

    if (!host_script(mem, host, facts_script, "/", NULL, &command, &result, e))
        return false;
    return facts_decode(mem, &result, ret_facts, e) || error_wrap(e, "%s", host_name(host));
}

bool
host_facts_port_taken(const struct host_facts *facts, uint16_t port)
{
    return facts->port_count > 0 &&
           bsearch(&port, facts->ports, facts->port_count, sizeof(port), port_compare) != NULL;
}

bool
host_disk_look(struct arena *mem, const struct host *host, const char *path,
               struct host_disk *ret_disk, struct error *e)
{
    static const char script[] =
        "at=$1\n"
        "while [ ! -e \"$at\" ] && [ \"$at\" != / ]; do\n"
        "    at=${at%/*}; at=${at:-/}\n"
        "done\n"
        "stat -f -c '%a\n%b\n%S\n%T' -- \"$at\" && printf '%s\\n' \"$at\"\n";
    const struct host_command command = {0};
    struct host_result result = {0};
    const char *file_system;
    uint64_t numbers[3];
    char *at;

    if (!host_script(mem, host, script, path, NULL, &command, &result, e))
        return false;
    at = arena_text_of_bytes(mem, result.out);
    for (size_t i = 0; i < 3; i++) {
        const char *line = line_next(&at);

        if (line == NULL || !number_parse_u64(line, &numbers[i], e))
            return error_set(e, ERROR_FORMAT, "%s: stat -f printed '%s'", host_name(host),
                             (const char *)result.out.data);
    }
    file_system = line_next(&at);
    at[strlen(at) > 0 ? strlen(at) - 1 : 0] = '\0';
    *ret_disk = (struct host_disk){.free_bytes = numbers[0] * numbers[2],
                                   .size_bytes = numbers[1] * numbers[2],
                                   .file_system = file_system != NULL ? file_system : "",
                                   .exists = at};
    return true;
}

bool
host_fsync_probe(const struct host *host, const char *dir, int64_t *ret_mean_us, struct error *e)
{
    /* dd's own clock would have to be read out of its text for people. */
    static const char script[] =
        "tmp=$(mktemp -- \"$1/.quorate-fsync-XXXXXX\") || exit 1\n"
        "trap 'rm -f -- \"$tmp\"' EXIT; trap 'exit 1' HUP INT TERM\n"
        "a=$(date +%s%N)\n"
        "dd if=/dev/zero of=\"$tmp\" bs=1 count=0 2>/dev/null\n"
        "b=$(date +%s%N)\n"
        "dd if=/dev/zero of=\"$tmp\" bs=\"$2\" count=\"$3\" oflag=dsync 2>/dev/null || exit 1\n"
        "c=$(date +%s%N)\n"
        "echo $(( (c - b - (b - a)) / 1000 / $3 ))\n";
    AUTO_ARENA tmp = ARENA_INIT;
    const char *const rest[] = {arena_printf(&tmp, "%d", HOST_FSYNC_SIZE),
                                arena_printf(&tmp, "%d", HOST_FSYNC_WRITES), NULL};
    const struct host_command command = {0};
    struct host_result result = {0};
    char *at;
    const char *line;
    int64_t mean;

    if (!host_script(&tmp, host, script, dir, rest, &command, &result, e))
        return false;
    at = arena_text_of_bytes(&tmp, result.out);
    line = line_next(&at);
    if (line == NULL || !number_parse_i64(line, &mean, e))
        return error_set(e, ERROR_FORMAT, "%s: the disk's probe printed '%s'", host_name(host),
                         (const char *)result.out.data);
    *ret_mean_us = mean > 0 ? mean : 0;
    return true;
}
