/*
 * Go's url.Parse in the part that decides whether a peer URL is taken, and etcd's rules on top. The
 * accepted text is kept as it is (only the scheme goes to lower case): member ids are made of it.
 */
#include "format/peer_urls.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"

/* A text with its end: pieces of a URL. */
struct span {
    const char *at;
    size_t size;
};

struct url_parts {
    struct span scheme;
    struct span rest; /* behind "scheme:", up to '?' or '#' */
    struct span host; /* host:port; without user information */
    struct span path;
};

static struct span
span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

static bool
span_find(struct span s, char wanted, size_t *ret_at)
{
    const char *found = s.size == 0 ? NULL : memchr(s.at, wanted, s.size);

    if (found == NULL)
        return false;
    *ret_at = (size_t)(found - s.at);
    return true;
}

static bool
span_find_last(struct span s, char wanted, size_t *ret_at)
{
    for (size_t i = s.size; i > 0; i--) {
        if (s.at[i - 1] == wanted) {
            *ret_at = i - 1;
            return true;
        }
    }
    return false;
}

static struct span
span_from(struct span s, size_t start)
{
    return (struct span){s.at + start, s.size - start};
}

static struct span
span_trim(struct span s)
{
    while (s.size > 0 && isspace((unsigned char)s.at[0]))
        s = span_from(s, 1);
    while (s.size > 0 && isspace((unsigned char)s.at[s.size - 1]))
        s.size--;
    return s;
}

/* Go's %q for the bytes that occur in what people type. */
static const char *
go_quote(struct arena *mem, struct span s)
{
    AUTO_BUF out = BUF_INIT;

    buf_append_byte(&out, '"');
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.at[i];

        if (c == '"' || c == '\\')
            buf_printf(&out, "\\%c", c);
        else if (c == '\n')
            buf_append_text(&out, "\\n");
        else if (c == '\t')
            buf_append_text(&out, "\\t");
        else if (c < 0x20 || c == 0x7f)
            buf_printf(&out, "\\x%02x", c);
        else
            buf_append_byte(&out, c);
    }
    buf_append_byte(&out, '"');
    return arena_text(mem, buf_text(&out));
}

/* The scheme in front of a colon, if there is one. ":x" has a colon and no scheme: an error. */
static bool
scheme_split(struct span url, struct url_parts *parts, const char **ret_problem)
{
    parts->scheme = (struct span){url.at, 0};
    parts->rest = url;
    for (size_t i = 0; i < url.size; i++) {
        unsigned char c = (unsigned char)url.at[i];

        if (isalpha(c) || (i > 0 && (isdigit(c) || c == '+' || c == '-' || c == '.')))
            continue;
        if (c != ':')
            return true;
        if (i == 0) {
            *ret_problem = "missing protocol scheme";
            return false;
        }
        parts->scheme.size = i;
        parts->rest = span_from(url, i + 1);
        return true;
    }
    return true;
}

/* Percent signs must begin an escape; a host may not have any. */
static bool
escapes_check(struct arena *mem, struct span s, bool allowed, const char **ret_problem)
{
    for (size_t i = 0; i < s.size; i++) {
        struct span escape = {s.at + i, s.size - i < 3 ? s.size - i : 3};

        if (s.at[i] != '%')
            continue;
        if (allowed && escape.size == 3 && isxdigit((unsigned char)s.at[i + 1]) &&
            isxdigit((unsigned char)s.at[i + 2]))
            continue;
        *ret_problem = arena_printf(mem, "invalid URL escape %s", go_quote(mem, escape));
        return false;
    }
    return true;
}

static bool
port_check(struct arena *mem, struct span colon_port, const char **ret_problem)
{
    bool ok = colon_port.size == 0 || colon_port.at[0] == ':';

    for (size_t i = 1; i < colon_port.size; i++)
        ok = ok && isdigit((unsigned char)colon_port.at[i]);
    if (!ok)
        *ret_problem = arena_printf(mem, "invalid port %s after host", go_quote(mem, colon_port));
    return ok;
}

