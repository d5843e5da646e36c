#include "node/api_server.h"

#include "base/time.h"
#include "node/host/host_file.h"
#include "node/host/host_script.h"
#include "node/host/host_tree.h"

/* The kubelet lists its manifests every 20 s, and gives an API server 30 s to end, by default. */
enum { STOP_MS = 180 * 1000, POLL_MS = 500 };

#define HELD_DIR  "/etc/kubernetes/quorate-held"
#define HELD_PATH HELD_DIR "/kube-apiserver.yaml"

/* Any process of that name, in whatever container. Source: proc(5), comm has 15 bytes at most. */
static const char runs_script[] =
    "for d in /proc/[0-9]*; do\n"
    "  { read -r name <\"$d/comm\"; } 2>/dev/null && [ \"$name\" = kube-apiserver ] && echo 1\n"
    "done\n"
    "exit 0\n";

static bool
process_look(const struct host *host, bool *ret_runs, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct host_command command = {0};
    struct host_result result;

    if (!host_script(&tmp, host, runs_script, "/proc", NULL, &command, &result, e))
        return false;
    *ret_runs = result.out.size > 0;
    return true;
}

bool
api_server_look(const struct host *host, enum api_server_state *ret_state, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_file place, held;
    bool runs;

    if (!host_file_look(&tmp, host, API_SERVER_MANIFEST, &place, e) ||
        !host_file_look(&tmp, host, HELD_PATH, &held, e) || !process_look(host, &runs, e))
        return false;
    if (place.kind != HOST_NOTHING && held.kind != HOST_NOTHING)
        return error_set(e, ERROR_CONFLICT, "%s: '%s' is there, and held down as '%s' as well",
                         host_name(host), API_SERVER_MANIFEST, HELD_PATH) ||
               error_hint(e, "compare them, and move one of them away");
    if (held.kind != HOST_NOTHING)
        *ret_state = runs ? API_SERVER_ENDING : API_SERVER_HELD;
    else
        *ret_state = place.kind != HOST_NOTHING ? API_SERVER_FREE : API_SERVER_ABSENT;
    return true;
}

static bool
is_absent(const struct host *host, struct error *e)
{
    error_set_(e, ERROR_NOT_FOUND, 0, "%s: there is no '%s'", host_name(host), API_SERVER_MANIFEST);
    return error_hint(e, "name the hosts that have one, and stop other clients by hand");
}

static bool
end_wait(const struct host *host, struct error *e)
{
    int64_t deadline = time_monotonic_ms() + STOP_MS;
    bool runs;

    for (;;) {
        if (!process_look(host, &runs, e))
            return false;
        if (!runs)
            return true;
        if (time_monotonic_ms() >= deadline)
            break;
        time_sleep_ms(POLL_MS);
    }
    error_set_(e, ERROR_TIMEOUT, 0, "%s: the kubelet has not ended the API server within %d s",
               host_name(host), STOP_MS / 1000);
    return error_hint(e, "see 'journalctl -u kubelet' and 'crictl ps -a' there");
}

bool
api_server_hold(const struct host *host, struct error *e)
{
    static const struct host_file dir_of_root = {.kind = HOST_DIR, .mode = 0700};
    enum api_server_state state;

    if (!api_server_look(host, &state, e))
        return false;
    if (state == API_SERVER_ABSENT)
        return is_absent(host, e);
    if (state == API_SERVER_FREE && (!host_dir_make(host, HELD_DIR, &dir_of_root, e) ||
                                     !host_tree_move(host, API_SERVER_MANIFEST, HELD_PATH, e)))
        return false;
    return end_wait(host, e);
}

/* The folder goes with the last that was held in it. */
bool
api_server_release(const struct host *host, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *const rmdir[] = {"rmdir", "--ignore-fail-on-non-empty", "--", HELD_DIR, NULL};
    enum api_server_state state;
    struct host_result result;

    if (!api_server_look(host, &state, e))
        return false;
    if (state == API_SERVER_ABSENT)
        return is_absent(host, e);
    return state == API_SERVER_FREE ||
           (host_tree_move(host, HELD_PATH, API_SERVER_MANIFEST, e) &&
            host_run_well(&tmp, host, &(struct host_command){.argv = rmdir}, &result, e));
}

struct service
api_server_service(const struct host *host)
{
    return (struct service){
        .class = &service_pod,
        .name = "kube-apiserver",
        .place = API_SERVER_MANIFEST,
        .host = host,
        .program = "kube-apiserver",
    };
}

/* $1 /proc, $2 the word. */
static const char runs_with_script[] =
    "for d in \"$1\"/[0-9]*; do\n"
    "  { read -r name <\"$d/comm\"; } 2>/dev/null && [ \"$name\" = kube-apiserver ] || continue\n"
    "  { tr '\\000' '\\n' <\"$d/cmdline\"; } 2>/dev/null | sed 's/^--*[a-z-]*=//' |\n"
    "      grep -qxF -e \"$2\" && echo 1\n"
    "done\n"
    "exit 0\n";

bool
api_server_runs_with(const struct host *host, const char *word, bool *ret_runs, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct host_command command = {0};
    struct host_result result;

    if (!host_script(&tmp, host, runs_with_script, "/proc", (const char *const[]){word, NULL},
                     &command, &result, e))
        return false;
    *ret_runs = result.out.size > 0;
    return true;
}
