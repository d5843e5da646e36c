/* Changes of a service's settings, each in the place where the setting stands. */

#include <string.h>

#include "format/settings/unit_service.h"
#include "format/text_edit.h"

struct unit_change {
    struct arena *mem;
    const struct unit_service *unit;
    const struct settings_file *env_files;
    struct text_edits *edits;             /* of each unit file */
    struct setting_change *const *to_env; /* of each environment file */
    size_t *to_env_count;
    struct text_edits drop_in;
    const char *drop_in_text; /* what comes into the drop-in that is made */
};

static bool
is_packaged(const char *path)
{
    return strncmp(path, "/lib/", 5) == 0 || strncmp(path, "/usr/", 5) == 0;
}

static bool
packaged_refuse(const char *path, unsigned line, const char *name, struct error *e)
{
    (void)error_set(e, ERROR_REFUSED, "%s:%u: '%s' is set in a file of the package", path, line,
                    name);
    return error_hint(e, "copy the unit to /etc/systemd/system, or set it in a drop-in with "
                         "'systemctl edit', and run the command again");
}

static size_t
file_index(const struct unit_change *c, const char *path)
{
    for (size_t i = 0; i < c->unit->file_count; i++) {
        if (strcmp(c->unit->files[i].path, path) == 0)
            return i;
    }
    return c->unit->file_count;
}

static void
env_change(struct unit_change *c, size_t file, const struct setting_change *change)
{
    c->to_env[file][c->to_env_count[file]++] = *change;
}

/* The flag's word with another value, written as the old one was: "--name=x", or x alone. */
static const char *
flag_word(struct arena *mem, const struct setting_word *word, size_t count, const char *value)
{
    const char *equals = strchr(word->text, '=');

    if (count == 2)
        return value;
    return equals != NULL
               ? arena_printf(mem, "%.*s%s", (int)(equals + 1 - word->text), word->text, value)
               : arena_printf(mem, "%s=%s", word->text, value);
}

/*
 * Takes words out, with the lines that hold nothing else. The command's last line stays open to what follows
 * it: then all from the word before goes.
 */
static void
words_remove(struct unit_change *c, struct bytes text, struct text_edits *edits, size_t i,
             size_t count)
{
    const struct setting_word *words = c->unit->words.words.items;
    size_t start = words[i].start;
    size_t end = words[i + count - 1].end;
    size_t begin = text_line_begin(text, start);
    size_t next = text_line_next(text, end);
    bool alone = true;
    bool continued = false;

    for (size_t at = begin; at < start; at++)
        alone = alone && (text.data[at] == ' ' || text.data[at] == '\t');
    for (size_t at = end; at < next; at++) {
        continued = continued || text.data[at] == '\\';
        alone = alone && strchr(" \t\\\r\n", text.data[at]) != NULL;
    }
    if (alone && continued) {
        text_edit_add(c->mem, edits, begin, next - begin, "");
        return;
    }
    /* From the end of the word before. The program itself stands before the first flag. */
    begin = start;
    while (begin > 0 && strchr(" \t\\\r\n", text.data[begin - 1]) != NULL)
        begin--;
    text_edit_add(c->mem, edits, begin, end - begin, "");
}

/* In ExecStart. Sets *ret_done when the flag is there. */
static bool
argv_change(struct unit_change *c, const struct setting_change *change, bool *ret_done,
            struct error *e)
{
    const struct setting_words *words = &c->unit->words;
    size_t last = words->words.count;
    size_t last_count = 0;
    size_t count;

    for (size_t i = 0; i < words->words.count; i += count) {
        const struct setting_word *word = &words->words.items[i];
        size_t file = file_index(c, word->file);
        const char *name, *value;

        count = 1;
        if (word->text[0] == '$')
            continue;
        if (!setting_word_flag(c->mem, words, i, &name, &value, &count, e))
            return false;
        if (strcmp(name, change->name) != 0)
            continue;
        if (is_packaged(word->file))
            return packaged_refuse(word->file, word->line, name, e);
        last = i;
        last_count = count;
        if (change->value == NULL)
            words_remove(c, c->unit->files[file].bytes, &c->edits[file], i, count);
    }
    *ret_done = last < words->words.count;
    if (*ret_done && change->value != NULL) {
        const struct setting_word *flag = &words->words.items[last];
        const struct setting_word *word = &words->words.items[last + last_count - 1];
        const char *text = flag_word(c->mem, flag, last_count, change->value);

        text_edit_add(c->mem, &c->edits[file_index(c, word->file)], word->start,
                      word->end - word->start, unit_word_written(c->mem, text, true));
    }
    return true;
}

