/* A member that is a program of a lab's supervisor. */

#include <string.h>

#include "base/io.h"
#include "node/service.h"
#include "node/supervisor.h"

enum { LOG_MOST = SUPERVISOR_LOG_BYTES + (1 << 20), PROC_MOST = 4 << 20 };

static enum service_state
state_of_program(const struct supervisor_program_status *program)
{
    switch (program->state) {
    case SUPERVISOR_RUNNING:
        return SERVICE_RUNNING;
    case SUPERVISOR_PAUSING:
        return SERVICE_FAILED;
    case SUPERVISOR_STOPPING:
        return SERVICE_STOPPING;
    case SUPERVISOR_DOWN:
        break;
    }
    return program->pid == 0 ? SERVICE_STOPPED : SERVICE_STOPPING;
}

/* The service's program; NULL: the supervisor has none of its name. */
static const struct supervisor_program_status *
program_of(const struct service *service, const struct supervisor_status *status)
{
    for (size_t i = 0; i < status->programs.count; i++) {
        if (strcmp(status->programs.items[i].name, service->name) == 0)
            return &status->programs.items[i];
    }
    return NULL;
}

/* Without a supervisor there is no member either: they die with it. */
static bool
process_state(const struct service *service, enum service_state *ret_state, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct supervisor_program_status *program;
    struct supervisor_status status;

    if (!supervisor_status_fetch(&tmp, service->place, &status, e)) {
        if (e->code != ERROR_NOT_FOUND)
            return false;
        error_clear(e);
        *ret_state = SERVICE_STOPPED;
        return true;
    }
    program = program_of(service, &status);
    *ret_state = program != NULL ? state_of_program(program) : SERVICE_ABSENT;
    return true;
}

/* Those that its process was started with: the supervisor starts it with them again. */
static bool
process_settings(struct arena *mem, const struct service *service,
                 struct etcd_settings *ret_settings, struct error *e)
{
    struct supervisor_status status;
    const struct supervisor_program_status *program;
    struct bytes command, variables;

    if (!supervisor_status_fetch(mem, service->place, &status, e))
        return false;
    program = program_of(service, &status);
    if (program == NULL || program->pid == 0)
        return error_set(e, ERROR_NOT_FOUND, "there is no process of '%s'", service->name);
    *ret_settings = (struct etcd_settings)ETCD_SETTINGS_INIT;
    if (!file_read_all(mem, arena_printf(mem, "/proc/%d/cmdline", (int)program->pid), PROC_MOST,
                       &command, e) ||
        !file_read_all(mem, arena_printf(mem, "/proc/%d/environ", (int)program->pid), PROC_MOST,
                       &variables, e) ||
        !settings_add_process(mem, ret_settings, command, variables, e))
        return false;
    settings_resolve(ret_settings);
    return true;
}

static bool
process_start(const struct service *service, struct error *e)
{
    return supervisor_run(service->place, service->name, e);
}

static bool
process_stop(const struct service *service, struct error *e)
{
    return supervisor_stop(service->place, service->name, e);
}

static bool
process_install(const struct service *service, const char *const *argv, struct error *e)
{
    return supervisor_put(service->place, service->name, argv, e);
}

static bool
process_uninstall(const struct service *service, struct error *e)
{
    if (supervisor_drop(service->place, service->name, e))
        return true;
    if (e->code != ERROR_NOT_FOUND)
        return false;
    error_clear(e); /* its supervisor is gone, and all with it */
    return true;
}

static bool
process_log_tail(struct arena *mem, const struct service *service, unsigned lines,
                 const char **ret_text, struct error *e)
{
    const char *path = arena_printf(mem, "%s/%s.log", service->place, service->name);
    struct bytes text;
    size_t start;

    *ret_text = "";
    if (!path_exists(path))
        return true;
    if (!file_read_all(mem, path, LOG_MOST, &text, e))
        return false;
    for (start = text.size; start > 0; start--) {
        bool line_end = text.data[start - 1] == '\n' && start < text.size;

        if (line_end && lines-- <= 1)
            break;
    }
    *ret_text = arena_text_of_bytes(mem, bytes_of(text.data + start, text.size - start));
    return true;
}

const struct service_class service_process = {
    .word = "process",
    .state = process_state,
    .start = process_start,
    .stop = process_stop,
    .install = process_install,
    .uninstall = process_uninstall,
    .log_tail = process_log_tail,
    .settings = process_settings,
};
