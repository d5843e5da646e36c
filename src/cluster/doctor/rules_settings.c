/* Rules about what members' etcd is started with: what endangers data, opens them to everybody, or keeps them from starting again. */
#include <inttypes.h>

#include "base/number.h"
#include "cluster/doctor/looking.h"
#include "cluster/inventory_host.h"
#include "cluster/tls_phase.h"
#include "format/minor_version.h"
#include "format/peer_urls.h"
#include "format/settings/etcd_flag.h"

enum { SNAPSHOT_COUNT_LEAST = 1000, SNAPSHOT_COUNT_MOST = 1000 * 1000 };

/* --- settings --- */

/* NULL: not known. */
static const struct etcd_settings *
settings_of(const struct member_picture *m)
{
    return m->host != NULL && m->host->settings_state == FACT_KNOWN ? &m->host->settings : NULL;
}

/* The minor version of 3 whose defaults and flags hold. */
static unsigned
minor_of(const struct member_picture *m)
{
    struct minor_version v;
    struct error ignored = ERROR_INIT;

    if (!m->view->known || !minor_version_parse(m->view->status.version, &v, &ignored) ||
        v.major != 3 || v.minor < FLAG_MINOR_OLDEST || v.minor > FLAG_MINOR_NEWEST)
        return FLAG_MINOR_NEWEST;
    return (unsigned)v.minor;
}

static const char *
setting_text(struct doctor *d, const struct member_picture *m, const char *name)
{
    const struct etcd_settings *settings = settings_of(m);
    const char *value = settings_value(d->mem, settings, name, minor_of(m));

    return arena_printf(d->mem, "--%s=%s (%s)", name, value != NULL ? value : "",
                        setting_place_text(d->mem, settings_get(settings, name)));
}

/* --- switches that are no good for a cluster that counts --- */

/* A finding for each member whose switch is 'bad'; with the setting as evidence. */
static void
look_switch(struct doctor *d, const char *name, bool bad, enum verdict severity, const char *text)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        const struct etcd_settings *settings = settings_of(m);

        if (settings == NULL || settings_get(settings, name) == NULL ||
            settings_bool(settings, name, minor_of(m)) != bad)
            continue;
        doctor_add(d, severity, m, "member %s %s", m->label, text)->evidence =
            setting_text(d, m, name);
    }
}

static void
look_new_cluster(struct doctor *d)
{
    look_switch(d, "force-new-cluster", true, VERDICT_CRITICAL,
                "makes a cluster of its own at its next start");
}

/* A lab's data are nobody's. */
static void
look_fsync(struct doctor *d)
{
    const struct inventory *inventory = d->picture->inventory;

    look_switch(d, "unsafe-no-fsync", true,
                inventory != NULL && inventory->lab != NULL ? VERDICT_WELL : VERDICT_CRITICAL,
                "does not wait until its log is on the disk");
}

static void
look_reconfig_check(struct doctor *d)
{
    look_switch(d, "strict-reconfig-check", false, VERDICT_WARNING,
                "takes changes of membership that lose the quorum");
}

static void
look_pre_vote(struct doctor *d)
{
    look_switch(d, "pre-vote", false, VERDICT_WELL,
                "calls an election before it knows that it could win it");
}

static void
look_own_certificates(struct doctor *d)
{
    look_switch(d, "auto-tls", true, VERDICT_WARNING,
                "makes its own certificate, which clients cannot verify");
    look_switch(d, "peer-auto-tls", true, VERDICT_WARNING,
                "makes its own certificate, which peers cannot verify");
}

/* --- who reaches it --- */

/* The first URL of that scheme that others than the host itself reach; NULL: there is none. */
static const char *
open_url(struct doctor *d, const struct member_picture *m, const char *name, enum tls_scheme scheme)
{
    const char *text = settings_value(d->mem, settings_of(m), name, minor_of(m));
    struct inventory_urls urls;
    const char *host, *port;

    if (text == NULL)
        return NULL;
    urls = inventory_urls_split(d->mem, text);
    for (size_t i = 0; i < urls.count; i++) {
        if (tls_url_is(urls.items[i], scheme) &&
            peer_url_host_port(d->mem, urls.items[i], &host, &port) && !host_is_loopback(host))
            return urls.items[i];
    }
    return NULL;
}

static void
look_plain(struct doctor *d)
{
    static const struct {
        const char *name, *text;
    } sides[] = {
        {"listen-client-urls", "is open to clients of the network without TLS"},
        {"listen-client-http-urls", "is open to clients of the network without TLS"},
        {"listen-peer-urls", "is open to peers of the network without TLS"},
    };

    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];

        for (size_t k = 0; settings_of(m) != NULL && k < sizeof(sides) / sizeof(sides[0]); k++) {
            struct doctor_finding *f;

            if (open_url(d, m, sides[k].name, TLS_PLAIN) == NULL)
                continue;
            f = doctor_add(d, VERDICT_WARNING, m, "member %s %s", m->label, sides[k].text);
            f->evidence = setting_text(d, m, sides[k].name);
            f->command = doctor_command(d, "tls enable --dry-run");
        }
    }
}

