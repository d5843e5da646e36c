/*
 * The etcd client by itself, for test/e2e/etcd_client.bats: one call a run, settings from the
 * ETCDCTL_ variables, one fact a line on stdout. An error is "WORD: TEXT", its hint behind, on
 * stderr, with exit code 1. PROBE_TIMEOUT_MS is the command time-out.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/time.h"
#include "etcd/auth.h"
#include "etcd/cluster.h"
#include "etcd/kv.h"
#include "etcd/maintenance.h"
#include "etcd/pipeline.h"
#include "etcd/snapshot.h"

enum { ENDPOINTS_MAX = 16, STALL_TIMEOUT_MS = 3000 };

struct probe {
    struct arena mem;
    struct etcd_client *client;
    char **args; /* behind the command, NULL at the end */
    struct error e;
};

static bool
put(struct probe *p)
{
    struct etcd_put_request request = {
        .key = bytes_of_text(p->args[0]),
        .value = bytes_of_text(p->args[1]),
        .prev_kv = true,
    };
    struct etcd_put_response response;

    if (!etcd_put(&p->mem, p->client, &request, &response, &p->e))
        return false;
    printf("revision moves %d\n", response.header.revision > 1);
    if (response.prev_kv != NULL)
        printf("before %.*s\n", (int)response.prev_kv->value.size,
               (const char *)response.prev_kv->value.data);
    return true;
}

/* Two calls on one connection: the test does something to the server in between. */
static void
line_wait(void)
{
    fflush(stdout);
    for (int c = getchar(); c != '\n' && c != EOF; c = getchar())
        continue;
}

/* put-again KEY VALUE VALUE */
static bool
put_again(struct probe *p)
{
    if (!put(p))
        return false;
    line_wait();
    p->args[1] = p->args[2];
    return put(p);
}

/* put-large KEY BYTES */
static bool
put_large(struct probe *p)
{
    size_t size = strtoul(p->args[1], NULL, 10);
    uint8_t *value = arena_zero(&p->mem, size);
    struct etcd_put_request request = {
        .key = bytes_of_text(p->args[0]),
        .value = bytes_of(value, size),
    };
    struct etcd_put_response response;

    return etcd_put(&p->mem, p->client, &request, &response, &p->e);
}

static bool
flooded(void *context, const struct etcd_pipeline_answer *answer, struct error *e)
{
    (void)context;
    /* On a machine that is busy some of them time out as well. */
    if (answer->error.cause == NULL || strcmp(answer->error.cause, "too-many-requests") != 0)
        return true;
    *e = answer->error;
    return false;
}

enum { TXN_OPS = 32 };

static struct etcd_txn_request
large_txn(struct arena *mem)
{
    struct etcd_request_op *ops = arena_zero(mem, TXN_OPS * sizeof(*ops));
    struct etcd_put_request *puts = arena_zero(mem, TXN_OPS * sizeof(*puts));

    for (size_t i = 0; i < TXN_OPS; i++) {
        puts[i].key = bytes_of_text(arena_printf(mem, "flood%zu", i));
        ops[i].put = &puts[i];
    }
    return (struct etcd_txn_request){.success = ops, .success_count = TXN_OPS};
}

/* flood COUNT: so many transactions at once, each quicker to commit than to apply, until
 * the server has too many. */
static bool
flood(struct probe *p)
{
    size_t count = strtoul(p->args[0], NULL, 10);
    struct etcd_txn_request request = large_txn(&p->mem);
    struct etcd_pipeline_options options = {
        .calls = count, .timeout_ms = 30000, .answered = flooded};
    struct etcd_pipeline pipeline;
    bool ok = true;

    etcd_pipeline_begin(&pipeline, p->client, &options);
    for (size_t i = 0; ok && i < count; i++)
        ok = etcd_pipeline_txn(&pipeline, &request, i, &p->e);
    ok = ok && etcd_pipeline_finish(&pipeline, &p->e);
    etcd_pipeline_end(&pipeline);
    return ok;
}

/* get KEY [RANGE_END] */
static bool
get(struct probe *p)
{
    struct etcd_range_request request = {
        .key = bytes_of_text(p->args[0]),
        .range_end = bytes_of_text(p->args[1] != NULL ? p->args[1] : ""),
    };
    struct etcd_range_response response;

    if (!etcd_range(&p->mem, p->client, &request, &response, &p->e))
        return false;
    printf("count %" PRId64 "\n", response.count);
    for (size_t i = 0; i < response.kv_count; i++)
        printf("%.*s = %.*s\n", (int)response.kvs[i].key.size,
               (const char *)response.kvs[i].key.data, (int)response.kvs[i].value.size,
               (const char *)response.kvs[i].value.data);
    return true;
}

