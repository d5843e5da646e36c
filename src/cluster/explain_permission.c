/* "permission denied" and no more: what was asked for, and what the user may do instead. A user may
 * ask about itself and its own roles (etcd server/etcdserver/apply/apply_auth.go, 3.4 to 3.7). */
#include <string.h>

#include "base/evidence.h"
#include "cluster/explain_parts.h"
#include "etcd/auth.h"
#include "etcd/permission.h"

enum { RIGHTS_MAX = 256 };

struct rights {
    bool known;
    const char *role; /* the first of the user's; NULL: it has none */
    struct permission items[RIGHTS_MAX];
    size_t count;
};

static void
rights_add(struct rights *rights, const struct etcd_role *role)
{
    for (size_t i = 0; i < role->permission_count && rights->count < RIGHTS_MAX; i++) {
        const struct etcd_permission *p = &role->permissions[i];

        rights->items[rights->count++] = (struct permission){
            .read = p->type != ETCD_PERMISSION_WRITE,
            .write = p->type != ETCD_PERMISSION_READ,
            .key = p->key,
            .range_end = p->range_end,
        };
    }
}

/* Without a user's name (a certificate's) there is nobody to ask about. */
static void
rights_fetch(struct explain *x, struct rights *ret_rights)
{
    struct error ignored = ERROR_INIT;
    struct etcd_user user;
    struct etcd_role role;

    *ret_rights = (struct rights){.known = false};
    if (x->options->user == NULL ||
        !etcd_user_get(x->mem, x->client, x->options->user, &user, &ignored))
        return;
    ret_rights->known = true;
    for (size_t i = 0; i < user.role_count; i++) {
        ret_rights->known =
            ret_rights->known && etcd_role_get(x->mem, x->client, user.roles[i], &role, &ignored);
        if (ret_rights->known)
            rights_add(ret_rights, &role);
    }
    ret_rights->role = user.role_count > 0 ? user.roles[0] : NULL;
}

static const char *
user_text(struct explain *x)
{
    return x->options->user != NULL ? arena_printf(x->mem, "user '%s'", x->options->user)
                                    : "the client certificate's user";
}

static void
root_tell(struct explain *x, const struct permission_needs *needs, struct error *e)
{
    evidence_item(e, "lacking", "role root");
    error_append(e, "%s needs the role root for %s", user_text(x), needs->call);
    error_hint(e, "run it as a user with the role root");
}

static const char *
rights_text(struct arena *mem, const struct rights *rights)
{
    const char *text = "";

    for (size_t i = 0; i < rights->count; i++)
        text = arena_printf(mem, "%s%s%s", text, i > 0 ? ", " : "",
                            permission_text(mem, &rights->items[i]));
    return rights->count > 0 ? text : "none";
}

/* What the rights do not give, as text; ret_first is the first of it, for granting. "": all there. */
static const char *
lacking_tell(struct explain *x, const struct permission_needs *needs, const struct rights *rights,
             const char **ret_first, struct error *e)
{
    const char *text = "";

    for (size_t i = 0; i < needs->count; i++) {
        struct permission left = needs->items[i];
        const char *one;

        if (rights->known &&
            !permission_is_lacking(&needs->items[i], rights->items, rights->count, &left))
            continue;
        one = permission_text(x->mem, &left);
        evidence_item(e, "lacking", one);
        if (text[0] == '\0')
            *ret_first = permission_operands(x->mem, &left);
        text = arena_printf(x->mem, "%s%s%s", text, text[0] != '\0' ? ", " : "", one);
    }
    return text;
}

static void
keys_tell(struct explain *x, const struct permission_needs *needs, struct error *e)
{
    struct rights *rights = arena_zero(x->mem, sizeof(*rights));
    const char *first = "";
    const char *lacking;

    rights_fetch(x, rights);
    lacking = lacking_tell(x, needs, rights, &first, e);
    if (lacking[0] == '\0') /* changed meanwhile, or it is about keys of the put's lease */
        return;
    if (!rights->known) {
        error_append(e, "%s needs %s", user_text(x), lacking);
        return;
    }
    for (size_t i = 0; i < rights->count; i++)
        evidence_item(e, "rights", permission_text(x->mem, &rights->items[i]));
    error_append(e, "%s lacks %s; it has %s", user_text(x), lacking, rights_text(x->mem, rights));
    error_hint(e, "as root: role grant-permission %s %s",
               rights->role != NULL ? rights->role : "ROLE", first);
}

void
explain_permission(struct explain *x, struct error *e)
{
    const struct permission_needs *needs = etcd_client_denied(x->client);

    if (needs->call == NULL)
        return;
    if (x->options->user != NULL)
        evidence_text(e, "user", x->options->user);
    if (needs->root)
        root_tell(x, needs, e);
    else
        keys_tell(x, needs, e);
}
