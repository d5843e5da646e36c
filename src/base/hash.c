/*
 * CRC-32C is ours, because etcd hashes every row with it: the processor's instruction where there
 * is one (chosen at run time), eight tables otherwise. Digests are OpenSSL's.
 */
#include "base/hash.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <openssl/evp.h>
#include <sys/random.h>
#if defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif
#if defined(__x86_64__)
#include <nmmintrin.h>
#include <wmmintrin.h>
#endif

enum { CRC32C_POLYNOMIAL_REFLECTED = 0x82F63B78u };

static uint32_t crc_tables[8][256];

static void
crc_tables_fill(void)
{
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t crc = n;

        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ (uint32_t)CRC32C_POLYNOMIAL_REFLECTED : crc >> 1;
        crc_tables[0][n] = crc;
    }
    for (uint32_t n = 0; n < 256; n++) {
        for (int t = 1; t < 8; t++)
            crc_tables[t][n] =
                crc_tables[t - 1][n] >> 8 ^ crc_tables[0][crc_tables[t - 1][n] & 0xff];
    }
}

uint32_t
crc32c_portable(uint32_t crc, const void *data, size_t size)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const uint8_t *at = data;

    pthread_once(&once, crc_tables_fill);
    crc = ~crc;
    for (; size >= 8; size -= 8, at += 8) {
        uint32_t low = crc ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
                              (uint32_t)at[3] << 24);

        crc = crc_tables[7][low & 0xff] ^ crc_tables[6][low >> 8 & 0xff] ^
              crc_tables[5][low >> 16 & 0xff] ^ crc_tables[4][low >> 24] ^ crc_tables[3][at[4]] ^
              crc_tables[2][at[5]] ^ crc_tables[1][at[6]] ^ crc_tables[0][at[7]];
    }
    for (; size > 0; size--, at++)
        crc = crc >> 8 ^ crc_tables[0][(crc ^ *at) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)
/* The instruction takes a new word each cycle, but gives its result three cycles later: so three
 * lanes side by side. Their bytes, and x^(8 * bytes - 33) and x^(16 * bytes - 33) modulo the
 * polynomial (bit 31 stands for x^0), which move a CRC up by one lane and by two. */
#define SHORT_LANE ((size_t)128)
#define LONG_LANE  ((size_t)512)

enum {
    SHORT_LANE_ONE = 0x0D3B6092u,
    SHORT_LANE_TWO = 0xB9E02B86u,
    LONG_LANE_ONE = 0xDD7E3B0Cu,
    LONG_LANE_TWO = 0x170076FAu,
};

#define TARGET_CRC __attribute__((target("sse4.2,pclmul")))

TARGET_CRC static inline uint64_t
crc_word(uint64_t state, const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return _mm_crc32_u64(state, word);
}

/* The product has x^1 too many, the instruction multiplies by x^32: hence the 33 above. */
TARGET_CRC static inline uint64_t
crc_move_up(uint64_t state, uint32_t power)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)state),
                                           _mm_cvtsi64_si128((long long)power), 0);

    return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

TARGET_CRC static inline uint64_t
crc_lanes(uint64_t state, const uint8_t *at, size_t lane, uint32_t one, uint32_t two)
{
    uint64_t second = 0;
    uint64_t third = 0;

    for (const uint8_t *end = at + lane; at < end; at += sizeof(uint64_t)) {
        state = crc_word(state, at);
        second = crc_word(second, at + lane);
        third = crc_word(third, at + 2 * lane);
    }
    return crc_move_up(state, two) ^ crc_move_up(second, one) ^ third;
}

TARGET_CRC static uint32_t
crc32c_native(uint32_t crc, const void *data, size_t size)
{
    const uint8_t *at = data;
    uint64_t state = (uint32_t)~crc;

    for (; size >= 3 * LONG_LANE; size -= 3 * LONG_LANE, at += 3 * LONG_LANE)
        state = crc_lanes(state, at, LONG_LANE, LONG_LANE_ONE, LONG_LANE_TWO);
    for (; size >= 3 * SHORT_LANE; size -= 3 * SHORT_LANE, at += 3 * SHORT_LANE)
        state = crc_lanes(state, at, SHORT_LANE, SHORT_LANE_ONE, SHORT_LANE_TWO);
    for (; size >= 8; size -= 8, at += 8)
        state = crc_word(state, at);
    for (; size > 0; size--, at++)
        state = _mm_crc32_u8((uint32_t)state, *at);
    return ~(uint32_t)state;
}

