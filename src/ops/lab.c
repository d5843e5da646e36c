#include "ops/lab.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/time.h"
#include "cluster/inventory_lab.h"
#include "ops/lab_certs.h"
#include "ops/lab_etcd.h"
#include "ops/lab_health.h"
#include "ops/lab_ports.h"
#include "ops/lab_programs.h"
#include "plan/lock.h"
#include "plan/state_dir.h"

enum { PORT_TRIES = 3, NAME_MOST = 48, DYING_MS = 5000, DYING_AGAIN_MS = 20 };

static const char *
lab_name(const char *name)
{
    return name != NULL ? name : LAB_NAME_DEFAULT;
}

static void tell(const struct lab_up_request *request, const char *format, ...) PRINTF_LIKE(2, 3);

static void
tell(const struct lab_up_request *request, const char *format, ...)
{
    AUTO_ARENA tmp = ARENA_INIT;
    va_list args;

    if (request->observe == NULL)
        return;
    va_start(args, format);
    request->observe(request->observe_context, arena_vprintf(&tmp, format, args));
    va_end(args);
}

static bool
name_check(const char *name, struct error *e)
{
    size_t length = strlen(name);
    bool good = length > 0 && length <= NAME_MOST && isalnum((unsigned char)name[0]);

    for (size_t i = 0; good && i < length; i++)
        good = isalnum((unsigned char)name[i]) || strchr("-_.", name[i]) != NULL;
    return good || error_set(e, ERROR_USAGE,
                             "'%s' cannot name a lab: at most %d letters, digits, '-', '_', '.', "
                             "the first a letter or digit",
                             name, NAME_MOST);
}

bool
lab_status(struct arena *mem, const char *state_dir, const char *name, struct lab **ret_lab,
           struct error *e)
{
    struct inventory *inventory;

    return inventory_load_lab(mem, state_dir, lab_name(name), &inventory, e) &&
           lab_look(mem, inventory, ret_lab, e);
}

static struct inventory_urls
url_on_port(struct arena *mem, bool tls, uint16_t port)
{
    const char **items = arena_alloc(mem, sizeof(*items));

    items[0] = arena_printf(mem, "%s://127.0.0.1:%u", tls ? "https" : "http", port);
    return (struct inventory_urls){items, 1};
}

static struct inventory *
inventory_make(struct arena *mem, const struct lab_up_request *request, const struct lab_etcd *etcd,
               const struct lab_ports *ports)
{
    struct inventory *inventory = arena_zero(mem, sizeof(*inventory));
    struct inventory_lab *lab = arena_zero(mem, sizeof(*lab));
    uint8_t random[4];
    char hex[2 * sizeof(random) + 1];

    random_bytes(random, sizeof(random));
    hex_encode(random, sizeof(random), hex);
    inventory->name = arena_printf(mem, INVENTORY_LAB_PREFIX "%s", request->name);
    inventory->lab = lab;
    lab->dir = inventory_lab_dir(mem, request->state_dir, request->name);
    lab->token = arena_printf(mem, "lab-%s-%s", request->name, hex);
    lab->etcd = etcd->path;
    lab->etcd_version = etcd->version;
    lab->quota_bytes = request->quota_bytes;
    for (size_t i = 0; i < ports->count / 2; i++) {
        struct inventory_member *member = ARRAY_PUSH(mem, &inventory->members);

        member->name = arena_printf(mem, "m%zu", i + 1);
        member->client_urls = url_on_port(mem, request->tls, ports->numbers[2 * i]);
        member->peer_urls = url_on_port(mem, request->tls, ports->numbers[2 * i + 1]);
        member->data_dir = arena_printf(mem, "%s/%s.etcd", lab->dir, member->name);
        member->log_path = arena_printf(mem, "%s/%s.log", lab->dir, member->name);
    }
    inventory->endpoints = inventory_member_endpoints(mem, inventory);
    return inventory;
}

/* The inventory first: what is there without one has never run. */
static bool
lab_make(struct arena *mem, const struct lab_up_request *request, const struct lab_etcd *etcd,
         struct lab **ret_lab, struct error *e)
{
    AUTO_LAB_PORTS ports = LAB_PORTS_INIT;
    struct inventory *inventory;

