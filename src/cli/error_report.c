/* Errors on stderr. */

#include "cli/error_report.h"

#include "base/json_writer.h"
#include "cli/text.h"
#include "cli/text_table.h"

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
