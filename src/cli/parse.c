/*
 * Two walks over argv. The first looks for the command's words only; it knows from all tables
 * together which flags take a value. The second has the command's own tables and sets the options.
 */

#include "cli/parse.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/suggest.h"

struct walk {
    int argc;
    char *const *argv;
    int at;
};

/* The option of that name in a table; 'size' bytes of 'name' count. */
static const struct option_def *
table_find(const struct option_def *table, const char *name, size_t size)
{
    if (table == NULL)
        return NULL;
    for (const struct option_def *def = table; def->name != NULL; def++)
        if (strlen(def->name) == size && memcmp(def->name, name, size) == 0)
            return def;
    return NULL;
}

static const struct option_def *
table_find_letter(const struct option_def *table, char letter)
{
    if (table == NULL)
        return NULL;
    for (const struct option_def *def = table; def->name != NULL; def++)
        if (def->letter == letter)
            return def;
    return NULL;
}

static bool
name_begins_with(const char *name, const char *words)
{
    size_t size = strlen(words);

    return size == 0 ||
           (strncmp(name, words, size) == 0 && (name[size] == ' ' || name[size] == '\0'));
}

/* A flag of any command that begins with the words so far: all that the first walk can know. */
static const struct option_def *
any_find(const struct tool *tool, const char *words, const char *name, size_t size, char letter)
{
    const struct option_def *found = NULL;

    for (size_t i = 0; commands[i] != NULL && found == NULL; i++)
        found = !tool_has(tool, commands[i]->tools) || !name_begins_with(commands[i]->name, words)
                    ? NULL
                : size > 0 ? table_find(commands[i]->options, name, size)
                           : table_find_letter(commands[i]->options, letter);
    if (found == NULL)
        found = size > 0 ? table_find(plan_options, name, size)
                         : table_find_letter(plan_options, letter);
    if (found == NULL)
        found = size > 0 ? table_find(global_options, name, size)
                         : table_find_letter(global_options, letter);
    return found;
}

