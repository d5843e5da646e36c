/* What OpenSSL says, in an operator's words. The alerts that a server sends about our certificate
 * come at the first read after a successful handshake (TLS 1.3). */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "net/judge.h"

static enum net_failure_kind
kind_of_verify(long result)
{
    switch (result) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_CERT_UNTRUSTED:
        return NET_FAILURE_TLS_UNKNOWN_CA;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return NET_FAILURE_TLS_NAME_MISMATCH;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return NET_FAILURE_TLS_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return NET_FAILURE_TLS_NOT_YET_VALID;
    default:
        return NET_FAILURE_TLS_CERTIFICATE;
    }
}

static const char *
date_text(struct arena *mem, int64_t seconds)
{
    return time_rfc3339(mem, seconds * 1000);
}

static void
judge_verify(struct net_failure *f, const struct endpoint *ep, const struct tls_evidence *evidence)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct net_certificate *c = evidence->certificate;
    enum net_failure_kind kind = kind_of_verify(evidence->verify_result);
    const char *reason = X509_verify_cert_error_string(evidence->verify_result);
    const char *more = "";

    switch (kind) {
    case NET_FAILURE_TLS_UNKNOWN_CA:
        more = arena_printf(&tmp, ": issued by '%s', which %s does not hold", c->issuer,
                            evidence->ca_file != NULL
                                ? arena_printf(&tmp, "CA file '%s'", evidence->ca_file)
                                : "the system's list of authorities");
        break;
    case NET_FAILURE_TLS_NAME_MISMATCH:
        more = arena_printf(&tmp, ": '%s' is not among %s", evidence->expected,
                            c->names[0] != '\0' ? c->names : "its names: it has none");
        break;
    case NET_FAILURE_TLS_EXPIRED:
        more = arena_printf(&tmp, ": '%s' ended at %s; our clock says %s", c->subject,
                            date_text(&tmp, c->not_after_s), date_text(&tmp, evidence->clock_s));
        break;
    case NET_FAILURE_TLS_NOT_YET_VALID:
        more = arena_printf(&tmp, ": '%s' begins at %s; our clock says %s", c->subject,
                            date_text(&tmp, c->not_before_s), date_text(&tmp, evidence->clock_s));
        break;
    default:
        break;
    }
    judge_set(f, kind, ep, "certificate verify failed: %s%s", reason, more);
    f->certificate = *c;
    f->clock_s = evidence->clock_s;
    if (kind == NET_FAILURE_TLS_NAME_MISMATCH)
        snprintf(f->expected, sizeof(f->expected), "%s", evidence->expected);
}

/*
 * An alert about the certificate that we sent, or did not send. Its word is vague (Go's servers say
 * "bad certificate" to a wrong usage and, up to 1.20, to all else), so the certificate itself is
 * looked at. Source: Go's crypto/tls/handshake_server.go, processCertsFromClient.
 */
static void
judge_client_certificate(struct net_failure *f, const struct endpoint *ep,
                         const struct tls_evidence *evidence, const char *reason)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct net_certificate *own = evidence->own;
    int64_t now_s = evidence->clock_s;

    if (own == NULL || !own->seen) {
        judge_set(f, NET_FAILURE_TLS_CLIENT_REQUIRED, ep,
                  "the server requires a client certificate (%s)", reason);
        return;
    }
    if (own->without_clientauth)
        judge_set(f, NET_FAILURE_TLS_CLIENT_USAGE, ep,
                  "the client certificate '%s' is not for clients: its extended key usage lacks "
                  "clientAuth (%s)",
                  own->subject, reason);
    else if (ERR_GET_REASON(evidence->library_error) == SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED ||
             now_s < own->not_before_s || now_s > own->not_after_s)
        judge_set(f, NET_FAILURE_TLS_CLIENT_EXPIRED, ep,
                  "the client certificate '%s' is valid from %s to %s; our clock says %s (%s)",
                  own->subject, date_text(&tmp, own->not_before_s),
                  date_text(&tmp, own->not_after_s), date_text(&tmp, now_s), reason);
    else
        judge_set(f, NET_FAILURE_TLS_CLIENT_REFUSED, ep,
                  "the server does not trust the client certificate '%s', issued by '%s' (%s)",
                  own->subject, own->issuer, reason);
    f->certificate = *own;
    f->clock_s = now_s;
}

static bool
judge_alert(struct net_failure *f, const struct endpoint *ep, const struct tls_evidence *evidence)
{
    const char *reason = ERR_reason_error_string(evidence->library_error);

    if (ERR_GET_LIB(evidence->library_error) != ERR_LIB_SSL)
        return false;
    if (reason == NULL)
        reason = "no reason given";
    switch (ERR_GET_REASON(evidence->library_error)) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        judge_client_certificate(f, ep, evidence, reason);
        return true;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
        if (evidence->handshake_done)
            return false;
        judge_set(f, NET_FAILURE_TLS_TO_PLAINTEXT, ep, "the server does not speak TLS (%s)",
                  reason);
        return true;
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
        judge_set(f, NET_FAILURE_TLS_NO_HTTP2, ep, "the server does not offer HTTP/2 over TLS");
        return true;
    default:
        return false;
    }
}

void
judge_tls(struct net_failure *f, const struct endpoint *ep, const struct tls_evidence *evidence)
{
    const char *reason =
        evidence->library_error != 0 ? ERR_reason_error_string(evidence->library_error) : NULL;

    if (evidence->verify_result != X509_V_OK)
        judge_verify(f, ep, evidence);
    else if (judge_alert(f, ep, evidence))
        ;
    else if (evidence->ended || evidence->sys_errno != 0)
        judge_set(f, NET_FAILURE_TLS_CLOSED, ep, "connection %s by the server in the TLS handshake",
                  evidence->sys_errno == ECONNRESET ? "reset" : "closed");
    else
        judge_set(f, NET_FAILURE_TLS_OTHER, ep, "TLS error: %s",
                  reason != NULL ? reason : "unknown");
    f->sys_errno = evidence->sys_errno;
}
