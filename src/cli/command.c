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
        [FAMILY_BACKUP] = "Backup and recovery",
        [FAMILY_LAB] = "Labs and plans",
        [FAMILY_TOOL] = "About quorate",
    };

    ASSERT(family < FAMILY_COUNT);
    return titles[family];
}

const struct command *
command_find(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

size_t
command_group_size(const char *words)
{
    size_t size = strlen(words);
    size_t count = 0;

    for (size_t i = 0; commands[i] != NULL; i++)
        count += strncmp(commands[i]->name, words, size) == 0 && commands[i]->name[size] == ' ';
    return count;
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
