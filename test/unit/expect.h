/* cmocka, and the two ends of a call that can fail: both want a 'struct error e' in scope. */
#ifndef QUORATE_TEST_EXPECT_H
#define QUORATE_TEST_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

#define EXPECT_OK(call)                                                                            \
    do {                                                                                           \
        error_clear(&e);                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, e.text);                                                     \
    } while (0)

/* Code and text, compared as a whole. */
#define EXPECT_ERROR(call, error_code_, text_)                                                     \
    do {                                                                                           \
        error_clear(&e);                                                                           \
        assert_false(call);                                                                        \
        assert_string_equal(e.text, text_);                                                        \
        assert_int_equal(e.code, error_code_);                                                     \
    } while (0)

#endif