static bool
native_is_supported(void)
{
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
}
#elif defined(__aarch64__)
__attribute__((target("+crc"))) static uint32_t
crc32c_native(uint32_t crc, const void *data, size_t size)
{
    const uint8_t *at = data;
    uint32_t state = ~crc;

    for (; size >= 8; size -= 8, at += 8) {
        uint64_t word;

        memcpy(&word, at, sizeof(word));
        state = __crc32cd(state, word);
    }
    for (; size > 0; size--, at++)
        state = __crc32cb(state, *at);
    return ~state;
}

static bool
native_is_supported(void)
{
    return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
}
#else
#define crc32c_native crc32c_portable

static bool
native_is_supported(void)
{
    return false;
}
#endif

uint32_t
crc32c(uint32_t crc, const void *data, size_t size)
{
    if (native_is_supported())
        return crc32c_native(crc, data, size);
    return crc32c_portable(crc, data, size);
}

/* The product of two polynomials modulo CRC-32C's; bit 31 stands for x^0, as in the CRC itself. */
static uint32_t
crc_multiply(uint32_t a, uint32_t b)
{
    uint32_t product = 0;

    for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
        if (a & bit)
            product ^= b;
        b = b & 1 ? b >> 1 ^ (uint32_t)CRC32C_POLYNOMIAL_REFLECTED : b >> 1;
    }
    return product;
}

/* b behind a moves a up by the bits of b, that is, multiplies it with x^(8 * size_b); the inversions
 * at the start and the end of a CRC cancel out. */
uint32_t
crc32c_combine(uint32_t crc_a, uint32_t crc_b, uint64_t size_b)
{
    uint32_t power = 1u << 23; /* x^8, then its square, the square of that, ... */

    for (; size_b != 0; size_b >>= 1) {
        if (size_b & 1)
            crc_a = crc_multiply(power, crc_a);
        power = crc_multiply(power, power);
    }
    return crc_a ^ crc_b;
}

uint64_t
fnv1a64(const void *data, size_t size)
{
    const uint8_t *at = data;
    uint64_t hash = 0xCBF29CE484222325u;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 0x100000001B3u;
    return hash;
}

/* Two multiplications a word, mixed by folding the 128-bit products. */
uint64_t
hash64(const void *data, size_t size)
{
    const uint64_t k0 = 0x9E3779B97F4A7C15u;
    const uint64_t k1 = 0xD6E8FEB86659FD93u;
    const uint8_t *at = data;
    uint64_t hash = k1 ^ size;
    unsigned __int128 product;

    while (size > 0) {
        uint64_t word = 0;
        size_t step = size < 8 ? size : 8;

        memcpy(&word, at, step);
        product = (unsigned __int128)(hash ^ word) * k0;
        hash = (uint64_t)product ^ (uint64_t)(product >> 64);
        at += step;
        size -= step;
    }
    product = (unsigned __int128)(hash ^ k0) * k1;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static const EVP_MD *sha256_method;

static void
sha256_method_fetch(void)
{
    sha256_method = EVP_MD_fetch(NULL, "SHA256", NULL);
    ASSERT(sha256_method != NULL);
}

struct sha256 *
sha256_new(void)
{
    /* Fetched once: a fetch costs as much as hashing several hundred bytes. */
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    EVP_MD_CTX *context;

    pthread_once(&once, sha256_method_fetch);
    context = EVP_MD_CTX_new();
    ASSERT(context != NULL && EVP_DigestInit_ex2(context, sha256_method, NULL) == 1);
    return (struct sha256 *)context;
}

void
sha256_free(struct sha256 *s)
{
    EVP_MD_CTX_free((EVP_MD_CTX *)s);
}

void
sha256_update(struct sha256 *s, const void *data, size_t size)
{
    int ok = EVP_DigestUpdate((EVP_MD_CTX *)s, data, size);

    ASSERT(ok == 1);
}

void
sha256_finish(struct sha256 *s, uint8_t ret_digest[SHA256_SIZE])
{
    EVP_MD_CTX *context = (EVP_MD_CTX *)s;
    int ok = EVP_DigestFinal_ex(context, ret_digest, NULL) == 1 &&
             EVP_DigestInit_ex2(context, sha256_method, NULL) == 1;

    ASSERT(ok);
}

void
sha256_of(struct bytes data, uint8_t ret_digest[SHA256_SIZE])
{
    AUTO_SHA256 s = sha256_new();

    sha256_update(s, data.data, data.size);
    sha256_finish(s, ret_digest);
}

void
sha1_of(struct bytes data, uint8_t ret_digest[SHA1_SIZE])
{
    int ok = EVP_Digest(data.data, data.size, ret_digest, NULL, EVP_sha1(), NULL);

    ASSERT(ok == 1);
}

void
random_bytes(void *ret_data, size_t size)
{
    uint8_t *at = ret_data;

    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);

        if (got < 0 && errno == EINTR)
            continue;
        ASSERT(got > 0);
        at += got;
        size -= (size_t)got;
    }
}