static bool
is_flag(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

/* How many dashes stand before a long flag's name; 0 for letters. Go's flag package, by which
 * etcdctl reads the v2 words, takes "-recursive" for "--recursive". */
static size_t
long_dashes(const struct tool *tool, const char *words, const char *word)
{
    size_t size = strcspn(word + 1, "=");

    if (word[1] == '-')
        return 2;
    return (tool->sets & IN_ETCDCTL_V2) != 0 && size > 1 &&
           any_find(tool, words, word + 1, size, 0) != NULL;
}

/* "member" and "list" to "member list". */
static const char *
words_join(struct arena *mem, const char *words, const char *word)
{
    return words[0] == '\0' ? word : arena_printf(mem, "%s %s", words, word);
}

static bool
words_go_on(struct arena *mem, const struct tool *tool, const char *words, const char *word)
{
    size_t candidates;

    return command_words_next(mem, tool, words, word, &candidates) != NULL;
}

/* The flag at w->at when it has its value in the next word, otherwise NULL. */
static const struct option_def *
first_walk_takes_next(struct arena *mem, const struct tool *tool, const struct walk *w,
                      const char *words)
{
    const char *word = w->argv[w->at];
    size_t dashes = long_dashes(tool, words, word);
    const struct option_def *def;

    if (dashes > 0) {
        if (strchr(word, '=') != NULL)
            return NULL;
        def = any_find(tool, words, word + dashes, strlen(word + dashes), 0);
    } else {
        /* In "-hw json" only the last letter can have its value in the next word. */
        size_t i = 1;

        def = any_find(tool, words, NULL, 0, word[i]);
        while (def != NULL && def->type == OPTION_BOOL && word[i + 1] != '\0')
            def = any_find(tool, words, NULL, 0, word[++i]);
        if (word[i + 1] != '\0')
            return NULL;
    }
    if (def == NULL || def->type == OPTION_BOOL || w->at + 1 >= w->argc)
        return NULL;
    if (def->bare == NULL)
        return def;
    return !is_flag(w->argv[w->at + 1]) && !words_go_on(mem, tool, words, w->argv[w->at + 1])
               ? def
               : NULL;
}

/* Finds the command; ret_stray is the first word that belongs neither to it nor to a flag. */
static void
first_walk(struct arena *mem, int argc, char *const *argv, struct command_line *line,
           const char **ret_stray)
{
    struct walk w = {argc, argv, 1};
    size_t candidates;

    line->words = "";
    *ret_stray = NULL;
    for (; w.at < argc; w.at++) {
        const char *word = argv[w.at];
        const char *next;

        if (strcmp(word, "--") == 0)
            break;
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
            line->help = true;
        else if (is_flag(word))
            w.at += first_walk_takes_next(mem, line->tool, &w, line->words) != NULL;
        else if (*ret_stray == NULL && (next = command_words_next(mem, line->tool, line->words,
                                                                  word, &candidates)) != NULL)
            line->words = next;
        else if (*ret_stray == NULL)
            *ret_stray = word;
    }
    line->command = command_find(line->tool, line->words);
}

/* The first words of commands that begin with 'start', "a, b, c", each once. */
static void
list_words(const struct tool *tool, const char *words, const char *start, char *list, size_t size)
{
    size_t skip = strlen(words) + (words[0] != '\0');
    const char *last = "";
    size_t used = 0;

    list[0] = '\0';
    for (size_t i = 0; commands[i] != NULL; i++) {
        const char *name = commands[i]->name;
        const char *word = name + skip;
        size_t word_size;

        if (!command_is_shown(tool, commands[i]) || strncmp(name, words, strlen(words)) != 0 ||
            (skip > 0 && name[skip - 1] != ' ') || strncmp(word, start, strlen(start)) != 0)
            continue;
        word_size = strcspn(word, " ");
        if (strncmp(word, last, word_size + 1) == 0 && last[0] != '\0')
            continue;
        last = word;
        if (used < size)
            used += (size_t)snprintf(list + used, size - used, "%s%.*s", used > 0 ? ", " : "",
                                     (int)word_size, word);
    }
}

/* Several commands begin with what was typed. */
static bool
ambiguous_command(const struct command_line *line, const char *stray, const char *typed,
                  struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    char list[ERROR_TEXT_SIZE / 2];
    size_t candidates;

    if (command_words_next(&tmp, line->tool, line->words, stray, &candidates) != NULL ||
        candidates < 2)
        return false;
    list_words(line->tool, line->words, stray, list, sizeof(list));
    error_set_(e, ERROR_FLAG, 0, "unknown command '%s': it could be %s", typed, list);
    error_hint(e, "write more of the word");
    return true;
}

static bool
unknown_command(struct arena *mem, const struct command_line *line, const char *stray,
                struct error *e)
{
    const char *typed = words_join(mem, line->words, stray);
    struct suggestion s;

    suggestion_init(&s, typed);
    for (size_t i = 0; commands[i] != NULL; i++)
        if (command_is_shown(line->tool, commands[i]))
            suggestion_offer(&s, commands[i]->name);
    if (ambiguous_command(line, stray, typed, e))
        return false;
    error_set_(e, ERROR_FLAG, 0, "unknown command '%s'", typed);
    if (s.best != NULL)
        return error_hint(e, "did you mean '%s %s'?", line->tool->name, s.best);
    return error_hint(e, line->words[0] != '\0' ? "see '%s help %s'" : "see '%s help%s'",
                      line->tool->name, line->words);
}

static bool
incomplete_command(const struct command_line *line, struct error *e)
{
    char list[ERROR_TEXT_SIZE / 2];

    list_words(line->tool, line->words, "", list, sizeof(list));
    error_set_(e, ERROR_FLAG, 0, "'%s' needs one more word: %s", line->words, list);
    return error_hint(e, "see '%s help %s'", line->tool->name, line->words);
}

static bool
unknown_flag(const struct command_line *line, const char *flag, size_t size, struct error *e)
{
    char typed[64];
    struct suggestion s;

    snprintf(typed, sizeof(typed), "%.*s", (int)(size < 60 ? size : 60), flag);
    suggestion_init(&s, typed + strspn(typed, "-"));
    if (typed[1] == '-')
        for (size_t i = 0; i < line->options.values.count; i++)
            if (!line->options.values.items[i].def->hidden)
                suggestion_offer(&s, line->options.values.items[i].def->name);
    error_set_(e, ERROR_FLAG, 0, "unknown flag '%s' for '%s'", typed, line->command->name);
    if (s.best != NULL)
        return error_hint(e, "did you mean '--%s'?", s.best);
    if (typed[1] != '-')
        return error_hint(e, "write '--' before a value that begins with '-'");
    return error_hint(e, "see '%s help %s'", line->tool->name, line->command->name);
}

static struct option_value *
find_flag(struct command_line *line, const char *name, size_t size, char letter)
{
    for (size_t i = 0; i < line->options.values.count; i++) {
        struct option_value *value = &line->options.values.items[i];

        if (size > 0 ? strlen(value->def->name) == size && memcmp(value->def->name, name, size) == 0
                     : value->def->letter == letter)
            return value;
    }
    return NULL;
}

/* Sets 'value' from the next word, or as a flag alone. */
static bool
set_from_next(struct arena *mem, struct command_line *line, struct walk *w, const char *label,
              const char *words, struct option_value *value, struct error *e)
{
    const struct option_def *def = value->def;
    const char *next = w->at + 1 < w->argc ? w->argv[w->at + 1] : NULL;
    const char *text;

    if (def->type == OPTION_BOOL) {
        text = "true";
    } else if (def->bare != NULL &&
               (next == NULL || is_flag(next) ||
                (strcmp(words, line->words) != 0 && words_go_on(mem, line->tool, words, next)))) {
        text = def->bare;
    } else if (next != NULL) {
        text = next;
        w->at++;
    } else {
        error_set_(e, ERROR_FLAG, 0, "flag '%s' needs a value", label);
        return error_hint(e, "see '%s help %s'", line->tool->name, line->command->name);
    }
    return option_set(mem, value, label, text, OPTION_FROM_FLAG, e);
}

static bool
set_long(struct arena *mem, struct command_line *line, struct walk *w, const char *words,
         struct error *e)
{
    const char *word = w->argv[w->at];
    const char *equals = strchr(word, '=');
    size_t size = equals != NULL ? (size_t)(equals - word) : strlen(word);
    size_t dashes = long_dashes(line->tool, line->words, word);
    struct option_value *value = find_flag(line, word + dashes, size - dashes, 0);
    const char *label = arena_printf(mem, "%.*s", (int)size, word);

    if (value == NULL || size <= dashes)
        return unknown_flag(line, word, size, e);
    if (equals != NULL)
        return option_set(mem, value, label, equals + 1, OPTION_FROM_FLAG, e);
    return set_from_next(mem, line, w, label, words, value, e);
}

/* "-w json", "-w=json", "-wjson", and letters of bools in a row. */
static bool
set_letters(struct arena *mem, struct command_line *line, struct walk *w, const char *words,
            struct error *e)
{
    const char *word = w->argv[w->at];

    for (size_t i = 1; word[i] != '\0'; i++) {
        struct option_value *value = find_flag(line, NULL, 0, word[i]);
        const char *label = arena_printf(mem, "-%c", word[i]);
        const char *rest = word + i + 1;

        if (value == NULL)
            return unknown_flag(line, i == 1 ? word : label, strlen(i == 1 ? word : label), e);
        if (rest[0] == '=')
            return option_set(mem, value, label, rest + 1, OPTION_FROM_FLAG, e);
        if (value->def->type != OPTION_BOOL && rest[0] != '\0')
            return option_set(mem, value, label, rest, OPTION_FROM_FLAG, e);
        if (!set_from_next(mem, line, w, label, words, value, e))
            return false;
        if (value->def->type != OPTION_BOOL)
            return true;
    }
    return true;
}

/* The command is known: sets the options, keeps the operands. */
static bool
second_walk(struct arena *mem, int argc, char *const *argv, struct command_line *line,
            struct error *e)
{
    struct walk w = {argc, argv, 1};
    const char *words = "";
    ARRAY(const char *) operands = ARRAY_INIT;
    bool flags_ended = false;
    size_t candidates;

    line->dash_at = SIZE_MAX;
    for (; w.at < argc; w.at++) {
        const char *word = argv[w.at];

        if (!flags_ended && strcmp(word, "--") == 0) {
            flags_ended = true;
            line->dash_at = operands.count;
        } else if (!flags_ended && is_flag(word)) {
            if (!(long_dashes(line->tool, line->words, word) > 0 ? set_long : set_letters)(
                    mem, line, &w, words, e))
                return false;
        } else if (strcmp(words, line->words) != 0) {
            words = command_words_next(mem, line->tool, words, word, &candidates);
            ASSERT(words != NULL);
        } else {
            *ARRAY_PUSH(mem, &operands) = word;
        }
    }
    line->operands = operands.items;
    line->operand_count = operands.count;
    if (strcmp(words, line->words) != 0) {
        error_set_(e, ERROR_FLAG, 0, "a word of '%s' was read as the value of a flag", line->words);
        return error_hint(e, "write the flag as --NAME=VALUE, or behind the command");
    }
    return true;
}

static bool
set_from_environment(struct arena *mem, struct command_line *line, struct error *e)
{
    for (size_t i = 0; i < line->options.values.count; i++) {
        struct option_value *value = &line->options.values.items[i];
        const char *text = value->def->environment != NULL ? getenv(value->def->environment) : NULL;

        if (text == NULL || text[0] == '\0')
            continue;
        if (!option_set(mem, value, value->def->environment, text, OPTION_FROM_ENVIRONMENT, e))
            return error_hint(e, "change or unset the environment variable %s",
                              value->def->environment);
    }
    return true;
}

/* The command with its operands, and with the options that must be given. */
static bool
hint_usage(const struct command_line *line, struct error *e)
{
    const struct command *command = line->command;
    const struct option_def *def = command->options;
    AUTO_BUF usage = BUF_INIT;

    buf_printf(&usage, "usage: %s %s", line->tool->name, command->name);
    if (command->operands != NULL)
        buf_printf(&usage, " %s", command->operands);
    for (; def != NULL && def->name != NULL; def++)
        if (def->required)
            buf_printf(&usage, " --%s %s", def->name, def->arg);
    return error_hint(e, "%s", buf_text(&usage));
}

static bool
check_operands(const struct command_line *line, struct error *e)
{
    enum error_code code = line->command->operands_are_form ? ERROR_FLAG : ERROR_USAGE;
    const char *name = line->command->name;
    size_t least;
    size_t most;
    char operand[64];

    command_operand_limits(line->command, &least, &most);
    if (line->operand_count < least) {
        command_operand_name(line->command, line->operand_count, operand, sizeof(operand));
        error_set_(e, code, 0, "'%s' needs %s", name, operand);
        return hint_usage(line, e);
    }
    if (line->operand_count > most) {
        error_set_(e, code, 0, "'%s' is one operand too many for '%s'", line->operands[most], name);
        return hint_usage(line, e);
    }
    return true;
}

static bool
check_required(const struct command_line *line, struct error *e)
{
    for (size_t i = 0; i < line->options.values.count; i++) {
        const struct option_value *value = &line->options.values.items[i];

        if (!value->def->required || value->source != OPTION_FROM_FALLBACK)
            continue;
        /* etcdutl has them checked by its parser, etcdctl checks them itself. */
        error_set_(e, (line->command->tools & IN_ETCDUTL) != 0 ? ERROR_FLAG : ERROR_USAGE, 0,
                   "'%s' needs --%s", line->command->name, value->def->name);
        return error_hint(e, "see '%s help %s'", line->tool->name, line->command->name);
    }
    return true;
}

bool
command_line_parse(struct arena *mem, const struct tool *tool, int argc, char *const *argv,
                   struct command_line *ret_line, struct error *e)
{
    struct command_line *line = ret_line;
    const char *stray;

    *line = (struct command_line){.tool = tool, .words = ""};
    first_walk(mem, argc, argv, line, &stray);
    if (line->command == NULL && stray != NULL && !(line->help && line->words[0] == '\0'))
        return unknown_command(mem, line, stray, e);
    /* etcd's tools answer the beginning of a command with its help, and call that success. */
    line->help = line->help || (tool->etcd && line->command == NULL);
    if (line->help)
        return true;
    if (line->command == NULL && line->words[0] != '\0')
        return incomplete_command(line, e);
    if (line->command == NULL && argc > 1)
        return error_set(e, ERROR_FLAG, "no command in '%s'", argv[1]);
    if (line->command == NULL)
        return true;

    options_add(mem, &line->options, line->command->options);
    if (line->command->plan != NULL)
        options_add(mem, &line->options, plan_options);
    options_add(mem, &line->options, global_options);
    return set_from_environment(mem, line, e) && second_walk(mem, argc, argv, line, e) &&
           check_operands(line, e) && check_required(line, e);
}

void
command_line_start(struct arena *mem, const struct tool *tool, int argc, char *const *argv,
                   struct command_line_start *ret_start)
{
    struct command_line_start *start = ret_start;
    struct walk w = {argc, argv, 1};
    size_t candidates;

    *start = (struct command_line_start){.words = ""};
    for (; w.at < argc - 1; w.at++) {
        const char *word = argv[w.at];
        const char *next;

        if (strcmp(word, "--") == 0 && !start->flags_ended) {
            start->flags_ended = true;
        } else if (is_flag(word) && !start->flags_ended) {
            const struct option_def *def = first_walk_takes_next(mem, tool, &w, start->words);

            if (def != NULL && ++w.at == argc - 1)
                start->value_of = def;
        } else if (start->operand_count == 0 &&
                   (next = command_words_next(mem, tool, start->words, word, &candidates)) !=
                       NULL) {
            start->words = next;
        } else {
            start->operand_count++;
        }
    }
    start->command = command_find(tool, start->words);
}
