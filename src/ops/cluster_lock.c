#include "ops/cluster_lock.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/evidence.h"
#include "base/io.h"
#include "base/thread.h"
#include "base/time.h"
#include "cluster/inventory_find.h"
#include "cluster/rules_lock.h"
#include "etcd/cluster.h"
#include "etcd/keep_alive.h"
#include "etcd/kv.h"
#include "etcd/lease.h"

enum {
    BOOT_ID_MOST = 100,
    RENEW_MS = CLUSTER_LOCK_TTL_S * 1000 / 3,
    AGAIN_MS = 500,    /* after a renewal that failed */
    TAKE_ATTEMPTS = 5, /* somebody else was quicker each time */
};

enum lock_state {
    LOCK_NONE, /* not taken: the plan goes on without */
    LOCK_HELD, /* the lease is ours, and renewed */
    LOCK_LEFT, /* the cluster is stopped, or is another one: the lease runs out by itself */
    LOCK_LOST, /* its lease ended, or another has the key */
};

/* The plan's thread and the one that renews: whoever has the mutex may use all of it. */
struct cluster_lock {
    struct arena *mem;
    const char *state_dir;
    struct etcd_options etcd;
    const struct inventory *inventory; /* NULL: none */
    bool take_over;
    struct plan *plan;
    const char *id;

    pthread_mutex_t mutex;
    pthread_cond_t ended;
    enum lock_state state;
    struct etcd_client *client;
    struct arena endpoints_mem;
    ARRAY(const char *) endpoints; /* those of 'etcd', and the members' */
    int64_t lease;                 /* 0: none */
    int64_t renewed_ms;            /* time_monotonic_ms at which the last renewal was sent */
    struct error why;              /* when lost */
    struct thread keeper;
};

/* --- asking --- */

static bool
lock_read(struct arena *mem, struct etcd_client *client, const struct etcd_key_value **ret_kv,
          struct error *e)
{
    const struct etcd_range_request request = {.key = BYTES_LITERAL(CLUSTER_LOCK_KEY)};
    struct etcd_range_response response;

    if (!etcd_range(mem, client, &request, &response, e))
        return false;
    *ret_kv = response.kv_count > 0 ? &response.kvs[0] : NULL;
    return true;
}

static const char *
host_name_here(struct arena *mem)
{
    struct utsname names;

    return uname(&names) == 0 ? arena_text(mem, names.nodename) : "unknown";
}

static const char *
user_name(struct arena *mem)
{
    const struct passwd *entry = getpwuid(geteuid());

    return entry != NULL ? arena_text(mem, entry->pw_name)
                         : arena_printf(mem, "uid %u", (unsigned)geteuid());
}

/* Differs after each start of the kernel; "" where there is none. */
static const char *
boot_id_here(struct arena *mem)
{
    struct error ignored = ERROR_INIT;
    struct bytes text;

    if (!file_read_all(mem, "/proc/sys/kernel/random/boot_id", BOOT_ID_MOST, &text, &ignored))
        return "";
    while (text.size > 0 && text.data[text.size - 1] == '\n')
        text.size--;
    return arena_text_of_bytes(mem, text);
}

/* The plan's host lock, which we have, was the holder's: so it lives no more. */
static bool
had_our_host_lock(const struct cluster_lock *lock, const struct lock_record *record)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return record->boot_id[0] != '\0' && strcmp(record->boot_id, boot_id_here(&tmp)) == 0 &&
           strcmp(record->state_dir, lock->state_dir) == 0 &&
           strcmp(record->cluster, lock->plan->cluster) == 0;
}

static void
facts_of(struct arena *mem, const struct cluster_lock *lock, const struct etcd_key_value *kv,
         struct lock_facts *ret_facts)
{
    struct lock_record *record = arena_zero(mem, sizeof(*record));
    struct etcd_lease_time_to_live_response ttl;
    struct error ignored = ERROR_INIT;

    *ret_facts = (struct lock_facts){.held = kv != NULL, .ttl_s = -1};
    if (kv == NULL)
        return;
    ret_facts->lease = kv->lease;
    if (kv->lease != 0 &&
        etcd_lease_time_to_live(mem, lock->client, kv->lease, false, &ttl, &ignored))
        ret_facts->ttl_s = ttl.ttl > 0 ? ttl.ttl : 0;
    if (!lock_record_decode(mem, kv->value, record, &ignored))
        return;
    ret_facts->record = record;
    ret_facts->here = strcmp(record->host, host_name_here(mem)) == 0;
    ret_facts->runs = kill((pid_t)record->pid, 0) == 0 || errno == EPERM;
    ret_facts->ended = had_our_host_lock(lock, record);
}

