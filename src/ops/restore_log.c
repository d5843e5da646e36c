/* Record for record what etcdutl 3.5 writes, so that every release has seen such files before. */
#include "ops/restore_log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/io.h"
#include "format/raft/raft.h"
#include "format/raft/raft_snap.h"
#include "format/v2_store.h"
#include "format/wal/wal_reader.h"
#include "format/wal/wal_writer.h"
#include "ops/restore_database.h"

enum { TERM = 1, SNAP_MODE = 0666, WAL_DIR_MODE = 0700 };

static void
metadata_append(struct wal_writer *writer, struct buf *scratch, uint64_t member_id,
                uint64_t cluster_id)
{
    buf_clear(scratch);
    wal_metadata_encode(scratch,
                        &(struct wal_metadata){.node_id = member_id, .cluster_id = cluster_id});
    wal_writer_append(writer, WAL_METADATA, buf_bytes(scratch));
}

static void
snapshot_append(struct wal_writer *writer, struct buf *scratch, const struct wal_snapshot *snapshot)
{
    buf_clear(scratch);
    wal_snapshot_encode(scratch, snapshot);
    wal_writer_append(writer, WAL_SNAPSHOT, buf_bytes(scratch));
}

static void
member_append(struct wal_writer *writer, struct buf *scratch, const struct initial_member *member,
              uint64_t index)
{
    AUTO_BUF context = BUF_INIT;
    AUTO_BUF change = BUF_INIT;

    restore_member_encode(&context, member);
    raft_conf_change_encode(&change, &(struct raft_conf_change){.type = RAFT_ADD_NODE,
                                                                .node_id = member->id,
                                                                .context = buf_bytes(&context)});
    buf_clear(scratch);
    raft_entry_encode(scratch, &(struct raft_entry){.type = RAFT_ENTRY_CONF_CHANGE,
                                                    .term = TERM,
                                                    .index = index,
                                                    .data = buf_bytes(&change)});
    wal_writer_append(writer, WAL_ENTRY, buf_bytes(scratch));
}

static struct raft_conf_state
conf_state_of(struct arena *mem, const struct initial_cluster *cluster)
{
    uint64_t *ids = arena_alloc(mem, cluster->count * sizeof(*ids));

    for (size_t i = 0; i < cluster->count; i++)
        ids[i] = cluster->members[i].id;
    return (struct raft_conf_state){.voters = {ids, cluster->count}};
}

static void
records_append(struct wal_writer *writer, const struct initial_cluster *cluster, uint64_t member_id)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF scratch = BUF_INIT;
    const struct raft_hard_state state = {
        .term = TERM, .vote = cluster->members[0].id, .commit = cluster->count};

    metadata_append(writer, &scratch, member_id, cluster->cluster_id);
    snapshot_append(writer, &scratch, &(struct wal_snapshot){.index = 0});
    for (size_t i = 0; i < cluster->count; i++)
        member_append(writer, &scratch, &cluster->members[i], i + 1);
    buf_clear(&scratch);
    raft_hard_state_encode(&scratch, &state);
    wal_writer_append(writer, WAL_STATE, buf_bytes(&scratch));
    snapshot_append(writer, &scratch,
                    &(struct wal_snapshot){.index = cluster->count,
                                           .term = TERM,
                                           .has_conf_state = true,
                                           .conf_state = conf_state_of(&tmp, cluster)});
}

static bool
segment_write(const char *path, const struct initial_cluster *cluster, uint64_t member_id,
              struct error *e)
{
    AUTO_WAL_WRITER writer = WAL_WRITER_INIT;

    if (!wal_writer_create(path, 0, &writer, e))
        return false;
    records_append(&writer, cluster, member_id);
    return wal_writer_finish(&writer, e);
}

bool
restore_wal_write(const char *wal_dir, const struct initial_cluster *cluster, uint64_t member_id,
                  struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *temporary = arena_printf(&tmp, "%s.tmp", wal_dir);
    const char *path = path_join(&tmp, temporary, wal_segment_name(&tmp, 0, 0));
    struct error ignored = ERROR_INIT;

    if (mkdir(temporary, WAL_DIR_MODE) != 0)
        return error_set_errno(e, errno, "'%s'", temporary);
    if (segment_write(path, cluster, member_id, e) && dir_sync(temporary, e) &&
        file_rename_new(temporary, wal_dir, e))
        return true;
    (void)!tree_remove(temporary, &ignored);
    return false;
}

bool
restore_snap_write(const char *snap_dir, const struct initial_cluster *cluster, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF store = BUF_INIT;
    AUTO_BUF file = BUF_INIT;
    AUTO_FD fd = -1;
    const char *path = path_join(&tmp, snap_dir, raft_snap_name(&tmp, TERM, cluster->count));

    v2_store_encode(&store, cluster);
    raft_snap_encode(&file, buf_bytes(&store),
                     &(struct raft_snapshot_metadata){.index = cluster->count,
                                                      .term = TERM,
                                                      .conf_state = conf_state_of(&tmp, cluster)});
    /* 0666 less the umask, as etcd's own .snap files. */
    return file_open(path, O_WRONLY | O_CREAT | O_EXCL, SNAP_MODE, &fd, e) &&
           fd_write_all(fd, path, file.data, file.size, e) && file_sync(fd, path, e) &&
           dir_sync(snap_dir, e);
}
