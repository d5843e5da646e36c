/*
 * The etcd that runs on a host by itself, for test/nodes: one call a run. PROBE_BECOME=yes goes by sudo. An error is "WORD [CAUSE]: TEXT", its hint behind, on stderr, with
 * exit code 1.
 *
 *     service_probe URL UNIT state|start|stop|release
 *     service_probe URL UNIT log LINES
 *     service_probe URL UNIT settings
 *     service_probe URL UNIT set KEEPING NAME=VALUE...|NAME...
 *     service_probe URL UNIT lay-out PATTERN-URL PATTERN-UNIT KEEPING NAME=VALUE...
 *     service_probe URL UNIT uninstall
 *     service_probe URL UNIT put-back KEEPING
 *     service_probe URL UNIT mount NAME PATH KEEPING      (a pod's)
 *
 * UNIT is a unit of systemd, or a static pod's manifest as an absolute path.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/number.h"
#include "node/service.h"
#include "node/service_pod.h"

enum { CHANGES_MOST = 20 };

static bool
settings_show(struct arena *mem, const struct service *service, struct error *e)
{
    struct etcd_settings settings;

    if (!service_settings(mem, service, &settings, e))
        return false;
    for (size_t i = 0; i < settings.items.count; i++) {
        const struct etcd_setting *one = &settings.items.items[i];

        if (one->in_force)
            printf("%s=%s %s:%u\n", one->name, one->value, one->file, one->line);
    }
    return true;
}

/* "NAME=VALUE", or "NAME" to take it out. */
static size_t
changes_of(struct arena *mem, char **words, struct setting_change *changes)
{
    size_t count = 0;

    for (; words[count] != NULL && count < CHANGES_MOST; count++) {
        char *name = arena_text(mem, words[count]);
        char *value = strchr(name, '=');

        if (value != NULL)
            *value++ = '\0';
        changes[count] = (struct setting_change){.name = name, .value = value};
    }
    return count;
}

static bool
service_open(struct arena *mem, const char *url, const char *place, struct service *ret_service,
             struct error *e)
{
    const struct host_options options = {.become = getenv("PROBE_BECOME") != NULL};
    struct host *host;

    if (!host_open(mem, url, &options, &host, e))
        return false;
    *ret_service = (struct service){
        .class = place[0] == '/' ? &service_pod : &service_systemd,
        .name = place,
        .place = place,
        .host = host,
    };
    return true;
}

static bool
files_do(struct arena *mem, const struct service *service, char **words, struct error *e)
{
    struct setting_change changes[CHANGES_MOST];
    struct service pattern;

    if (words[1] == NULL)
        return error_set(e, ERROR_USAGE, "'%s' what?", words[0]);
    if (strcmp(words[0], "mount") == 0 && words[2] != NULL && words[3] != NULL)
        return service_pod_change(service, NULL, 0,
                                  &(struct pod_mount_change){.name = words[1],
                                                             .host_path = words[2],
                                                             .mount_path = words[2],
                                                             .type = "DirectoryOrCreate"},
                                  1, words[3], e);
    if (strcmp(words[0], "put-back") == 0)
        return service_put_back(service, words[1], e);
    if (strcmp(words[0], "set") == 0)
        return service_change(service, changes, changes_of(mem, words + 2, changes), words[1], e);
    if (words[2] == NULL || words[3] == NULL)
        return error_set(e, ERROR_USAGE, "'%s' like what?", words[0]);
    return service_open(mem, words[1], words[2], &pattern, e) &&
           service_lay_out(service, &pattern, changes, changes_of(mem, words + 4, changes),
                           words[3], e);
}

static bool
service_do(struct arena *mem, const struct service *service, char **words, struct error *e)
{
    enum service_state state;
    const char *text;
    uint32_t lines;

    if (strcmp(words[0], "start") == 0)
        return service_start(service, e);
    if (strcmp(words[0], "stop") == 0)
        return service_stop(service, e);
    if (strcmp(words[0], "release") == 0)
        return service_release(service, e);
    if (strcmp(words[0], "uninstall") == 0)
        return service_uninstall(service, e);
    if (strcmp(words[0], "log") == 0 && words[1] != NULL) {
        if (!number_parse_u32(words[1], &lines, e) ||
            !service_log_tail(mem, service, lines, &text, e))
            return false;
        printf("%s", text);
        return true;
    }
    if (strcmp(words[0], "settings") == 0)
        return settings_show(mem, service, e);
    if (strcmp(words[0], "state") != 0)
        return files_do(mem, service, words, e);
    if (!service_state(service, &state, e))
        return false;
    printf("%s\n", service_state_word(state));
    return true;
}

static bool
probe(struct arena *mem, char **argv, struct error *e)
{
    struct service service;

    if (!service_open(mem, argv[1], argv[2], &service, e))
        return false;
    return service_do(mem, &service, argv + 3, e);
}

int
main(int argc, char **argv)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;

    if (argc >= 4 && probe(&mem, argv, &e))
        return 0;
    fprintf(stderr, "%s [%s]: %s\n%s\n", error_code_word(e.code), e.cause != NULL ? e.cause : "",
            e.text, error_hint_text(&e));
    return 1;
}
