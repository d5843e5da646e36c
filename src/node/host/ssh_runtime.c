#include "node/host/ssh_runtime.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/hash.h"
#include "base/io.h"

enum { NAME_SIZE = 8, TEMPORARY_SIZE = 17 };

static const char *
default_dir(struct arena *mem)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");

    if (runtime != NULL && runtime[0] == '/' && path_exists(runtime))
        return path_join(mem, runtime, "quorate");
    return arena_printf(mem, "/tmp/quorate-%u", (unsigned)geteuid());
}

static bool
dir_is_ours(const char *dir, struct error *e)
{
    struct stat found;

    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return error_set_errno(e, errno, "'%s'", dir);
    if (lstat(dir, &found) != 0)
        return error_set_errno(e, errno, "'%s'", dir);
    if (S_ISDIR(found.st_mode) && found.st_uid == geteuid() && (found.st_mode & 077) == 0)
        return true;
    error_set_(e, ERROR_PERMISSION, 0,
               "'%s', for the sockets of ssh, is not a folder of ours alone", dir);
    return error_hint(e, "remove it, or 'chmod 700 %s' if it is yours", dir);
}

/* ssh expands '%' and '${' in it, and splits at blanks. */
static bool
is_plain(const char *path)
{
    for (const char *at = path; *at != '\0'; at++) {
        if (strchr("%$\"'\\ \t\n", *at) != NULL)
            return false;
    }
    return true;
}

bool
ssh_runtime_socket(struct arena *mem, const char *dir, const char *url, const char *config,
                   const char **ret_socket, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct sockaddr_un *address = NULL;
    const char *whole = arena_printf(&tmp, "%s\n%s", url, config != NULL ? config : "");
    uint8_t digest[SHA256_SIZE];
    char name[2 * NAME_SIZE + 1];

    if (dir == NULL)
        dir = default_dir(mem);
    if (!dir_is_ours(dir, e))
        return false;
    sha256_of(bytes_of_text(whole), digest);
    hex_encode(digest, NAME_SIZE, name);
    *ret_socket = arena_printf(mem, "%s/%s", dir, name);
    if (!is_plain(dir) || strlen(*ret_socket) + TEMPORARY_SIZE >= sizeof(address->sun_path))
        *ret_socket = NULL;
    return true;
}
