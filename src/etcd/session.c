#include "etcd/session.h"

#include "base/time.h"
#include "etcd/lease.h"

static void
lease_renewed(void *context UNUSED, const struct etcd_lease_keep_alive_response *response UNUSED)
{
}

static void
lease_lost(void *context, const struct error *e)
{
    struct etcd_session *s = context;

    s->lost = true;
    s->why = *e;
    s->woken = true;
}

bool
etcd_session_open(struct etcd_session *s, struct etcd_client *client, int64_t ttl_s,
                  struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_lease_grant_response granted;
    struct etcd_keep_alive_options options = {
        .on_renewed = lease_renewed,
        .on_lost = lease_lost,
        .context = s,
    };

    *s = (struct etcd_session){.client = client};
    if (!etcd_lease_grant(&tmp, client, ttl_s, &granted, e))
        return false;
    s->lease = granted.id;
    options.id = granted.id;
    options.ttl_s = granted.ttl;
    etcd_keep_alive_start(&s->keep_alive, client, &options);
    return true;
}

void
etcd_session_abandon(struct etcd_session *s)
{
    etcd_keep_alive_stop(&s->keep_alive);
}

bool
etcd_session_close(struct etcd_session *s, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_lease_revoke_response revoked;

    etcd_session_abandon(s);
    return etcd_lease_revoke(&tmp, s->client, s->lease, &revoked, e) || e->code == ERROR_NOT_FOUND;
}

void
etcd_session_wake(struct etcd_session *s)
{
    s->woken = true;
}

void
etcd_session_wait(struct etcd_session *s, int64_t timeout_ms)
{
    int64_t deadline_ms =
        timeout_ms == LOOP_FOREVER ? LOOP_FOREVER : time_monotonic_ms() + timeout_ms;

    if (!s->lost)
        (void)loop_run(s->client->loop, &s->woken, deadline_ms);
    s->woken = false;
}
