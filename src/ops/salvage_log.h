/*
 * What a damaged member's log adds to its rescued database: the committed entries behind the consistent
 * index, up to the log's own damage.
 *
 * They can be added only where the database's newest revisions are known to be there: an entry does
 * not say its revision, it takes the next one.
 */
#ifndef QUORATE_OPS_SALVAGE_LOG_H
#define QUORATE_OPS_SALVAGE_LOG_H

#include "format/backend/backend_rescue.h"
#include "format/data_dir.h"
#include "format/wal/wal_damage.h"

struct salvage_log {
    bool applied;
    const char *why_not;      /* when it was not */
    uint64_t entries;         /* that changed keys */
    uint64_t rows;            /* that they added */
    uint64_t undecided;       /* entries that are not known to be committed, left out */
    struct wal_damage damage; /* of the log; what stands behind it is not read */
};

/*
 * Adds the log's rows to what was rescued.
 *
 * db_path         what was rescued, written as a database.
 * take_undecided  entries that are not known to be committed are taken, too.
 * e               ERROR_NO_SPACE, ERROR_IO. That nothing could be added is no error: why_not.
 * Memory          texts and rows in mem.
 */
MUST_CHECK bool salvage_log_apply(struct arena *mem, const struct data_dir *dir,
                                  const char *db_path, struct backend_rescue *rescue,
                                  bool take_undecided, struct salvage_log *ret_log,
                                  struct error *e);

#endif
