/* Whatever an edit does, the result is read again: all that was not to be changed is compared as a tree. */

#include "format/kubeadm_config.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "format/text_edit.h"
#include "format/yaml/yaml_edit.h"

#define DOCUMENT "ClusterConfiguration"

struct config {
    struct arena *mem;
    const struct kubeadm_etcd *wanted;
    const struct yaml *doc;
    bool args_are_list;
    const struct yaml_node *local, *external; /* one of them */
    struct text_edits edits;
    ARRAY(const struct yaml_node *) touched;
    bool listens_by_itself;
};

/* --- reading --- */

static bool
version_read(struct config *c, struct error *e)
{
    static const struct {
        const char *version;
        bool args_are_list;
    } known[] = {
        {"kubeadm.k8s.io/v1beta2", false},
        {"kubeadm.k8s.io/v1beta3", false},
        {"kubeadm.k8s.io/v1beta4", true},
    };
    const struct yaml_node *kind, *node;
    const char *text;

    if (!yaml_expect(c->doc, c->doc->root, YAML_MAP, e) ||
        !yaml_require(c->doc, c->doc->root, "kind", &kind, e) ||
        !yaml_as_text(c->doc, kind, &text, e))
        return false;
    if (strcmp(text, DOCUMENT) != 0)
        return yaml_error(c->doc, kind, e, "kind '%s' is not " DOCUMENT, text);
    if (!yaml_require(c->doc, c->doc->root, "apiVersion", &node, e) ||
        !yaml_as_text(c->doc, node, &text, e))
        return false;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(text, known[i].version) == 0) {
            c->args_are_list = known[i].args_are_list;
            return true;
        }
    }
    return yaml_error(c->doc, node, e,
                      "apiVersion '%s' is none of kubeadm.k8s.io/v1beta2, v1beta3 and v1beta4",
                      text);
}

static bool
config_read(struct config *c, struct bytes text, struct error *e)
{
    const struct yaml_node *etcd;

    if (!yaml_parse(c->mem, DOCUMENT, text, &c->doc, e) || !version_read(c, e) ||
        !yaml_require(c->doc, c->doc->root, "etcd", &etcd, e) ||
        !yaml_expect(c->doc, etcd, YAML_MAP, e))
        return false;
    c->local = yaml_get(etcd, "local");
    c->external = yaml_get(etcd, "external");
    if (yaml_is_null(c->local))
        c->local = NULL;
    if (yaml_is_null(c->external))
        c->external = NULL;
    if ((c->local != NULL) == (c->external != NULL))
        return yaml_error(c->doc, etcd->key, e, "etcd is %s local %s external",
                          c->local != NULL ? "both" : "neither", c->local != NULL ? "and" : "nor");
    return yaml_expect(c->doc, c->local != NULL ? c->local : c->external, YAML_MAP, e);
}

/* --- values with URLs --- */

struct pieces {
    ARRAY(const char *) items;
};

static void
piece_add(struct arena *mem, struct pieces *pieces, const char *piece)
{
    for (size_t i = 0; i < pieces->items.count; i++) {
        if (strcmp(pieces->items.items[i], piece) == 0)
            return;
    }
    *ARRAY_PUSH(mem, &pieces->items) = piece;
}

/* "https://h" of "http://h", also behind "name="; what is neither http nor https stays. */
static const char *
scheme_set(struct arena *mem, const char *piece, const char *scheme)
{
    const char *end = strstr(piece, "://");
    const char *begin = end;
    size_t length;

    while (begin != NULL && begin > piece && isalnum((unsigned char)begin[-1]))
        begin--;
    if (begin == NULL)
        return piece;
    length = (size_t)(end - begin);
    if (!(length == 4 && strncmp(begin, "http", 4) == 0) &&
        !(length == 5 && strncmp(begin, "https", 5) == 0))
        return piece;
    return arena_printf(mem, "%.*s%s%s", (int)(begin - piece), piece, scheme, end);
}

enum whose { ALL_ARE_MEMBERS, SOME_ARE_MEMBERS };

