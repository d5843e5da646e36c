#include "format/settings/settings.h"

#include <ctype.h>
#include <string.h>

#include "format/settings/etcd_flag.h"

static const char variable_prefix[] = "ETCD_";

void
settings_add(struct arena *mem, struct etcd_settings *settings, struct etcd_setting setting)
{
    *ARRAY_PUSH(mem, &settings->items) = setting;
}

const char *
setting_variable(struct arena *mem, const char *name)
{
    char *variable = arena_printf(mem, "%s%s", variable_prefix, name);

    for (char *c = variable; *c != '\0'; c++)
        *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
    return variable;
}

const char *
setting_of_variable(struct arena *mem, const char *variable)
{
    char *name;

    if (strncmp(variable, variable_prefix, sizeof(variable_prefix) - 1) != 0 ||
        variable[sizeof(variable_prefix) - 1] == '\0')
        return NULL;
    name = arena_text(mem, variable + sizeof(variable_prefix) - 1);
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
    return name;
}

void
settings_add_variable(struct arena *mem, struct etcd_settings *settings, const char *variable,
                      const char *value, const char *file, unsigned line)
{
    const char *name = setting_of_variable(mem, variable);

    /* A later line with nothing takes back an earlier one, so it counts until settings_resolve. */
    if (name != NULL)
        settings_add(mem, settings,
                     (struct etcd_setting){.name = name,
                                           .value = value,
                                           .origin = SETTING_ENVIRONMENT,
                                           .file = file,
                                           .line = line});
}

bool
setting_word_flag(struct arena *mem, const struct setting_words *words, size_t i,
                  const char **ret_name, const char **ret_value, size_t *ret_count, struct error *e)
{
    const char *text = words->words.items[i].text;
    const char *name = text + (text[0] == '-') + (text[0] == '-' && text[1] == '-');
    const char *equals = strchr(name, '=');
    bool has_next = i + 1 < words->words.count;
    const char *next = has_next ? words->words.items[i + 1].text : "";

    if (name == text || name[0] == '\0' || name[0] == '=')
        return error_set(e, ERROR_FORMAT, "'%s' is no flag: etcd does not start with it", text);
    *ret_count = 1;
    if (equals != NULL) {
        *ret_name = arena_text_of_bytes(mem, bytes_of(name, (size_t)(equals - name)));
        *ret_value = equals + 1;
        return true;
    }
    *ret_name = name;
    *ret_value = "true";
    if (etcd_flag_is_bool(name))
        return true;
    if (etcd_flag_find(name, FLAG_MINOR_OLDEST) == NULL &&
        etcd_flag_find(name, FLAG_MINOR_OLDEST + 1) == NULL &&
        etcd_flag_find(name, FLAG_MINOR_NEWEST - 1) == NULL &&
        etcd_flag_find(name, FLAG_MINOR_NEWEST) == NULL && (!has_next || next[0] == '-'))
        return true;
    if (!has_next)
        return error_set(e, ERROR_FORMAT, "flag '%s' has no value: etcd does not start with it",
                         text);
    *ret_value = next;
    *ret_count = 2;
    return true;
}

bool
settings_add_words(struct arena *mem, struct etcd_settings *settings,
                   const struct setting_words *words, struct error *e)
{
    size_t count;

    if (words->words.count > SETTING_WORDS_MOST)
        return error_set(e, ERROR_LIMIT, "a command line of %zu words, at most %d are read",
                         words->words.count, SETTING_WORDS_MOST);
    for (size_t i = 0; i < words->words.count; i += count) {
        const struct setting_word *word = &words->words.items[i];
        struct etcd_setting setting = {
            .origin = SETTING_ARGV, .file = word->file, .line = word->line};

        if (!setting_word_flag(mem, words, i, &setting.name, &setting.value, &count, e))
            return word->file != NULL ? error_wrap(e, "%s:%u", word->file, word->line)
                                      : error_false();
        settings_add(mem, settings, setting);
    }
    return true;
}