static bool
env_files_change(struct unit_change *c, const struct setting_change *change, bool *ret_done,
                 struct error *e)
{
    const char *name = setting_variable(c->mem, change->name);

    for (size_t i = c->unit->env_files.count; i-- > 0;) {
        struct env_variables vars = {ARRAY_INIT};
        const struct settings_file *file = &c->env_files[i];

        if (file->missing)
            continue;
        if (!env_file_parse(c->mem, file->path, file->bytes, &vars, e))
            return false;
        if (env_variables_get(&vars, name) == NULL || (change->value != NULL && *ret_done))
            continue;
        env_change(c, i, change);
        *ret_done = true;
    }
    return true;
}

/* The whole assignment with its line, when nothing else stands in it; else the word alone. */
static void
assignment_remove(struct unit_change *c, struct bytes text, struct text_edits *edits,
                  const struct env_variable *var)
{
    static const char key[] = "Environment=";
    size_t begin = text_line_begin(text, var->start);
    size_t next = text_line_next(text, var->end);
    size_t end = next;
    size_t blank = var->start;

    while (end > var->end && strchr(" \t\r\n", text.data[end - 1]) != NULL)
        end--;
    if (end == var->end && var->start - begin == sizeof(key) - 1 &&
        memcmp(text.data + begin, key, sizeof(key) - 1) == 0) {
        text_edit_add(c->mem, edits, begin, next - begin, "");
        return;
    }
    while (blank > begin && strchr(" \t", text.data[blank - 1]) != NULL)
        blank--;
    text_edit_add(c->mem, edits, blank, var->end - blank, "");
}

/* In Environment=. What the package's unit sets is overridden by what comes later. */
static bool
unit_variables_change(struct unit_change *c, const struct setting_change *change, bool *ret_done,
                      struct error *e)
{
    const char *name = setting_variable(c->mem, change->name);

    for (size_t i = c->unit->variables.items.count; i-- > 0;) {
        const struct env_variable *var = &c->unit->variables.items.items[i];
        size_t file = file_index(c, var->file);

        if (strcmp(var->name, name) != 0 || (change->value != NULL && *ret_done))
            continue;
        if (is_packaged(var->file)) {
            if (change->value == NULL)
                return packaged_refuse(var->file, var->line, name, e);
            continue;
        }
        *ret_done = true;
        if (change->value == NULL)
            assignment_remove(c, c->unit->files[file].bytes, &c->edits[file], var);
        else
            text_edit_add(c->mem, &c->edits[file], var->start, var->end - var->start,
                          unit_word_written(
                              c->mem, arena_printf(c->mem, "%s=%s", name, change->value), false));
    }
    return true;
}

static void
new_setting(struct unit_change *c, const struct setting_change *change)
{
    for (size_t i = c->unit->env_files.count; i-- > 0;) {
        if (!c->env_files[i].missing) {
            env_change(c, i, change);
            return;
        }
    }
    c->drop_in_text = arena_printf(
        c->mem, "%sEnvironment=%s\n", c->drop_in_text,
        unit_word_written(
            c->mem,
            arena_printf(c->mem, "%s=%s", setting_variable(c->mem, change->name), change->value),
            false));
}

static bool
one_change(struct unit_change *c, const struct setting_change *change, struct error *e)
{
    bool done = false;

    if (change->value != NULL && strpbrk(change->value, "\r\n") != NULL)
        return error_set(e, ERROR_USAGE, "the value of '%s' holds a line end", change->name);
    if (!argv_change(c, change, &done, e))
        return false;
    if (done && change->value != NULL)
        return true;
    if (!env_files_change(c, change, &done, e) || !unit_variables_change(c, change, &done, e))
        return false;
    if (!done && change->value != NULL)
        new_setting(c, change);
    return true;
}

static void
changed_add(struct arena *mem, struct settings_files *files, struct bytes before,
            const struct settings_file *after)
{
    if (!bytes_equal(before, after->bytes))
        *ARRAY_PUSH(mem, &files->items) = *after;
}

