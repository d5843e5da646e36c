/*
 * Errors: one idiom for everything that can fail.
 *
 * A function that can fail returns bool, is marked MUST_CHECK and takes 'struct error *e' last.
 * The error lives on the caller's stack and owns nothing. error_set() and error_wrap() end in
 * 'false', so 'return error_set(...)' is both the report and the result.
 */
#ifndef QUORATE_BASE_ERROR_H
#define QUORATE_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum error_code {
#define ERROR_CODE(name, word, exit_code, etcd_exit_code, retryable, hint) ERROR_##name,
#include "base/error_codes.list"
#undef ERROR_CODE
    ERROR_COUNT
};

enum { ERROR_TEXT_SIZE = 1024, ERROR_HINT_SIZE = 512, ERROR_EVIDENCE_SIZE = 1536 };

struct error {
    enum error_code code;
    int sys_errno;              /* 0 when no system call failed */
    char text[ERROR_TEXT_SIZE]; /* one line, lower case, no full stop; cut with "..." */
    char hint[ERROR_HINT_SIZE]; /* the next command or remedy; "" for the code's own hint */
    const char
        *cause; /* a constant word for scripts, finer than the code; NULL: none (evidence.h) */
    size_t evidence_size;
    char evidence[ERROR_EVIDENCE_SIZE]; /* what it was concluded from, as fields (evidence.h) */
};

#define ERROR_INIT                                                                                 \
    {                                                                                              \
        .code = ERROR_NONE                                                                         \
    }

/* The value of the macros below: a call, so that a statement of its own draws no warning. */
static inline bool
error_false(void)
{
    return false;
}

/* Sets code and text; the value is false. Clears an earlier hint, cause and evidence. Control
 * characters become blanks. The arguments may not point into the error itself: that is
 * error_wrap's. */
#define error_set(e, error_code_, ...)                                                             \
    (error_set_((e), (error_code_), 0, __VA_ARGS__), error_false())

/*
 * As error_set, for a failed system call: appends ": <strerror(err)>" and turns the errno into
 * the fitting code (ENOENT: NOT_FOUND, EEXIST: EXISTS, ENOSPC and EDQUOT: NO_SPACE,
 * EACCES, EPERM and EROFS: PERMISSION, otherwise IO).
 */
#define error_set_errno(e, err, ...) (error_set_errno_((e), (err), __VA_ARGS__), error_false())

/* Puts "<text>: " in front of the error; the value is false. All else stays. */
#define error_wrap(e, ...) (error_wrap_((e), __VA_ARGS__), error_false())

/* Puts "; <text>" behind the error; the value is false. All else stays. */
#define error_append(e, ...) (error_append_((e), __VA_ARGS__), error_false())

/* Sets the remedy that is shown under the error; the value is false. */
#define error_hint(e, ...) (error_hint_((e), __VA_ARGS__), error_false())

void error_set_(struct error *e, enum error_code code, int sys_errno, const char *format, ...)
    PRINTF_LIKE(4, 5);
void error_set_errno_(struct error *e, int sys_errno, const char *format, ...) PRINTF_LIKE(3, 4);
void error_wrap_(struct error *e, const char *format, ...) PRINTF_LIKE(2, 3);
void error_append_(struct error *e, const char *format, ...) PRINTF_LIKE(2, 3);
void error_hint_(struct error *e, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * Ends what vsnprintf(text, size) wrote, 'wanted' being its result: a text that was cut says so with
 * "...". It stays one line and moves no terminal's cursor, whatever a peer or a file has put into
 * it: control characters become blanks.
 */
void error_line_finish(char *text, size_t size, int wanted);

/* Back to ERROR_NONE with empty texts. */
void error_clear(struct error *e);

/* The code's word in JSON output ("not-found"), its exit code, whether trying again can help. */
const char *error_code_word(enum error_code code);
int error_code_exit(enum error_code code);
/* What etcdctl would exit with: for etcd's own words. */
int error_code_exit_etcd(enum error_code code);
bool error_code_retryable(enum error_code code);

/* The error's own hint, else its code's; "" when neither has one. */
const char *error_hint_text(const struct error *e);

/* For bugs of ours, never for input; kept in release builds. */
#define ASSERT(condition)                                                                          \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            fprintf(stderr, "quorate: bug: %s:%d: %s\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#define UNUSED __attribute__((unused))

#endif
