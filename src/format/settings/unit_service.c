#include "format/settings/unit_service.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

struct unit_parse {
    struct arena *mem;
    const struct unit_names *names;
    struct unit_service *unit;
    const struct settings_file *file;
    unsigned commands;
};

static const char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* The line of a place in an assignment: places come in their order, so each byte is looked at once. */
struct line_count {
    size_t at;
    unsigned line;
};

static unsigned
line_number(struct line_count *count, struct bytes text, size_t offset)
{
    for (; count->at < offset; count->at++)
        count->line += text.data[count->at] == '\n';
    return count->line;
}

/* The words of a value with their specifiers expanded. */
static bool
words_read(const struct unit_parse *p, const struct unit_line *line, struct unit_words *ret_words,
           struct error *e)
{
    if (!unit_line_words(p->mem, p->file->path, line, ret_words, e))
        return false;
    for (size_t i = 0; i < ret_words->items.count; i++) {
        struct unit_word *word = &ret_words->items.items[i];

        if (!unit_specifiers(p->mem, p->names, word->text, &word->text, e))
            return error_wrap(e, "%s:%u", p->file->path, line->line);
    }
    return true;
}

static bool
program_set(struct unit_parse *p, const struct unit_line *line, const char *word, struct error *e)
{
    static const char *const shells[] = {"sh",     "bash",   "dash",   "env",
                                         "docker", "podman", "nerdctl"};

    for (; *word != '\0' && strchr("-:+!@", *word) != NULL; word++) {
        p->unit->no_variables = p->unit->no_variables || *word == ':';
        if (*word == '@')
            return error_set(e, ERROR_REFUSED,
                             "%s:%u: '@' in front of the program is not supported", p->file->path,
                             line->line);
    }
    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
        if (strcmp(base_name(word), shells[i]) == 0) {
            error_set_(e, ERROR_REFUSED, 0,
                       "%s:%u: ExecStart starts '%s' and not etcd: its flags cannot be told",
                       p->file->path, line->line, word);
            return error_hint(e, "have ExecStart start etcd itself, with its settings as flags, in "
                                 "Environment= or in an environment file");
        }
    }
    p->unit->program = word;
    return true;
}

static bool
exec_read(struct unit_parse *p, const struct unit_line *line, struct error *e)
{
    struct line_count lines = {line->start, line->line};
    struct unit_words words;

    if (line->value[0] == '\0') {
        p->commands = 0;
        p->unit->words = (struct setting_words){ARRAY_INIT};
        p->unit->no_variables = false;
        return true;
    }
    if (!words_read(p, line, &words, e))
        return false;
    if (p->commands++ > 0)
        return error_set(e, ERROR_FORMAT, "%s:%u: a second ExecStart: systemd refuses the unit",
                         p->file->path, line->line);
    if (!program_set(p, line, words.items.items[0].text, e))
        return false;
    for (size_t i = 1; i < words.items.count; i++) {
        const struct unit_word *word = &words.items.items[i];

        if (strcmp(word->text, ";") == 0)
            return error_set(e, ERROR_REFUSED, "%s:%u: several commands in one ExecStart",
                             p->file->path, line->line);
        *ARRAY_PUSH(p->mem, &p->unit->words.words) =
            (struct setting_word){.text = word->text,
                                  .file = p->file->path,
                                  .line = line_number(&lines, p->file->bytes, word->start),
                                  .start = word->start,
                                  .end = word->end};
    }
    return true;
}

static bool
environment_read(struct unit_parse *p, const struct unit_line *line, struct error *e)
{
    struct line_count lines = {line->start, line->line};
    struct unit_words words;

    if (line->value[0] == '\0') {
        p->unit->variables = (struct env_variables){ARRAY_INIT};
        return true;
    }
    if (!words_read(p, line, &words, e))
        return false;
    for (size_t i = 0; i < words.items.count; i++) {
        const struct unit_word *word = &words.items.items[i];
        const char *equals = strchr(word->text, '=');

        if (equals == NULL)
            continue;
        *ARRAY_PUSH(p->mem, &p->unit->variables.items) = (struct env_variable){
            .name =
                arena_text_of_bytes(p->mem, bytes_of(word->text, (size_t)(equals - word->text))),
            .value = equals + 1,
            .file = p->file->path,
            .line = line_number(&lines, p->file->bytes, word->start),
            .start = word->start,
            .end = word->end,
        };
    }
    return true;
}

