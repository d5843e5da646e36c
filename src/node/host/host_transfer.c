/*
 * Files to a host and from it (node/host/host_file.h). What is sent is followed by its SHA-256, which the
 * host compares with that of the temporary file before it renames it: one command, one pass here, and
 * a connection that breaks at any byte leaves the file as it was.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "node/host/host_file.h"
#include "node/host/host_script.h"

enum { EXTENTS_MOST = 1000, RANDOM_BYTES = 6, DIGEST_TEXT = 2 * SHA256_SIZE };

/*
 * $1 the file, $2 its folder, $3 the temporary file, $4 its folder, $5 size, $6 UID:GID or nothing to
 * keep what is there, $7 mode, $8 label or nothing, $9 how many zeros stand behind. head takes no byte more than
 * it is told to.
 */
static const char put_script[] =
    "[ ! -L \"$1\" ] || exit 92\n"
    "[ ! -d \"$1\" ] || exit 91\n"
    "[ -n \"$6\" ] || [ -e \"$1\" ] || exit 96\n"
    "stat -c %d -- \"$2\" \"$4\" >/dev/null || exit 1\n"
    "[ \"$(stat -c %d -- \"$2\")\" = \"$(stat -c %d -- \"$4\")\" ] || exit 93\n"
    "fail() { rm -f -- \"$tmp\"; exit \"$1\"; }\n"
    "tmp=$3; umask 077; set -C\n"
    ": >\"$3\" || exit 1\n"
    "trap 'fail 1' HUP INT TERM\n"
    "head -c \"$5\" >>\"$3\" || fail 1\n"
    "IFS= read -r sum || fail 98\n"
    "[ \"$(stat -c %s -- \"$3\")\" = \"$5\" ] || fail 98\n"
    "head -c \"$9\" /dev/zero >>\"$3\" || fail 1\n"
    "if [ -n \"$6\" ]; then\n"
    "    chown -- \"$6\" \"$3\" && chmod -- \"$7\" \"$3\" || fail 1\n"
    "    [ -z \"$8\" ] || chcon -- \"$8\" \"$3\" || fail 1\n"
    "    want=$6:$7\n"
    "else\n"
    "    cp --attributes-only --preserve=all --no-preserve=timestamps -- \"$1\" \"$3\" || fail 1\n"
    "    want=$(stat -c %u:%g:%a -- \"$1\")\n"
    "fi\n"
    "[ \"$(stat -c %u:%g:%a -- \"$3\")\" = \"$want\" ] || fail 97\n"
    "sync -- \"$3\" || fail 1\n"
    "[ \"$(sha256sum <\"$3\")\" = \"$sum  -\" ] || fail 99\n"
    "mv -f -T -- \"$3\" \"$1\" || fail 1\n"
    "sync -- \"$2\"\n";

static const char *
temporary_path(struct arena *mem, const struct host_file_new *file)
{
    uint8_t random[RANDOM_BYTES];
    char hex[2 * RANDOM_BYTES + 1];
    const char *dir = file->temporary_dir != NULL ? file->temporary_dir : path_dir(mem, file->path);

    random_bytes(random, sizeof(random));
    hex_encode(random, sizeof(random), hex);
    return path_join(mem, dir, arena_printf(mem, ".%s.quorate-%s", path_name(file->path), hex));
}

/* The script removes its file, unless it was killed; where there is no connection, it notices that. */
static void
tidy_up(const struct host *host, const char *temporary, const struct error *failure)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct host_command command = {
        .argv = (const char *const[]){"rm", "-f", "--", temporary, NULL},
        .despite_interrupt = true};
    struct host_result result;
    struct error e = ERROR_INIT;

    if (failure->code != ERROR_CONNECTION && failure->code != ERROR_AUTH)
        (void)!host_run(&tmp, host, &command, &result, &e);
}

