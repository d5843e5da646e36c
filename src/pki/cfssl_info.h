/* A certificate, or a request for one, as 'cfssl certinfo' prints it. Source: cfssl certinfo/certinfo.go. */
#ifndef QUORATE_PKI_CFSSL_INFO_H
#define QUORATE_PKI_CFSSL_INFO_H

#include "base/json_writer.h"
#include "pki/certificate.h"

/* e: ERROR_TLS when OpenSSL cannot write it. */
MUST_CHECK bool cfssl_info_write(struct json_writer *w, const struct certificate *c,
                                 struct error *e);

/*
 * A request (PKCS #10, PEM): what Go's x509.CertificateRequest prints of it, without its raw parts.
 *
 * e  ERROR_TLS: it is none.
 */
MUST_CHECK bool cfssl_request_info_write(struct json_writer *w, struct bytes pem, struct error *e);

#endif
