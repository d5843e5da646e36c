/*
 * Progress on stderr: one line that is rewritten at most ten times a second when stderr is a
 * terminal, otherwise a line for each ten percent of work that takes more than two seconds. Nothing at all with -w json.
 *
 *     struct progress_line p;
 *     progress_start(&p, app, "receiving");
 *     progress_update(&p, received, total);      // bytes; total 0: not known
 *     progress_end(&p);
 */
#ifndef QUORATE_CLI_PROGRESS_H
#define QUORATE_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct app;

struct progress_line {
    const char *what; /* not copied */
    const char *unit; /* "keys"; NULL: bytes. Set after progress_start; not copied */
    int fd;           /* -1: quiet */
    bool tty;
    bool shown;
    unsigned tenths; /* last tenth printed when not a terminal */
    int64_t started_ms;
    int64_t printed_ms;
    unsigned width;
};

void progress_start(struct progress_line *p, const struct app *app, const char *what);
/* Done and all in bytes, or in 'unit'; 'all' 0 when it is not known. Cheap when nothing is due. */
void progress_update(struct progress_line *p, uint64_t done, uint64_t all);
/* Another text for the same line, for work that is not counted in bytes. */
void progress_say(struct progress_line *p, const char *text);
/* Removes the line from a terminal. */
void progress_end(struct progress_line *p);

#endif
