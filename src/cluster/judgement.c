#include "cluster/judgement.h"

void
judgement_remark(struct arena *mem, struct judgement *j, enum verdict weight, const char *text)
{
    *ARRAY_PUSH(mem, &j->remarks) = (struct remark){weight, text};
    if (weight > j->verdict)
        j->verdict = weight;
}

const char *
verdict_word(enum verdict verdict)
{
    static const char *const words[] = {"well", "warning", "critical"};

    return words[verdict];
}
