/* A certificate as 'cfssl certinfo' prints it. Source: cfssl certinfo/certinfo.go. */
#ifndef QUORATE_PKI_CFSSL_INFO_H
#define QUORATE_PKI_CFSSL_INFO_H

#include "base/json_writer.h"
#include "pki/certificate.h"

/* e: ERROR_TLS when OpenSSL cannot write it. */
MUST_CHECK bool cfssl_info_write(struct json_writer *w, const struct certificate *c,
                                 struct error *e);

#endif
