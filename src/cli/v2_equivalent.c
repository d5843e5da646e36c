/*
 * Directories are prefixes in v3, TTLs are leases, and conditions are transactions; indexes of v2
 * mean nothing there.
 */

#include "cli/v2_equivalent.h"

#include <string.h>

struct typed {
    const struct app *app;
    const struct options *options;
    const char *first;  /* operand, quoted; "" when it was left out */
    const char *second; /* likewise */
    const char *dir;    /* the first one with '/' behind it, quoted */
    struct buf *out;
};

static bool
is_plain(const char *text)
{
    return text[0] != '\0' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                        "_-+=./:,@%[]") == strlen(text);
}

/* As a shell takes it back: bare, or in single quotes. */
static const char *
quote(struct arena *mem, const char *text)
{
    AUTO_BUF out = BUF_INIT;

    if (is_plain(text))
        return text;
    buf_append_byte(&out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buf_append_text(&out, "'\\''");
        else
            buf_append_byte(&out, (uint8_t)*text);
    }
    buf_append_byte(&out, '\'');
    return arena_text(mem, buf_text(&out));
}

static const char *
with_slash(struct arena *mem, const char *key)
{
    size_t size = strlen(key);

    return size > 0 && key[size - 1] == '/' ? key : arena_printf(mem, "%s/", key);
}

static void
append_connection(struct arena *mem, const struct app *app, struct buf *out)
{
    static const char *const files[][2] = {
        {"ca-file", "cacert"}, {"cert-file", "cert"}, {"key-file", "key"}};
    const char *user = option_text(&app->options, "username");

    if (option_given(&app->options, "endpoints") || option_given(&app->options, "endpoint") ||
        option_given(&app->options, "peers"))
        buf_printf(out, " --endpoints=%s", quote(mem, v2_endpoints(app)));
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (option_given(&app->options, files[i][0]))
            buf_printf(out, " --%s=%s", files[i][1],
                       quote(mem, option_text(&app->options, files[i][0])));
    }
    if (user[0] != '\0')
        buf_printf(out, " --user=%s",
                   quote(mem, arena_printf(mem, "%.*s", (int)strcspn(user, ":"), user)));
}

static bool
flag(const struct typed *t, const char *name)
{
    return option_bool(t->options, name);
}

static void
ls_append(const struct typed *t)
{
    bool root = t->first[0] == '\0' || strcmp(t->first, "/") == 0;

    buf_printf(t->out, "get %s --prefix --keys-only", root ? "\"\"" : t->dir);
}

static void
get_append(const struct typed *t)
{
    buf_printf(t->out, "get %s", t->first);
}

static void
put_append(const struct typed *t)
{
    buf_printf(t->out, "put %s%s%s", t->first, t->second[0] != '\0' ? " " : "", t->second);
}

/* "txn", with a condition on the key that its standard input gives. */
static void
condition_append(const struct typed *t, const char *condition)
{
    put_append(t);
    buf_printf(t->out, ", in a txn whose compare is: %s", condition);
}

static void
set_append(const struct typed *t)
{
    const char *value = option_exists(t->options, "swap-with-value")
                            ? option_text(t->options, "swap-with-value")
                            : "";
    const char *condition = NULL;

    if (option_exists(t->options, "in-order") && flag(t, "in-order")) {
        buf_printf(t->out, "put %sNAME%s%s, with a NAME of your own: it numbers none", t->dir,
                   t->second[0] != '\0' ? " " : "", t->second);
        return;
    }
    if (strcmp(t->app->command->name, "mk") == 0)
        condition = arena_printf(t->app->mem, "create(\"%s\") = \"0\"", app_operand(t->app, 0));
    else if (strcmp(t->app->command->name, "update") == 0)
        condition = arena_printf(t->app->mem, "create(\"%s\") > \"0\"", app_operand(t->app, 0));
    else if (value[0] != '\0')
        condition =
            arena_printf(t->app->mem, "value(\"%s\") = \"%s\"", app_operand(t->app, 0), value);
    if (condition != NULL)
        condition_append(t, condition);
    else
        put_append(t);
    if (option_i64(t->options, "ttl") > 0)
        buf_printf(t->out, " --lease=ID, with the ID of: lease grant %lld",
                   (long long)option_i64(t->options, "ttl"));
}

static void
dir_append(const struct typed *t)
{
    buf_append_text(t->out, "nothing is needed, it has no directories");
}

