/*
 * What a key's value is: a Kubernetes object as the API server stores it, JSON, protobuf, text, or
 * bytes.
 *
 * Kubernetes' own kinds begin with "k8s\0" and a runtime.Unknown, which names the kind and holds the
 * object's own message; custom resources are JSON; what is encrypted at rest begins with
 * "k8s:enc:PROVIDER:VERSION:KEY:" and is never guessed at.
 *
 * Source: k8s.io/apimachinery pkg/runtime/serializer/protobuf/protobuf.go and pkg/runtime/
 * generated.proto; k8s.io/apiserver pkg/storage/value/encrypt/; docs/formats/kubernetes.md.
 */
#ifndef QUORATE_FORMAT_STORED_VALUE_H
#define QUORATE_FORMAT_STORED_VALUE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "format/value/value_tree.h"

enum stored_form {
    STORED_EMPTY,
    STORED_KUBERNETES,      /* an object, as protobuf */
    STORED_KUBERNETES_JSON, /* an object, as JSON */
    STORED_ENCRYPTED,       /* an object that only the API server can read */
    STORED_JSON,
    STORED_TEXT,
    STORED_PROTOBUF, /* it reads as a message: a guess */
    STORED_BYTES,
};

struct stored_value {
    enum stored_form form;
    struct bytes api_version; /* "apps/v1"; none unless it is an object */
    struct bytes kind;        /* "Deployment" */
    struct bytes provider;    /* of encryption: "aescbc:v1" */
    struct bytes key_name;    /* with which it was encrypted */
    struct value_node *root;  /* its fields; NULL: ENCRYPTED, EMPTY. TEXT and BYTES are one leaf */
    bool hidden;              /* some of it is a Secret's, and is marked so in the tree */
};

/*
 * Looks at a value; every value is something. Nodes are in 'mem', texts there or in the value.
 *
 * key  where it is stored: what lies under ".../secrets/..." and cannot be read as an object is
 *      hidden as a whole.
 */
void stored_value_read(struct arena *mem, struct bytes key, struct bytes value,
                       struct stored_value *ret);

/* "Kubernetes object", "JSON", ... */
const char *stored_form_word(enum stored_form form);

#endif
