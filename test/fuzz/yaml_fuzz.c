/* Any bytes as YAML: what is taken lies inside the file, in order, and its keys are found again. */

#include "format/yaml/yaml_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7 does not free all of what it made of some broken files. */
const char *
__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static void
node_check(const struct yaml *doc, const struct yaml_node *node)
{
    unsigned line, column;
    size_t count = 0;

    ASSERT(node->start <= node->end && node->end <= doc->bytes.size);
    yaml_place(doc, node->end, &line, &column);
    ASSERT(line >= 1 && line <= doc->line_count && column >= 1);
    for (const struct yaml_node *item = node->first; item != NULL; item = item->next) {
        ASSERT(item->parent == node);
        if (node->kind == YAML_MAP) {
            node_check(doc, item->key);
            ASSERT(yaml_get(node, item->key->text) == item);
        }
        node_check(doc, item);
        count++;
    }
    ASSERT(count == node->count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const struct yaml *doc;

    if (!yaml_parse(&tmp, "fuzz.yaml", bytes_of(data, size), &doc, &e))
        ASSERT(e.text[0] != '\0');
    else if (doc->root != NULL)
        node_check(doc, doc->root);
    return 0;
}
