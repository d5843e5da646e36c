#include "net/failure.h"

#include <string.h>

#include "base/evidence.h"

struct kind_facts {
    const char *word;
    enum error_code code;
    const char *hint;
};

static const struct kind_facts facts[NET_FAILURE_COUNT] = {
#define NET_FAILURE(name, word_, error_code_, hint_)                                               \
    [NET_FAILURE_##name] = {word_, ERROR_##error_code_, hint_},
#include "net/failures.list"
#undef NET_FAILURE
};

const char *
net_failure_word(enum net_failure_kind kind)
{
    return facts[kind].word;
}

static void
names_add(struct error *e, const char *names)
{
    static const char comma[] = ", ";
    char one[NET_NAMES_SIZE];

    for (const char *at = names, *end; *at != '\0'; at = end) {
        end = strstr(at, comma);
        snprintf(one, sizeof(one), "%.*s", (int)(end != NULL ? end - at : (ptrdiff_t)strlen(at)),
                 at);
        evidence_item(e, "names", one);
        end = end != NULL ? end + sizeof(comma) - 1 : at + strlen(at);
    }
}

static void
certificate_add(struct error *e, const struct net_certificate *c)
{
    if (!c->seen)
        return;
    evidence_text(e, "certificate", c->ours ? "client" : "server");
    evidence_text(e, "subject", c->subject);
    evidence_text(e, "issuer", c->issuer);
    evidence_date(e, "not_before", c->not_before_s);
    evidence_date(e, "not_after", c->not_after_s);
    if (!c->ours)
        names_add(e, c->names);
}

static void
failure_evidence(struct error *e, const struct net_failure *failure)
{
    evidence_begin(e, net_failure_word(failure->kind));
    evidence_text(e, "endpoint", failure->endpoint);
    if (failure->sys_errno != 0)
        evidence_text(e, "errno", strerrorname_np(failure->sys_errno));
    evidence_text(e, "server_said", failure->server_line);
    evidence_date(e, "our_clock", failure->clock_s);
    evidence_text(e, "expected_name", failure->expected);
    certificate_add(e, &failure->certificate);
}

bool
net_failure_error(const struct net_failure *failure, struct error *e)
{
    const struct kind_facts *kind = &facts[failure->kind];

    ASSERT(failure->kind != NET_FAILURE_NONE);
    (void)error_set(e, kind->code, "%s", failure->text);
    e->sys_errno = failure->sys_errno;
    failure_evidence(e, failure);
    return kind->hint[0] != '\0' ? error_hint(e, "%s", kind->hint) : false;
}