static bool
env_file_name_read(struct unit_parse *p, const struct unit_line *line, struct error *e)
{
    const char *path;

    if (line->value[0] == '\0') {
        p->unit->env_files.count = 0;
        return true;
    }
    if (!unit_specifiers(p->mem, p->names, line->value, &path, e))
        return error_wrap(e, "%s:%u", p->file->path, line->line);
    if (strpbrk(path, "*?[") != NULL)
        return error_set(e, ERROR_REFUSED,
                         "%s:%u: EnvironmentFile with a pattern ('%s') is not supported",
                         p->file->path, line->line, path);
    *ARRAY_PUSH(p->mem, &p->unit->env_files) =
        (struct unit_env_file){.path = path + (path[0] == '-'), .optional = path[0] == '-'};
    return true;
}

static bool
unset_read(struct unit_parse *p, const struct unit_line *line, struct error *e)
{
    struct unit_words words;

    if (line->value[0] == '\0') {
        p->unit->unset.count = 0;
        return true;
    }
    if (!words_read(p, line, &words, e))
        return false;
    for (size_t i = 0; i < words.items.count; i++)
        *ARRAY_PUSH(p->mem, &p->unit->unset) = words.items.items[i].text;
    return true;
}

static bool
line_read(struct unit_parse *p, const struct unit_line *line, struct error *e)
{
    struct unit_service *unit = p->unit;

    if (strcmp(line->section, "Service") != 0)
        return true;
    if (strcmp(line->key, "ExecStart") == 0)
        return exec_read(p, line, e);
    if (strcmp(line->key, "Environment") == 0)
        return environment_read(p, line, e);
    if (strcmp(line->key, "EnvironmentFile") == 0)
        return env_file_name_read(p, line, e);
    if (strcmp(line->key, "UnsetEnvironment") == 0)
        return unset_read(p, line, e);
    if (strcmp(line->key, "User") == 0)
        return unit_specifiers(p->mem, p->names, line->value, &unit->user, e);
    if (strcmp(line->key, "Group") == 0)
        return unit_specifiers(p->mem, p->names, line->value, &unit->group, e);
    if (strcmp(line->key, "WorkingDirectory") == 0)
        return unit_specifiers(p->mem, p->names, line->value, &unit->working_directory, e);
    return true;
}

bool
unit_service_parse(struct arena *mem, const struct settings_file *files, size_t file_count,
                   const struct unit_names *names, struct unit_service *ret_unit, struct error *e)
{
    struct unit_service unit = {
        .files = files, .file_count = file_count, .user = "", .group = "", .working_directory = ""};
    struct unit_parse p = {.mem = mem, .names = names, .unit = &unit};

    for (size_t i = 0; i < file_count; i++) {
        struct unit_lines lines;

        p.file = &files[i];
        if (!unit_text_parse(mem, files[i].path, files[i].bytes, &lines, e))
            return false;
        for (size_t j = 0; j < lines.items.count; j++) {
            if (!line_read(&p, &lines.items.items[j], e))
                return false;
        }
    }
    if (p.commands == 0)
        return error_set(e, ERROR_FORMAT, "%s: no ExecStart in [Service]",
                         file_count > 0 ? files[0].path : names->unit);
    *ret_unit = unit;
    return true;
}