static bool
get_again(struct probe *p)
{
    if (!get(p))
        return false;
    line_wait();
    return get(p);
}

static bool
del(struct probe *p)
{
    struct bytes key = bytes_of_text(p->args[0]);
    struct etcd_delete_range_request request = {
        .key = key,
        .range_end = etcd_prefix_end(&p->mem, key),
        .prev_kv = true,
    };
    struct etcd_delete_range_response response;

    if (!etcd_delete_range(&p->mem, p->client, &request, &response, &p->e))
        return false;
    printf("deleted %" PRId64 ", told %zu\n", response.deleted, response.prev_kv_count);
    return true;
}

/* txn KEY VALUE NEW: if KEY holds VALUE put NEW and get it, else get KEY in a transaction within. */
static bool
txn(struct probe *p)
{
    struct bytes key = bytes_of_text(p->args[0]);
    struct etcd_compare compare = {
        .target = ETCD_COMPARE_VALUE,
        .key = key,
        .value = bytes_of_text(p->args[1]),
    };
    struct etcd_range_request range = {.key = key};
    struct etcd_put_request change = {.key = key, .value = bytes_of_text(p->args[2])};
    struct etcd_request_op success[] = {{.put = &change}, {.range = &range}};
    struct etcd_request_op inner_ops[] = {{.range = &range}};
    struct etcd_txn_request inner = {.success = inner_ops, .success_count = 1};
    struct etcd_request_op failure[] = {{.txn = &inner}};
    struct etcd_txn_request request = {
        .compares = &compare,
        .compare_count = 1,
        .success = success,
        .success_count = 2,
        .failure = failure,
        .failure_count = 1,
    };
    struct etcd_txn_response response;
    const struct etcd_range_response *got;

    if (!etcd_txn(&p->mem, p->client, &request, &response, &p->e))
        return false;
    got = response.succeeded ? response.responses[1].range
                             : response.responses[0].txn->responses[0].range;
    printf("%s: %.*s\n", response.succeeded ? "done" : "not done", (int)got->kvs[0].value.size,
           (const char *)got->kvs[0].value.data);
    return true;
}

static bool
compact(struct probe *p)
{
    struct etcd_compact_request request = {strtoll(p->args[0], NULL, 10), true};
    struct etcd_compact_response response;

    return etcd_compact(&p->mem, p->client, &request, &response, &p->e);
}

static bool
members(struct probe *p)
{
    struct etcd_member_list list;

    if (!etcd_member_list(&p->mem, p->client, true, &list, &p->e))
        return false;
    for (size_t i = 0; i < list.member_count; i++)
        printf("%" PRIx64 " %s %s %s %s\n", list.members[i].id, list.members[i].name,
               list.members[i].peer_urls[0],
               list.members[i].client_url_count > 0 ? list.members[i].client_urls[0] : "-",
               list.members[i].is_learner ? "learner" : "voter");
    return true;
}

/* member-add PEER_URL learner|voter */
static bool
member_add(struct probe *p)
{
    const char *urls[] = {p->args[0]};
    struct etcd_member_added added;

    if (!etcd_member_add(&p->mem, p->client, urls, 1, strcmp(p->args[1], "learner") == 0, &added,
                         &p->e))
        return false;
    printf("%" PRIx64 " of %zu\n", added.member.id, added.member_count);
    return true;
}

static bool
member_change(struct probe *p, const char *what)
{
    uint64_t id = strtoull(p->args[0], NULL, 16);
    const char *urls[] = {p->args[1]};
    struct etcd_member_list list;
    bool ok;

    if (strcmp(what, "promote") == 0)
        ok = etcd_member_promote(&p->mem, p->client, id, &list, &p->e);
    else if (strcmp(what, "update") == 0)
        ok = etcd_member_update(&p->mem, p->client, id, urls, 1, &list, &p->e);
    else
        ok = etcd_member_remove(&p->mem, p->client, id, &list, &p->e);
    if (ok)
        printf("%zu members\n", list.member_count);
    return ok;
}

static bool
member_promote(struct probe *p)
{
    return member_change(p, "promote");
}

static bool
member_update(struct probe *p)
{
    return member_change(p, "update");
}

static bool
member_remove(struct probe *p)
{
    return member_change(p, "remove");
}

