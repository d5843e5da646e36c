#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

struct code_facts {
    const char *word;
    int exit_code;
    int etcd_exit_code;
    bool retryable;
    const char *hint;
};

static const struct code_facts facts[ERROR_COUNT] = {
#define ERROR_CODE(name, word_, exit_code_, etcd_exit_code_, retryable_, hint_)                    \
    [ERROR_##name] = {word_, exit_code_, etcd_exit_code_, retryable_, hint_},
#include "base/error_codes.list"
#undef ERROR_CODE
};

void
error_line_finish(char *text, size_t size, int wanted)
{
    if (wanted < 0)
        text[0] = '\0';
    else if ((size_t)wanted >= size)
        memcpy(text + size - 4, "...", 4);
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    }
}

void
error_set_(struct error *e, enum error_code code, int sys_errno, const char *format, ...)
{
    va_list args;

    e->code = code;
    e->sys_errno = sys_errno;
    e->hint[0] = '\0';
    e->cause = NULL;
    e->evidence_size = 0;
    va_start(args, format);
    error_line_finish(e->text, sizeof(e->text), vsnprintf(e->text, sizeof(e->text), format, args));
    va_end(args);
}

static enum error_code
code_of_errno(int sys_errno)
{
    switch (sys_errno) {
    case ENOENT:
        return ERROR_NOT_FOUND;
    case EEXIST:
    case ENOTEMPTY:
        return ERROR_EXISTS;
    case ENOSPC:
    case EDQUOT:
        return ERROR_NO_SPACE;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERROR_PERMISSION;
    default:
        return ERROR_IO;
    }
}

void
error_set_errno_(struct error *e, int sys_errno, const char *format, ...)
{
    char text[ERROR_TEXT_SIZE];
    char reason[128];
    va_list args;

    va_start(args, format);
    error_line_finish(text, sizeof(text), vsnprintf(text, sizeof(text), format, args));
    va_end(args);
    /* GNU strerror_r: the result need not be in the buffer. */
    error_set_(e, code_of_errno(sys_errno), sys_errno, "%s: %s", text,
               strerror_r(sys_errno, reason, sizeof(reason)));
}

void
error_wrap_(struct error *e, const char *format, ...)
{
    char outer[ERROR_TEXT_SIZE];
    char inner[ERROR_TEXT_SIZE];
    va_list args;

    va_start(args, format);
    error_line_finish(outer, sizeof(outer), vsnprintf(outer, sizeof(outer), format, args));
    va_end(args);
    memcpy(inner, e->text, sizeof(inner));
    error_line_finish(e->text, sizeof(e->text),
                      snprintf(e->text, sizeof(e->text), "%s: %s", outer, inner));
}

void
error_append_(struct error *e, const char *format, ...)
{
    char more[ERROR_TEXT_SIZE];
    char text[ERROR_TEXT_SIZE];
    va_list args;

    va_start(args, format);
    error_line_finish(more, sizeof(more), vsnprintf(more, sizeof(more), format, args));
    va_end(args);
    memcpy(text, e->text, sizeof(text));
    error_line_finish(e->text, sizeof(e->text),
                      snprintf(e->text, sizeof(e->text), "%s; %s", text, more));
}

void
error_hint_(struct error *e, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    error_line_finish(e->hint, sizeof(e->hint), vsnprintf(e->hint, sizeof(e->hint), format, args));
    va_end(args);
}

void
error_clear(struct error *e)
{
    *e = (struct error)ERROR_INIT;
}

const char *
error_code_word(enum error_code code)
{
    return facts[code].word;
}

int
error_code_exit(enum error_code code)
{
    return facts[code].exit_code;
}

int
error_code_exit_etcd(enum error_code code)
{
    return facts[code].etcd_exit_code;
}

bool
error_code_retryable(enum error_code code)
{
    return facts[code].retryable;
}

const char *
error_hint_text(const struct error *e)
{
    return e->hint[0] != '\0' ? e->hint : facts[e->code].hint;
}
