/* Any text as a duration, a date, a number: what is taken comes back the same once written. */
#include <string.h>

#include "base/number.h"
#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *text = arena_text_of_bytes(&tmp, bytes_of(data, size));
    struct error e = ERROR_INIT;
    uint64_t u64;
    int64_t i64;
    int64_t again;

    if (duration_parse(text, &i64, &e))
        ASSERT(duration_parse(duration_text(&tmp, i64), &again, &e) && again == i64);
    if (time_parse_rfc3339(text, &i64, &e))
        ASSERT(strcmp(time_rfc3339(&tmp, i64), text) == 0);
    if (number_parse_i64(text, &i64, &e) && i64 >= 0 && text[0] != '+' && text[0] != '-')
        ASSERT(number_parse_u64(text, &u64, &e) && u64 == (uint64_t)i64);
    if (number_parse_id(text, &u64, &e))
        ASSERT(number_parse_id(arena_printf(&tmp, "%llx", (unsigned long long)u64), &u64, &e));
    return 0;
}