/* The texts of a block in which each ends with a NUL. */
static const char *
next_text(struct arena *mem, struct bytes *block)
{
    const uint8_t *end = memchr(block->data, '\0', block->size);
    size_t size = end != NULL ? (size_t)(end - block->data) : block->size;
    const char *text = arena_text_of_bytes(mem, bytes_of(block->data, size));

    size += end != NULL;
    *block = bytes_of(block->data + size, block->size - size);
    return text;
}

bool
settings_add_process(struct arena *mem, struct etcd_settings *settings, struct bytes cmdline,
                     struct bytes environ, struct error *e)
{
    struct setting_words words = {ARRAY_INIT};

    if (cmdline.size > 0)
        (void)next_text(mem, &cmdline);
    while (cmdline.size > 0)
        ARRAY_PUSH(mem, &words.words)->text = next_text(mem, &cmdline);
    while (environ.size > 0) {
        char *variable = arena_text(mem, next_text(mem, &environ));
        char *equals = strchr(variable, '=');

        if (equals == NULL)
            continue;
        *equals = '\0';
        settings_add_variable(mem, settings, variable, equals + 1, NULL, 0);
    }
    return settings_add_words(mem, settings, &words, e);
}

static struct etcd_setting *
last_of(const struct etcd_settings *settings, const char *name, enum setting_origin origin)
{
    for (size_t i = settings->items.count; i-- > 0;) {
        struct etcd_setting *item = &settings->items.items[i];

        if (item->origin == origin && strcmp(item->name, name) == 0)
            return item;
    }
    return NULL;
}

/* Whether etcd goes by this one, as long as there is no config file. */
static bool
wins(const struct etcd_settings *settings, const struct etcd_setting *item)
{
    if (item != last_of(settings, item->name, item->origin))
        return false;
    if (item->origin == SETTING_ARGV)
        return true;
    return item->origin == SETTING_ENVIRONMENT && item->value[0] != '\0' &&
           last_of(settings, item->name, SETTING_ARGV) == NULL;
}

void
settings_resolve(struct etcd_settings *settings)
{
    const struct etcd_setting *config = last_of(settings, "config-file", SETTING_ARGV);

    if (config == NULL || config->value[0] == '\0')
        config = last_of(settings, "config-file", SETTING_ENVIRONMENT);
    settings->config_file = config != NULL && config->value[0] != '\0' ? config->value : NULL;
    settings->conflict = NULL;
    for (size_t i = 0; i < settings->items.count; i++) {
        struct etcd_setting *item = &settings->items.items[i];

        item->in_force =
            settings->config_file != NULL
                ? item == config || item == last_of(settings, item->name, SETTING_CONFIG_FILE)
                : wins(settings, item);
        /* etcd compares the names of variables it did not use; an empty one counts. */
        if (settings->config_file == NULL && item->origin == SETTING_ENVIRONMENT &&
            last_of(settings, item->name, SETTING_ARGV) != NULL)
            settings->conflict = item;
    }
}

const struct etcd_setting *
settings_get(const struct etcd_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->items.count; i++) {
        const struct etcd_setting *item = &settings->items.items[i];

        if (item->in_force && strcmp(item->name, name) == 0)
            return item;
    }
    return NULL;
}

const char *
setting_place_text(struct arena *mem, const struct etcd_setting *setting)
{
    if (setting == NULL)
        return "etcd's default";
    if (setting->file == NULL)
        return setting->origin == SETTING_ENVIRONMENT ? "its environment" : "its command line";
    return setting->line > 0 ? arena_printf(mem, "%s:%u", setting->file, setting->line)
                             : setting->file;
}

const char *
settings_value(struct arena *mem, const struct etcd_settings *settings, const char *name,
               unsigned minor)
{
    const struct etcd_setting *item = settings_get(settings, name);
    const struct etcd_flag *flag = etcd_flag_find(name, minor);

    if (item != NULL)
        return item->value;
    if (strcmp(name, "data-dir") == 0)
        return arena_printf(mem, "%s.etcd", settings_value(mem, settings, "name", minor));
    return flag != NULL ? flag->fallback : NULL;
}

