#include "format/settings/etcd_flag.h"

#include <stddef.h>
#include <string.h>

static const struct etcd_flag flags[] = {
#define FLAG(name, kind, since, until, fallback)                                                   \
    {(name), FLAG_KIND_##kind, (since), (until), (fallback)},
#include "format/settings/etcd_flags.list"
#undef FLAG
};

enum { FLAG_ROWS = sizeof(flags) / sizeof(flags[0]) };

const struct etcd_flag *
etcd_flag_find(const char *name, unsigned minor)
{
    for (size_t i = 0; i < FLAG_ROWS; i++) {
        if (flags[i].since <= minor && minor <= flags[i].until && strcmp(flags[i].name, name) == 0)
            return &flags[i];
    }
    return NULL;
}

bool
etcd_flag_is_bool(const char *name)
{
    /* Not of etcd's help, and booleans all the same. */
    if (strcmp(name, "version") == 0 || strcmp(name, "help") == 0 || strcmp(name, "h") == 0)
        return true;
    for (size_t i = 0; i < FLAG_ROWS; i++) {
        if (strcmp(flags[i].name, name) == 0)
            return flags[i].kind == FLAG_KIND_BOOL;
    }
    return false;
}

const char *
etcd_flag_successor(const char *name, bool *ret_gate)
{
    static const char *const gates[][2] = {
        {"experimental-initial-corrupt-check", "InitialCorruptCheck"},
        {"experimental-compact-hash-check-enabled", "CompactHashCheck"},
        {"experimental-enable-lease-checkpoint", "LeaseCheckpoint"},
        {"experimental-enable-lease-checkpoint-persist", "LeaseCheckpointPersist"},
        {"experimental-stop-grpc-service-on-defrag", "StopGRPCServiceOnDefrag"},
        {"experimental-txn-mode-write-with-shared-buffer", "TxnModeWriteWithSharedBuffer"},
    };
    static const char prefix[] = "experimental-";

    *ret_gate = true;
    for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]); i++) {
        if (strcmp(gates[i][0], name) == 0)
            return gates[i][1];
    }
    *ret_gate = false;
    if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
        return NULL;
    name += sizeof(prefix) - 1;
    return etcd_flag_find(name, FLAG_MINOR_NEWEST) != NULL ? name : NULL;
}