    if (!lab_ports_choose(request->state_dir, 2 * (size_t)request->member_count, &ports, e))
        return false;
    inventory = inventory_make(mem, request, etcd, &ports);
    if (!dir_make(inventory->lab->dir, STATE_DIR_MODE, e) ||
        (request->tls && !lab_certs_make(mem, inventory, e)) || !inventory_save_lab(inventory, e))
        return false;
    tell(request, "starting %u member%s of etcd %s", request->member_count,
         request->member_count == 1 ? "" : "s", etcd->version);
    lab_ports_release(&ports);
    if (!lab_members_start(inventory, e))
        return false;
    tell(request, "waiting until each member is healthy");
    return lab_wait(mem, inventory, request->timeout_ms, ret_lab, e);
}

static bool
lab_unmake(const char *dir, struct error *e)
{
    if (!supervisor_shutdown(dir, e)) {
        if (e->code != ERROR_NOT_FOUND)
            return false;
        error_clear(e);
    }
    return tree_remove(dir, e);
}

static bool
lab_create(struct arena *mem, const struct lab_up_request *request, struct lab **ret_lab,
           struct error *e)
{
    const char *dir = inventory_lab_dir(mem, request->state_dir, request->name);
    struct lab_etcd etcd;

    if (!lab_etcd_find(mem, request->etcd, &etcd, e))
        return false;
    for (int tries = 1;; tries++) {
        struct error problem = ERROR_INIT;
        bool clash;

        if (lab_make(mem, request, &etcd, ret_lab, e))
            return true;
        /* Somebody took a port between our letting go of it and the member's start. */
        clash = strstr(e->hint, "address already in use") != NULL;
        if (!lab_unmake(dir, &problem))
            return error_wrap(e, "lab '%s' (and '%s' could not be removed)", request->name, dir);
        if (!clash || tries == PORT_TRIES)
            return error_wrap(e, "lab '%s'", request->name);
        tell(request, "a port was taken meanwhile; once more with others");
    }
}

/* NULL 'wanted' fits any. */
static bool
etcd_matches(const char *name, const char *wanted, const char *version, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct lab_etcd etcd;

    if (wanted == NULL || (strchr(wanted, '/') == NULL && lab_etcd_version_fits(version, wanted)))
        return true;
    if (!lab_etcd_find(&tmp, wanted, &etcd, e))
        return false;
    return strcmp(etcd.version, version) == 0 ||
           error_set(e, ERROR_CONFLICT, "lab '%s' exists with etcd %s, not %s", name, version,
                     etcd.version);
}

/* What is asked for must be what there is. */
static bool
lab_matches(const struct lab_up_request *request, const struct inventory *inventory,
            struct error *e)
{
    bool has_tls = inventory->client_tls.ca_file != NULL;
    bool matches = false;

    if (request->member_count != 0 && request->member_count != inventory->members.count)
        error_set_(e, ERROR_CONFLICT, 0, "lab '%s' exists with %zu members, not %u", request->name,
                   inventory->members.count, request->member_count);
    else if (request->tls && !has_tls)
        error_set_(e, ERROR_CONFLICT, 0, "lab '%s' exists without TLS", request->name);
    else
        matches = etcd_matches(request->name, request->etcd, inventory->lab->etcd_version, e);
    if (!matches && e->code == ERROR_CONFLICT)
        error_hint_(e, "quorate lab down --name %s, or another --name", request->name);
    return matches;
}

static bool
members_run(const struct inventory *inventory, struct error *e)
{
    for (size_t i = 0; i < inventory->members.count; i++) {
        if (!supervisor_run(inventory->lab->dir, inventory->members.items[i].name, e))
            return false;
    }
    return true;
}

/* By the supervisor that runs, or by a new one. One that is just dying still has its lock, but
 * answers no more: then once more, until it is gone. */