static const char *
urls_set(const struct config *c, const char *value, enum whose whose, bool keeps_other)
{
    const struct kubeadm_etcd *wanted = c->wanted;
    struct pieces pieces = {ARRAY_INIT};
    AUTO_BUF out = BUF_INIT;
    char *rest = arena_text(c->mem, value);
    const char *piece;

    if (keeps_other) {
        for (char *old = arena_text(c->mem, value); (piece = strsep(&old, ",")) != NULL;)
            piece_add(c->mem, &pieces, piece);
    }
    while ((piece = strsep(&rest, ",")) != NULL)
        piece_add(c->mem, &pieces,
                  whose == ALL_ARE_MEMBERS || wanted->is_members(wanted->context, piece)
                      ? scheme_set(c->mem, piece, wanted->scheme)
                      : piece);
    for (size_t i = 0; i < pieces.items.count; i++)
        buf_printf(&out, "%s%s", i > 0 ? "," : "", pieces.items.items[i]);
    return arena_text(c->mem, buf_text(&out));
}

static bool
value_set(struct config *c, const struct yaml_node *node, enum whose whose, bool keeps_other,
          struct error *e)
{
    const char *before, *after;

    if (!yaml_as_text(c->doc, node, &before, e))
        return false;
    after = urls_set(c, before, whose, keeps_other);
    if (strcmp(before, after) == 0)
        return true;
    *ARRAY_PUSH(c->mem, &c->touched) = node;
    return yaml_edit_scalar(c->mem, c->doc, node, after, &c->edits, e);
}

/* --- arguments of a program --- */

typedef bool arg_visit(struct config *c, const char *name, const struct yaml_node *value,
                       struct error *e);

static bool
args_each(struct config *c, const struct yaml_node *program, arg_visit *visit, struct error *e)
{
    const struct yaml_node *args = yaml_get(program, "extraArgs");

    if (yaml_is_null(args))
        return true;
    if (!yaml_expect(c->doc, args, c->args_are_list ? YAML_LIST : YAML_MAP, e))
        return false;
    for (const struct yaml_node *item = args->first; item != NULL; item = item->next) {
        const struct yaml_node *value = item;
        const struct yaml_node *name = item->key;
        const char *text;

        if (c->args_are_list) {
            if (!yaml_expect(c->doc, item, YAML_MAP, e) ||
                !yaml_require(c->doc, item, "name", &name, e))
                return false;
            value = yaml_get(item, "value");
        }
        if (!yaml_as_text(c->doc, name, &text, e) ||
            (!yaml_is_null(value) && !visit(c, text, value, e)))
            return false;
    }
    return true;
}

static bool
member_arg(struct config *c, const char *name, const struct yaml_node *value, struct error *e)
{
    static const char *const settings[] = {"listen-client-urls", "advertise-client-urls",
                                           "listen-peer-urls", "initial-advertise-peer-urls",
                                           "initial-cluster"};

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (strcmp(name, settings[i]) != 0)
            continue;
        if (i == 0)
            c->listens_by_itself = false;
        return value_set(c, value, ALL_ARE_MEMBERS, i == 0 && c->wanted->keeps_other, e);
    }
    return true;
}

static bool
api_server_arg(struct config *c, const char *name, const struct yaml_node *value, struct error *e)
{
    return strcmp(name, "etcd-servers") != 0 || value_set(c, value, SOME_ARE_MEMBERS, false, e);
}

static bool
endpoints_set(struct config *c, struct error *e)
{
    const struct yaml_node *endpoints;

    if (!yaml_require(c->doc, c->external, "endpoints", &endpoints, e) ||
        !yaml_expect(c->doc, endpoints, YAML_LIST, e))
        return false;
    for (const struct yaml_node *item = endpoints->first; item != NULL; item = item->next) {
        if (!value_set(c, item, SOME_ARE_MEMBERS, false, e))
            return false;
    }
    return true;
}

/* --- one edit after the other, each read again --- */

static bool
is_touched(void *context, const struct yaml_node *node)
{
    const struct config *c = context;

    for (size_t i = 0; i < c->touched.count; i++) {
        if (c->touched.items[i] == node)
            return true;
    }
    return false;
}

