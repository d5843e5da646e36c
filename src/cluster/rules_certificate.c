#include "cluster/rules_certificate.h"

#include "base/buf.h"
#include "base/evidence.h"
#include "base/time.h"

enum { DEPTH_MOST = 8 }; /* of a chain */

struct judging {
    struct arena *mem;
    const struct certificate *c;
    const struct certificate_wanted *wanted;
    struct certificate_flaws *flaws;
};

static void
flaw(const struct judging *j, const char *word, const char *text, const char *remedy)
{
    *ARRAY_PUSH(j->mem, j->flaws) =
        (struct certificate_flaw){.word = word, .text = text, .remedy = remedy};
}

static void
judge_dates(const struct judging *j)
{
    const struct certificate *c = j->c;
    int64_t now_s = j->wanted->now_s;

    if (now_s > c->not_after_s)
        flaw(j, "certificate-expired",
             arena_printf(j->mem, "it ended at %s", time_rfc3339(j->mem, c->not_after_s * 1000)),
             "issue it anew");
    else if (certificate_days_left(c, now_s) < j->wanted->days)
        flaw(j, "certificate-ends-soon",
             arena_printf(j->mem, "it ends in %lld days, at %s",
                          (long long)certificate_days_left(c, now_s),
                          time_rfc3339(j->mem, c->not_after_s * 1000)),
             "issue it anew in time");
    if (now_s < c->not_before_s)
        flaw(j, "certificate-not-yet-valid",
             arena_printf(j->mem, "it begins at %s, and it is %s now",
                          time_rfc3339(j->mem, c->not_before_s * 1000),
                          time_rfc3339(j->mem, now_s * 1000)),
             "set the host's clock right, or issue it anew");
}

static const struct certificate *
issuer_in(const struct certificate *c, const struct certificates *list)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct certificate *issuer = &list->items[i];

        if (issuer->is_authority && certificate_signed_by(c, issuer))
            return issuer;
    }
    return NULL;
}

/* Whether it, or one of those between, was signed by an authority that is trusted. */
static bool
is_trusted(const struct certificate *c, const struct certificate_wanted *w)
{
    for (int depth = 0; c != NULL && depth < DEPTH_MOST; depth++) {
        if (issuer_in(c, w->authorities) != NULL)
            return true;
        c = issuer_in(c, w->chain);
    }
    return false;
}

static void
judge_origin(const struct judging *j)
{
    const struct certificate_wanted *w = j->wanted;

    if (w->has_key != NULL && !*w->has_key)
        flaw(j, "certificate-key-mismatch", "the key beside it is another's",
             "put certificate and key in place as a pair");
    if (w->authorities != NULL && !is_trusted(j->c, w))
        flaw(j, "certificate-wrong-ca",
             arena_printf(j->mem, "'%s' issued it, and none of the trusted authorities is that one",
                          j->c->issuer),
             "issue it with the authority that is trusted, or trust this one as well");
}

static void
judge_usages(const struct judging *j)
{
    const struct certificate_wanted *w = j->wanted;

    if (w->server && !j->c->server)
        flaw(j, "certificate-no-server-usage",
             "its extended key usage does not allow servers (serverAuth)",
             "issue it anew with both usages");
    if (w->client && !j->c->client)
        flaw(j, "certificate-no-client-usage",
             w->server ? "its extended key usage does not allow clients (clientAuth), which peers "
                         "and etcd's own gateway are"
                       : "its extended key usage does not allow clients (clientAuth)",
             "issue it anew with both usages");
}

static void
judge_names(const struct judging *j)
{
    const struct certificate_wanted *w = j->wanted;
    AUTO_BUF missing = BUF_INIT;

    for (size_t i = 0; i < w->host_count; i++) {
        if (!certificate_covers(j->c, w->hosts[i]))
            buf_printf(&missing, "%s%s", missing.size > 0 ? ", " : "", w->hosts[i]);
    }
    if (missing.size == 0)
        return;
    flaw(j, "certificate-name-missing",
         j->c->names.count > 0
             ? arena_printf(j->mem, "its names (%s) lack %s", certificate_names_text(j->mem, j->c),
                            buf_text(&missing))
             : arena_printf(j->mem, "it has no subject alternative names, and needs %s",
                            buf_text(&missing)),
         "issue it anew with these names, or dial it by one that it has");
}

void
certificate_judge(struct arena *mem, const struct certificate *c,
                  const struct certificate_wanted *wanted, struct certificate_flaws *ret)
{
    const struct judging j = {.mem = mem, .c = c, .wanted = wanted, .flaws = ret};

    *ret = (struct certificate_flaws){0};
    judge_origin(&j);
    judge_dates(&j);
    judge_usages(&j);
    judge_names(&j);
}

bool
rule_certificate_fits(const struct certificate *c, const struct certificate_wanted *wanted,
                      struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct certificate_flaws flaws;

    certificate_judge(&tmp, c, wanted, &flaws);
    if (flaws.count == 0)
        return true;
    error_set_(e, ERROR_TLS, 0, "the certificate of '%s' does not do: %s", c->subject,
               flaws.items[0].text);
    evidence_begin(e, flaws.items[0].word);
    evidence_text(e, "subject", c->subject);
    return error_hint(e, "%s", flaws.items[0].remedy);
}
