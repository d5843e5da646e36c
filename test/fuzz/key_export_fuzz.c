/* Any line as one of an export; what is a key is written and read again, and must be the same. */

#include "format/key_export.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;
    struct key_export_line line;
    struct key_export_line again;

    if (!key_export_line_decode(&mem, bytes_of(data, size), &line, &e) ||
        line.type != KEY_EXPORT_KEY)
        return 0;
    key_export_key_encode(&out, &line.kv);
    ASSERT(key_export_line_decode(&mem, bytes_of(out.data, out.size - 1), &again, &e));
    ASSERT(again.type == KEY_EXPORT_KEY && bytes_equal(line.kv.key, again.kv.key) &&
           bytes_equal(line.kv.value, again.kv.value) && line.kv.lease == again.kv.lease);
    return 0;
}
