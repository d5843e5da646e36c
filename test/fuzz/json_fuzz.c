/*
 * Any bytes as JSON: what is taken prints as JSON that is taken again and prints the same. As text
 * they make JSON that is taken, whatever they are.
 */
#include "base/buf.h"
#include "base/json.h"
#include "base/json_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_and_print(struct bytes text)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const struct json *value;
    struct bytes first;

    if (!json_parse(&tmp, text, &value, &e)) {
        ASSERT(e.text[0] != '\0');
        return;
    }
    first = json_print(&tmp, value);
    ASSERT(json_parse(&tmp, first, &value, &e));
    ASSERT(bytes_equal(json_print(&tmp, value), first));
}

static void
write_and_read(struct bytes text)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;
    const struct json *value;
    struct json_writer w;

    json_writer_init(&w, &out, 1);
    json_object_begin(&w);
    json_key(&w, arena_text_of_bytes(&tmp, text));
    json_text_bytes(&w, text);
    json_object_end(&w);
    ASSERT(json_parse(&tmp, buf_bytes(&out), &value, &e));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_and_print(bytes_of(data, size));
    write_and_read(bytes_of(data, size));
    return 0;
}