/* The lines of the "each" calls: the endpoint's number, then the facts or the error. */
static bool
answer_print(size_t i, const struct etcd_answer *answer)
{
    if (!answer->ok)
        printf("%zu %s: %s\n", i + 1, error_code_word(answer->error.code), answer->error.text);
    return answer->ok;
}

static bool
status(struct probe *p)
{
    struct etcd_status_answer *answers;

    etcd_status_each(&p->mem, p->client, &answers);
    for (size_t i = 0; i < etcd_client_endpoint_count(p->client); i++) {
        const struct etcd_status *s = &answers[i].status;

        if (answer_print(i, &answers[i].answer))
            printf("%zu %" PRIx64 " %s leader %" PRIx64 " size %" PRId64 " errors %zu learner %d\n",
                   i + 1, s->header.member_id, s->version, s->leader, s->db_size_bytes,
                   s->error_count, s->is_learner);
    }
    return true;
}

static bool
health(struct probe *p)
{
    struct etcd_health_answer *answers;

    etcd_health_each(&p->mem, p->client, &answers);
    for (size_t i = 0; i < etcd_client_endpoint_count(p->client); i++) {
        if (answer_print(i, &answers[i].answer))
            printf("%zu healthy\n", i + 1);
    }
    return true;
}

static bool
hash_kv(struct probe *p)
{
    struct etcd_hash_kv_answer *answers;
    struct etcd_hash_answer *hashes;

    etcd_hash_kv_each(&p->mem, p->client, 0, &answers);
    etcd_hash_each(&p->mem, p->client, &hashes);
    for (size_t i = 0; i < etcd_client_endpoint_count(p->client); i++) {
        if (answer_print(i, &answers[i].answer) && answer_print(i, &hashes[i].answer))
            printf("%zu %" PRIu32 " compact revision %" PRId64 "\n", i + 1, answers[i].hash_kv.hash,
                   answers[i].hash_kv.compact_revision);
    }
    return true;
}

static bool
member_lists(struct probe *p)
{
    struct etcd_member_list_answer *answers;

    etcd_member_list_each(&p->mem, p->client, false, &answers);
    for (size_t i = 0; i < etcd_client_endpoint_count(p->client); i++) {
        if (answer_print(i, &answers[i].answer))
            printf("%zu %zu members\n", i + 1, answers[i].list.member_count);
    }
    return true;
}

/* alarm list | activate | deactivate [MEMBER_ID] */
static bool
alarm_ask(struct probe *p)
{
    struct etcd_alarm alarm = {
        p->args[1] != NULL ? strtoull(p->args[1], NULL, 16) : 0,
        ETCD_ALARM_NOSPACE,
    };
    struct etcd_alarm_list list;
    bool ok;

    if (strcmp(p->args[0], "activate") == 0)
        ok = etcd_alarm_activate(&p->mem, p->client, alarm, &list, &p->e);
    else if (strcmp(p->args[0], "deactivate") == 0)
        ok = etcd_alarm_deactivate(&p->mem, p->client, alarm, &list, &p->e);
    else
        ok = etcd_alarm_list(&p->mem, p->client, &list, &p->e);
    if (!ok)
        return false;
    for (size_t i = 0; i < list.alarm_count; i++)
        printf("%" PRIx64 " %d\n", list.alarms[i].member_id, (int)list.alarms[i].type);
    return true;
}

static bool
defragment(struct probe *p)
{
    return etcd_defragment_at(p->client, strtoul(p->args[0], NULL, 10) - 1, &p->e);
}

/* move-leader ENDPOINT TARGET_ID */
static bool
move_leader(struct probe *p)
{
    struct etcd_header_only moved;

    return etcd_move_leader_at(&p->mem, p->client, strtoul(p->args[0], NULL, 10) - 1,
                               strtoull(p->args[1], NULL, 16), &moved, &p->e);
}

static bool
auth_status(struct probe *p)
{
    struct etcd_auth_status got;

    if (!etcd_auth_status(&p->mem, p->client, &got, &p->e))
        return false;
    printf("%s\n", got.enabled ? "on" : "off");
    return true;
}

struct snapshot_file {
    int fd;
    const char *path;
    uint64_t bytes;
    uint64_t whole;      /* what the first message announced */
    uint64_t fail_after; /* 0: never */
};

static bool
snapshot_take(void *context, struct bytes blob, uint64_t remaining_bytes, struct error *e)
{
    struct snapshot_file *file = context;

    if (file->bytes == 0)
        file->whole = blob.size + remaining_bytes;
    file->bytes += blob.size;
    if (file->fail_after > 0 && file->bytes >= file->fail_after)
        return error_set(e, ERROR_NO_SPACE, "'%s': no more room", file->path);
    return fd_write_all(file->fd, file->path, blob.data, blob.size, e);
}

