/* What can be said about a restore before a byte of the snapshot is read. */
#include "ops/restore.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/io.h"
#include "format/db_snapshot.h"
#include "ops/restore_leftovers.h"
#include "ops/restore_site.h"

enum { TOKEN_RANDOM_BYTES = 16 };

const char *
restore_fresh_token(struct arena *mem)
{
    uint8_t random[TOKEN_RANDOM_BYTES];
    char hex[2 * TOKEN_RANDOM_BYTES + 1];

    random_bytes(random, sizeof(random));
    hex_encode(random, sizeof(random), hex);
    return arena_printf(mem, "quorate-%s", hex);
}

bool
restore_shared_token(struct arena *mem, const char *snapshot_path,
                     const struct initial_cluster *cluster, const char **ret_token, struct error *e)
{
    AUTO_FD fd = -1;
    AUTO_BUF seed = BUF_INIT;
    uint8_t digest[SHA256_SIZE];
    char hex[2 * TOKEN_RANDOM_BYTES + 1];
    uint64_t size;

    if (!file_open(snapshot_path, O_RDONLY, 0, &fd, e) || !file_size(fd, snapshot_path, &size, e))
        return false;
    if (!db_snapshot_has_trailer(size)) {
        (void)error_set(e, ERROR_USAGE, "'%s' has no digest to make a token of", snapshot_path);
        return error_hint(e, "name one with --initial-cluster-token, the same for each member");
    }
    if (!fd_pread_all(fd, snapshot_path, buf_reserve(&seed, DB_SNAPSHOT_TRAILER_SIZE),
                      DB_SNAPSHOT_TRAILER_SIZE, size - DB_SNAPSHOT_TRAILER_SIZE, e))
        return false;
    seed.size += DB_SNAPSHOT_TRAILER_SIZE;
    buf_append_text(&seed, initial_cluster_text(mem, cluster));
    sha256_of(buf_bytes(&seed), digest);
    hex_encode(digest, TOKEN_RANDOM_BYTES, hex);
    *ret_token = arena_printf(mem, "quorate-%s", hex);
    return true;
}

static bool
name_is_directory_name(const char *name)
{
    return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           strchr(name, '/') == NULL;
}

bool
restore_targets_all(struct arena *mem, const struct initial_cluster *cluster,
                    const char *output_dir, struct restore_target **ret_targets, struct error *e)
{
    struct restore_target *targets = arena_zero(mem, cluster->count * sizeof(*targets));

    for (size_t i = 0; i < cluster->count; i++) {
        const char *name = cluster->members[i].name;

        if (!name_is_directory_name(name)) {
            (void)error_set(e, ERROR_USAGE, "member name \"%s\" cannot be a directory's name",
                            name);
            return error_hint(e, "restore its directory alone, with --name and --data-dir");
        }
        targets[i].name = name;
        targets[i].data_dir = path_join(mem, output_dir, name);
    }
    *ret_targets = targets;
    return true;
}

bool
restore_bump_check(const struct restore_request *request, struct error *e)
{
    return (request->bump_revision > 0) == request->mark_compacted ||
           error_set(e, ERROR_USAGE, "--mark-compacted required if --revision-bump > 0");
}

static bool
flags_check(const struct restore_request *request, struct error *e)
{
    if (!restore_bump_check(request, e))
        return false;
    if (request->target_count == 0)
        return error_set(e, ERROR_USAGE, "no member to restore");
    return true;
}

/* The address that a host name stands for, as "ADDRESS:PORT"; an address is itself, and etcd leaves
 * "localhost" alone. */
static const char *
url_resolve(struct arena *mem, const char *url)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    char address[INET6_ADDRSTRLEN + 32];
    const char *host;
    const char *port;
    const char *resolved = url;

    if (!peer_url_host_port(mem, url, &host, &port) || strcmp(host, "localhost") == 0)
        return url;
    if (getaddrinfo(host, NULL, &hints, &found) != 0)
        return url;
    if (getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof(address), NULL, 0,
                    NI_NUMERICHOST) == 0) {
        size_t scheme = strcspn(url, ":");
        resolved = arena_printf(mem, "%.*s://%s:%s", (int)scheme, url, address, port);
    }
    freeaddrinfo(found);
    return resolved;
}

static int
text_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct peer_urls
urls_resolve(struct arena *mem, const struct peer_urls *urls)
{
    const char **items = arena_alloc(mem, urls->count * sizeof(*items));

    for (size_t i = 0; i < urls->count; i++)
        items[i] = url_resolve(mem, urls->items[i]);
    qsort(items, urls->count, sizeof(*items), text_compare);
    return (struct peer_urls){items, urls->count};
}

