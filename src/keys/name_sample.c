#include "keys/name_sample.h"

static void
set(struct buf *b, struct bytes value)
{
    buf_clear(b);
    buf_append_bytes(b, value);
}

/* Every second one goes; the buffers of those that went are kept for others. */
static void
thin(struct name_sample *s)
{
    for (size_t i = 1; i < NAME_SAMPLE_MOST / 2; i++) {
        struct buf kept = s->names[2 * i];

        s->names[2 * i] = s->names[i];
        s->names[i] = kept;
    }
    s->count = NAME_SAMPLE_MOST / 2;
    s->every *= 2;
}

void
name_sample_add(struct name_sample *s, struct bytes name)
{
    if (s->every == 0)
        s->every = 1;
    else if (bytes_equal(name, buf_bytes(&s->last)))
        return;
    set(&s->last, name);
    if (s->seen++ % s->every > 0)
        return;
    if (s->count == NAME_SAMPLE_MOST)
        thin(s); /* an even number of steps: this one stays among those that are kept */
    set(&s->names[s->count++], name);
}

void
name_sample_release(struct name_sample *s)
{
    for (size_t i = 0; i < NAME_SAMPLE_MOST; i++)
        buf_release(&s->names[i]);
    buf_release(&s->last);
    *s = (struct name_sample)NAME_SAMPLE_INIT;
}
