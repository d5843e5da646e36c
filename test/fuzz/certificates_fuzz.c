/* Any bytes as certificates, keys, requests of cfssl's and openssl's, policies and lines of etcd's log: told or refused. */
#include "base/buf.h"
#include "cluster/rules_certificate.h"
#include "format/rejected_connection.h"
#include "net/tls_files.h"
#include "pki/cfssl_info.h"
#include "pki/cfssl_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each trusts all, with all standing between. */
static void
certificates_try(struct arena *mem, struct bytes pem)
{
    struct error e = ERROR_INIT;
    struct certificates found;

    if (!certificates_decode(mem, pem, &found, &e))
        return;
    for (size_t i = 0; i < found.count; i++) {
        const struct certificate_wanted wanted = {.server = true,
                                                  .client = true,
                                                  .authorities = &found,
                                                  .chain = &found,
                                                  .sources = "10.0.0.1 ::1",
                                                  .now_s = 1750000000};
        struct certificate_flaws flaws;

        certificate_judge(mem, &found.items[i], &wanted, &flaws);
        (void)!rule_certificate_fits(&found.items[i], &wanted, &e);
    }
}

static void
requests_try(struct arena *mem, struct bytes text)
{
    AUTO_BUF out = BUF_INIT;
    struct cert_request request = {.common_name = ""};
    struct error e = ERROR_INIT;
    struct json_writer w;
    bool has_ca;

    (void)!cfssl_request_decode(mem, text, &request, &has_ca, &e);
    (void)!cfssl_profile_apply(mem, text, "peer", &request, &e);
    json_writer_init(&w, &out, 0);
    (void)!cfssl_request_info_write(&w, text, &e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct bytes text = bytes_of(data, size);
    struct etcd_log_line line;
    struct rejected_connection rejected;
    struct error e = ERROR_INIT;
    EVP_PKEY *key;

    if (size > CFSSL_JSON_MOST_BYTES)
        return 0;
    certificates_try(&tmp, text);
    requests_try(&tmp, text);
    if (tls_key_decode(text, &key, &e))
        EVP_PKEY_free(key);
    if (etcd_log_line_read(&tmp, arena_text_of_bytes(&tmp, text), &line))
        (void)!rejected_connection_read(&tmp, &line, &rejected);
    return 0;
}
