/*
 * When a Kubernetes object was created: the one thing in a value that tells a time.
 *
 * Source: k8s.io/apimachinery pkg/runtime/serializer/protobuf (the prefix and the envelope Unknown),
 * pkg/apis/meta/v1/generated.proto (ObjectMeta.creationTimestamp); docs/formats/kubernetes.md.
 */
#ifndef QUORATE_FORMAT_KUBE_CREATED_H
#define QUORATE_FORMAT_KUBE_CREATED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* False when the value is no object of Kubernetes, in protobuf or JSON, or does not say. */
bool kube_created_at(struct bytes value, int64_t *ret_wall_ms);

#endif
