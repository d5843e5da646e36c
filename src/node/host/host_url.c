#include "node/host/host_url.h"

#include <string.h>

#include "base/number.h"

#define SSH_SCHEME "ssh://"

/* ssh takes its configuration's names; but nothing that it, or a proxy command's shell, could take for
 * more than a name. */
static bool
is_name(const char *text, const char *also)
{
    if (text[0] == '\0' || text[0] == '-')
        return false;
    for (const char *at = text; *at != '\0'; at++) {
        bool alphanumeric =
            (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');

        if (!alphanumeric && strchr(also, *at) == NULL)
            return false;
    }
    return true;
}

static bool
port_check(const char *url, const char *port, struct error *e)
{
    struct error number = ERROR_INIT;
    uint32_t value;

    if (!number_parse_u32(port, &value, &number) || value == 0 || value > UINT16_MAX)
        return error_set(e, ERROR_USAGE, "'%s': '%s' is no port", url, port);
    return true;
}

/* "HOST", "HOST:PORT", "[ADDRESS]", "[ADDRESS]:PORT"; 'place' is cut up. */
static bool
place_split(const char *url, char *place, struct host_url *ret_url, struct error *e)
{
    char *colon = strrchr(place, ':');
    char *close = strchr(place, ']');

    if (place[0] == '[') {
        if (close == NULL || (close[1] != '\0' && close[1] != ':'))
            return error_set(e, ERROR_USAGE, "'%s': no ']' behind the address", url);
        colon = close[1] == ':' ? close + 1 : NULL;
        *close = '\0';
        place++;
    } else if (colon != strchr(place, ':')) {
        return error_set(e, ERROR_USAGE, "'%s': an IPv6 address stands in brackets", url);
    }
    if (colon != NULL) {
        *colon = '\0';
        ret_url->port = colon + 1;
    }
    ret_url->host = place;
    return ret_url->port == NULL || port_check(url, ret_url->port, e);
}

bool
host_url_parse(struct arena *mem, const char *url, struct host_url *ret_url, struct error *e)
{
    struct host_url parts = {0};
    char *place;
    char *at;

    if (strcmp(url, "local:") == 0) {
        *ret_url = (struct host_url){.is_local = true, .host = "local"};
        return true;
    }
    if (strncmp(url, SSH_SCHEME, strlen(SSH_SCHEME)) != 0)
        return error_set(e, ERROR_USAGE, "'%s' is neither local: nor ssh://[USER@]HOST[:PORT]",
                         url);
    place = arena_text(mem, url + strlen(SSH_SCHEME));
    if (place[0] != '\0' && place[strlen(place) - 1] == '/')
        place[strlen(place) - 1] = '\0';
    at = strrchr(place, '@');
    if (at != NULL) {
        *at = '\0';
        parts.user = place;
        place = at + 1;
    }
    /* Not quoted: it would show the password. */
    if (parts.user != NULL && strchr(parts.user, ':') != NULL)
        return error_set(e, ERROR_USAGE,
                         "a password does not belong into a host's URL: ssh takes keys");
    if (parts.user != NULL && !is_name(parts.user, "._-@\\+$"))
        return error_set(e, ERROR_USAGE, "'%s': '%s' is no user's name", url, parts.user);
    if (!place_split(url, place, &parts, e))
        return false;
    if (!is_name(parts.host, "._-:%"))
        return error_set(e, ERROR_USAGE, "'%s': '%s' is no host's name", url, parts.host);
    *ret_url = parts;
    return true;
}
