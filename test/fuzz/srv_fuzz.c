/* Any bytes as a DNS answer. */

#include "net/srv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct srv_records records;

    if (!srv_parse(&tmp, bytes_of(data, size), &records, &e))
        ASSERT(e.code == ERROR_FORMAT);
    return 0;
}
