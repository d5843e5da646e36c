#include "ops/lab_programs.h"

#include <string.h>
#include <unistd.h>

#include "cluster/tls_phase.h"
#include "node/supervisor.h"

/* This process's environment without ETCD_..., which would be read as etcd's flags. */
static const char **
member_environment(struct arena *mem)
{
    ARRAY(const char *) env = ARRAY_INIT;

    for (char **at = environ; *at != NULL; at++) {
        if (strncmp(*at, "ETCD_", 5) != 0)
            *ARRAY_PUSH(mem, &env) = *at;
    }
#ifdef __aarch64__
    /* etcd 3.4 refuses to run on arm64 without this (etcdmain/etcd.go). */
    *ARRAY_PUSH(mem, &env) = "ETCD_UNSUPPORTED_ARCH=arm64";
#endif
    *ARRAY_PUSH(mem, &env) = NULL;
    return env.items;
}

struct argv {
    struct arena *mem;
    ARRAY(const char *) items;
};

static void
argv_add(struct argv *argv, const char *flag, const char *value)
{
    *ARRAY_PUSH(argv->mem, &argv->items) = flag;
    if (value != NULL)
        *ARRAY_PUSH(argv->mem, &argv->items) = value;
}

static void
argv_add_tls(struct argv *argv, const struct inventory_member *member)
{
    const struct inventory_tls *tls = &member->tls;
    const struct inventory_tls *peer = &member->peer_tls;

    if (tls->cert_file == NULL)
        return;
    argv_add(argv, "--cert-file", tls->cert_file);
    argv_add(argv, "--key-file", tls->key_file);
    argv_add(argv, "--peer-cert-file", peer->cert_file);
    argv_add(argv, "--peer-key-file", peer->key_file);
    argv_add(argv, "--peer-trusted-ca-file", peer->ca_file);
    argv_add(argv, "--peer-client-cert-auth", NULL);
    /* An authority alone has clients asked for certificates, too. */
    if (member->any_client)
        return;
    argv_add(argv, "--trusted-ca-file", tls->ca_file);
    argv_add(argv, "--client-cert-auth", NULL);
}

/* Flags that all of etcd 3.4 to 3.7 know. */
const char *const *
lab_member_argv(struct arena *mem, const struct inventory *inventory,
                const struct inventory_member *member)
{
    bool joins = member->initial_cluster != NULL;
    const char *clients = tls_urls_text(mem, &member->client_urls);
    struct argv argv = {.mem = mem};

    argv_add(&argv, inventory->lab->etcd, NULL);
    argv_add(&argv, "--name", member->name);
    argv_add(&argv, "--data-dir", member->data_dir);
    argv_add(&argv, "--listen-client-urls", clients);
    argv_add(&argv, "--advertise-client-urls", clients);
    argv_add(&argv, "--listen-peer-urls",
             tls_urls_text(mem, member->listen_peer_urls.count > 0 ? &member->listen_peer_urls
                                                                   : &member->peer_urls));
    argv_add(&argv, "--initial-advertise-peer-urls", member->peer_urls.items[0]);
    argv_add(&argv, "--initial-cluster",
             joins ? member->initial_cluster : inventory_initial_cluster(mem, inventory));
    argv_add(&argv, "--initial-cluster-token", inventory->lab->token);
    argv_add(&argv, "--initial-cluster-state", joins ? "existing" : "new");
    argv_add(&argv, "--logger", "zap");
    argv_add(&argv, "--log-outputs", "stderr");
    if (inventory->lab->quota_bytes != 0)
        argv_add(&argv, "--quota-backend-bytes",
                 arena_printf(mem, "%llu", (unsigned long long)inventory->lab->quota_bytes));
    argv_add_tls(&argv, member);
    *ARRAY_PUSH(mem, &argv.items) = NULL;
    return argv.items.items;
}

const char *const *
lab_member_flags(struct arena *mem, const struct inventory *inventory,
                 const struct inventory_member *member, size_t *ret_count)
{
    const char *const *flags = lab_member_argv(mem, inventory, member) + 1;

    *ret_count = 0;
    while (flags[*ret_count] != NULL)
        (*ret_count)++;
    return flags;
}

bool
lab_members_start(const struct inventory *inventory, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    ARRAY(struct supervisor_program) programs = ARRAY_INIT;
    const char *const *env = member_environment(&tmp);
    struct supervisor_config config = {.dir = inventory->lab->dir};

    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_member *member = &inventory->members.items[i];

        *ARRAY_PUSH(&tmp, &programs) = (struct supervisor_program){
            .name = member->name, .argv = lab_member_argv(&tmp, inventory, member), .env = env};
    }
    config.programs = programs.items;
    config.program_count = programs.count;
    return supervisor_start(&config, e);
}
