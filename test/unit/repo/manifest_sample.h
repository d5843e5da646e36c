/* A manifest with something in every field. */
#ifndef TEST_REPO_MANIFEST_SAMPLE_H
#define TEST_REPO_MANIFEST_SAMPLE_H

#include "repo/manifest.h"

static inline struct backup_manifest
manifest_sample(const char *cluster, const char *label)
{
    static const char *peer_urls[] = {"http://127.0.0.1:2380", "http://127.0.0.2:2380"};
    static const char *client_urls[] = {"http://127.0.0.1:2379"};
    static const char *flags[] = {"--name=m1", "--quota-backend-bytes=1"};
    static const char *alarms[] = {"NOSPACE ffffffffffffffff"};
    static struct backup_member members[2];
    struct backup_manifest m = {
        .format = 1,
        .quorate_version = "0.1.0",
        .cluster = cluster,
        .label = label,
        .created_at_ms = 1795414544000, /* 2026-11-23T06:15:44Z */
        .cluster_id = 0xcdf818194e3a8c32u,
        .members = members,
        .member_count = 2,
        .source_endpoint = "127.0.0.1:2379",
        .source_member_id = UINT64_MAX,
        .server_version = "3.5.16",
        .cluster_version = "3.5.0",
        .storage_version = "",
        .raft_index = 9223372036854775809u,
        .raft_term = 3,
        .file = "snapshot.db",
        .size_bytes = 20480,
        .sha256 = {0xab, 0xcd, [31] = 0xef},
        .page_size_bytes = 4096,
        .revision = 20001,
        .compact_revision = -1,
        .hash_kv = UINT32_MAX,
        .status_hash = 7,
        .key_count = 20000,
        .row_count = 20001,
        .alarms = alarms,
        .alarm_count = 1,
        .proof = BACKUP_PROOF_NOT_COMPARABLE,
        .proof_note = "compacted <meanwhile>",
        .stream_ms = 12,
        .proof_ms = 34,
    };

    members[0] = (struct backup_member){
        .id = UINT64_MAX,
        .name = "m\"1",
        .version = "3.5.16",
        .peer_urls = peer_urls,
        .peer_url_count = 2,
        .client_urls = client_urls,
        .client_url_count = 1,
        .flags = flags,
        .flag_count = 2,
    };
    members[1] = (struct backup_member){
        .id = 5,
        .name = "",
        .version = "",
        .is_learner = true,
        .peer_urls = peer_urls,
        .peer_url_count = 1,
    };
    return m;
}

#endif
