#include "ops/tls_deliver.h"

#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/time.h"
#include "cluster/member_hosts.h"
#include "cluster/rules_certificate.h"
#include "node/host/host_access.h"
#include "node/host/host_facts.h"

enum { DELIVER_TIMEOUT_S = 120 };

/* --- which files --- */

struct file_pair {
    const char *what; /* for people: "peer key" */
    const char *from;
    const char *to;
    bool is_key;
};

struct file_pairs {
    struct file_pair items[TLS_SET_MOST];
    size_t count;
};

/* Where server and peer share a file, it is the server's, whose names and usages are the same. */
static void
pair_add(struct file_pairs *pairs, struct file_pair pair)
{
    if (pair.from == NULL || pair.to == NULL)
        return;
    for (size_t i = 0; i < pairs->count; i++) {
        if (strcmp(pairs->items[i].to, pair.to) == 0)
            return;
    }
    pairs->items[pairs->count++] = pair;
}

/* A certificate and its key stand side by side, and are renamed so. */
static struct file_pairs
pairs_of(const struct tls_delivery *d)
{
    struct file_pairs pairs = {0};
    const struct tls_set *from = &d->from;
    const struct tls_set *to = &d->to;

    pair_add(&pairs,
             (struct file_pair){"authority", from->server.ca_file, to->server.ca_file, false});
    pair_add(&pairs,
             (struct file_pair){"peers' authority", from->peer.ca_file, to->peer.ca_file, false});
    pair_add(&pairs,
             (struct file_pair){"authority", from->client.ca_file, to->client.ca_file, false});
    pair_add(&pairs, (struct file_pair){"server certificate", from->server.cert_file,
                                        to->server.cert_file, false});
    pair_add(&pairs,
             (struct file_pair){from->server.cert_file != NULL ? "server key" : "authority's key",
                                from->server.key_file, to->server.key_file, true});
    pair_add(&pairs, (struct file_pair){"peer certificate", from->peer.cert_file,
                                        to->peer.cert_file, false});
    pair_add(&pairs, (struct file_pair){"peer key", from->peer.key_file, to->peer.key_file, true});
    pair_add(&pairs, (struct file_pair){"client certificate", from->client.cert_file,
                                        to->client.cert_file, false});
    pair_add(&pairs,
             (struct file_pair){"client key", from->client.key_file, to->client.key_file, true});
    return pairs;
}

/* This one is opened anew each time: there is nothing to it. */
static bool
host_of(struct arena *mem, const struct tls_delivery *d, const struct host **ret_host,
        struct error *e)
{
    struct host *here;

    if (d->member != NULL)
        return site_host(d->site, d->member, ret_host, e);
    if (!host_open(mem, "local:", NULL, &here, e))
        return false;
    *ret_host = here;
    return true;
}

static size_t
paths_of(const struct file_pairs *pairs, const char **ret_paths)
{
    for (size_t i = 0; i < pairs->count; i++)
        ret_paths[i] = pairs->items[i].to;
    return pairs->count;
}

static bool
are_here(const struct file_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (!path_exists(pairs->items[i].from))
            return false;
    }
    return true;
}

/* --- whose they are --- */

/* Not every kind of service says it; whoever has the data then runs etcd. */
static bool
account_of_data(struct arena *mem, const struct tls_delivery *d, const struct host *host,
                struct service_account *ret_account, struct error *e)
{
    struct host_file data = {0};

    if (d->member->data_dir != NULL && !host_file_look(mem, host, d->member->data_dir, &data, e))
        return false;
    *ret_account = data.kind != HOST_NOTHING
                       ? (struct service_account){.user = "", .uid = data.uid, .gid = data.gid}
                       : (struct service_account){.user = "",
                                                  .uid = d->site->lab_dir != NULL ? geteuid() : 0,
                                                  .gid = d->site->lab_dir != NULL ? getegid() : 0};
    return true;
}

static bool
account_of(struct arena *mem, const struct tls_delivery *d, const struct host *host,
           struct service_account *ret_account, struct error *e)
{
    enum service_state state;
    struct service service;

    if (d->member == NULL) {
        *ret_account = (struct service_account){.user = "", .uid = geteuid(), .gid = getegid()};
        return true;
    }
    if (d->for_root) {
        *ret_account = (struct service_account){.user = "root"};
        return true;
    }
    if (!site_service(d->site, d->member, &service, e) || !service_state(&service, &state, e))
        return false;
    /* One that joins may have no manifest yet. */
    if (state == SERVICE_ABSENT)
        return account_of_data(mem, d, host, ret_account, e);
    return service_account(mem, &service, ret_account, e) &&
           (ret_account->user != NULL || account_of_data(mem, d, host, ret_account, e));
}

