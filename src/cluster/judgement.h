/* What a judgement is: a verdict in a word and a line, and the remarks behind it. */
#ifndef QUORATE_CLUSTER_JUDGEMENT_H
#define QUORATE_CLUSTER_JUDGEMENT_H

#include "base/arena.h"

enum verdict { VERDICT_WELL, VERDICT_WARNING, VERDICT_CRITICAL };

/* One remark; 'text' names the member and the number. */
struct remark {
    enum verdict weight;
    const char *text;
};

struct judgement {
    enum verdict verdict; /* of the weightiest remark */
    const char *summary;  /* "3 of 3 voters serve; one member may fail" */
    ARRAY(struct remark) remarks;
};

/* text: in 'mem', or a constant. */
void judgement_remark(struct arena *mem, struct judgement *j, enum verdict weight,
                      const char *text);

const char *verdict_word(enum verdict verdict); /* "well", "warning", "critical" */

#endif
