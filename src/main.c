/* argv in, exit code out. */

#include <stdio.h>

int
main(void)
{
    puts("quorate " QUORATE_VERSION);
    return 0;
}
