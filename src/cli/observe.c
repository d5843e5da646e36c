#include "cli/observe.h"

#include <string.h>

static void
note_show(void *context, const char *text)
{
    struct operation_face *face = context;

    operation_face_end(face);
    app_say(face->app, "%s", text);
}

static void
progress_show(void *context, const char *what, const char *unit, uint64_t done, uint64_t total)
{
    struct operation_face *face = context;

    if (face->what == NULL || strcmp(face->what, what) != 0) {
        operation_face_end(face);
        progress_start(&face->line, face->app, what);
        face->line.unit = unit;
        face->what = what;
    }
    progress_update(&face->line, done, total);
}

void
operation_face_begin(struct operation_face *face, struct app *app)
{
    *face = (struct operation_face){
        .app = app,
        .observer = {.context = face, .note = note_show, .progress = progress_show},
    };
}

void
operation_face_end(struct operation_face *face)
{
    if (face->what != NULL)
        progress_end(&face->line);
    face->what = NULL;
}
