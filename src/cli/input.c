#include "cli/input.h"

#include <errno.h>
#include <unistd.h>

/* etcd takes 1.5 MiB unless told otherwise; nobody has set --max-request-bytes to this much. */
#define VALUE_MAX_BYTES ((size_t)64 << 20)

bool
input_read_value(struct app *app, struct bytes *ret_value, struct error *e)
{
    AUTO_BUF value = BUF_INIT;
    ssize_t got;

    if (isatty(STDIN_FILENO))
        app_say(app, "Type the value; Ctrl-D ends it.");
    do {
        got = read(STDIN_FILENO, buf_reserve(&value, 65536), 65536);
        if (got < 0 && errno != EINTR)
            return error_set_errno(e, errno, "standard input");
        value.size += got > 0 ? (size_t)got : 0;
        if (value.size > VALUE_MAX_BYTES)
            return error_set(e, ERROR_LIMIT, "standard input: the value is longer than 64 MiB");
    } while (got != 0);
    if (value.size == 0) {
        error_set_(e, ERROR_USAGE, 0, "there is neither a VALUE nor one on standard input");
        return error_hint(e, "'%s KEY \"\"' writes the empty value", app->command->name);
    }
    *ret_value = arena_copy(app->mem, buf_bytes(&value));
    return true;
}