static void
look_any_client(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        const struct etcd_settings *settings = settings_of(m);

        if (settings == NULL || open_url(d, m, "listen-client-urls", TLS_SECURE) == NULL ||
            settings_get(settings, "trusted-ca-file") != NULL ||
            settings_bool(settings, "client-cert-auth", minor_of(m)))
            continue;
        doctor_add(d, VERDICT_WELL, m, "member %s asks clients for no certificate", m->label)
            ->evidence = setting_text(d, m, "client-cert-auth");
    }
}

/* --- will it start again? --- */

static void
look_conflict(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        const struct etcd_settings *settings = settings_of(m);

        if (settings == NULL || settings->conflict == NULL)
            continue;
        doctor_add(d, VERDICT_CRITICAL, m,
                   "member %s will not start again: --%s is given as a flag and as a variable",
                   m->label, settings->conflict->name)
            ->evidence = setting_place_text(d->mem, settings->conflict);
    }
}

/* An unknown variable is no more than a line in etcd's log. */
static bool
keeps_from_starting(const struct etcd_setting *s, unsigned minor)
{
    return s->in_force && s->origin != SETTING_ENVIRONMENT &&
           etcd_flag_find(s->name, minor) == NULL;
}

static const char *
successor_text(struct doctor *d, const struct etcd_setting *s)
{
    bool gate = false;
    const char *name = etcd_flag_successor(s->name, &gate);

    if (name == NULL)
        return "";
    return gate ? arena_printf(d->mem, "; it is --feature-gates=%s=%s now", name, s->value)
                : arena_printf(d->mem, "; it is --%s now", name);
}

/* Flags that an etcd of 3.'minor' does not know, and those before it do. */
static void
flags_look(struct doctor *d, const struct member_picture *m, unsigned minor, enum verdict severity,
           const char *text)
{
    const struct etcd_settings *settings = settings_of(m);

    for (size_t i = 0; settings != NULL && i < settings->items.count; i++) {
        const struct etcd_setting *s = &settings->items.items[i];

        if (!keeps_from_starting(s, minor) ||
            (severity == VERDICT_WELL && keeps_from_starting(s, minor - 1)))
            continue;
        doctor_add(d, severity, m, "member %s %s etcd 3.%u: no --%s there", m->label, text, minor,
                   s->name)
            ->evidence =
            arena_printf(d->mem, "%s%s", setting_place_text(d->mem, s), successor_text(d, s));
    }
}

static void
look_flags(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++)
        flags_look(d, &d->picture->members[i], minor_of(&d->picture->members[i]), VERDICT_CRITICAL,
                   "will not start again as");
}

static void
look_flags_that_end(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];

        if (minor_of(m) < FLAG_MINOR_NEWEST)
            flags_look(d, m, minor_of(m) + 1, VERDICT_WELL, "would not start as");
    }
}

/* --- time --- */

/* Milliseconds; 0: not known. */
static uint64_t
number_of(struct doctor *d, const struct member_picture *m, const char *name)
{
    const char *text = settings_value(d->mem, settings_of(m), name, minor_of(m));
    struct error ignored = ERROR_INIT;
    uint64_t value;

    return text != NULL && number_parse_u64(text, &value, &ignored) ? value : 0;
}

static size_t
alike(struct doctor *d, const struct member_picture *m, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *other = &d->picture->members[i];

        if (settings_of(other) != NULL && number_of(d, other, name) == number_of(d, m, name))
            count++;
    }
    return count;
}

/* Whose value most of them have. NULL: no configuration was seen. */
static const struct member_picture *
most_common(struct doctor *d, const char *name)
{
    const struct member_picture *most = NULL;

    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];

        if (settings_of(m) != NULL && (most == NULL || alike(d, m, name) > alike(d, most, name)))
            most = m;
    }
    return most;
}

static void
timeouts_compare(struct doctor *d, const char *name)
{
    const struct member_picture *most = most_common(d, name);

    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];

        if (settings_of(m) == NULL || number_of(d, m, name) == number_of(d, most, name))
            continue;
        doctor_add(d, VERDICT_WARNING, m,
                   "member %s has another --%s than %s: %" PRIu64 " ms and %" PRIu64 " ms",
                   m->label, name, most->label, number_of(d, m, name), number_of(d, most, name))
            ->evidence = setting_place_text(d->mem, settings_get(settings_of(m), name));
    }
}

static void
look_timeouts(struct doctor *d)
{
    timeouts_compare(d, "heartbeat-interval");
    timeouts_compare(d, "election-timeout");
}