/* All variables that the service is started with. */
static bool
environment_make(struct arena *mem, const struct unit_service *unit,
                 const struct settings_file *env_files, struct env_variables *vars, struct error *e)
{
    struct env_variables all = {ARRAY_INIT};

    for (size_t i = 0; i < unit->variables.items.count; i++)
        *ARRAY_PUSH(mem, &all.items) = unit->variables.items.items[i];
    for (size_t i = 0; i < unit->env_files.count; i++) {
        if (env_files[i].missing && !unit->env_files.items[i].optional)
            return error_set(e, ERROR_NOT_FOUND, "environment file '%s' is missing",
                             env_files[i].path);
        if (!env_files[i].missing &&
            !env_file_parse(mem, env_files[i].path, env_files[i].bytes, &all, e))
            return false;
    }
    for (size_t i = 0; i < all.items.count; i++) {
        bool unset = false;

        for (size_t j = 0; j < unit->unset.count; j++)
            unset = unset || strcmp(unit->unset.items[j], all.items.items[i].name) == 0;
        if (!unset)
            *ARRAY_PUSH(mem, &vars->items) = all.items.items[i];
    }
    return true;
}

/* "$NAME" alone: the words of the variable. They cannot be changed one by one. */
static bool
variable_words(struct arena *mem, const struct env_variables *vars, const char *name,
               struct setting_words *words, struct error *e)
{
    const struct env_variable *var = env_variables_get(vars, name);
    struct unit_words found;
    struct unit_line line = {.key = name, .value = var != NULL ? var->value : ""};
    size_t *offsets = arena_zero(mem, (strlen(line.value) + 1) * sizeof(*offsets));

    line.offsets = offsets;
    if (var == NULL || var->value[0] == '\0')
        return true;
    line.line = var->line;
    if (!unit_line_words(mem, var->file, &line, &found, e))
        return false;
    for (size_t i = 0; i < found.items.count; i++)
        *ARRAY_PUSH(mem, &words->words) = (struct setting_word){
            .text = found.items.items[i].text, .file = var->file, .line = var->line};
    return true;
}

/* "${NAME}" anywhere in a word, and "$$". */
static const char *
word_expand(struct arena *mem, const struct env_variables *vars, const char *text)
{
    AUTO_BUF out = BUF_INIT;

    while (*text != '\0') {
        const char *end = text[0] == '$' && text[1] == '{' ? strchr(text, '}') : NULL;

        if (end != NULL) {
            const char *name =
                arena_text_of_bytes(mem, bytes_of(text + 2, (size_t)(end - text) - 2));
            const struct env_variable *var = env_variables_get(vars, name);

            buf_append_text(&out, var != NULL ? var->value : "");
            text = end + 1;
        } else {
            buf_append_byte(&out, (uint8_t)*text);
            text += text[0] == '$' && text[1] == '$' ? 2 : 1;
        }
    }
    return arena_text(mem, buf_text(&out));
}

static bool
words_expand(struct arena *mem, const struct unit_service *unit, const struct env_variables *vars,
             struct setting_words *ret_words, struct error *e)
{
    for (size_t i = 0; i < unit->words.words.count; i++) {
        struct setting_word word = unit->words.words.items[i];
        const char *name = word.text[0] == '$' ? word.text + 1 : "";
        bool alone = isalpha((unsigned char)name[0]) || name[0] == '_';

        if (!unit->no_variables && alone) {
            if (!variable_words(mem, vars, name, ret_words, e))
                return false;
            continue;
        }
        if (!unit->no_variables)
            word.text = word_expand(mem, vars, word.text);
        *ARRAY_PUSH(mem, &ret_words->words) = word;
    }
    return true;
}

bool
unit_service_settings(struct arena *mem, const struct unit_service *unit,
                      const struct settings_file *env_files, struct etcd_settings *ret_settings,
                      struct error *e)
{
    struct etcd_settings settings = ETCD_SETTINGS_INIT;
    struct env_variables vars = {ARRAY_INIT};
    struct setting_words words = {ARRAY_INIT};

    if (!environment_make(mem, unit, env_files, &vars, e) ||
        !words_expand(mem, unit, &vars, &words, e) ||
        !settings_add_words(mem, &settings, &words, e))
        return false;
    for (size_t i = 0; i < vars.items.count; i++) {
        const struct env_variable *var = &vars.items.items[i];

        settings_add_variable(mem, &settings, var->name, var->value, var->file, var->line);
    }
    settings_resolve(&settings);
    *ret_settings = settings;
    return true;
}
