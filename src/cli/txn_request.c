/* get, put or del with flags and operands, read against the option table of that command. */

#include <string.h>

#include "cli/key_request.h"
#include "cli/line_words.h"
#include "cli/quoted.h"
#include "cli/txn_line.h"

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
make_request(struct arena *mem, const char *name, const struct line_words *r,
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
    struct line_words read;
    size_t count;
    struct etcd_request_op op = {NULL, NULL, NULL, NULL};
    const struct command *command;
    struct bytes *words;

    if (!quoted_words(mem, line, &words, &count, e))
        return false;
    command = count > 0 ? find_command(words[0]) : NULL;
    if (command == NULL)
        return unknown_request(count > 0 ? words[0] : BYTES_LITERAL(""), e);
    if (count < 2)
        return error_set(e, ERROR_INPUT, "'%s' needs a KEY", command->name);
    if (!line_words_read(mem, words + 1, count - 1, command->options, &read, e) ||
        !make_request(mem, command->name, &read, &op, e)) {
        if (e->hint[0] == '\0')
            error_hint_(e, "see 'quorate help %s'", command->name);
        return error_wrap(e, "'%s'", command->name);
    }
    *ret_request = op;
    return true;
}
