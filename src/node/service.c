#include "node/service.h"

#include "node/host/host_file.h"

const char *
service_state_word(enum service_state state)
{
    static const char *const words[] = {
        [SERVICE_ABSENT] = "absent", [SERVICE_STOPPED] = "stopped", [SERVICE_STOPPING] = "stopping",
        [SERVICE_FAILED] = "failed", [SERVICE_RUNNING] = "running", [SERVICE_IDLE] = "idle",
    };

    return words[state];
}

bool
service_state(const struct service *service, enum service_state *ret_state, struct error *e)
{
    return service->class->state(service, ret_state, e);
}

bool
service_is_down(const struct service *service, bool *ret_down, struct error *e)
{
    enum service_state state;

    if (!service_state(service, &state, e))
        return false;
    *ret_down = state == SERVICE_STOPPED || state == SERVICE_ABSENT;
    return true;
}

bool
service_start(const struct service *service, struct error *e)
{
    return service->class->start(service, e);
}

bool
service_stop(const struct service *service, struct error *e)
{
    bool down;

    return service_is_down(service, &down, e) && (down || service->class->stop(service, e));
}

bool
service_release(const struct service *service, struct error *e)
{
    return service->class->release == NULL || service->class->release(service, e);
}

bool
service_install(const struct service *service, const char *const *argv, struct error *e)
{
    if (service->class->install == NULL)
        return error_set(e, ERROR_REFUSED, "'%s' is of a kind (%s) that is laid out by hand",
                         service->place, service->class->word);
    return service->class->install(service, argv, e);
}

bool
service_uninstall(const struct service *service, struct error *e)
{
    enum service_state state;

    if (!service_state(service, &state, e))
        return false;
    if (state != SERVICE_ABSENT && service->class->uninstall == NULL)
        return error_set(e, ERROR_REFUSED, "'%s' is of a kind (%s) that is removed by hand",
                         service->place, service->class->word);
    return state == SERVICE_ABSENT || service->class->uninstall(service, e);
}

bool
service_log_tail(struct arena *mem, const struct service *service, unsigned lines,
                 const char **ret_text, struct error *e)
{
    return service->class->log_tail(mem, service, lines, ret_text, e);
}

bool
service_account(struct arena *mem, const struct service *service,
                struct service_account *ret_account, struct error *e)
{
    *ret_account = (struct service_account){0};
    return service->class->account == NULL || service->class->account(mem, service, ret_account, e);
}

bool
service_host_path(struct arena *mem, const struct service *service, const char *path,
                  const char **ret_path, struct error *e)
{
    if (service->class->host_path != NULL)
        return service->class->host_path(mem, service, path, ret_path, e);
    *ret_path = path;
    return true;
}

bool
service_own_path(struct arena *mem, const struct service *service, const char *host_path,
                 const char **ret_path, struct error *e)
{
    if (service->class->own_path != NULL)
        return service->class->own_path(mem, service, host_path, ret_path, e);
    *ret_path = host_path;
    return true;
}

static bool
no_files(const struct service *service, struct error *e)
{
    return error_set(e, ERROR_REFUSED, "'%s' has no files that its settings stand in (%s)",
                     service->place, service->class->word);
}

bool
service_settings(struct arena *mem, const struct service *service,
                 struct etcd_settings *ret_settings, struct error *e)
{
    return service->class->settings(mem, service, ret_settings, e);
}

bool
service_change(const struct service *service, const struct setting_change *changes, size_t count,
               const char *keeping, struct error *e)
{
    if (service->class->change == NULL)
        return no_files(service, e);
    return service->class->change(service, changes, count, keeping, e);
}

bool
service_fit(const struct service *service, const struct service_fitting *fitting,
            const char *keeping, struct error *e)
{
    return service->class->fit == NULL || service->class->fit(service, fitting, keeping, e);
}

bool
service_put_back(const struct service *service, const char *keeping, struct error *e)
{
    if (service->class->put_back == NULL)
        return no_files(service, e);
    return service->class->put_back(service, keeping, e);
}

bool
service_take_back(const struct service *service, const char *keeping, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_file file;

    if (!host_file_look(&tmp, service->host, keeping, &file, e))
        return false;
    return file.kind == HOST_NOTHING ||
           (service_put_back(service, keeping, e) && host_file_remove(service->host, keeping, e));
}

bool
service_lay_out(const struct service *service, const struct service *pattern,
                const struct setting_change *changes, size_t count, const char *keeping,
                struct error *e)
{
    if (service->class->lay_out == NULL)
        return no_files(service, e);
    return service->class->lay_out(service, pattern, changes, count, keeping, e);
}

bool
service_may_lay_out(const struct service *service, const struct service *pattern,
                    const struct setting_change *changes, size_t count, bool certificates_follow,
                    struct error *e)
{
    if (service->class->may_lay_out == NULL)
        return no_files(service, e);
    return service->class->may_lay_out(service, pattern, changes, count, certificates_follow, e);
}
