#include "ops/lab_health.h"

#include <string.h>

#include "base/io.h"
#include "base/time.h"
#include "etcd/maintenance.h"

enum {
    HEALTH_TIMEOUT_MS = 1000,
    HEALTH_AGAIN_MS = 40,
    DEATHS_MOST = 3, /* of one member while the lab comes up */
    LOG_MOST = SUPERVISOR_LOG_BYTES + (1 << 20),
};

static bool
client_open(struct arena *mem, const struct inventory *inventory, struct etcd_client **ret_client,
            struct error *e)
{
    struct etcd_options options = ETCD_OPTIONS_INIT;
    const char **endpoints = arena_alloc(mem, inventory->members.count * sizeof(*endpoints));

    for (size_t i = 0; i < inventory->members.count; i++)
        endpoints[i] = inventory->members.items[i].client_urls.items[0];
    options.endpoints = endpoints;
    options.endpoint_count = inventory->members.count;
    options.ca_file = inventory->client_tls.ca_file;
    options.cert_file = inventory->client_tls.cert_file;
    options.key_file = inventory->client_tls.key_file;
    options.command_timeout_ms = HEALTH_TIMEOUT_MS;
    return etcd_client_open(&options, ret_client, e);
}

static void
member_take_status(struct lab_member *member, const struct supervisor_status *status)
{
    for (size_t i = 0; i < status->programs.count; i++) {
        const struct supervisor_program_status *program = &status->programs.items[i];

        if (strcmp(program->name, member->configured->name) != 0)
            continue;
        member->state = program->state;
        member->pid = program->pid;
        member->restarts = program->restarts;
        member->last_end = program->last_end;
    }
}

static void
member_take_health(struct arena *mem, struct lab_member *member,
                   const struct etcd_health_answer *health)
{
    member->healthy = health->answer.ok;
    member->reason = NULL;
    if (member->healthy)
        return;
    member->reason = member->state == SUPERVISOR_RUNNING
                         ? arena_text(mem, health->answer.error.text)
                         : supervisor_state_word(member->state);
}

/* e: anything but "no supervisor runs", which is a state. */
static bool
look_with(struct arena *mem, const struct inventory *inventory, struct etcd_client *client,
          struct lab **ret_lab, struct error *e)
{
    struct lab *lab = arena_zero(mem, sizeof(*lab));
    struct supervisor_status status = {0};
    struct etcd_health_answer *health;

    lab->inventory = inventory;
    if (!supervisor_status_fetch(mem, inventory->lab->dir, &status, e)) {
        if (e->code != ERROR_NOT_FOUND)
            return false;
        error_clear(e);
    }
    lab->supervisor_pid = status.pid;
    etcd_health_each(mem, client, &health);
    for (size_t i = 0; i < inventory->members.count; i++) {
        struct lab_member *member = ARRAY_PUSH(mem, &lab->members);

        *member = (struct lab_member){
            .configured = &inventory->members.items[i], .state = SUPERVISOR_DOWN, .last_end = ""};
        member_take_status(member, &status);
        member_take_health(mem, member, &health[i]);
    }
    *ret_lab = lab;
    return true;
}

bool
lab_look(struct arena *mem, const struct inventory *inventory, struct lab **ret_lab,
         struct error *e)
{
    AUTO_ETCD_CLIENT client = NULL;

    return client_open(mem, inventory, &client, e) && look_with(mem, inventory, client, ret_lab, e);
}

static const char *
log_last_line(struct arena *mem, const char *path)
{
    struct error ignored = ERROR_INIT;
    struct bytes text;
    size_t end;
    size_t start;

    if (path == NULL || !file_read_all(mem, path, LOG_MOST, &text, &ignored))
        return "";
    for (end = text.size; end > 0 && text.data[end - 1] == '\n';)
        end--;
    for (start = end; start > 0 && text.data[start - 1] != '\n';)
        start--;
    return arena_text_of_bytes(mem, bytes_of(text.data + start, end - start));
}

/* The first member that is not healthy says why the lab is not up; always false. */
static bool
not_up(const struct lab *lab, int64_t waited_ms, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    for (size_t i = 0; i < lab->members.count; i++) {
        const struct lab_member *member = &lab->members.items[i];

        if (member->healthy)
            continue;
        error_set_(e, ERROR_TIMEOUT, 0, "member '%s' is not healthy after %s: %s%s%s",
                   member->configured->name, duration_human(&tmp, waited_ms),
                   member->last_end[0] != '\0' ? member->last_end : "",
                   member->last_end[0] != '\0' ? ", " : "", member->reason);
        return error_hint(e, "the last line of its log: %s",
                          log_last_line(&tmp, member->configured->log_path));
    }
    return error_set(e, ERROR_TIMEOUT, "the lab is not healthy");
}

static bool
all_healthy(const struct lab *lab)
{
    for (size_t i = 0; i < lab->members.count; i++) {
        if (!lab->members.items[i].healthy)
            return false;
    }
    return true;
}

static bool
one_keeps_dying(const struct lab *lab)
{
    for (size_t i = 0; i < lab->members.count; i++) {
        if (lab->members.items[i].restarts >= DEATHS_MOST)
            return true;
    }
    return false;
}

bool
lab_wait(struct arena *mem, const struct inventory *inventory, int64_t timeout_ms,
         struct lab **ret_lab, struct error *e)
{
    AUTO_ETCD_CLIENT client = NULL;
    int64_t start = time_monotonic_ms();

    if (!client_open(mem, inventory, &client, e))
        return false;
    for (;;) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct lab *lab;
        int64_t waited;

        if (!look_with(&tmp, inventory, client, &lab, e))
            return false;
        if (all_healthy(lab))
            return look_with(mem, inventory, client, ret_lab, e);
        waited = time_monotonic_ms() - start;
        if (waited >= timeout_ms || one_keeps_dying(lab))
            return not_up(lab, waited, e);
        time_sleep_ms(HEALTH_AGAIN_MS);
    }
}
