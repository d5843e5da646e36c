/* Source: etcdctl/ctlv3/command/lease_command.go, leaseFromArgs (3.4 to 3.7). */

#include "cli/lease_id.h"

#include "base/number.h"

bool
lease_id_parse(const char *text, int64_t *ret_id, struct error *e)
{
    bool minus = text[0] == '-';
    const char *digits = minus || text[0] == '+' ? text + 1 : text;
    struct error why;
    uint64_t id;

    if (!number_parse_id(digits, &id, &why) || id > (uint64_t)INT64_MAX + (minus ? 1 : 0)) {
        error_set(e, ERROR_USAGE, "'%s' is no lease id: hex digits are expected, 63 bits at most",
                  text);
        return error_hint(e, "ids are shown by 'lease list'");
    }
    *ret_id = (int64_t)(minus ? 0 - id : id);
    return true;
}