static bool
item_make(struct arena *mem, const struct host *host, const struct service_account *account,
          const struct file_pair *pair, struct host_files_item *ret_item, struct error *e)
{
    struct host_file there;

    if (!host_file_look(mem, host, pair->to, &there, e))
        return false;
    if (there.kind != HOST_NOTHING && there.kind != HOST_FILE)
        return error_set(e, ERROR_REFUSED, "%s: '%s' is not a regular file", host_name(host),
                         pair->to) ||
               error_hint(e, "have etcd's settings name the file that it leads to");
    *ret_item = (struct host_files_item){
        .path = pair->to,
        .from = pair->from,
        .like = rule_key_file_owner(&there, account, pair->is_key),
    };
    return true;
}

struct parcel {
    const struct host *host;
    struct service_account account;
    struct file_pairs pairs;
    struct host_files_item items[TLS_SET_MOST];
};

static bool
parcel_make(struct arena *mem, const struct tls_delivery *d, struct parcel *p, struct error *e)
{
    p->pairs = pairs_of(d);
    if (!host_of(mem, d, &p->host, e) || !account_of(mem, d, p->host, &p->account, e))
        return false;
    for (size_t i = 0; i < p->pairs.count; i++) {
        if (!item_make(mem, p->host, &p->account, &p->pairs.items[i], &p->items[i], e))
            return false;
    }
    return true;
}

static const char *
keeping_of(struct arena *mem, const struct tls_delivery *d)
{
    if (d->member == NULL)
        return arena_printf(mem, "%s/kept/%s.tls", d->state_dir, d->keeping);
    return d->site->lab_dir != NULL
               ? arena_printf(mem, "%s/kept/%s.tls", d->site->lab_dir, d->keeping)
               : arena_printf(mem, SERVICE_KEEP_DIR "/%s.tls", d->keeping);
}

bool
tls_delivery_is_there(const struct tls_delivery *delivery, bool *ret_is, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct parcel p;

    return parcel_make(&tmp, delivery, &p, e) &&
           host_files_are(p.host, p.items, p.pairs.count, ret_is, e);
}

/* --- judging --- */

/* What the host will trust: what is delivered, else what is there. */
static bool
authorities_load(struct arena *mem, const struct host *host, const char *from, const char *to,
                 struct certificates *ret, struct error *e)
{
    struct bytes pem;

    if (from != NULL)
        return certificates_load(mem, from, ret, e);
    if (!host_file_read(mem, host, to, CERTIFICATE_FILE_MOST_BYTES, &pem, e))
        return false;
    return certificates_decode(mem, pem, ret, e) || error_wrap(e, "%s: '%s'", host_name(host), to);
}

static bool
one_judge(struct arena *mem, const struct host *host, const struct inventory_tls *from,
          const struct inventory_tls *to, struct certificate_wanted wanted, struct error *e)
{
    struct certificates authorities;
    struct certificates found;
    bool has_key;

    if (from->cert_file == NULL)
        return true;
    if (!certificates_load(mem, from->cert_file, &found, e) ||
        !certificate_has_key(&found.items[0], from->key_file, &has_key, e))
        return false;
    wanted.has_key = &has_key;
    wanted.chain = &found;
    if (to->ca_file != NULL) {
        if (!authorities_load(mem, host, from->ca_file, to->ca_file, &authorities, e))
            return false;
        wanted.authorities = &authorities;
    }
    return rule_certificate_fits(&found.items[0], &wanted, e) ||
           error_wrap(e, "'%s'", from->cert_file);
}

bool
tls_delivery_judge(const struct tls_delivery *delivery, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct inventory_member *m = delivery->member;
    struct member_hosts clients = {0}, peers = {0};
    struct host_facts facts;
    const struct host *host;
    struct certificate_wanted wanted = {.client = true};

    if (!host_of(&tmp, delivery, &host, e) || !host_facts_fetch(&tmp, host, &facts, e))
        return false;
    wanted.now_s = (time_wall_ms() + facts.clock_offset_ms) / 1000;
    if (!one_judge(&tmp, host, &delivery->from.client, &delivery->to.client, wanted, e))
        return false;
    if (m == NULL)
        return true;
    member_hosts_add_urls(&tmp, &clients, &m->client_urls);
    member_hosts_add_urls(&tmp, &peers, &m->peer_urls);
    wanted.server = true;
    wanted.hosts = clients.items;
    wanted.host_count = clients.count;
    if (!one_judge(&tmp, host, &delivery->from.server, &delivery->to.server, wanted, e))
        return false;
    wanted.hosts = peers.items;
    wanted.host_count = peers.count;
    return one_judge(&tmp, host, &delivery->from.peer, &delivery->to.peer, wanted, e);
}

/* --- the step --- */

bool
tls_delivery_run(const struct tls_delivery *delivery, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct parcel p;

    return parcel_make(&tmp, delivery, &p, e) &&
           host_files_replace(p.host, keeping_of(&tmp, delivery), p.items, p.pairs.count, e);
}

