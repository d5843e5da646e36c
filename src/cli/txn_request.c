/* get, put or del with flags and operands, read against the option table of that command. */

#include <string.h>

#include "cli/key_request.h"
#include "cli/quoted.h"
#include "cli/txn_line.h"

/* What a line says, before it becomes a request. */
struct request_words {
    const struct bytes *words;
    size_t count;
    size_t at;
    struct options options;
    ARRAY(struct bytes) operands;
};

/* "g" is enough: etcdctl takes the beginnings of its commands here, too. */
static const struct command *
find_command(struct bytes word)
{
    static const struct command *const requests[] = {&command_get, &command_put, &command_del};

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
        if (word.size > 0 && bytes_starts_with(bytes_of_text(requests[i]->name), word))
            return requests[i];
    return NULL;
}

static bool
unknown_request(struct bytes word, struct error *e)
{
    error_set_(e, ERROR_INPUT, 0, "'%.*s' is no request: get, put or del", (int)word.size,
               (const char *)word.data);
    if (word.size > 0 && memchr(word.data, '(', word.size) != NULL)
        return error_hint(e, "compares stand before the first empty line, requests behind it");
    return error_hint(e, "an empty line ends the requests");
}

static bool
set_flag(struct arena *mem, struct request_words *r, struct bytes word, struct error *e)
{
    const uint8_t *equals = memchr(word.data, '=', word.size);
    size_t size = equals != NULL ? (size_t)(equals - word.data) : word.size;
    const char *label = arena_text_of_bytes(mem, bytes_of(word.data, size));
    struct option_value *value =
        strncmp(label, "--", 2) == 0 ? options_find(&r->options, label + 2) : NULL;
    const char *text = "true";

    if (value == NULL) {
        error_set_(e, ERROR_INPUT, 0, "unknown flag '%s'", label);
        return error_hint(e, "write '--' before a value that begins with '-'");
    }
    if (equals != NULL)
        text = arena_text_of_bytes(mem, bytes_of(equals + 1, word.size - size - 1));
    else if (value->def->type != OPTION_BOOL && r->at == r->count)
        return error_set(e, ERROR_INPUT, "flag '%s' needs a value", label);
    else if (value->def->type != OPTION_BOOL)
        text = arena_text_of_bytes(mem, r->words[r->at++]);
    if (option_set(mem, value, label, text, OPTION_FROM_FLAG, e))
        return true;
    if (e->code == ERROR_FLAG)
        e->code = ERROR_INPUT;
    return false;
}

static bool
read_words(struct arena *mem, struct request_words *r, struct error *e)
{
    bool flags_ended = false;

    while (r->at < r->count) {
        struct bytes word = r->words[r->at++];

        if (!flags_ended && bytes_equal_text(word, "--"))
            flags_ended = true;
        else if (flags_ended || word.size < 2 || word.data[0] != '-')
            *ARRAY_PUSH(mem, &r->operands) = word;
        else if (!set_flag(mem, r, word, e))
            return false;
    }
    return true;
}

static bool
make_put(struct arena *mem, const struct options *o, struct key_operands operands,
         struct etcd_request_op *ret_op, struct error *e)
{
    struct etcd_put_request *put = arena_zero(mem, sizeof(*put));
    bool wants_value;

    if (!key_request_put(mem, o, operands, put, &wants_value, e))
        return false;
    if (wants_value)
        return error_set(e, ERROR_USAGE, "the VALUE is missing: \"\" is the empty one");
    ret_op->put = put;
    return true;
}

static bool
make_request(struct arena *mem, const char *name, const struct request_words *r,
             struct etcd_request_op *ret_op, struct error *e)
{
    struct key_operands operands = {r->operands.items, r->operands.count};

    if (name[0] == 'g') {
        struct etcd_range_request *range = arena_zero(mem, sizeof(*range));

        ret_op->range = range;
        return key_request_get(mem, &r->options, operands, range, e);
    }
    if (name[0] == 'd') {
        struct etcd_delete_range_request *del = arena_zero(mem, sizeof(*del));

        ret_op->delete_range = del;
        return key_request_del(mem, &r->options, operands, del, e);
    }
    return make_put(mem, &r->options, operands, ret_op, e);
}

bool
txn_request_parse(struct arena *mem, struct bytes line, struct etcd_request_op *ret_request,
                  struct error *e)
{
    struct request_words r = {.at = 1};
    struct etcd_request_op op = {NULL, NULL, NULL, NULL};
    const struct command *command;
    struct bytes *words;

    if (!quoted_words(mem, line, &words, &r.count, e))
        return false;
    r.words = words;
    command = r.count > 0 ? find_command(words[0]) : NULL;
    if (command == NULL)
        return unknown_request(r.count > 0 ? words[0] : BYTES_LITERAL(""), e);
    if (r.count < 2)
        return error_set(e, ERROR_INPUT, "'%s' needs a KEY", command->name);
    options_add(mem, &r.options, command->options);
    if (!read_words(mem, &r, e) || !make_request(mem, command->name, &r, &op, e)) {
        if (e->hint[0] == '\0')
            error_hint_(e, "see 'quorate help %s'", command->name);
        return error_wrap(e, "'%s'", command->name);
    }
    *ret_request = op;
    return true;
}
