#include "base/failpoint.h"

#ifdef QUORATE_FAILPOINTS

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum action { ACTION_NONE, ACTION_FAIL, ACTION_KILL };

static struct {
    enum action action;
    long at;
    long passed;
} points[FAILPOINT_COUNT];

static const char *const names[FAILPOINT_COUNT] = {
#define FAILPOINT_NAME(name) [FAILPOINT_##name] = #name,
#include "base/failpoints.list"
#undef FAILPOINT_NAME
};

static void
failpoint_arm(const char *text, size_t length)
{
    char name[64];
    char action[16];
    long at = 1;
    char copy[128];

    ASSERT(length < sizeof(copy));
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (sscanf(copy, "%63[^=]=%15[^@]@%ld", name, action, &at) >= 2) {
        for (int i = 0; i < FAILPOINT_COUNT; i++) {
            if (strcmp(names[i], name) != 0)
                continue;
            points[i].action = strcmp(action, "kill") == 0 ? ACTION_KILL : ACTION_FAIL;
            points[i].at = at;
            return;
        }
    }
    fprintf(stderr, "quorate: unknown failpoint '%s'\n", copy);
    exit(2);
}

static void
failpoints_read(void)
{
    const char *text = getenv("QUORATE_FAILPOINTS");

    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, ",");

        failpoint_arm(text, length);
        text += length + (text[length] == ',');
    }
}

bool
failpoint_hit(enum failpoint point)
{
    static bool read;

    if (!read) {
        read = true;
        failpoints_read();
    }
    if (points[point].action == ACTION_NONE || ++points[point].passed != points[point].at)
        return false;
    if (points[point].action == ACTION_KILL)
        raise(SIGKILL);
    return true;
}

#else

/* A translation unit may not be empty. */
extern int failpoint_none;

#endif
