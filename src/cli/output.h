/* How results are written (-w), and what the terminal can show. */
#ifndef QUORATE_CLI_OUTPUT_H
#define QUORATE_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

/* The order of --write-out's choices. */
enum output { OUTPUT_SIMPLE, OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_FIELDS, OUTPUT_PROTOBUF };

/* The etcdctl whose output is matched where versions differ. */
enum compat { COMPAT_3_4, COMPAT_3_5, COMPAT_3_6, COMPAT_3_7, COMPAT_NEWEST = COMPAT_3_7 };

/* What stdout can show. All false and 0 for a file or a pipe. */
struct terminal {
    bool color;     /* escape sequences wanted: a tty without NO_COLOR, or --color always */
    bool utf8;      /* the locale's characters are UTF-8 */
    bool tty;       /* stdout is a terminal */
    unsigned width; /* columns; 0 when not known */
};

struct output_style {
    enum output output;
    enum compat compat;
    bool hex;        /* --hex */
    bool boxes;      /* table borders of box-drawing characters instead of +-| */
    bool wrap_cells; /* break long cells at blanks, as etcdctl up to 3.6 does */
    struct terminal terminal;
    int64_t now_ms; /* wall clock, for ages; 0: print times only */
};

#endif
