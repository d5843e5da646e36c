/*
 * kubeadm writes manifests anew from its config map at each upgrade, so the change of scheme goes there, too: once the
 * members have arrived, and while the map is what it was when the plan was made. Where it cannot be had it is not
 * changed, and what belongs there is told.
 */
#include <string.h>

#include "cluster/inventory_members.h"
#include "format/kubeadm_config.h"
#include "node/kubeadm_map.h"
#include "ops/tls_switch_state.h"

/* An API server that was started anew may take a minute until it answers. */
enum { MAP_TIMEOUT_S = 120 };

/* --- for the inputs --- */

struct finding {
    struct arena *mem;
    struct site *site;
    const struct inventory *inventory;
    struct tls_switch *s;
};

static bool
is_members(const void *context, const char *url)
{
    const struct finding *f = context;

    for (size_t i = 0; i < f->s->job_count; i++) {
        if (tls_api_is_members(f->inventory, &f->s->jobs[i], url))
            return true;
    }
    return false;
}

/* The API servers' files are one setting there. */
static const struct tls_job *
other_files(const struct tls_switch *s, const struct tls_job *job)
{
    for (size_t i = 0; i < s->job_count; i++) {
        const struct tls_job *other = &s->jobs[i];

        if (other->has_api_server && (strcmp(other->api.ca_file, job->api.ca_file) != 0 ||
                                      strcmp(other->api.cert_file, job->api.cert_file) != 0 ||
                                      strcmp(other->api.key_file, job->api.key_file) != 0))
            return other;
    }
    return NULL;
}

static void
change_find(struct finding *f, const struct tls_job *job, const struct kubeadm_map *map)
{
    struct tls_kubeadm *k = &f->s->kubeadm;
    struct kubeadm_etcd wanted = {
        .scheme = tls_scheme_word(f->s->to),
        .is_members = is_members,
        .context = f,
    };
    const struct tls_job *other = NULL;
    struct kubeadm_config config;
    struct error e = ERROR_INIT;

    if (f->s->to == TLS_SECURE) {
        wanted.keeps_other = job->addresses.change == TLS_CLIENTS_KEEP;
        wanted.ca_file = job->api.ca_file;
        wanted.cert_file = job->api.cert_file;
        wanted.key_file = job->api.key_file;
        other = other_files(f->s, job);
    }
    if (!kubeadm_config_change(f->mem, bytes_of_text(map->text), &wanted, &config, &e)) {
        k->why_not = arena_text(f->mem, e.text);
        return;
    }
    k->own_urls = config.own_urls;
    if (config.is_external && other != NULL) {
        k->why_not = arena_printf(f->mem, "the API servers of '%s' and '%s' have other files",
                                  job->name, other->name);
    } else if (config.changed) {
        k->member = job->name;
        k->before = map->text;
        k->after = arena_text_of_bytes(f->mem, config.text);
    }
}

bool
tls_kubeadm_find(struct arena *mem, struct site *site, const struct inventory *inventory,
                 struct tls_switch *s, struct error *e)
{
    struct finding f = {mem, site, inventory, s};
    const char *why_not = NULL;

    for (size_t i = 0; i < s->job_count; i++) {
        const struct tls_job *job = &s->jobs[i];
        struct kubeadm_map map;
        const struct host *host;
        const char *why;

        if (!job->has_api_server)
            continue;
        s->kubeadm.known = true;
        if (!site_host(site, inventory_member_by_name(inventory, job->name), &host, e))
            return false;
        if (!kubeadm_map_read(mem, host, s->kubeadm.kubeconfig, &map, &why, e)) {
            /* Nobody's TLS has to wait for a map that is something else. */
            if (e->code != ERROR_FORMAT)
                return false;
            why = arena_text(mem, e->text);
            error_clear(e);
        }
        if (why == NULL) {
            change_find(&f, job, &map);
            return true;
        }
        why_not = why_not == NULL ? why : arena_printf(mem, "%s; %s", why_not, why);
    }
    s->kubeadm.why_not = why_not;
    return true;
}

/* --- the step --- */

static const struct tls_job *
job_of(const struct tls_switch *s)
{
    for (size_t i = 0; i < s->job_count; i++) {
        if (strcmp(s->jobs[i].name, s->kubeadm.member) == 0)
            return &s->jobs[i];
    }
    return NULL;
}

struct map_look {
    const struct host *host;
    struct kubeadm_map map;
    const char *why; /* it cannot be had; NULL: it can */
};

static bool
map_look(struct arena *mem, struct tls_switch *s, struct map_look *look, struct error *e)
{
    const struct tls_job *job = job_of(s);
    const struct inventory_member *member;
    struct inventory *inventory;

    if (job == NULL)
        return error_set(e, ERROR_FORMAT, "the plan has no member '%s'", s->kubeadm.member);
    return tls_job_member(mem, job, &inventory, &member, e) &&
           site_host(&s->live.site, member, &look->host, e) &&
           kubeadm_map_read(mem, look->host, s->kubeadm.kubeconfig, &look->map, &look->why, e);
}

/* Until it can be had; the last look, with 'why', when the step's time is over. */
static bool
map_wait(struct arena *mem, struct tls_switch *s, struct map_look *look, struct error *e)
{
    for (;;) {
        if (!map_look(mem, s, look, e))
            return false;
        if (look->why == NULL)
            return true;
        if (!live_wait(&s->live, look->why, e)) {
            if (e->code != ERROR_TIMEOUT)
                return false;
            error_clear(e);
            return true;
        }
    }
}

