#include "pki/key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/io.h"
#include "base/secret.h"
#include "net/tls_files.h"

bool
key_make(enum key_kind kind, struct evp_pkey_st **ret_key, struct error *e)
{
    static const struct {
        const char *type;
        const char *curve; /* of EC */
        size_t bits;       /* of RSA */
    } kinds[] = {
        [KEY_P256] = {"EC", "P-256", 0},      [KEY_P384] = {"EC", "P-384", 0},
        [KEY_P521] = {"EC", "P-521", 0},      [KEY_ED25519] = {"ED25519", NULL, 0},
        [KEY_RSA_2048] = {"RSA", NULL, 2048}, [KEY_RSA_3072] = {"RSA", NULL, 3072},
        [KEY_RSA_4096] = {"RSA", NULL, 4096}, [KEY_RSA_8192] = {"RSA", NULL, 8192},
    };
    EVP_PKEY *key;

    secrets_guard();
    ERR_clear_error();
    if (kinds[kind].curve != NULL)
        key = EVP_EC_gen(kinds[kind].curve);
    else if (kinds[kind].bits > 0)
        key = EVP_RSA_gen((unsigned)kinds[kind].bits);
    else
        key = EVP_PKEY_Q_keygen(NULL, NULL, kinds[kind].type);
    if (key == NULL)
        return error_set(e, ERROR_TLS, "make a key: %s", tls_library_reason());
    *ret_key = key;
    return true;
}

const struct evp_md_st *
key_digest(const struct evp_pkey_st *key)
{
    int bits = EVP_PKEY_get_bits(key);
    bool is_rsa = EVP_PKEY_is_a(key, "RSA");

    if (EVP_PKEY_is_a(key, "ED25519"))
        return NULL;
    if (bits >= (is_rsa ? 4096 : 512))
        return EVP_sha512();
    return bits >= (is_rsa ? 3072 : 384) ? EVP_sha384() : EVP_sha256();
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
