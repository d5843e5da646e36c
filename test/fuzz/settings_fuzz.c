/* Any bytes as a systemd unit and as an environment file: read, changed, and read again. */

#include "format/settings/unit_service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct setting_change changes[] = {
    {"name", "a 'b' \"c\" $d %e \\"},
    {"data-dir", NULL},
    {"listen-metrics-urls", "http://127.0.0.1:2381"},
};

static void
unit_try(struct arena *mem, struct bytes bytes)
{
    static const struct unit_names names = {"etcd@a-b.service", "db1.example"};
    struct settings_file file = {.path = "/etc/systemd/system/etcd.service", .bytes = bytes};
    struct error e = ERROR_INIT;
    struct settings_file *env_files;
    struct settings_files changed;
    struct unit_service unit;

    if (!unit_service_parse(mem, &file, 1, &names, &unit, &e))
        return;
    env_files = arena_zero(mem, (unit.env_files.count + 1) * sizeof(*env_files));
    for (size_t i = 0; i < unit.env_files.count; i++)
        env_files[i] =
            (struct settings_file){.path = unit.env_files.items[i].path, .missing = true};
    (void)!unit_service_change(mem, &unit, env_files, "/etc/systemd/system/etcd.service.d/q.conf",
                               &names, changes, 3, &changed, &e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bytes changed;

    unit_try(&tmp, bytes_of(data, size));
    (void)!env_file_change(&tmp, "fuzz.env", bytes_of(data, size), changes, 3, &changed, &e);
    return 0;
}
