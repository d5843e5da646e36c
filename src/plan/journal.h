/*
 * A plan's journal: JSON lines, each appended with one write and synced before the call returns.
 *
 * Every record is an object that begins with "seq" (from 1) and "at", and ends with "crc", the
 * CRC-32C of the line before ',"crc"'. A last line that is cut or damaged is a record whose write
 * never returned, so nothing was done on the strength of it, and it does not count. Damage
 * anywhere else is an error. docs/formats/journal.md describes the records.
 */
#ifndef QUORATE_PLAN_JOURNAL_H
#define QUORATE_PLAN_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"
#include "base/json_writer.h"

/* The version of the records' format, in the first record. */
enum { JOURNAL_FORMAT = 1, JOURNAL_MAX_BYTES = 16 << 20 };

#define JOURNAL_FILE "journal.jsonl"

struct journal {
    int fd;
    const char *path;
    uint64_t next_seq;
    uint64_t size; /* of the whole records */
    bool broken;   /* an append failed: no other is tried */
};

#define JOURNAL_INIT                                                                               \
    {                                                                                              \
        -1, NULL, 1, 0, false                                                                      \
    }
#define AUTO_JOURNAL __attribute__((cleanup(journal_close))) struct journal

void journal_close(struct journal *j);

/* Creates an empty journal that must not exist; the folder is made and synced. */
MUST_CHECK bool journal_create(struct arena *mem, const char *path, struct journal *ret_journal,
                               struct error *e);

struct journal_content {
    ARRAY(const struct json *) records;
    bool torn; /* a last record was dropped */
};

/* e: ERROR_CORRUPT with file and line; ERROR_NOT_FOUND; ERROR_LIMIT over JOURNAL_MAX_BYTES. */
MUST_CHECK bool journal_read(struct arena *mem, const char *path,
                             struct journal_content *ret_content, struct error *e);
/* Opens for appending behind the last whole record; a torn one is cut off. */
MUST_CHECK bool journal_open(struct arena *mem, const char *path, struct journal *ret_journal,
                             struct journal_content *ret_content, struct error *e);

/*
 * Starts a record: "seq", "at" and "type" are written to 'out' through 'w', the caller adds keys of
 * its own and hands it to journal_append, which ends it, writes it and syncs it.
 */
void journal_record_begin(const struct journal *j, struct json_writer *w, struct buf *out,
                          const char *type);
/* After a failure the file is cut back to its whole records and the journal takes no more. */
MUST_CHECK bool journal_append(struct journal *j, struct json_writer *w, struct error *e);

#endif
