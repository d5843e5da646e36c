/*
 * What the fields of Kubernetes' protobuf messages are called. Fields that are not here are shown by
 * their number; so an object of a later Kubernetes, or of a kind that is not here, loses nothing.
 *
 * Source: generated.proto in k8s.io/apimachinery and k8s.io/api (facts only: names and numbers);
 * docs/formats/kubernetes.md.
 */
#ifndef QUORATE_FORMAT_KUBE_FIELDS_H
#define QUORATE_FORMAT_KUBE_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum kube_field_type {
    KUBE_TEXT,
    KUBE_BYTES,
    KUBE_NUMBER, /* int32, int64 */
    KUBE_BOOL,
    KUBE_MESSAGE, /* 'message' */
    KUBE_TIME,    /* meta/v1 Time and MicroTime: seconds and nanoseconds, shown as RFC 3339 */
    KUBE_VALUE,   /* a message that wraps one text or number (Quantity, IntOrString, FieldsV1) */
};

struct kube_field {
    const char *message; /* it belongs to */
    uint32_t number;
    bool repeated;
    bool map; /* from text to the type */
    enum kube_field_type type;
    const char *name;
    const char *of; /* KUBE_MESSAGE: the message that it is; else NULL */
};

/* The field of that message, or NULL; 'message' may be NULL. */
const struct kube_field *kube_field_find(const char *message, uint32_t number);

/* The message of an object, "Pod" of "v1". Of a kind that is not here only the metadata is known. */
const char *kube_message_find(struct bytes api_version, struct bytes kind);

#endif