/* The script names what failed by the temporary file's name, which tells nobody anything. */
static bool
put(const struct host *host, const struct host_file_new *file, uint64_t size, uint64_t zeros,
    const struct host_command *command, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *temporary = temporary_path(&tmp, file);
    const struct host_file *like = file->like;
    const char *const rest[] = {path_dir(&tmp, file->path),
                                temporary,
                                path_dir(&tmp, temporary),
                                arena_printf(&tmp, "%llu", (unsigned long long)size),
                                like != NULL ? arena_printf(&tmp, "%u:%u", like->uid, like->gid)
                                             : "",
                                like != NULL ? arena_printf(&tmp, "%o", like->mode) : "",
                                like != NULL && like->label != NULL ? like->label : "",
                                arena_printf(&tmp, "%llu", (unsigned long long)zeros),
                                NULL};
    struct host_result result;

    if (!host_path_check(file->path, e) || !host_path_check(temporary, e))
        return false;
    if (host_script(&tmp, host, put_script, file->path, rest, command, &result, e))
        return true;
    tidy_up(host, temporary, e);
    return strstr(e->text, file->path) == NULL ? error_wrap(e, "'%s'", file->path) : false;
}

bool
host_file_replace(const struct host *host, const struct host_file_new *file, struct bytes content,
                  struct error *e)
{
    AUTO_BUF input = BUF_INIT;
    uint8_t digest[SHA256_SIZE];
    char hex[DIGEST_TEXT + 1];
    struct host_command command = {0};

    sha256_of(content, digest);
    hex_encode(digest, sizeof(digest), hex);
    buf_append_bytes(&input, content);
    buf_append_text(&input, hex);
    buf_append_byte(&input, '\n');
    command.input = buf_bytes(&input);
    return put(host, file, content.size, 0, &command, e);
}

/*
 * How many of the next 'size' bytes are a hole at the end, as in a log of which the room is reserved: they are
 * not worth sending. A file system that knows no holes has none.
 */
static uint64_t
zeros_behind(int fd, uint64_t size)
{
    off_t start = lseek(fd, 0, SEEK_CUR);
    off_t end = start, data;
    unsigned extents = 0;
    struct stat st;

    if (start < 0 || fstat(fd, &st) != 0 || (uint64_t)st.st_size < (uint64_t)start + size)
        return 0;
    while (extents++ < EXTENTS_MOST && (data = lseek(fd, end, SEEK_DATA)) >= 0 &&
           (uint64_t)(data - start) < size)
        end = lseek(fd, data, SEEK_HOLE);
    if (lseek(fd, start, SEEK_SET) != start || extents > EXTENTS_MOST || end < start ||
        (uint64_t)(end - start) > size)
        return 0;
    return size - (uint64_t)(end - start);
}

bool
host_file_send(const struct host *host, const struct host_file_new *file, int fd, uint64_t size,
               const char *fd_path, const struct observer *observer, struct error *e)
{
    AUTO_SHA256 digest = sha256_new();
    struct host_stream in = {.fd = fd,
                             .path = fd_path,
                             .size_bytes = size,
                             .digest = digest,
                             .sealed = true,
                             .observer = observer,
                             .what = "sending"};
    struct host_command command = {
        .in = &in, .timeout_ms = HOST_TRANSFER_MS, .stall_ms = HOST_STALL_MS};

    in.zero_bytes = zeros_behind(fd, size);
    in.size_bytes = size - in.zero_bytes;
    return put(host, file, in.size_bytes, in.zero_bytes, &command, e);
}

bool
host_file_fetch(const struct host *host, const char *path, int fd, const char *fd_path,
                const struct observer *observer, struct error *e)
{
    static const char script[] = "[ ! -d \"$1\" ] || exit 91\n"
                                 "cat -- \"$1\" && sha256sum <\"$1\" >&2\n";
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_SHA256 digest = sha256_new();
    struct host_stream out = {
        .fd = fd, .path = fd_path, .digest = digest, .observer = observer, .what = "fetching"};
    struct host_command command = {
        .out = &out, .timeout_ms = HOST_TRANSFER_MS, .stall_ms = HOST_STALL_MS};
    uint8_t ours[SHA256_SIZE];
    char hex[DIGEST_TEXT + 1];
    struct host_file there;
    struct host_result result;

    if (!host_file_look(&tmp, host, path, &there, e))
        return false;
    out.size_bytes = there.size_bytes;
    if (!host_script(&tmp, host, script, path, NULL, &command, &result, e))
        return false;
    sha256_finish(digest, ours);
    hex_encode(ours, sizeof(ours), hex);
    if (!bytes_starts_with(result.err, bytes_of(hex, DIGEST_TEXT)))
        return error_set(e, ERROR_VERIFY,
                         "%s: '%s' changed while it was read, or arrived with another SHA-256",
                         host_name(host), path);
    return true;
}
