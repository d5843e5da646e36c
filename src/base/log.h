/* Debug lines on stderr for those who ask (--debug): never a key's value, never a secret. */
#ifndef QUORATE_BASE_LOG_H
#define QUORATE_BASE_LOG_H

#include <stdbool.h>

#include "base/error.h"

void log_enable(bool on);
bool log_enabled(void);
/* One line with the time since start in milliseconds; cut, and harmless, as an error's text. */
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
