/*
 * Any line as a compare, a request, a quoted text: what is read as a text comes back the same once
 * it is quoted again.
 */
#include "cli/quoted.h"
#include "cli/text.h"
#include "cli/txn_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_round_trip(struct arena *mem, struct bytes text)
{
    AUTO_BUF quoted = BUF_INIT;
    struct error e = ERROR_INIT;
    struct bytes again;
    struct cursor c;

    text_append_quoted(&quoted, text);
    c = cursor_of(buf_bytes(&quoted));
    ASSERT(quoted_read(mem, &c, &again, &e) && cursor_left(&c) == 0 && bytes_equal(text, again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes line = bytes_of(data, size);
    struct cursor c = cursor_of(line);
    struct error e = ERROR_INIT;
    struct etcd_compare compare;
    struct etcd_request_op op;
    struct bytes text;
    struct bytes *words;
    size_t count;

    check_round_trip(&tmp, line);
    if (quoted_read(&tmp, &c, &text, &e))
        check_round_trip(&tmp, text);
    if (quoted_words(&tmp, line, &words, &count, &e))
        ASSERT(count <= size);
    if (txn_compare_parse(&tmp, line, &compare, &e))
        check_round_trip(&tmp, compare.key);
    if (txn_request_parse(&tmp, line, &op, &e))
        ASSERT((op.range != NULL) + (op.put != NULL) + (op.delete_range != NULL) == 1);
    return 0;
}
