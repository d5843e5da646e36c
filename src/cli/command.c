/* The table of all commands, and what can be read from an entry. */

#include "cli/command.h"

#include <stdint.h>
#include <string.h>

#define COMMAND(name) extern const struct command command_##name;
#include "cli/commands.list"
#undef COMMAND

const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "cli/commands.list"
#undef COMMAND
    NULL,
};

const char *
command_family_title(enum command_family family)
{
    static const char *const titles[FAMILY_COUNT] = {
        [FAMILY_STATUS] = "Look at a cluster",
        [FAMILY_KEYS] = "Keys",
        [FAMILY_MEMBERS] = "Members and maintenance",
        [FAMILY_USERS] = "Users and roles",
        [FAMILY_BACKUP] = "Backup and recovery",
        [FAMILY_TLS] = "Certificates",
        [FAMILY_LAB] = "Labs and plans",
        [FAMILY_TOOL] = "About quorate",
    };

    ASSERT(family < FAMILY_COUNT);
    return titles[family];
}

const struct command *
command_find(const struct tool *tool, const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++)
        if (tool_has(tool, commands[i]->tools) && strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

size_t
command_group_size(const struct tool *tool, const char *words)
{
    size_t size = strlen(words);
    size_t count = 0;

    for (size_t i = 0; commands[i] != NULL; i++)
        count += tool_has(tool, commands[i]->tools) &&
                 strncmp(commands[i]->name, words, size) == 0 && commands[i]->name[size] == ' ';
    return count;
}

bool
command_is_shown(const struct tool *tool, const struct command *command)
{
    return !command->hidden && tool_has(tool, command->tools);
}

/* The word behind 'words' in a command's name; NULL when the name does not begin with them. */
static const char *
word_behind(const char *name, const char *words, size_t *ret_size)
{
    size_t size = strlen(words);

    if (strncmp(name, words, size) != 0 || (size > 0 && name[size] != ' '))
        return NULL;
    name += size + (size > 0);
    *ret_size = strcspn(name, " ");
    return *ret_size > 0 ? name : NULL;
}

const char *
command_words_next(struct arena *mem, const struct tool *tool, const char *words, const char *typed,
                   size_t *ret_candidates)
{
    size_t typed_size = strlen(typed);
    const char *found = NULL;
    size_t found_size = 0;
    size_t size;

    *ret_candidates = 0;
    for (size_t i = 0; commands[i] != NULL && typed_size > 0; i++) {
        const char *word = word_behind(commands[i]->name, words, &size);

        if (word == NULL || !tool_has(tool, commands[i]->tools) || size < typed_size ||
            memcmp(word, typed, typed_size) != 0 || (commands[i]->hidden && size != typed_size))
            continue;
        if (size == typed_size) {
            found = word;
            found_size = size;
            *ret_candidates = 1;
            break;
        }
        if (found != NULL && found_size == size && memcmp(found, word, size) == 0)
            continue; /* another command of the same group */
        found = word;
        found_size = size;
        (*ret_candidates)++;
    }
    if (*ret_candidates != 1)
        return NULL;
    return words[0] == '\0' ? arena_printf(mem, "%.*s", (int)found_size, found)
                            : arena_printf(mem, "%s %.*s", words, (int)found_size, found);
}

/* Steps over one operand's name; NULL at the end. */
static const char *
operand_next(const char **at, size_t *ret_size)
{
    const char *start;

    if (*at == NULL)
        return NULL;
    start = *at + strspn(*at, " ");
    *ret_size = strcspn(start, " ");
    *at = start + *ret_size;
    return *ret_size > 0 ? start : NULL;
}

void
command_operand_limits(const struct command *command, size_t *ret_least, size_t *ret_most)
{
    const char *at = command->operands;
    const char *word;
    size_t size;

    *ret_least = 0;
    *ret_most = 0;
    while ((word = operand_next(&at, &size)) != NULL) {
        *ret_least += word[0] != '[';
        if (memmem(word, size, "...", 3) != NULL)
            *ret_most = SIZE_MAX;
        else if (*ret_most != SIZE_MAX)
            (*ret_most)++;
    }
}

void
command_operand_name(const struct command *command, size_t index, char *ret_name, size_t size)
{
    const char *at = command->operands;
    const char *word;
    size_t length = 0;

    ret_name[0] = '\0';
    while ((word = operand_next(&at, &length)) != NULL && index > 0)
        index--;
    if (word == NULL)
        return;
    word += word[0] == '[';
    length = strcspn(word, "]. ");
    snprintf(ret_name, size, "%.*s", (int)length, word);
}
