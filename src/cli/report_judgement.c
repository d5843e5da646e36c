#include "cli/report_judgement.h"

enum mark
verdict_mark(enum verdict verdict)
{
    static const enum mark marks[] = {MARK_GOOD, MARK_WARN, MARK_BAD};

    return marks[verdict];
}

void
report_judgement(struct report *r, const struct judgement *j)
{
    struct report *verdict = report_record_section(r, "verdict");

    report_field_text(verdict, "Verdict", "word", verdict_word(j->verdict));
    report_mark(verdict, verdict_mark(j->verdict));
    report_field_text(verdict, "Because", "summary", j->summary);
    for (size_t i = 0; i < j->remarks.count; i++)
        report_note(verdict, "%s: %s", verdict_word(j->remarks.items[i].weight),
                    j->remarks.items[i].text);
}
