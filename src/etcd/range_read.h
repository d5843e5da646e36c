/*
 * A range of any size in bounded memory: what one Range would answer, handed over in pieces. A
 * small range takes one round trip. Of a large one the rest follows as a RangeStream (3.7) or as
 * pages (etcd/range_pages.h), all of the revision that the first piece was read at.
 *
 * What the server has to have together to answer (another order than that of the keys, bounds of
 * revisions, a count) stays one request and one piece.
 */
#ifndef QUORATE_ETCD_RANGE_READ_H
#define QUORATE_ETCD_RANGE_READ_H

#include "etcd/client.h"
#include "etcd/message/kv_message.h"

struct etcd_range_sink {
    /* Once, before any keys: header, more and count are those of the whole answer. */
    void (*begin)(void *context, const struct etcd_range_response *whole);
    /* Some keys, in order; valid until it returns. False, with e, ends the reading. */
    bool (*keys)(void *context, const struct etcd_key_value *kvs, size_t count, struct error *e);
    void *context;
};

/*
 * Reads the range into the sink. 'keys' may already have been called when this fails.
 *
 * e  as etcd_range; ERROR_NOT_FOUND: the revision was compacted while it was read; ERROR_VERIFY: the
 *    server left keys out.
 */
MUST_CHECK bool etcd_range_read(struct etcd_client *client,
                                const struct etcd_range_request *request,
                                const struct etcd_range_sink *sink, struct error *e);

/*
 * The same of a range that is likely to be huge, gently: never are all its keys counted at once, as a
 * first piece of the whole has it, while puts wait. Nobody knows how many there are; 'begin' is not
 * called. A small range takes more calls this way, up to some hundreds.
 *
 * request    with a revision, without limit or order
 * first_end  where a page from the start is likely to be filled, as keys that are alike have it; empty: nobody knows,
 *            and all are counted at once that the start does not tell apart
 */
MUST_CHECK bool etcd_range_walk(struct etcd_client *client,
                                const struct etcd_range_request *request, struct bytes first_end,
                                const struct etcd_range_sink *sink, struct error *e);

/* A piece of a range: how many keys it has, and the first of them. */
struct etcd_range_piece {
    const struct etcd_key_value *kvs;
    size_t kv_count;   /* at least one */
    int64_t key_count; /* RANGE_PIECE_KEYS at most */
    struct bytes end;  /* the next piece begins there, or farther on; "\0": there is none */
};

enum { RANGE_PIECE_KEYS = 600 };

/* Valid until it returns. False, with e, ends the survey. */
typedef bool etcd_range_piece_visit(void *context, const struct etcd_range_piece *piece,
                                    struct error *e);

/*
 * How many keys a range has, and where, as gently as a walk, in half of its time: a server looks a key up to tell it,
 * and only counts it where it need not.
 *
 * request, first_end  as of etcd_range_walk
 * visit    is called for each piece with keys, in order
 * e        as etcd_range_walk
 */
MUST_CHECK bool etcd_range_survey(struct etcd_client *client,
                                  const struct etcd_range_request *request, struct bytes first_end,
                                  etcd_range_piece_visit *visit, void *context, struct error *e);

#endif
