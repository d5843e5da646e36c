#include "node/host/host_reach.h"

#include <string.h>

#include "node/host/host_script.h"

/* $2 ...: name and port of each target. A line for each: how it ended, addresses, what was said. */
static const char reach_script[] =
    "seconds=$2; shift 2\n"
    "tool=$(command -v bash || command -v nc) || { echo 'bash: No such file or directory' >&2; "
    "exit "
    "1; }\n"
    "while [ $# -gt 0 ]; do\n"
    "    addresses=$(getent ahosts \"$1\" | cut -d' ' -f1 | sort -u | tr '\\n' ' ')\n"
    "    said= code=0\n"
    "    if [ -z \"$addresses\" ]; then\n"
    "        how=unresolved\n"
    "    else\n"
    "        case $tool in\n"
    "            *bash) said=$(timeout \"$seconds\" bash -c 'exec 3<>\"/dev/tcp/$0/$1\"' \"$1\" "
    "\"$2\" "
    "2>&1) || code=$? ;;\n"
    "            *) said=$(timeout \"$seconds\" nc -v -z \"$1\" \"$2\" 2>&1) || code=$? ;;\n"
    "        esac\n"
    "        case $code,$said in\n"
    "            0,*) how=open ;;\n"
    "            124,*) how=silent ;;\n"
    "            *refused*) how=refused ;;\n"
    "            *) how=failed ;;\n"
    "        esac\n"
    "    fi\n"
    "    printf '%s\\t%s\\t%s\\n' \"$how\" \"$addresses\" \"$(printf %s \"$said\" | tr '\\n\\t' '  "
    "')\"\n"
    "    shift 2\n"
    "done\n";

static bool
reached_read(const char *word, enum host_reached *ret_reached)
{
    static const char *const words[] = {
        [REACHED_OPEN] = "open",     [REACHED_REFUSED] = "refused",
        [REACHED_SILENT] = "silent", [REACHED_UNRESOLVED] = "unresolved",
        [REACHED_FAILED] = "failed",
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], word) == 0) {
            *ret_reached = (enum host_reached)i;
            return true;
        }
    }
    return false;
}

/* Cuts the text at the first 'end' and returns what is behind it; NULL when there is none. */
static char *
cut(char *text, char end)
{
    char *at = strchr(text, end);

    if (at == NULL)
        return NULL;
    *at = '\0';
    return at + 1;
}

bool
host_reach_probe(struct arena *mem, const struct host *host, struct host_reach *targets,
                 size_t count, struct error *e)
{
    const struct host_command command = {.as_login_user = true};
    ARRAY(const char *) words = ARRAY_INIT;
    struct host_result result = {0};
    char *at;

    *ARRAY_PUSH(mem, &words) = arena_printf(mem, "%d", HOST_REACH_S);
    for (size_t i = 0; i < count; i++) {
        *ARRAY_PUSH(mem, &words) = targets[i].name;
        *ARRAY_PUSH(mem, &words) = targets[i].port;
    }
    *ARRAY_PUSH(mem, &words) = NULL;
    if (!host_script(mem, host, reach_script, "/", words.items, &command, &result, e))
        return false;
    at = arena_text_of_bytes(mem, result.out);
    for (size_t i = 0; i < count; i++) {
        char *addresses = at != NULL ? cut(at, '\t') : NULL;
        char *said = addresses != NULL ? cut(addresses, '\t') : NULL;
        char *next = said != NULL ? cut(said, '\n') : NULL;

        if (next == NULL || !reached_read(at, &targets[i].reached))
            return error_set(e, ERROR_FORMAT, "%s: the probe of '%s' printed '%s'", host_name(host),
                             targets[i].name, (const char *)result.out.data);
        targets[i].addresses = addresses;
        targets[i].said = said;
        at = next;
    }
    return true;
}

bool
host_addresses(struct arena *mem, const struct host *host, const char **ret_addresses,
               struct error *e)
{
    static const char *const argv[] = {"hostname", "-I", NULL};
    const struct host_command command = {.argv = argv, .as_login_user = true};
    struct host_result result;

    if (!host_run_well(mem, host, &command, &result, e))
        return false;
    *ret_addresses = arena_text_of_bytes(mem, result.out);
    return true;
}

/* Runs a script with names as its arguments from $2 on, and returns what it prints as one line. */
static bool
names_ask(struct arena *mem, const struct host *host, const char *script, const char *const *names,
          size_t count, const char **ret_text, struct error *e)
{
    const struct host_command command = {.as_login_user = true};
    ARRAY(const char *) words = ARRAY_INIT;
    struct host_result result;
    char *text;

    for (size_t i = 0; i < count; i++)
        *ARRAY_PUSH(mem, &words) = names[i];
    *ARRAY_PUSH(mem, &words) = NULL;
    if (!host_script(mem, host, script, "/", words.items, &command, &result, e))
        return false;
    text = arena_text_of_bytes(mem, result.out);
    for (char *at = text; (at = strchr(at, '\n')) != NULL;)
        *at = ' ';
    *ret_text = text;
    return true;
}

bool
host_source_addresses(struct arena *mem, const struct host *host, const char *const *names,
                      size_t count, const char **ret_addresses, struct error *e)
{
    static const char script[] =
        "shift; for name; do\n"
        "    to=$(getent ahosts \"$name\" | cut -d' ' -f1 | head -n 1)\n"
        "    [ -z \"$to\" ] || ip -o route get \"$to\" 2>&1 || [ $? != 127 ] || exit 1\n"
        "done | sed -n 's/.* src \\([^ ]*\\).*/\\1/p' | sort -u\n";

    return names_ask(mem, host, script, names, count, ret_addresses, e);
}

bool
host_name_addresses(struct arena *mem, const struct host *host, const char *const *names,
                    size_t count, const char **ret_addresses, struct error *e)
{
    static const char script[] =
        "shift; for name; do getent ahosts \"$name\"; done | cut -d' ' -f1 | sort -u\n";

    return names_ask(mem, host, script, names, count, ret_addresses, e);
}

bool
address_list_has(const char *addresses, const char *address)
{
    size_t size = strlen(address);

    for (const char *at = addresses; *at != '\0';) {
        size_t word = strcspn(at, " \n");

        if (word == size && strncmp(at, address, size) == 0)
            return true;
        at += word;
        at += strspn(at, " \n");
    }
    return false;
}
