#include "etcd/reasons.h"

#include <string.h>

#include "base/arena.h"
#include "base/evidence.h"

/* All but the text stays what it was. */
static void
text_replace(struct error *e, const char *text)
{
    error_line_finish(e->text, sizeof(e->text), snprintf(e->text, sizeof(e->text), "%s", text));
}

/* How much of the text is "endpoint 'URL'", in front of the reason; 0: none. */
static size_t
subject_size(const char *text)
{
    static const char before[] = "endpoint '";
    const char *end = strstr(text, "': ");

    return strncmp(text, before, sizeof(before) - 1) == 0 && end != NULL ? (size_t)(end + 1 - text)
                                                                         : 0;
}

/* Where the last of several subjects begins. */
static const char *
last_subject(const char *text)
{
    const char *last = text;

    for (const char *at = text; (at = strstr(at, "; endpoint")) != NULL; at++)
        last = at + 2;
    return last;
}

/* "endpoint 'a': why" becomes "endpoints 'a', 'b': why", when that is what 'b' says, too. */
static bool
reason_is_told(struct error *all, const struct error *one)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *last = last_subject(all->text);
    const char *urls = strchr(last, '\'');
    size_t subject = subject_size(one->text);
    const char *reason = one->text + subject;
    size_t size = strlen(last);
    size_t reason_size = strlen(reason);

    if (subject == 0 || strncmp(last, "endpoint", 8) != 0 || urls == NULL || size <= reason_size ||
        strcmp(last + size - reason_size, reason) != 0 || last[size - reason_size - 1] != '\'')
        return false;
    text_replace(all, arena_printf(&tmp, "%.*sendpoints %.*s, %.*s%s", (int)(last - all->text),
                                   all->text, (int)(last + size - reason_size - urls), urls,
                                   (int)(subject - strlen("endpoint ")),
                                   one->text + strlen("endpoint "), reason));
    return true;
}

/* What a server said counts for more than that another one could not be reached. */
static bool
is_of_server(const struct error *e)
{
    return evidence_value(e, "grpc_code")[0] != '\0';
}

void
reasons_add(struct error *all, const struct error *one)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (all->code == ERROR_NONE) {
        *all = *one;
        return;
    }
    if (is_of_server(one) && !is_of_server(all)) {
        reasons_decide(all, one);
        return;
    }
    if (!reason_is_told(all, one))
        text_replace(all, arena_printf(&tmp, "%s; %s", all->text, one->text));
    evidence_append(all, one);
}

void
reasons_decide(struct error *all, const struct error *one)
{
    struct error before = *all;

    *all = *one;
    if (before.code != ERROR_NONE)
        reasons_add(all, &before);
}