/* --- the lease --- */

static bool
client_open(struct cluster_lock *lock, struct error *e)
{
    lock->etcd.endpoints = lock->endpoints.items;
    lock->etcd.endpoint_count = lock->endpoints.count;
    etcd_client_close(&lock->client);
    return etcd_client_open(&lock->etcd, &lock->client, e);
}

static bool
has_endpoint(const struct cluster_lock *lock, const char *url)
{
    for (size_t i = 0; i < lock->endpoints.count; i++) {
        if (strcmp(lock->endpoints.items[i], url) == 0)
            return true;
    }
    return false;
}

static void
endpoint_add(struct cluster_lock *lock, const char *url)
{
    if (!has_endpoint(lock, url))
        *ARRAY_PUSH(&lock->endpoints_mem, &lock->endpoints) = arena_text(&lock->endpoints_mem, url);
}

static const char *
text_kept(struct cluster_lock *lock, const char *text)
{
    return text != NULL ? arena_text(&lock->endpoints_mem, text) : NULL;
}

static bool
is_same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Nobody could be asked: the plan may have changed how the cluster is reached, and its inventory with it. */
static void
reach_again(struct cluster_lock *lock)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    struct inventory_places places = {.state_dir = lock->state_dir};
    const struct inventory_tls *tls;
    struct inventory *now;

    if (lock->inventory == NULL)
        return;
    places.config = lock->inventory->lab == NULL ? lock->inventory->path : NULL;
    if (!inventory_find(&tmp, &places, lock->inventory->name, &now, &ignored))
        return;
    tls = &now->client_tls;
    for (size_t i = 0; i < now->endpoints.count; i++)
        endpoint_add(lock, now->endpoints.items[i]);
    if (tls->ca_file != NULL && !is_same_text(tls->ca_file, lock->etcd.ca_file)) {
        lock->etcd.ca_file = text_kept(lock, tls->ca_file);
        lock->etcd.cert_file = text_kept(lock, tls->cert_file);
        lock->etcd.key_file = text_kept(lock, tls->key_file);
    }
    (void)!client_open(lock, &ignored);
}

/* Members come and go under a plan: their URLs join the endpoints, so that the lease finds somebody
 * when those of the start are gone. What cannot be found out now is found out next time. */
static void
endpoints_refresh(struct cluster_lock *lock)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    struct etcd_member_list list;
    size_t before = lock->endpoints.count;

    if (!etcd_member_list(&tmp, lock->client, false, &list, &ignored))
        return;
    for (size_t i = 0; i < list.member_count; i++) {
        if (list.members[i].is_learner) /* which takes none of our calls */
            continue;
        for (size_t k = 0; k < list.members[i].client_url_count; k++)
            endpoint_add(lock, list.members[i].client_urls[k]);
    }
    if (lock->endpoints.count > before && !client_open(lock, &ignored))
        lock->endpoints.count = before;
}

static void
lock_lose(struct cluster_lock *lock, const struct error *why)
{
    lock->state = LOCK_LOST;
    lock->why = *why;
}

/* False when nobody could be asked; a lease that is gone is an answer. Under the mutex. */
static bool
lease_renew(struct cluster_lock *lock, struct error *e)
{
    struct etcd_lease_keep_alive_response response;
    int64_t sent_ms = time_monotonic_ms();

    if (etcd_keep_alive_once(lock->client, lock->lease, &response, e)) {
        lock->renewed_ms = sent_ms;
        return true;
    }
    if (e->code != ERROR_NOT_FOUND) {
        reach_again(lock);
        return false;
    }
    error_set_(e, ERROR_LOCKED, 0, "its lease ended %" PRId64 " s after it was last renewed",
               (time_monotonic_ms() - lock->renewed_ms) / 1000);
    lock_lose(lock, e);
    return true;
}

static void
keeper_sleep(struct cluster_lock *lock, int64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&lock->ended, &lock->mutex, &until);
}

static void
keeper_run(void *context)
{
    struct cluster_lock *lock = context;
    int64_t pause_ms = RENEW_MS;

    pthread_mutex_lock(&lock->mutex);
    while (lock->state == LOCK_HELD) {
        struct error e = ERROR_INIT;

        keeper_sleep(lock, pause_ms);
        if (lock->state != LOCK_HELD)
            break;
        pause_ms = lease_renew(lock, &e) ? RENEW_MS : AGAIN_MS;
        if (lock->state == LOCK_HELD && pause_ms == RENEW_MS)
            endpoints_refresh(lock);
    }
    pthread_mutex_unlock(&lock->mutex);
}

