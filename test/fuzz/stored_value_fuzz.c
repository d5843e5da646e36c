/* Any bytes as a stored value: read into a tree, written as JSON, hidden, compared with itself cut. */

#include "format/value/stored_value.h"
#include "format/value/value_diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
ignore(void *context, const struct value_change *change UNUSED, struct error *e UNUSED)
{
    size_t *count = context;

    return ++*count < 1000;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;
    struct stored_value whole;
    struct stored_value secret;
    struct stored_value cut;
    struct json_writer w;
    size_t count = 0;

    stored_value_read(&mem, BYTES_LITERAL("/registry/pods/a"), bytes_of(data, size), &whole);
    stored_value_read(&mem, BYTES_LITERAL("/registry/secrets/a"), bytes_of(data, size), &secret);
    ASSERT((secret.root == NULL) == (whole.root == NULL));
    stored_value_read(&mem, BYTES_LITERAL("/registry/pods/a"), bytes_of(data, size - size / 3),
                      &cut);
    if (whole.root == NULL)
        return 0;
    json_writer_init(&w, &out, 0);
    value_node_write(&w, whole.root, false);
    ASSERT(value_node_equal(whole.root, whole.root));
    ASSERT(value_diff(whole.root, whole.root, ignore, &count, &e) && count == 0);
    if (cut.root != NULL)
        ASSERT(value_diff(whole.root, cut.root, ignore, &count, &e) || count == 1000);
    return 0;
}
