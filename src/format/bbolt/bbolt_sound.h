/*
 * The structure check of a whole file on a thread of its own, for those who read the same file meanwhile
 * and want to know at the end whether it was sound:
 *
 *     AUTO_BBOLT_SOUND sound = {.db = &db};
 *
 *     bbolt_sound_begin(&sound);
 *     ... read rows; whoever fails for other reasons than damage just returns ...
 *     return bbolt_sound_end(&sound, &reachable, e);
 */
#ifndef QUORATE_FORMAT_BBOLT_SOUND_H
#define QUORATE_FORMAT_BBOLT_SOUND_H

#include <stdatomic.h>

#include "base/thread.h"
#include "format/bbolt/bbolt.h"

/* Stays where it is while the check runs. */
struct bbolt_sound {
    const struct bbolt *db; /* the caller's to set */
    struct thread thread;
    atomic_bool stop;
    bool ok;
    uint64_t reachable;
    struct error error;
};

#define AUTO_BBOLT_SOUND __attribute__((cleanup(bbolt_sound_stop))) struct bbolt_sound

/* Where the system has no thread to give, the check takes place here. */
void bbolt_sound_begin(struct bbolt_sound *s);

/* Waits for it. ret_reachable: pages in use. e: ERROR_CORRUPT, as bbolt_check_sound. */
MUST_CHECK bool bbolt_sound_end(struct bbolt_sound *s, uint64_t *ret_reachable, struct error *e);

/* Ends a check whose result nobody wants, soon. Also behind bbolt_sound_end, or without a begin. */
void bbolt_sound_stop(struct bbolt_sound *s);

#endif