/* A folder on the way may be closed to etcd's user. In a lab and here it is ours. */
static bool
readable(struct arena *mem, const struct tls_delivery *d, const struct parcel *p, struct error *e)
{
    const struct host_reader reader = {
        .uid = p->account.uid,
        .gid = p->account.gid,
        .groups = p->account.groups != NULL ? p->account.groups : "",
    };

    for (size_t i = 0; d->member != NULL && d->site->lab_dir == NULL && i < p->pairs.count; i++) {
        const char *path = p->pairs.items[i].to;
        const char *blocker;

        if (!host_may_read(mem, p->host, &reader, path, &blocker, e))
            return false;
        if (blocker != NULL)
            return error_set(e, ERROR_PERMISSION, "%s: etcd's user (%u) cannot read '%s': %s",
                             host_name(p->host), p->account.uid, path, blocker);
    }
    return true;
}

bool
tls_delivery_verify(const struct tls_delivery *delivery, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct parcel p;
    bool are;

    if (!parcel_make(&tmp, delivery, &p, e) ||
        !host_files_are(p.host, p.items, p.pairs.count, &are, e))
        return false;
    if (!are)
        return error_set(e, ERROR_VERIFY, "%s: certificates are not what was sent",
                         host_name(p.host));
    return readable(&tmp, delivery, &p, e);
}

bool
tls_delivery_undo(const struct tls_delivery *delivery, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct file_pairs pairs = pairs_of(delivery);
    const char *paths[TLS_SET_MOST] = {NULL};
    const struct host *host;

    return host_of(&tmp, delivery, &host, e) &&
           host_files_put_back(host, keeping_of(&tmp, delivery), paths, paths_of(&pairs, paths), e);
}

/* A step of the plan, with its label. */
struct delivering {
    const struct tls_delivery *delivery;
    const char *label;
};

static bool
deliver_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct delivering *d = op;
    const struct file_pairs pairs = pairs_of(d->delivery);
    bool is = false;

    if (!are_here(&pairs)) {
        *ret_progress =
            plan_step_recorded(d->delivery->plan, d->label) ? PROGRESS_DONE : PROGRESS_TODO;
        return true;
    }
    if (!tls_delivery_is_there(d->delivery, &is, e))
        return false;
    *ret_progress = is ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
deliver_guard(void *op, struct error *e)
{
    const struct delivering *d = op;

    return tls_delivery_judge(d->delivery, e);
}

static bool
deliver_run(void *op, struct error *e)
{
    const struct delivering *d = op;

    return tls_delivery_run(d->delivery, e);
}

static bool
deliver_verify(void *op, struct error *e)
{
    const struct delivering *d = op;

    return tls_delivery_verify(d->delivery, e);
}

static bool
deliver_undo(void *op, struct error *e)
{
    const struct delivering *d = op;

    return tls_delivery_undo(d->delivery, e);
}

/* "server certificate, server key to /etc/etcd/pki": what, and the folder of the last. */
static const char *
files_text(struct arena *mem, const struct tls_delivery *d)
{
    const struct file_pairs pairs = pairs_of(d);
    AUTO_BUF text = BUF_INIT;

    for (size_t i = 0; i < pairs.count; i++)
        buf_printf(&text, "%s%s", i > 0 ? ", " : "", pairs.items[i].what);
    if (pairs.count > 0)
        buf_printf(&text, " to %s", path_dir(mem, pairs.items[pairs.count - 1].to));
    return arena_text(mem, buf_text(&text));
}

static const char *
deliver_field(const void *op, struct arena *mem, const char *name)
{
    const struct delivering *d = op;

    if (strcmp(name, "member") == 0)
        return d->delivery->member != NULL ? arena_text(mem, d->delivery->member->name)
                                           : "quorate itself";
    return strcmp(name, "files") == 0 ? files_text(mem, d->delivery) : NULL;
}

static const struct step deliver_step = {
    .name = "deliver",
    .intent = "bring %{member} its %{files}; what is there is kept on its host",
    .field = deliver_field,
    .check = deliver_check,
    .guard = deliver_guard,
    .run = deliver_run,
    .verify = deliver_verify,
    .undo = deliver_undo,
    .timeout_s = DELIVER_TIMEOUT_S,
};

void
tls_add_delivery(struct tls_delivery *delivery, const char *subject)
{
    struct plan *plan = delivery->plan;
    struct delivering *d = arena_zero(plan->mem, sizeof(*d));

    if (subject == NULL)
        subject = delivery->member != NULL ? delivery->member->name : "quorate";
    d->delivery = delivery;
    d->label = arena_printf(plan->mem, "%s %s", deliver_step.name, subject);
    plan_add_step(plan, &deliver_step, subject, d);
}