static bool
host_check(struct arena *mem, struct span host, const char **ret_problem)
{
    struct span name = host;
    size_t at;

    if (host.size > 0 && host.at[0] == '[') {
        if (!span_find_last(host, ']', &at)) {
            *ret_problem = "missing ']' in host";
            return false;
        }
        /* Inside the brackets "%25" begins the zone of an IPv6 address. */
        return port_check(mem, span_from(host, at + 1), ret_problem) &&
               escapes_check(mem, (struct span){host.at, at}, true, ret_problem);
    }
    if (span_find_last(host, ':', &at) && !port_check(mem, span_from(host, at), ret_problem))
        return false;
    if (!escapes_check(mem, name, false, ret_problem))
        return false;
    for (size_t i = 0; i < name.size; i++) {
        unsigned char c = (unsigned char)name.at[i];

        if (c < 0x80 && !isalnum(c) && strchr("-_.~!$&'()*+,;=:[]<>\"", c) == NULL) {
            struct span bad = {name.at + i, 1};
            *ret_problem =
                arena_printf(mem, "invalid character %s in host name", go_quote(mem, bad));
            return false;
        }
    }
    return true;
}

static bool
has_control_characters(struct span s)
{
    for (size_t i = 0; i < s.size; i++) {
        if ((unsigned char)s.at[i] < 0x20 || s.at[i] == 0x7f)
            return true;
    }
    return false;
}

static bool
authority_split(struct arena *mem, struct url_parts *parts, const char **ret_problem)
{
    struct span authority = span_from(parts->rest, 2);
    size_t at;

    parts->path = (struct span){authority.at + authority.size, 0};
    if (span_find(authority, '/', &at)) {
        parts->path = span_from(authority, at);
        authority.size = at;
    }
    if (span_find_last(authority, '@', &at))
        authority = span_from(authority, at + 1);
    parts->host = authority;
    return host_check(mem, parts->host, ret_problem);
}

static bool
url_split(struct arena *mem, struct span url, struct url_parts *parts, const char **ret_problem)
{
    size_t at;
    size_t colon;

    *parts = (struct url_parts){{url.at, 0}, {url.at, 0}, {url.at, 0}, {url.at, 0}};
    if (has_control_characters(url)) {
        *ret_problem = "net/url: invalid control character in URL";
        return false;
    }
    if (span_find(url, '#', &at))
        url.size = at;
    if (!scheme_split(url, parts, ret_problem))
        return false;
    if (span_find(parts->rest, '?', &at))
        parts->rest.size = at;
    parts->path = parts->rest;
    if (parts->rest.size == 0 || parts->rest.at[0] != '/') {
        if (parts->scheme.size > 0) {
            parts->path.size = 0; /* "opaque": neither host nor path */
            return true;
        }
        if (span_find(parts->rest, ':', &colon) &&
            (!span_find(parts->rest, '/', &at) || colon < at)) {
            *ret_problem = "first path segment in URL cannot contain colon";
            return false;
        }
    } else if (parts->rest.size >= 2 && parts->rest.at[1] == '/') {
        if (!authority_split(mem, parts, ret_problem))
            return false;
    }
    return escapes_check(mem, parts->path, true, ret_problem);
}

/* Go's net.SplitHostPort: "host:port", "[v6]:port", ":port"; the port may be empty. */
static bool
is_host_port(struct span host)
{
    size_t colon;
    size_t at;

    if (host.size == 0 || !span_find_last(host, ':', &colon))
        return false;
    if (host.at[0] == '[') {
        if (!span_find(host, ']', &at) || at + 1 != colon)
            return false;
        host = (struct span){host.at + 1, at - 1};
    } else if (span_find(host, ':', &at) && at != colon) {
        return false;
    }
    return !span_find(host, '[', &at) && !span_find(host, ']', &at);
}

static bool
span_equal_nocase(struct span s, const char *text)
{
    return s.size == strlen(text) && strncasecmp(s.at, text, s.size) == 0;
}

static const char *
lower_scheme(struct arena *mem, const char *url, size_t scheme_size)
{
    char *copy = arena_text(mem, url);

    for (size_t i = 0; i < scheme_size; i++)
        copy[i] = (char)tolower((unsigned char)copy[i]);
    return copy;
}

