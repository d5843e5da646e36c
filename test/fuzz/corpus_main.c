/* Runs a fuzz target over every file of the folders that are named: the corpus as a unit test. */

#include <stdio.h>

#include "base/arena.h"
#include "base/io.h"

enum { SEED_MAX_BYTES = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
folder_run(const char *folder, unsigned *count, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char **names;
    size_t name_count;

    if (!dir_list(&tmp, folder, &names, &name_count, e))
        return false;
    for (size_t i = 0; i < name_count; i++) {
        AUTO_ARENA file = ARENA_INIT;
        struct bytes content;

        if (!file_read_all(&file, path_join(&file, folder, names[i]), SEED_MAX_BYTES, &content, e))
            return false;
        LLVMFuzzerTestOneInput(content.data, content.size);
        (*count)++;
    }
    return true;
}

int
main(int argc, char **argv)
{
    struct error e = ERROR_INIT;
    unsigned count = 0;

    /* Every decoder meets the empty input. */
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        if (!folder_run(argv[i], &count, &e)) {
            fprintf(stderr, "%s\n", e.text);
            return 1;
        }
    }
    printf("%u inputs\n", count + 1);
    return 0;
}
