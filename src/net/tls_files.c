#include "net/tls_files.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/io.h"
#include "base/secret.h"

const char *
tls_library_reason(void)
{
    unsigned long code = ERR_peek_error(); /* the first is the cause */
    const char *reason = ERR_reason_error_string(code);

    return reason != NULL ? reason : "unknown error";
}

bool
tls_file_open(const char *path, const char *what, BIO **ret_bio, struct error *e)
{
    AUTO_FD fd = -1;

    if (!file_open(path, O_RDONLY, 0, &fd, e))
        return error_wrap(e, "%s", what);
    *ret_bio = BIO_new_file(path, "r");
    if (*ret_bio == NULL)
        return error_set(e, ERROR_IO, "%s: cannot read '%s': %s", what, path, tls_library_reason());
    return true;
}

static int
passphrase_refuse(char *text UNUSED, int size UNUSED, int writing UNUSED, void *context)
{
    *(bool *)context = true;
    return -1;
}

/* 'path' is for the remedy. Frees the stream. */
static bool
key_read(BIO *bio, const char *path, EVP_PKEY **ret_key, struct error *e)
{
    bool encrypted = false;

    secrets_guard();
    *ret_key = PEM_read_bio_PrivateKey(bio, NULL, passphrase_refuse, &encrypted);
    BIO_free(bio);
    if (*ret_key != NULL)
        return true;
    if (encrypted)
        return error_set(e, ERROR_TLS, "the key is encrypted") ||
               error_hint(e, "decrypt it with 'openssl pkey -in %s', as etcd's own tools need it",
                          path);
    return error_set(e, ERROR_TLS, "no PEM private key in it");
}

bool
tls_key_load(const char *path, EVP_PKEY **ret_key, struct error *e)
{
    AUTO_SECRET pem = SECRET_INIT;

    if (!secret_load_whole(&pem, path, e))
        return error_wrap(e, "key file");
    return key_read(BIO_new_mem_buf(pem.text, (int)pem.size), path, ret_key, e) ||
           error_wrap(e, "key file '%s'", path);
}

bool
tls_key_decode(struct bytes pem, EVP_PKEY **ret_key, struct error *e)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);

    ASSERT(bio != NULL);
    return key_read(bio, "FILE", ret_key, e);
}
