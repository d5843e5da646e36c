#include "cluster/rules_key_file.h"

enum {
    KEY_MODE = 0600,
    CERTIFICATE_MODE = 0644,
    OTHERS_READ = 0004,
    WRITE = 0022,
    ANY_OTHERS = 0007
};

static bool
can_read(const struct host_file *f, const struct service_account *account)
{
    if (account->uid == 0)
        return true;
    if (f->uid == account->uid)
        return (f->mode & 0400) != 0;
    if (f->gid == account->gid)
        return (f->mode & 0040) != 0;
    return (f->mode & OTHERS_READ) != 0;
}

/* A key that root's group alone may read, as configuration management lays it, is as private as root's. */
static bool
is_private_enough(const struct host_file *f, const struct service_account *account, bool is_key)
{
    if ((f->mode & WRITE) != 0)
        return false;
    return !is_key || ((f->mode & ANY_OTHERS) == 0 &&
                       ((f->mode & 0040) == 0 || f->gid == account->gid || f->gid == 0));
}

struct host_file
rule_key_file_owner(const struct host_file *there, const struct service_account *account,
                    bool is_key)
{
    if (there->kind == HOST_FILE && can_read(there, account) &&
        is_private_enough(there, account, is_key) && (there->mode & 07111) == 0)
        return *there;
    return (struct host_file){.kind = HOST_FILE,
                              .uid = account->uid,
                              .gid = account->gid,
                              .mode = is_key ? KEY_MODE : CERTIFICATE_MODE,
                              .label = there->label};
}