/* A drop-in that exists is continued: its last section must be [Service], which is written again. */
static struct bytes
drop_in_made(struct arena *mem, struct bytes before, const char *text)
{
    bool open = before.size > 0 && before.data[before.size - 1] != '\n';

    return bytes_of_text(arena_printf(mem, "%s%s[Service]\n%s", arena_text_of_bytes(mem, before),
                                      open ? "\n" : "", text));
}

/* What is left of a drop-in when the last setting in it is taken out. */
static bool
says_nothing(struct bytes text)
{
    static const char section[] = "[Service]";
    size_t at = 0;

    while (at < text.size) {
        size_t next = text_line_next(text, at);

        if (next - at >= sizeof(section) - 1 &&
            memcmp(text.data + at, section, sizeof(section) - 1) == 0)
            at += sizeof(section) - 1;
        while (at < next && strchr(" \t\r\n", text.data[at]) != NULL)
            at++;
        if (at < next)
            return false;
    }
    return true;
}

/* The files as they will be: the service is read again from them. */
static bool
change_verify(const struct unit_change *c, const struct unit_names *names,
              const struct settings_file *files, size_t file_count,
              const struct settings_file *env_files, const struct setting_change *changes,
              size_t count, struct error *e)
{
    struct etcd_settings before, after;
    struct unit_service unit;

    return unit_service_settings(c->mem, c->unit, c->env_files, &before, e) &&
           unit_service_parse(c->mem, files, file_count, names, &unit, e) &&
           unit_service_settings(c->mem, &unit, env_files, &after, e) &&
           settings_check_change(&before, &after, changes, count, e);
}

bool
unit_service_change(struct arena *mem, const struct unit_service *unit,
                    const struct settings_file *env_files, const char *drop_in,
                    const struct unit_names *names, const struct setting_change *changes,
                    size_t count, struct settings_files *ret_files, struct error *e)
{
    size_t env_count = unit->env_files.count;
    struct settings_file *files = arena_zero(mem, (unit->file_count + 1) * sizeof(*files));
    struct settings_file *new_env = arena_zero(mem, (env_count + 1) * sizeof(*new_env));
    struct setting_change **to_env =
        arena_zero(mem, (env_count + 1) * sizeof(struct setting_change *));
    struct settings_files changed = {ARRAY_INIT};
    size_t file_count = unit->file_count;
    struct unit_change c = {
        .mem = mem,
        .unit = unit,
        .env_files = env_files,
        .edits = arena_zero(mem, (unit->file_count + 1) * sizeof(struct text_edits)),
        .to_env = to_env,
        .to_env_count = arena_zero(mem, (env_count + 1) * sizeof(size_t)),
        .drop_in_text = "",
    };

    for (size_t i = 0; i < env_count; i++)
        to_env[i] = arena_zero(mem, (count + 1) * sizeof(**to_env));
    for (size_t i = 0; i < count; i++) {
        if (!one_change(&c, &changes[i], e))
            return false;
    }
    for (size_t i = 0; i < unit->file_count; i++) {
        files[i] = unit->files[i];
        files[i].bytes = text_edits_apply(mem, unit->files[i].bytes, &c.edits[i]);
    }
    if (c.drop_in_text[0] != '\0') {
        size_t at = file_index(&c, drop_in);

        file_count += at == file_count;
        files[at].path = drop_in;
        files[at].bytes = drop_in_made(mem, files[at].bytes, c.drop_in_text);
    }
    for (size_t i = 0; i < file_count; i++) {
        files[i].missing = strcmp(files[i].path, drop_in) == 0 && says_nothing(files[i].bytes);
        changed_add(mem, &changed, i < unit->file_count ? unit->files[i].bytes : BYTES_NONE,
                    &files[i]);
    }
    for (size_t i = 0; i < env_count; i++) {
        new_env[i] = env_files[i];
        if (c.to_env_count[i] == 0)
            continue;
        if (!env_file_change(mem, env_files[i].path, env_files[i].bytes, to_env[i],
                             c.to_env_count[i], &new_env[i].bytes, e))
            return false;
        changed_add(mem, &changed, env_files[i].bytes, &new_env[i]);
    }
    if (!change_verify(&c, names, files, file_count, new_env, changes, count, e))
        return false;
    *ret_files = changed;
    return true;
}
