/* "permission denied" and no more: what was asked for, and what the user may do instead. */
#include "base/evidence.h"
#include "cluster/explain_parts.h"
#include "etcd/permission.h"

static const char *
user_text(struct explain *x)
{
    return x->options->user != NULL ? arena_printf(x->mem, "user '%s'", x->options->user)
                                    : "the client certificate's user";
}

static void
root_tell(struct explain *x, const struct permission_needs *needs, struct error *e)
{
    evidence_text(e, "lacking", "the role root");
    error_append(e, "%s needs the role root for %s", user_text(x), needs->call);
    error_hint(e, "run it as a user with the role root");
}

void
explain_permission(struct explain *x, struct error *e)
{
    const struct permission_needs *needs = etcd_client_denied(x->client);
    const char *lacking = "";

    if (needs->call == NULL)
        return;
    evidence_text(e, "user", x->options->user != NULL ? x->options->user : "");
    if (needs->root) {
        root_tell(x, needs, e);
        return;
    }
    for (size_t i = 0; i < needs->count; i++) {
        const char *one = permission_text(x->mem, &needs->items[i]);

        evidence_item(e, "lacking", one);
        lacking = arena_printf(x->mem, "%s%s%s", lacking, lacking[0] != '\0' ? ", " : "", one);
    }
    error_append(e, "%s needs %s", user_text(x), lacking);
}