/* 'key' of etcd.external has come or gone, or NULL. */
static bool
edits_apply(struct config *c, const char *key, struct error *e)
{
    struct config after = {.mem = c->mem, .wanted = c->wanted};
    struct bytes text = text_edits_apply(c->mem, c->doc->bytes, &c->edits);
    const char *path;

    if (!config_read(&after, text, e))
        return error_wrap(e, "an edit would not read back");
    if (key != NULL) {
        yaml_drop_key(c->external, key);
        yaml_drop_key(after.external, key);
    }
    if (!yaml_equal(c->mem, c->doc->root, after.doc->root, is_touched, c, &path))
        return error_set(e, ERROR_VERIFY, DOCUMENT ": an edit would change '%s' as well", path);
    /* The tree anew: nothing is dropped in it. */
    after = (struct config){.mem = c->mem, .wanted = c->wanted};
    if (!config_read(&after, text, e))
        return false;
    *c = after;
    return true;
}

static bool
urls_change(struct config *c, struct error *e)
{
    const struct yaml_node *api_server = yaml_get(c->doc->root, "apiServer");

    c->listens_by_itself = c->local != NULL;
    return args_each(c, api_server, api_server_arg, e) &&
           (c->local != NULL ? args_each(c, c->local, member_arg, e) : endpoints_set(c, e));
}

static bool
file_edit(struct config *c, const struct yaml_node *node, const char *key, const char *path,
          struct error *e)
{
    if (node == NULL)
        return yaml_edit_add_key(c->mem, c->doc, c->external, key, path, &c->edits, e);
    if (path == NULL && node->style == YAML_PLAIN)
        return yaml_edit_remove(c->mem, c->doc, node, &c->edits, e);
    return yaml_edit_scalar(c->mem, c->doc, node, path != NULL ? path : "", &c->edits, e);
}

static bool
file_is(const struct config *c, const char *key, const char *path)
{
    const struct yaml_node *node = yaml_get(c->external, key);

    if (node == NULL || yaml_is_null(node) || node->text[0] == '\0')
        return path == NULL;
    return path != NULL && strcmp(node->text, path) == 0;
}

static bool
file_change(struct config *c, const char *key, const char *path, struct error *e)
{
    const struct yaml_node *node = yaml_get(c->external, key);

    if (!yaml_is_null(node) && !yaml_expect(c->doc, node, YAML_SCALAR, e))
        return false;
    if (file_is(c, key, path))
        return true;
    if (!file_edit(c, node, key, path, e) || !edits_apply(c, key, e))
        return false;
    return file_is(c, key, path) ||
           error_set(e, ERROR_VERIFY, DOCUMENT ": '%s' would not read back", key);
}

static bool
files_change(struct config *c, struct error *e)
{
    return c->external == NULL || (file_change(c, "caFile", c->wanted->ca_file, e) &&
                                   file_change(c, "certFile", c->wanted->cert_file, e) &&
                                   file_change(c, "keyFile", c->wanted->key_file, e));
}

static bool
config_change(struct config *c, struct bytes text, struct kubeadm_config *ret, struct error *e)
{
    if (!config_read(c, text, e) || !urls_change(c, e))
        return false;
    ret->own_urls = c->listens_by_itself;
    if (c->touched.count > 0) {
        if (!edits_apply(c, NULL, e) || !urls_change(c, e))
            return false;
        if (c->touched.count > 0)
            return error_set(e, ERROR_VERIFY, DOCUMENT ": a value would not read back");
    }
    if (!files_change(c, e))
        return false;
    ret->text = c->doc->bytes;
    ret->changed = !bytes_equal(text, ret->text);
    ret->is_external = c->external != NULL;
    return true;
}

bool
kubeadm_config_change(struct arena *mem, struct bytes text, const struct kubeadm_etcd *wanted,
                      struct kubeadm_config *ret, struct error *e)
{
    struct config c = {.mem = mem, .wanted = wanted};
    struct kubeadm_config result;

    if (!config_change(&c, text, &result, e))
        return error_hint(e, "change it by hand: kubectl -n kube-system edit configmap "
                             "kubeadm-config");
    *ret = result;
    return true;
}