/* snapshot ENDPOINT FILE [FAIL_AFTER_BYTES] */
static bool
snapshot(struct probe *p)
{
    AUTO_FD fd = -1;
    struct snapshot_file file = {
        .path = p->args[1],
        .fail_after = p->args[2] != NULL ? strtoull(p->args[2], NULL, 10) : 0,
    };
    struct etcd_snapshot_info info;

    if (!file_open(file.path, O_WRONLY | O_CREAT | O_TRUNC, 0600, &fd, &p->e))
        return false;
    file.fd = fd;
    if (!etcd_snapshot(p->client, strtoul(p->args[0], NULL, 10) - 1, STALL_TIMEOUT_MS,
                       snapshot_take, &file, &info, &p->e))
        return false;
    printf("bytes %" PRIu64 " version '%s' announced %d\n", info.bytes, info.version,
           file.whole + ETCD_SNAPSHOT_DIGEST_BYTES == info.bytes);
    return true;
}

static const struct command {
    const char *name;
    int arguments; /* at least */
    bool (*run)(struct probe *p);
} commands[] = {
    {"put", 2, put},
    {"put-again", 3, put_again},
    {"put-large", 2, put_large},
    {"flood", 1, flood},
    {"get", 1, get},
    {"get-again", 1, get_again},
    {"del", 1, del},
    {"txn", 3, txn},
    {"compact", 1, compact},
    {"members", 0, members},
    {"member-add", 2, member_add},
    {"member-promote", 1, member_promote},
    {"member-update", 2, member_update},
    {"member-remove", 1, member_remove},
    {"member-lists", 0, member_lists},
    {"status", 0, status},
    {"health", 0, health},
    {"hash-kv", 0, hash_kv},
    {"alarm", 1, alarm_ask},
    {"defragment", 1, defragment},
    {"move-leader", 2, move_leader},
    {"auth-status", 0, auth_status},
    {"snapshot", 2, snapshot},
};

/* "A,B" in place, into at most ENDPOINTS_MAX pointers. */
static size_t
list_split(char *text, const char **ret_items)
{
    size_t count = 0;

    for (char *at = text; at != NULL && count < ENDPOINTS_MAX;) {
        ret_items[count++] = at;
        at = strchr(at, ',');
        if (at != NULL)
            *at++ = '\0';
    }
    return count;
}

static bool
probe_open(struct probe *p)
{
    struct etcd_options options = ETCD_OPTIONS_INIT;
    const char *endpoints[ENDPOINTS_MAX];
    const char *timeout = getenv("PROBE_TIMEOUT_MS");
    const char *user = getenv("ETCDCTL_USER");
    const char *colon = user != NULL ? strchr(user, ':') : NULL;
    AUTO_SECRET password = SECRET_INIT;

    options.endpoint_count =
        list_split(arena_text(&p->mem, getenv("ETCDCTL_ENDPOINTS")), endpoints);
    options.endpoints = endpoints;
    options.ca_file = getenv("ETCDCTL_CACERT");
    options.cert_file = getenv("ETCDCTL_CERT");
    options.key_file = getenv("ETCDCTL_KEY");
    if (timeout != NULL)
        options.command_timeout_ms = strtoll(timeout, NULL, 10);
    if (colon != NULL) {
        options.user = arena_text_of_bytes(&p->mem, bytes_of(user, (size_t)(colon - user)));
        secret_set(&password, bytes_of_text(colon + 1));
        options.password = &password;
    }
    return etcd_client_open(&options, &p->client, &p->e);
}

int
main(int argc, char **argv)
{
    struct probe p = {.args = argv + 2};
    const struct command *command = NULL;
    bool ok;

    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, argv[1]) == 0 && argc - 2 >= commands[i].arguments)
            command = &commands[i];
    }
    if (command == NULL || getenv("ETCDCTL_ENDPOINTS") == NULL) {
        fprintf(stderr, "usage: ETCDCTL_ENDPOINTS=URL[,URL...] etcd_probe CALL [ARGUMENT...]\n");
        return 2;
    }
    ok = probe_open(&p) && command->run(&p);
    if (!ok)
        fprintf(stderr, "%s: %s\n%s\n", error_code_word(p.e.code), p.e.text, error_hint_text(&p.e));
    etcd_client_close(&p.client);
    arena_release(&p.mem);
    return ok ? 0 : 1;
}