static void
rm_append(const struct typed *t)
{
    const char *value = option_text(t->options, "with-value");

    if (flag(t, "recursive"))
        buf_printf(t->out, "del %s --prefix", t->dir);
    else
        buf_printf(t->out, "del %s", t->first);
    if (value[0] != '\0')
        buf_printf(t->out, ", in a txn whose compare is: value(\"%s\") = \"%s\"",
                   app_operand(t->app, 0), value);
}

static void
watch_append(const struct typed *t)
{
    bool recursive = flag(t, "recursive");

    buf_printf(t->out, "watch %s%s", recursive ? t->dir : t->first, recursive ? " --prefix" : "");
    if (strcmp(t->app->command->name, "exec-watch") != 0)
        return;
    buf_append_text(t->out, " --");
    for (size_t i = 1; i < t->app->operand_count; i++)
        buf_printf(t->out, " %s", quote(t->app->mem, app_operand(t->app, i)));
}

static void
health_append(const struct typed *t)
{
    buf_append_text(t->out, "endpoint health --cluster");
}

static void
same_append(const struct typed *t)
{
    buf_append_text(t->out, t->app->command->name);
    for (size_t i = 0; i < t->app->operand_count; i++)
        buf_printf(t->out, " %s", quote(t->app->mem, app_operand(t->app, i)));
}

static void
member_urls_append(const struct typed *t)
{
    buf_printf(t->out, "%s %s --peer-urls=%s", t->app->command->name, t->first, t->second);
}

static void
user_append(const struct typed *t)
{
    bool grant = strcmp(t->app->command->name, "user grant") == 0;
    size_t count;
    const char *const *roles = option_list(t->options, "roles", &count);

    buf_printf(t->out, "user %s-role %s %s", grant ? "grant" : "revoke", t->first,
               count > 0 ? quote(t->app->mem, roles[0]) : "ROLE");
    if (count > 1)
        buf_append_text(t->out, ", and so for each role");
}

static void
role_append(const struct typed *t)
{
    const char *path = option_text(t->options, "path");
    size_t size = strlen(path);
    bool prefix = size > 0 && path[size - 1] == '*';
    const char *key =
        quote(t->app->mem, arena_printf(t->app->mem, "%.*s", (int)(size - prefix), path));

    if (strcmp(t->app->command->name, "role grant") == 0)
        buf_printf(t->out, "role grant-permission %s%s %s %s", prefix ? "--prefix " : "", t->first,
                   flag(t, "read")    ? "read"
                   : flag(t, "write") ? "write"
                                      : "readwrite",
                   key);
    else
        buf_printf(t->out, "role revoke-permission %s%s %s", prefix ? "--prefix " : "", t->first,
                   key);
}

struct equivalent {
    const char *command;
    void (*append)(const struct typed *t);
};

static const struct equivalent equivalents[] = {
    {"ls", ls_append},
    {"get", get_append},
    {"set", set_append},
    {"mk", set_append},
    {"update", set_append},
    {"mkdir", dir_append},
    {"setdir", dir_append},
    {"updatedir", dir_append},
    {"rmdir", dir_append},
    {"rm", rm_append},
    {"watch", watch_append},
    {"exec-watch", watch_append},
    {"cluster-health", health_append},
    {"member add", member_urls_append},
    {"member update", member_urls_append},
    {"user grant", user_append},
    {"user revoke", user_append},
    {"role grant", role_append},
    {"role revoke", role_append},
};

const char *
v2_equivalent(struct arena *mem, const struct app *app)
{
    AUTO_BUF out = BUF_INIT;
    const char *key = app_operand(app, 0);
    const char *second = app_operand(app, 1);
    const struct typed t = {
        .app = app,
        .options = &app->options,
        .first = key != NULL ? quote(mem, key) : "",
        .second = second != NULL ? quote(mem, second) : "",
        .dir = key != NULL ? quote(mem, with_slash(mem, key)) : "",
        .out = &out,
    };
    void (*append)(const struct typed *t) = same_append;

    for (size_t i = 0; i < sizeof(equivalents) / sizeof(equivalents[0]); i++) {
        if (strcmp(equivalents[i].command, app->command->name) == 0)
            append = equivalents[i].append;
    }
    if (append != dir_append) {
        buf_printf(&out, "ETCDCTL_API=3 %s", app->tool->name);
        append_connection(mem, app, &out);
        buf_append_byte(&out, ' ');
    }
    append(&t);
    return arena_text(mem, buf_text(&out));
}
