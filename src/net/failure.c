#include "net/failure.h"

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

bool
net_failure_error(const struct net_failure *failure, struct error *e)
{
    const struct kind_facts *kind = &facts[failure->kind];

    ASSERT(failure->kind != NET_FAILURE_NONE);
    (void)error_set(e, kind->code, "%s", failure->text);
    e->sys_errno = failure->sys_errno;
    return kind->hint[0] != '\0' ? error_hint(e, "%s", kind->hint) : false;
}