static bool
map_have(struct arena *mem, struct tls_switch *s, struct map_look *look, struct error *e)
{
    if (!map_wait(mem, s, look, e))
        return false;
    return look->why == NULL ||
           error_set(e, ERROR_UNAVAILABLE,
                     "kubeadm's config map could be had before, and cannot "
                     "be now: %s",
                     look->why) ||
           error_hint(e, "see whether the API server gets on with etcd: 'crictl ps -a' and its "
                         "logs there");
}

static bool
is_text(const struct map_look *look, const char *text)
{
    return strcmp(look->map.text, text) == 0;
}

static bool
map_is_others(const struct map_look *look, struct error *e)
{
    return error_set(e, ERROR_CONFLICT,
                     "%s: ClusterConfiguration of the config map " KUBEADM_MAP
                     " was changed by somebody else meanwhile",
                     host_name(look->host)) ||
           error_hint(e,
                      "the first line of the plan's journal has it as 'before' and 'after': make "
                      "it one of them, by kubectl -n kube-system edit configmap " KUBEADM_MAP);
}

static bool
kubeadm_check(void *op, enum progress *ret_progress, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tls_switch *s = op;
    struct map_look look;

    if (!map_have(&tmp, s, &look, e))
        return false;
    *ret_progress = is_text(&look, s->kubeadm.after) ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static bool
kubeadm_guard(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tls_switch *s = op;
    struct map_look look;

    return map_have(&tmp, s, &look, e) &&
           (is_text(&look, s->kubeadm.before) || map_is_others(&look, e));
}

/* Another version of the map may differ in something else: then its text is looked at again. */
static bool
text_replace(struct arena *mem, struct tls_switch *s, struct map_look *look, const char *from,
             const char *to, struct error *e)
{
    for (;;) {
        if (is_text(look, to))
            return true;
        if (!is_text(look, from))
            return map_is_others(look, e);
        if (kubeadm_map_replace(look->host, s->kubeadm.kubeconfig, &look->map, to, e))
            return true;
        if (e->code != ERROR_CONFLICT)
            return false;
        if (!live_wait(&s->live, "the config map " KUBEADM_MAP " does not come to rest", e))
            return false;
        error_clear(e);
        if (!map_have(mem, s, look, e))
            return false;
    }
}

static bool
kubeadm_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tls_switch *s = op;
    struct map_look look;

    return map_have(&tmp, s, &look, e) &&
           text_replace(&tmp, s, &look, s->kubeadm.before, s->kubeadm.after, e);
}

/* Of one that cannot be had undo knows what to do. */
static bool
kubeadm_undo_guard(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tls_switch *s = op;
    struct map_look look;

    return map_look(&tmp, s, &look, e) &&
           (look.why != NULL || is_text(&look, s->kubeadm.before) ||
            is_text(&look, s->kubeadm.after) || map_is_others(&look, e));
}

/* An API server that does not answer may be why all is undone: the way back cannot wait for it. */
static bool
kubeadm_undo(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tls_switch *s = op;
    struct map_look look;

    if (!map_wait(&tmp, s, &look, e))
        return false;
    if (look.why == NULL)
        return text_replace(&tmp, s, &look, s->kubeadm.after, s->kubeadm.before, e);
    plan_note(s->live.plan,
              "kubeadm: its config map " KUBEADM_MAP " may name %s URLs, and was not put back: %s",
              tls_scheme_word(s->to), look.why);
    return true;
}

static const char *
kubeadm_field(const void *op, struct arena *mem UNUSED, const char *name)
{
    const struct tls_switch *s = op;

    return strcmp(name, "member") == 0 ? s->kubeadm.member : NULL;
}

static const struct step kubeadm_step = {
    .name = "kubeadm-config",
    .intent = "have kubeadm's config map say %{to} for etcd, by the API server on the host of "
              "%{member}",
    .field = kubeadm_field,
    .check = kubeadm_check,
    .guard = kubeadm_guard,
    .run = kubeadm_run,
    .undo_guard = kubeadm_undo_guard,
    .undo = kubeadm_undo,
    .timeout_s = MAP_TIMEOUT_S,
};

void
tls_switch_add_kubeadm(struct tls_switch *s)
{
    if (s->kubeadm.member != NULL)
        plan_add_step(s->live.plan, &kubeadm_step, NULL, s);
}

/* --- what is left to the operator --- */

static bool
any_api_server(const struct tls_switch *s)
{
    for (size_t i = 0; i < s->job_count; i++) {
        if (s->jobs[i].has_api_server)
            return true;
    }
    return false;
}

void
tls_kubeadm_note(const struct tls_switch *s)
{
    const struct tls_kubeadm *k = &s->kubeadm;

    if (!any_api_server(s))
        return;
    if (k->own_urls && s->to == TLS_PLAIN)
        plan_note(s->live.plan,
                  "kubeadm: its config map says nothing of where etcd's clients come in, and then "
                  "kubeadm has etcd listen by https: so does the next 'kubeadm upgrade', unless "
                  "etcd.local.extraArgs get listen-client-urls and listen-peer-urls");
    if (k->known && k->why_not == NULL)
        return;
    plan_note(
        s->live.plan,
        "kubeadm: its config map was not changed%s%s: in 'kubectl -n kube-system edit "
        "configmap " KUBEADM_MAP
        "', key ClusterConfiguration, have etcd.local.extraArgs name no %s URLs (and no "
        "listen-metrics-urls but those of the manifests), or etcd.external.endpoints, caFile, "
        "certFile and keyFile be those of the API servers now: else the next 'kubeadm "
        "upgrade' writes what was there before",
        k->known ? ": " : "", k->known ? k->why_not : "", tls_scheme_word(tls_scheme_other(s->to)));
}