static bool
url_check(struct arena *mem, struct span text, const char **ret_url, struct error *e)
{
    const char *url = arena_text_of_bytes(mem, bytes_of(text.at, text.size));
    struct url_parts parts;
    const char *problem = NULL;
    struct span whole = span_of(url);
    size_t fragment;

    if (!url_split(mem, whole, &parts, &problem)) {
        if (span_find(whole, '#', &fragment) && !has_control_characters(whole))
            whole.size = fragment;
        return error_set(e, ERROR_USAGE, "parse %s: %s", go_quote(mem, whole), problem);
    }
    if (span_equal_nocase(parts.scheme, "http") || span_equal_nocase(parts.scheme, "https")) {
        if (!is_host_port(parts.host))
            return error_set(e, ERROR_USAGE, "URL address does not have the form \"host:port\": %s",
                             url);
        if (parts.path.size > 0)
            return error_set(e, ERROR_USAGE, "URL must not contain a path: %s", url);
    } else if (!span_equal_nocase(parts.scheme, "unix") &&
               !span_equal_nocase(parts.scheme, "unixs")) {
        return error_set(e, ERROR_USAGE, "URL scheme must be http, https, unix, or unixs: %s", url);
    }
    *ret_url = lower_scheme(mem, url, parts.scheme.size);
    return true;
}

static int
text_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool
peer_urls_check(struct arena *mem, const char *const *urls, size_t count,
                struct peer_urls *ret_urls, struct error *e)
{
    const char **items;

    if (count == 0)
        return error_set(e, ERROR_USAGE, "no valid URLs given");
    if (count > PEER_URLS_MAX)
        return error_set(e, ERROR_LIMIT, "%zu peer URLs for one member, the most is %d", count,
                         PEER_URLS_MAX);
    items = arena_alloc(mem, count * sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        if (!url_check(mem, span_trim(span_of(urls[i])), &items[i], e))
            return false;
    }
    qsort(items, count, sizeof(*items), text_compare);
    *ret_urls = (struct peer_urls){items, count};
    return true;
}

bool
peer_urls_parse(struct arena *mem, const char *text, struct peer_urls *ret_urls, struct error *e)
{
    ARRAY(const char *) urls = ARRAY_INIT;
    struct span rest = span_of(text);
    size_t comma;

    while (span_find(rest, ',', &comma)) {
        *ARRAY_PUSH(mem, &urls) = arena_text_of_bytes(mem, bytes_of(rest.at, comma));
        rest = span_from(rest, comma + 1);
    }
    *ARRAY_PUSH(mem, &urls) = arena_text(mem, rest.at);
    return peer_urls_check(mem, urls.items, urls.count, ret_urls, e);
}

const char *
peer_urls_text(struct arena *mem, const struct peer_urls *urls)
{
    AUTO_BUF out = BUF_INIT;

    for (size_t i = 0; i < urls->count; i++)
        buf_printf(&out, "%s%s", i == 0 ? "" : ",", urls->items[i]);
    return arena_text(mem, buf_text(&out));
}

bool
peer_urls_equal(const struct peer_urls *a, const struct peer_urls *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    }
    return true;
}

bool
peer_urls_contain(const struct peer_urls *urls, const char *url)
{
    for (size_t i = 0; i < urls->count; i++) {
        if (strcmp(urls->items[i], url) == 0)
            return true;
    }
    return false;
}

bool
peer_url_host_port(struct arena *mem, const char *url, const char **ret_host, const char **ret_port)
{
    struct url_parts parts;
    const char *problem;
    struct span host;
    size_t colon;

    if (!url_split(mem, span_of(url), &parts, &problem) || !is_host_port(parts.host) ||
        !span_find_last(parts.host, ':', &colon))
        return false;
    ASSERT(parts.host.at != NULL); /* a colon was found in it */
    host = (struct span){parts.host.at, colon};
    if (host.size >= 2 && host.at[0] == '[')
        host = (struct span){host.at + 1, host.size - 2};
    *ret_host = arena_text_of_bytes(mem, bytes_of(host.at, host.size));
    *ret_port =
        arena_text_of_bytes(mem, bytes_of(parts.host.at + colon + 1, parts.host.size - colon - 1));
    return true;
}

bool
host_is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           strncmp(host, "127.", 4) == 0;
}