/* --- taking --- */

static bool
key_put(struct cluster_lock *lock, int64_t seen_revision, bool *ret_done, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF text = BUF_INIT;
    const struct lock_record record = {.plan = lock->id,
                                       .title = lock->plan->title,
                                       .user = user_name(&tmp),
                                       .host = host_name_here(&tmp),
                                       .pid = getpid(),
                                       .since_ms = time_wall_ms(),
                                       .boot_id = boot_id_here(&tmp),
                                       .state_dir = lock->state_dir,
                                       .cluster = lock->plan->cluster};
    const struct bytes key = BYTES_LITERAL(CLUSTER_LOCK_KEY);
    const struct etcd_compare as_seen = {.result = ETCD_COMPARE_EQUAL,
                                         .target = ETCD_COMPARE_MOD,
                                         .key = key,
                                         .mod_revision = seen_revision};
    struct etcd_put_request put = {.key = key, .lease = lock->lease};
    const struct etcd_request_op op = {.put = &put};
    const struct etcd_txn_request txn = {
        .compares = &as_seen, .compare_count = 1, .success = &op, .success_count = 1};
    struct etcd_txn_response response;

    lock_record_encode(&record, &text);
    put.value = buf_bytes(&text);
    if (!etcd_txn(&tmp, lock->client, &txn, &response, e))
        return false;
    *ret_done = response.succeeded;
    return true;
}

static void
lease_give_back(struct cluster_lock *lock)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_lease_revoke_response response;
    struct error ignored = ERROR_INIT;

    if (lock->lease != 0 && lock->client != NULL)
        (void)!etcd_lease_revoke(&tmp, lock->client, lock->lease, &response, &ignored);
    lock->lease = 0;
}

/* One attempt; *ret_done says whether it is ours now. */
static bool
take_once(struct cluster_lock *lock, bool look, bool *ret_done, const char **ret_from,
          struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_key_value *kv;
    struct etcd_lease_grant_response granted;
    struct lock_facts facts;
    bool own;

    if (!lock_read(&tmp, lock->client, &kv, e))
        return false;
    facts_of(&tmp, lock, kv, &facts);
    if (!rule_may_take_lock(&facts, lock->id, lock->take_over, time_wall_ms(), e))
        return false;
    own = facts.record != NULL && strcmp(facts.record->plan, lock->id) == 0;
    *ret_from = facts.held && !own ? lock_holder_text(lock->mem, &facts, time_wall_ms()) : NULL;
    *ret_done = true;
    if (look) {
        lock->lease = own ? facts.lease : 0;
        return true;
    }
    lock->renewed_ms = time_monotonic_ms();
    if (!etcd_lease_grant(&tmp, lock->client, CLUSTER_LOCK_TTL_S, &granted, e))
        return false;
    lock->lease = granted.id;
    if (key_put(lock, kv != NULL ? kv->mod_revision : 0, ret_done, e) && *ret_done)
        return true;
    lease_give_back(lock);
    return e->code == ERROR_NONE;
}

static bool
lock_take_key(struct cluster_lock *lock, bool look, const char **ret_from, struct error *e)
{
    bool done = false;

    error_clear(e);
    for (int i = 0; i < TAKE_ATTEMPTS; i++) {
        if (!take_once(lock, look, &done, ret_from, e))
            return false;
        if (done)
            return true;
    }
    return error_set(e, ERROR_LOCKED, "others take '" CLUSTER_LOCK_KEY "' all the time");
}

static const char *
alone_text(struct cluster_lock *lock, const struct error *why)
{
    const char *remedy = "";

    if (error_is_caused_by(why, "permission-denied"))
        remedy = arena_printf(
            lock->mem,
            " (to let '%s' have it: quorate role grant-permission ROLE readwrite " CLUSTER_LOCK_KEY
            ")",
            lock->etcd.user != NULL ? lock->etcd.user : "the user");
    return arena_printf(lock->mem,
                        "the cluster's own lock cannot be had, only this host's keeps a second "
                        "operator away: %s%s",
                        why->text, remedy);
}

static bool
lock_take_or_explain(struct cluster_lock *lock, bool look, const char **ret_warning,
                     struct error *e)
{
    const char *from = NULL;

    if (!client_open(lock, e) || !lock_take_key(lock, look, &from, e)) {
        if (e->code == ERROR_LOCKED)
            return false;
        *ret_warning = alone_text(lock, e);
        error_clear(e);
        return true;
    }
    if (from != NULL)
        *ret_warning = arena_printf(lock->mem, "the cluster's lock was taken from %s", from);
    lock->state = look ? LOCK_LEFT : LOCK_HELD;
    return true;
}

