/* The command table as JSON, for the web UI and for other programs. */

#include <stdint.h>
#include <string.h>

#include "base/json_writer.h"
#include "cli/help.h"

static const char *
type_word(enum option_type type)
{
    static const char *const words[] = {
        [OPTION_BOOL] = "bool",         [OPTION_TEXT] = "text",     [OPTION_TEXTS] = "texts",
        [OPTION_I64] = "int64",         [OPTION_U64] = "uint64",    [OPTION_HEX] = "hex",
        [OPTION_DURATION] = "duration", [OPTION_SIZE] = "size",     [OPTION_URL] = "url",
        [OPTION_URLS] = "urls",         [OPTION_FILE] = "file",     [OPTION_DIR] = "dir",
        [OPTION_CHOICE] = "choice",     [OPTION_SECRET] = "secret",
    };

    return words[type];
}

static const char *
effect_word(enum command_effect effect)
{
    static const char *const words[] = {
        [EFFECT_NONE] = "none",
        [EFFECT_WRITES_FILES] = "writes-files",
        [EFFECT_CHANGES_KEYS] = "changes-keys",
        [EFFECT_CHANGES_CLUSTER] = "changes-cluster",
    };

    return words[effect];
}

static void
choices_json(struct json_writer *w, const char *choices)
{
    json_key(w, "choices");
    json_array_begin(w);
    while (*choices != '\0') {
        size_t size = strcspn(choices, "|");

        json_text_bytes(w, bytes_of(choices, size));
        choices += size + (choices[size] == '|');
    }
    json_array_end(w);
}

static void
option_json(struct json_writer *w, const struct option_def *def)
{
    char letter[2] = {def->letter, '\0'};

    json_object_begin(w);
    json_key_text(w, "name", def->name);
    if (def->letter != 0)
        json_key_text(w, "letter", letter);
    json_key_text(w, "type", type_word(def->type));
    if (def->arg != NULL)
        json_key_text(w, "arg", def->arg);
    if (def->choices != NULL)
        choices_json(w, def->choices);
    if (def->fallback != NULL)
        json_key_text(w, "default", def->fallback);
    if (def->environment != NULL)
        json_key_text(w, "environment", def->environment);
    json_key_bool(w, "required", def->required);
    json_key_text(w, "help", def->help);
    json_object_end(w);
}

static void
table_json(struct json_writer *w, const struct option_def *table)
{
    for (const struct option_def *def = table; def != NULL && def->name != NULL; def++)
        if (!def->hidden)
            option_json(w, def);
}

static void
needs_json(struct json_writer *w, unsigned needs)
{
    static const char *const words[] = {"endpoints", "cluster", "quorum", "lock"};

    json_key(w, "needs");
    json_array_begin(w);
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if ((needs & 1U << i) != 0)
            json_text(w, words[i]);
    json_array_end(w);
}

/* Under which names the program has the word. */
static void
tools_json(struct json_writer *w, unsigned sets)
{
    static const struct {
        unsigned set;
        const char *word;
    } words[] = {
        {IN_QUORATE, "quorate"},
        {IN_ETCDCTL, "etcdctl"},
        {IN_ETCDUTL, "etcdutl"},
        {IN_ETCDCTL_V2, "etcdctl-v2"},
    };

    json_key(w, "tools");
    json_array_begin(w);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (((sets == 0 ? IN_QUORATE : sets) & words[i].set) != 0)
            json_text(w, words[i].word);
    json_array_end(w);
}

static void
command_json(struct json_writer *w, const struct command *c)
{
    size_t least;
    size_t most;

    command_operand_limits(c, &least, &most);
    json_object_begin(w);
    json_key_text(w, "name", c->name);
    json_key_text(w, "family", command_family_title(c->family));
    json_key_text(w, "summary", c->summary);
    json_key_text(w, "operands", c->operands != NULL ? c->operands : "");
    json_key_u64(w, "operandsLeast", least);
    json_key(w, "operandsMost");
    if (most == SIZE_MAX)
        json_null(w);
    else
        json_u64(w, most);
    json_key_text(w, "effect", effect_word(c->effect));
    json_key_bool(w, "plan", c->plan != NULL);
    tools_json(w, c->tools);
    needs_json(w, c->needs);
    json_key(w, "options");
    json_array_begin(w);
    table_json(w, c->options);
    if (c->plan != NULL)
        table_json(w, plan_options);
    json_array_end(w);
    if (c->example != NULL)
        json_key_text(w, "example", c->example);
    json_object_end(w);
}

void
help_append_json(struct buf *out)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    json_key_text(&w, "version", QUORATE_VERSION);
    json_key(&w, "globalOptions");
    json_array_begin(&w);
    table_json(&w, global_options);
    json_array_end(&w);
    json_key(&w, "commands");
    json_array_begin(&w);
    for (size_t i = 0; commands[i] != NULL; i++)
        if (!commands[i]->hidden)
            command_json(&w, commands[i]);
    json_array_end(&w);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}
