#include "ops/recover_mounts.h"

#include <string.h>

#include "cluster/site.h"
#include "node/host/host_tree.h"

bool
recover_mounts_look(struct arena *mem, const struct inventory *inventory,
                    struct recover_mounts *ret_mounts, struct error *e)
{
    struct site site;

    *ret_mounts = (struct recover_mounts){.members = ARRAY_INIT};
    site_init(&site, mem, inventory);
    for (size_t i = 0; inventory->lab == NULL && i < inventory->members.count; i++) {
        const struct inventory_member *m = &inventory->members.items[i];
        const struct host *host;
        bool is_mount = false;

        if (!site_host(&site, m, &host, e) ||
            (m->data_dir != NULL && !host_tree_is_mount(host, m->data_dir, &is_mount, e)))
            return false;
        if (is_mount)
            *ARRAY_PUSH(mem, &ret_mounts->members) = m->name;
    }
    return true;
}

void
recover_mounts_encode(struct json_writer *w, const struct recover_mounts *mounts)
{
    json_key(w, "mounts");
    json_array_begin(w);
    for (size_t i = 0; i < mounts->members.count; i++)
        json_text(w, mounts->members.items[i]);
    json_array_end(w);
}

bool
recover_mounts_decode(struct arena *mem, const struct json *inputs,
                      struct recover_mounts *ret_mounts, struct error *e)
{
    const struct json *names;

    *ret_mounts = (struct recover_mounts){.members = ARRAY_INIT};
    if (!json_get_array(inputs, "mounts", &names, e))
        return false;
    for (size_t i = 0; i < json_array_count(names); i++) {
        if (!json_as_text(mem, json_array_at(names, i), ARRAY_PUSH(mem, &ret_mounts->members), e))
            return error_wrap(e, "mounts");
    }
    return true;
}

bool
recover_mounts_have(const struct recover_mounts *mounts, const char *member_name)
{
    for (size_t i = 0; i < mounts->members.count; i++) {
        if (strcmp(mounts->members.items[i], member_name) == 0)
            return true;
    }
    return false;
}
