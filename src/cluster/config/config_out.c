#include "cluster/config/config_out.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/json_writer.h"

enum { INDENT_STEP = 2 };

static bool
only_of(const char *text, const char *characters)
{
    return text[strspn(text, characters)] == '\0';
}

/* What YAML 1.1 or 1.2 would read as a number, a bool or nothing. */
static bool
looks_typed(const char *text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on",
                                        "off",  "null",  "y",   "n"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(text, words[i]) == 0)
            return true;
    }
    return only_of(text, "0123456789.eE+-_:") &&
           (strchr(text, '.') == NULL || strchr(text, '.') == strrchr(text, '.'));
}

static bool
is_plain(const char *text)
{
    size_t size = strlen(text);
    bool plain = (isalnum((unsigned char)text[0]) || text[0] == '/') && text[size - 1] != ':';

    for (size_t i = 0; plain && i < size; i++)
        plain = isalnum((unsigned char)text[i]) || strchr("_./@:-+", text[i]) != NULL;
    return plain && !looks_typed(text);
}

void
out_scalar(struct buf *text, const char *value)
{
    struct json_writer w;

    if (is_plain(value)) {
        buf_append_text(text, value);
        return;
    }
    /* A JSON text is a double-quoted scalar. */
    json_writer_init(&w, text, 0);
    json_text(&w, value);
}

void
out_list(struct buf *text, const struct inventory_urls *urls)
{
    buf_append_byte(text, '[');
    for (size_t i = 0; i < urls->count; i++) {
        buf_append_text(text, i > 0 ? ", " : "");
        out_scalar(text, urls->items[i]);
    }
    buf_append_byte(text, ']');
}

static void
key_begin(struct config_out *o, const char *key)
{
    const char *before = buf_text(&o->text);
    size_t size = o->text.size;

    if (!o->flow)
        buf_printf(&o->text, "%*s", (int)o->indent, "");
    else if (size > 0 && before[size - 1] != '{')
        buf_append_text(&o->text, ", ");
    out_scalar(&o->text, key);
    buf_append_byte(&o->text, ':');
}

static void
key_end(struct config_out *o)
{
    if (!o->flow)
        buf_append_text(&o->text, o->eol);
}

void
out_text(struct config_out *o, const char *key, const char *value)
{
    if (value == NULL)
        return;
    key_begin(o, key);
    buf_append_byte(&o->text, ' ');
    out_scalar(&o->text, value);
    key_end(o);
}

void
out_id(struct config_out *o, const char *key, uint64_t id)
{
    char text[17];

    snprintf(text, sizeof(text), "%llx", (unsigned long long)id);
    out_text(o, key, id != 0 ? text : NULL);
}

void
out_urls(struct config_out *o, const char *key, const struct inventory_urls *urls)
{
    if (urls->count == 0)
        return;
    key_begin(o, key);
    buf_append_byte(&o->text, ' ');
    out_list(&o->text, urls);
    key_end(o);
}

void
out_map_begin(struct config_out *o, const char *key)
{
    key_begin(o, key);
    if (o->flow)
        buf_append_text(&o->text, " {");
    else
        buf_append_text(&o->text, o->eol);
    o->indent += INDENT_STEP;
}

void
out_map_end(struct config_out *o)
{
    o->indent -= INDENT_STEP;
    if (o->flow)
        buf_append_byte(&o->text, '}');
}

void
out_tls(struct config_out *o, const char *key, const struct inventory_tls *tls,
        const char *server_name)
{
    if (tls->ca_file == NULL && tls->cert_file == NULL && server_name == NULL)
        return;
    out_map_begin(o, key);
    out_text(o, "ca_file", tls->ca_file);
    out_text(o, "cert_file", tls->cert_file);
    out_text(o, "key_file", tls->key_file);
    out_text(o, "server_name", server_name);
    out_map_end(o);
}

void
out_user(struct config_out *o, const struct inventory_user *user)
{
    if (user->password_file == NULL && user->password_variable == NULL) {
        out_text(o, "user", user->name);
        return;
    }
    out_map_begin(o, "user");
    out_text(o, "name", user->name);
    out_text(o, "password_file", user->password_file);
    out_text(o, "password_environment", user->password_variable);
    out_map_end(o);
}

void
out_member(struct config_out *o, const struct inventory_member *member)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *runs = inventory_runner_text(&tmp, member);

    out_map_begin(o, member->name);
    out_id(o, "id", member->id);
    out_text(o, "host", member->host);
    out_text(o, "runs", runs[0] != '\0' ? runs : NULL);
    out_urls(o, "client_urls", &member->client_urls);
    out_urls(o, "peer_urls", &member->peer_urls);
    out_text(o, "data_dir", member->data_dir);
    out_text(o, "wal_dir", member->wal_dir);
    out_text(o, "log_file", member->log_path);
    out_tls(o, "tls", &member->tls, NULL);
    out_tls(o, "peer_tls", &member->peer_tls, NULL);
    out_map_end(o);
}

void
out_cluster(struct config_out *o, const struct inventory *cluster)
{
    out_map_begin(o, cluster->name);
    out_id(o, "id", cluster->id);
    out_text(o, "version", cluster->version);
    out_urls(o, "endpoints", &cluster->endpoints);
    out_tls(o, "tls", &cluster->client_tls, cluster->server_name);
    out_user(o, &cluster->user);
    out_text(o, "repository", cluster->repository);
    if (cluster->members.count > 0) {
        out_map_begin(o, "members");
        for (size_t i = 0; i < cluster->members.count; i++)
            out_member(o, &cluster->members.items[i]);
        out_map_end(o);
    }
    out_map_end(o);
}
