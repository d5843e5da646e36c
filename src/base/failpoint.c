#include "base/failpoint.h"

#ifdef QUORATE_FAILPOINTS

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/number.h"

enum action { ACTION_NONE, ACTION_FAIL, ACTION_KILL, ACTION_STOP };

static struct {
    enum action action;
    uint64_t at;
    uint64_t passed;
} points[FAILPOINT_COUNT];

static const char *const names[FAILPOINT_COUNT] = {
#define FAILPOINT_NAME(name) [FAILPOINT_##name] = #name,
#include "base/failpoints.list"
#undef FAILPOINT_NAME
};

_Noreturn static void
failpoint_refuse(const char *text)
{
    fprintf(stderr,
            "quorate: failpoint '%s': not NAME=fail, NAME=kill or NAME=stop, perhaps with @N\n",
            text);
    exit(2);
}

static enum action
action_of(const char *word)
{
    if (strcmp(word, "fail") == 0)
        return ACTION_FAIL;
    if (strcmp(word, "stop") == 0)
        return ACTION_STOP;
    return strcmp(word, "kill") == 0 ? ACTION_KILL : ACTION_NONE;
}

static int
point_of(const char *name)
{
    int i = 0;

    while (i < FAILPOINT_COUNT && strcmp(names[i], name) != 0)
        i++;
    return i;
}

/* NAME=ACTION or NAME=ACTION@N. */
static void
failpoint_arm(const char *text)
{
    AUTO_ARENA tmp = ARENA_INIT;
    char *name = arena_text(&tmp, text);
    char *word = strchr(name, '=');
    char *times;
    struct error ignored = ERROR_INIT;
    uint64_t at = 1;
    int point;

    if (word == NULL)
        failpoint_refuse(text);
    *word++ = '\0';
    times = strchr(word, '@');
    if (times != NULL)
        *times++ = '\0';
    point = point_of(name);
    if (point == FAILPOINT_COUNT || action_of(word) == ACTION_NONE ||
        (times != NULL && !number_parse_u64(times, &at, &ignored)) || at == 0)
        failpoint_refuse(text);
    points[point].action = action_of(word);
    points[point].at = at;
}

static void
failpoints_read(void)
{
    const char *text = getenv("QUORATE_FAILPOINTS");

    while (text != NULL && *text != '\0') {
        AUTO_ARENA tmp = ARENA_INIT;
        size_t length = strcspn(text, ",");

        failpoint_arm(arena_text_of_bytes(&tmp, bytes_of(text, length)));
        text += length + (text[length] == ',');
    }
}

bool
failpoint_hit(enum failpoint point)
{
    static pid_t read_by;

    if (read_by != getpid()) {
        read_by = getpid();
        memset(points, 0, sizeof(points));
        failpoints_read();
    }
    if (points[point].action == ACTION_NONE || ++points[point].passed != points[point].at)
        return false;
    if (points[point].action == ACTION_KILL)
        raise(SIGKILL);
    if (points[point].action == ACTION_STOP)
        raise(SIGSTOP);
    return points[point].action == ACTION_FAIL;
}

#else

/* A translation unit may not be empty. */
extern int failpoint_none;

#endif