static bool
members_wake(const struct inventory *inventory, struct error *e)
{
    int64_t deadline = time_monotonic_ms() + DYING_MS;

    for (;;) {
        if (lab_members_start(inventory, e))
            return true;
        if (e->code != ERROR_EXISTS)
            return false;
        error_clear(e);
        if (members_run(inventory, e))
            return true;
        if (e->code != ERROR_NOT_FOUND || time_monotonic_ms() > deadline)
            return false;
        error_clear(e);
        time_sleep_ms(DYING_AGAIN_MS);
    }
}

static bool
lab_wake(struct arena *mem, const struct lab_up_request *request, const struct inventory *inventory,
         struct lab **ret_lab, struct error *e)
{
    if (!lab_matches(request, inventory, e))
        return false;
    tell(request, "lab '%s' exists: starting what does not run", request->name);
    return (members_wake(inventory, e) &&
            lab_wait(mem, inventory, request->timeout_ms, ret_lab, e)) ||
           error_wrap(e, "lab '%s'", request->name);
}

bool
lab_up(struct arena *mem, const struct lab_up_request *request, struct lab **ret_lab,
       struct error *e)
{
    struct lab_up_request full = *request;
    struct inventory *inventory;

    full.name = lab_name(request->name);
    full.timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : LAB_TIMEOUT_MS;
    if (!name_check(full.name, e))
        return false;
    if (request->member_count > LAB_MEMBERS_MOST)
        return error_set(e, ERROR_USAGE, "a lab has 1 to %d members, not %u", LAB_MEMBERS_MOST,
                         request->member_count);
    if (inventory_load_lab(mem, full.state_dir, full.name, &inventory, e))
        return lab_wake(mem, &full, inventory, ret_lab, e);
    if (e->code != ERROR_NOT_FOUND)
        return false;
    error_clear(e);
    if (full.member_count == 0)
        full.member_count = LAB_MEMBERS_DEFAULT;
    return lab_create(mem, &full, ret_lab, e);
}

typedef bool supervisor_verb(const char *dir, const char *name, struct error *e);

static bool
member_do(const char *state_dir, const char *name, const char *member, supervisor_verb *verb,
          struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct inventory *inventory;

    if (!inventory_load_lab(&tmp, state_dir, lab_name(name), &inventory, e))
        return false;
    if (inventory_member_by_name(inventory, member) == NULL) {
        error_set_(e, ERROR_NOT_FOUND, 0, "lab '%s' has no member '%s'", lab_name(name), member);
        return error_hint(e, "its members are m1 to m%zu", inventory->members.count);
    }
    if (verb(inventory->lab->dir, member, e))
        return true;
    error_wrap_(e, "lab '%s'", lab_name(name));
    if (e->code == ERROR_NOT_FOUND)
        error_hint_(e, "quorate lab up --name %s starts it again", lab_name(name));
    return false;
}

bool
lab_member_stop(const char *state_dir, const char *name, const char *member, struct error *e)
{
    return member_do(state_dir, name, member, supervisor_stop, e);
}

bool
lab_member_kill(const char *state_dir, const char *name, const char *member, struct error *e)
{
    return member_do(state_dir, name, member, supervisor_kill, e);
}

bool
lab_member_start(const char *state_dir, const char *name, const char *member, struct error *e)
{
    return member_do(state_dir, name, member, supervisor_run, e);
}

bool
lab_down(const char *state_dir, const char *name, bool keep_data, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_FD lock = -1;
    struct inventory *inventory;

    if (!inventory_load_lab(&tmp, state_dir, lab_name(name), &inventory, e))
        return false;
    /* Not under a plan that works on it. */
    if (!lock_take(state_dir, inventory->name, "lab down", &lock, e))
        return false;
    if (!keep_data)
        return lab_unmake(inventory->lab->dir, e);
    if (supervisor_shutdown(inventory->lab->dir, e))
        return true;
    if (e->code != ERROR_NOT_FOUND)
        return false;
    error_clear(e);
    return true;
}

bool
lab_list(struct arena *mem, const char *state_dir, const char ***ret_names, size_t *ret_count,
         struct error *e)
{
    if (dir_list(mem, path_join(mem, state_dir, "labs"), ret_names, ret_count, e))
        return true;
    if (e->code != ERROR_NOT_FOUND)
        return false;
    error_clear(e);
    *ret_names = NULL;
    *ret_count = 0;
    return true;
}