/* Equal text is enough; names are looked up only when it is not. */
static bool
advertised_check(const struct initial_member *member, const struct peer_urls *advertised,
                 struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct peer_urls left;
    struct peer_urls right;

    if (initial_member_check_advertised(member, advertised, e))
        return true;
    left = urls_resolve(&tmp, &member->urls);
    right = urls_resolve(&tmp, advertised);
    if (!peer_urls_equal(&left, &right))
        return false;
    error_clear(e);
    return true;
}

static bool
names_check(const struct restore_request *request, const struct initial_cluster *cluster,
            struct error *e)
{
    const struct initial_member *member;

    for (size_t i = 0; i < request->target_count; i++) {
        if (!initial_cluster_require(cluster, request->targets[i].name, &member, e))
            return false;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(request->targets[k].name, request->targets[i].name) == 0)
                return error_set(e, ERROR_USAGE, "member '%s' is to be restored twice",
                                 member->name);
        }
    }
    if (request->advertised.count == 0)
        return true;
    if (request->target_count != 1)
        return error_set(e, ERROR_USAGE,
                         "--initial-advertise-peer-urls is for the restore of one member");
    return initial_cluster_require(cluster, request->targets[0].name, &member, e) &&
           advertised_check(member, &request->advertised, e);
}

bool
restore_target_check(const struct restore_target *target, struct error *e)
{
    struct error why = ERROR_INIT;
    bool empty = false;

    if (!restore_place_is_free(target->data_dir, &empty, &why) || !empty) {
        (void)error_set(e, why.code == ERROR_PERMISSION ? ERROR_PERMISSION : ERROR_EXISTS,
                        "data-dir \"%s\" not empty or could not be read", target->data_dir);
        return why.code != ERROR_PERMISSION &&
               error_hint(e, "move the old directory aside, or name another one");
    }
    if (target->wal_dir != NULL && path_exists(target->wal_dir)) {
        (void)error_set(e, ERROR_EXISTS, "wal-dir \"%s\" exists", target->wal_dir);
        return error_hint(e, "move the old directory aside, or name another one");
    }
    return true;
}

/* Whether 'inner' is 'outer' or below it; both absolute. */
static bool
path_is_within(const char *outer, const char *inner)
{
    size_t size = strlen(outer);

    return strncmp(outer, inner, size) == 0 && (inner[size] == '\0' || inner[size] == '/');
}

struct place {
    const char *path; /* absolute */
    size_t target;
    bool is_wal;
};

static bool
overlap_check(const struct place *places, size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            /* A log inside its own data directory is what many do. */
            if (i == k || (places[i].target == places[k].target && places[k].is_wal &&
                           strcmp(places[i].path, places[k].path) != 0))
                continue;
            if (path_is_within(places[i].path, places[k].path))
                return error_set(e, ERROR_USAGE, "directories '%s' and '%s' overlap",
                                 places[i].path, places[k].path);
        }
    }
    return true;
}

static bool
targets_check(const struct restore_request *request, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    ARRAY(struct place) places = ARRAY_INIT;

    for (size_t i = 0; i < request->target_count; i++) {
        const struct restore_target *target = &request->targets[i];
        struct place *place;

        if (!restore_target_check(target, e))
            return false;
        place = ARRAY_PUSH(&tmp, &places);
        place->target = i;
        if (!path_absolute(&tmp, restore_path_trim(&tmp, target->data_dir), &place->path, e))
            return false;
        if (target->wal_dir == NULL)
            continue;
        place = ARRAY_PUSH(&tmp, &places);
        *place = (struct place){.target = i, .is_wal = true};
        if (!path_absolute(&tmp, restore_path_trim(&tmp, target->wal_dir), &place->path, e))
            return false;
    }
    return overlap_check(places.items, places.count, e);
}

bool
restore_request_check(struct arena *mem, const struct restore_request *request, const char *token,
                      struct initial_cluster *ret_cluster, struct error *e)
{
    size_t size = request->cluster.count * sizeof(*request->cluster.members);
    struct initial_cluster cluster = request->cluster;

    cluster.members = arena_alloc(mem, size);
    if (size > 0)
        memcpy(cluster.members, request->cluster.members, size);
    if (!flags_check(request, e) || !names_check(request, &cluster, e) ||
        !initial_cluster_identify(&cluster, token, e) || !targets_check(request, e))
        return false;
    *ret_cluster = cluster;
    return true;
}
