#include "ops/tls_stage.h"

#include <string.h>

#include "base/io.h"
#include "cluster/member_hosts.h"
#include "pki/authority.h"
#include "plan/state_dir.h"

#define FORGOTTEN "stage"

/* --- inputs --- */

static enum key_kind
key_kind_like(const char *key)
{
    static const struct {
        const char *text;
        enum key_kind kind;
    } kinds[] = {{"EC P-384", KEY_P384},     {"EC P-521", KEY_P521},     {"ED25519", KEY_ED25519},
                 {"RSA 2048", KEY_RSA_2048}, {"RSA 3072", KEY_RSA_3072}, {"RSA 4096", KEY_RSA_4096},
                 {"RSA 8192", KEY_RSA_8192}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].text, key) == 0)
            return kinds[i].kind;
    }
    return KEY_P256;
}

struct staged_certificate
staged_like(struct arena *mem, const struct inventory *inventory,
            const struct inventory_member *member, const char *use, const struct certificate *old)
{
    struct staged_certificate c = {
        .owner = member != NULL ? member->name : "",
        .use = use,
        .common_name = old->common_name,
        .key = key_kind_like(old->key),
    };
    struct member_hosts hosts = {0};

    for (size_t i = 0; i < old->names.count; i++)
        member_hosts_add(mem, &hosts, old->names.items[i].text);
    if (member != NULL) {
        const struct member_hosts own = member_hosts_of(mem, inventory, member);

        for (size_t i = 0; i < own.count; i++) {
            if (!certificate_covers(old, own.items[i]))
                member_hosts_add(mem, &hosts, own.items[i]);
        }
    }
    for (size_t i = 0; i < hosts.count; i++)
        *ARRAY_PUSH(mem, &c.names) = hosts.items[i];
    return c;
}

static void
certificate_encode(struct json_writer *w, const struct staged_certificate *c)
{
    json_object_begin(w);
    json_key_text(w, "owner", c->owner);
    json_key_text(w, "use", c->use);
    json_key_text(w, "commonName", c->common_name);
    json_key_u64(w, "key", c->key);
    json_key(w, "names");
    json_array_begin(w);
    for (size_t i = 0; i < c->names.count; i++)
        json_text(w, c->names.items[i]);
    json_array_end(w);
    json_object_end(w);
}

void
tls_stage_encode(struct json_writer *w, const struct tls_stage *stage, const char *stamp)
{
    json_key_text(w, "stamp", stamp);
    json_key_text(w, "caCert", stage->ca_cert);
    json_key_text(w, "caKey", stage->ca_key);
    json_key_u64(w, "days", stage->days);
    json_key(w, "certificates");
    json_array_begin(w);
    for (size_t i = 0; i < stage->certificates.count; i++)
        certificate_encode(w, &stage->certificates.items[i]);
    json_array_end(w);
}

static bool
names_decode(struct arena *mem, const struct json *object, struct staged_certificate *c,
             struct error *e)
{
    const struct json *names;

    if (!json_get_array(object, "names", &names, e))
        return false;
    for (size_t i = 0; i < json_array_count(names); i++) {
        if (!json_as_text(mem, json_array_at(names, i), ARRAY_PUSH(mem, &c->names), e))
            return false;
    }
    return true;
}

static bool
certificate_decode_one(struct arena *mem, const struct json *object, const char *dir,
                       struct staged_certificate *c, struct error *e)
{
    const char *base;
    uint64_t key;

    if (!json_get_text(mem, object, "owner", &c->owner, e) ||
        !json_get_text(mem, object, "use", &c->use, e) ||
        !json_get_text(mem, object, "commonName", &c->common_name, e) ||
        !json_get_u64(object, "key", &key, e) || !names_decode(mem, object, c, e))
        return false;
    if (key >= KEY_KIND_COUNT)
        return error_set(e, ERROR_FORMAT, "'key' is %llu", (unsigned long long)key);
    c->key = (enum key_kind)key;
    /* A member may have any name, "" among them not. */
    base = c->owner[0] != '\0'
               ? arena_printf(mem, "%s/members/%s/%s", dir, state_file_name(mem, c->owner), c->use)
               : arena_printf(mem, "%s/own/%s", dir, c->use);
    c->cert_path = arena_printf(mem, "%s.crt", base);
    c->key_path = arena_printf(mem, "%s.key", base);
    return true;
}

bool
tls_stage_init(struct tls_stage *stage, struct plan *plan, const struct json *inputs,
               const char *state_dir, const char **ret_stamp, struct error *e)
{
    struct arena *mem = plan->mem;
    const struct json *certificates;
    uint64_t days;

    *stage = (struct tls_stage){.plan = plan};
    if (!json_get_text(mem, inputs, "stamp", ret_stamp, e) ||
        !json_get_text(mem, inputs, "caCert", &stage->ca_cert, e) ||
        !json_get_text(mem, inputs, "caKey", &stage->ca_key, e) ||
        !json_get_u64(inputs, "days", &days, e) ||
        !json_get_array(inputs, "certificates", &certificates, e))
        return false;
    stage->days = (unsigned)days;
    stage->dir = arena_printf(mem, "%s/tls/%s", state_dir, state_file_name(mem, *ret_stamp));
    for (size_t i = 0; i < json_array_count(certificates); i++) {
        if (!certificate_decode_one(mem, json_array_at(certificates, i), stage->dir,
                                    ARRAY_PUSH(mem, &stage->certificates), e))
            return error_wrap(e, "certificate %zu", i + 1);
    }
    return true;
}

