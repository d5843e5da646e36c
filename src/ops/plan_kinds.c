#include "ops/plan_kinds.h"

#include <string.h>

#include "ops/key_import.h"
#include "ops/key_removal.h"
#include "ops/maintain_compact.h"
#include "ops/maintain_defrag.h"
#include "ops/member_plans.h"
#include "ops/quota_raise.h"
#include "ops/quota_recover.h"
#include "ops/recover.h"
#include "ops/tls_deliver.h"
#include "ops/tls_renew.h"
#include "ops/tls_rotate.h"
#include "ops/tls_switch.h"
#include "ops/v2_migrate.h"

bool
plan_kind_find(const char *name, const struct plan_kind **ret_kind, struct error *e)
{
    static const struct plan_kind *const kinds[] = {
        &recover_kind,       &v2_migrate_kind,    &key_import_kind,      &key_removal_kind,
        &member_grow_kind,   &member_shrink_kind, &member_replace_kind,  &member_move_kind,
        &member_rescue_kind, &tls_deliver_kind,   &tls_renew_kind,       &tls_enable_kind,
        &tls_disable_kind,   &tls_rotate_kind,    &maintain_defrag_kind, &maintain_compact_kind,
        &quota_recover_kind, &quota_raise_kind};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i]->name, name) == 0) {
            *ret_kind = kinds[i];
            return true;
        }
    }
    return error_set(e, ERROR_NOT_FOUND, "plans of kind '%s' are not known to this quorate", name);
}
