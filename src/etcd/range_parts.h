/*
 * A range, divided: which part of it is to be asked for next. No network here: who asks tells what
 * was answered.
 *
 * For each answer etcd counts all keys up to range_end, whatever the limit (3.4 to 3.7:
 * treeIndex.Revisions in server/storage/mvcc/index.go), and puts wait meanwhile. So a page that
 * begins far in front of its range_end is dear, and one that reaches no key is cheap. The range is a
 * list in the order of its keys: pages that were asked for, and parts that still wait. Of each part
 * it is known how many keys are in it at most, since answers tell how many they counted:
 *
 *   - a part without keys is left out, one that fits into a page is asked for whole;
 *   - of others a page takes as wide a piece as the keys in front of it make it likely to be filled;
 *   - what a page was too small for becomes a part of its own, up to the end of the directory in
 *     which it ended (its last '/'), and another one behind that;
 *   - behind a directory, and where next to nothing was found, one page at a time goes first to the
 *     same name in the directory that follows (team-1, team-2), then farther by and by. In a part of
 *     few keys it goes to the end instead. A range of which it is told where the first page may end
 *     begins like that, too.
 *
 * A survey only wants to know how many keys there are where: a page stands for all that were counted in it, of which a
 * few are told. One in which too many were counted is divided behind those that it told; the next one tells all of its
 * own, so that it is known how dense they are.
 */
#ifndef QUORATE_ETCD_RANGE_PARTS_H
#define QUORATE_ETCD_RANGE_PARTS_H

#include "base/buf.h"
#include "etcd/key_step.h"
#include "etcd/message/kv_message.h"

/*
 * What a page is to hold: enough that its round trip does not matter, little enough that some of them, decoded, are
 * small. Half of that lets other clients of a member in between more often, and takes 90 MiB less of its memory, for
 * a tenth more of the time (680,000 keys of 1 GB, etcd 3.5.30).
 */
enum { RANGE_PAGE_BYTES = 2 << 20, RANGE_GENTLE_PAGE_BYTES = 1 << 20 };

#define RANGE_KEYS_UNKNOWN INT64_MAX

/* What is known of a range before it is read, and how it is to be divided. */
struct range_ahead {
    int64_t most_keys; /* that are in it; RANGE_KEYS_UNKNOWN */
    /* Keys in front of it, as the server answered them: how dense they are, and how large. May be none. */
    const struct etcd_key_value *seen;
    size_t seen_count;
    /* Where a page from the start is likely to be filled, as keys that are alike have it. Empty: nobody knows. */
    struct bytes first_end;
    size_t page_bytes;
    int64_t
        piece_keys; /* 0: all keys are wanted; else of a survey: what a page stands for at most */
};

struct range_page;

/* A page when it was asked for, otherwise a part that waits. */
struct range_part {
    struct range_part *before;
    struct range_part *behind;
    struct arena mem; /* holds the part, its 'end' and what its owner puts there */
    struct buf start; /* a part's moves on with each page that is cut from it */
    struct bytes end;

    /* Of a part. */
    int64_t most_keys;
    struct range_part *around; /* its 'most_keys' counts ours, too; behind us, or NULL */
    struct key_width width;    /* of the next page */
    struct buf seen;           /* the last key in front of it that is known; empty: none */
    unsigned gap;              /* pages in which next to nothing was found */
    bool probing;              /* a page of this gap is under way */
    bool sure;  /* of a survey: the page in front held no more than it was expected to */
    bool asked; /* to its end */

    /* Of a page. */
    bool is_page;
    int64_t limit;
    int64_t holds;           /* when it was answered: keys that it stands for */
    struct range_part *from; /* behind it; lives as long as it */
    struct range_page *page; /* its owner's */
};

struct range_parts {
    struct range_part *first;
    struct range_part *last;
    struct key_digits digits;
    size_t page_bytes;
    int64_t piece_keys;   /* of a survey; 0: it is none */
    int64_t page_keys;    /* so many make a page */
    size_t prefix;        /* of all keys; the byte behind it is gone through one by one. 0: none */
    struct buf directory; /* the one that 'page_end' was learned in */
    struct buf page_end;  /* where the first page ends in a directory: a name */
    struct buf first_end; /* where the very first page is to end; empty when it was asked for */
};

void range_parts_begin(struct range_parts *p, struct bytes start, struct bytes end,
                       const struct range_ahead *ahead);
void range_parts_end(struct range_parts *p);

/* Cuts the next page: 'start', 'end' and 'limit' are to be asked for. NULL: nothing, before one of
 * those under way is answered. */
struct range_part *range_parts_cut(struct range_parts *p);
/* Tells what a page, asked for once or more often, was answered in the end; count: keys between its
 * start and its end. */
void range_parts_answered(struct range_parts *p, struct range_part *page,
                          const struct etcd_key_value *kvs, size_t kv_count, int64_t count);
/* The page that comes first; NULL: it is still to be cut, or the range is at its end. */
struct range_part *range_parts_first(struct range_parts *p);
/* Takes the first page, which was answered, off the list; it is the caller's. */
void range_parts_take(struct range_parts *p, struct range_part *page);
void range_part_free(struct range_part *part);

#endif