bool
settings_bool(const struct etcd_settings *settings, const char *name, unsigned minor)
{
    static const char *const words[] = {"1", "t", "T", "true", "TRUE", "True"};
    const struct etcd_setting *item = settings_get(settings, name);
    const struct etcd_flag *flag = etcd_flag_find(name, minor);
    const char *value = item != NULL ? item->value : flag != NULL ? flag->fallback : "";

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(value, words[i]) == 0)
            return true;
    }
    return false;
}

static const struct setting_change *
change_of(const struct setting_change *changes, size_t count, const char *name)
{
    for (size_t i = count; i-- > 0;) {
        if (strcmp(changes[i].name, name) == 0)
            return &changes[i];
    }
    return NULL;
}

void
settings_changes_to(struct arena *mem, const struct etcd_settings *wanted,
                    const struct etcd_settings *own, const struct setting_change *changes,
                    size_t count, struct setting_changes *all)
{
    for (size_t i = 0; i < wanted->items.count; i++) {
        const struct etcd_setting *want = &wanted->items.items[i];
        const struct etcd_setting *have = settings_get(own, want->name);

        if (want->in_force && change_of(changes, count, want->name) == NULL &&
            (have == NULL || strcmp(have->value, want->value) != 0))
            *ARRAY_PUSH(mem, &all->items) =
                (struct setting_change){.name = want->name, .value = want->value};
    }
    for (size_t i = 0; i < own->items.count; i++) {
        const struct etcd_setting *have = &own->items.items[i];

        if (have->in_force && change_of(changes, count, have->name) == NULL &&
            settings_get(wanted, have->name) == NULL)
            *ARRAY_PUSH(mem, &all->items) = (struct setting_change){.name = have->name};
    }
    for (size_t i = 0; i < count; i++)
        *ARRAY_PUSH(mem, &all->items) = changes[i];
}

struct etcd_settings
settings_with(struct arena *mem, const struct etcd_settings *settings,
              const struct setting_change *changes, size_t count)
{
    struct etcd_settings all = ETCD_SETTINGS_INIT;

    for (size_t i = 0; i < settings->items.count; i++) {
        const struct etcd_setting *setting = &settings->items.items[i];

        if (setting->in_force && strcmp(setting->name, "config-file") != 0 &&
            change_of(changes, count, setting->name) == NULL)
            settings_add(mem, &all,
                         (struct etcd_setting){.name = setting->name, .value = setting->value});
    }
    for (size_t i = 0; i < count; i++) {
        if (changes[i].value != NULL && change_of(changes, count, changes[i].name) == &changes[i])
            settings_add(mem, &all,
                         (struct etcd_setting){.name = changes[i].name, .value = changes[i].value});
    }
    settings_resolve(&all);
    return all;
}

bool
settings_check_change(const struct etcd_settings *before, const struct etcd_settings *after,
                      const struct setting_change *changes, size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        const struct setting_change *last = change_of(changes, count, changes[i].name);
        const struct etcd_setting *now = settings_get(after, last->name);

        if ((now == NULL) != (last->value == NULL) ||
            (now != NULL && strcmp(now->value, last->value) != 0))
            return error_set(e, ERROR_VERIFY, "the edited files set '%s' to '%s' instead of '%s'",
                             last->name, now != NULL ? now->value : "",
                             last->value != NULL ? last->value : "");
    }
    for (int side = 0; side < 2; side++) {
        const struct etcd_settings *one = side == 0 ? before : after;
        const struct etcd_settings *other = side == 0 ? after : before;

        for (size_t i = 0; i < one->items.count; i++) {
            const struct etcd_setting *item = &one->items.items[i];
            const struct etcd_setting *same = settings_get(other, item->name);

            if (item->in_force && change_of(changes, count, item->name) == NULL &&
                (same == NULL || strcmp(same->value, item->value) != 0))
                return error_set(e, ERROR_VERIFY, "the edited files would change '%s' as well",
                                 item->name);
        }
    }
    if (before->conflict == NULL && after->conflict != NULL)
        return error_set(e, ERROR_VERIFY, "'%s' would be set twice, and etcd would not start",
                         after->conflict->name);
    return true;
}
