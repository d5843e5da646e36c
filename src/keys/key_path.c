#include "keys/key_path.h"

#include <string.h>

#define NO_NAMESPACE "(no namespace)"
#define NO_DIRECTORY "(other keys)"

const struct bytes kube_prefixes[KUBE_PREFIX_COUNT] = {
    BYTES_LITERAL("/kubernetes.io/"),
    BYTES_LITERAL("/openshift.io/"),
    BYTES_LITERAL("/registry/"),
};

/* Up to the separator, which goes too; false when there is none. */
static bool
word_take(struct bytes *rest, uint8_t separator, struct bytes *ret_word)
{
    const uint8_t *at = rest->size == 0 ? NULL : memchr(rest->data, separator, rest->size);
    size_t size;

    if (at == NULL)
        return false;
    size = (size_t)(at - rest->data);
    *ret_word = bytes_of(rest->data, size);
    *rest = bytes_of(at + 1, rest->size - size - 1);
    return true;
}

static bool
kube_prefix_take(struct bytes *rest)
{
    for (size_t i = 0; i < KUBE_PREFIX_COUNT; i++) {
        struct bytes prefix = kube_prefixes[i];

        if (bytes_starts_with(*rest, prefix)) {
            *rest = bytes_of(rest->data + prefix.size, rest->size - prefix.size);
            return true;
        }
    }
    return false;
}

static bool
resource_has_two_words(struct bytes first)
{
    return bytes_equal_text(first, "services") ||
           (first.size > 0 && memchr(first.data, '.', first.size) != NULL);
}

bool
kube_key_split(struct bytes key, struct kube_key *ret_key)
{
    struct kube_key kube = {.namespace = BYTES_NONE};
    struct bytes rest = key;
    struct bytes second;

    if (!kube_prefix_take(&rest) || !word_take(&rest, '/', &kube.resource))
        return false;
    if (resource_has_two_words(kube.resource) && word_take(&rest, '/', &second))
        kube.resource = bytes_of(kube.resource.data, kube.resource.size + 1 + second.size);
    if (!word_take(&rest, '/', &kube.namespace))
        kube.namespace = BYTES_NONE;
    kube.name = rest;
    *ret_key = kube;
    return true;
}

static void
name_add(struct key_path *path, size_t depth, struct bytes name)
{
    if (path->count < depth)
        path->names[path->count++] = name;
}

static void
directories_add(struct key_path *path, struct bytes key, size_t depth, uint8_t separator)
{
    struct bytes rest = key;
    struct bytes word;

    while (path->count < depth && word_take(&rest, separator, &word)) {
        /* The separator at the very beginning ends no directory. */
        if (word.size == 0 && word.data == key.data && word_take(&rest, separator, &word))
            word = bytes_of(word.data - 1, word.size + 1);
        name_add(path, depth, bytes_of(word.data, word.size + 1));
    }
    path->taken = (size_t)(rest.data - key.data);
}

static void
kube_add(struct key_path *path, struct bytes key, const struct kube_key *kube, enum key_grouping by,
         size_t depth)
{
    struct bytes namespace =
        kube->namespace.size > 0 ? kube->namespace : BYTES_LITERAL(NO_NAMESPACE);

    if (by == KEY_GROUP_NAMESPACE)
        name_add(path, depth, namespace);
    name_add(path, depth, kube->resource);
    if (by == KEY_GROUP_RESOURCE && kube->namespace.size > 0)
        name_add(path, depth, namespace);
    path->taken = by == KEY_GROUP_RESOURCE && depth == 1
                      ? (size_t)(kube->resource.data + kube->resource.size + 1 - key.data)
                      : (size_t)(kube->name.data - key.data);
}

void
key_path_of(struct bytes key, enum key_grouping by, size_t depth, uint8_t separator,
            struct key_path *ret_path)
{
    struct kube_key kube;

    ret_path->count = 0;
    ret_path->taken = 0;
    if (by == KEY_GROUP_PREFIX) {
        directories_add(ret_path, key, depth, separator);
    } else if (kube_key_split(key, &kube)) {
        kube_add(ret_path, key, &kube, by, depth);
    } else {
        directories_add(ret_path, key, 1, separator);
        if (ret_path->count == 0)
            name_add(ret_path, depth, BYTES_LITERAL(NO_DIRECTORY));
    }
}