static bool
hold_take(void *context, struct plan *plan, const char *id, bool look, const char **ret_warning,
          struct error *e)
{
    struct cluster_lock *lock = context;

    lock->plan = plan;
    lock->id = id;
    if (!lock_take_or_explain(lock, look, ret_warning, e))
        return false;
    if (lock->state != LOCK_HELD)
        return true;
    endpoints_refresh(lock);
    if (thread_start(&lock->keeper, keeper_run, lock))
        return true;
    lease_give_back(lock);
    return error_set(e, ERROR_FAILED, "no thread to keep the cluster's lock");
}

/* --- confirming --- */

static bool
key_is_ours(struct cluster_lock *lock, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_key_value *kv;
    struct lock_facts facts;

    if (!lock_read(&tmp, lock->client, &kv, e))
        return false;
    if (kv != NULL && kv->lease == lock->lease)
        return true;
    facts_of(&tmp, lock, kv, &facts);
    if (kv == NULL)
        error_set_(e, ERROR_LOCKED, 0, "key '" CLUSTER_LOCK_KEY "' was deleted");
    else
        error_set_(e, ERROR_LOCKED, 0, "it was taken over by %s",
                   lock_holder_text(&tmp, &facts, time_wall_ms()));
    lock_lose(lock, e);
    return true;
}

/* One question. False when nobody could be asked. */
static bool
confirm_once(struct cluster_lock *lock, bool *ret_lost, struct error *e)
{
    bool answered;

    pthread_mutex_lock(&lock->mutex);
    answered = lock->state != LOCK_HELD ||
               (lease_renew(lock, e) && (lock->state != LOCK_HELD || key_is_ours(lock, e)));
    if (answered && lock->state == LOCK_HELD)
        endpoints_refresh(lock);
    *ret_lost = lock->state == LOCK_LOST;
    if (*ret_lost)
        *e = lock->why;
    pthread_mutex_unlock(&lock->mutex);
    return answered;
}

/* A cluster that elects a leader is waited for, as long as the lease can be expected to live. */
static bool
hold_confirm(void *context, struct error *e)
{
    struct cluster_lock *lock = context;
    int64_t until_ms = time_monotonic_ms() + (int64_t)CLUSTER_LOCK_TTL_S * 1000;
    bool lost;

    while (!confirm_once(lock, &lost, e)) {
        if (plan_interrupted(lock->plan))
            return error_set(e, ERROR_CANCELLED, "interrupted");
        if (time_monotonic_ms() >= until_ms)
            return error_wrap(e, "nobody has confirmed it for %d s", CLUSTER_LOCK_TTL_S);
        error_clear(e);
        time_sleep_ms(AGAIN_MS);
    }
    return !lost;
}

/* --- leaving --- */

static void
keeper_end(struct cluster_lock *lock, enum lock_state state)
{
    pthread_mutex_lock(&lock->mutex);
    if (lock->state == LOCK_HELD)
        lock->state = state;
    pthread_cond_signal(&lock->ended);
    pthread_mutex_unlock(&lock->mutex);
    thread_join(&lock->keeper);
}

static void
hold_leave(void *context)
{
    keeper_end(context, LOCK_LEFT);
}

static void
hold_release(void *context, bool undone)
{
    struct cluster_lock *lock = context;
    bool held = lock->state == LOCK_HELD;

    keeper_end(lock, LOCK_NONE);
    if (held || (undone && lock->state == LOCK_LEFT))
        lease_give_back(lock);
    lock->state = LOCK_NONE;
    etcd_client_close(&lock->client);
    arena_release(&lock->endpoints_mem);
}

void
cluster_lock_init(struct arena *mem, const char *state_dir, const struct inventory *inventory,
                  const struct etcd_options *etcd, bool take_over, struct plan_hold *ret_hold)
{
    struct cluster_lock *lock = arena_zero(mem, sizeof(*lock));
    pthread_condattr_t monotonic;

    lock->mem = mem;
    lock->state_dir = state_dir;
    lock->etcd = *etcd;
    lock->inventory = inventory;
    lock->take_over = take_over;
    for (size_t i = 0; i < etcd->endpoint_count; i++)
        *ARRAY_PUSH(&lock->endpoints_mem, &lock->endpoints) = etcd->endpoints[i];
    pthread_mutex_init(&lock->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&lock->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *ret_hold = (struct plan_hold){.context = lock,
                                   .take = hold_take,
                                   .confirm = hold_confirm,
                                   .leave = hold_leave,
                                   .release = hold_release};
}
