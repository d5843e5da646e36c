/* The face of an operation (base/observer.h's observer): notes as lines, progress as one. */
#ifndef QUORATE_CLI_OBSERVE_H
#define QUORATE_CLI_OBSERVE_H

#include "base/observer.h"
#include "cli/app.h"
#include "cli/progress.h"

struct operation_face {
    struct app *app;
    struct progress_line line;
    const char *what; /* the work the line is about; NULL: no line */
    struct observer observer;
};

/* 'face' must stay where it is until the end: the observer points to it. */
void operation_face_begin(struct operation_face *face, struct app *app);
/* Removes the progress line. */
void operation_face_end(struct operation_face *face);

#endif
