/* Errors on stderr. */

#include "cli/error_report.h"

#include <string.h>

#include "base/evidence.h"
#include "base/json_writer.h"
#include "cli/text.h"
#include "cli/text_table.h"

/* Between two entries of the evidence: the list that an item began ends where another key comes. */
static void
list_end(struct json_writer *w, const char **list)
{
    if (*list != NULL)
        json_array_end(w);
    *list = NULL;
}

static void
fact_json(struct json_writer *w, const struct evidence *fact, const char **list)
{
    if (*list != NULL && (fact->kind != EVIDENCE_ITEM || strcmp(*list, fact->key) != 0))
        list_end(w, list);
    if (fact->kind == EVIDENCE_ITEM && *list == NULL) {
        json_key(w, fact->key);
        json_array_begin(w);
        *list = fact->key;
    }
    if (fact->kind == EVIDENCE_ITEM) {
        json_text(w, fact->value);
    } else if (fact->kind == EVIDENCE_NUMBER) {
        json_key(w, fact->key);
        json_raw(w, bytes_of_text(fact->value));
    } else {
        json_key_text(w, fact->key, fact->value);
    }
}

/* An object for each finding. */
static void
evidence_json(struct json_writer *w, const struct error *e)
{
    struct evidence fact;
    const char *list = NULL;
    bool open = false;

    json_key(w, "evidence");
    json_array_begin(w);
    for (size_t at = 0; evidence_next(e, &at, &fact);) {
        if (fact.kind == EVIDENCE_FINDING) {
            list_end(w, &list);
            if (open)
                json_object_end(w);
            json_object_begin(w);
            open = true;
        }
        fact_json(w, &fact, &list);
    }
    list_end(w, &list);
    if (open)
        json_object_end(w);
    json_array_end(w);
}

static void
report_json(const struct error *e, struct buf *out)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    json_key(&w, "error");
    json_object_begin(&w);
    json_key_text(&w, "code", error_code_word(e->code));
    json_key_text(&w, "text", e->text);
    json_key_text(&w, "hint", error_hint_text(e));
    if (e->cause != NULL)
        json_key_text(&w, "cause", e->cause);
    if (e->evidence_size > 0)
        evidence_json(&w, e);
    json_object_end(&w);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

void
error_report(const struct error *e, bool json, bool color, struct buf *out)
{
    const char *hint = error_hint_text(e);

    if (json) {
        report_json(e, out);
        return;
    }
    buf_append_text(out, color ? "\x1b[31;1mError:" TEXT_COLOR_END " " : "Error: ");
    text_append_visible(out, bytes_of_text(e->text), true);
    buf_append_byte(out, '\n');
    if (hint[0] == '\0')
        return;
    buf_append_text(out, "Hint: ");
    text_append_visible(out, bytes_of_text(hint), true);
    buf_append_byte(out, '\n');
}
