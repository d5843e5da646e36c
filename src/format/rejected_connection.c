#include "format/rejected_connection.h"

#include <string.h>

/* "10.0.0.1:4242", "[fd00::1]:4242" */
static const char *
without_port(struct arena *mem, const char *address)
{
    const char *colon = strrchr(address, ':');
    size_t size = colon != NULL ? (size_t)(colon - address) : strlen(address);

    if (size >= 2 && address[0] == '[' && address[size - 1] == ']')
        return arena_printf(mem, "%.*s", (int)size - 2, address + 1);
    return arena_printf(mem, "%.*s", (int)size, address);
}

static bool
fields_read(struct arena *mem, const struct json *fields, struct rejected_connection *ret)
{
    struct error ignored = ERROR_INIT;
    const char *from, *error;

    if (!json_get_text(mem, fields, "remote-addr", &from, &ignored) ||
        !json_get_text(mem, fields, "error", &error, &ignored))
        return false;
    *ret = (struct rejected_connection){without_port(mem, from), error};
    return true;
}

/* What stands in quotes behind 'word'; NULL: nothing. */
static const char *
quoted_behind(struct arena *mem, const char *line, const char *word)
{
    const char *at = strstr(line, word);
    const char *end;

    if (at == NULL)
        return NULL;
    at += strlen(word);
    end = strchr(at, '"');
    return end != NULL ? arena_printf(mem, "%.*s", (int)(end - at), at) : NULL;
}

/* embed: rejected connection from "127.0.0.1:36442" (error "EOF", ServerName "") */
static bool
text_read(struct arena *mem, const char *line, struct rejected_connection *ret)
{
    const char *from = quoted_behind(mem, line, "rejected connection from \"");
    const char *error = quoted_behind(mem, line, "(error \"");

    if (from == NULL || error == NULL)
        return false;
    *ret = (struct rejected_connection){without_port(mem, from), error};
    return true;
}

bool
rejected_connection_read(struct arena *mem, const struct etcd_log_line *line,
                         struct rejected_connection *ret)
{
    if (etcd_log_kind_of(line) != ETCD_LOG_REJECTED_CONNECTION)
        return false;
    return line->fields != NULL ? fields_read(mem, line->fields, ret)
                                : text_read(mem, line->message, ret);
}
