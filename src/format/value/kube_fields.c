#include "format/value/kube_fields.h"

#include <string.h>

static const struct kube_field fields[] = {
#define KUBE_FIELD(message, number, repeated, map, type, name, of)                                 \
    {message, number, repeated, map, KUBE_##type, name, of},
#define KUBE_KIND(api_version, kind, message)
#include "format/value/kube_fields.list"
#undef KUBE_FIELD
#undef KUBE_KIND
};

struct kube_kind {
    const char *api_version;
    const char *kind;
    const char *message;
};

static const struct kube_kind kinds[] = {
#define KUBE_FIELD(message, number, repeated, map, type, name, of)
#define KUBE_KIND(api_version, kind, message) {api_version, kind, message},
#include "format/value/kube_fields.list"
#undef KUBE_FIELD
#undef KUBE_KIND
};

static int
place_compare(const struct kube_field *field, const char *message, uint32_t number)
{
    int order = strcmp(field->message, message);

    return order != 0 ? order : (field->number > number) - (field->number < number);
}

const struct kube_field *
kube_field_find(const char *message, uint32_t number)
{
    size_t low = 0;
    size_t high = message == NULL ? 0 : sizeof(fields) / sizeof(fields[0]);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = place_compare(&fields[middle], message, number);

        if (order == 0)
            return &fields[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *
kube_message_find(struct bytes api_version, struct bytes kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (bytes_equal_text(kind, kinds[i].kind) &&
            bytes_equal_text(api_version, kinds[i].api_version))
            return kinds[i].message;
    }
    return "Object";
}
