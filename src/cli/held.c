#include "cli/held.h"

#include <signal.h>

#include "cli/print/print_kv.h"

/* Before there is a session, nothing is to be given back. */
static void
signal_came(void *context, int number)
{
    struct held *h = context;

    if (!h->open)
        (void)raise(number);
    h->interrupted = true;
    etcd_session_wake(&h->session);
}

bool
held_enter(struct held *h, struct app *app, int64_t ttl_s, struct bytes name, struct bytes value,
           struct error *e)
{
    struct etcd_client *client;

    *h = (struct held){.app = app, .signals.fd = -1};
    if (!app_etcd(app, &client, e) ||
        !signals_begin(&h->signals, etcd_client_loop(client), signal_came, h, e) ||
        !etcd_session_open(&h->session, client, ttl_s, e))
        return false;
    h->open = true;
    if (etcd_candidate_enter(app->mem, &h->candidate, &h->session, name, value, &h->interrupted, e))
        return true;
    if (e->code == ERROR_CANCELLED)
        e->code = ERROR_FAILED;
    return false;
}

bool
held_show(struct held *h, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_range_response response;

    if (!etcd_candidate_fetch(&tmp, &h->candidate, &response, e))
        return false;
    print_range(&h->app->out, &h->app->style, false, &response);
    return app_flush(h->app, e);
}

bool
held_keep(struct held *h, struct error *e)
{
    while (!h->interrupted && !h->session.lost)
        etcd_session_wait(&h->session, LOOP_FOREVER);
    if (h->interrupted)
        return true;
    *e = h->session.why;
    return error_wrap(e, "session expired");
}

bool
held_leave(struct held *h, struct error *e)
{
    bool was_open = h->open;

    h->open = false;
    return !was_open || etcd_session_close(&h->session, e);
}

void
held_release(struct held *h)
{
    struct error ignored = ERROR_INIT;

    (void)!held_leave(h, &ignored);
    signals_end(&h->signals);
}