const struct staged_certificate *
tls_stage_find(const struct tls_stage *stage, const char *owner, const char *use)
{
    for (size_t i = 0; i < stage->certificates.count; i++) {
        const struct staged_certificate *c = &stage->certificates.items[i];

        if (strcmp(c->owner, owner) == 0 && strcmp(c->use, use) == 0)
            return c;
    }
    return NULL;
}

static struct inventory_tls
staged_files(const struct tls_stage *stage, const char *owner, const char *use)
{
    const struct staged_certificate *c = tls_stage_find(stage, owner, use);

    if (c == NULL)
        return (struct inventory_tls){0};
    return (struct inventory_tls){.cert_file = c->cert_path, .key_file = c->key_path};
}

struct tls_set
tls_stage_set(const struct tls_stage *stage, const char *owner)
{
    return (struct tls_set){.server = staged_files(stage, owner, "server"),
                            .peer = staged_files(stage, owner, "peer"),
                            .client = staged_files(stage, owner, "client")};
}

/* --- issue --- */

static bool
is_forgotten(const struct tls_stage *stage)
{
    return plan_mark_get(stage->plan, FORGOTTEN) != NULL;
}

static bool
all_are_here(const struct tls_stage *stage)
{
    for (size_t i = 0; i < stage->certificates.count; i++) {
        const struct staged_certificate *c = &stage->certificates.items[i];

        if (!path_exists(c->cert_path) || !path_exists(c->key_path))
            return false;
    }
    return true;
}

/* Those of a try that was cut are issued again: nobody has them yet. */
static bool
issue_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct tls_stage *stage = op;
    bool done =
        plan_step_recorded(stage->plan, "issue") && (is_forgotten(stage) || all_are_here(stage));

    *ret_progress = done ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
issue_guard(void *op, struct error *e)
{
    const struct tls_stage *stage = op;
    AUTO_AUTHORITY authority = NULL;

    return authority_load(stage->ca_cert, stage->ca_key, &authority, e);
}

static bool
one_issue(const struct tls_stage *stage, const struct authority *authority,
          const struct staged_certificate *c, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct cert_request request = {
        .common_name = c->common_name,
        .names = c->names.items,
        .name_count = c->names.count,
        .server = strcmp(c->use, "server") == 0 || strcmp(c->use, "peer") == 0,
        .client = true,
        .key = c->key,
        .days = stage->days,
    };

    return dir_make(path_dir(&tmp, c->cert_path), STATE_DIR_MODE, e) &&
           authority_issue(authority, &request, c->cert_path, c->key_path, e);
}

static bool
issue_run(void *op, struct error *e)
{
    const struct tls_stage *stage = op;
    AUTO_AUTHORITY authority = NULL;

    if (!authority_load(stage->ca_cert, stage->ca_key, &authority, e) ||
        !dir_make(stage->dir, STATE_DIR_MODE, e))
        return false;
    for (size_t i = 0; i < stage->certificates.count; i++) {
        if (!one_issue(stage, authority, &stage->certificates.items[i], e))
            return false;
    }
    return true;
}

static bool
issue_verify(void *op, struct error *e)
{
    return all_are_here(op) || error_set(e, ERROR_VERIFY, "certificates are missing");
}

static bool
issue_undo(void *op, struct error *e)
{
    const struct tls_stage *stage = op;

    return tree_remove(stage->dir, e);
}

static const char *
stage_field(const void *op, struct arena *mem, const char *name)
{
    const struct tls_stage *stage = op;

    if (strcmp(name, "count") == 0)
        return arena_printf(mem, "%zu", stage->certificates.count);
    if (strcmp(name, "authority") == 0)
        return arena_text(mem, stage->ca_cert);
    return strcmp(name, "stage") == 0 ? arena_text(mem, stage->dir) : NULL;
}

static const struct step issue_step = {
    .name = "issue",
    .intent = "issue %{count} certificates by '%{authority}'",
    .field = stage_field,
    .check = issue_check,
    .guard = issue_guard,
    .run = issue_run,
    .verify = issue_verify,
    .undo = issue_undo,
};

void
tls_add_issue(struct tls_stage *stage)
{
    plan_add_step(stage->plan, &issue_step, NULL, stage);
}

/* --- forget --- */

static bool
forget_check(void *op, enum progress *ret_progress, struct error *e UNUSED)
{
    const struct tls_stage *stage = op;

    *ret_progress = path_exists(stage->dir) ? PROGRESS_TODO : PROGRESS_DONE;
    return true;
}

static bool
forget_run(void *op, struct error *e)
{
    const struct tls_stage *stage = op;

    return plan_mark(stage->plan, FORGOTTEN, "removed", e) && tree_remove(stage->dir, e);
}

static const struct step forget_step = {
    .name = "forget",
    .intent = "remove the keys from '%{stage}': from now on only those who use them have them",
    .field = stage_field,
    .check = forget_check,
    .run = forget_run,
    .undo = step_nothing_to_undo,
};

void
tls_add_forget(struct tls_stage *stage)
{
    plan_add_step(stage->plan, &forget_step, NULL, stage);
}
