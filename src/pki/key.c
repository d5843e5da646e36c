#include "pki/key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/io.h"
#include "net/tls_files.h"

bool
key_make(enum key_kind kind, struct evp_pkey_st **ret_key, struct error *e)
{
    static const struct {
        const char *curve; /* NULL: RSA */
        unsigned bits;
    } kinds[] = {
        [KEY_P256] = {"P-256", 0},     [KEY_P384] = {"P-384", 0},     [KEY_RSA_2048] = {NULL, 2048},
        [KEY_RSA_3072] = {NULL, 3072}, [KEY_RSA_4096] = {NULL, 4096},
    };
    EVP_PKEY *key;

    ERR_clear_error();
    key = kinds[kind].curve != NULL ? EVP_EC_gen(kinds[kind].curve) : EVP_RSA_gen(kinds[kind].bits);
    if (key == NULL)
        return error_set(e, ERROR_TLS, "make a key: %s", tls_library_reason());
    *ret_key = key;
    return true;
}

bool
key_save(const struct evp_pkey_st *key, const char *path, struct error *e)
{
    /* Wiped when it is freed. */
    BIO *bio = BIO_new(BIO_s_secmem());
    char *data;
    long size;
    bool done;

    ERR_clear_error();
    if (bio == NULL || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1) {
        BIO_free(bio);
        return error_set(e, ERROR_TLS, "write a key: %s", tls_library_reason());
    }
    size = BIO_get_mem_data(bio, &data);
    done = file_replace(path, bytes_of(data, (size_t)size), 0600, e);
    BIO_free(bio);
    return done;
}