static void
look_snapshot_count(struct doctor *d)
{
    for (size_t i = 0; i < d->picture->member_count; i++) {
        const struct member_picture *m = &d->picture->members[i];
        uint64_t count = settings_of(m) != NULL ? number_of(d, m, "snapshot-count") : 0;

        if (count == 0 || (count >= SNAPSHOT_COUNT_LEAST && count <= SNAPSHOT_COUNT_MOST))
            continue;
        doctor_add(d, VERDICT_WARNING, m,
                   count < SNAPSHOT_COUNT_LEAST
                       ? "member %s writes a snapshot of raft every %" PRIu64 " entries"
                       : "member %s keeps %" PRIu64 " entries of raft in memory",
                   m->label, count)
            ->evidence = setting_text(d, m, "snapshot-count");
    }
}

const struct doctor_rule doctor_rules_of_settings[] = {
    {.id = "force-new-cluster-left",
     .when = "critical: --force-new-cluster is set",
     .source = "etcd documentation, op-guide/recovery; configuration, --force-new-cluster",
     .why = "at each start it throws the other members out of the cluster",
     .mend = "take it out where it stands, before the next start",
     .look = look_new_cluster},
    {.id = "unsafe-no-fsync",
     .when = "critical: --unsafe-no-fsync is set (a lab's: a note)",
     .source = "etcd documentation, configuration, --unsafe-no-fsync",
     .why = "after a power cut it has lost what it acknowledged, and its vote is no longer true",
     .mend = "take it out where it stands, and restart one member after the other",
     .look = look_fsync},
    {.id = "will-not-start",
     .when = "critical: a flag and a variable of the same name",
     .source = "etcd client/pkg flags: 'conflicting environment variable'",
     .why = "it runs with what it was started with; the next start fails",
     .mend = "take one of the two out",
     .look = look_conflict},
    {.id = "flag-unknown",
     .when = "critical: a flag that the release that runs does not have",
     .source = "'etcd --help' of each minor release",
     .why = "it runs with what it was started with; the next start fails",
     .mend = "take it out, or write its successor",
     .look = look_flags},
    {.id = "flag-ends",
     .when = "note: a flag that the next minor release does not have",
     .source = "'etcd --help' of each minor release",
     .why = "the upgrade's first member would not start",
     .mend = "take it out, or write its successor, with the upgrade",
     .look = look_flags_that_end},
    {.id = "open-without-tls",
     .when = "warning: a listener with http at another address than loopback",
     .source = "etcd documentation, op-guide/security",
     .why = "who reaches the port reads and writes everything, Secrets of Kubernetes too",
     .mend = "TLS, on the live cluster",
     .look = look_plain},
    {.id = "any-client",
     .when = "note: clients need no certificate at an address of the network",
     .source = "etcd documentation, op-guide/security",
     .why = "where users and roles are not on either, who reaches the port reads and writes "
            "everything",
     .mend = "--client-cert-auth and --trusted-ca-file, once each client has a certificate",
     .look = look_any_client},
    {.id = "self-made-certificates",
     .when = "warning: --auto-tls or --peer-auto-tls",
     .source = "etcd documentation, op-guide/security, self-signed certificates",
     .why = "it is encrypted, and nobody knows with whom: who is in between reads along",
     .mend = "certificates of an authority of the cluster's own: quorate tls init, tls issue",
     .look = look_own_certificates},
    {.id = "reconfig-check-off",
     .when = "warning: --strict-reconfig-check=false",
     .source = "etcd documentation, op-guide/runtime-reconf-design",
     .why = "etcd takes a change of membership that leaves no quorum",
     .mend = "take it out where it stands, and restart one member after the other",
     .look = look_reconfig_check},
    {.id = "pre-vote-off",
     .when = "note: --pre-vote=false, set by hand",
     .source = "etcd documentation, configuration, --pre-vote",
     .why = "a member that comes back from a cut network makes a leader that is well step down",
     .mend = "take it out where it stands",
     .look = look_pre_vote},
    {.id = "timeouts-differ",
     .when = "warning: members with another --heartbeat-interval or --election-timeout",
     .source = "etcd documentation, tuning: equal on all members",
     .why = "the member with the shortest calls elections that nobody needs",
     .mend = "start all with the same two values",
     .look = look_timeouts},
    {.id = "snapshot-count",
     .when = "warning: --snapshot-count below 1000, or above 1,000,000",
     .source = "etcd documentation, tuning, snapshots; defaults 100,000 to 3.5, 10,000 from 3.6 on",
     .why = "too few entries and a follower that was away gets the whole database each time; too "
            "many and they fill the memory",
     .mend = "take it out where it stands: etcd's default is well tried",
     .look = look_snapshot_count},
    {.id = NULL},
};
